/**
 * A second policy engine, slow and obvious, against which the real one is tested. It shares no code with
 * src/policy: it reads documents with JSON.parse, works on them as they are written, and follows the rules of
 * the IAM User Guide one sentence at a time.
 */

export type ReferenceContext = Record<string, string | string[]>;

export interface ReferenceStatement {
  Sid?: string;
  Effect: 'Allow' | 'Deny';
  Action?: string | string[];
  NotAction?: string | string[];
  Resource?: string | string[];
  NotResource?: string | string[];
  Condition?: Record<string, Record<string, unknown>>;
}

export interface ReferenceDocument {
  Version?: string;
  Statement: ReferenceStatement | ReferenceStatement[];
}

export interface ReferencePolicies {
  identity: ReferenceDocument[];
  boundary?: ReferenceDocument | undefined;
  session?: ReferenceDocument[] | undefined;
}

export interface ReferenceRequest {
  action: string;
  resource: string;
  context: ReferenceContext;
}

export interface ReferenceDecision {
  effect: 'allow' | 'explicitDeny' | 'implicitDeny';
  because: string;
  /** Every statement of every layer that applies with the deciding effect, as `layer.document.statement`. */
  candidates: string[];
}

export function referenceDecision(policies: ReferencePolicies, request: ReferenceRequest): ReferenceDecision {
  const layers: [name: string, documents: ReferenceDocument[]][] = [['identity-policy', policies.identity]];
  if (policies.boundary) layers.push(['boundary', [policies.boundary]]);
  if (policies.session) layers.push(['session-policy', policies.session]);

  for (const [name, documents] of layers) {
    const candidates = applying(name, documents, 'Deny', request);
    if (candidates.length > 0) return { effect: 'explicitDeny', because: `${name}-denies`, candidates };
  }
  const candidates: string[] = [];
  for (const [name, documents] of layers) {
    const found = applying(name, documents, 'Allow', request);
    if (found.length === 0) {
      const because = name === 'boundary' ? 'boundary-does-not-allow' : `no-${name}-allows`;
      return { effect: 'implicitDeny', because, candidates: [] };
    }
    candidates.push(...found);
  }
  return { effect: 'allow', because: 'identity-policy-allows', candidates };
}

function applying(
  layer: string,
  documents: ReferenceDocument[],
  effect: string,
  request: ReferenceRequest,
): string[] {
  const found: string[] = [];
  documents.forEach((document, d) => {
    listOf(document.Statement).forEach((statement, s) => {
      if (statement.Effect === effect && applies(statement, document.Version === '2012-10-17', request)) {
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
  if (!address.includes(':')) return undefined;
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
