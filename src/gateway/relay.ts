import { once } from 'node:events';
import type { Socket } from 'node:net';
import { SqlError } from '../core/errors.ts';
import { LIMITS } from '../core/limits.ts';
import {
  CLIENT_MESSAGES,
  FrameScanner,
  type Handling,
  payloadOf,
  readParse,
  readQuery,
  writeParse,
  writeQuery,
} from '../pgwire/index.ts';
import type { Channel } from './channel.ts';
import { LastWords } from './last-words.ts';

/**
 * The step *relay*: bytes pass both ways, untouched but for statements of user DDL. From the backend to the
 * client nothing is looked at; from the client only Query and Parse messages that are short enough to be user DDL.
 */
export interface RelayOptions {
  readonly client: Channel;
  readonly backend: Channel;
  /** Gives the statement to run in the place of `sql`, or undefined to let it pass as it came. */
  readonly rewrite: (sql: string) => Promise<string> | undefined;
  /** Ends the session from outside; with an SqlError as its reason the client is told, see last-words.ts. */
  readonly signal: AbortSignal;
}

const HANDLING: ReadonlyMap<number, Handling> = new Map([
  [CLIENT_MESSAGES.query, { how: 'hold', bytesMax: LIMITS.ddlStatementBytesMax }],
  [CLIENT_MESSAGES.parse, { how: 'hold', bytesMax: LIMITS.ddlStatementBytesMax }],
]);

/**
 * Relays until one side ends, and then ends both. Throws SqlError 08P01 when the client breaks the protocol; the
 * client's side is then still open, so that it can be told.
 */
export async function relay(options: RelayOptions): Promise<void> {
  const { client, backend, signal } = options;
  const stop = (): void => {
    if (signal.reason instanceof SqlError) return;
    backend.destroy();
    client.destroy();
  };
  if (signal.aborted) stop();
  else signal.addEventListener('abort', stop, { once: true });
  try {
    await Promise.race([passToBackend(options), passToClient(backend, client.socket, signal)]);
    client.socket.destroySoon();
  } finally {
    signal.removeEventListener('abort', stop);
    backend.socket.unpipe(client.socket);
    // A backend whose socket is closed under it stops its query by client_connection_check_interval.
    backend.socket.destroySoon();
  }
}

/** Ends when the backend has ended and the client has been given everything it said. */
async function passToClient(backend: Channel, client: Socket, signal: AbortSignal): Promise<void> {
  const rest = backend.rest();
  if (rest.length > 0) client.write(rest);
  if (backend.socket.destroyed) return;
  backend.socket.pipe(client);
  let lastWords: LastWords | undefined;
  const listen = (): void => {
    if (signal.reason instanceof SqlError) lastWords = new LastWords(backend.socket, client, signal.reason);
  };
  if (signal.aborted) listen();
  else signal.addEventListener('abort', listen, { once: true });
  await new Promise((resolve) => backend.socket.once('close', resolve));
  signal.removeEventListener('abort', listen);
  lastWords?.finish();
}

/** Ends when the client has ended; its Terminate, if it sent one, has been passed on by then. */
async function passToBackend({ client, backend, rewrite }: RelayOptions): Promise<void> {
  const scanner = new FrameScanner(HANDLING);
  for await (const chunk of chunks(client)) {
    scanner.push(chunk);
    for (let piece = scanner.next(); piece !== undefined; piece = scanner.next()) {
      const bytes = piece.kind === 'pass' ? piece.bytes : await rewritten(piece.code, piece.bytes, rewrite);
      if (backend.socket.destroyed) return;
      if (!backend.socket.write(bytes)) await drained(backend.socket);
    }
  }
  backend.socket.end();
}

async function* chunks(client: Channel): AsyncGenerator<Buffer> {
  const rest = client.rest();
  if (rest.length > 0) yield rest;
  try {
    // Left open when the reading stops: the client may have to be told why.
    for await (const chunk of client.socket.iterator({ destroyOnReturn: false })) yield chunk as Buffer;
  } catch {
    // A connection that breaks off is one that has ended.
  }
}

async function rewritten(code: number, message: Buffer, rewrite: RelayOptions['rewrite']): Promise<Buffer> {
  if (code === CLIENT_MESSAGES.query) {
    const sql = readQuery(payloadOf(message));
    const instead = sql === undefined ? undefined : rewrite(sql);
    return instead === undefined ? message : writeQuery(await instead);
  }
  const parse = readParse(payloadOf(message));
  const instead = parse === undefined ? undefined : rewrite(parse.sql);
  return parse === undefined || instead === undefined
    ? message
    : writeParse({ ...parse, sql: await instead });
}

async function drained(socket: Socket): Promise<void> {
  const waiting = new AbortController();
  const { signal } = waiting;
  await Promise.race([once(socket, 'drain', { signal }), once(socket, 'close', { signal })]).finally(() =>
    waiting.abort(),
  );
}
