import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fixedClock } from '../../../src/core/clock.ts';
import { AwsError } from '../../../src/core/errors.ts';
import { checkLogin } from '../../../src/redshift/check-login.ts';
import { NO_LIMITS } from '../../../src/redshift/credential-limits.ts';
import {
  type CredentialsRequest,
  issueCredentials,
  requireValid,
} from '../../../src/redshift/issue-credentials.ts';
import { ARN, clusterKeys, ISSUER, seededRandom } from './keys.ts';

const KEYS = clusterKeys();
const CLUSTER = { arn: ARN, keys: KEYS };
const NOW = new Date('2026-03-01T12:00:00.750Z');
const REQUEST: CredentialsRequest = {
  dbUser: 'temp_creds_user',
  dbName: undefined,
  durationSeconds: 900,
  autoCreate: false,
  dbGroups: [],
};

/** What a request is refused with, or undefined. */
function refusal(change: Partial<CredentialsRequest>): string | undefined {
  try {
    requireValid({ ...REQUEST, ...change });
    return undefined;
  } catch (error) {
    expect(error).toBeInstanceOf(AwsError);
    expect(error).toMatchObject({ code: 'InvalidParameterValue', status: 400 });
    return (error as AwsError).message;
  }
}

const FORM =
  "begin with a letter, contain only alphanumeric characters, underscore ('_'), plus sign ('+'), dot ('.'), " +
  "at ('@'), or hyphen ('-'), and be between 1 and 64 characters.";

describe('the duration', () => {
  test.each([900, 901, 1800, 3599, 3600])('may be %d seconds', (durationSeconds) => {
    expect(refusal({ durationSeconds })).toBeUndefined();
  });

  test.each([899, 3601, 0, -900, -1, 86_400, Number.POSITIVE_INFINITY])(
    'may not be %d seconds',
    (durationSeconds) => {
      expect(refusal({ durationSeconds })).toBe('Token duration must be between 900 and 3600 seconds');
    },
  );
});

describe.each([
  ['DbUser', (name: string) => ({ dbUser: name }), `DbUser parameter must ${FORM}`],
  ['DbName', (name: string) => ({ dbName: name }), `DbName parameter must ${FORM}`],
  [
    'DbGroups',
    (name: string) => ({ dbGroups: ['g', name] }),
    `DbGroups parameter must be lowercase, ${FORM}`,
  ],
])('%s', (parameter, change, form) => {
  test.each(['a', 'joe@example.com', 'a_b+c.d-e0', 'a'.repeat(63), 'start', 'connect'])(
    'may be %s',
    (name) => {
      expect(refusal(change(name))).toBeUndefined();
    },
  );

  test.each(['', 'a:b', 'a/b', 'a,b', '1a', 'ä', 'a b', 'a\0', 'a\n', 'a'.repeat(65)])(
    'may not be %j',
    (name) => {
      expect(refusal(change(name))).toBe(form);
    },
  );

  test('of 64 characters is refused, because PostgreSQL would cut it', () => {
    expect(refusal(change('a'.repeat(64)))).toMatch(
      new RegExp(`^${parameter} parameter must not be longer than 63 bytes: `),
    );
  });

  test.each(['public', 'select', 'user', 'lzop'])('may not be the reserved word %s', (name) => {
    expect(refusal(change(name))).toBe(`${parameter} parameter must not be a reserved word: ${name}`);
  });
});

describe('upper case', () => {
  test('is for users and databases, in reserved words as well', () => {
    expect(refusal({ dbUser: 'Joe', dbName: 'Sales' })).toBeUndefined();
    for (const word of ['PUBLIC', 'Select', 'USER']) {
      expect(refusal({ dbUser: word })).toBe(`DbUser parameter must not be a reserved word: ${word}`);
      expect(refusal({ dbName: word })).toBe(`DbName parameter must not be a reserved word: ${word}`);
    }
    for (const word of ['START', 'CONNECT']) expect(refusal({ dbUser: word, dbName: word })).toBeUndefined();
  });

  test('is not for groups', () => {
    for (const group of ['Admins', 'aB', 'START']) {
      expect(refusal({ dbGroups: [group] })).toBe(`DbGroups parameter must be lowercase, ${FORM}`);
    }
  });
});

describe('the number of groups', () => {
  const groups = (count: number) => Array.from({ length: count }, (_, at) => `g${at}`);

  test('is at most 50', () => {
    expect(refusal({ dbGroups: groups(50) })).toBeUndefined();
    expect(refusal({ dbGroups: groups(51) })).toBe('DbGroups must not have more than 50 groups.');
  });
});

describe('the answer', () => {
  const issue = (change: Partial<CredentialsRequest> = {}, seed = 'seed') =>
    issueCredentials(
      { clock: fixedClock(NOW), random: seededRandom(seed) },
      CLUSTER,
      { ...REQUEST, ...change },
      { issuer: ISSUER, limits: NO_LIMITS, endsSessions: false },
    );

  test.each<[Partial<CredentialsRequest>, string]>([
    [{}, 'IAM:temp_creds_user'],
    [{ autoCreate: true }, 'IAMA:temp_creds_user'],
    [{ dbGroups: ['b', 'a'] }, 'IAM:temp_creds_user:b,a'],
    [{ autoCreate: true, dbGroups: ['example_group'] }, 'IAMA:temp_creds_user:example_group'],
    [{ dbGroups: ['b', 'a', 'b', 'a'] }, 'IAM:temp_creds_user:b,a'],
    [{ dbUser: 'Joe@x.com', dbName: 'dev' }, 'IAM:Joe@x.com'],
  ])('to %j logs in as %s', (change, loginName) => {
    expect(issue(change).dbUser).toBe(loginName);
  });

  test.each([
    [900, '2026-03-01T12:15:00.000Z'],
    [3600, '2026-03-01T13:00:00.000Z'],
  ])('for %d seconds expires at %s, a whole second', (durationSeconds, expiration) => {
    expect(issue({ durationSeconds }).expiration.toISOString()).toBe(expiration);
  });

  test('holds a password that its login name opens the database with until the expiration that it tells', () => {
    const request = fc.record({
      dbUser: fc.stringMatching(/^[A-Za-z][A-Za-z0-9_+.@-]{0,62}$/),
      dbName: fc.option(fc.constantFrom('dev', 'Sales'), { nil: undefined }),
      durationSeconds: fc.integer({ min: 900, max: 3600 }),
      autoCreate: fc.boolean(),
      dbGroups: fc.array(fc.constantFrom('g1', 'g2', 'g3'), { maxLength: 5 }),
    });
    fc.assert(
      fc.property(request, (wanted) => {
        const issued = issue(wanted);
        const attempt = {
          clusterArn: ARN,
          loginName: issued.dbUser,
          password: issued.dbPassword.reveal(),
          database: wanted.dbName ?? 'any',
        };
        const at = (ms: number) =>
          checkLogin(KEYS, attempt, fixedClock(new Date(issued.expiration.getTime() + ms)));
        expect(at(-1)).toMatchObject({
          ok: true,
          login: {
            credential: {
              credentialId: issued.credentialId,
              issuedAt: new Date('2026-03-01T12:00:00Z'),
              expiresAt: issued.expiration,
            },
            dbUser: wanted.dbUser,
            groups: [...new Set(wanted.dbGroups)],
            autoCreate: wanted.autoCreate,
          },
        });
        expect(at(0)).toMatchObject({ ok: false, reason: 'expired' });
      }),
    );
  });

  test('is a new password for each of two same requests, and both stay good', () => {
    const [first, second] = [issue({}, 'a'), issue({}, 'b')];
    expect(first.dbPassword.reveal()).not.toBe(second.dbPassword.reveal());
    expect(first.credentialId).not.toBe(second.credentialId);
    for (const { dbUser, dbPassword } of [first, second]) {
      const attempt = { clusterArn: ARN, loginName: dbUser, password: dbPassword.reveal(), database: 'dev' };
      expect(checkLogin(KEYS, attempt, fixedClock(NOW)).ok).toBe(true);
    }
  });

  test('does not print its password', () => {
    const issued = issue();
    expect(JSON.stringify(issued)).not.toContain(issued.dbPassword.reveal());
  });
});
