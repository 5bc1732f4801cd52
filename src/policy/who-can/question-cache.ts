import { candidatesFor } from './candidates.ts';
import type { Atom } from './formula.ts';
import {
  type Choice,
  type Choices,
  contextWith,
  type Setting,
  type SharedWork,
  type Solved,
} from './setting.ts';
import type { Unknown } from './unknown.ts';

/** What is the same for everybody who is asked about, for as long as one question is worked on. */

export class QuestionCache implements SharedWork {
  /** By the text of the formula. */
  readonly solved = new Map<string, Solved>();
  readonly ways = new Map<string, readonly string[] | undefined>();
  readonly #atoms: () => Iterable<Atom>;
  readonly #pools = new Map<Unknown, Pool>();

  /** `atoms` gives all atoms of the question that do not depend on who is asked about. */
  constructor(atoms: () => Iterable<Atom>) {
    this.#atoms = atoms;
  }

  /** The choices of an unknown that the atoms tell apart; undefined if they are not known here. */
  choices(unknown: Unknown, atoms: readonly Atom[], setting: Setting): Choices | undefined {
    let pool = this.#pools.get(unknown);
    if (pool === undefined) {
      const own = [...this.#atoms()].filter(
        ({ reads }) =>
          reads.some((key) => setting.unknownOf(key) === unknown) &&
          reads.every(
            (key) => (setting.unknownOf(key) ?? unknown) === unknown && setting.isPersonal?.(key) !== true,
          ),
      );
      pool = new Pool(unknown, own, setting);
      this.#pools.set(unknown, pool);
    }
    return pool.choices(atoms);
  }
}

/** Atoms that one number can tell apart. */
const BITS = 50;

/** Values of an unknown that stand for all of its values, as far as any atom of the question tells them apart. */
class Pool {
  readonly #values: readonly (string | undefined)[];
  readonly #isComplete: boolean;
  /** 1 where the atom holds, by place of the value. */
  readonly #truth: ReadonlyMap<Atom, Uint8Array>;
  readonly #choices = new Map<string, Choices>();

  constructor(unknown: Unknown, atoms: readonly Atom[], setting: Setting) {
    const isOpen = (key: string): boolean => setting.unknownOf(key) !== undefined;
    const { texts, isComplete } = candidatesFor({ unknown, atoms, context: setting.context, isOpen });
    const values = unknown.isOptional ? [undefined, ...texts] : texts;
    const contexts = values.map((value) => contextWith(setting, new Map([[unknown, value]])));
    this.#isComplete = isComplete;
    this.#values = values;
    const columns = atoms.map((atom) => [atom, new Uint8Array(values.length)] as const);
    // Value by value, because reading a value costs more than comparing it.
    for (const [at, context] of contexts.entries()) {
      for (const [atom, column] of columns) if (atom.holds(context)) column[at] = 1;
    }
    this.#truth = new Map(columns);
  }

  choices(atoms: readonly Atom[]): Choices | undefined {
    if (!this.#isComplete) return undefined;
    const name = atoms
      .map(({ number }) => number)
      .sort((left, right) => left - right)
      .join();
    const found = this.#choices.get(name);
    if (found !== undefined) return found;
    const columns = atoms.flatMap((atom) => this.#truth.get(atom) ?? []);
    if (columns.length < atoms.length || columns.length > BITS) return undefined;
    const seen = new Map<number, Choice>();
    for (const [at, value] of this.#values.entries()) {
      let row = 0;
      for (const column of columns) row = row * 2 + (column[at] ?? 0);
      if (seen.has(row)) continue;
      const truth = new Map(atoms.map((atom, index) => [atom, columns[index]?.[at] === 1] as const));
      seen.set(row, { value, truth });
    }
    const made = { choices: [...seen.values()], isComplete: true };
    this.#choices.set(name, made);
    return made;
  }
}
