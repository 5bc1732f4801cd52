import type { Socket } from 'node:net';
import type { SqlError } from '../core/errors.ts';
import { BACKEND_MESSAGES, writeErrorResponse } from '../pgwire/index.ts';

/**
 * The end of a session that is ended from outside: what the backend still says passes on, but for its last message.
 * That one, "terminating connection due to administrator command", is exchanged for the true reason.
 */

/** Bytes held back until the backend has ended. PostgreSQL's message has about 150. */
const HELD_BYTES_MAX = 8 * 1024;

/** Takes what the backend says, in the place of the client. Call `finish` when the backend has ended. */
export class LastWords {
  readonly #client: Socket;
  readonly #reason: SqlError;
  #held: Buffer = Buffer.alloc(0);

  constructor(client: Socket, reason: SqlError) {
    this.#client = client;
    this.#reason = reason;
  }

  /** The bytes need be good only during the call. */
  take(chunk: Buffer): void {
    const all = Buffer.concat([this.#held, chunk]);
    const passed = Math.max(0, all.length - HELD_BYTES_MAX);
    if (passed > 0) this.#client.write(all.subarray(0, passed));
    this.#held = all.subarray(passed);
  }

  finish(): void {
    this.#client.write(withReason(this.#held, this.#reason));
  }
}

/** The letter, and the length that counts itself. */
const HEADER_BYTES = 5;
/** ReadyForQuery without its last byte, the state of the transaction. */
const READY = Buffer.from([BACKEND_MESSAGES.readyForQuery, 0, 0, 0, 5]);

/**
 * The bytes with `reason` in the place of the FATAL error that they end with, or after the ReadyForQuery. Where they end
 * with neither, the stream may be cut inside a message, in which nothing can be said; they stay as they are.
 */
export function withReason(bytes: Buffer, reason: SqlError): Buffer {
  for (let at = bytes.length - HEADER_BYTES; at >= 0; at--) {
    if (bytes[at] !== BACKEND_MESSAGES.errorResponse) continue;
    if (bytes.readUInt32BE(at + 1) !== bytes.length - at - 1) continue;
    if (!bytes.includes('\0C57P01\0', at)) continue;
    return Buffer.concat([bytes.subarray(0, at), writeErrorResponse('FATAL', reason)]);
  }
  const isReady = bytes.length > READY.length && bytes.subarray(-READY.length - 1, -1).equals(READY);
  return isReady ? Buffer.concat([bytes, writeErrorResponse('FATAL', reason)]) : bytes;
}
