import { type RequestContext, valuesOf } from './context.ts';
import { syntaxError } from './malformed-policy.ts';
import { placesMatch } from './place-sets.ts';
import {
  COLON,
  characterWidth,
  ONE,
  ONE_IN_SEGMENT,
  RUN,
  RUN_IN_SEGMENT,
  type Token,
  type Wildcard,
} from './tokens.ts';

/**
 * Texts with wildcards and policy variables: parsed once, matched in a time that cannot explode.
 * A substituted variable is literal text: no character of it ever becomes a wildcard or another variable
 * (OpenBao GHSA-59w7-v8rr-pr4p is the counter-example).
 * Sources: IAM User Guide, "IAM JSON policy elements: Resource" and "IAM policy elements: Variables and tags".
 */

/**
 * What `*` and `?` mean.
 * - `exact`: themselves.
 * - `glob`: any run of characters, and one character (actions, StringLike).
 * - `resource`: within one segment of an ARN, but a `*` that ends its segment may run past colons.
 * - `segments`: within one segment, always (ArnLike: each component is compared separately).
 */
export type Flavor = 'exact' | 'glob' | 'resource' | 'segments';

interface Variable {
  /** The condition key, in lower case. */
  readonly key: string;
  readonly fallback: string | undefined;
}

export interface Pattern {
  readonly tokens: readonly (Token | Variable)[];
  /** The same tokens, when none of them is a variable. */
  readonly fixed: readonly Token[] | undefined;
  readonly ignoreCase: boolean;
}

export interface PatternOptions {
  readonly flavor: Flavor;
  /** Whether `${…}` is a variable: only in documents of version 2012-10-17. Otherwise it is plain text. */
  readonly variables: boolean;
  readonly ignoreCase?: boolean;
}

/**
 * `${key}` or `${key, 'default'}`, or one of the three escapes `${*}`, `${?}`, `${$}`. Every part ends at a
 * character that it cannot contain, so that matching is linear.
 */
const VARIABLE = /\$\{(?:([*?$])|([^,'{}$*?]{1,256})(?:, *'([^']{0,1024})' *)?)\}/y;
/** Service prefix, name and tag key. Source: IAM User Guide, "Rules for tagging", allowed characters. */
const KEY = /^[\p{L}\p{N}_.:/=+@ -]+$/u;

/** Folds case for comparisons that ignore it. Greek has two small sigmas, chosen by position: they count as one. */
export function foldCase(text: string): string {
  const lower = text.toLowerCase();
  return lower.includes('ς') ? lower.replaceAll('ς', 'σ') : lower;
}

/** Parses a text of a policy. Throws `MalformedPolicy` if variables are allowed and a `${` does not begin one. */
export function parsePattern(text: string, options: PatternOptions): Pattern {
  const ignoreCase = options.ignoreCase ?? false;
  const tokens: (Token | Variable)[] = [];
  let literal = '';
  const push = (token: Token | Variable): void => {
    if (literal !== '') tokens.push(ignoreCase ? foldCase(literal) : literal);
    literal = '';
    tokens.push(token);
  };
  for (let at = 0; at < text.length; ) {
    const character = text.charAt(at);
    if (options.variables && text.startsWith('${', at)) {
      const found = readVariable(text, at);
      if (found.escaped === undefined) push({ key: found.key, fallback: found.fallback });
      else literal += found.escaped;
      at = found.end;
      continue;
    }
    at += 1;
    if (options.flavor === 'exact' || (character !== '*' && character !== '?')) literal += character;
    else if (character === '?') push(options.flavor === 'glob' ? ONE : ONE_IN_SEGMENT);
    else {
      while (text.charAt(at) === '*') at += 1;
      push(runFor(options.flavor, text, at));
    }
  }
  if (literal !== '') tokens.push(ignoreCase ? foldCase(literal) : literal);
  const fixed = tokens.every((token) => typeof token !== 'object') ? tokens : undefined;
  return { tokens, fixed, ignoreCase };
}

/**
 * Which run a `*` is whose next character stands at `after`. The policy as it is written decides, so that the
 * value of a variable after a `*` cannot lengthen its reach.
 */
function runFor(flavor: Flavor, text: string, after: number): Wildcard {
  if (flavor === 'glob') return RUN;
  const endsSegment = after === text.length || text.charCodeAt(after) === COLON;
  return flavor === 'resource' && endsSegment ? RUN : RUN_IN_SEGMENT;
}

/** The keys of the variables in a text, as they are written. Throws `MalformedPolicy` as `parsePattern` does. */
export function variableKeys(text: string): readonly string[] {
  const keys: string[] = [];
  for (let at = text.indexOf('${'); at >= 0; ) {
    const found = readVariable(text, at);
    if (found.escaped === undefined) keys.push(found.written);
    at = text.indexOf('${', found.end);
  }
  return keys;
}

interface FoundVariable extends Variable {
  readonly written: string;
  /** The literal character that `${*}`, `${?}` or `${$}` stands for. */
  readonly escaped: string | undefined;
  readonly end: number;
}

function readVariable(text: string, at: number): FoundVariable {
  VARIABLE.lastIndex = at;
  const [whole = '', escaped, rawKey = '', fallback] = VARIABLE.exec(text) ?? [];
  const key = rawKey.trim();
  if (escaped === undefined && !KEY.test(key)) {
    throw syntaxError(`\`${text.slice(at, at + 40)}\` does not begin a policy variable`);
  }
  return { escaped, written: key, key: key.toLowerCase(), fallback, end: at + whole.length };
}

/** True if the pattern contains a variable (escapes are none). */
export function hasVariable(pattern: Pattern): boolean {
  return pattern.fixed === undefined;
}

/** The whole text, if the pattern is one literal text without wildcards and variables. */
export function literalText(pattern: Pattern): string | undefined {
  if (pattern.tokens.length === 0) return '';
  const [first] = pattern.tokens;
  return pattern.tokens.length === 1 && typeof first === 'string' ? first : undefined;
}

/**
 * True if the pattern matches the whole of `text`. A pattern with a variable that has no value matches nothing.
 * For a pattern that ignores case the caller has folded `text` (once, for all patterns).
 */
export function patternMatches(pattern: Pattern, text: string, context: RequestContext): boolean {
  const tokens = pattern.fixed ?? substitute(pattern, context);
  return tokens !== undefined && tokensMatch(tokens, text);
}

/** The text with which every match begins, before the first wildcard or variable. */
export function literalHead({ tokens: [first] }: Pattern): string {
  return typeof first === 'string' ? first : '';
}

/** As `patternMatches`, for a text that is known to begin with the pattern's head, which ends before `at`. */
export function patternMatchesAfterHead(
  pattern: Pattern,
  text: string,
  at: number,
  context: RequestContext,
): boolean {
  const { tokens } = pattern;
  const last = tokens[1];
  if (at > 0 && tokens.length === 2 && typeof last === 'object') {
    // A head and a variable, as in `…dbuser:c/${aws:username}`: nothing to be built for it.
    const value = variableValue(last, context);
    return text.slice(at) === value;
  }
  const known = pattern.fixed ?? substitute(pattern, context);
  return known !== undefined && tokensMatch(known, text, at === 0 ? 0 : 1, at);
}

function substitute(pattern: Pattern, context: RequestContext): readonly Token[] | undefined {
  const tokens: Token[] = [];
  for (const token of pattern.tokens) {
    if (typeof token !== 'object') {
      tokens.push(token);
      continue;
    }
    const value = variableValue(token, context);
    if (value === undefined) return undefined;
    tokens.push(pattern.ignoreCase ? foldCase(value) : value);
  }
  return tokens;
}

/** What a variable stands for; undefined if the request has no value for it, or several. */
function variableValue({ key, fallback }: Variable, context: RequestContext): string | undefined {
  const values = valuesOf(context, key);
  return values?.length === 1 ? values[0] : fallback;
}

/** Steps for each character and token that trying may take. What takes more is matched by `placesMatch`. */
const STEPS_MAX = 4;
/** Characters that the text search of the engine passes in the time of one step. */
const SEARCHED_PER_STEP = 16;

/**
 * Matches by trying each run as short as possible first. Only the last run of each kind is ever tried
 * again: an earlier run that can go past colons needs no second try because the later one can take up
 * whatever it would; an earlier run within a segment needs none because it could only move the later
 * one's start to the right within the same segment. A pattern that is made to need many tries is handed over.
 */
function tokensMatch(tokens: readonly Token[], text: string, fromToken = 0, from = 0): boolean {
  const last = tokens[tokens.length - 1];
  if (typeof last === 'string' && !text.endsWith(last)) return false;
  let token = fromToken;
  let at = from;
  let segmentRun = -1;
  let segmentRunEnd = 0;
  let segmentEnd = 0;
  let run = -1;
  let runEnd = 0;
  for (let steps = STEPS_MAX * (text.length + tokens.length); ; steps -= 1) {
    if (steps < 0) return placesMatch(tokens.slice(fromToken), text.slice(from));
    const wanted = tokens[token];
    if (typeof wanted === 'string') {
      if (text.startsWith(wanted, at)) {
        token += 1;
        at += wanted.length;
        continue;
      }
      steps -= wanted.length / SEARCHED_PER_STEP;
    } else if (wanted === undefined) {
      if (at === text.length) return true;
    } else if (wanted === RUN) {
      run = token;
      runEnd = at;
      segmentRun = -1;
      token += 1;
      if (token === tokens.length) return true;
      continue;
    } else if (wanted === RUN_IN_SEGMENT) {
      segmentRun = token;
      segmentRunEnd = at;
      segmentEnd = endOfSegment(text, at);
      token += 1;
      continue;
    } else if (at < text.length && (wanted === ONE || text.charCodeAt(at) !== COLON)) {
      at += characterWidth(text, at);
      token += 1;
      continue;
    }
    if (segmentRun >= 0) {
      const next = nextTry(text, segmentRunEnd + 1, tokens[segmentRun + 1]);
      steps -= ((next < 0 ? text.length : next) - segmentRunEnd) / SEARCHED_PER_STEP;
      if (next >= 0 && next <= segmentEnd) {
        segmentRunEnd = next;
        at = next;
        token = segmentRun + 1;
        continue;
      }
    }
    if (run < 0 || runEnd >= text.length) return false;
    runEnd = nextTry(text, runEnd + 1, tokens[run + 1]);
    if (runEnd < 0) return false;
    at = runEnd;
    token = run + 1;
    segmentRun = -1;
  }
}

/** Where the text after a run may begin, at `from` or later; -1 if nowhere. */
function nextTry(text: string, from: number, wanted: Token | undefined): number {
  return typeof wanted === 'string' ? text.indexOf(wanted, from) : from;
}

function endOfSegment(text: string, from: number): number {
  const colon = text.indexOf(':', from);
  return colon < 0 ? text.length : colon;
}
