import { describe, expect, test } from 'vitest';
import { Secret } from '../../../src/core/secret.ts';
import {
  requireClusterIdentifier,
  requireDatabaseName,
  requireMasterPassword,
  requireMasterUsername,
} from '../../../src/redshift/new-cluster-rules.ts';

const REFUSED = { code: 'InvalidParameterValue', status: 400 };

function thrown(run: () => void): unknown {
  try {
    run();
    return undefined;
  } catch (error) {
    return error;
  }
}

describe('a cluster identifier', () => {
  test.each(['a', 'examplecluster', 'my-cluster-1', 'a1', 'a-1', 'a'.repeat(63), `a${'-b'.repeat(31)}`])(
    'may be %s',
    (name) => expect(thrown(() => requireClusterIdentifier(name))).toBeUndefined(),
  );

  test.each([
    '',
    'A',
    'aB',
    '1a',
    '-a',
    'a-',
    'a--b',
    'a_b',
    'a.b',
    'a/b',
    'a:b',
    'a b',
    'ä',
    'a\n',
    'a*',
    'a'.repeat(64),
    `a${'-b'.repeat(32)}`,
    'a'.repeat(10_000),
  ])('may not be %j', (name) => expect(thrown(() => requireClusterIdentifier(name))).toMatchObject(REFUSED));
});

describe('a master user name', () => {
  test.each(['awsuser', 'Admin', 'a.b@c', 'a'.repeat(63)])('may be %s', (name) => {
    expect(thrown(() => requireMasterUsername(name))).toBeUndefined();
  });

  test.each([
    '',
    '1a',
    'a:b',
    'a/b',
    'public',
    'PUBLIC',
    'select',
    'USER',
    'pg_admin',
    'PG_x',
    'keyshift_admin',
    'none',
    'a'.repeat(64),
    'ä',
  ])('may not be %s', (name) => expect(thrown(() => requireMasterUsername(name))).toMatchObject(REFUSED));
});

describe('a database name', () => {
  test.each(['dev', 'a', 'sales_2026', 'a'.repeat(63)])('may be %s', (name) => {
    expect(thrown(() => requireDatabaseName(name))).toBeUndefined();
  });

  test.each([
    '',
    'Dev',
    '1a',
    '_a',
    'a-b',
    'a.b',
    'a@b',
    'select',
    'public',
    'pg_x',
    'none',
    'keyshift_x',
    'a'.repeat(64),
    'a'.repeat(65),
  ])('may not be %s', (name) => expect(thrown(() => requireDatabaseName(name))).toMatchObject(REFUSED));
});

describe('a master password', () => {
  const check = (text: string) => thrown(() => requireMasterPassword(new Secret(text)));

  test.each(['Abcdefg1', 'Passw0rd!', `Aa1${'x'.repeat(61)}`, 'Aa1!#$%&()*+,-.:;<=>?[]^_`{|}~'])(
    'may be %s',
    (text) => {
      expect(check(text)).toBeUndefined();
    },
  );

  test.each([
    '',
    'Abcdef1',
    `Aa1${'x'.repeat(62)}`,
    'abcdefg1',
    'ABCDEFG1',
    'Abcdefgh',
    'Abcdefg1 ',
    'Abc efg1',
    "Abcdefg1'",
    'Abcdefg1"',
    'Abcdefg1\\',
    'Abcdefg1/',
    'Abcdefg1@',
    'Abcdefg1ä',
    'Abcdefg1\n',
    'Abcdefg1\0',
    'Abcdefg1\t',
  ])('may not be %j', (text) => expect(check(text)).toMatchObject(REFUSED));

  test('is not repeated when it is refused', () => {
    expect(String(check('hunter2hunter2'))).not.toContain('hunter2');
  });
});
