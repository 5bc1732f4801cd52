import type pg from 'pg';
import { codeOf, messageOf } from '../core/errors.ts';
import type { ServerAccess } from './server-access.ts';

/** Changes of roles happen one at a time, for all Keyshift processes of a server, and are tried again after a race. */

const TRIES_MAX = 5;
/** A change takes milliseconds; who waits longer than this should hear of it. */
const LOCK_MS_MAX = 10_000;

/**
 * What a race with somebody else's role commands looks like: a name that was just taken, a deadlock, a failed
 * serialization, and "tuple concurrently updated", which has no code of its own.
 */
const RACES: ReadonlySet<string> = new Set(['23505', '42710', '40001', '40P01']);

// What a lost role would cost is one more round at the next login; what depends on it is flushed after it.
const BEGIN =
  'BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; SET LOCAL synchronous_commit = off; ' +
  `SET LOCAL lock_timeout = ${LOCK_MS_MAX}; LOCK TABLE keyshift.role_change IN SHARE ROW EXCLUSIVE MODE`;

/**
 * Runs `work` in a transaction of the administrator, under one lock of the server, which must have been prepared. It
 * is run again, up to five times, after a race, so it must have no effect outside the database.
 */
export function underRoleLock<T>(
  access: ServerAccess,
  work: (client: pg.PoolClient) => Promise<T>,
): Promise<T> {
  return againAfterRace(async () => {
    const client = await access.admin(access.home).connect();
    let usable = true;
    try {
      await client.query(BEGIN);
      const result = await work(client);
      await client.query('COMMIT');
      return result;
    } catch (error) {
      usable = await rollback(client);
      throw error;
    } finally {
      client.release(!usable);
    }
  });
}

/** Runs `work`, and again, up to five times in all, while it loses races. */
export async function againAfterRace<T>(work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await work();
    } catch (error) {
      if (!isRace(error) || tries >= TRIES_MAX) throw error;
    }
  }
}

async function rollback(client: pg.PoolClient): Promise<boolean> {
  return client.query('ROLLBACK').then(
    () => true,
    () => false,
  );
}

function isRace(error: unknown): boolean {
  // An error that PostgreSQL sent; our own refusals have no `code`.
  const code = codeOf(error);
  if (code === undefined) return false;
  return RACES.has(code) || (code === 'XX000' && /^tuple concurrently/.test(messageOf(error)));
}
