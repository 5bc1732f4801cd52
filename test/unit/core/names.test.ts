import { describe, expect, test } from 'vitest';
import {
  cutToBytes,
  dbGroupNameProblem,
  dbNameProblem,
  dbUserNameProblem,
  isReservedRoleName,
} from '../../../src/core/names.ts';

/** Typed from "Reserved words" of the Redshift developer guide, apart from the list in the source. */
const SOME_RESERVED = [
  'AES128',
  'ALL',
  'AUTHORIZATION',
  'AZ64',
  'BLANKSASNULL',
  'CURRENT_USER_ID',
  'DEFAULT',
  'DELTA32K',
  'GLOBALDICT64K',
  'GRANT',
  'GROUP',
  'LZOP',
  'MINUS',
  'MOSTLY8',
  'NULL',
  'OFFLINE',
  'PERMISSIONS',
  'READRATIO',
  'SELECT',
  'SESSION_USER',
  'SYSDATE',
  'SYSTEM',
  'TABLE',
  'TAG',
  'TEXT32K',
  'TRUNCATECOLUMNS',
  'UNPIVOT',
  'USER',
  'WALLET',
  'WITH',
  'WITHOUT',
];
const CHECKS = [
  ['user', dbUserNameProblem],
  ['database', dbNameProblem],
  ['group', dbGroupNameProblem],
] as const;

const mixed = (word: string): string =>
  [...word.toLowerCase()].map((letter, at) => (at % 2 === 0 ? letter.toUpperCase() : letter)).join('');

describe.each(CHECKS)('the name of a %s', (_kind, problem) => {
  test.each(['a', 'temp_creds_user', 'joe@example.com', 'a+b.c-d_e', 'a0', 'a'.repeat(63)])(
    'may be %s',
    (name) => expect(problem(name)).toBeUndefined(),
  );

  test('has 1 to 64 characters, of which PostgreSQL keeps 63', () => {
    expect(problem('')).toBe('form');
    expect(problem('a'.repeat(63))).toBeUndefined();
    expect(problem('a'.repeat(64))).toBe('too-long-for-postgresql');
    expect(problem('a'.repeat(65))).toBe('form');
  });

  test.each([
    '1a',
    '_a',
    '-a',
    '.a',
    '@a',
    '+a',
    ' a',
    'a ',
    'a b',
    'a:b',
    'a/b',
    'a,b',
    'a"b',
    "a'b",
    'a\\b',
    'a*',
    'a?',
    'a\n',
    '\na',
    'a\0',
    'a\nb',
    'ä',
    'aä',
    'a\u0430',
    'a\u0301',
    '\u017felect',
    'a\u212a',
    'a😀',
    'a\ud800',
    'a{b}',
    'a$b',
  ])('may not be %j', (name) => expect(problem(name)).toBe('form'));

  test.each(SOME_RESERVED)('may not be the reserved word %s, whole', (word) => {
    expect(problem(word.toLowerCase())).toBe('reserved');
    expect(problem(`${word.toLowerCase()}_`)).toBeUndefined();
  });

  test.each(['start', 'connect', 'selects', 'a_select', 'tables'])(
    'may be %s, which is not reserved',
    (word) => {
      expect(problem(word)).toBeUndefined();
    },
  );

  test('may not be public', () => {
    expect(problem('public')).toBe('reserved');
    expect(problem('publics')).toBeUndefined();
  });
});

describe.each(CHECKS.slice(0, 2))('the name of a %s, in which case counts', (_kind, problem) => {
  test('is reserved in any case, and START and CONNECT are in none', () => {
    for (const word of SOME_RESERVED) {
      expect([problem(word), problem(mixed(word))]).toEqual(['reserved', 'reserved']);
    }
    expect([problem('PUBLIC'), problem('Public')]).toEqual(['reserved', 'reserved']);
    for (const word of ['START', 'CONNECT', 'Start', 'Connect']) expect(problem(word)).toBeUndefined();
  });
});

describe('upper case', () => {
  test('is for users and databases, not for groups', () => {
    for (const name of ['A', 'aB', 'Temp_user', `${'a'.repeat(62)}B`]) {
      expect(dbUserNameProblem(name)).toBeUndefined();
      expect(dbNameProblem(name)).toBeUndefined();
      expect(dbGroupNameProblem(name)).toBe('form');
    }
  });
});

describe('role names that nobody may use', () => {
  test.each([
    'pg_read_all_data',
    'PG_x',
    'keyshift_admin',
    'Keyshift_',
    'public',
    'PUBLIC',
    'none',
    'None',
    'IAM:bob',
    'a:b',
    ':',
  ])('include %s', (name) => expect(isReservedRoleName(name)).toBe(true));

  test.each(['bob', 'pg', 'pgx_', 'keyshift', 'publics', 'nones', 'a_pg_', 'IAM'])(
    'do not include %s',
    (name) => {
      expect(isReservedRoleName(name)).toBe(false);
    },
  );
});

test.each([
  ['', 3, ''],
  ['abc', 3, 'abc'],
  ['abcd', 3, 'abc'],
  ['abé', 3, 'ab'],
  ['aéb', 3, 'aé'],
  ['a😀', 4, 'a'],
  ['😀a', 4, '😀'],
])('the beginning of "%s" in %i bytes is "%s"', (text, bytesMax, cut) => {
  expect(cutToBytes(text, bytesMax)).toBe(cut);
});
