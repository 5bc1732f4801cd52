import type { RequestContext } from '../context.ts';
import { type Atom, atomsOf, type Formula } from './formula.ts';
import { type Assignment, assignedValues, type Unknown, type UnknownOf } from './unknown.ts';

/** What formulas are asked about. */
export interface Setting {
  /** What is known of every request. */
  readonly context: RequestContext;
  readonly unknownOf: UnknownOf;
  readonly cache?: SharedWork;
  /** Whether a key (in lower case) depends on who is asked about. */
  readonly isPersonal?: (key: string) => boolean;
}

/** A value of an unknown, and what atoms come to with it. */
export interface Choice {
  /** Undefined for an absent key. */
  readonly value: string | undefined;
  readonly truth: ReadonlyMap<Atom, boolean>;
}

export interface Choices {
  readonly choices: readonly Choice[];
  /** False if the values may not stand for all that there are. */
  readonly isComplete: boolean;
}

export interface Solved {
  readonly assignment: Assignment | undefined;
  readonly isComplete: boolean;
}

/** What need not be worked out again for the next principal. */
export interface SharedWork {
  /** By the text of the formula. */
  readonly solved: Map<string, Solved>;
  /** Ways in words, by the texts of their members; undefined for a way that no request meets. */
  readonly ways: Map<string, readonly string[] | undefined>;
  /** The choices of an unknown that the atoms tell apart; undefined if they are not known here. */
  choices(unknown: Unknown, atoms: readonly Atom[], setting: Setting): Choices | undefined;
}

/** Whether a formula depends on who is asked about, so that what comes of it is good for nobody else. */
export function isPersonal(formula: Formula, setting: Setting): boolean {
  for (const { reads } of atomsOf(formula)) {
    for (const key of reads) if (setting.isPersonal?.(key) === true) return true;
  }
  return false;
}

/** The context of a request of which some unknowns are assigned. */
export function contextWith({ context, unknownOf }: Setting, assignment: Assignment): RequestContext {
  return { get: (key) => assignedValues(assignment, unknownOf, key) ?? context.get(key) };
}
