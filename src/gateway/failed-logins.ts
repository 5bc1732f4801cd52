import { dropOldest } from '../core/drop-oldest.ts';
import { LIMITS } from '../core/limits.ts';

/**
 * Wrong passwords, by where they come from. Whoever guesses is slowed down, and then refused for a while.
 *
 * INVARIANT: nobody can lock another person out. What is counted for a name is counted for the name from one address and
 * only delays; what is counted for an address refuses only passwords, never a temporary password that is right, and no
 * name that has got in from there before, unless that very name is guessed from there: many people may be behind one
 * address.
 */

/** Milliseconds after which a count begins anew. */
const WINDOW_MS = 60_000;
/** Failures with one name from one address that are told at once: a person mistypes. */
const FREE_FAILURES = 5;
const DELAY_MS = 250;
const DELAY_MS_MAX = 4_000;
/** Names and addresses counted at a time; the oldest makes room. */
const COUNTS_MAX = 10_000;
/** For so long a name is known to come from an address: a day's break, and the weekend. */
const KNOWN_MS = 3 * 24 * 60 * 60_000;

interface Count {
  failures: number;
  readonly beganMs: number;
  /** Until when the address is refused. */
  refusedUntilMs: number;
}

export class FailedLogins {
  readonly #addresses = new Map<string, Count>();
  readonly #names = new Map<string, Count>();
  /** When a name got in from an address by its password. */
  readonly #known = new Map<string, number>();
  readonly #monotonicMs: () => number;

  constructor(monotonicMs: () => number = () => performance.now()) {
    this.#monotonicMs = monotonicMs;
  }

  /** Notes a wrong password. Gives the milliseconds after which it should be told. */
  failed(address: string, name: string): number {
    const now = this.#monotonicMs();
    const all = countOf(this.#addresses, address, now);
    all.failures++;
    if (all.failures >= LIMITS.failedLoginsPerAddressMax)
      all.refusedUntilMs = now + LIMITS.failedLoginsRefuseMs;
    const own = countOf(this.#names, `${address}/${name}`, now);
    own.failures++;
    const beyond = own.failures - FREE_FAILURES;
    return beyond <= 0 ? 0 : Math.min(DELAY_MS * 2 ** (beyond - 1), DELAY_MS_MAX);
  }

  /** Milliseconds for which passwords of the name from the address are still refused; 0 if they are not. */
  refusedForMs(address: string, name: string): number {
    const count = this.#addresses.get(address);
    const ms = count === undefined ? 0 : count.refusedUntilMs - this.#monotonicMs();
    return ms <= 0 || this.#isTrusted(`${address}/${name}`) ? 0 : ms;
  }

  /** Somebody who mistyped has found the right password, of a database user or a temporary one. */
  succeeded(address: string, name: string, isOfUser: boolean): void {
    const key = `${address}/${name}`;
    this.#names.delete(key);
    if (!isOfUser) return;
    dropOldest(this.#known, COUNTS_MAX);
    this.#known.delete(key);
    this.#known.set(key, this.#monotonicMs());
  }

  #isTrusted(key: string): boolean {
    const gotInMs = this.#known.get(key);
    if (gotInMs === undefined || this.#monotonicMs() - gotInMs >= KNOWN_MS) return false;
    return (this.#names.get(key)?.failures ?? 0) < LIMITS.failedLoginsPerKnownNameMax;
  }
}

function countOf(counts: Map<string, Count>, key: string, nowMs: number): Count {
  const known = counts.get(key);
  if (known !== undefined && (nowMs - known.beganMs < WINDOW_MS || nowMs < known.refusedUntilMs))
    return known;
  dropOldest(counts, COUNTS_MAX);
  const count = { failures: 0, beganMs: nowMs, refusedUntilMs: 0 };
  counts.delete(key);
  counts.set(key, count);
  return count;
}
