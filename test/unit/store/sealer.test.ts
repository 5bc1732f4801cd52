import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { systemRandom } from '../../../src/core/ids.ts';
import { MASTER_KEY_BYTES, masterKeySealer } from '../../../src/store/sealer.ts';

const sealer = masterKeySealer(Buffer.alloc(MASTER_KEY_BYTES, 7), systemRandom);
const SECRET = Buffer.from('wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY');

describe('a sealer', () => {
  test('gives back what it sealed for the same context', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.string({ unit: 'binary' }), (plain, context) => {
        expect(sealer.open(sealer.seal(plain, context), context)).toEqual(Buffer.from(plain));
      }),
    );
  });

  test('does not show what is sealed, and seals the same thing in another way each time', () => {
    const all = Array.from({ length: 50 }, () => sealer.seal(SECRET, 'a'));
    expect(new Set(all.map((sealed) => sealed.toString('hex'))).size).toBe(50);
    for (const sealed of all) expect(sealed.includes(SECRET.subarray(0, 6))).toBe(false);
  });

  test('opens nothing for another context', () => {
    const sealed = sealer.seal(SECRET, 'keyshift/access-key/1/AKIA');
    for (const context of ['', 'keyshift/access-key/1/AKI', 'keyshift/access-key/1/AKIAB', 'other']) {
      expect(() => sealer.open(sealed, context)).toThrow();
    }
  });

  test('opens nothing of which one bit was changed, wherever it is', () => {
    const sealed = sealer.seal(SECRET, 'a');
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      const changed = Buffer.from(sealed);
      changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      expect(() => sealer.open(changed, 'a'), `bit ${bit}`).toThrow();
    }
  });

  test('opens nothing that was cut or lengthened', () => {
    const sealed = sealer.seal(SECRET, 'a');
    for (let length = 0; length < sealed.length; length++) {
      expect(() => sealer.open(sealed.subarray(0, length), 'a')).toThrow();
    }
    expect(() => sealer.open(Buffer.concat([sealed, Buffer.of(0)]), 'a')).toThrow();
  });

  test.each([
    ['nothing', Buffer.alloc(0)],
    ['too few bytes', Buffer.of(1)],
    ['another version', Buffer.alloc(100, 2)],
  ])('tells that %s has an unknown form', (_what, bytes) => {
    expect(() => sealer.open(bytes, 'a')).toThrow('unknown form');
  });

  test('opens nothing that another master key sealed', () => {
    const other = masterKeySealer(Buffer.alloc(MASTER_KEY_BYTES, 8), systemRandom);
    expect(() => sealer.open(other.seal(SECRET, 'a'), 'a')).toThrow();
  });

  test('takes its nonce from the chance it is given', () => {
    const seeded = masterKeySealer(Buffer.alloc(MASTER_KEY_BYTES, 7), (count) => Buffer.alloc(count, 1));
    expect(seeded.seal(SECRET, 'a')).toEqual(seeded.seal(SECRET, 'a'));
    expect(sealer.open(seeded.seal(SECRET, 'a'), 'a')).toEqual(SECRET);
  });
});
