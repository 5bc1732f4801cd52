import { dropOldest } from '../core/drop-oldest.ts';

/** What is read of accounts again and again, held in memory until something of its account changes. */

interface Entry<T> {
  readonly value: Promise<T>;
  /** Undefined while it is being loaded; such an entry is dropped at any change. */
  accountId: string | undefined;
}

/**
 * INVARIANT: an entry is in the map from the moment its load starts, so that `forget` also drops what was read before
 * the change but arrives after it. While changes of other nodes cannot be heard, nothing is held.
 */
export class Held<T> {
  readonly #max: number;
  readonly #entries = new Map<string, Entry<T>>();
  #isHolding = false;

  /** `max` entries are held. */
  constructor(max: number) {
    this.#max = max;
  }

  get(key: string, load: () => Promise<T>, accountOf: (value: Exclude<T, undefined>) => string): Promise<T> {
    const held = this.#entries.get(key);
    if (held !== undefined) return held.value;
    if (!this.#isHolding) return load();
    const entry: Entry<T> = { value: load(), accountId: undefined };
    this.#add(key, entry);
    const drop = () => {
      if (this.#entries.get(key) === entry) this.#entries.delete(key);
    };
    entry.value.then((value) => {
      // What was not found is not held, or made-up keys would push the real ones out.
      if (value === undefined) drop();
      else entry.accountId = accountOf(value as Exclude<T, undefined>);
    }, drop);
    return entry.value;
  }

  /** Drops what is held of an account. */
  forget(accountId: string): void {
    for (const [key, entry] of this.#entries) {
      if (entry.accountId === undefined || entry.accountId === accountId) this.#entries.delete(key);
    }
  }

  /** Whether anything may be held from now on; until the first time, nothing is. */
  holding(isHolding: boolean): void {
    this.#isHolding = isHolding;
    this.#entries.clear();
  }

  /** The oldest makes room: which one hardly matters at this size. */
  #add(key: string, entry: Entry<T>): void {
    dropOldest(this.#entries, this.#max);
    this.#entries.set(key, entry);
  }
}
