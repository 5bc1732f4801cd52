import { readFileSync } from 'node:fs';

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { SqlError } from '../../../src/core/errors.ts';
import { Secret } from '../../../src/core/secret.ts';
import {
  type Authentication,
  readAuthentication,
  writeAuthentication,
} from '../../../src/pgwire/authentication.ts';
import * as backend from '../../../src/pgwire/backend.ts';
import { readComplaint, writeErrorResponse, writeNoticeResponse } from '../../../src/pgwire/error-fields.ts';
import { payloadOf } from '../../../src/pgwire/frame-scanner.ts';
import * as frontend from '../../../src/pgwire/frontend.ts';
import { sqlStateOf } from './streams.ts';

const text = fc.string({ unit: 'grapheme', maxLength: 40 }).filter((value) => !value.includes('\0'));
const bytes = fc.uint8Array({ maxLength: 60 }).map((value) => Buffer.from(value));
const int32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });

/** Checks letter and length, then gives the payload. */
function opened(letter: string, message: Buffer): Buffer {
  expect(String.fromCharCode(message[0] ?? 0)).toBe(letter);
  expect(message.readUInt32BE(1)).toBe(message.length - 1);
  return payloadOf(message);
}

const authentications: fc.Arbitrary<Authentication> = fc.oneof(
  fc.constant<Authentication>({ kind: 'ok' }),
  fc.constant<Authentication>({ kind: 'cleartext-password' }),
  fc.record({
    kind: fc.constant('md5-password' as const),
    salt: fc.uint8Array({ minLength: 4, maxLength: 4 }).map((salt) => Buffer.from(salt)),
  }),
  fc.record({
    kind: fc.constant('sasl' as const),
    mechanisms: fc.array(
      text.filter((value) => value !== ''),
      { maxLength: 4 },
    ),
  }),
  fc.record({ kind: fc.constantFrom('sasl-continue' as const, 'sasl-final' as const), data: bytes }),
  fc.constant<Authentication>({ kind: 'other', code: 7 }),
);

describe('what is written is read back', () => {
  it('for requests for authentication', () => {
    fc.assert(
      fc.property(authentications, (request) => {
        expect(readAuthentication(opened('R', writeAuthentication(request)))).toEqual(request);
      }),
    );
  });

  it('for what a backend says around a login', () => {
    fc.assert(
      fc.property(text, text, int32, bytes, fc.array(text), (name, value, processId, key, options) => {
        const status = { name, value };
        expect(backend.readParameterStatus(opened('S', backend.writeParameterStatus(status)))).toEqual(
          status,
        );
        const secretKey = Buffer.concat([Buffer.alloc(4), key]);
        const keyData = backend.writeBackendKeyData({ processId, secretKey });
        expect(backend.readBackendKeyData(opened('K', keyData))).toEqual({ processId, secretKey });
        expect(backend.readCommandComplete(opened('C', backend.writeCommandComplete(value)))).toBe(value);
        const offer = { minorVersion: 2, unknownOptions: options };
        const negotiation = opened('v', backend.writeNegotiateProtocolVersion(offer));
        expect(backend.readNegotiateProtocolVersion(negotiation)).toEqual(offer);
      }),
    );
    for (const status of ['idle', 'transaction', 'failed'] as const) {
      expect(backend.readReadyForQuery(opened('Z', backend.writeReadyForQuery(status)))).toBe(status);
    }
  });

  it('for rows', () => {
    fc.assert(
      fc.property(fc.array(fc.option(bytes)), (columns) => {
        expect(backend.readDataRow(opened('D', backend.writeDataRow(columns)))).toEqual(columns);
      }),
    );
  });

  it('for what a client says', () => {
    fc.assert(
      fc.property(text, text, fc.option(bytes, { nil: undefined }), bytes, (name, sql, data, rest) => {
        expect(frontend.readPassword(opened('p', frontend.writePassword(new Secret(sql)))).reveal()).toBe(
          sql,
        );
        const initial = opened('p', frontend.writeSaslInitialResponse({ mechanism: name, data }));
        expect(frontend.readSaslInitialResponse(initial)).toEqual({ mechanism: name, data });
        expect(opened('p', frontend.writeSaslResponse(rest))).toEqual(rest);
        expect(frontend.readQuery(opened('Q', frontend.writeQuery(sql)))).toBe(sql);
        expect(frontend.readParse(opened('P', frontend.writeParse({ name, sql, rest })))).toEqual({
          name,
          sql,
          rest,
        });
      }),
    );
    expect(opened('S', frontend.writeSync())).toHaveLength(0);
    expect(opened('X', frontend.writeTerminate())).toHaveLength(0);
  });

  it('for errors and notices', () => {
    const optional = fc.option(text, { nil: undefined });
    fc.assert(
      fc.property(text, optional, optional, (message, detail, hint) => {
        const error = new SqlError('28P01', message, { detail, hint });
        const expected = { sqlState: '28P01', message, detail, hint };
        expect(readComplaint(opened('E', writeErrorResponse('FATAL', error)))).toEqual({
          severity: 'FATAL',
          ...expected,
        });
        const notice = opened('N', writeNoticeResponse('NOTICE', error));
        expect(readComplaint(notice)).toEqual({ severity: 'NOTICE', ...expected });
      }),
    );
  });
});

describe('the bytes that PostgreSQL 18 sends', () => {
  const vectors = JSON.parse(
    readFileSync(new URL('../../vectors/pgwire/messages.json', import.meta.url), 'utf8'),
  ) as { question: string; reader: string; hex: string; value: unknown }[];

  const readers = new Map<string, (payload: Buffer) => unknown>([
    ['authentication', readAuthentication],
    ['complaint', readComplaint],
    ['parameterStatus', backend.readParameterStatus],
    ['backendKeyData', backend.readBackendKeyData],
    ['readyForQuery', backend.readReadyForQuery],
    ['commandComplete', backend.readCommandComplete],
    ['dataRow', backend.readDataRow],
    ['negotiateProtocolVersion', backend.readNegotiateProtocolVersion],
  ]);

  it.each(vectors)('$question', ({ reader, hex, value }) => {
    const message = Buffer.from(hex, 'hex');
    expect(message.readUInt32BE(1)).toBe(message.length - 1);
    const read = readers.get(reader)?.(payloadOf(message));
    expect(JSON.parse(JSON.stringify(read, bytesAsHex))).toEqual(value);
  });
});

/** JSON shows a Buffer as `{ type, data }`, which is where the replacer meets it. */
function bytesAsHex(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('type' in value) || value.type !== 'Buffer')
    return value;
  return 'data' in value && Array.isArray(value.data) ? Buffer.from(value.data).toString('hex') : value;
}

describe('hostile messages', () => {
  it.each([
    ['a column of length -2 (CVE-2026-4427)', () => backend.readDataRow(Buffer.from('0001fffffffe', 'hex'))],
    ['a column longer than the message', () => backend.readDataRow(Buffer.from('00017fffffff61', 'hex'))],
    ['fewer columns than announced', () => backend.readDataRow(Buffer.from('0002ffffffff', 'hex'))],
    ['a negative number of columns', () => backend.readDataRow(Buffer.from('8000', 'hex'))],
    ['bytes after the columns', () => backend.readDataRow(Buffer.from('000061', 'hex'))],
    ['an error field without an end', () => readComplaint(Buffer.from('Mabc'))],
    ['an error without its last NUL', () => readComplaint(Buffer.from('Mabc\0'))],
    ['an empty error', () => readComplaint(Buffer.alloc(0))],
    ['bytes after an error', () => readComplaint(Buffer.from('Mabc\0\0x'))],
    [
      'two billion protocol options',
      () => backend.readNegotiateProtocolVersion(Buffer.from('000300007fffffff', 'hex')),
    ],
    [
      'minus one protocol options',
      () => backend.readNegotiateProtocolVersion(Buffer.from('00030000ffffffff', 'hex')),
    ],
    ['a cancel key of 3 bytes', () => backend.readBackendKeyData(Buffer.alloc(7))],
    ['a cancel key of 257 bytes', () => backend.readBackendKeyData(Buffer.alloc(261))],
    ['an unknown transaction status', () => backend.readReadyForQuery(Buffer.from('X'))],
    ['a salt of 3 bytes', () => readAuthentication(Buffer.from('00000005010203', 'hex'))],
    ['mechanisms without an end', () => readAuthentication(Buffer.from('0000000a53435241', 'hex'))],
    [
      'mechanisms beyond number',
      () =>
        readAuthentication(
          Buffer.concat([Buffer.from('0000000a', 'hex'), Buffer.from('A\0'.repeat(33)), Buffer.of(0)]),
        ),
    ],
    [
      'an initial response of length -2',
      () => frontend.readSaslInitialResponse(Buffer.from('5300fffffffe', 'hex')),
    ],
    [
      'an initial response that ends early',
      () => frontend.readSaslInitialResponse(Buffer.from('53000000000561', 'hex')),
    ],
    ['a password without its NUL', () => frontend.readPassword(Buffer.from('secret'))],
    ['a password with a NUL inside', () => frontend.readPassword(Buffer.from('sec\0ret\0'))],
    ['a password that is not UTF-8', () => frontend.readPassword(Buffer.from([0xff, 0]))],
  ])('are refused: %s', (_what, read) => {
    expect(sqlStateOf(read)).toBe('08P01');
  });

  it.each([
    ['a query without its NUL', frontend.readQuery(Buffer.from('select'))],
    ['a query with a NUL inside', frontend.readQuery(Buffer.from('select\0; drop\0'))],
    ['a query that is not UTF-8', frontend.readQuery(Buffer.from([0xff, 0]))],
    ['an empty query message', frontend.readQuery(Buffer.alloc(0))],
    ['a parse message without a text', frontend.readParse(Buffer.from('name\0'))],
    ['a parse message whose text has no end', frontend.readParse(Buffer.from('name\0select'))],
    ['a parse message whose text is not UTF-8', frontend.readParse(Buffer.from([0, 0xff, 0, 0, 0]))],
  ])('are left to PostgreSQL: %s', (_what, read) => {
    expect(read).toBeUndefined();
  });

  it('without any field become an error that can be shown (CVE-2026-6666)', () => {
    expect(readComplaint(Buffer.of(0))).toEqual({
      severity: 'ERROR',
      sqlState: 'XX000',
      message: 'the server gave no message',
      detail: undefined,
      hint: undefined,
    });
  });

  it('cannot smuggle a field through a NUL in an error of ours', () => {
    const error = readComplaint(payloadOf(writeErrorResponse('ERROR', new SqlError('42704', 'no\0C00000'))));
    expect(error).toMatchObject({ sqlState: '42704', message: 'noC00000' });
  });

  it('never fail without a type, whatever the bytes', () => {
    const readers = [
      readAuthentication,
      readComplaint,
      backend.readParameterStatus,
      backend.readBackendKeyData,
      backend.readReadyForQuery,
      backend.readCommandComplete,
      backend.readNegotiateProtocolVersion,
      backend.readDataRow,
      frontend.readPassword,
      frontend.readSaslInitialResponse,
      frontend.readQuery,
      frontend.readParse,
    ];
    const hostile = fc.oneof(
      fc.uint8Array({ maxLength: 80 }),
      fc
        .tuple(fc.constantFrom(0, 3, 5, 10, 11, 12), fc.uint8Array({ maxLength: 60 }))
        .map(([code, rest]) => Buffer.concat([Buffer.from([0, 0, 0, code]), rest])),
    );
    fc.assert(
      fc.property(hostile, fc.constantFrom(...readers), (payload, read) => {
        expect(['08P01', 'nothing was thrown']).toContain(sqlStateOf(() => read(Buffer.from(payload))));
      }),
      { numRuns: 1_000 },
    );
  });
});
