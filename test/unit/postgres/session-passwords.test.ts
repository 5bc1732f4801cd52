import { createHash, createHmac, pbkdf2Sync } from 'node:crypto';
import { expect, test } from 'vitest';
import { HmacKey } from '../../../src/core/hmac-key.ts';
import { systemRandom } from '../../../src/core/ids.ts';
import { sessionPasswords } from '../../../src/postgres/session-passwords.ts';

const bytes = Buffer.alloc(32, 7);
const key = new HmacKey(bytes);
const passwords = sessionPasswords(key, systemRandom);

test('every node with the key knows the same password, and another role or key gives another', () => {
  const role = 'IAM:analyst:sales_team';
  const text = passwords.of(role).reveal();
  expect(text).toMatch(/^[\w-]{43}$/);
  expect(sessionPasswords(key, systemRandom).of(role).reveal()).toBe(text);
  expect(passwords.of('IAM:analyst').reveal()).not.toBe(text);
  expect(
    sessionPasswords(new HmacKey(Buffer.alloc(32, 8)), systemRandom)
      .of(role)
      .reveal(),
  ).not.toBe(text);
  expect(passwords.of('IAM:größe').reveal()).toBe(
    createHmac('sha256', bytes).update('IAM:größe', 'utf8').digest('base64url'),
  );
  expect(text).toBe(createHmac('sha256', bytes).update(role).digest('base64url'));
});

test('the server stores a verifier of it, with a salt of its own', () => {
  const role = 'IAM:analyst';
  const [first, second] = [passwords.verifierOf(role), passwords.verifierOf(role)];
  expect(first).not.toBe(second);
  for (const verifier of [first, second]) {
    expect(verifier).not.toContain(passwords.of(role).reveal());
    const [, iterations, salt = '', storedKey] =
      /^SCRAM-SHA-256\$(\d+):([^$]+)\$([^:]+):/.exec(verifier) ?? [];
    const salted = pbkdf2Sync(
      passwords.of(role).reveal(),
      Buffer.from(salt, 'base64'),
      Number(iterations),
      32,
      'sha256',
    );
    const clientKey = createHmac('sha256', salted).update('Client Key').digest();
    expect(storedKey).toBe(createHash('sha256').update(clientKey).digest('base64'));
  }
});
