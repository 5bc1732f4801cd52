import { codeOf, SqlError } from '../core/errors.ts';
import { UserLimitReached } from '../postgres/provision.ts';
import type { WarmBackends } from './warm-backends.ts';

/** A full server: the connections that a login lacks may be those of idle backends. */

/** Runs `work`, and if the server has no connection for it, ends the idle backends and runs it once more. */
export async function makingRoom<T>(
  warm: Pick<WarmBackends, 'isEmpty' | 'clear'>,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isFull(error) || warm.isEmpty) throw error;
    await warm.clear();
    return await work();
  }
}

/**
 * Told to a client by the server, for all of it or for a role or database, whose limits idle backends use up too; or to
 * the administrator. Where provisioning counts the sessions of a user, idle backends are left out already.
 */
function isFull(error: unknown): boolean {
  if (error instanceof UserLimitReached) return false;
  return (error instanceof SqlError ? error.sqlState : codeOf(error)) === '53300';
}
