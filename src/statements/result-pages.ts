import type { ResultRow } from '../redshift/statements.ts';
import type { Database } from '../store/database.ts';
import type { Sealer } from '../store/sealer.ts';

/** Results in the store: pages of rows, each sealed, and each one answer of GetStatementResult. */

/** Bytes of a page. AWS gives about as much at a time, and one page is all of a result that is in memory. */
const PAGE_BYTES_MAX = 1024 * 1024;
/** Rows of a page, so that many short ones make no answer that takes long to write. */
const PAGE_ROWS_MAX = 10_000;
/** Bytes of the results of one owner that are kept. Past it the oldest results go before their day is over. */
export const KEPT_BYTES_PER_OWNER_MAX = 1024 * 1024 * 1024;

/** Bytes of a row, as limits and sizes count them. */
export function bytesOf(row: ResultRow): number {
  let bytes = 0;
  for (const value of row) if (value !== null) bytes += Buffer.byteLength(value);
  return bytes;
}

/** Gathers rows into pages. `full` says when one is complete; the last one need not be. */
export class PageCutter {
  #rows: ResultRow[] = [];
  #bytes = 0;

  /** Adds a row, and gives the rows of the page that is complete with it. */
  add(row: ResultRow, bytes: number): readonly ResultRow[] | undefined {
    this.#rows.push(row);
    this.#bytes += bytes;
    return this.#rows.length >= PAGE_ROWS_MAX || this.#bytes >= PAGE_BYTES_MAX ? this.rest() : undefined;
  }

  rest(): readonly ResultRow[] {
    const rows = this.#rows;
    this.#rows = [];
    this.#bytes = 0;
    return rows;
  }
}

export class ResultPages {
  readonly #store: Database;
  readonly #sealer: Sealer;

  constructor(store: Database, sealer: Sealer) {
    this.#store = store;
    this.#sealer = sealer;
  }

  async write(statementId: string, part: number, page: number, rows: readonly ResultRow[]): Promise<void> {
    const sealed = this.#sealer.seal(Buffer.from(JSON.stringify(rows)), contextOf(statementId, part, page));
    await this.#store.query('INSERT INTO keyshift.data_pages VALUES ($1, $2, $3, $4)', [
      statementId,
      part,
      page,
      sealed,
    ]);
  }

  async read(statementId: string, part: number, page: number): Promise<readonly ResultRow[] | undefined> {
    const [row] = await this.#store.query<{ sealed: Buffer }>(
      'SELECT sealed FROM keyshift.data_pages WHERE statement_id = $1 AND part = $2 AND page = $3',
      [statementId, part, page],
    );
    if (row === undefined) return undefined;
    // `write` wrote it.
    return JSON.parse(
      String(this.#sealer.open(row.sealed, contextOf(statementId, part, page))),
    ) as ResultRow[];
  }

  /** Drops what a statement left that failed after it had begun to give rows. */
  async drop(statementId: string): Promise<void> {
    await this.#store.query('DELETE FROM keyshift.data_pages WHERE statement_id = $1', [statementId]);
  }

  /** Drops what one part of a batch left that failed after it had begun to give rows: nothing counts it any more. */
  async dropPart(statementId: string, part: number): Promise<void> {
    await this.#store.query('DELETE FROM keyshift.data_pages WHERE statement_id = $1 AND part = $2', [
      statementId,
      part,
    ]);
  }

  /** Drops the oldest results of an owner past what is kept. The statements stay. */
  async makeRoom(accountId: string, ownerId: string): Promise<void> {
    const rows = await this.#store.query<{ id: string }>(
      `WITH sums AS (SELECT statement_id, sum(kept_bytes) OVER (ORDER BY created_at DESC, statement_id DESC) AS total
         FROM keyshift.data_statements WHERE account_id = $1 AND owner_id = $2 AND kept_bytes > 0)
       UPDATE keyshift.data_statements SET kept_bytes = 0
       WHERE statement_id IN (SELECT statement_id FROM sums WHERE total > $3) RETURNING statement_id AS id`,
      [accountId, ownerId, KEPT_BYTES_PER_OWNER_MAX],
    );
    for (const { id } of rows) await this.drop(id);
  }
}

const contextOf = (statementId: string, part: number, page: number): string =>
  `keyshift/statement/${statementId}/${part}/${page}`;
