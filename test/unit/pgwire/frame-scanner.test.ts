import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { FrameScanner, type Handling, HandlingTable, type Piece } from '../../../src/pgwire/frame-scanner.ts';
import { cut, messageBytes, sqlStateOf } from './streams.ts';

const QUERY = 0x51;
const READY = 0x5a;
const ROW = 0x44;

const HANDLING = new HandlingTable(
  new Map<number, Handling>([
    [QUERY, { how: 'hold', bytesMax: 40 }],
    [READY, { how: 'watch', bytesMax: 30 }],
  ]),
);

interface Result {
  readonly passed: Buffer;
  readonly held: Buffer[];
  readonly watched: Buffer[];
  /** What came out in its order, held messages in place. */
  readonly all: Buffer;
  readonly pieces: Piece[];
  readonly boundaries: boolean[];
}

function scan(chunks: readonly Buffer[]): Result {
  const watched: Buffer[] = [];
  const scanner = new FrameScanner(HANDLING, (_code, message) => watched.push(Buffer.from(message)));
  const pieces: Piece[] = [];
  const boundaries: boolean[] = [];
  for (const chunk of chunks) {
    scanner.push(chunk);
    for (let piece = scanner.next(); piece !== undefined; piece = scanner.next()) {
      pieces.push({ ...piece, bytes: Buffer.from(piece.bytes) });
      boundaries.push(scanner.atBoundary);
    }
  }
  return {
    passed: Buffer.concat(pieces.filter((piece) => piece.kind === 'pass').map((piece) => piece.bytes)),
    held: pieces.filter((piece) => piece.kind === 'message').map((piece) => piece.bytes),
    watched,
    all: Buffer.concat(pieces.map((piece) => piece.bytes)),
    pieces,
    boundaries,
  };
}

const messages = fc.array(
  fc.record({
    code: fc.constantFrom(QUERY, READY, ROW, 0x53),
    payload: fc.uint8Array({ maxLength: 50 }),
  }),
  { maxLength: 15 },
);

describe('the scanner of the relay', () => {
  it('lets every byte out once and in order, however the stream is cut', () => {
    fc.assert(
      fc.property(messages, fc.array(fc.integer({ min: 0, max: 30 })), (list, sizes) => {
        const whole = list.map(({ code, payload }) => messageBytes(code, payload));
        const stream = Buffer.concat(whole);
        const result = scan(cut(stream, sizes));
        expect(result.all).toEqual(stream);
        expect(result.held).toEqual(whole.filter((bytes) => bytes[0] === QUERY && bytes.length - 1 <= 40));
        expect(result.watched).toEqual(whole.filter((bytes) => bytes[0] === READY && bytes.length - 1 <= 30));
      }),
      { numRuns: 500 },
    );
  });

  it('knows at every piece whether the bytes so far end with a complete message', () => {
    fc.assert(
      fc.property(messages, fc.array(fc.integer({ min: 0, max: 30 })), (list, sizes) => {
        const stream = Buffer.concat(list.map(({ code, payload }) => messageBytes(code, payload)));
        const ends = new Set([0]);
        let end = 0;
        for (const { payload } of list) {
          end += payload.length + 5;
          ends.add(end);
        }
        const result = scan(cut(stream, sizes));
        let at = 0;
        result.pieces.forEach((piece, i) => {
          at += piece.bytes.length;
          expect(result.boundaries[i]).toBe(ends.has(at));
        });
      }),
    );
  });

  it('passes many messages of one chunk as one slice of it, without a copy', () => {
    const chunk = Buffer.concat(Array.from({ length: 1_000 }, () => messageBytes(ROW, Buffer.from('row'))));
    const scanner = new FrameScanner(HANDLING);
    scanner.push(chunk);
    const piece = scanner.next();
    expect(piece?.bytes.length).toBe(chunk.length);
    expect(piece?.bytes.buffer).toBe(chunk.buffer);
    expect(scanner.next()).toBeUndefined();
  });

  it('passes a message of a gigabyte as it comes and holds none of it back', () => {
    const scanner = new FrameScanner(HANDLING);
    scanner.push(Buffer.from([QUERY, 0x40, 0, 0, 0, 0x61]));
    expect(scanner.next()?.bytes.length).toBe(6);
    expect(scanner.atBoundary).toBe(false);
    scanner.push(Buffer.alloc(65_536));
    expect(scanner.next()?.bytes.length).toBe(65_536);
    expect(scanner.next()).toBeUndefined();
  });

  it('holds a message at its limit and passes one that is a byte longer', () => {
    expect(scan([messageBytes(QUERY, Buffer.alloc(36))]).held).toHaveLength(1);
    expect(scan([messageBytes(QUERY, Buffer.alloc(37))]).held).toHaveLength(0);
    expect(scan([messageBytes(QUERY, Buffer.alloc(37))]).passed).toHaveLength(42);
  });

  it.each([0, 3, 0x4000_0001, 0xffff_ffff])('refuses a length of %i, whole or cut', (length) => {
    const header = Buffer.from([ROW, 0, 0, 0, 0]);
    header.writeUInt32BE(length, 1);
    expect(sqlStateOf(() => scan([header]))).toBe('08P01');
    expect(sqlStateOf(() => scan(cut(header, [1, 1])))).toBe('08P01');
  });

  it('passes everything that it is not told about', () => {
    const scanner = new FrameScanner(new HandlingTable(new Map()));
    scanner.push(messageBytes(QUERY, Buffer.from('select 1\0')));
    expect(scanner.next()).toMatchObject({ kind: 'pass' });
  });

  it('insists that a chunk is used up before the next one', () => {
    const scanner = new FrameScanner(HANDLING);
    scanner.push(messageBytes(QUERY, Buffer.from('select 1\0')));
    expect(() => scanner.push(Buffer.of(1))).toThrow(/used up/);
  });

  it('answers garbage with pieces or a typed error, and comes to an end', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 8 }), (chunks) => {
        const outcome = sqlStateOf(() => scan(chunks.map((chunk) => Buffer.from(chunk))));
        expect(['08P01', 'nothing was thrown']).toContain(outcome);
      }),
    );
  });
});
