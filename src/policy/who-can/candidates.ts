import { readOperator } from '../conditions.ts';
import type { RequestContext } from '../context.ts';
import { type Flavor, foldCase, parsePattern, patternMatches } from '../pattern.ts';
import type { Atom } from './formula.ts';
import { DEAD, elementsOf, GlobAutomaton } from './glob-automaton.ts';
import { addressCandidates, numberCandidates, timeCandidates } from './ordered-candidates.ts';
import { type Candidates, type TextPattern, textCandidates } from './text-candidates.ts';
import type { TextDomain, Unknown } from './unknown.ts';

/** The values worth trying for an unknown: one for each way in which atoms can tell its values apart. */

export interface CandidateSearch {
  readonly unknown: Unknown;
  /** The atoms that read one of its keys. */
  readonly atoms: readonly Atom[];
  /** What is known of the request besides. */
  readonly context: RequestContext;
  /** Whether a key (in lower case) is not known yet, those of this unknown included. */
  isOpen(key: string): boolean;
}

const FLAVORS: ReadonlyMap<string, { readonly flavor: Flavor; readonly ignoreCase: boolean }> = new Map([
  ['StringEquals', { flavor: 'exact', ignoreCase: false }],
  ['StringNotEquals', { flavor: 'exact', ignoreCase: false }],
  ['StringEqualsIgnoreCase', { flavor: 'exact', ignoreCase: true }],
  ['StringNotEqualsIgnoreCase', { flavor: 'exact', ignoreCase: true }],
  ['StringLike', { flavor: 'glob', ignoreCase: false }],
  ['StringNotLike', { flavor: 'glob', ignoreCase: false }],
  ['ArnEquals', { flavor: 'segments', ignoreCase: false }],
  ['ArnLike', { flavor: 'segments', ignoreCase: false }],
  ['ArnNotEquals', { flavor: 'segments', ignoreCase: false }],
  ['ArnNotLike', { flavor: 'segments', ignoreCase: false }],
]);

/** Operators by which ordered unknowns are told apart at edges. */
const COMPARES = { address: /IpAddress$/, time: /^(?:Date|Numeric)/, number: /^Numeric/ } as const;

/** The candidates. The value that stands for an absent key is not among them. */
export function candidatesFor(search: CandidateSearch): Candidates {
  const { domain } = search.unknown;
  const readers = search.atoms.filter((atom) => isAbout(atom, search.unknown));
  const bases = readers.map(baseOf).filter((base) => base !== 'Null');
  const values = function* (): Generator<string> {
    for (const { subject } of readers) if (subject.kind === 'clause') yield* subject.clause.values;
  };
  // An atom about something else reads it as a variable: then every text inside the other value can matter.
  const isCompared = readers.length === search.atoms.length;
  switch (domain.kind) {
    case 'choice':
      return { texts: domain.values, isComplete: true };
    case 'number': {
      const isEvery = !isCompared || bases.some((base) => !COMPARES.number.test(base) && base !== 'Bool');
      return { texts: numberCandidates(values(), domain, isEvery), isComplete: true };
    }
    case 'address':
      return {
        texts: addressCandidates(values()),
        isComplete: isCompared && bases.every((base) => COMPARES.address.test(base)),
      };
    case 'time':
      return {
        texts: timeCandidates(values(), domain.from),
        isComplete: isCompared && bases.every((base) => COMPARES.time.test(base)),
      };
    case 'text':
      return textsFor(search, domain);
    default:
      return domain satisfies never;
  }
}

/** Whether the atom compares a key of the unknown, or a resource that ends in it; otherwise it is a variable there. */
function isAbout({ subject }: Atom, { keys }: Unknown): boolean {
  const key = subject.kind === 'clause' ? subject.clause.key.toLowerCase() : subject.pair.resourceKey;
  return keys.some((one) => one.key === key);
}

function baseOf({ subject }: Atom): string {
  return subject.kind === 'clause' ? (readOperator(subject.clause.operator)?.base ?? '') : 'Resource';
}

function textsFor(search: CandidateSearch, domain: TextDomain): Candidates {
  const patterns: TextPattern[] = [];
  const words = new Set<string>();
  let isComplete = true;
  for (const atom of search.atoms) {
    if (!isAbout(atom, search.unknown)) isComplete = addInnerTexts(search, domain, atom, words) && isComplete;
    else if (atom.subject.kind === 'clause')
      isComplete = addClause(search, domain, atom, patterns, words) && isComplete;
    else isComplete = addResource(search, domain, atom, patterns) && isComplete;
  }
  const found = textCandidates(domain, patterns);
  return {
    texts: [...found.texts, ...[...words].filter((word) => fits(domain, word))],
    isComplete: isComplete && found.isComplete,
  };
}

function fits(domain: TextDomain, text: string): boolean {
  return text.length >= domain.lengthMin && text.length <= domain.lengthMax && domain.accepts(text);
}

/** The patterns that a clause compares with. False if they do not tell all. */
function addClause(
  { context, isOpen }: CandidateSearch,
  domain: TextDomain,
  { subject }: Atom,
  patterns: TextPattern[],
  words: Set<string>,
): boolean {
  if (subject.kind !== 'clause') return true;
  const base = readOperator(subject.clause.operator)?.base ?? '';
  if (base === 'Null') return true;
  const options = FLAVORS.get(base);
  if (options === undefined) {
    for (const value of subject.clause.values) words.add(value.slice(domain.prefix.length));
    return false;
  }
  let isComplete = true;
  for (const value of subject.clause.values) {
    const pattern = parsePattern(value, { ...options, variables: subject.variables });
    const elements = elementsOf(pattern, context, isOpen, undefined);
    if (elements === 'undecided') isComplete = false;
    else if (elements !== 'never') {
      const automaton = new GlobAutomaton(elements, pattern.ignoreCase);
      addPattern(patterns, automaton, domain.prefix);
    }
  }
  return isComplete;
}

/** The patterns that a Resource element compares the end of an ARN with. False if they do not tell all. */
function addResource(
  { context, isOpen }: CandidateSearch,
  { prefix }: TextDomain,
  { subject }: Atom,
  patterns: TextPattern[],
): boolean {
  if (subject.kind !== 'resource') return true;
  let isComplete = true;
  for (const value of subject.values) {
    const pattern = parsePattern(value, { flavor: 'resource', variables: subject.variables });
    const elements = elementsOf(pattern, context, isOpen, subject.pair.resourceKey);
    if (elements === 'undecided') isComplete = false;
    else if (elements !== 'never') {
      const automaton = new GlobAutomaton(elements, false);
      const from = addPattern(patterns, automaton, subject.pair.resource + prefix);
      // The key itself at the end of the pattern matches whatever the key is; elsewhere it is not looked into.
      if (automaton.itself(from) === 'inside') isComplete = false;
    }
  }
  return isComplete;
}

/** Adds what is left of a pattern after the fixed part of the subject; nothing if it can match no more. */
function addPattern(patterns: TextPattern[], automaton: GlobAutomaton, fixed: string): number {
  const from = automaton.after(automaton.start, fixed);
  if (from !== DEAD) patterns.push({ automaton, from });
  return from;
}

/** Texts of which an atom about something else could be made true: parts of what it compares. False if it is open. */
function addInnerTexts(
  { unknown, context, isOpen }: CandidateSearch,
  domain: TextDomain,
  { subject }: Atom,
  words: Set<string>,
): boolean {
  const made = unknown.keys[0];
  if (made === undefined) return true;
  const texts = subjectTexts(subject, context, isOpen);
  if (texts === undefined) return false;
  const patterns = subjectPatterns(subject);
  for (const text of texts) {
    for (let from = 0; from < text.length; from++) {
      for (let to = from + domain.lengthMin; to <= Math.min(text.length, from + domain.lengthMax); to++) {
        const word = text.slice(from, to);
        if (!fits(domain, word)) continue;
        const own: RequestContext = {
          get: (key) => (key === made.key ? valuesOf(made.valueOf(word)) : context.get(key)),
        };
        const isMatch = patterns.some((pattern) =>
          patternMatches(pattern, pattern.ignoreCase ? foldCase(text) : text, own),
        );
        if (isMatch) words.add(word);
      }
    }
  }
  return true;
}

function valuesOf(value: string | undefined): readonly string[] {
  return value === undefined ? [] : [value];
}

/** What the atom compares, if that is known. */
function subjectTexts(
  subject: Atom['subject'],
  context: RequestContext,
  isOpen: (key: string) => boolean,
): readonly string[] | undefined {
  const key = subject.kind === 'clause' ? subject.clause.key.toLowerCase() : subject.pair.resourceKey;
  if (key === undefined) return subject.kind === 'resource' ? [subject.pair.resource] : [];
  if (isOpen(key)) return undefined;
  const values = context.get(key) ?? [];
  return subject.kind === 'clause' ? values : values.map((value) => subject.pair.resource + value);
}

function subjectPatterns(subject: Atom['subject']) {
  if (subject.kind === 'resource') {
    return subject.values.map((value) =>
      parsePattern(value, { flavor: 'resource', variables: subject.variables }),
    );
  }
  const options = FLAVORS.get(readOperator(subject.clause.operator)?.base ?? '');
  if (options === undefined) return [];
  return subject.clause.values.map((value) =>
    parsePattern(value, { ...options, variables: subject.variables }),
  );
}
