import type { RequestContext } from '../context.ts';
import { candidatesFor } from './candidates.ts';
import { type Atom, atomsOf, decided, type Formula } from './formula.ts';
import { type Assignment, assignedValues, type Unknown, type UnknownOf } from './unknown.ts';

/**
 * Whether any request makes a formula true. A yes comes with the request; a no is only said when the candidates of
 * every unknown stood for all of its values.
 */
export type Satisfied =
  | { readonly verdict: 'yes'; readonly assignment: Assignment }
  | { readonly verdict: 'no' }
  /** No request was found, and not all could be looked at. */
  | { readonly verdict: 'undecided' };

/** Candidates tried for one formula; a search that needs more ends undecided. */
const TRIES_MAX = 50_000;
/** Atoms that several unknowns decide together; when a search ends undecided, each is also tried as true and as false. */
const TOGETHER_MAX = 6;

/** What formulas are asked about. */
export interface Setting {
  /** What is known of every request. */
  readonly context: RequestContext;
  readonly unknownOf: UnknownOf;
}

/** Looks for a request that makes the formula true. */
export function satisfy(undecided: Formula, setting: Setting): Satisfied {
  const formula = known(undecided, setting);
  const search = new Search(setting);
  const assignment = search.solve(formula, new Map());
  if (assignment !== undefined) return { verdict: 'yes', assignment };
  if (search.isComplete) return { verdict: 'no' };
  return isRefuted(formula, setting) ? { verdict: 'no' } : { verdict: 'undecided' };
}

/** The formula without the atoms that no unknown has a part in. */
export function known(formula: Formula, { context, unknownOf }: Setting): Formula {
  return decided(formula, (atom) =>
    atom.reads.some((key) => unknownOf(key) !== undefined) ? undefined : atom.holds(context),
  );
}

/** Whether the formula is false whatever the atoms that several unknowns decide together come to. */
function isRefuted(formula: Formula, setting: Setting): boolean {
  const together = [...atomsOf(formula)].filter((atom) => unknownsOf(atom, setting).size > 1);
  if (together.length === 0 || together.length > TOGETHER_MAX) return false;
  for (let choice = 0; choice < 2 ** together.length; choice++) {
    const assumed = decided(formula, (atom) => {
      const at = together.indexOf(atom);
      return at < 0 ? undefined : (choice & (1 << at)) !== 0;
    });
    const search = new Search(setting);
    if (search.solve(assumed, new Map()) !== undefined || !search.isComplete) return false;
  }
  return true;
}

function unknownsOf(atom: Atom, { unknownOf }: Setting): ReadonlySet<Unknown> {
  return new Set(atom.reads.map(unknownOf).filter((unknown) => unknown !== undefined));
}

class Search {
  readonly #setting: Setting;
  #tries = 0;
  isComplete = true;

  constructor(setting: Setting) {
    this.#setting = setting;
  }

  /** The assignment that makes the formula true, or undefined. */
  solve(formula: Formula, assignment: Assignment): Assignment | undefined {
    if (typeof formula === 'boolean') return formula ? assignment : undefined;
    const atoms = [...atomsOf(formula)];
    const unknown = this.#next(atoms, assignment);
    if (unknown === undefined) return undefined;
    const readers = atoms.filter((atom) => this.#reads(atom, unknown));
    for (const value of this.#valuesFor(unknown, readers, assignment)) {
      this.#tries += 1;
      if (this.#tries > TRIES_MAX) {
        this.isComplete = false;
        return undefined;
      }
      const next = new Map(assignment).set(unknown, value);
      const context = this.#contextOf(next);
      const rest = decided(formula, (atom) => (this.#isKnown(atom, next) ? atom.holds(context) : undefined));
      const found = this.solve(rest, next);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** First those that others depend on: what a variable stands for comes before what is compared with it. */
  #next(atoms: readonly Atom[], assignment: Assignment): Unknown | undefined {
    let any: Unknown | undefined;
    for (const atom of atoms) {
      const { subject } = atom;
      const compared =
        subject.kind === 'clause' ? subject.clause.key.toLowerCase() : subject.pair.resourceKey;
      for (const key of atom.reads) {
        const unknown = this.#setting.unknownOf(key);
        if (unknown === undefined || assignment.has(unknown)) continue;
        if (key !== compared) return unknown;
        any ??= unknown;
      }
    }
    return any;
  }

  /** The values to try: of those that no atom tells apart only the first. Undefined stands for an absent key. */
  *#valuesFor(
    unknown: Unknown,
    atoms: readonly Atom[],
    assignment: Assignment,
  ): Generator<string | undefined> {
    const { texts, isComplete } = candidatesFor({
      unknown,
      atoms,
      context: this.#contextOf(assignment),
      isOpen: (key) => {
        const owner = this.#setting.unknownOf(key);
        return owner !== undefined && !assignment.has(owner);
      },
    });
    if (!isComplete) this.isComplete = false;
    const alone = atoms.filter((atom) => unknownsOpen(atom, this.#setting.unknownOf, assignment).size === 1);
    const isTold = alone.length === atoms.length;
    const seen = new Set<string>();
    for (const value of [...(unknown.isOptional ? [undefined] : []), ...texts]) {
      if (isTold) {
        const context = this.#contextOf(new Map(assignment).set(unknown, value));
        const truth = alone.map((atom) => (atom.holds(context) ? '1' : '0')).join('');
        if (seen.has(truth)) continue;
        seen.add(truth);
      }
      yield value;
    }
  }

  #contextOf(assignment: Assignment): RequestContext {
    const { context, unknownOf } = this.#setting;
    return { get: (key) => assignedValues(assignment, unknownOf, key) ?? context.get(key) };
  }

  #reads(atom: Atom, unknown: Unknown): boolean {
    return atom.reads.some((key) => this.#setting.unknownOf(key) === unknown);
  }

  #isKnown(atom: Atom, assignment: Assignment): boolean {
    return unknownsOpen(atom, this.#setting.unknownOf, assignment).size === 0;
  }
}

function unknownsOpen(atom: Atom, unknownOf: UnknownOf, assignment: Assignment): ReadonlySet<Unknown> {
  const open = new Set<Unknown>();
  for (const key of atom.reads) {
    const unknown = unknownOf(key);
    if (unknown !== undefined && !assignment.has(unknown)) open.add(unknown);
  }
  return open;
}
