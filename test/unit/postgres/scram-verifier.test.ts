import { createHash, createHmac } from 'node:crypto';
import { expect, test } from 'vitest';
import { systemRandom } from '../../../src/core/ids.ts';
import { Secret } from '../../../src/core/secret.ts';
import {
  DIGEST_VERIFIER_PREFIX,
  digestVerifier,
  proofOf,
  scramVerifier,
} from '../../../src/postgres/scram-verifier.ts';

// RFC 7677, section 3: the whole exchange of user "user" with password "pencil".
const salt = 'W22ZaJ0SNY7soEsUEjb6gQ==';
const authMessage = [
  'n=user,r=rOprNGfwEbeRWgbNEkqO',
  `r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=${salt},i=4096`,
  'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0',
].join(',');
const serverSignature = '6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=';

test('its server key signs the exchange of RFC 7677 as printed there', () => {
  const verifier = scramVerifier(new Secret('pencil'), () => Buffer.from(salt, 'base64'));
  const form = /^SCRAM-SHA-256\$4096:([A-Za-z0-9+/=]{24})\$([A-Za-z0-9+/=]{44}):([A-Za-z0-9+/=]{44})$/.exec(
    verifier,
  );
  expect(form?.[1]).toBe(salt);
  const serverKey = Buffer.from(form?.[3] ?? '', 'base64');
  expect(createHmac('sha256', serverKey).update(authMessage).digest('base64')).toBe(serverSignature);
});

test.each(['sha256', 'md5'] as const)(
  'the verifier of a %s digest tells its salt, and what is proved to it is the digest of the password',
  (kind) => {
    const salt = Buffer.from('any name ü');
    const digest = createHash(kind).update('pencil').update(salt).digest('hex');
    const verifier = digestVerifier(kind, new Secret(digest), salt);
    expect(verifier.startsWith(DIGEST_VERIFIER_PREFIX)).toBe(true);
    expect(verifier).not.toContain(digest);
    const scramSalt = Buffer.from(/^[^:]+:([^$]+)\$/.exec(verifier)?.[1] ?? '', 'base64');
    expect(proofOf(new Secret('pencil'), scramSalt).reveal()).toBe(digest);
    expect(verifier).toBe(scramVerifier(proofOf(new Secret('pencil'), scramSalt), () => scramSalt));
  },
);

test('any other verifier is proved by the password', () => {
  expect(scramVerifier(new Secret('pencil'), systemRandom).startsWith(DIGEST_VERIFIER_PREFIX)).toBe(false);
  for (const salt of [Buffer.alloc(16), Buffer.from('digest'), Buffer.from('digest|x|salt')]) {
    expect(proofOf(new Secret('pencil'), salt).reveal()).toBe('pencil');
  }
});

test('two verifiers of one password differ by their salts, and none holds the password', () => {
  const [one, two] = [
    scramVerifier(new Secret('pencil'), systemRandom),
    scramVerifier(new Secret('pencil'), systemRandom),
  ];
  expect(one).not.toBe(two);
  expect(one).not.toContain('pencil');
});
