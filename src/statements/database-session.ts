import type { Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { writeCancelRequest } from '../pgwire/index.ts';
import type { ResultRow, StatementLogin, StatementTarget } from '../redshift/statements.ts';
import { type RowSink, streamQuery } from './stream-query.ts';

/**
 * A session of the gateway that statements run in. It logs in like any client: TLS, the temporary password, and every
 * check that a login has. So it is among the live sessions, is recorded, and ends when it is killed, revoked or overdue.
 */

/** The way to the gateway of a cluster, for connections that count as coming from an address. */
export interface GatewayDoor {
  readonly host: string;
  readonly port: number;
  /** A socket, not yet connected. */
  socket(cluster: string, sourceIp: string): Socket;
}

export interface SessionOptions {
  readonly door: GatewayDoor;
  readonly target: StatementTarget;
  readonly login: StatementLogin;
}

/** Longer than the gateway's own deadline of a login, so that its reason is what is told. */
const CONNECT_MS_MAX = 30_000;
/** A cancel request has this long to be passed on. */
const CANCEL_MS_MAX = 5_000;
/** What results are read by: forms of values that do not depend on the user's settings. */
const OPTIONS =
  '-c datestyle=ISO,MDY -c intervalstyle=postgres -c bytea_output=hex -c client_encoding=UTF8 ' +
  '-c standard_conforming_strings=on';
/** Between two looks whether a session is over. */
const LOOK_MS = 20;
const APPLICATION_NAME = 'RedshiftDataAPI';

/** Values stay the texts that PostgreSQL sends. */
const TEXTS = { getTypeParser: () => (value: unknown) => value };

export class DatabaseSession {
  readonly #client: pg.Client;
  readonly #options: SessionOptions;
  /** Why it is over, once it is. */
  #ended: Error | undefined;
  #onEnd: () => void = () => {};

  private constructor(client: pg.Client, options: SessionOptions) {
    this.#client = client;
    this.#options = options;
    client.on('error', (error) => this.#over(error));
    client.on('end', () => this.#over(new Error('the session has ended')));
  }

  /** Logs in. Rejects with the gateway's refusal, or the server's. */
  static async open(options: SessionOptions): Promise<DatabaseSession> {
    const { door, target, login } = options;
    const client = new pg.Client({
      host: door.host,
      port: door.port,
      user: login.loginName,
      password: login.password.reveal(),
      database: target.database,
      application_name: APPLICATION_NAME,
      options: OPTIONS,
      connectionTimeoutMillis: CONNECT_MS_MAX,
      // The other end is this very process, whose door knows its own connections; the certificate may be anybody's.
      ssl: { rejectUnauthorized: false },
      stream: () => door.socket(target.cluster, login.sourceIp),
      types: TEXTS as pg.CustomTypesConfig,
    });
    const session = new DatabaseSession(client, options);
    await client.connect();
    return session;
  }

  get pid(): number {
    return Number(Reflect.get(this.#client, 'processID'));
  }

  get hasEnded(): boolean {
    return this.#ended !== undefined;
  }

  /** Why the session is over, if it is within so long. */
  async endWithin(ms: number): Promise<Error | undefined> {
    for (let waited = 0; waited < ms && this.#ended === undefined; waited += LOOK_MS) await pause(LOOK_MS);
    return this.#ended;
  }

  /** Whether a statement has left a transaction open. */
  get isInTransaction(): boolean {
    return this.#client.getTransactionStatus() !== 'I';
  }

  /** Is called when the session is over, at once if it is. */
  onEnd(listener: () => void): void {
    this.#onEnd = listener;
    if (this.#ended !== undefined) listener();
  }

  /** See `streamQuery`. */
  run(sql: string, values: readonly (string | null)[], sink: RowSink): Promise<string> {
    return streamQuery(this.#client, sql, values, sink);
  }

  /** For statements of our own, whose answers are small. */
  async rows(sql: string, values: readonly (string | number | null)[] = []): Promise<ResultRow[]> {
    const result = await this.#client.query<(string | null)[]>({
      text: sql,
      values: [...values],
      rowMode: 'array',
    });
    return result.rows;
  }

  /** Cancels what runs, as any client would. Resolves when the gateway was told, or could not be. */
  async cancel(): Promise<void> {
    const { door, target, login } = this.#options;
    const key = Buffer.alloc(4);
    key.writeInt32BE(Number(Reflect.get(this.#client, 'secretKey')));
    const socket = door.socket(target.cluster, login.sourceIp);
    await new Promise<void>((resolve) => {
      socket.once('close', () => resolve());
      socket.on('error', () => {});
      socket.setTimeout(CANCEL_MS_MAX, () => socket.destroy());
      socket.connect(door.port, door.host, () => {
        socket.resume();
        socket.write(writeCancelRequest(this.pid, key));
      });
    });
  }

  async close(): Promise<void> {
    await this.#client.end().catch(() => {});
  }

  #over(error: Error): void {
    if (this.#ended !== undefined) return;
    this.#ended = error;
    this.#onEnd();
  }
}
