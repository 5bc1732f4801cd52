import { format, inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Secret, sameBytes } from '../../../src/core/secret.ts';

const TEXT = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';
const secret = new Secret(TEXT);

describe('a secret does not show its text', () => {
  test.each<[way: string, print: () => string]>([
    ['String()', () => String(secret)],
    ['a template', () => `${secret}`],
    ['concatenation', () => 'a'.concat(secret as unknown as string)],
    ['JSON', () => JSON.stringify({ secret, list: [secret] })],
    [
      'inspection, hidden members too',
      () => inspect({ secret }, { showHidden: true, depth: 9, getters: true }),
    ],
    ['the formats of a log', () => format('%s %o %O %j %d', secret, secret, secret, secret, secret)],
    ['the message of an error', () => new Error(`no ${secret}`).message],
    ['an error with it as cause', () => inspect(new Error('no', { cause: secret }))],
    [
      'its keys and members',
      () => JSON.stringify([Object.entries(secret), Reflect.ownKeys(secret), { ...secret }]),
    ],
    ['a copy', () => inspect(structuredClone(secret), { showHidden: true })],
    ['a list made text', () => [secret, secret].join()],
  ])('in %s', (_way, print) => {
    const shown = print();
    expect(shown).not.toContain(TEXT);
    expect(shown).not.toContain(TEXT.slice(0, 8));
  });

  test('but a placeholder', () => {
    expect([`${secret}`, JSON.stringify(secret), inspect(secret)]).toEqual([
      '[secret]',
      '"[secret]"',
      '[secret]',
    ]);
  });

  test('until it is revealed', () => {
    expect(secret.reveal()).toBe(TEXT);
  });
});

describe('comparing', () => {
  test('a secret equals its own text and no other', () => {
    expect(secret.equals(TEXT)).toBe(true);
    for (const other of ['', TEXT.slice(1), `${TEXT} `, TEXT.toLowerCase(), '[secret]']) {
      expect(secret.equals(other)).toBe(false);
    }
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (a, b) => {
        expect(new Secret(a).equals(b)).toBe(a === b);
        expect(new Secret(a).equals(a)).toBe(true);
      }),
    );
  });

  test('bytes are the same when every one is, and of other lengths never', () => {
    const bytes = fc.uint8Array({ maxLength: 40 });
    fc.assert(
      fc.property(bytes, bytes, (a, b) => {
        expect(sameBytes(a, b)).toBe(Buffer.compare(a, b) === 0);
        expect(sameBytes(a, Uint8Array.from(a))).toBe(true);
        expect(sameBytes(a, Buffer.concat([a, Buffer.of(0)]))).toBe(false);
      }),
    );
  });
});
