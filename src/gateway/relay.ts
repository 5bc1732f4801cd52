import type { Socket } from 'node:net';
import { SqlError } from '../core/errors.ts';
import { LIMITS } from '../core/limits.ts';
import {
  BACKEND_MESSAGES,
  CLIENT_MESSAGES,
  FrameScanner,
  type Handling,
  HandlingTable,
  payloadOf,
  readParse,
  readQuery,
  writeParse,
  writeQuery,
  writeReadyForQuery,
} from '../pgwire/index.ts';
import type { Channel } from './channel.ts';
import { IDLE_TIMEOUT } from './idle-sessions.ts';
import { LastWords } from './last-words.ts';
import { mayBeRewritten } from './may-be-rewritten.ts';
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
  /** Whether a backend that has nothing to do is left open when its client takes leave of it. */
  readonly leavesOpen?: boolean;
}

/**
 * `open`: the client has taken leave, and the last that the backend said, as far as bytes can tell, is that it has
 * nothing to do; it waits for its next message. `closed`: the backend is ending. `timed-out`: so it is, because its
 * client was idle for too long.
 */
export type RelayEnd = 'open' | 'closed' | 'timed-out';

/** A client that has half closed its connection is given its answers for so long. */
const HALF_CLOSED_MS_MAX = 10_000;

const HANDLING = new HandlingTable(
  new Map<number, Handling>([
    [CLIENT_MESSAGES.query, { how: 'hold', bytesMax: LIMITS.ddlStatementBytesMax }],
    [CLIENT_MESSAGES.parse, { how: 'hold', bytesMax: LIMITS.ddlStatementBytesMax }],
    [CLIENT_MESSAGES.terminate, { how: 'hold', bytesMax: 4 }],
  ]),
);

/** Whether the backend, by the end of what it said last, has nothing to do. Not a proof: data may end so too. */
class IdleMark {
  isIdle = true;
  isTimedOut = false;

  /** The client has sent something. */
  clientSpoke(): void {
    this.isIdle = false;
  }

  backendSpoke(bytes: Buffer): void {
    if (this.isIdle)
      this.isTimedOut = bytes[0] === BACKEND_MESSAGES.errorResponse && bytes.includes(IDLE_TIMEOUT_FIELD);
    const ready = bytes.length - READY_IDLE.length;
    // The letters are looked at first: this is done for every read.
    this.isIdle =
      ready >= 0 &&
      bytes[ready] === READY_IDLE[0] &&
      bytes[bytes.length - 1] === READY_IDLE[READY_IDLE.length - 1] &&
      bytes.readUInt32BE(ready + 1) === READY_IDLE.length - 1;
  }
}

/** The SQLSTATE among the fields of an ErrorResponse. */
const IDLE_TIMEOUT_FIELD = `C${IDLE_TIMEOUT.sqlState}\0`;
const READY_IDLE = writeReadyForQuery('idle');

/**
 * Relays until one side ends, and then ends both. Throws SqlError 08P01 when the client breaks the protocol; the
 * client's side is then still open, so that it can be told.
 */
export async function relay(options: RelayOptions): Promise<RelayEnd> {
  const { client, backend, signal } = options;
  const mark = new IdleMark();
  let end: RelayEnd = 'closed';
  const stop = (): void => {
    if (signal.reason instanceof SqlError) return;
    backend.destroy();
    client.destroy();
  };
  if (signal.aborted) stop();
  else signal.addEventListener('abort', stop, { once: true });
  try {
    const toClient = passToClient(backend, client.socket, signal, mark);
    end = await Promise.race([passToBackend(options, mark), toClient.done]);
    client.socket.destroySoon();
    if (end === 'open') toClient.stop();
    return end;
  } finally {
    signal.removeEventListener('abort', stop);
    // A backend whose socket is closed under it stops its query by client_connection_check_interval.
    if (end !== 'open') backend.socket.destroySoon();
  }
}

/** Ends when the backend has ended and the client has been given everything it said, or when it is stopped. */
function passToClient(
  backend: ServerChannel,
  client: Socket,
  signal: AbortSignal,
  mark: IdleMark,
): { readonly done: Promise<RelayEnd>; readonly stop: () => void } {
  const { socket } = backend;
  let lastWords: LastWords | undefined;
  let close = (): void => {};
  const endFromOutside = (): void => {
    if (!(signal.reason instanceof SqlError)) return;
    const words = new LastWords(client, signal.reason);
    lastWords = words;
    backend.passTo((bytes) => words.take(bytes));
  };
  const done = new Promise<RelayEnd>((resolve) => {
    if (socket.destroyed) return resolve('closed');
    close = (): void => {
      signal.removeEventListener('abort', endFromOutside);
      lastWords?.finish();
      resolve(mark.isTimedOut ? 'timed-out' : 'closed');
    };
    socket.once('close', close);
    backend.passTo((bytes) => {
      mark.backendSpoke(bytes);
      // TLS encrypts at once what it is given, unless something before it waits: then the bytes must be kept.
      pass(client.writableLength === 0 ? bytes : Buffer.from(bytes), socket, client);
    });
    if (signal.aborted) endFromOutside();
    else signal.addEventListener('abort', endFromOutside, { once: true });
  });
  const stop = (): void => {
    signal.removeEventListener('abort', endFromOutside);
    socket.removeListener('close', close);
    backend.passTo(() => {});
  };
  return { done, stop };
}

/**
 * Ends when the client has ended; its Terminate, if it sent one, has been passed on by then. A client that only has
 * nothing more to say still gets its answers: then it ends with the backend. Bytes are passed on in the event that
 * brought them (an iterator with its promises cost a third of the relay's CPU); only a statement that is to be
 * rewritten makes the reading wait.
 */
function passToBackend(options: RelayOptions, mark: IdleMark): Promise<RelayEnd> {
  const { client, backend, rewrite, signal, leavesOpen = false } = options;
  const { socket } = client;
  const scanner = new FrameScanner(HANDLING);
  return new Promise((resolve, reject) => {
    let isWaiting = false;
    let isLeft = false;
    let timer: NodeJS.Timeout | undefined;
    const halfClose = (): void => {
      backend.socket.end();
      // PostgreSQL answers what it was asked, and ends. A query that takes longer it gives up by
      // client_connection_check_interval.
      timer = setTimeout(end, HALF_CLOSED_MS_MAX).unref();
      // The backend may end first; then nobody is given anything any more.
      backend.socket.once('close', () => clearTimeout(timer));
    };
    const end = (): void => {
      clearTimeout(timer);
      backend.socket.end();
      resolve('closed');
    };
    const fail = (error: unknown): void => {
      socket.removeListener('data', take).pause();
      reject(error);
    };
    /** From here on nothing of the client touches the backend. */
    const leaveOpen = (): void => {
      isLeft = true;
      socket.removeListener('data', take).removeListener('end', halfClose).removeListener('close', end);
      resolve('open');
    };
    const mayLeaveOpen = (): boolean =>
      leavesOpen &&
      mark.isIdle &&
      !signal.aborted &&
      // Nothing waits for the client or for the backend, whose listeners would be left behind.
      !backend.socket.isPaused() &&
      backend.socket.writableLength === 0;
    const passAll = (): void => {
      for (let piece = scanner.next(); piece !== undefined; piece = scanner.next()) {
        if (piece.kind === 'message' && piece.code === CLIENT_MESSAGES.terminate && mayLeaveOpen()) {
          leaveOpen();
          return;
        }
        mark.clientSpoke();
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
    if (isLeft) return;
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
  if (code === CLIENT_MESSAGES.terminate) return message;
  const isQuery = code === CLIENT_MESSAGES.query;
  const payload = payloadOf(message);
  // The text of a Parse begins after the name of its statement.
  const textAt = isQuery ? 0 : payload.indexOf(0) + 1;
  if (!mayBeRewritten(payload.toString('latin1', textAt))) return message;
  if (isQuery) {
    const sql = readQuery(payload);
    const instead = sql === undefined ? undefined : rewrite(sql);
    return instead === undefined ? message : instead.then(writeQuery);
  }
  const parse = readParse(payload);
  const instead = parse === undefined ? undefined : rewrite(parse.sql);
  return parse === undefined || instead === undefined
    ? message
    : instead.then((sql) => writeParse({ ...parse, sql }));
}
