import type { Clock } from '../core/clock.ts';
import { codeOf } from '../core/errors.ts';
import type { ResultRow, Statement, StatementPart, StatementStatus } from '../redshift/statements.ts';
import type { DatabaseSession } from './database-session.ts';
import { CANCELED, type Failure, failureOf, failureText, StatementFailure } from './failure-text.ts';
import { namedValues, placeParameters } from './place-parameters.ts';
import {
  CATALOG_QUERY,
  catalogValues,
  describeColumns,
  type FieldDescription,
  NO_CATALOG,
  needsCatalog,
  readCatalog,
} from './result-columns.ts';
import { bytesOf, KEPT_BYTES_PER_OWNER_MAX, PageCutter, type ResultPages } from './result-pages.ts';
import type { Outcome } from './statement-rows.ts';
import { RowNotReceivable, type RowSink, rowsOfTag } from './stream-query.ts';

/** Runs the SQL texts of a statement one after the other, and keeps their results. */

/** As on AWS. Source: Amazon Redshift Management Guide, "Troubleshooting issues for Amazon Redshift Data API". */
const ROW_BYTES_MAX = 64 * 1024;
/** A fifth of AWS's 500 MB: results are kept in the store's PostgreSQL, beside what the installation lives on. */
const RESULT_BYTES_MAX = 100 * 1024 * 1024;

const ROW_TOO_LONG = 'Packet for query is too large: a row of the result has more than 65536 bytes.';
const RESULTS_TOO_LARGE =
  'Database response exceeded size limit: the results of the batch have more than 1 GB together.';
const RESULT_TOO_LARGE =
  'Database response exceeded size limit: the result has more than 100 MB. Use LIMIT, or several statements.';

/** A session that is being ended is over after so long. */
const LAST_WORDS_MS = 500;

export interface RunDeps {
  readonly pages: ResultPages;
  readonly clock: Clock;
}

/** How a statement has ended. */
export interface Ending extends Outcome {
  readonly status: StatementStatus;
}

/** Never rejects. `note` is told of the parts as they end, in a batch. */
export async function runParts(
  deps: RunDeps,
  session: DatabaseSession,
  statement: Statement,
  signal: AbortSignal,
  note: (parts: readonly StatementPart[]) => Promise<void>,
): Promise<Ending> {
  const { isBatch, mode, sqls } = statement.order;
  // What a session has begun before, it commits itself.
  const isTransaction = isBatch && mode === 'TRANSACTION' && !session.isInTransaction;
  const parts: StatementPart[] = [];
  let failure: Failure | undefined;
  const fail = (cause: unknown, n?: number): void => {
    const { status, error } = failureOf(signal, cause);
    const isOfPart = isBatch && n !== undefined && error !== undefined;
    failure ??= { status, error: isOfPart ? `Query #${n + 1} failed with ${error}` : error };
  };
  try {
    if (isTransaction) await session.rows('BEGIN');
    for (let n = 0; n < sqls.length; n++) {
      signal.throwIfAborted();
      const before = parts.reduce((sum, { bytes }) => sum + Math.max(0, bytes), 0);
      const sink = new ResultSink(deps.pages, statement.id, n, before);
      const { part, error } = await runPart(deps, session, statement, n, sink, signal);
      parts.push(part);
      if (error !== undefined) fail(error, n);
      if (failure !== undefined && (mode === 'TRANSACTION' || signal.aborted || session.hasEnded)) break;
      if (isBatch) await note(parts);
    }
    if (isTransaction) await session.rows(failure === undefined ? 'COMMIT' : 'ROLLBACK');
  } catch (error) {
    fail(error);
  }
  return { status: failure?.status ?? 'FINISHED', error: failure?.error, pid: session.pid, parts };
}

async function runPart(
  deps: RunDeps,
  session: DatabaseSession,
  statement: Statement,
  n: number,
  sink: ResultSink,
  signal: AbortSignal,
): Promise<{ readonly part: StatementPart; readonly error: unknown }> {
  const { order } = statement;
  const startedAt = deps.clock.now();
  const ended = (status: StatementStatus): Pick<StatementPart, 'status' | 'updatedAt' | 'durationMs'> => {
    const updatedAt = deps.clock.now();
    return { status, updatedAt, durationMs: Math.max(0, updatedAt.getTime() - startedAt.getTime()) };
  };
  try {
    const { sql, values } = placeParameters(order.sqls[n] ?? '', namedValues(order.parameters));
    const tag = await session.run(sql, values, sink);
    await sink.finish();
    return { part: { ...ended('FINISHED'), ...(await resultOf(session, sink, tag)) }, error: undefined };
  } catch (cause) {
    const error = await causeOf(cause, session, signal);
    await sink.discard();
    const isCanceled = signal.aborted && codeOf(error) === CANCELED;
    const status = isCanceled ? 'ABORTED' : 'FAILED';
    const text = isCanceled ? undefined : failureText(error);
    return { part: { ...ended(status), ...NO_RESULT, error: text }, error };
  }
}

/** A session that somebody ends has its statement canceled first, and then says why. */
async function causeOf(cause: unknown, session: DatabaseSession, signal: AbortSignal): Promise<unknown> {
  if (cause instanceof RowNotReceivable) return new StatementFailure(ROW_TOO_LONG);
  if (signal.aborted || codeOf(cause) !== CANCELED) return cause;
  return (await session.endWithin(LAST_WORDS_MS)) ?? cause;
}

const NO_RESULT = { rows: -1, bytes: -1, hasResult: false, columns: [], pages: 0 } as const;

async function resultOf(
  session: DatabaseSession,
  { fieldsOfResult: fields, rows, bytes, pages }: ResultSink,
  tag: string,
): Promise<Pick<StatementPart, 'rows' | 'bytes' | 'hasResult' | 'columns' | 'pages'>> {
  if (fields === undefined) return { ...NO_RESULT, rows: rowsOfTag(tag), bytes: 0 };
  const catalog = needsCatalog(fields)
    ? readCatalog(await session.rows(CATALOG_QUERY, catalogValues(fields)))
    : NO_CATALOG;
  return { rows, bytes, hasResult: true, columns: describeColumns(fields, catalog), pages };
}

/** Counts rows and bytes, and writes full pages between two fetches. */
class ResultSink implements RowSink {
  fieldsOfResult: readonly FieldDescription[] | undefined;
  rows = 0;
  bytes = 0;
  pages = 0;
  readonly #pages: ResultPages;
  readonly #statementId: string;
  readonly #part: number;
  /** Bytes of the results of the parts before. */
  readonly #bytesBefore: number;
  readonly #cutter = new PageCutter();
  /** Full, and not yet written. No more than the rows of one fetch fill. */
  #full: (readonly ResultRow[])[] = [];
  #writing: Promise<void> = Promise.resolve();
  #isOver = false;

  constructor(pages: ResultPages, statementId: string, part: number, bytesBefore: number) {
    this.#pages = pages;
    this.#statementId = statementId;
    this.#part = part;
    this.#bytesBefore = bytesBefore;
  }

  fields(fields: readonly FieldDescription[]): void {
    this.fieldsOfResult = fields;
  }

  row(row: ResultRow): void {
    const bytes = bytesOf(row);
    if (bytes > ROW_BYTES_MAX) throw new StatementFailure(ROW_TOO_LONG);
    this.bytes += bytes;
    this.rows += 1;
    if (this.bytes > RESULT_BYTES_MAX) throw new StatementFailure(RESULT_TOO_LARGE);
    // More than all that is kept of an owner would be dropped as soon as it is there.
    if (this.#bytesBefore + this.bytes > KEPT_BYTES_PER_OWNER_MAX)
      throw new StatementFailure(RESULTS_TOO_LARGE);
    const full = this.#cutter.add(row, bytes);
    if (full !== undefined) this.#full.push(full);
  }

  async drain(): Promise<void> {
    const full = this.#full;
    this.#full = [];
    for (const rows of full) if (!this.#isOver) await this.#write(rows);
  }

  /** Takes back what was written of a result that has no end, also what is just being written. */
  async discard(): Promise<void> {
    this.#isOver = true;
    await this.#writing.catch(() => {});
    if (this.fieldsOfResult !== undefined) await this.#pages.dropPart(this.#statementId, this.#part);
  }

  async finish(): Promise<void> {
    const rest = this.#cutter.rest();
    if (rest.length > 0) await this.#write(rest);
  }

  async #write(rows: readonly ResultRow[]): Promise<void> {
    this.#writing = this.#pages.write(this.#statementId, this.#part, this.pages, rows);
    await this.#writing;
    this.pages += 1;
  }
}
