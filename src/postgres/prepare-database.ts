import { readFileSync } from 'node:fs';
import { SqlError } from '../core/errors.ts';
import type { ServerAccess } from './server-access.ts';

/**
 * What each database needs: for session roles the event trigger that hands objects to users, and SQL functions; for
 * superusers the procedures that the translation of CREATEUSER calls.
 */

/** Raised with every change of the two SQL files below; an older database is then brought up to date. */
const DATABASE_VERSION = 2;
/** One entry for each database seen; far more than a server holds. */
const PREPARED_MAX = 10_000;

const DATABASE_SQL = readFileSync(new URL('./sql/prepare-database.sql', import.meta.url), 'utf8');
const SUPERUSERS_SQL = readFileSync(new URL('./sql/superusers.sql', import.meta.url), 'utf8');

/** Makes one database ready for session roles. Does nothing in one that is. */
export async function prepareDatabase(access: ServerAccess, database: string): Promise<void> {
  const client = await access.admin(database).connect();
  try {
    if (await isPrepared(client)) return;
    await client.query('BEGIN');
    // Two Keyshift processes may do this at the same time. Only the administrator can take this lock.
    await client.query('LOCK TABLE pg_event_trigger IN SHARE ROW EXCLUSIVE MODE');
    await client.query(DATABASE_SQL);
    await client.query(SUPERUSERS_SQL);
    await client.query(`COMMENT ON SCHEMA keyshift IS 'keyshift ${DATABASE_VERSION}'`);
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {});
    throw error;
  } finally {
    // Not kept: an idle connection of ours would make DROP DATABASE wait.
    client.release(database !== access.home);
  }
}

/**
 * Prepares a database that this process has not seen yet, for instance one that a user made from `template0`.
 * @throws SqlError 55000 when something in it stands in the way
 */
export async function ensureDatabasePrepared(
  access: ServerAccess,
  database: string,
  id: number,
): Promise<void> {
  if (access.prepared.has(id)) return;
  try {
    await prepareDatabase(access, database);
  } catch (error) {
    throw new SqlError('55000', `database "${database}" cannot be prepared for temporary credentials`, {
      cause: error,
      hint: 'A superuser must drop or rename the schema "keyshift" in it.',
    });
  }
  if (access.prepared.size >= PREPARED_MAX) access.prepared.clear();
  access.prepared.add(id);
}

async function isPrepared(client: {
  query: (sql: string) => Promise<{ rows: unknown[] }>;
}): Promise<boolean> {
  const found = await client.query(
    `SELECT FROM pg_namespace n JOIN pg_event_trigger t ON t.evtname = 'keyshift_hand_to_user' AND t.evtenabled = 'O'
     JOIN pg_roles me ON me.rolname = current_user AND me.oid = n.nspowner AND me.oid = t.evtowner
     WHERE n.nspname = 'keyshift'
       AND substr(obj_description(n.oid, 'pg_namespace'), 10)::int >= ${DATABASE_VERSION}`,
  );
  return found.rows.length > 0;
}
