import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  accessKeyId,
  requestId,
  secretAccessKeyText,
  systemRandom,
  uniqueId,
} from '../../../src/core/ids.ts';

const seeded = (byte: number) => (count: number) => Buffer.alloc(count, byte);
const KINDS = [
  ['user', 'AIDA'],
  ['group', 'AGPA'],
  ['role', 'AROA'],
  ['managedPolicy', 'ANPA'],
] as const;

describe('identifiers', () => {
  test.each(KINDS)('of a %s begin with %s and have 21 characters of base32', (kind, prefix) => {
    fc.assert(
      fc.property(fc.nat(255), (byte) => {
        expect(uniqueId(kind, seeded(byte))).toMatch(new RegExp(`^${prefix}[A-Z2-7]{17}$`));
      }),
    );
  });

  test('of access keys have 20 characters, which IAM takes back as a key id', () => {
    fc.assert(
      fc.property(fc.nat(255), (byte) => {
        expect(accessKeyId(seeded(byte))).toMatch(/^AKIA[A-Z2-7]{16}$/);
      }),
    );
  });

  test('come from the chance they are given: the same from the same, others from others', () => {
    expect(uniqueId('user', seeded(1))).toBe(uniqueId('user', seeded(1)));
    expect(uniqueId('user', seeded(1))).not.toBe(uniqueId('user', seeded(2)));
    expect(accessKeyId(seeded(1))).not.toBe(accessKeyId(seeded(2)));
  });

  test('use all 32 characters', () => {
    const characters = new Set(Array.from({ length: 32 }, (_, byte) => accessKeyId(seeded(byte)).at(-1)));
    expect(characters.size).toBe(32);
  });

  test('of the system’s chance differ', () => {
    const ids = Array.from({ length: 200 }, () => accessKeyId(systemRandom));
    expect(new Set(ids).size).toBe(200);
  });
});

describe('the system’s chance', () => {
  test('comes in the count asked for, also where that is more than is drawn at once', () => {
    for (const count of [0, 1, 16, 63, 64, 65, 4096, 5000]) expect(systemRandom(count)).toHaveLength(count);
  });

  test('is given once: no two answers are the same, over many draws, whatever the counts between them', () => {
    const seen = new Set<string>();
    for (let round = 0; round < 2000; round++) {
      systemRandom(round % 64);
      seen.add(systemRandom(16).toString('hex'));
    }
    expect(seen.size).toBe(2000);
  });

  test('is not changed by later draws, and is not all zeros', () => {
    const bytes = systemRandom(32);
    const before = bytes.toString('hex');
    for (let round = 0; round < 500; round++) systemRandom(48);
    expect(bytes.toString('hex')).toBe(before);
    expect(before).not.toMatch(/^(00){8}/);
  });
});

describe('a secret access key', () => {
  test('has 40 characters of the base64 alphabet and no padding', () => {
    for (let byte = 0; byte < 256; byte++) {
      expect(secretAccessKeyText(seeded(byte))).toMatch(/^[A-Za-z0-9+/]{40}$/);
    }
  });

  test('holds 240 bits of chance', () => {
    const bytes = systemRandom(30);
    const text = secretAccessKeyText((count) => bytes.subarray(0, count));
    expect(Buffer.from(text, 'base64')).toEqual(bytes);
  });
});

describe('chance', () => {
  test.each([0, 1, 16, 33, 4095, 4096, 4097, 10_000])('gives %d bytes when asked for as many', (count) => {
    expect(systemRandom(count)).toHaveLength(count);
  });

  test('is given to nobody twice, and what was given stays as it was', () => {
    const given = Array.from({ length: 2_000 }, (_, at) => systemRandom(16 + (at % 17)));
    const texts = given.map((bytes) => bytes.toString('hex'));
    expect(new Set(texts.map((text) => text.slice(0, 32))).size).toBe(2_000);
    given[7]?.fill(0xff);
    systemRandom(4096);
    for (const [at, bytes] of given.entries()) if (at !== 7) expect(bytes.toString('hex')).toBe(texts[at]);
    // Part of one draw in another would show as a shared run of eight bytes.
    const runs = texts.map((text) => text.slice(-16));
    expect(new Set(runs).size).toBe(2_000);
  });

  test('request ids are UUIDs, each its own', () => {
    const ids = Array.from({ length: 200 }, () => requestId());
    expect(new Set(ids).size).toBe(200);
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  });
});
