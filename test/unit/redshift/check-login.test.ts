import { describe, expect, test } from 'vitest';
import { fixedClock } from '../../../src/core/clock.ts';
import { checkLogin } from '../../../src/redshift/check-login.ts';
import { mintCredential } from '../../../src/redshift/credential.ts';
import { ARN, clusterKeys, seededRandom, termsOf } from './keys.ts';

const KEYS = clusterKeys();
const EXPIRES = new Date('2026-03-01T12:15:00Z');
const NOW = fixedClock(new Date('2026-03-01T12:14:59.999Z'));
const LOGIN_NAME = 'IAMA:temp_creds_user:g1,g2';

function mint(loginName = LOGIN_NAME, database: string | undefined = 'dev', isOwnUser = false) {
  const terms = termsOf(database, EXPIRES, { isOwnUser });
  return mintCredential(KEYS, { clusterArn: ARN, loginName }, terms, seededRandom());
}

function attempt(password: string, loginName = LOGIN_NAME, database = 'dev', clock = NOW) {
  return checkLogin(KEYS, { clusterArn: ARN, loginName, password, database }, clock);
}

describe('a login with a temporary password', () => {
  test('is entitled to what its name says', () => {
    const { password, credentialId } = mint();
    expect(attempt(password.reveal())).toMatchObject({
      ok: true,
      login: {
        credential: { credentialId, expiresAt: EXPIRES },
        dbUser: 'temp_creds_user',
        groups: ['g1', 'g2'],
        autoCreate: true,
      },
    });
  });

  test('that is over is refused as expired, from that very second on', () => {
    const { password, credentialId } = mint();
    expect(attempt(password.reveal(), LOGIN_NAME, 'dev', fixedClock(EXPIRES))).toMatchObject({
      ok: false,
      reason: 'expired',
      credential: { credentialId, expiresAt: EXPIRES },
    });
  });

  test('for another database is refused as that', () => {
    const { password, credentialId } = mint();
    expect(attempt(password.reveal(), LOGIN_NAME, 'other')).toMatchObject({
      ok: false,
      reason: 'other-database',
      credential: { credentialId, expiresAt: EXPIRES },
    });
  });

  test.each([
    'IAM:admin',
    'IAMA:temp_creds_user:g1,g2,admins',
    'IAM:temp_creds_user',
    'IAMA:Temp_creds_user:g1,g2',
  ])('under the name %s, in valid form but not its own, is a wrong password like any other', (name) => {
    const refused = attempt(mint().password.reveal(), name);
    expect(refused).toEqual({ ok: false, reason: 'wrong-password', why: 'not-authentic' });
  });

  test('is a wrong password when it is none of ours, whatever the form of the name', () => {
    for (const name of [LOGIN_NAME, 'IAM:', 'IAM:a:b:c', 'nothing', '']) {
      expect(attempt('secret', name)).toEqual({ ok: false, reason: 'wrong-password', why: 'malformed' });
    }
  });

  test('of a key that is gone is a wrong password', () => {
    const password = mint().password.reveal();
    const keys = clusterKeys(ARN, [2]);
    const check = checkLogin(
      keys,
      { clusterArn: ARN, loginName: LOGIN_NAME, password, database: 'dev' },
      NOW,
    );
    expect(check).toEqual({ ok: false, reason: 'wrong-password', why: 'unknown-key' });
  });

  test.each(['IAM:', 'IAMR:role', 'bob', 'IAM:a:b:c', 'IAM:a:'])(
    'proved for the name %s, which none of ours has, gets nobody in',
    (name) => {
      const refused = attempt(mint(name).password.reveal(), name);
      expect(refused).toEqual({ ok: false, reason: 'wrong-password', why: 'login-name-form' });
    },
  );

  test('that names no database opens each one', () => {
    const claims = { clusterArn: ARN, loginName: LOGIN_NAME };
    const password = mintCredential(
      KEYS,
      claims,
      termsOf(undefined, EXPIRES),
      seededRandom(),
    ).password.reveal();
    for (const database of ['dev', 'postgres']) {
      expect(attempt(password, LOGIN_NAME, database).ok).toBe(true);
    }
  });
});

describe('a login of the database user who stands for its caller', () => {
  test.each(['IAM:alice', 'IAMR:Analyst', 'IAM:RootIdentity', 'IAM:a,b=c+d@e.f-g_h'])(
    'is entitled to just the user that its name is: %s',
    (name) => {
      const checked = attempt(mint(name, 'dev', true).password.reveal(), name);
      expect(checked).toMatchObject({ ok: true, login: { dbUser: name, groups: [], autoCreate: true } });
    },
  );

  test('is not one of the user without the prefix, nor the other way round', () => {
    const own = attempt(mint('IAM:alice', 'dev', true).password.reveal(), 'IAM:alice');
    const named = attempt(mint('IAM:alice').password.reveal(), 'IAM:alice');
    expect(own).toMatchObject({ login: { dbUser: 'IAM:alice' } });
    expect(named).toMatchObject({ login: { dbUser: 'alice', autoCreate: false } });
  });

  test.each(['alice', 'IAMA:alice', 'IAM:alice:analysts', 'IAM:', 'IAM:a b', `IAM:${'a'.repeat(65)}`])(
    'is none for a name that no caller has: %s',
    (name) => {
      const refused = attempt(mint(name, 'dev', true).password.reveal(), name);
      expect(refused).toEqual({ ok: false, reason: 'wrong-password', why: 'login-name-form' });
    },
  );
});
