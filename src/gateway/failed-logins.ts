import { LIMITS } from '../core/limits.ts';

/**
 * Wrong passwords, by where they come from. Whoever guesses is slowed down, and then refused for a while.
 *
 * INVARIANT: nobody can lock another person out. What is counted for a name is counted for the name from one address and
 * only delays; what is counted for an address refuses only passwords, never a temporary password that is right.
 */

/** Milliseconds after which a count begins anew. */
const WINDOW_MS = 60_000;
/** Failures with one name from one address that are told at once: a person mistypes. */
const FREE_FAILURES = 5;
const DELAY_MS = 250;
const DELAY_MS_MAX = 4_000;
/** Names and addresses counted at a time; the oldest makes room. */
const COUNTS_MAX = 10_000;

interface Count {
  failures: number;
  readonly beganMs: number;
  /** Until when the address is refused. */
  refusedUntilMs: number;
}

export class FailedLogins {
  readonly #addresses = new Map<string, Count>();
  readonly #names = new Map<string, Count>();
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

  /** Milliseconds for which passwords from the address are still refused; 0 if they are not. */
  refusedForMs(address: string): number {
    const count = this.#addresses.get(address);
    return count === undefined ? 0 : Math.max(0, count.refusedUntilMs - this.#monotonicMs());
  }

  /** Somebody who mistyped has found the right password. */
  succeeded(address: string, name: string): void {
    this.#names.delete(`${address}/${name}`);
  }
}

function countOf(counts: Map<string, Count>, key: string, nowMs: number): Count {
  const known = counts.get(key);
  if (known !== undefined && (nowMs - known.beganMs < WINDOW_MS || nowMs < known.refusedUntilMs))
    return known;
  const [oldest] = counts.size >= COUNTS_MAX ? counts.keys() : [];
  if (oldest !== undefined) counts.delete(oldest);
  const count = { failures: 0, beganMs: nowMs, refusedUntilMs: 0 };
  counts.delete(key);
  counts.set(key, count);
  return count;
}
