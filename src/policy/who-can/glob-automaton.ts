import type { RequestContext } from '../context.ts';
import { foldCase, type Pattern } from '../pattern.ts';
import { ONE, ONE_IN_SEGMENT, RUN, RUN_IN_SEGMENT } from '../tokens.ts';

/**
 * A pattern as an automaton: read character by character, so that texts can be looked for that several patterns
 * match and others do not. States are numbers; 0 is the state in which nothing can match any more.
 */

/** The rest of the subject is the value of this very variable, whatever it is. */
const ITSELF = 5;

type Element =
  | string
  | typeof ONE
  | typeof ONE_IN_SEGMENT
  | typeof RUN
  | typeof RUN_IN_SEGMENT
  | typeof ITSELF;

export const DEAD = 0;

export class GlobAutomaton {
  readonly #elements: readonly Element[];
  readonly #ignoreCase: boolean;
  readonly #sets: (readonly number[])[] = [[]];
  readonly #ids = new Map<string, number>([['', DEAD]]);
  readonly #expected: ReadonlySet<string>[] = [];
  readonly #steps: Map<string, number>[] = [new Map()];
  readonly start: number;

  constructor(elements: readonly Element[], ignoreCase: boolean) {
    this.#elements = elements;
    this.#ignoreCase = ignoreCase;
    this.start = this.#state(this.#closed([0]));
  }

  /** The state after one more character. */
  step(state: number, character: string): number {
    const steps = this.#steps[state];
    const known = steps?.get(character);
    if (known !== undefined) return known;
    const read = this.#ignoreCase ? foldCase(character) : character;
    const next: number[] = [];
    for (const at of this.#sets[state] ?? []) {
      const element = this.#elements[at];
      if (element === read || element === ONE) next.push(at + 1);
      else if (element === RUN) next.push(at);
      else if (read === ':') continue;
      else if (element === ONE_IN_SEGMENT) next.push(at + 1);
      else if (element === RUN_IN_SEGMENT) next.push(at);
    }
    const found = this.#state(this.#closed(next));
    steps?.set(character, found);
    return found;
  }

  /** The state after a whole text. */
  after(state: number, text: string): number {
    let at = state;
    for (let index = 0; index < text.length; index++) at = this.step(at, text.charAt(index));
    return at;
  }

  /** In which way the state can match itself as the rest: as the end of the pattern, elsewhere, or not at all. */
  itself(state: number): 'ends' | 'inside' | 'no' {
    const places = (this.#sets[state] ?? []).filter((at) => this.#elements[at] === ITSELF);
    if (places.length === 0) return this.#elements.includes(ITSELF) && state !== DEAD ? 'inside' : 'no';
    return places.every((at) => at === this.#elements.length - 1) ? 'ends' : 'inside';
  }

  /** The characters that the state treats otherwise than all others. */
  expects(state: number): ReadonlySet<string> {
    const known = this.#expected[state];
    if (known !== undefined) return known;
    const characters = new Set<string>();
    for (const at of this.#sets[state] ?? []) {
      const element = this.#elements[at];
      if (element === ONE_IN_SEGMENT || element === RUN_IN_SEGMENT) characters.add(':');
      if (typeof element !== 'string') continue;
      characters.add(element);
      if (this.#ignoreCase) characters.add(element.toUpperCase()).add(element.toLowerCase());
    }
    this.#expected[state] = characters;
    return characters;
  }

  #closed(states: readonly number[]): readonly number[] {
    const closed = new Set<number>();
    for (const state of states) {
      let at = state;
      closed.add(at);
      for (; this.#elements[at] === RUN || this.#elements[at] === RUN_IN_SEGMENT; at++) closed.add(at + 1);
    }
    return [...closed].sort((left, right) => left - right);
  }

  #state(set: readonly number[]): number {
    const name = set.join(',');
    const known = this.#ids.get(name);
    if (known !== undefined) return known;
    const id = this.#sets.length;
    this.#sets.push(set);
    this.#steps.push(new Map());
    this.#ids.set(name, id);
    return id;
  }
}

/** What could not be made of a pattern: it never matches, or a variable in it is not decided yet. */
export type NoElements = 'never' | 'undecided';

/**
 * The elements of a pattern, with the values of its variables put in. `isOpen` says which keys are not decided yet;
 * `self` is the key whose value the subject ends in.
 */
export function elementsOf(
  pattern: Pattern,
  context: RequestContext,
  isOpen: (key: string) => boolean,
  self: string | undefined,
): readonly Element[] | NoElements {
  const elements: Element[] = [];
  for (const token of pattern.tokens) {
    if (typeof token === 'number') elements.push(token);
    else if (typeof token === 'string') elements.push(...token.split(''));
    else if (token.key === self) elements.push(ITSELF);
    else if (isOpen(token.key)) return 'undecided';
    else {
      const values = context.get(token.key);
      const value = values?.length === 1 ? values[0] : token.fallback;
      if (value === undefined) return 'never';
      elements.push(...(pattern.ignoreCase ? foldCase(value) : value).split(''));
    }
  }
  return elements;
}
