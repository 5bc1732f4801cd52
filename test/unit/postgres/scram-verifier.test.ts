import { createHmac } from 'node:crypto';
import { expect, test } from 'vitest';
import { systemRandom } from '../../../src/core/ids.ts';
import { Secret } from '../../../src/core/secret.ts';
import { scramVerifier } from '../../../src/postgres/scram-verifier.ts';

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

test('two verifiers of one password differ by their salts, and none holds the password', () => {
  const [one, two] = [
    scramVerifier(new Secret('pencil'), systemRandom),
    scramVerifier(new Secret('pencil'), systemRandom),
  ];
  expect(one).not.toBe(two);
  expect(one).not.toContain('pencil');
});
