import { readFileSync } from 'node:fs';
import { codeOf, messageOf, SqlError } from '../core/errors.ts';
import { againAfterRace } from './role-lock.ts';
import { isOfWholeServer, type ServerAccess } from './server-access.ts';
import { HAS_SYSTEM_TABLES, installSystemTables, SYSTEM_TABLES_DIGEST } from './system-tables.ts';

/**
 * What each database needs: for session roles the event trigger that hands objects to users, and SQL functions; for
 * superusers the procedures that the translation of CREATEUSER calls; on embedded servers the system tables of Redshift,
 * and for warm backends the proof that one was reset.
 */

/** Raised with every change of the SQL files below; an older database is then brought up to date. */
const DATABASE_VERSION = 5;
/** One entry for each database seen; far more than a server holds. */
const PREPARED_MAX = 10_000;

const DATABASE_SQL = readFileSync(new URL('./sql/prepare-database.sql', import.meta.url), 'utf8');
const SUPERUSERS_SQL = readFileSync(new URL('./sql/superusers.sql', import.meta.url), 'utf8');
const PROVE_RESET_SQL = readFileSync(new URL('./sql/prove-reset.sql', import.meta.url), 'utf8');

/** As in Amazon Redshift, where every user may create objects in schema public. Not done to servers of others. */
const OPEN_PUBLIC_SQL = `
  DO $prepare$
  BEGIN
    IF EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = 'public') THEN
      GRANT CREATE ON SCHEMA public TO PUBLIC;
    END IF;
  END
  $prepare$`;

/** Makes one database ready for session roles. Does nothing in one that is. */
export function prepareDatabase(access: ServerAccess, database: string): Promise<void> {
  return againAfterRace(() => prepareOnce(access, database));
}

async function prepareOnce(access: ServerAccess, database: string): Promise<void> {
  const client = await access.admin(database).connect();
  try {
    if (await isPrepared(client, access)) return;
    await client.query('BEGIN');
    // Two Keyshift processes may do this at the same time. Only a superuser can take this lock; others race.
    if (access.isSuperuser) await client.query('LOCK TABLE pg_event_trigger IN SHARE ROW EXCLUSIVE MODE');
    await client.query(DATABASE_SQL);
    await client.query(SUPERUSERS_SQL);
    if (access.way === 'peer') {
      await client.query(OPEN_PUBLIC_SQL);
      await client.query(PROVE_RESET_SQL);
      await installSystemTables(client, access, database);
    }
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
 * Prepares a database that this process has not seen yet, for instance one that a user made from `template0`. An
 * administrator that is no superuser may lack the right: sessions work there, but not the SQL functions.
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
    if (isOfWholeServer(error)) throw error;
    const isForbidden = codeOf(error) === '42501';
    if (access.isSuperuser || !isForbidden) throw standsInTheWay(database, error);
    access.logger.warn(
      { database, reason: messageOf(error) },
      'a database lacks the SQL functions of Keyshift: its administrator needs CONNECT and CREATE on the database',
    );
  }
  if (access.prepared.size >= PREPARED_MAX) access.prepared.clear();
  access.prepared.add(id);
}

function standsInTheWay(database: string, cause: unknown): SqlError {
  return new SqlError('55000', `database "${database}" cannot be prepared for temporary credentials`, {
    cause,
    hint: 'A superuser must drop or rename the schema "keyshift" in it.',
  });
}

/** Whether all is there, owned by the administrator, and of this version. */
async function isPrepared(
  client: { query: (sql: string, values?: string[]) => Promise<{ rows: unknown[] }> },
  access: ServerAccess,
): Promise<boolean> {
  const trigger = access.isSuperuser
    ? "JOIN pg_event_trigger t ON t.evtname = 'keyshift_hand_to_user' AND t.evtenabled = 'O' AND t.evtowner = me.oid"
    : '';
  const found = await client.query(
    `SELECT FROM pg_namespace n JOIN pg_roles me ON me.rolname = current_user AND me.oid = n.nspowner ${trigger}
     WHERE n.nspname = 'keyshift'
       AND substr(obj_description(n.oid, 'pg_namespace'), 10)::int >= ${DATABASE_VERSION}`,
  );
  if (found.rows.length === 0 || access.way !== 'peer') return found.rows.length > 0;
  return (await client.query(HAS_SYSTEM_TABLES, [SYSTEM_TABLES_DIGEST])).rows.length > 0;
}
