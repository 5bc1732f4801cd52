import { candidatesFor } from './candidates.ts';
import {
  type Atom,
  allOf,
  atomsOf,
  decided,
  type Formula,
  formulaText,
  type Group,
  type Open,
} from './formula.ts';
import { type Choice, type Choices, contextWith, isPersonal, type Setting } from './setting.ts';
import type { Assignment, Unknown, UnknownOf } from './unknown.ts';

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

/** Looks for a request that makes the formula true. */
export function satisfy(undecided: Formula, setting: Setting): Satisfied {
  const formula = known(undecided, setting);
  const search = new Search(setting);
  const assignment = search.solveShared(formula);
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

  /** As `solve`, from memory where it can. */
  solveShared(formula: Formula): Assignment | undefined {
    return this.#solvePart(formula, new Map());
  }

  /** The assignment that makes the formula true, or undefined. */
  solve(formula: Formula, assignment: Assignment): Assignment | undefined {
    if (typeof formula === 'boolean') return formula ? assignment : undefined;
    const parts = formula.kind === 'all' ? this.#parts(formula, assignment) : [formula];
    if (parts.length > 1) return this.#solveParts(parts, assignment);
    const atoms = [...atomsOf(formula)];
    const unknown = this.#next(atoms, assignment);
    if (unknown === undefined) return undefined;
    const readers = atoms.filter((atom) => this.#reads(atom, unknown));
    const { choices, isComplete } = this.#choicesFor(unknown, readers, assignment);
    if (!isComplete) this.isComplete = false;
    for (const { value, truth } of choices) {
      this.#tries += 1;
      if (this.#tries > TRIES_MAX) {
        this.isComplete = false;
        return undefined;
      }
      const rest = decided(formula, (atom) => truth.get(atom));
      const found = this.solve(rest, new Map(assignment).set(unknown, value));
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** Parts that no unknown has in common are solved one by one: a failure of one needs no second try of the others. */
  #solveParts(parts: readonly Formula[], assignment: Assignment): Assignment | undefined {
    const before = this.isComplete;
    let found: Assignment | undefined = assignment;
    for (const part of parts) {
      this.isComplete = true;
      found = assignment.size === 0 ? this.#solvePart(part, found) : this.solve(part, found);
      if (found === undefined) {
        // One part that surely fails is enough, whatever was left open of the others.
        this.isComplete = this.isComplete ? before : false;
        return undefined;
      }
    }
    this.isComplete = before;
    return found;
  }

  /** Solves a part that shares nothing with what is assigned, from memory where it is the same for everybody. */
  #solvePart(part: Formula, assignment: Assignment): Assignment | undefined {
    const { cache } = this.#setting;
    if (cache === undefined || isPersonal(part, this.#setting)) return this.solve(part, assignment);
    const text = formulaText(part);
    let solved = cache.solved.get(text);
    if (solved === undefined) {
      const own = this.solve(part, new Map());
      solved = { assignment: own, isComplete: this.isComplete };
      cache.solved.set(text, solved);
    }
    this.isComplete = solved.isComplete;
    return solved.assignment && new Map([...assignment, ...solved.assignment]);
  }

  /** The members of a conjunction, put together where they share an unknown. */
  #parts(formula: Group, assignment: Assignment): readonly Formula[] {
    let parts: { members: Open[]; unknowns: Set<Unknown> }[] = [];
    for (const member of formula.of) {
      const part = { members: [member], unknowns: new Set<Unknown>() };
      for (const atom of atomsOf(member)) {
        for (const unknown of unknownsOpen(atom, this.#setting.unknownOf, assignment))
          part.unknowns.add(unknown);
      }
      const others: typeof parts = [];
      for (const other of parts) {
        if ([...part.unknowns].some((unknown) => other.unknowns.has(unknown))) {
          part.members.push(...other.members);
          for (const unknown of other.unknowns) part.unknowns.add(unknown);
        } else others.push(other);
      }
      parts = [...others, part];
    }
    return parts.length === 1 ? [formula] : parts.map(({ members }) => allOf(members));
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

  /** The values to try, from memory where they are the same for everybody. */
  #choicesFor(unknown: Unknown, atoms: readonly Atom[], assignment: Assignment): Choices {
    const shared = this.#setting.cache?.choices(unknown, atoms, this.#setting);
    return shared ?? this.#makeChoices(unknown, atoms, assignment);
  }

  /** Of values that no atom tells apart only the first. */
  #makeChoices(unknown: Unknown, atoms: readonly Atom[], assignment: Assignment): Choices {
    const { unknownOf } = this.#setting;
    const { texts, isComplete } = candidatesFor({
      unknown,
      atoms,
      context: contextWith(this.#setting, assignment),
      isOpen: (key) => {
        const owner = unknownOf(key);
        return owner !== undefined && !assignment.has(owner);
      },
    });
    const alone = atoms.filter((atom) => unknownsOpen(atom, unknownOf, assignment).size === 1);
    const isTold = alone.length === atoms.length;
    const seen = new Set<string>();
    const choices: Choice[] = [];
    for (const value of [...(unknown.isOptional ? [undefined] : []), ...texts]) {
      const context = contextWith(this.#setting, new Map(assignment).set(unknown, value));
      const truth = new Map(alone.map((atom) => [atom, atom.holds(context)] as const));
      const name = isTold ? [...truth.values()].join() : String(value);
      if (seen.has(name)) continue;
      seen.add(name);
      choices.push({ value, truth });
    }
    return { choices, isComplete };
  }

  #reads(atom: Atom, unknown: Unknown): boolean {
    return atom.reads.some((key) => this.#setting.unknownOf(key) === unknown);
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
