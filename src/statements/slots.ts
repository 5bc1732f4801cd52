/** How many statements run at a time, by cluster; the others wait for their turn in the order in which they came. */

interface Waiting {
  readonly take: () => void;
}

export class Slots {
  readonly #max: number;
  readonly #taken = new Map<string, number>();
  readonly #waiting = new Map<string, Waiting[]>();

  constructor(max: number) {
    this.#max = max;
  }

  /** Waits for a turn. Gives what ends it. Rejects with the signal's reason when that comes first. */
  async enter(key: string, signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    const taken = this.#taken.get(key) ?? 0;
    if (taken < this.#max) this.#taken.set(key, taken + 1);
    else await this.#wait(key, signal);
    let isOpen = true;
    return () => {
      if (isOpen) this.#leave(key);
      isOpen = false;
    };
  }

  #wait(key: string, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const queue = this.#waiting.get(key) ?? [];
      this.#waiting.set(key, queue);
      const waiting = {
        take: () => {
          signal.removeEventListener('abort', giveUp);
          resolve();
        },
      };
      const giveUp = (): void => {
        const at = queue.indexOf(waiting);
        if (at >= 0) queue.splice(at, 1);
        reject(signal.reason as Error);
      };
      signal.addEventListener('abort', giveUp, { once: true });
      queue.push(waiting);
    });
  }

  /** The turn goes to whoever waits longest. */
  #leave(key: string): void {
    const queue = this.#waiting.get(key);
    const next = queue?.shift();
    if (queue?.length === 0) this.#waiting.delete(key);
    if (next !== undefined) {
      next.take();
      return;
    }
    const taken = (this.#taken.get(key) ?? 1) - 1;
    if (taken === 0) this.#taken.delete(key);
    else this.#taken.set(key, taken);
  }
}
