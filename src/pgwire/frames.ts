import assert from 'node:assert/strict';

import { LIMITS } from '../core/limits.ts';
import { protocolViolation } from './bytes.ts';

/** Cuts a byte stream into whole messages, for the time before the relay: one at a time, with a maximum length. */

/** One typed message. `payload` is what follows the length; it is a view that later pushes never overwrite. */
export interface Frame {
  readonly code: number;
  readonly payload: Buffer;
}

/**
 * Bytes that may wait unread beside the largest message. A socket hands over at most 64 KiB at once, and its
 * owner reads all messages before it takes more; a peer that sends further ahead of the login is refused.
 */
const WAITING_BYTES_MAX = 256 * 1024;

const HEADER_BYTES = 5;
const EMPTY = Buffer.alloc(0);

/**
 * Collects chunks and gives out packets and frames. The reader asks for one at a time because each may change
 * what comes next: the phase, the limit, or a switch to TLS at which `waitingBytes` must be 0.
 */
export class FrameReader {
  readonly #messageBytesMax: number;
  #buffer: Buffer = Buffer.alloc(0);
  #start = 0;
  #end = 0;

  /** `messageBytesMax` counts the bytes after the letter, as the length on the wire does. */
  constructor(messageBytesMax: number = LIMITS.loginMessageBytesMax) {
    this.#messageBytesMax = messageBytesMax;
  }

  /** Bytes that were pushed and not yet given out. */
  get waitingBytes(): number {
    return this.#end - this.#start;
  }

  /** Adds the next bytes of the stream. Throws SqlError 08P01 if too many are waiting. */
  push(chunk: Buffer): void {
    const waiting = this.waitingBytes;
    if (waiting + chunk.length > this.#messageBytesMax + WAITING_BYTES_MAX) {
      throw protocolViolation('too much was sent before the login is done');
    }
    if (waiting === 0) {
      this.#buffer = chunk;
      this.#start = 0;
      this.#end = chunk.length;
      return;
    }
    if (this.#end + chunk.length > this.#buffer.length) this.#grow(waiting + chunk.length);
    chunk.copy(this.#buffer, this.#end);
    this.#end += chunk.length;
  }

  /** The first byte that waits, which stays: 0x16 tells a client that starts with TLS at once. */
  peek(): number | undefined {
    return this.waitingBytes === 0 ? undefined : this.#buffer[this.#start];
  }

  /**
   * The body of the next packet without a letter (startup, SSLRequest, CancelRequest …), without its length,
   * or undefined until all of it is here. Throws SqlError 08P01 for a length that PostgreSQL refuses too.
   */
  startupPacket(): Buffer | undefined {
    if (this.waitingBytes < 4) return undefined;
    const bytes = this.#buffer.readUInt32BE(this.#start) - 4;
    if (bytes < 4 || bytes > LIMITS.startupPacketBytesMax) {
      throw protocolViolation('invalid length of startup packet');
    }
    return this.#take(4, bytes);
  }

  /** The next message, or undefined until all of it is here. Throws SqlError 08P01 for a length out of bounds. */
  frame(): Frame | undefined {
    if (this.waitingBytes < HEADER_BYTES) return undefined;
    const code = this.#buffer.readUInt8(this.#start);
    const length = this.#buffer.readUInt32BE(this.#start + 1);
    if (length < 4 || length > this.#messageBytesMax) throw protocolViolation('invalid message length');
    const payload = this.#take(HEADER_BYTES, length - 4);
    return payload === undefined ? undefined : { code, payload };
  }

  /** Everything that waits, taken out, for whoever reads on: the relay. */
  rest(): Buffer {
    const rest = this.#buffer.subarray(this.#start, this.#end);
    // The reader may live as long as the session, and need not keep what it has read last.
    this.#buffer = EMPTY;
    this.#start = 0;
    this.#end = 0;
    return rest;
  }

  #take(headerBytes: number, bodyBytes: number): Buffer | undefined {
    if (this.waitingBytes < headerBytes + bodyBytes) return undefined;
    const from = this.#start + headerBytes;
    this.#start = from + bodyBytes;
    assert(this.#start <= this.#end);
    return this.#buffer.subarray(from, this.#start);
  }

  // INVARIANT: bytes that were given out are never written again, so growing takes a new buffer. It at least
  // doubles what waits, so that a message that arrives byte by byte costs linear time.
  #grow(neededBytes: number): void {
    const larger = Buffer.allocUnsafeSlow(Math.max(neededBytes * 2, 256));
    this.#buffer.copy(larger, 0, this.#start, this.#end);
    this.#end -= this.#start;
    this.#start = 0;
    this.#buffer = larger;
  }
}
