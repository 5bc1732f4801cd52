import { SqlError } from '../core/errors.ts';

/** Refusals remembered at a time, and for how long: a client that falls back to clear text does so at once. */
const KEPT_MAX = 1_000;
const KEPT_MS = 10_000;

/**
 * Why logins over TLS were refused a moment ago. Clients with sslmode=prefer try again in clear text after any
 * refusal and show only the second one, so that one repeats the first reason.
 */
export class RecentRefusals {
  readonly #reasons = new Map<string, string>();

  add(sourceIp: string, user: string, error: SqlError): void {
    const key = keyOf(sourceIp, user);
    if (this.#reasons.size >= KEPT_MAX) return;
    const reason = error.detail === undefined ? error.message : `${error.message} (${error.detail})`;
    this.#reasons.set(key, reason);
    setTimeout(() => {
      // A newer refusal may have taken its place; that one has its own time.
      if (this.#reasons.get(key) === reason) this.#reasons.delete(key);
    }, KEPT_MS).unref();
  }

  /** The refusal of a login without TLS. */
  refusalWithoutTls(sourceIp: string, user: string): SqlError {
    const first = this.#reasons.get(keyOf(sourceIp, user));
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
