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
import type { ServerChannel } from './server-channel.ts';

/**
 * The step *relay*: bytes pass both ways, untouched but for statements of user DDL. From the backend to the
 * client nothing is looked at; from the client only Query and Parse messages that are short enough to be user DDL.
 */
export interface RelayOptions {
  readonly client: Channel;
  readonly backend: ServerChannel;
  /** Gives the statement to run in the place of `sql`, or undefined to let it pass as it came. */
  readonly rewrite: (sql: string) => Promise<string> | undefined;
  /** Ends the session from outside; with an SqlError as its reason the client is told, see last-words.ts. */
  readonly signal: AbortSignal;
}

/** A client that has half closed its connection is given its answers for so long. */
const HALF_CLOSED_MS_MAX = 10_000;

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
    // A backend whose socket is closed under it stops its query by client_connection_check_interval.
    backend.socket.destroySoon();
  }
}

/** Ends when the backend has ended and the client has been given everything it said. */
function passToClient(backend: ServerChannel, client: Socket, signal: AbortSignal): Promise<void> {
  const { socket } = backend;
  let lastWords: LastWords | undefined;
  const endFromOutside = (): void => {
    if (!(signal.reason instanceof SqlError)) return;
    const words = new LastWords(client, signal.reason);
    lastWords = words;
    backend.passTo((bytes) => words.take(bytes));
  };
  return new Promise((resolve) => {
    if (socket.destroyed) return resolve();
    socket.once('close', () => {
      signal.removeEventListener('abort', endFromOutside);
      lastWords?.finish();
      resolve();
    });
    // TLS encrypts at once what it is given, unless something before it waits: then the bytes must be kept.
    backend.passTo((bytes) => pass(client.writableLength === 0 ? bytes : Buffer.from(bytes), socket, client));
    if (signal.aborted) endFromOutside();
    else signal.addEventListener('abort', endFromOutside, { once: true });
  });
}

/**
 * Ends when the client has ended; its Terminate, if it sent one, has been passed on by then. A client that only has
 * nothing more to say still gets its answers: then it ends with the backend. Bytes are passed on in the event that
 * brought them (an iterator with its promises cost a third of the relay's CPU); only a statement that is to be
 * rewritten makes the reading wait.
 */
function passToBackend({ client, backend, rewrite }: RelayOptions): Promise<void> {
  const { socket } = client;
  const scanner = new FrameScanner(HANDLING);
  return new Promise((resolve, reject) => {
    let isWaiting = false;
    const halfClose = (): void => {
      backend.socket.end();
      // PostgreSQL answers what it was asked, and ends. A query that takes longer it gives up by
      // client_connection_check_interval.
      setTimeout(end, HALF_CLOSED_MS_MAX).unref();
    };
    const end = (): void => {
      backend.socket.end();
      resolve();
    };
    const fail = (error: unknown): void => {
      socket.removeListener('data', take).pause();
      reject(error);
    };
    const passAll = (): void => {
      for (let piece = scanner.next(); piece !== undefined; piece = scanner.next()) {
        const bytes = piece.kind === 'pass' ? piece.bytes : rewritten(piece.code, piece.bytes, rewrite);
        if (Buffer.isBuffer(bytes)) pass(bytes, socket, backend.socket, () => !isWaiting);
        else {
          waitFor(bytes);
          return;
        }
      }
    };
    const waitFor = (bytes: Promise<Buffer>): void => {
      isWaiting = true;
      socket.pause();
      bytes
        .then((message) => {
          isWaiting = false;
          socket.resume();
          pass(message, socket, backend.socket, () => !isWaiting);
          passAll();
        })
        .catch(fail);
    };
    const take = (chunk: Buffer): void => {
      try {
        scanner.push(chunk);
        passAll();
      } catch (error) {
        fail(error);
      }
    };
    // A connection that breaks off is one that has ended.
    socket.once('end', halfClose).once('close', end);
    const rest = client.rest();
    if (rest.length > 0) take(rest);
    if (socket.destroyed) return end();
    socket.on('data', take);
    socket.resume();
  });
}

/** Writes what came from one side to the other, which may ask for a pause. It is over when `mayGoOn` says so too. */
function pass(bytes: Buffer, from: Socket, to: Socket, mayGoOn: () => boolean = () => true): void {
  if (to.write(bytes) || from.isPaused()) return;
  from.pause();
  to.once('drain', () => {
    if (mayGoOn()) from.resume();
  });
}

/** The message to send instead of a held one: for nearly all, at once, the message itself. */
function rewritten(
  code: number,
  message: Buffer,
  rewrite: RelayOptions['rewrite'],
): Buffer | Promise<Buffer> {
  if (code === CLIENT_MESSAGES.query) {
    const sql = readQuery(payloadOf(message));
    const instead = sql === undefined ? undefined : rewrite(sql);
    return instead === undefined ? message : instead.then(writeQuery);
  }
  const parse = readParse(payloadOf(message));
  const instead = parse === undefined ? undefined : rewrite(parse.sql);
  return parse === undefined || instead === undefined
    ? message
    : instead.then((sql) => writeParse({ ...parse, sql }));
}
