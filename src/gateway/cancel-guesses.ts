import { dropOldest } from '../core/drop-oldest.ts';

/**
 * Cancel requests with keys that nobody has, by where they come from. A key of protocol 3.0 has 32 bits, so whoever
 * tries many is slowed down. Nobody is refused: behind one address there may be others.
 */

/** Milliseconds after which a count begins anew. */
const WINDOW_MS = 60_000;
/** Such requests of a minute that wait for nothing: drivers cancel what has just ended. */
const FREE_GUESSES = 20;
const DELAY_MS = 250;
/** With 400 connections at a time of one address, 200 guesses a second: 2^32 of them take eight months. */
const DELAY_MS_MAX = 2_000;
/** Addresses counted at a time; the oldest makes room. */
const ADDRESSES_MAX = 10_000;

export class CancelGuesses {
  readonly #counts = new Map<string, { guesses: number; readonly beganMs: number }>();
  readonly #monotonicMs: () => number;

  constructor(monotonicMs: () => number = () => performance.now()) {
    this.#monotonicMs = monotonicMs;
  }

  /** Milliseconds that the next request of the address must wait before its key is looked at. */
  delayMs(address: string): number {
    const count = this.#counts.get(address);
    if (count === undefined || this.#isOver(count.beganMs)) return 0;
    const beyond = count.guesses - FREE_GUESSES;
    return beyond < 0 ? 0 : Math.min(DELAY_MS * 2 ** beyond, DELAY_MS_MAX);
  }

  /** Notes a key that nobody has on this node. */
  failed(address: string): void {
    const known = this.#counts.get(address);
    if (known !== undefined && !this.#isOver(known.beganMs)) {
      known.guesses++;
      return;
    }
    this.#counts.delete(address);
    dropOldest(this.#counts, ADDRESSES_MAX);
    this.#counts.set(address, { guesses: 1, beganMs: this.#monotonicMs() });
  }

  #isOver(beganMs: number): boolean {
    return this.#monotonicMs() - beganMs >= WINDOW_MS;
  }
}
