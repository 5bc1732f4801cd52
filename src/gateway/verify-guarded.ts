import { setTimeout as pause } from 'node:timers/promises';
import { SqlError } from '../core/errors.ts';
import { isTemporaryLoginName } from '../redshift/login-name.ts';
import type { Channel } from './channel.ts';
import type { LoginAttempt } from './enter.ts';
import type { FailedLogins } from './failed-logins.ts';
import {
  type Identity,
  type VerifyDeps,
  type VerifyingCluster,
  verifyLogin,
  WrongPassword,
} from './verify.ts';

/**
 * The step *verify*, with guessing slowed down. A temporary password is always looked at, because that costs
 * microseconds and nobody can guess one; a password of a database user is not while its address is refused.
 */
export async function verifyGuarded(
  deps: VerifyDeps & { readonly failedLogins: FailedLogins },
  cluster: VerifyingCluster,
  client: Channel,
  attempt: LoginAttempt,
): Promise<Identity> {
  const { failedLogins } = deps;
  const { user, source } = attempt;
  const refusedForMs = failedLogins.refusedForMs(source, user);
  if (refusedForMs > 0 && !isTemporaryLoginName(user)) throw refusedForNow(user, refusedForMs);
  try {
    const identity = await verifyLogin(deps, cluster, client, attempt);
    failedLogins.succeeded(source, user, identity.kind === 'password');
    return identity;
  } catch (error) {
    if (isWrongPassword(error)) await pause(failedLogins.failed(source, user));
    throw error;
  }
}

/** 28P01 is PostgreSQL's own word for it. */
function isWrongPassword(error: unknown): boolean {
  return error instanceof WrongPassword || (error instanceof SqlError && error.sqlState === '28P01');
}

function refusedForNow(user: string, ms: number): SqlError {
  return new SqlError('28000', `password authentication failed for user "${user}"`, {
    detail: 'There were too many wrong passwords from this address; none was looked at.',
    hint: `Try again in ${Math.ceil(ms / 1000)} seconds.`,
  });
}
