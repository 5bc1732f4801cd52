import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { SqlError } from '../../../src/core/errors.ts';
import * as pgwire from '../../../src/pgwire/index.ts';
import {
  FrameReader,
  FrameScanner,
  type Handling,
  HandlingTable,
  readAuthentication,
  readFirstPacket,
} from '../../../src/pgwire/index.ts';
import { cut, messageBytes } from './streams.ts';

/**
 * The codec under bytes that nobody honest sends, in both directions. A long run: KEYSHIFT_FUZZ_RUNS=1000000. The seed is
 * printed, and KEYSHIFT_FUZZ_SEED gives it back.
 */
const RUNS = Number(process.env['KEYSHIFT_FUZZ_RUNS'] ?? 2_000);
const GIVEN = process.env['KEYSHIFT_FUZZ_SEED'];
const SEED = GIVEN === undefined ? Date.now() % 2 ** 31 : Number(GIVEN);
const run = (share = 1) => ({ numRuns: Math.max(1, Math.floor(RUNS * share)), seed: SEED, verbose: true });

process.stdout.write(`codec fuzz: KEYSHIFT_FUZZ_SEED=${SEED}\n`);
if (RUNS > 10_000) vi.setConfig({ testTimeout: 3_600_000 });

/** All readers of payloads: those of what clients send, and those of what servers send. */
const READERS = Object.entries(pgwire as Record<string, unknown>).filter(
  (entry): entry is [string, (payload: Buffer) => unknown] =>
    /^read/.test(entry[0]) && entry[0] !== 'readOptions' && typeof entry[1] === 'function',
);

/** Numbers that lengths and counts are most often wrong by. */
const EDGES = [
  0, 1, 2, 3, 4, 5, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xfffffffb, 0xffffffff,
];
const int16 = fc.constantFrom(...EDGES).map((value) => Buffer.from([(value >> 8) & 0xff, value & 0xff]));
const int32 = fc.constantFrom(...EDGES).map((value) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
});
const text = fc.string({ unit: 'binary', maxLength: 20 }).map((value) => Buffer.from(`${value}\0`));
const raw = fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes));
/** Payloads that look like something: fields in any order, with wrong counts, cut anywhere. */
const payload = fc
  .tuple(fc.array(fc.oneof(int16, int32, text, raw), { maxLength: 10 }), fc.nat(200))
  .map(([fields, end]) => Buffer.concat(fields).subarray(0, end));

/** What it gives, or the code of the refusal. Any other failure is a bug. */
function outcomeOf(act: () => unknown): unknown {
  try {
    return act() ?? null;
  } catch (error) {
    if (error instanceof SqlError) return error.sqlState;
    throw error;
  }
}

describe('every reader of a payload', () => {
  test('is tried', () => {
    expect(READERS.map(([name]) => name).sort()).toEqual([
      'readAuthentication',
      'readBackendKeyData',
      'readCommandComplete',
      'readComplaint',
      'readDataRow',
      'readFirstPacket',
      'readNegotiateProtocolVersion',
      'readParameterStatus',
      'readParse',
      'readPassword',
      'readQuery',
      'readReadyForQuery',
      'readSaslInitialResponse',
    ]);
  });

  test.each(READERS)('%s gives something or refuses with a code, whatever comes', (_name, read) => {
    fc.assert(
      fc.property(payload, (bytes) => {
        const before = Buffer.from(bytes);
        const outcome = outcomeOf(() => read(bytes));
        if (typeof outcome === 'string' && /^[0-9A-Z]{5}$/.test(outcome))
          expect(['08P01', '0A000', '28000']).toContain(outcome);
        // What is read is not changed.
        expect(bytes.equals(before)).toBe(true);
      }),
      run(1 / READERS.length),
    );
  });
});

/** Which messages are collected on the way, and how: clients' are held to be translated, servers' are only looked at. */
const DIRECTIONS: readonly [string, string, Handling['how']][] = [
  ['clients send', 'QPX', 'hold'],
  ['servers send', 'ZES', 'watch'],
];
const message = fc.tuple(fc.nat(255), fc.uint8Array({ maxLength: 50 }));

describe('a stream', () => {
  test('of messages is read the same when it is cut at every byte', () => {
    fc.assert(
      fc.property(fc.array(message, { minLength: 1, maxLength: 5 }), (messages) => {
        const stream = Buffer.concat(messages.map(([code, bytes]) => messageBytes(code, bytes)));
        const framesOf = (chunks: readonly Buffer[]) => {
          const reader = new FrameReader();
          const frames: unknown[] = [];
          for (const chunk of chunks) {
            reader.push(chunk);
            for (let frame = reader.frame(); frame !== undefined; frame = reader.frame()) {
              frames.push([frame.code, Buffer.from(frame.payload).toString('hex')]);
            }
          }
          return frames;
        };
        const whole = framesOf([stream]);
        expect(whole).toEqual(messages.map(([code, bytes]) => [code, Buffer.from(bytes).toString('hex')]));
        expect(framesOf([...stream].map((byte) => Buffer.of(byte)))).toEqual(whole);
        for (let at = 1; at < stream.length; at++) expect(framesOf(cut(stream, [at]))).toEqual(whole);
      }),
      run(1 / 20),
    );
  });

  test('of anything passes the relay unchanged but for held messages, or is refused', () => {
    const handling = new Map([
      [0x51, { how: 'hold', bytesMax: 64 } as const],
      [0x50, { how: 'hold', bytesMax: 64 } as const],
    ]);
    const noise = fc.oneof(
      message.map(([code, bytes]) => messageBytes(code, bytes)),
      message.map(([, bytes]) => messageBytes(0x51, bytes)),
      raw,
      fc.tuple(fc.nat(255), int32).map(([code, length]) => Buffer.concat([Buffer.of(code), length])),
    );
    fc.assert(
      fc.property(
        fc.array(noise, { maxLength: 8 }),
        fc.array(fc.integer({ min: 1, max: 30 }), { maxLength: 20 }),
        (parts, sizes) => {
          const stream = Buffer.concat(parts);
          const scanner = new FrameScanner(new HandlingTable(handling));
          const out: Buffer[] = [];
          const outcome = outcomeOf(() => {
            for (const chunk of cut(stream, sizes)) {
              scanner.push(chunk);
              for (let piece = scanner.next(); piece !== undefined; piece = scanner.next()) {
                out.push(Buffer.from(piece.bytes));
                if (piece.kind === 'message')
                  expect(piece.bytes.readUInt32BE(1)).toBe(piece.bytes.length - 1);
              }
            }
          });
          const passed = Buffer.concat(out);
          expect(stream.subarray(0, passed.length).equals(passed)).toBe(true);
          expect([null, '08P01']).toContain(outcome);
        },
      ),
      run(1 / 4),
    );
  });

  test.each(DIRECTIONS)('of what %s passes the relay the same, cut at every byte', (_name, letters, how) => {
    const codes = [...letters].map((letter) => letter.charCodeAt(0));
    const handling = new Map(codes.map((code) => [code, { how, bytesMax: 64 } as const]));
    const outcomeOfChunks = (stream: Buffer, sizes: readonly number[]) => {
      const collected: string[] = [];
      const collect = (bytes: Buffer) => void collected.push(bytes.toString('hex'));
      const scanner = new FrameScanner(new HandlingTable(handling), (_code, bytes) => collect(bytes));
      const out: Buffer[] = [];
      for (const chunk of cut(stream, sizes)) {
        scanner.push(chunk);
        for (let piece = scanner.next(); piece !== undefined; piece = scanner.next()) {
          out.push(Buffer.from(piece.bytes));
          if (piece.kind === 'message') collect(piece.bytes);
        }
      }
      return { out: Buffer.concat(out).toString('hex'), collected };
    };
    const any = fc.tuple(fc.oneof(fc.constantFrom(...codes), fc.nat(255)), fc.uint8Array({ maxLength: 80 }));
    fc.assert(
      fc.property(fc.array(any, { minLength: 1, maxLength: 4 }), fc.nat(400), (messages, end) => {
        const stream = Buffer.concat(messages.map(([code, bytes]) => messageBytes(code, bytes)));
        const cutShort = stream.subarray(0, end);
        const whole = outcomeOfChunks(cutShort, []);
        for (let at = 1; at < cutShort.length; at++) expect(outcomeOfChunks(cutShort, [at])).toEqual(whole);
        expect(outcomeOfChunks(cutShort, Array(cutShort.length).fill(1))).toEqual(whole);
      }),
      run(1 / 100),
    );
  });

  test('that announces more than it may is refused before its bytes come', () => {
    for (const length of [0, 3, 16 * 1024 + 1, 0x7fffffff, 0x80000000, 0xffffffff]) {
      const reader = new FrameReader();
      const head = Buffer.alloc(5, 'p');
      head.writeUInt32BE(length, 1);
      reader.push(head);
      expect(outcomeOf(() => reader.frame())).toBe('08P01');
    }
  });
});

test('the first packet and authentication of a server are told apart from nonsense', () => {
  fc.assert(
    fc.property(int32, payload, (code, rest) => {
      const bytes = Buffer.concat([code, rest]);
      for (const read of [readFirstPacket, readAuthentication]) outcomeOf(() => read(bytes));
    }),
    run(1 / 4),
  );
});
