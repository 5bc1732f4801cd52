interface Present {
  count: number;
  readonly waiting: (() => void)[];
}

/** Lets so many through at a time for each key; the others of that key wait in the order of their coming. */
export class Turnstile {
  readonly #max: number;
  /** Keys with somebody inside. */
  readonly #inside = new Map<string, Present>();

  constructor(max: number) {
    this.#max = max;
  }

  /**
   * Does `work` when there is room. Who waits here is for the caller to bound: neither number nor time is limited.
   */
  async pass<T>(key: string, work: () => Promise<T>): Promise<T> {
    const leave = await this.enter(key);
    try {
      return await work();
    } finally {
      leave();
    }
  }

  /** Waits until there is room. Gives what makes room again. Rejects with the signal's reason when that comes first. */
  async enter(key: string, signal?: AbortSignal): Promise<() => void> {
    signal?.throwIfAborted();
    const present = this.#inside.get(key) ?? { count: 0, waiting: [] };
    this.#inside.set(key, present);
    if (present.count < this.#max) present.count++;
    else await turnIn(present.waiting, signal);
    let isInside = true;
    return () => {
      if (isInside) this.#leave(key, present);
      isInside = false;
    };
  }

  /** The turn goes to whoever waits longest. */
  #leave(key: string, present: Present): void {
    const next = present.waiting.shift();
    if (next !== undefined) next();
    else if (--present.count === 0) this.#inside.delete(key);
  }
}

function turnIn(waiting: (() => void)[], signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const take = (): void => {
      signal?.removeEventListener('abort', giveUp);
      resolve();
    };
    const giveUp = (): void => {
      waiting.splice(waiting.indexOf(take), 1);
      reject(signal?.reason as Error);
    };
    signal?.addEventListener('abort', giveUp, { once: true });
    waiting.push(take);
  });
}
