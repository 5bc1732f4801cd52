import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import type pg from 'pg';
import { messageOf } from '../core/errors.ts';
import { quoteIdentifier, quoteLiteral } from './quote.ts';
import type { ServerAccess } from './server-access.ts';

/**
 * The system tables of Amazon Redshift as views, one file each in sql/redshift/. They are in `pg_catalog`, as on
 * Redshift: found without a schema in every session whatever its search path, by their qualified names too, never in a
 * dump, and not among the user's own objects. Two of them, pg_user and pg_group, take the place of PostgreSQL's.
 * Source: Amazon Redshift Database Developer Guide, "System tables and views reference".
 */
export interface SystemTable {
  readonly name: string;
  /** What its rows are. */
  readonly shows: string;
  /** Whose rows one sees. */
  readonly visible: string;
  readonly definition: string;
}

const FOLDER = new URL('./sql/redshift/', import.meta.url);
const GROUND_SQL = readFileSync(new URL('./sql/redshift-ground.sql', import.meta.url), 'utf8');

/** Each file begins with two lines of comment, then comes the query. */
const FILE = /^-- (?<shows>.+)\n-- Visible: (?<visible>.+)\n(?<definition>[\s\S]+)$/;

export const SYSTEM_TABLES: readonly SystemTable[] = readdirSync(FOLDER)
  .sort()
  .map((file) => {
    const { shows, visible, definition } =
      FILE.exec(readFileSync(new URL(file, FOLDER), 'utf8'))?.groups ?? {};
    if (shows === undefined || visible === undefined || definition === undefined) {
      throw new Error(`sql/redshift/${file} does not begin with its two lines of comment`);
    }
    return { name: file.replace(/\.sql$/, ''), shows, visible, definition };
  });

/** Changes with every definition; a database that was prepared with another one is brought up to date. */
export const SYSTEM_TABLES_DIGEST = createHash('sha256')
  .update(GROUND_SQL)
  .update(JSON.stringify(SYSTEM_TABLES))
  .digest('hex');

/** What every table of the ground stands on bears the digest. */
const MARK = 'keyshift.redshift_relations';

/** A query, in which `$1` is the digest, that gives a row if a database has these very tables. */
export const HAS_SYSTEM_TABLES = `SELECT WHERE obj_description(to_regclass('${MARK}'), 'pg_class') = $1`;

/** PostgreSQL's own views, which must never be missing. */
const OF_POSTGRESQL: ReadonlySet<string> = new Set(['pg_group', 'pg_user']);

/**
 * Makes the tables in one database, inside the caller's transaction. Where a newer version has other columns the old
 * ones go first; if a user's object stands on one of them, all stay as they are, and the log says so.
 */
export async function installSystemTables(
  client: pg.PoolClient,
  access: ServerAccess,
  database: string,
): Promise<void> {
  await client.query('SET LOCAL allow_system_table_mods = on');
  try {
    if (await attempt(client, [CREATE_SQL])) return;
    await inSavepoint(client, [DROP_SQL, CREATE_SQL]);
  } catch (error) {
    access.logger.warn(
      { database, reason: messageOf(error) },
      "the system tables of Redshift in a database are an older version's: something of a user's stands on them",
    );
  } finally {
    await client.query('SET LOCAL allow_system_table_mods = off');
  }
}

async function attempt(client: pg.PoolClient, statements: readonly string[]): Promise<boolean> {
  try {
    await inSavepoint(client, statements);
    return true;
  } catch {
    // The columns of a view changed: the next try says why it fails, if it does.
    return false;
  }
}

async function inSavepoint(client: pg.PoolClient, statements: readonly string[]): Promise<void> {
  await client.query('SAVEPOINT system_tables');
  try {
    for (const statement of statements) await client.query(statement);
  } catch (error) {
    await client.query('ROLLBACK TO SAVEPOINT system_tables');
    throw error;
  }
  await client.query('RELEASE SAVEPOINT system_tables');
}

const inCatalog = (name: string): string => `pg_catalog.${quoteIdentifier(name)}`;

const CREATE_SQL = [
  GROUND_SQL,
  ...SYSTEM_TABLES.map(({ name, definition, visible }) => {
    const readers = visible.startsWith('superusers') ? 'keyshift_superuser WITH GRANT OPTION' : 'PUBLIC';
    return `CREATE OR REPLACE VIEW ${inCatalog(name)} AS ${definition}; GRANT SELECT ON ${inCatalog(name)} TO ${readers}`;
  }),
  `COMMENT ON VIEW ${MARK} IS ${quoteLiteral(SYSTEM_TABLES_DIGEST)}`,
].join(';\n');

/** Whatever an earlier version made, also what this one has no longer. */
const DROP_SQL = `
  DO $drop$
  DECLARE
    old text;
  BEGIN
    SELECT string_agg(oid::regclass::text, ', ') INTO old FROM pg_class
    WHERE relkind = 'v' AND (
      (relnamespace = 'pg_catalog'::regnamespace AND oid >= 16384
        AND relname NOT IN (${[...OF_POSTGRESQL].map(quoteLiteral).join(', ')}))
      OR (relnamespace = 'keyshift'::regnamespace AND relname LIKE 'redshift\\_%')
    );
    IF old IS NOT NULL THEN
      EXECUTE 'DROP VIEW ' || old;
    END IF;
  END
  $drop$`;
