import { SqlError } from '../core/errors.ts';

/** Reading and writing the fields of one message; every read is checked against the end of the message. */

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The text of `bytes`, or undefined if they are not UTF-8. */
export function utf8Text(bytes: Uint8Array): string | undefined {
  try {
    return strictUtf8.decode(bytes);
  } catch {
    return undefined;
  }
}

/** What a peer did wrong on the wire: SQLSTATE 08P01, protocol_violation. */
export function protocolViolation(message: string): SqlError {
  return new SqlError('08P01', message);
}

/** Reads the fields of one message in their order; throws SqlError 08P01 where the message ends too early. */
export class FieldReader {
  readonly #bytes: Buffer;
  readonly #what: string;
  #at = 0;

  /** `what` names the message in errors. */
  constructor(bytes: Buffer, what: string) {
    this.#bytes = bytes;
    this.#what = what;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  byte(): number {
    return this.#take(1).readUInt8();
  }

  int16(): number {
    return this.#take(2).readInt16BE();
  }

  int32(): number {
    return this.#take(4).readInt32BE();
  }

  uint32(): number {
    return this.#take(4).readUInt32BE();
  }

  /** `count` comes from the peer: a negative or too large one is a violation, never a read elsewhere. */
  bytes(count: number): Buffer {
    return this.#take(count);
  }

  rest(): Buffer {
    return this.#take(this.left);
  }

  /** The bytes up to the next NUL, which is consumed. */
  untilNul(): Buffer {
    const end = this.#bytes.indexOf(0, this.#at);
    if (end < 0) throw this.#broken('a text has no terminator');
    const text = this.#bytes.subarray(this.#at, end);
    this.#at = end + 1;
    return text;
  }

  /** A NUL-terminated text that must be UTF-8. */
  text(): string {
    const text = utf8Text(this.untilNul());
    if (text === undefined) throw this.#broken('a text is not UTF-8');
    return text;
  }

  /** A NUL-terminated text for people to read, in which bytes that are not UTF-8 are replaced. */
  lenientText(): string {
    return this.untilNul().toString('utf8');
  }

  /** Throws if anything is left. */
  end(): void {
    if (this.left > 0) throw this.#broken('it is longer than its fields');
  }

  #take(count: number): Buffer {
    if (count < 0) throw this.#broken('a length is negative');
    if (count > this.left) throw this.#broken('it ends too early');
    const taken = this.#bytes.subarray(this.#at, this.#at + count);
    this.#at += count;
    return taken;
  }

  #broken(problem: string): SqlError {
    return protocolViolation(`invalid ${this.#what}: ${problem}`);
  }
}

/** One message: its letter, its length (which counts itself) and its fields. */
export function message(code: number, ...fields: readonly Uint8Array[]): Buffer {
  const length = lengthOf(fields);
  const bytes = Buffer.allocUnsafe(length + 1);
  bytes.writeUInt8(code);
  return filled(bytes, 1, length, fields);
}

/** A packet without a letter, as at the start of a connection. */
export function packet(...fields: readonly Uint8Array[]): Buffer {
  const length = lengthOf(fields);
  return filled(Buffer.allocUnsafe(length), 0, length, fields);
}

/** With the four bytes of the length itself. */
function lengthOf(fields: readonly Uint8Array[]): number {
  let length = 4;
  for (const field of fields) length += field.length;
  return length;
}

/** Length and fields from `at` on, to the end. A login writes twenty messages, so each is one buffer, written once. */
function filled(bytes: Buffer, at: number, length: number, fields: readonly Uint8Array[]): Buffer {
  let next = bytes.writeInt32BE(length | 0, at);
  for (const field of fields) {
    bytes.set(field, next);
    next += field.length;
  }
  return bytes;
}

export function int16(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(2);
  bytes.writeInt16BE(value);
  return bytes;
}

export function int32(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeInt32BE(value | 0);
  return bytes;
}

/**
 * A NUL-terminated text. A NUL inside would end it early and let its tail be read as the next field, so it
 * is taken out; callers that must not lose it check first.
 */
export function cString(text: string): Buffer {
  return Buffer.from(`${text.includes('\0') ? text.replaceAll('\0', '') : text}\0`, 'utf8');
}
