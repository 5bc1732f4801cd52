import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { accountOfTemporaryKey, systemRandom } from '../../../src/core/ids.ts';
import type { SessionClaims } from '../../../src/iam/session-claims.ts';
import { openSession, SESSION_KEY_PURPOSE, sealSession } from '../../../src/iam/session-token.ts';
import { Keyring } from '../../../src/store/keyring.ts';

const keyring = (...versions: readonly number[]) =>
  new Keyring(new Map(versions.map((version) => [version, Buffer.alloc(32, version)]))).derive(
    SESSION_KEY_PURPOSE,
  );

const KEYS = keyring(1);
const CLAIMS: SessionClaims = {
  kind: 'role',
  accountId: '012345678901',
  ownerId: 'AROAEXAMPLE',
  parentKeyId: '',
  name: 'ann@example.com',
  issuedAt: new Date('2026-11-22T10:11:12.345Z'),
  expiresAt: new Date('2026-11-22T11:11:12Z'),
  mfaAt: new Date('2026-11-22T10:00:00Z'),
  sourceIdentity: 'ann',
  tags: [{ key: 'Team', value: 'réd 中' }],
  transitiveKeys: ['Team'],
  policy: '{"Version":"2012-10-17","Statement":[]}',
  policyArns: ['arn:aws:iam::aws:policy/AdministratorAccess'],
  facts: [['aws:federatedprovider', 'x']],
};

const seal = (claims = CLAIMS, keys = KEYS) => {
  const { accessKeyId, secret, token } = sealSession(keys, claims, systemRandom);
  return { accessKeyId, secret, text: token.reveal() };
};

describe('a session token', () => {
  test('opens to what it was made of, with the secret that was given out', () => {
    const { accessKeyId, secret, text } = seal();
    const opened = openSession(KEYS, accessKeyId, text);
    expect(opened?.claims).toEqual(CLAIMS);
    expect(opened?.secret.equals(secret.reveal())).toBe(true);
    expect(secret.reveal()).toMatch(/^[A-Za-z0-9+/]{40}$/);
    expect(text).toMatch(/^[A-Za-z0-9_-]+$/);
    const bare = seal({ ...CLAIMS, mfaAt: undefined, sourceIdentity: undefined, policy: undefined });
    expect(openSession(KEYS, bare.accessKeyId, bare.text)?.claims).toEqual({
      ...CLAIMS,
      mfaAt: undefined,
      sourceIdentity: undefined,
      policy: undefined,
    });
  });

  test('shows nothing of what is in it, and is another one each time', () => {
    const [one, two] = [seal(), seal()];
    expect(one.text).not.toBe(two.text);
    const bytes = Buffer.from(one.text, 'base64url').toString('latin1');
    for (const part of ['AROAEXAMPLE', 'ann', 'Team', CLAIMS.accountId]) expect(bytes).not.toContain(part);
  });

  test('changed in any bit of any byte does not open', () => {
    const { accessKeyId, text } = seal();
    const bytes = Buffer.from(text, 'base64url');
    for (let index = 0; index < bytes.length; index++) {
      for (let bit = 0; bit < 8; bit++) {
        const changed = Buffer.from(bytes);
        changed.writeUInt8(changed.readUInt8(index) ^ (1 << bit), index);
        expect(
          openSession(KEYS, accessKeyId, changed.toString('base64url')),
          `${index}:${bit}`,
        ).toBeUndefined();
      }
    }
  });

  test('cut short anywhere, made longer, or spelled in another way does not open', () => {
    const { accessKeyId, text } = seal();
    for (let length = 0; length < text.length; length++) {
      expect(openSession(KEYS, accessKeyId, text.slice(0, length)), String(length)).toBeUndefined();
    }
    for (const other of [
      `${text}A`,
      `${text}=`,
      ` ${text}`,
      `${text}\n`,
      text.replaceAll('_', '/'),
      text + text,
    ]) {
      if (other !== text) expect(openSession(KEYS, accessKeyId, other)).toBeUndefined();
    }
  });

  test('opens for its own access key only', () => {
    const [one, two] = [seal(), seal()];
    expect(openSession(KEYS, two.accessKeyId, one.text)).toBeUndefined();
    expect(openSession(KEYS, 'AKIAIOSFODNN7EXAMPLE', one.text)).toBeUndefined();
    expect(openSession(KEYS, one.accessKeyId.toLowerCase(), one.text)).toBeUndefined();
  });

  test('opens with the version of the key that it was made with, and with no other key', () => {
    const old = seal();
    expect(openSession(keyring(1, 2), old.accessKeyId, old.text)?.claims).toEqual(CLAIMS);
    const fresh = seal(CLAIMS, keyring(1, 2));
    expect(openSession(keyring(2), fresh.accessKeyId, fresh.text)?.claims).toEqual(CLAIMS);
    expect(openSession(KEYS, fresh.accessKeyId, fresh.text)).toBeUndefined();
    const other = new Keyring(new Map([[1, Buffer.alloc(32, 1)]])).derive('keyshift/something-else');
    expect(openSession(other, old.accessKeyId, old.text)).toBeUndefined();
  });

  test('of any text is refused, and never an exception', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.base64String(), fc.uint8Array({ minLength: 0, maxLength: 200 })),
        (input) => {
          const text =
            typeof input === 'string' ? input : Buffer.from([1, 0, 1, ...input]).toString('base64url');
          expect(openSession(KEYS, 'ASIAAAAAAAAAAAAAAAAA', text)).toBeUndefined();
        },
      ),
    );
    expect(openSession(KEYS, 'ASIAAAAAAAAAAAAAAAAA', 'A'.repeat(1_000_000))).toBeUndefined();
  });
});

describe('the id of a temporary key', () => {
  test('tells its account', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 999_999_999_999 }), (number) => {
        const accountId = String(number).padStart(12, '0');
        const { accessKeyId } = sealSession(KEYS, { ...CLAIMS, accountId }, systemRandom);
        expect(accessKeyId).toMatch(/^ASIA[A-Z2-7]{16}$/);
        expect(accountOfTemporaryKey(accessKeyId)).toBe(accountId);
      }),
      { numRuns: 50 },
    );
  });

  test.each([
    'AKIAIOSFODNN7EXAMPLE',
    'ASIA',
    'ASIAaaaaaaaaaaaaaaaa',
    'ASIA7777777777777777',
    'ASIA1111111111111111',
    '',
  ])('%j tells none', (id) => {
    expect(accountOfTemporaryKey(id)).toBeUndefined();
  });
});
