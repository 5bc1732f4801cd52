import { SqlError } from '../core/errors.ts';

/** Refusals remembered at a time, and for how long: a client that falls back to clear text does so at once. */
const KEPT_MAX = 1_000;
const KEPT_MS = 10_000;

interface Refusal {
  readonly reason: string;
  readonly timer: NodeJS.Timeout;
}

/**
 * Why logins over TLS were refused a moment ago. Clients with sslmode=prefer try again in clear text after any
 * refusal and show only the second one, so that one repeats the first reason.
 */
export class RecentRefusals {
  readonly #refusals = new Map<string, Refusal>();

  add(sourceIp: string, user: string, error: SqlError): void {
    const key = keyOf(sourceIp, user);
    const earlier = this.#refusals.get(key);
    if (earlier === undefined && this.#refusals.size >= KEPT_MAX) return;
    clearTimeout(earlier?.timer);
    const reason = error.detail === undefined ? error.message : `${error.message} (${error.detail})`;
    this.#refusals.set(key, {
      reason,
      timer: setTimeout(() => this.#refusals.delete(key), KEPT_MS).unref(),
    });
  }

  /** The refusal of a login without TLS. */
  refusalWithoutTls(sourceIp: string, user: string): SqlError {
    const first = this.#refusals.get(keyOf(sourceIp, user))?.reason;
    return new SqlError('28000', `connection for user "${user}" must use TLS`, {
      detail:
        first === undefined
          ? 'The gateway takes no login in clear text.'
          : `The gateway takes no login in clear text. The attempt over TLS just before was refused: ${first}`,
      hint: 'Connect with sslmode=verify-full, or at least sslmode=require.',
    });
  }
}

const keyOf = (sourceIp: string, user: string): string => `${sourceIp}/${user}`;
