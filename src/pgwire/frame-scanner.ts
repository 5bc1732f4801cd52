import assert from 'node:assert/strict';

import { protocolViolation } from './bytes.ts';

/** Finds the message boundaries in a relayed stream and hands its bytes on in slices, almost without touching them. */

/** What the relay does with messages of one kind; kinds without a row just pass. */
export type Handling = {
  /**
   * `hold`: the whole message is handed over instead of being passed, so that it may be changed or dropped.
   * `watch`: its bytes pass as they come, and a copy of the message is shown as soon as it is complete.
   */
  readonly how: 'hold' | 'watch';
  /** A message whose length on the wire is above this passes unseen: it is never buffered. */
  readonly bytesMax: number;
};

/** The handling of each letter, looked up by its byte. One serves any number of scanners: it has two kilobytes. */
export class HandlingTable {
  readonly holdBytesMax = new Uint32Array(256);
  readonly watchBytesMax = new Uint32Array(256);

  constructor(handling: ReadonlyMap<number, Handling>) {
    for (const [code, { how, bytesMax }] of handling) {
      assert(bytesMax >= 4 && bytesMax < MESSAGE_BYTES_MAX);
      (how === 'hold' ? this.holdBytesMax : this.watchBytesMax)[code] = bytesMax;
    }
  }
}

/** `pass`: bytes to write through as they are. `message`: one held message, letter and length included. */
export type Piece =
  | { readonly kind: 'pass'; readonly bytes: Buffer }
  | { readonly kind: 'message'; readonly code: number; readonly bytes: Buffer };

export type Watcher = (code: number, message: Buffer) => void;

const HEADER_BYTES = 5;
const NOTHING = Buffer.alloc(0);

/** PostgreSQL 18 refuses lengths from 1 GiB on (PQ_LARGE_MESSAGE_LIMIT), so a larger one is no message. */
const MESSAGE_BYTES_MAX = 2 ** 30;

/** The payload of a held or watched message. */
export function payloadOf(message: Buffer): Buffer {
  return message.subarray(HEADER_BYTES);
}

/**
 * Push a chunk, then ask for pieces until there is none; then push the next chunk. Messages that only pass
 * are joined into one slice of the chunk, however many they are, and never copied.
 */
export class FrameScanner {
  readonly #holdBytesMax: Uint32Array;
  readonly #watchBytesMax: Uint32Array;
  readonly #watcher: Watcher;

  #chunk: Buffer = NOTHING;
  /** Where the next piece of the chunk begins. */
  #at = 0;
  /** Bytes of the message under way that are still to pass. */
  #passLeft = 0;
  /** The first bytes of a header that a chunk cut; only the first `#headBytes` count. */
  readonly #head = Buffer.alloc(HEADER_BYTES);
  #headBytes = 0;
  /** The message under way that is being collected, with its bytes so far. */
  #collected: Buffer | undefined;
  #collectedBytes = 0;
  #collectedIsHeld = false;

  /** `watcher` is called during `next`, before the piece that ends there. */
  constructor(handling: HandlingTable, watcher: Watcher = () => {}) {
    this.#holdBytesMax = handling.holdBytesMax;
    this.#watchBytesMax = handling.watchBytesMax;
    this.#watcher = watcher;
  }

  /**
   * Whether the bytes that came out so far end with a complete message, so that one of our own may be written
   * after them. A held message and a cut header count as not begun.
   */
  get atBoundary(): boolean {
    return this.#passLeft === 0;
  }

  /** Takes the next chunk. The one before must be used up: `next` has answered undefined. */
  push(chunk: Buffer): void {
    assert(this.#at === this.#chunk.length, 'the chunk before is used up');
    this.#chunk = chunk;
    this.#at = 0;
  }

  /** The next piece, or undefined when the chunk is used up. Throws SqlError 08P01 for an impossible length. */
  next(): Piece | undefined {
    const piece = this.#nextOfChunk();
    // A client that is idle from here on is not to keep the memory of what it has sent.
    if (piece === undefined) this.push(NOTHING);
    return piece;
  }

  #nextOfChunk(): Piece | undefined {
    if (this.#collected !== undefined && this.#collectedIsHeld) return this.#collectHeld();
    return this.#headBytes > 0 ? this.#completeHead() : this.#passRun();
  }

  /** Everything up to the next held message, the next cut header or the end of the chunk, as one slice. */
  #passRun(): Piece | undefined {
    const chunk = this.#chunk;
    const from = this.#at;
    let at = this.#passOn(from);
    while (this.#passLeft === 0 && at < chunk.length) {
      const available = chunk.length - at;
      if (available < HEADER_BYTES) {
        this.#headBytes = chunk.copy(this.#head, 0, at);
        this.#at = chunk.length;
        return at > from ? { kind: 'pass', bytes: chunk.subarray(from, at) } : undefined;
      }
      // This loop runs once for every row of every result, so it reads no more than the header.
      const code = chunk[at] ?? 0;
      const length = checkedLength(chunk.readUInt32BE(at + 1));
      if (length <= (this.#holdBytesMax[code] ?? 0)) {
        this.#at = at;
        return at > from ? { kind: 'pass', bytes: chunk.subarray(from, at) } : this.#beginHeld(code, length);
      }
      this.#passLeft = length + 1;
      if (length <= (this.#watchBytesMax[code] ?? 0)) this.#beginWatched(length);
      at = this.#passOn(at);
    }
    this.#at = at;
    return at > from ? { kind: 'pass', bytes: chunk.subarray(from, at) } : undefined;
  }

  /** Lets the message under way pass as far as the chunk goes; returns where it stops. */
  #passOn(at: number): number {
    const bytes = Math.min(this.#passLeft, this.#chunk.length - at);
    if (bytes === 0) return at;
    this.#passLeft -= bytes;
    if (this.#collected !== undefined) this.#watch(this.#collected, at, at + bytes);
    return at + bytes;
  }

  #beginWatched(length: number): void {
    this.#collected = Buffer.allocUnsafe(length + 1);
    this.#collectedBytes = 0;
    this.#collectedIsHeld = false;
  }

  #watch(collected: Buffer, from: number, to: number): void {
    this.#collectedBytes += this.#chunk.copy(collected, this.#collectedBytes, from, to);
    if (this.#passLeft > 0) return;
    this.#collected = undefined;
    this.#watcher(collected.readUInt8(), collected);
  }

  /** A held message that is all in the chunk is a slice of it; one that is not is collected. */
  #beginHeld(code: number, length: number): Piece | undefined {
    const end = this.#at + length + 1;
    if (end <= this.#chunk.length) {
      const bytes = this.#chunk.subarray(this.#at, end);
      this.#at = end;
      return { kind: 'message', code, bytes };
    }
    this.#collected = Buffer.allocUnsafe(length + 1);
    this.#collectedBytes = 0;
    this.#collectedIsHeld = true;
    return this.#collectHeld();
  }

  #collectHeld(): Piece | undefined {
    const collected = this.#collected;
    assert(collected !== undefined);
    const copied = this.#chunk.copy(collected, this.#collectedBytes, this.#at);
    this.#at += copied;
    this.#collectedBytes += copied;
    if (this.#collectedBytes < collected.length) return undefined;
    this.#collected = undefined;
    return { kind: 'message', code: collected.readUInt8(), bytes: collected };
  }

  /** Completes a header that a chunk cut. Of a message that passes, the header passes as a piece of its own. */
  #completeHead(): Piece | undefined {
    const copied = this.#chunk.copy(this.#head, this.#headBytes, this.#at);
    this.#at += copied;
    this.#headBytes += copied;
    if (this.#headBytes < HEADER_BYTES) return undefined;
    this.#headBytes = 0;
    const code = this.#head.readUInt8();
    const length = checkedLength(this.#head.readUInt32BE(1));
    if (length <= (this.#holdBytesMax[code] ?? 0)) {
      this.#collected = Buffer.allocUnsafe(length + 1);
      this.#collectedBytes = this.#head.copy(this.#collected);
      this.#collectedIsHeld = true;
      return this.#collectHeld();
    }
    const header = Buffer.from(this.#head);
    this.#passLeft = length + 1 - HEADER_BYTES;
    if (length <= (this.#watchBytesMax[code] ?? 0)) {
      this.#beginWatched(length);
      this.#collectedBytes = header.copy(this.#collected ?? header);
      if (this.#passLeft === 0) this.#watch(this.#collected ?? header, this.#at, this.#at);
    }
    return { kind: 'pass', bytes: header };
  }
}

function checkedLength(length: number): number {
  if (length < 4 || length > MESSAGE_BYTES_MAX) throw protocolViolation('invalid message length');
  return length;
}
