import { isIPv6 } from 'node:net';

/**
 * A second policy engine, slow and obvious, against which the real one is tested. It shares no code with
 * src/policy: it reads documents with JSON.parse, works on them as they are written, and follows the rules of
 * the IAM User Guide one sentence at a time.
 */

export type ReferenceContext = Record<string, string | string[]>;

export interface ReferenceStatement {
  Sid?: string;
  Effect: 'Allow' | 'Deny';
  Principal?: ReferencePrincipals;
  NotPrincipal?: ReferencePrincipals;
  Action?: string | string[];
  NotAction?: string | string[];
  Resource?: string | string[];
  NotResource?: string | string[];
  Condition?: Record<string, Record<string, unknown>>;
}

export type ReferencePrincipals = '*' | Record<string, string | string[]>;

export interface ReferenceDocument {
  Version?: string;
  Statement: ReferenceStatement | ReferenceStatement[];
}

/** Who asks. */
export type ReferenceCaller =
  | { kind: 'root'; account: string }
  | { kind: 'user'; account: string; arn: string; id: string }
  | { kind: 'session'; account: string; arn: string; roleArn: string; roleId: string }
  | { kind: 'federated user'; account: string; arn: string; userArn: string; userId: string }
  | { kind: 'provider'; name: string }
  | { kind: 'service'; name: string }
  | { kind: 'anonymous' };

export interface ReferencePolicies {
  caller: ReferenceCaller;
  identity: ReferenceDocument[];
  boundary?: ReferenceDocument | undefined;
  session?: ReferenceDocument[] | undefined;
  guardrail?: ReferenceDocument | undefined;
  /** The policy of the resource and the account that owns it. */
  resource?: { kind: 'trust' | 'resource'; account: string; document: ReferenceDocument } | undefined;
}

export interface ReferenceRequest {
  action: string;
  resource: string;
  context: ReferenceContext;
}

export interface ReferenceDecision {
  effect: 'allow' | 'explicitDeny' | 'implicitDeny';
  because: string;
  /** Every statement that applies with the deciding effect, as `layer.document.statement`. */
  candidates: string[];
}

export function referenceDecision(policies: ReferencePolicies, request: ReferenceRequest): ReferenceDecision {
  const { caller, identity, boundary, session, guardrail, resource } = policies;

  // 1. Any deny, wherever it is.
  const documents: [layer: string, documents: ReferenceDocument[]][] = [
    ['guardrail', guardrail ? [guardrail] : []],
    ['resource-policy', resource ? [resource.document] : []],
    ['identity-policy', caller.kind === 'root' ? [] : identity],
    ['boundary', boundary ? [boundary] : []],
    ['session-policy', session ?? []],
  ];
  for (const [layer, list] of documents) {
    const candidates = applying(layer, list, request, (statement) => {
      if (statement.Effect !== 'Deny') return false;
      return layer !== 'resource-policy' || deniesCaller(statement, caller, boundary !== undefined);
    });
    if (candidates.length > 0) return { effect: 'explicitDeny', because: `${layer}-denies`, candidates };
  }

  const candidates: string[] = [];
  const implicit = (because: string): ReferenceDecision => ({
    effect: 'implicitDeny',
    because,
    candidates: [],
  });
  const allowing = (layer: string, list: ReferenceDocument[]): boolean => {
    const found = applying(layer, list, request, (statement) => statement.Effect === 'Allow');
    candidates.push(...found);
    return found.length > 0;
  };

  // 2. A guardrail must allow.
  if (guardrail && !allowing('guardrail', [guardrail])) return implicit('guardrail-does-not-allow');

  // 3. The policy of the resource.
  const account = 'account' in caller ? caller.account : undefined;
  const grants = (as: string): boolean => {
    if (!resource) return false;
    const found = applying(
      'resource-policy',
      [resource.document],
      request,
      (statement) => statement.Effect === 'Allow' && allowsCallerAs(statement, caller) === as,
    );
    candidates.push(...found);
    return found.length > 0;
  };
  const toItself = grants('itself');
  const toRole = !toItself && grants('role');
  const toAccount = !toItself && !toRole && grants('account');
  let identityNeeded = true;
  if (resource) {
    const granted = toItself || toRole || toAccount;
    const sameAccount = account === resource.account;
    if (!granted && (resource.kind === 'trust' || !sameAccount)) return implicit('no-resource-policy-allows');
    const final = { effect: 'allow' as const, because: 'resource-policy-allows', candidates };
    if (account === undefined) return final;
    if (sameAccount && toItself) return final;
    if (sameAccount && toRole) identityNeeded = false;
  }

  // 4 to 6. The caller's own policies.
  if (identityNeeded && caller.kind !== 'root' && !allowing('identity-policy', identity)) {
    return implicit('no-identity-policy-allows');
  }
  if (boundary && !allowing('boundary', [boundary])) return implicit('boundary-does-not-allow');
  if (session && !allowing('session-policy', session)) return implicit('no-session-policy-allows');
  if (!identityNeeded) return { effect: 'allow', because: 'resource-policy-allows', candidates };
  return {
    effect: 'allow',
    because: caller.kind === 'root' ? 'root-user' : 'identity-policy-allows',
    candidates,
  };
}

// Principals.

/** The identities of a caller, from the account down; any name of one of them stands for it. */
function identitiesOf(caller: ReferenceCaller): { as: string; type: string; names: string[] }[] {
  const accountOf = (account: string) => ({
    as: 'account',
    type: 'AWS',
    names: [account, `arn:aws:iam::${account}:root`],
  });
  switch (caller.kind) {
    case 'root':
      return [accountOf(caller.account)];
    case 'user':
      return [accountOf(caller.account), { as: 'itself', type: 'AWS', names: [caller.arn, caller.id] }];
    case 'session':
      return [
        accountOf(caller.account),
        { as: 'role', type: 'AWS', names: [caller.roleArn, caller.roleId] },
        { as: 'itself', type: 'AWS', names: [caller.arn] },
      ];
    case 'federated user':
      return [
        accountOf(caller.account),
        { as: 'role', type: 'AWS', names: [caller.userArn, caller.userId] },
        { as: 'itself', type: 'AWS', names: [caller.arn] },
      ];
    case 'provider':
      return [{ as: 'itself', type: 'Federated', names: [caller.name, '*'] }];
    case 'service':
      return [{ as: 'itself', type: 'Service', names: [caller.name] }];
    case 'anonymous':
      return [];
  }
}

function isEverybody(principals: ReferencePrincipals): boolean {
  return principals === '*' || listOf(principals['AWS'] ?? []).includes('*');
}

function listsIdentity(
  principals: ReferencePrincipals,
  identity: { type: string; names: string[] },
): boolean {
  if (principals === '*') return true;
  return listOf(principals[identity.type] ?? []).some((name) => identity.names.includes(name));
}

function allowsCallerAs(statement: ReferenceStatement, caller: ReferenceCaller): string | undefined {
  const identities = identitiesOf(caller).reverse();
  const { Principal, NotPrincipal } = statement;
  if (NotPrincipal !== undefined) {
    const listed = isEverybody(NotPrincipal) || identities.some((one) => listsIdentity(NotPrincipal, one));
    return listed ? undefined : 'itself';
  }
  if (Principal === undefined) return undefined;
  if (isEverybody(Principal)) return 'itself';
  return ['itself', 'role', 'account'].find((as) =>
    identities.some((one) => one.as === as && listsIdentity(Principal, one)),
  );
}

function deniesCaller(statement: ReferenceStatement, caller: ReferenceCaller, hasBoundary: boolean): boolean {
  const identities = identitiesOf(caller);
  const { Principal, NotPrincipal } = statement;
  if (NotPrincipal !== undefined) {
    if (isEverybody(NotPrincipal)) return false;
    if (hasBoundary || identities.length === 0) return true;
    return !identities.every((one) => listsIdentity(NotPrincipal, one));
  }
  if (Principal === undefined) return false;
  return isEverybody(Principal) || identities.some((one) => listsIdentity(Principal, one));
}

function applying(
  layer: string,
  documents: ReferenceDocument[],
  request: ReferenceRequest,
  counts: (statement: ReferenceStatement) => boolean,
): string[] {
  const found: string[] = [];
  documents.forEach((document, d) => {
    listOf(document.Statement).forEach((statement, s) => {
      if (counts(statement) && applies(statement, document.Version === '2012-10-17', request)) {
        found.push(`${layer}.${d}.${s}`);
      }
    });
  });
  return found;
}

function applies(statement: ReferenceStatement, variables: boolean, request: ReferenceRequest): boolean {
  const { action, resource, context } = request;
  const actionIn = (list: string | string[]) =>
    listOf(list).some((one) => globMatches(characters(one.toLowerCase(), false, {}), action.toLowerCase()));
  const resourceIn = (list: string | string[]) =>
    listOf(list).some((one) => one === '*' || arnMatches(characters(one, variables, context), resource));
  if (statement.Action !== undefined && !actionIn(statement.Action)) return false;
  if (statement.NotAction !== undefined && actionIn(statement.NotAction)) return false;
  if (statement.Resource !== undefined && !resourceIn(statement.Resource)) return false;
  if (statement.NotResource !== undefined && resourceIn(statement.NotResource)) return false;
  for (const [operator, keys] of Object.entries(statement.Condition ?? {})) {
    for (const [key, values] of Object.entries(keys)) {
      if (!conditionHolds(operator, key, listOf(values).map(String), variables, context)) return false;
    }
  }
  return true;
}

// Texts: a list of characters, each either plain or a wildcard; undefined when a variable has no value.

interface Character {
  text: string;
  wild: boolean;
  /** Of a star: whether the policy, as it is written, has a colon or nothing next. No value of a variable changes that. */
  endsSegment?: boolean;
}

function characters(text: string, variables: boolean, context: ReferenceContext): Character[] | undefined {
  const list: Character[] = [];
  const plain = (value: string) => {
    for (const one of value) list.push({ text: one, wild: false });
  };
  let rest = text;
  while (rest !== '') {
    const end = rest.indexOf('}');
    if (variables && rest.startsWith('${') && end > 0) {
      const inside = rest.slice(2, end);
      if (inside === '*' || inside === '?' || inside === '$') plain(inside);
      else {
        const [key = '', ...more] = inside.split(',');
        const values = valuesIn(context, key.trim());
        const fallback = more.length > 0 ? more.join(',').trim().slice(1, -1) : undefined;
        const value = values.length === 1 ? values[0] : fallback;
        if (value === undefined) return undefined;
        plain(value);
      }
      rest = rest.slice(end + 1);
    } else {
      const one = String.fromCodePoint(rest.codePointAt(0) ?? 0);
      rest = rest.slice(one.length);
      list.push({ text: one, wild: one === '*' || one === '?', endsSegment: /^\**(:|$)/.test(rest) });
    }
  }
  return list;
}

export function globMatches(pattern: Character[] | undefined, text: string): boolean {
  return matchesAs(pattern, text, () => '[\\s\\S]*', '[\\s\\S]');
}

/** A star that ends its segment may run past colons; every other wildcard stays within its segment. */
export function arnMatches(pattern: Character[] | undefined, text: string): boolean {
  return matchesAs(pattern, text, (one) => (one.endsSegment ? '[\\s\\S]*' : '[^:]*'), '[^:]');
}

function matchesAs(
  pattern: Character[] | undefined,
  text: string,
  star: (one: Character) => string,
  one: string,
): boolean {
  if (pattern === undefined) return false;
  const source = pattern.map((character) => {
    if (!character.wild) return `\\u{${(character.text.codePointAt(0) ?? 0).toString(16)}}`;
    return character.text === '*' ? star(character) : one;
  });
  return new RegExp(`^${source.join('')}$`, 'u').test(text);
}

/** The pattern of a text of plain wildcards, for tests of the matcher alone. */
export function patternOf(text: string): Character[] | undefined {
  return characters(text, false, {});
}

// Conditions.

function conditionHolds(
  operatorText: string,
  key: string,
  wanted: string[],
  variables: boolean,
  context: ReferenceContext,
): boolean {
  const values = valuesIn(context, key);
  if (operatorText === 'Null')
    return wanted.some((one) => (one.toLowerCase() === 'true') === (values.length === 0));

  let operator = operatorText;
  const forAll = operator.startsWith('ForAllValues:');
  const forAny = operator.startsWith('ForAnyValue:');
  if (forAll || forAny) operator = operator.slice(operator.indexOf(':') + 1);
  const ifExists = operator.endsWith('IfExists');
  if (ifExists) operator = operator.slice(0, -'IfExists'.length);
  const negated = operator.includes('Not');
  const base = operator.replace('Not', '');

  if (values.length === 0) {
    if (ifExists || forAll) return true;
    if (forAny) return false;
    return negated;
  }
  const matched = (value: string) => wanted.some((one) => compare(base, value, one, variables, context));
  const holds = (value: string) => (negated ? !matched(value) : matched(value));
  if (forAll) return values.every(holds);
  if (forAny) return values.some(holds);
  return negated ? values.every(holds) : values.some(holds);
}

function compare(
  base: string,
  value: string,
  wanted: string,
  variables: boolean,
  context: ReferenceContext,
): boolean {
  const pattern = characters(wanted, variables, context);
  const plainText = pattern?.map((one) => one.text).join('');
  switch (base) {
    case 'StringEquals':
      return value === plainText;
    case 'StringEqualsIgnoreCase':
      return value.toLowerCase() === plainText?.toLowerCase();
    case 'StringLike':
      return globMatches(pattern, value);
    case 'ArnEquals':
    case 'ArnLike':
      return componentsMatch(pattern, value);
    case 'Bool':
      return ['true', 'false'].includes(value.toLowerCase()) && value.toLowerCase() === wanted.toLowerCase();
    case 'BinaryEquals':
      return (
        isBase64(value) &&
        isBase64(wanted) &&
        Buffer.from(value, 'base64').equals(Buffer.from(wanted, 'base64'))
      );
    case 'IpAddress':
      return inRange(value, wanted);
    default:
      break;
  }
  const [a, b] = base.startsWith('Numeric') ? [nano(value), nano(wanted)] : [instant(value), instant(wanted)];
  if (a === undefined || b === undefined) return false;
  if (base.endsWith('LessThanEquals')) return a <= b;
  if (base.endsWith('GreaterThanEquals')) return a >= b;
  if (base.endsWith('LessThan')) return a < b;
  if (base.endsWith('GreaterThan')) return a > b;
  return a === b;
}

function componentsMatch(pattern: Character[] | undefined, value: string): boolean {
  if (pattern === undefined || !value.startsWith('arn:') || value.split(':').length < 6) return false;
  const components: Character[][] = [[]];
  for (const one of pattern) {
    if (one.text === ':') components.push([]);
    else components.at(-1)?.push(one);
  }
  const given = value.split(':');
  return given.length === components.length && given.every((text, at) => globMatches(components[at], text));
}

function isBase64(text: string): boolean {
  return text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text);
}

function nano(text: string): bigint | undefined {
  const found = /^([+-]?)(\d+)(?:\.(\d{1,9}))?$/.exec(text);
  if (found === null) return undefined;
  const size = BigInt(found[2] ?? '0') * 1_000_000_000n + BigInt((found[3] ?? '').padEnd(9, '0'));
  return found[1] === '-' ? -size : size;
}

function instant(text: string): bigint | undefined {
  if (/^\d+$/.test(text) && text.length !== 4) return BigInt(text) * 1000n;
  // Date.parse alone takes almost anything.
  if (!/^\d{4}(-\d\d(-\d\d(T\d\d:\d\d.*)?)?)?$/.test(text)) return undefined;
  const milliseconds = Date.parse(text);
  return Number.isNaN(milliseconds) ? undefined : BigInt(milliseconds);
}

function bitsOf(address: string): string | undefined {
  const v4 = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(address);
  const bits = (value: number, width: number) => value.toString(2).padStart(width, '0');
  if (v4 !== null) {
    const octets = v4.slice(1).map(Number);
    return octets.every((octet) => octet < 256) ? octets.map((octet) => bits(octet, 8)).join('') : undefined;
  }
  if (!isIPv6(address)) return undefined;
  const [head = '', tail] = address.split('::');
  const groups = (text: string) => (text === '' ? [] : text.split(':'));
  const filler = tail === undefined ? 0 : 8 - groups(head).length - groups(tail).length;
  const all = [...groups(head), ...Array<string>(filler).fill('0'), ...groups(tail ?? '')];
  return all.map((group) => bits(Number.parseInt(group, 16), 16)).join('');
}

function inRange(address: string, range: string): boolean {
  const [base = '', prefix] = range.split('/');
  const a = bitsOf(address);
  const b = bitsOf(base);
  if (a === undefined || b === undefined || a.length !== b.length) return false;
  const length = prefix === undefined ? b.length : Number(prefix);
  return a.slice(0, length) === b.slice(0, length);
}

function valuesIn(context: ReferenceContext, key: string): string[] {
  const values: string[] = [];
  for (const [name, value] of Object.entries(context)) {
    if (name.toLowerCase() === key.toLowerCase()) values.push(...listOf(value));
  }
  return values;
}

function listOf<T>(value: T | T[]): T[] {
  return Array.isArray(value) ? value : [value];
}
