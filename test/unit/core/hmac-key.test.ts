import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { HmacKey } from '../../../src/core/hmac-key.ts';

/** Node's own HMAC-SHA-256, by its other way of making one. */
const expected = (key: Uint8Array, message: Uint8Array): Buffer =>
  createHmac('sha256', key).update(message).digest();

describe('a key', () => {
  test('signs messages one after the other as HMAC-SHA-256 does, whatever other keys sign between them', () => {
    const key = fc.uint8Array({ maxLength: 64 });
    const messages = fc.array(fc.uint8Array({ maxLength: 1100, size: 'max' }), {
      minLength: 1,
      maxLength: 4,
    });
    fc.assert(
      fc.property(key, key, messages, (one, other, list) => {
        const [first, second] = [new HmacKey(one), new HmacKey(other)];
        for (const message of list) {
          expect(first.sign(message)).toEqual(expected(one, message));
          expect(second.sign(message)).toEqual(expected(other, message));
        }
      }),
    );
  });

  test.each([0, 1, 63, 64, 65, 1023, 1024, 1025, 5000])('signs a message of %d bytes', (length) => {
    const message = Buffer.alloc(length, 0x61);
    const key = Buffer.alloc(32, 7);
    expect(new HmacKey(key).sign(message)).toEqual(expected(key, message));
    expect(new HmacKey(key).sign(message.toString('latin1'))).toEqual(expected(key, message));
  });

  test('takes each character of a text for one byte', () => {
    const key = Buffer.alloc(32, 7);
    expect(new HmacKey(key).sign('\u00e4\u0000\u00ff')).toEqual(expected(key, Buffer.of(0xe4, 0, 0xff)));
  });

  test('gives a code that later signatures do not change', () => {
    const key = new HmacKey(Buffer.alloc(32, 7));
    const code = key.sign('a');
    const before = code.toString('hex');
    key.sign('b');
    expect(code.toString('hex')).toBe(before);
  });

  test('does not change with the bytes it was made of', () => {
    const bytes = Buffer.alloc(32, 7);
    const key = new HmacKey(bytes);
    const [short, long] = [key.sign('a'), key.sign('a'.repeat(2000))];
    bytes.fill(8);
    expect(key.sign('a')).toEqual(short);
    expect(key.sign('a'.repeat(2000))).toEqual(long);
  });

  test.each([1, 63, 64, 65, 200])('may have %d bytes', (length) => {
    const key = Buffer.alloc(length, 1);
    expect(new HmacKey(key).sign('a')).toEqual(expected(key, Buffer.from('a')));
  });
});
