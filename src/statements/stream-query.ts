import type { Connection, Submittable } from 'pg';
import type { ResultRow } from '../redshift/statements.ts';
import type { FieldDescription } from './result-columns.ts';

/**
 * Runs one statement on a connection and takes its rows a few at a time, so that a result of any size costs little
 * memory. The server sends the next rows only when they are asked for.
 * Source: PostgreSQL 18 manual, section 54.2.3, "Extended Query".
 */
export interface RowSink {
  /** Called once, before any row. */
  fields(fields: readonly FieldDescription[]): void;
  /** Throws to take no more: the statement then ends with this error. */
  row(row: ResultRow): void;
  /** What was taken so far must be done with before more rows are asked for. */
  drain(): Promise<void>;
}

/** Rows that are asked for at a time: few of the longest, and enough of short ones that asking costs little. */
const FETCH_ROWS = 100;
/** Bytes that may come without a whole row: more than any row that is taken, so that memory has an end. */
const UNFINISHED_BYTES_MAX = 1024 * 1024;

/** Thrown for a row that is too long to be received whole; the connection is then gone. */
export class RowNotReceivable extends Error {
  constructor() {
    super('a row is too long to be received');
    this.name = 'RowNotReceivable';
  }
}

interface Complete {
  readonly text: string;
}

/** Rows that a command has changed or given, by its tag such as `INSERT 0 3`; -1 where it has no number. */
export function rowsOfTag(tag: string): number {
  const count = /^(?:INSERT \d+|UPDATE|DELETE|MERGE|SELECT|FETCH|MOVE|COPY) (\d+)$/.exec(tag)?.[1];
  return count === undefined ? -1 : Number(count);
}

/** Resolves with the tag of the command; rejects with the server's error, or with the sink's. */
export function streamQuery(
  client: { query<T extends Submittable>(query: T): T },
  sql: string,
  values: readonly (string | null)[],
  sink: RowSink,
): Promise<string> {
  return new Promise((resolve, reject) => {
    client.query(new StreamedQuery(sql, values, sink, resolve, reject));
  });
}

// The methods beside `submit` are those that the library calls on a query of its own.
class StreamedQuery implements Submittable {
  readonly #sql: string;
  readonly #values: readonly (string | null)[];
  readonly #sink: RowSink;
  readonly #resolve: (tag: string) => void;
  readonly #reject: (error: unknown) => void;
  #connection: Connection | undefined;
  #tag = '';
  #failure: { readonly error: unknown } | undefined;
  #isSynced = false;
  #unfinishedBytes = 0;
  readonly #count = (bytes: Buffer): void => {
    this.#unfinishedBytes += bytes.length;
    if (this.#unfinishedBytes <= UNFINISHED_BYTES_MAX || this.#failure !== undefined) return;
    this.#failure = { error: new RowNotReceivable() };
    this.#connection?.stream.destroy();
  };

  constructor(
    sql: string,
    values: readonly (string | null)[],
    sink: RowSink,
    resolve: (tag: string) => void,
    reject: (error: unknown) => void,
  ) {
    this.#sql = sql;
    this.#values = values;
    this.#sink = sink;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  readonly submit = (connection: Connection): void => {
    this.#connection = connection;
    connection.stream.on('data', this.#count);
    connection.parse({ name: '', text: this.#sql, types: [] }, true);
    connection.bind({ portal: '', statement: '', values: [...this.#values] }, true);
    connection.describe({ type: 'P', name: '' }, true);
    this.#fetch(connection);
  };

  handleRowDescription({ fields }: { readonly fields: readonly FieldDescription[] }): void {
    this.#unfinishedBytes = 0;
    this.#take(() => this.#sink.fields(fields));
  }

  handleDataRow({ fields }: { readonly fields: ResultRow }): void {
    this.#unfinishedBytes = 0;
    this.#take(() => this.#sink.row(fields));
  }

  handlePortalSuspended(connection: Connection): void {
    if (this.#failure !== undefined) {
      this.#sync(connection);
      return;
    }
    this.#sink.drain().then(
      () => this.#fetch(connection),
      (error: unknown) => {
        this.#failure ??= { error };
        this.#sync(connection);
      },
    );
  }

  handleCommandComplete({ text }: Complete, connection: Connection): void {
    this.#tag = text;
    this.#sync(connection);
  }

  handleEmptyQuery(connection: Connection): void {
    this.#sync(connection);
  }

  /** There is nothing to copy from; the server then says which statement it was. */
  handleCopyInResponse(connection: Connection & { sendCopyFail(why: string): void }): void {
    connection.sendCopyFail('the Data API has no data to copy from');
  }

  /** A statement that copies out gives no rows; what it sends is not kept. */
  handleCopyData(): void {
    this.#unfinishedBytes = 0;
    this.#take(() => {
      throw new Error('the Data API cannot copy to its caller');
    });
  }

  handleError(error: unknown, connection: Connection): void {
    this.#sync(connection);
    this.#end();
    this.#reject(this.#failure === undefined ? error : this.#failure.error);
  }

  handleReadyForQuery(): void {
    this.#end();
    if (this.#failure !== undefined) this.#reject(this.#failure.error);
    else this.#sink.drain().then(() => this.#resolve(this.#tag), this.#reject);
  }

  /** After the first refusal of the sink the rest of what was asked for passes by. */
  #take(work: () => void): void {
    if (this.#failure !== undefined) return;
    try {
      work();
    } catch (error) {
      this.#failure = { error };
    }
  }

  #fetch(connection: Connection): void {
    this.#unfinishedBytes = 0;
    // The declared type of `rows` is a text, but the library writes it as a number.
    connection.execute({ portal: '', rows: FETCH_ROWS } as never, true);
    connection.flush();
  }

  /** Ends the round of messages, once: a second time would look like the end of the next statement. */
  #sync(connection: Connection): void {
    if (this.#isSynced) return;
    this.#isSynced = true;
    connection.sync();
  }

  #end(): void {
    this.#connection?.stream.removeListener('data', this.#count);
  }
}
