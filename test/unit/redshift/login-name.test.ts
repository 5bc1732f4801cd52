import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatLoginName, isTemporaryLoginName, parseLoginName } from '../../../src/redshift/login-name.ts';

const user = fc.stringMatching(/^[A-Za-z][A-Za-z0-9_+.@-]{0,62}$/);
const group = fc.stringMatching(/^[a-z][a-z0-9_+.@-]{0,62}$/);

describe('a login name', () => {
  test.each([
    [{ dbUser: 'u', groups: [], autoCreate: false }, 'IAM:u'],
    [{ dbUser: 'u', groups: [], autoCreate: true }, 'IAMA:u'],
    [
      { dbUser: 'temp_creds_user', groups: ['example_group'], autoCreate: true },
      'IAMA:temp_creds_user:example_group',
    ],
    [{ dbUser: 'u', groups: ['g2', 'g1'], autoCreate: false }, 'IAM:u:g2,g1'],
  ])('of %j is %s', (login, name) => {
    expect(formatLoginName(login)).toBe(name);
    expect(parseLoginName(name)).toEqual(login);
    expect(isTemporaryLoginName(name)).toBe(true);
  });

  test('gives back what it was made of, whatever the names', () => {
    fc.assert(
      fc.property(user, fc.array(group, { maxLength: 50 }), fc.boolean(), (dbUser, groups, autoCreate) => {
        const login = { dbUser, groups, autoCreate };
        expect(parseLoginName(formatLoginName(login))).toEqual(login);
      }),
    );
  });

  test('is made by one login only', () => {
    const login = fc.record({
      dbUser: user,
      groups: fc.array(group, { maxLength: 4 }),
      autoCreate: fc.boolean(),
    });
    fc.assert(
      fc.property(login, login, (a, b) => {
        expect(formatLoginName(a) === formatLoginName(b)).toBe(JSON.stringify(a) === JSON.stringify(b));
      }),
    );
  });

  test.each([
    '',
    'u',
    'IAM',
    'IAM:',
    'IAM::g',
    'IAM:u:',
    'IAM:u:g:h',
    'IAMR:r',
    'iam:u',
    'IAMB:u',
    ' IAM:u',
    ':u',
  ])('is never %j', (name) => expect(parseLoginName(name)).toBeUndefined());
});

describe('a name that claims to be a temporary login', () => {
  test.each(['IAM:u', 'IAMA:u:g', 'IAMR:role', 'IAM:', 'IAM:u\nv'])('is %j', (name) => {
    expect(isTemporaryLoginName(name)).toBe(true);
  });

  test.each(['u', 'IAM', 'iam:u', 'IAMX:u', ' IAM:u', 'x\nIAM:u', 'IAM_u', 'AIAM:u'])('is not %j', (name) => {
    expect(isTemporaryLoginName(name)).toBe(false);
  });
});
