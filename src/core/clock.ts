/**
 * Time is an argument: nothing in Keyshift reads the system clock except through a `Clock`.
 */
export interface Clock {
  /** The present instant, by which expiry is judged. */
  now(): Date;
  /**
   * The instants that a client may honestly take for the present. One for an ordinary clock; a clock that
   * was moved for a test also gives the unmoved instant, because a client's own clock does not move with it.
   */
  presents(): readonly Date[];
}

/** The system's clock. */
export const systemClock: Clock = {
  now: () => new Date(),
  presents: () => [new Date()],
};

/** A clock that stands still at `at`, for tests. */
export function fixedClock(at: Date): Clock {
  return { now: () => new Date(at), presents: () => [new Date(at)] };
}

/** A clock that can be moved while it runs (`keyshift start --test-clock`, `keyshift clock +900s`). */
export class MovableClock implements Clock {
  #offsetMs: number;

  constructor(offsetMs = 0) {
    this.#offsetMs = offsetMs;
  }

  get offsetMs(): number {
    return this.#offsetMs;
  }

  now(): Date {
    return new Date(Date.now() + this.#offsetMs);
  }

  presents(): readonly Date[] {
    return this.#offsetMs === 0 ? [this.now()] : [this.now(), new Date()];
  }

  moveTo(offsetMs: number): void {
    this.#offsetMs = offsetMs;
  }
}

/** The instant in whole seconds since 1970, rounded down. */
export function epochSeconds(at: Date): number {
  return Math.floor(at.getTime() / 1000);
}
