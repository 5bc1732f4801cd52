import type { Pool, PoolClient, QueryConfig } from 'pg';
import { codeOf } from '../core/errors.ts';

/** Something that runs SQL: the pool, or one transaction. */
export interface Database {
  /** A statement with a `name` is prepared once for each connection: for the few that run all the time. */
  query<Row extends object>(sql: string, values?: readonly unknown[], name?: string): Promise<Row[]>;
}

/** SQLSTATEs after which a transaction may simply be run again. PostgreSQL 18 manual, section 13.5. */
const RETRY = new Set(['40001', '40P01']);
const TRANSACTION_TRIES_MAX = 8;
/** Before the second try, in milliseconds, and twice as long before each further one: those that met at once part. */
const TRY_AGAIN_MS = 2;

/** Keyshift's own state: one PostgreSQL schema, `keyshift`, that several nodes may share. */
export class Store implements Database {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  async query<Row extends object>(
    sql: string,
    values: readonly unknown[] = [],
    name?: string,
  ): Promise<Row[]> {
    const result = await this.#pool.query<Row>(statement(sql, values, name));
    return result.rows;
  }

  /**
   * Runs `work` in one serializable transaction: all of it happens or none. It is run up to eight times when
   * PostgreSQL asks for it, so `work` must have no effect outside the database.
   */
  async transaction<T>(work: (database: Database) => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries++) {
      const client = await this.#pool.connect();
      try {
        return await once(client, work);
      } catch (error) {
        if (tries >= TRANSACTION_TRIES_MAX || !wasOverrun(error)) throw error;
      } finally {
        client.release();
      }
      await new Promise((next) => setTimeout(next, TRY_AGAIN_MS * 2 ** (tries - 1)));
    }
  }

  async close(): Promise<void> {
    await this.#pool.end();
  }
}

function statement(text: string, values: readonly unknown[], name: string | undefined): QueryConfig {
  return { text, values: values as unknown[], ...(name === undefined ? {} : { name }) };
}

/** Whether something was to be written for an account that has been closed meanwhile. */
export function wasForNoAccount(error: unknown): boolean {
  if (codeOf(error) !== '23503') return false;
  // What PostgreSQL calls the references to keyshift.accounts.
  const { constraint } = error as { readonly constraint?: unknown };
  return typeof constraint === 'string' && constraint.endsWith('_account_id_fkey');
}

/** Whether a transaction failed because others were at the same rows; after all its tries, if it is thrown. */
export function wasOverrun(error: unknown): boolean {
  return RETRY.has(codeOf(error) ?? '');
}

async function once<T>(client: PoolClient, work: (database: Database) => Promise<T>): Promise<T> {
  const database: Database = {
    query: async <Row extends object>(sql: string, values: readonly unknown[] = [], name?: string) =>
      (await client.query<Row>(statement(sql, values, name))).rows,
  };
  await client.query('BEGIN ISOLATION LEVEL SERIALIZABLE');
  try {
    const result = await work(database);
    await client.query('COMMIT');
    return result;
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {});
    throw error;
  }
}
