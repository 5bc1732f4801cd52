import type pg from 'pg';
import { codeOf, messageOf } from '../core/errors.ts';
import { isOfWholeServer, type ServerAccess } from './server-access.ts';

/** Changes of roles happen one at a time, for all Keyshift processes of a server, and are tried again after a race. */

const TRIES_MAX = 5;
/** A change takes milliseconds; who waits longer than this should hear of it. */
const LOCK_MS_MAX = 10_000;

/**
 * What a race with somebody else's role commands looks like: a name that was just taken, a deadlock, a failed
 * serialization, and "tuple concurrently updated", which has no code of its own.
 */
const RACES: ReadonlySet<string> = new Set(['23505', '42710', '40001', '40P01']);

const LOCK_NOT_AVAILABLE = '55P03';

// What a lost role would cost is one more round at the next login; what depends on it is flushed after it.
const BEGIN =
  'BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; SET LOCAL synchronous_commit = off; ' +
  `SET LOCAL lock_timeout = ${LOCK_MS_MAX}; LOCK TABLE keyshift.role_change IN SHARE ROW EXCLUSIVE MODE`;

/** The administrator's connections, or one of them. */
export type Queryable = pg.Pool | pg.PoolClient;

/** A statement that changes roles. */
export interface RoleStep {
  readonly sql: string;
  /** What is thrown in place of the server's error. */
  readonly refused?: (error: unknown) => unknown;
}

const sqlOf = ({ sql }: RoleStep): string => sql;

/** Runs statements one by one, so that the one that is refused is known. */
export async function runSteps(client: pg.PoolClient, steps: readonly RoleStep[]): Promise<void> {
  for (const { sql, refused } of steps) {
    await client.query(sql).catch((error: unknown) => {
      throw refused === undefined ? error : refused(error);
    });
  }
}

/** What a transaction came to, and its last statements. */
export interface Conclusion<T> {
  readonly result: T;
  readonly last: readonly RoleStep[];
}

/**
 * A transaction under the lock in three rounds: all of its statements, what `conclude` asks, and the last statements.
 * For changes that are known before the lock is had. Undefined when one of them failed: nothing was done then, and why
 * is for a second try to find out, which looks under the lock first.
 * @throws what tells of the whole server, and of a lock that was not had in time
 */
export async function tryAtOnce<T>(
  access: ServerAccess,
  steps: readonly RoleStep[],
  conclude: (client: pg.PoolClient) => Promise<Conclusion<T>>,
): Promise<T | undefined> {
  try {
    return await inTransaction(access, async (client, begin) => {
      await client.query([begin, ...steps.map(sqlOf)].join('; '));
      const { result, last } = await conclude(client);
      await client.query([...last.map(sqlOf), 'COMMIT'].join('; '));
      return result;
    });
  } catch (error) {
    if (isOfWholeServer(error) || codeOf(error) === LOCK_NOT_AVAILABLE) throw error;
    return undefined;
  }
}

/**
 * Runs `work` in a transaction of the administrator, under one lock of the server, which must have been prepared. It
 * is run again, up to five times, after a race, so it must have no effect outside the database.
 */
export function underRoleLock<T>(
  access: ServerAccess,
  work: (client: pg.PoolClient) => Promise<T>,
): Promise<T> {
  return againAfterRace(() =>
    inTransaction(access, async (client, begin) => {
      await client.query(begin);
      const result = await work(client);
      await client.query('COMMIT');
      return result;
    }),
  );
}

/** Lends a connection to `work`, which begins and commits, and takes back what it has not committed. */
async function inTransaction<T>(
  access: ServerAccess,
  work: (client: pg.PoolClient, begin: string) => Promise<T>,
): Promise<T> {
  const client = await access.admin(access.home).connect();
  let usable = true;
  try {
    return await work(client, BEGIN);
  } catch (error) {
    usable = await rollback(client);
    throw error;
  } finally {
    client.release(!usable);
  }
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
