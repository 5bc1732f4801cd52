import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ipRangeContains, parseIpAddress, parseIpRange } from '../../../src/core/ip-range.ts';
import { decodeBase64 } from '../../../src/policy/base64.ts';
import { compareDecimals, parseDecimal } from '../../../src/policy/decimal.ts';
import { parseInstant } from '../../../src/policy/instant.ts';

describe('a decimal number', () => {
  test.each(['', ' 1', '1 ', '1.', '.5', '1e3', '0x10', 'NaN', 'Infinity', '1,5', '--1', '１'])(
    'is not %j',
    (text) => {
      expect(parseDecimal(text)).toBeUndefined();
    },
  );

  test.each([
    ['0', '-0', 0],
    ['0.0', '-0.00', 0],
    ['1', '01.000', 0],
    ['+1', '1', 0],
    ['0.1', '0.10000000000000000001', -1],
    ['9', '10', -1],
    ['-9', '-10', 1],
    ['-1', '1', -1],
    ['9007199254740993', '9007199254740992', 1],
    ['1.05', '1.5', -1],
    ['123456789012345678901234567890', '123456789012345678901234567891', -1],
  ])('%j and %j are in the order %j', (a, b, expected) => {
    expect(order(a, b)).toBe(expected);
    expect(order(b, a)).toBe(expected === 0 ? 0 : -expected);
  });

  test('is ordered as exact arithmetic orders it', () => {
    const cents = fc.bigInt({ min: -(10n ** 18n), max: 10n ** 18n });
    fc.assert(
      fc.property(cents, cents, (a, b) => {
        expect(order(inHundredths(a), inHundredths(b))).toBe(a < b ? -1 : Number(a > b));
      }),
    );
  });

  function order(a: string, b: string): number {
    const [left, right] = [parseDecimal(a), parseDecimal(b)];
    if (left === undefined || right === undefined) throw new Error('not a decimal');
    const sign = Math.sign(compareDecimals(left, right));
    return sign === 0 ? 0 : sign;
  }

  function inHundredths(value: bigint): string {
    const size = value < 0n ? -value : value;
    return `${value < 0n ? '-' : ''}${size / 100n}.${String(size % 100n).padStart(2, '0')}`;
  }
});

describe('an instant', () => {
  test.each([
    ['2017', '2017-01-01T00:00:00.000Z'],
    ['2017-07', '2017-07-01T00:00:00.000Z'],
    ['2017-07-15', '2017-07-15T00:00:00.000Z'],
    ['2017-07-15T19:20Z', '2017-07-15T19:20:00.000Z'],
    ['2017-07-15T19:20:30Z', '2017-07-15T19:20:30.000Z'],
    ['2017-07-15T19:20:30.4567Z', '2017-07-15T19:20:30.456Z'],
    ['2017-07-15T19:20:30+01:30', '2017-07-15T17:50:30.000Z'],
    ['2017-07-15T19:20:30-01:30', '2017-07-15T20:50:30.000Z'],
    ['2017-07-15t19:20:30z', '2017-07-15T19:20:30.000Z'],
    ['2017-07-15T19:20:30', '2017-07-15T19:20:30.000Z'],
    ['2016-02-29', '2016-02-29T00:00:00.000Z'],
    ['0099-01-01', '0099-01-01T00:00:00.000Z'],
    ['0', '1970-01-01T00:00:00.000Z'],
    ['1500000000', '2017-07-14T02:40:00.000Z'],
  ])('%j is %s', (text, expected) => {
    expect(new Date(parseInstant(text) ?? Number.NaN).toISOString()).toBe(expected);
  });

  test.each([
    '',
    '2017-13',
    '2017-00',
    '2017-02-29',
    '1900-02-29',
    '2017-04-31',
    '2017-07-15T24:00Z',
    '2017-07-15T19:60Z',
    '2017-07-15T19:20:60Z',
    '2017-07-15T19:20:30+24:00',
    '2017-07-15T19Z',
    '2017-07-15 19:20Z',
    '2017-7-15',
    'July 15, 2017',
    '-5',
    '1.5',
    '1500000000000000',
    '*',
  ])('is not %j', (text) => {
    expect(parseInstant(text)).toBeUndefined();
  });

  test('reads what Date prints', () => {
    fc.assert(
      fc.property(fc.date({ min: new Date(0), max: new Date(4e12), noInvalidDate: true }), (date) => {
        expect(parseInstant(date.toISOString())).toBe(date.getTime());
      }),
    );
  });
});

describe('an address range', () => {
  test.each([
    ['10.0.0.0/8', '10.255.0.1', true],
    ['10.0.0.0/8', '11.0.0.0', false],
    ['10.1.2.3/8', '10.9.9.9', true],
    ['0.0.0.0/0', '255.255.255.255', true],
    ['192.0.2.7', '192.0.2.7', true],
    ['192.0.2.7/32', '192.0.2.6', false],
    ['192.0.2.6/31', '192.0.2.7', true],
    ['192.0.0.0/17', '192.0.127.255', true],
    ['192.0.0.0/17', '192.0.128.0', false],
    ['2001:db8::/32', '2001:db8:ffff::', true],
    ['2001:db8::/33', '2001:db8:8000::', false],
    ['::/0', '2001:db8::1', true],
    ['::/0', '10.0.0.1', false],
    ['0.0.0.0/0', '::1', false],
    ['::1', '0:0:0:0:0:0:0:1', true],
    ['::1', '::2', false],
    ['fe80::1.2.3.4', 'fe80::102:304', true],
    ['10.0.0.0/8', '::ffff:10.1.2.3', true],
    ['::ffff:10.0.0.0/104', '10.1.2.3', true],
    ['::ffff:0:0/96', '11.1.2.3', true],
  ])('%s holds %s: %j', (range, address, expected) => {
    expect(holds(range, address)).toBe(expected);
  });

  test.each([
    '',
    '10.0.0',
    '10.0.0.256',
    '010.0.0.1',
    '0x0a.0.0.1',
    '10.0.0.1.',
    ' 10.0.0.1',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1::2::3',
    '1:2:3:4:5:6:7::8:9',
    '::1:2:3:4:5:6:7:8',
    ':1:2:3:4:5:6:7',
    '12345::',
    'fe80::1%eth0',
    '1.2.3.4::',
    '::1.2.3',
    'g::',
    ':::',
  ])('%j is no address', (text) => {
    expect(parseIpAddress(text)).toBeUndefined();
    expect(parseIpRange(text)).toBeUndefined();
  });

  test.each([
    '10.0.0.0/33',
    '10.0.0.0/',
    '10.0.0.0/-1',
    '10.0.0.0/08',
    '10.0.0.0/8/8',
    '::/129',
    '/8',
    '10.0.0.0/a',
  ])('%j is no range', (text) => {
    expect(parseIpRange(text)).toBeUndefined();
  });

  test('holds exactly the addresses with its prefix', () => {
    const word = fc.nat(0xffff);
    const address = fc.array(word, { minLength: 8, maxLength: 8 });
    fc.assert(
      fc.property(address, address, fc.nat(128), (base, other, prefixBits) => {
        // The first bits of one address and the last of the other, so that half of the cases match.
        const bits = bitsOf(base).slice(0, prefixBits) + bitsOf(other).slice(prefixBits);
        const mixed = Array.from({ length: 8 }, (_, at) =>
          Number.parseInt(bits.slice(at * 16, at * 16 + 16), 2),
        );
        const range = `${hex(base)}/${prefixBits}`;
        expect(holds(range, hex(mixed))).toBe(true);
        expect(holds(range, hex(other))).toBe(
          bitsOf(base).slice(0, prefixBits) === bitsOf(other).slice(0, prefixBits),
        );
      }),
    );
  });

  function holds(rangeText: string, addressText: string): boolean {
    const [range, address] = [parseIpRange(rangeText), parseIpAddress(addressText)];
    if (range === undefined || address === undefined) throw new Error('not an address');
    return ipRangeContains(range, address);
  }

  function hex(words: readonly number[]): string {
    return words.map((word) => word.toString(16)).join(':');
  }

  function bitsOf(words: readonly number[]): string {
    return words.map((word) => word.toString(2).padStart(16, '0')).join('');
  }
});

describe('base64', () => {
  test('decodes what Node encodes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        const encoded = Buffer.from(bytes).toString('base64');
        expect(Buffer.from(decodeBase64(encoded) ?? '?', 'latin1')).toEqual(Buffer.from(bytes));
      }),
    );
  });

  test.each(['Q', 'QQ', 'QQ=', 'Q===', 'QQ==QQ==', 'Q-Q=', 'QQ==\n', 'QQ= ='])('is not %j', (text) => {
    expect(decodeBase64(text)).toBeUndefined();
  });
});
