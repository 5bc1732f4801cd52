import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { writeCancelRequest, writeSslRequest, writeStartup } from '../../../src/pgwire/frontend.ts';
import { negotiateProtocol, readFirstPacket, type StartupPacket } from '../../../src/pgwire/startup.ts';
import { sqlStateOf } from './streams.ts';

const body = (packet: Buffer): Buffer => packet.subarray(4);

const startupBody = (text: string, code = 196_608): Buffer => {
  const number = Buffer.alloc(4);
  number.writeUInt32BE(code);
  return Buffer.concat([number, Buffer.from(text, 'utf8')]);
};

const startup = (text: string, code?: number): StartupPacket => {
  const packet = readFirstPacket(startupBody(text, code));
  if (packet.kind !== 'startup') throw new Error(`not a startup packet but ${packet.kind}`);
  return packet;
};

describe('the first packet', () => {
  it('tells requests for TLS, for GSSAPI and for cancelling from a startup', () => {
    expect(readFirstPacket(body(writeSslRequest()))).toEqual({ kind: 'ssl' });
    expect(readFirstPacket(startupBody('', 80_877_104))).toEqual({ kind: 'gss' });
    expect(readFirstPacket(body(writeCancelRequest(-7, Buffer.from([1, 2, 3, 4]))))).toEqual({
      kind: 'cancel',
      processId: -7,
      secretKey: Buffer.from([1, 2, 3, 4]),
    });
    expect(startup('user\0anna\0\0').user).toBe('anna');
  });

  it('refuses bytes after a request for TLS', () => {
    expect(sqlStateOf(() => readFirstPacket(startupBody('x', 80_877_103)))).toBe('08P01');
    expect(sqlStateOf(() => readFirstPacket(startupBody('x', 80_877_104)))).toBe('08P01');
  });

  it.each([
    [3, '08P01'],
    [4, 'nothing was thrown'],
    [256, 'nothing was thrown'],
    [257, '08P01'],
  ])('meets a cancel key of %i bytes with: %s', (bytes, outcome) => {
    const packet = body(writeCancelRequest(1, Buffer.alloc(bytes)));
    expect(sqlStateOf(() => readFirstPacket(packet))).toBe(outcome);
  });

  it('gives the parameters without user, database and protocol options', () => {
    const packet = startup('user\0IAM:anna\0database\0dev\0application_name\0psql\0_pq_.x\0on\0\0', 196_610);
    expect(packet).toEqual({
      kind: 'startup',
      minorVersion: 2,
      user: 'IAM:anna',
      database: 'dev',
      parameters: new Map([['application_name', 'psql']]),
      protocolOptions: ['_pq_.x'],
    });
  });

  it('takes an empty database for none', () => {
    expect(startup('user\0anna\0database\0\0\0').database).toBeUndefined();
    expect(startup('user\0anna\0\0').database).toBeUndefined();
  });

  it.each([
    ['no user', 'database\0dev\0\0', '28000'],
    ['an empty user', 'user\0\0\0', '28000'],
    ['the same name twice', 'user\0anna\0user\0root\0\0', '08P01'],
    ['no terminator', 'user\0anna\0', '08P01'],
    ['a name without a value', 'user\0anna\0database\0', '08P01'],
    ['bytes after the terminator', 'user\0anna\0\0x', '08P01'],
    ['nothing at all', '', '08P01'],
  ])('refuses a packet with %s', (_what, text, sqlState) => {
    expect(sqlStateOf(() => startup(text))).toBe(sqlState);
  });

  it('refuses names and values that are not UTF-8', () => {
    const latin1 = Buffer.concat([startupBody('user\0'), Buffer.from([0xe9, 0, 0])]);
    expect(sqlStateOf(() => readFirstPacket(latin1))).toBe('08P01');
  });

  it('keeps a byte order mark in a name', () => {
    expect(startup('user\0\ufeffanna\0\0').user).toBe('\ufeffanna');
  });

  it.each([0x0002_0000, 0x0004_0000, 0x04d2_162c, 0])('refuses protocol number %i', (code) => {
    expect(sqlStateOf(() => startup('user\0anna\0\0', code))).toBe('0A000');
  });

  it('reads back every startup packet that it writes', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 20 }).filter((value) => !value.includes('\0'));
    const name = text.filter((value) => value !== '' && !value.startsWith('_pq_.'));
    fc.assert(
      fc.property(fc.array(fc.tuple(name, text)), text, (pairs, user) => {
        const parameters = new Map([...pairs, ['user', `u${user}`], ['database', 'd']] as [string, string][]);
        const read = readFirstPacket(body(writeStartup(parameters, 2)));
        parameters.delete('user');
        parameters.delete('database');
        expect(read).toEqual({
          kind: 'startup',
          minorVersion: 2,
          user: `u${user}`,
          database: 'd',
          parameters,
          protocolOptions: [],
        });
      }),
    );
  });

  it('answers garbage with a packet or a typed error', () => {
    const code = fc.constantFrom(196_608, 196_610, 80_877_102, 80_877_103, 80_877_104);
    fc.assert(
      fc.property(code, fc.uint8Array({ maxLength: 300 }), (number, rest) => {
        const packet = Buffer.concat([startupBody('', number), rest]);
        const outcomes = ['08P01', '28000', 'nothing was thrown'];
        expect(outcomes).toContain(sqlStateOf(() => readFirstPacket(packet)));
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(sqlStateOf(() => readFirstPacket(Buffer.from(bytes)))).not.toMatch(/untyped/);
      }),
    );
  });
});

describe('the negotiation of the protocol', () => {
  it.each([
    [0, '', 0, 0, false],
    [2, '', 2, 2, false],
    [2, '', 0, 0, true],
    [0, '', 2, 0, false],
    [9_999, '', 2, 2, true],
    [0, '_pq_.report\0on\0', 2, 0, true],
  ])(
    'client 3.%i with options %j, server 3.%i: 3.%i, to be told: %s',
    (asked, options, highest, agreed, told) => {
      const packet = startup(`user\0anna\0${options}\0`, (3 << 16) | asked);
      const negotiation = negotiateProtocol(packet, highest);
      expect(negotiation.minorVersion).toBe(agreed);
      expect(negotiation.mustTell).toBe(told);
      expect(negotiation.unknownOptions).toEqual(packet.protocolOptions);
    },
  );
});
