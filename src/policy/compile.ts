import { compilePrincipals, type PrincipalMatcher } from './caller.ts';
import { type Condition, compileCondition } from './conditions.ts';
import type { RequestContext } from './context.ts';
import {
  type ElementList,
  hasPolicyVariables,
  type IdentityPolicyDocument,
  type PolicyDocument,
  type ResourcePolicyDocument,
  type StatementBase,
  type TrustPolicyDocument,
} from './document-model.ts';
import { literalText, type Pattern, parsePattern, patternMatches } from './pattern.ts';

/**
 * Policies as matchers: everything that does not depend on the request is done here, once per document. A
 * compiled policy holds nothing of a principal, so that everybody who has the policy shares it.
 */

/** Where a policy comes from, in the words of whoever reads a decision. */
export interface PolicySource {
  readonly kind: 'inline' | 'managed' | 'guardrail' | 'resource';
  /** The policy's ARN, or for one without an ARN whatever names it and its owner. */
  readonly id: string;
  /** The document as it was written, for whoever explains a decision; undefined if nobody will. */
  readonly text?: string;
}

/** A statement that had a part in a decision. */
export interface StatementReference {
  readonly policyKind: PolicySource['kind'];
  readonly policyId: string;
  /** From zero, in the order of the document. */
  readonly index: number;
  readonly sid: string | undefined;
}

export interface CompiledStatement {
  readonly reference: StatementReference;
  /** The reference alone, as decisions show it. */
  readonly alone: readonly StatementReference[];
  readonly effect: 'Allow' | 'Deny';
  readonly actions: Matcher;
  readonly resources: Matcher;
  readonly conditions: readonly Condition[];
}

/** A statement of a resource policy, which applies only to the callers that it means. */
export interface CompiledResourceStatement extends CompiledStatement {
  readonly principals: PrincipalMatcher;
}

export interface CompiledPolicy {
  readonly source: PolicySource;
  readonly statements: readonly CompiledStatement[];
}

export interface CompiledResourcePolicy {
  readonly source: PolicySource;
  /** A role is used only if its trust policy lets the caller in; for other resources identity policies can suffice. */
  readonly mustAllow: boolean;
  readonly statements: readonly CompiledResourceStatement[];
}

/** An element list: texts to be equal to, and patterns. */
interface Matcher {
  readonly negated: boolean;
  readonly everything: boolean;
  readonly literals: ReadonlySet<string>;
  readonly patterns: readonly Pattern[];
}

/** What is asked, with the action in lower case. */
export interface FoldedRequest {
  readonly action: string;
  readonly resource: string;
  readonly context: RequestContext;
}

/** A trust policy is about its role, whatever else is asked. */
const EVERY_RESOURCE: ElementList = { negated: false, values: ['*'] };

/**
 * Compiles an identity policy (also one that serves as boundary, session policy or guardrail).
 * Throws `MalformedPolicy` only for a document that the parser did not make.
 */
export function compilePolicy(document: IdentityPolicyDocument, source: PolicySource): CompiledPolicy {
  const statements = document.statements.map((statement, index) =>
    compileStatement(document, source, index, statement),
  );
  return { source, statements };
}

/**
 * Compiles the policy of a role or of another resource. Throws `MalformedPolicy` only for a document that the
 * parser did not make.
 */
export function compileResourcePolicy(
  document: TrustPolicyDocument | ResourcePolicyDocument,
  source: PolicySource,
): CompiledResourcePolicy {
  if (document.kind === 'trust') {
    const statements = document.statements.map((statement, index) => ({
      ...compileStatement(document, source, index, { ...statement, resources: EVERY_RESOURCE }),
      principals: compilePrincipals({ negated: false, values: statement.principals }),
    }));
    return { source, mustAllow: true, statements };
  }
  const statements = document.statements.map((statement, index) => ({
    ...compileStatement(document, source, index, statement),
    principals: compilePrincipals(statement.principals),
  }));
  return { source, mustAllow: false, statements };
}

/**
 * True if the statement applies: its action, its resource and all its conditions. Principals are looked at by
 * `namedForAllow` and `namedForDeny`. Throws `OversizedContext`.
 */
export function statementApplies(statement: CompiledStatement, request: FoldedRequest): boolean {
  return (
    actionApplies(statement, request) &&
    resourceApplies(statement, request) &&
    conditionsHold(statement, request)
  );
}

/** True if the statement's Action or NotAction is about the action. Throws `OversizedContext`. */
export function actionApplies({ actions }: CompiledStatement, { action, context }: FoldedRequest): boolean {
  return matches(actions, action, context);
}

/** True if the statement's Resource or NotResource is about the resource. Throws `OversizedContext`. */
export function resourceApplies(
  { resources }: CompiledStatement,
  { resource, context }: FoldedRequest,
): boolean {
  return matches(resources, resource, context);
}

/** True if every condition of the statement holds. Throws `OversizedContext`. */
export function conditionsHold({ conditions }: CompiledStatement, { context }: FoldedRequest): boolean {
  for (const condition of conditions) if (!condition.holds(context)) return false;
  return true;
}

function compileStatement(
  { version }: PolicyDocument,
  source: PolicySource,
  index: number,
  statement: StatementBase & { readonly resources: ElementList },
): CompiledStatement {
  const variables = hasPolicyVariables(version);
  const reference = { policyKind: source.kind, policyId: source.id, index, sid: statement.sid };
  return {
    reference,
    alone: [reference],
    effect: statement.effect,
    actions: compileActions(statement.actions),
    resources: compileResources(statement.resources, variables),
    conditions: statement.conditions.map((clause) => compileCondition(clause, variables)),
  };
}

function compileActions(list: ElementList): Matcher {
  return compileMatcher(list, (text) =>
    parsePattern(text, { flavor: 'glob', variables: false, ignoreCase: true }),
  );
}

function compileResources(list: ElementList, variables: boolean): Matcher {
  return compileMatcher(list, (text) => parsePattern(text, { flavor: 'resource', variables }));
}

function compileMatcher({ negated, values }: ElementList, parse: (text: string) => Pattern): Matcher {
  const literals = new Set<string>();
  const patterns: Pattern[] = [];
  for (const value of values) {
    if (value === '*') continue;
    const pattern = parse(value);
    const literal = literalText(pattern);
    if (literal === undefined) patterns.push(pattern);
    else literals.add(literal);
  }
  return { negated, everything: values.includes('*'), literals, patterns };
}

function matches(matcher: Matcher, text: string, context: RequestContext): boolean {
  if (matcher.everything || matcher.literals.has(text)) return !matcher.negated;
  for (const pattern of matcher.patterns) {
    if (patternMatches(pattern, text, context)) return !matcher.negated;
  }
  return matcher.negated;
}
