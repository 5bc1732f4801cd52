import { readdirSync, readFileSync } from 'node:fs';
import type { ClientBase } from 'pg';
import { OperatorError } from '../core/errors.ts';

const DIRECTORY = new URL('./migrations/', import.meta.url);

/** Any constant will do; it must only be the same for every node. */
const LOCK_KEY = 7_305_118_142;

interface Migration {
  readonly version: number;
  readonly name: string;
  readonly sql: string;
}

/**
 * Brings the schema `keyshift` to this program's version: numbered SQL files, each in a transaction of its
 * own, under one advisory lock so that nodes that start together do not collide.
 * Throws OperatorError, and changes nothing, when the schema is newer than this program.
 */
export async function migrate(client: ClientBase): Promise<void> {
  const migrations = readMigrations();
  await client.query('SELECT pg_advisory_lock($1)', [LOCK_KEY]);
  try {
    const applied = await appliedVersions(client);
    const newest = Math.max(0, ...applied);
    const known = migrations.at(-1)?.version ?? 0;
    if (newest > known) {
      throw new OperatorError(
        `the store has schema version ${newest}, but this Keyshift knows only ${known}: ` +
          'install the newer Keyshift that made it, or restore a backup from before its upgrade',
      );
    }
    for (const migration of migrations) {
      if (!applied.has(migration.version)) await apply(client, migration);
    }
  } finally {
    await client.query('SELECT pg_advisory_unlock($1)', [LOCK_KEY]);
  }
}

function readMigrations(): Migration[] {
  return readdirSync(DIRECTORY)
    .filter((file) => /^\d{4}_\w+\.sql$/.test(file))
    .sort()
    .map((file) => ({
      version: Number(file.slice(0, 4)),
      name: file.slice(5, -4),
      sql: readFileSync(new URL(file, DIRECTORY), 'utf8'),
    }));
}

async function appliedVersions(client: ClientBase): Promise<Set<number>> {
  const found = await client.query<{ exists: boolean }>(
    "SELECT to_regclass('keyshift.migrations') IS NOT NULL AS exists",
  );
  if (found.rows[0]?.exists !== true) return new Set();
  const rows = await client.query<{ version: number }>('SELECT version FROM keyshift.migrations');
  return new Set(rows.rows.map((row) => row.version));
}

async function apply(client: ClientBase, migration: Migration): Promise<void> {
  await client.query('BEGIN');
  try {
    await client.query('CREATE SCHEMA IF NOT EXISTS keyshift');
    await client.query(
      `CREATE TABLE IF NOT EXISTS keyshift.migrations (
         version integer PRIMARY KEY, name text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`,
    );
    await client.query(migration.sql);
    await client.query('INSERT INTO keyshift.migrations (version, name) VALUES ($1, $2)', [
      migration.version,
      migration.name,
    ]);
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {});
    throw error;
  }
}
