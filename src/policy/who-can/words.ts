import { type ConditionClause, readOperator } from '../conditions.ts';
import { isAlwaysThere } from '../lint/condition-keys.ts';
import { parsePattern } from '../pattern.ts';
import { allOf, atomsOf, type Formula, formulaText, not } from './formula.ts';
import { DEAD, elementsOf, GlobAutomaton } from './glob-automaton.ts';
import { isPersonal, type Setting } from './setting.ts';
import type { AtomSubject } from './subject.ts';

/** Formulas in words, for a person. */

/** What keys are called. Others are called by their name. */
const NAMES: ReadonlyMap<string, string> = new Map([
  ['aws:currenttime', 'the time'],
  ['aws:epochtime', 'the time'],
  ['aws:multifactorauthpresent', 'multi-factor authentication'],
  ['aws:securetransport', 'TLS'],
  ['aws:sourceip', 'the source address'],
  ['aws:useragent', 'the user agent'],
  ['redshift:dbname', 'the database'],
  ['redshift:dbuser', 'the database user'],
  ['redshift:durationseconds', 'the duration in seconds'],
]);

/** How an operator reads when it holds and when it does not. */
const VERBS: ReadonlyMap<string, readonly [holds: string, fails: string]> = new Map([
  ['StringEquals', ['is', 'is not']],
  ['StringEqualsIgnoreCase', ['is, in any case,', 'is not, in any case,']],
  ['StringLike', ['is like', 'is not like']],
  ['ArnEquals', ['is like', 'is not like']],
  ['ArnLike', ['is like', 'is not like']],
  ['NumericEquals', ['is', 'is not']],
  ['NumericLessThan', ['is less than', 'is not less than']],
  ['NumericLessThanEquals', ['is at most', 'is not at most']],
  ['NumericGreaterThan', ['is more than', 'is not more than']],
  ['NumericGreaterThanEquals', ['is at least', 'is not at least']],
  ['DateEquals', ['is', 'is not']],
  ['DateLessThan', ['is before', 'is not before']],
  ['DateLessThanEquals', ['is not after', 'is after']],
  ['DateGreaterThan', ['is after', 'is not after']],
  ['DateGreaterThanEquals', ['is not before', 'is before']],
  ['Bool', ['is', 'is not']],
  ['BinaryEquals', ['is', 'is not']],
  ['IpAddress', ['is in', 'is not in']],
]);

/** Ways to meet the formula are told one by one up to here; with more it is told as it stands. */
const WAYS_MAX = 12;

/**
 * The ways in which a formula can come true: each a list of conditions. An empty list is no condition at all.
 * `isPossible` says whether some request meets a formula: ways that none meets, and conditions that the others of
 * their way already ask for, are left out.
 */
export function waysInWords(
  formula: Formula,
  setting: Setting,
  isPossible: (formula: Formula) => boolean,
): readonly (readonly string[])[] {
  const texts = (waysOf(formula) ?? [[formula]]).flatMap((way) => {
    const text = sharedWay(way, setting, isPossible);
    return text === undefined ? [] : [text];
  });
  // A way that asks for all that another asks for, and more, adds nothing.
  const isShortest = (way: readonly string[], at: number): boolean =>
    !texts.some(
      (other, place) =>
        place !== at &&
        other.every((text) => way.includes(text)) &&
        (other.length < way.length || place < at),
    );
  return texts.filter(isShortest);
}

/** One way in words, from memory where it is the same for everybody; undefined if no request meets it. */
function sharedWay(
  way: readonly Formula[],
  setting: Setting,
  isPossible: (formula: Formula) => boolean,
): readonly string[] | undefined {
  const { cache } = setting;
  if (cache === undefined || way.some((one) => isPersonal(one, setting)))
    return wayInWords(way, setting, isPossible);
  const name = way.map(formulaText).join();
  const found = cache.ways.get(name);
  if (found !== undefined || cache.ways.has(name)) return found;
  const made = wayInWords(way, setting, isPossible);
  cache.ways.set(name, made);
  return made;
}

function wayInWords(
  way: readonly Formula[],
  setting: Setting,
  isPossible: (formula: Formula) => boolean,
): readonly string[] | undefined {
  if (!isPossible(allOf(way))) return undefined;
  const asked = withoutImplied(way, isPossible).map((one) => inWords(one, setting));
  return [...new Set(asked)].sort();
}

/** Only conditions that read the same keys can say the same. */
function withoutImplied(
  way: readonly Formula[],
  isPossible: (formula: Formula) => boolean,
): readonly Formula[] {
  let rest = [...new Set(way)];
  for (const one of way) {
    const keys = keysOf(one);
    const near = rest.filter((other) => other !== one && [...keysOf(other)].some((key) => keys.has(key)));
    if (!isPossible(allOf([...near, not(one)]))) rest = rest.filter((other) => other !== one);
  }
  return rest;
}

function keysOf(formula: Formula): ReadonlySet<string> {
  return new Set([...atomsOf(formula)].flatMap(({ reads }) => reads));
}

/** A disjunction of conjunctions, or undefined if there are too many. What is not a conjunction stays whole. */
function waysOf(formula: Formula): Formula[][] | undefined {
  if (formula === true) return [[]];
  if (typeof formula === 'boolean' || formula.kind === 'atom') return [[formula]];
  if (formula.kind === 'not') {
    const { of } = formula;
    return [of.kind === 'any' ? of.of.map(not) : [formula]];
  }
  let ways: Formula[][] = formula.kind === 'all' ? [[]] : [];
  for (const member of formula.of) {
    const more = waysOf(member);
    if (more === undefined) return undefined;
    ways =
      formula.kind === 'any'
        ? [...ways, ...more]
        : ways.flatMap((way) => more.map((one) => [...way, ...one]));
    if (ways.length > WAYS_MAX) return undefined;
  }
  return ways;
}

/** One condition, with the values of variables that are known. */
export function inWords(formula: Formula, setting: Setting): string {
  if (typeof formula === 'boolean') return formula ? 'always' : 'never';
  switch (formula.kind) {
    case 'atom':
      return subjectInWords(formula.subject, true, setting);
    case 'not':
      return formula.of.kind === 'atom'
        ? subjectInWords(formula.of.subject, false, setting)
        : `not (${inWords(formula.of, setting)})`;
    default:
      return formula.of
        .map((member) => {
          const text = inWords(member, setting);
          return member.kind === 'all' || member.kind === 'any' ? `(${text})` : text;
        })
        .join(formula.kind === 'all' ? ' and ' : ' or ');
  }
}

function subjectInWords(subject: AtomSubject, holds: boolean, setting: Setting): string {
  if (subject.kind === 'clause') {
    const { clause, variables } = subject;
    const values = clause.values.map((value) => (variables ? filledIn(value, setting) : value));
    return clauseInWords({ ...clause, values }, holds);
  }
  const { pair, negated, variables } = subject;
  const values = subject.values
    .filter((value) => mayMatch(value, subject, setting))
    .map((value) => (variables ? filledIn(value, setting) : value));
  // Of a pattern for this very kind of resource, the part that the open name has to match.
  const kind = pair.resource.slice(0, pair.resource.lastIndexOf('/') + 1);
  const ends = values.map((value) => (value.startsWith(kind) ? value.slice(kind.length) : value));
  const verb = ends.some((end) => /[*?]/.test(end)) ? 'is like' : 'is';
  const name = pair.resourceKey === undefined ? pair.resource : nameOf(pair.resourceKey);
  return `${name} ${holds === negated ? verb.replace('is', 'is not') : verb} ${list(ends)}`;
}

/** Whether a text of a Resource element can match what the pair is about, whatever is still open of it. */
function mayMatch(
  value: string,
  { pair, variables }: Extract<AtomSubject, { kind: 'resource' }>,
  { context, unknownOf }: Setting,
): boolean {
  const pattern = parsePattern(value, { flavor: 'resource', variables });
  const elements = elementsOf(pattern, context, (key) => unknownOf(key) !== undefined, pair.resourceKey);
  if (elements === 'never' || elements === 'undecided') return elements === 'undecided';
  const automaton = new GlobAutomaton(elements, false);
  return automaton.after(automaton.start, pair.resource) !== DEAD;
}

/** The text with the values of variables that are known. */
function filledIn(text: string, { context }: Setting): string {
  return text.replaceAll(/\$\{\s*([^,'{}$*?]+?)\s*(?:,[^}]*)?\}/g, (written, key: string) => {
    const values = context.get(key.toLowerCase());
    return values?.length === 1 ? (values[0] ?? written) : written;
  });
}

function clauseInWords({ operator, key, values }: ConditionClause, holds: boolean): string {
  const use = readOperator(operator);
  const name = nameOf(key);
  if (use === undefined) return `${operator} ${key}`;
  if (use.operator === 'Null')
    return `${name} is ${holds === values.includes('true') ? 'not given' : 'given'}`;
  const base = use.operator.negated ? use.base.replace('Not', '') : use.base;
  const isPositive = holds !== use.operator.negated;
  const verb = (VERBS.get(base) ?? ['is', 'is not'])[isPositive ? 0 : 1];
  const quantity =
    use.quantifier === undefined
      ? ''
      : use.quantifier === 'ForAllValues'
        ? 'every value of '
        : 'some value of ';
  const sentence = `${quantity}${name} ${verb} ${list(values)}`;
  if (use.quantifier !== undefined || isAlwaysThere(key.toLowerCase())) return sentence;
  // An absent key meets `IfExists` and whatever is negated.
  const meetsAbsent = (use.ifExists || use.operator.negated) === holds;
  if (meetsAbsent) return `${sentence}, or is not given`;
  return isPositive ? sentence : `${sentence}, and is given`;
}

function list(values: readonly string[]): string {
  const [first = 'nothing', ...others] = values;
  return others.length === 0 ? first : `one of ${values.join(', ')}`;
}

function nameOf(key: string): string {
  return NAMES.get(key.toLowerCase()) ?? key;
}
