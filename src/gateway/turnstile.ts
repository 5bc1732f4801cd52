/** Lets so many through at a time for each key; the others of that key wait in the order of their coming. */
export class Turnstile {
  readonly #max: number;
  /** Keys with somebody inside. */
  readonly #inside = new Map<string, { count: number; readonly waiting: (() => void)[] }>();

  constructor(max: number) {
    this.#max = max;
  }

  /** Does `work` when there is room. Whoever waits is bounded by the logins under way, and by their deadline. */
  async pass<T>(key: string, work: () => Promise<T>): Promise<T> {
    const present = this.#inside.get(key) ?? { count: 0, waiting: [] };
    this.#inside.set(key, present);
    if (present.count < this.#max) present.count++;
    else await new Promise<void>((resolve) => present.waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = present.waiting.shift();
      if (next !== undefined) next();
      else if (--present.count === 0) this.#inside.delete(key);
    }
  }
}
