import type pg from 'pg';
import type { ServerAccess } from './server-access.ts';

/** Changes of roles happen one at a time, for all Keyshift processes of a server, and are tried again after a race. */

/** Any number that no other program uses: the letters "keyshift" as a 64-bit integer. */
const ROLE_LOCK = 0x6b65_7973_6869_6674n;
const TRIES_MAX = 5;
/** A change takes milliseconds; who waits longer than this should hear of it. */
const LOCK_MS_MAX = 10_000;

/**
 * What a race with somebody else's role commands looks like: a name that was just taken, a deadlock, a failed
 * serialization, and "tuple concurrently updated", which has no code of its own.
 */
const RACES: ReadonlySet<string> = new Set(['23505', '42710', '40001', '40P01']);

/**
 * Runs `work` in a transaction of the administrator, under one advisory lock. It is run again, up to five times,
 * after a race, so it must have no effect outside the database.
 */
export async function underRoleLock<T>(
  access: ServerAccess,
  work: (client: pg.PoolClient) => Promise<T>,
): Promise<T> {
  for (let tries = 1; ; tries++) {
    const client = await access.admin(access.home).connect();
    let broken: Error | undefined;
    try {
      return await once(client, work);
    } catch (error) {
      if (!isRace(error) || tries >= TRIES_MAX) {
        broken = error instanceof Error ? error : new Error(String(error));
        throw error;
      }
    } finally {
      // After an unexpected failure the connection is not used again.
      client.release(broken !== undefined && !hasSqlState(broken) ? broken : undefined);
    }
  }
}

async function once<T>(client: pg.PoolClient, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  // What a lost role would cost is one more round at the next login; what depends on it is flushed after it.
  await client.query(
    `BEGIN; SET LOCAL synchronous_commit = off; SET LOCAL lock_timeout = ${LOCK_MS_MAX}; ` +
      `SELECT pg_advisory_xact_lock(${ROLE_LOCK})`,
  );
  try {
    const result = await work(client);
    await client.query('COMMIT');
    return result;
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {});
    throw error;
  }
}

function isRace(error: unknown): boolean {
  if (!hasSqlState(error)) return false;
  return RACES.has(error.code) || (error.code === 'XX000' && /^tuple concurrently/.test(error.message));
}

/** An error that PostgreSQL sent; our own refusals have no `code`. */
function hasSqlState(error: unknown): error is Error & { code: string } {
  return (
    error instanceof Error && 'code' in error && typeof error.code === 'string' && error.code.length === 5
  );
}
