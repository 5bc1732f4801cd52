import { type ConditionClause, clauseProblem, compileCondition } from './conditions.ts';
import {
  type DocumentKind,
  type ElementList,
  hasPolicyVariables,
  type IdentityPolicyDocument,
  type IdentityStatement,
  type PolicyDocument,
  type PolicyVersion,
  type PrincipalList,
  type ResourcePolicyDocument,
  type ResourceStatement,
  type StatementBase,
  type TrustPolicyDocument,
  type TrustStatement,
} from './document-model.ts';
import { checkAction, checkedPrincipal, resourceProblem } from './element-rules.ts';
import { isJsonArray, isJsonObject, type JsonObject, type JsonValue, readJson } from './json.ts';
import { MalformedPolicy, POLICY_PROBLEMS, syntaxError } from './malformed-policy.ts';
import { parsePattern } from './pattern.ts';
import { checkElements, optionalString, readStatementDraft, type StatementDraft } from './statement-draft.ts';

/**
 * The strict parser of policy documents: runs when a policy is written, and again when it is read from the
 * store. Sources: IAM User Guide, "Grammar of the IAM JSON policy language" and "IAM JSON policy element
 * reference".
 */

/** Characters of a policy document parameter. Source: IAM API reference, type policyDocumentType. */
const DOCUMENT_CHARACTERS_MAX = 131_072;
/** Source: the same type's pattern. Other characters can be written as JSON escapes. */
const DOCUMENT_CHARACTERS = /^[\t\n\r\u0020-\u00ff]+$/;
const SID = /^[A-Za-z0-9]*$/;

const IDENTITY_ELEMENTS = new Set(['Version', 'Statement']);
const RESOURCE_ELEMENTS = new Set(['Version', 'Id', 'Statement']);

/**
 * Parses and checks a policy document of 1 to 131,072 characters. Throws `MalformedPolicy`; of several
 * mistakes it reports the one that IAM would: grammar before version, before dates and short ARNs, before
 * Sids, before missing elements, before the forms of resources and actions.
 */
export function parsePolicyDocument(text: string, kind: 'identity' | 'managed'): IdentityPolicyDocument;
export function parsePolicyDocument(text: string, kind: 'trust'): TrustPolicyDocument;
export function parsePolicyDocument(text: string, kind: 'resource'): ResourcePolicyDocument;
export function parsePolicyDocument(text: string, kind: DocumentKind): PolicyDocument;
export function parsePolicyDocument(text: string, kind: DocumentKind): PolicyDocument {
  const root = readRoot(text, kind);
  const version = readVersion(root);
  const drafts = readStatements(root.get('Statement')).map(readStatementDraft);
  checkOperators(drafts);
  if (kind === 'managed' && !(root.has('Version') && hasPolicyVariables(version))) {
    throw new MalformedPolicy(POLICY_PROBLEMS.version, `version \`${version}\``);
  }
  for (const draft of drafts) checkTexts(draft, hasPolicyVariables(version));
  checkSids(drafts);
  const head = { version, id: optionalString(root, 'Id', 'document') };
  if (kind === 'trust') return { ...head, kind, statements: drafts.map(trustStatement) };
  if (kind === 'resource') {
    const statements = drafts.map(resourceStatement);
    checkResourcesAndActions(drafts, version);
    return { ...head, kind, statements };
  }
  const statements = drafts.map(identityStatement);
  checkResourcesAndActions(drafts, version);
  return { kind: 'identity', version, statements };
}

/** The size that IAM's quotas count: characters of the document without white space. Source: IAM quotas page. */
export function policySizeWithoutWhitespace(text: string): number {
  return text.replaceAll(/[\t\n\r ]/g, '').length;
}

function readRoot(text: string, kind: DocumentKind): JsonObject {
  if (text.length > DOCUMENT_CHARACTERS_MAX) {
    throw syntaxError(`more than ${DOCUMENT_CHARACTERS_MAX} characters`);
  }
  if (!DOCUMENT_CHARACTERS.test(text)) {
    throw syntaxError(
      'empty, or a character other than tab, line feed, carriage return and U+0020 to U+00FF',
    );
  }
  const root = readJson(text);
  if (!isJsonObject(root)) throw syntaxError('the document is not an object');
  checkElements(
    root,
    kind === 'trust' || kind === 'resource' ? RESOURCE_ELEMENTS : IDENTITY_ELEMENTS,
    'document',
  );
  return root;
}

function readVersion(root: JsonObject): PolicyVersion {
  if (!root.has('Version')) return '2008-10-17';
  const version = root.get('Version');
  if (version === '2012-10-17' || version === '2008-10-17') return version;
  throw syntaxError('the version is neither 2012-10-17 nor 2008-10-17');
}

function readStatements(value: JsonValue | undefined): readonly JsonObject[] {
  const list = isJsonArray(value) ? value : [value];
  if (list.length === 0) throw syntaxError('no statement');
  return list.map((statement, index) => {
    if (!isJsonObject(statement)) throw syntaxError(`statement ${index + 1} is not an object`);
    return statement;
  });
}

function checkOperators(drafts: readonly StatementDraft[]): void {
  for (const { place, conditions } of drafts) {
    for (const { operator, key } of conditions) {
      const problem = clauseProblem({ operator, key, values: [] });
      if (problem !== undefined) throw syntaxError(`${place}: ${problem}`);
    }
  }
}

/** What IAM calls legacy parsing, and the syntax of variables and of condition values. */
function checkTexts({ place, effect, resources, conditions }: StatementDraft, variables: boolean): void {
  if (effect === undefined) {
    throw new MalformedPolicy(POLICY_PROBLEMS.legacyParsing, `${place}: the effect is in the wrong case`);
  }
  for (const clause of conditions) checkClause(clause, place, variables);
  for (const resource of resources?.values ?? []) {
    parsePattern(resource, { flavor: 'resource', variables });
    if (resourceProblem(resource, variables) === POLICY_PROBLEMS.legacyParsing) {
      throw new MalformedPolicy(POLICY_PROBLEMS.legacyParsing, `${place}: resource \`${resource}\``);
    }
  }
}

function checkClause(clause: ConditionClause, place: string, variables: boolean): void {
  if (!clause.key.includes(':')) {
    throw new MalformedPolicy(POLICY_PROBLEMS.vendorMissing, `${place}: condition key \`${clause.key}\``);
  }
  const problem = clauseProblem(clause);
  if (problem !== undefined) {
    const isDate = /^(?:\w+:)?Date/.test(clause.operator);
    const message = isDate ? POLICY_PROBLEMS.legacyParsing : POLICY_PROBLEMS.syntax;
    throw new MalformedPolicy(message, `${place}: ${problem}`);
  }
  compileCondition(clause, variables);
}

function checkSids(drafts: readonly StatementDraft[]): void {
  const seen = new Set<string>();
  for (const { sid, place } of drafts) {
    if (sid === undefined || sid === '') continue;
    if (!SID.test(sid)) throw new MalformedPolicy(POLICY_PROBLEMS.sidForm, `${place}: Sid \`${sid}\``);
    if (seen.has(sid)) throw new MalformedPolicy(POLICY_PROBLEMS.sidRepeated, `${place}: Sid \`${sid}\``);
    seen.add(sid);
  }
}

function checkResourcesAndActions(drafts: readonly StatementDraft[], version: PolicyVersion): void {
  for (const { place, resources } of drafts) {
    for (const resource of resources?.values ?? []) {
      const problem = resourceProblem(resource, hasPolicyVariables(version));
      if (problem !== undefined) throw new MalformedPolicy(problem, `${place}: resource \`${resource}\``);
    }
  }
  for (const { actions } of drafts) actions?.values.forEach(checkAction);
}

function identityStatement(draft: StatementDraft): IdentityStatement {
  if (draft.principals !== undefined || draft.notPrincipals !== undefined) {
    throw new MalformedPolicy(POLICY_PROBLEMS.principalInIdentityPolicy, draft.place);
  }
  const base = statementBase(draft);
  return { ...base, resources: required(draft, draft.resources, POLICY_PROBLEMS.resourceMissing) };
}

function trustStatement(draft: StatementDraft): TrustStatement {
  const { place, resources, principals = [], notPrincipals } = draft;
  if (resources !== undefined) {
    const problem = resources.negated ? 'notResourceInTrustPolicy' : 'resourceInTrustPolicy';
    throw new MalformedPolicy(POLICY_PROBLEMS[problem], place);
  }
  if (notPrincipals !== undefined)
    throw new MalformedPolicy(POLICY_PROBLEMS.notPrincipalInTrustPolicy, place);
  if (principals.length === 0) throw new MalformedPolicy(POLICY_PROBLEMS.principalMissing, place);
  const base = statementBase(draft);
  for (const action of base.actions.values) {
    if (!/^sts:/i.test(action)) {
      throw new MalformedPolicy(POLICY_PROBLEMS.trustAction, `${place}: action \`${action}\``);
    }
    checkAction(action);
  }
  return { ...base, principals: principals.map(({ kind, name }) => checkedPrincipal(kind, name)) };
}

function resourceStatement(draft: StatementDraft): ResourceStatement {
  const principals = principalList(draft);
  const base = statementBase(draft);
  return {
    ...base,
    principals,
    resources: required(draft, draft.resources, POLICY_PROBLEMS.resourceMissing),
  };
}

function principalList({ place, principals, notPrincipals }: StatementDraft): PrincipalList {
  if (principals !== undefined && notPrincipals !== undefined) {
    throw syntaxError(`${place}: both \`Principal\` and \`NotPrincipal\``);
  }
  const list = principals ?? notPrincipals ?? [];
  if (list.length === 0) throw new MalformedPolicy(POLICY_PROBLEMS.principalMissing, place);
  return {
    negated: principals === undefined,
    values: list.map(({ kind, name }) => checkedPrincipal(kind, name)),
  };
}

function statementBase(draft: StatementDraft): StatementBase {
  return {
    sid: draft.sid,
    // checkTexts has refused an undefined effect.
    effect: draft.effect ?? 'Deny',
    actions: required(draft, draft.actions, POLICY_PROBLEMS.actionMissing),
    conditions: draft.conditions,
  };
}

function required(draft: StatementDraft, list: ElementList | undefined, problem: string): ElementList {
  if (list !== undefined && list.values.length > 0) return list;
  throw new MalformedPolicy(problem, draft.place);
}
