import type { RequestContext } from '../context.ts';
import type { AtomSubject } from './subject.ts';

/**
 * What must hold for a request to be allowed, as a formula over conditions that are not decided yet. Atoms of one
 * evaluation are made once, so that equal atoms are the same object.
 */

export interface Atom {
  readonly kind: 'atom';
  /** Equal for atoms that mean the same. */
  readonly id: string;
  /** The same in short: counted by whoever made the atom. */
  readonly number: number;
  /** The condition keys that decide it, in lower case. */
  readonly reads: readonly string[];
  readonly subject: AtomSubject;
  /** Whether it holds for a request of which all keys that it reads are known. */
  holds(context: RequestContext): boolean;
}

export interface Not {
  readonly kind: 'not';
  readonly of: Open;
}

export interface Group {
  readonly kind: 'all' | 'any';
  readonly of: readonly Open[];
}

/** A formula that is not decided. */
export type Open = Atom | Not | Group;
export type Formula = boolean | Open;

export function not(formula: Formula): Formula {
  if (typeof formula === 'boolean') return !formula;
  return formula.kind === 'not' ? formula.of : { kind: 'not', of: formula };
}

export function allOf(formulas: Iterable<Formula>): Formula {
  return group('all', formulas);
}

export function anyOf(formulas: Iterable<Formula>): Formula {
  return group('any', formulas);
}

/** Flat, without repetitions; decided as soon as one member, or a member and its opposite, decide it. */
function group(kind: Group['kind'], formulas: Iterable<Formula>): Formula {
  const neutral = kind === 'all';
  const members = new Set<Open>();
  const denied = new Set<Open>();
  const add = (formula: Formula): boolean => {
    if (typeof formula === 'boolean') return formula !== neutral;
    if (formula.kind === kind) return formula.of.some(add);
    if (formula.kind === 'not') {
      if (members.has(formula.of)) return true;
      if (denied.has(formula.of)) return false;
      denied.add(formula.of);
    } else if (denied.has(formula)) return true;
    members.add(formula);
    return false;
  };
  for (const formula of formulas) if (add(formula)) return !neutral;
  const [first, ...others] = members;
  if (first === undefined) return neutral;
  return others.length === 0 ? first : { kind, of: [...members] };
}

/** The formula with every atom replaced that `decide` can decide. */
export function decided(formula: Formula, decide: (atom: Atom) => boolean | undefined): Formula {
  if (typeof formula === 'boolean') return formula;
  switch (formula.kind) {
    case 'atom':
      return decide(formula) ?? formula;
    case 'not':
      return not(decided(formula.of, decide));
    default:
      return group(
        formula.kind,
        formula.of.map((member) => decided(member, decide)),
      );
  }
}

/** The atoms of a formula, each once. */
export function atomsOf(formula: Formula, into: Set<Atom> = new Set()): ReadonlySet<Atom> {
  if (typeof formula === 'boolean') return into;
  if (formula.kind === 'atom') into.add(formula);
  else if (formula.kind === 'not') atomsOf(formula.of, into);
  else for (const member of formula.of) atomsOf(member, into);
  return into;
}

/** A text that is the same for formulas that are written alike. */
export function formulaText(formula: Formula): string {
  if (typeof formula === 'boolean') return String(formula);
  switch (formula.kind) {
    case 'atom':
      return String(formula.number);
    case 'not':
      return `!${formulaText(formula.of)}`;
    default:
      return `(${formula.kind} ${formula.of.map(formulaText).join(' ')})`;
  }
}
