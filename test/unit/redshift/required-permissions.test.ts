import { describe, expect, test } from 'vitest';
import type { CredentialsRequest } from '../../../src/redshift/issue-credentials.ts';
import { credentialsPermissions } from '../../../src/redshift/required-permissions.ts';

const REQUEST: CredentialsRequest = {
  dbUser: 'temp_creds_user',
  dbName: undefined,
  durationSeconds: 900,
  autoCreate: false,
  dbGroups: [],
};

const permissions = (change: Partial<CredentialsRequest>) =>
  credentialsPermissions('us-west-2', '123456789012', 'examplecluster', { ...REQUEST, ...change });

const pairs = (change: Partial<CredentialsRequest>): string[] =>
  permissions(change).map(({ action, resource }) => `${action} ${resource}`);

const arn = (kind: string, name: string): string =>
  `arn:aws:redshift:us-west-2:123456789012:${kind}:examplecluster/${name}`;

const USER = `redshift:GetClusterCredentials ${arn('dbuser', 'temp_creds_user')}`;
const DATABASE = `redshift:GetClusterCredentials ${arn('dbname', 'exampledb')}`;
const CREATE = `redshift:CreateClusterUser ${arn('dbuser', 'temp_creds_user')}`;
const join = (group: string): string => `redshift:JoinGroup ${arn('dbgroup', group)}`;

describe('the pairs that must be allowed', () => {
  test.each<[Partial<CredentialsRequest>, string[]]>([
    [{}, [USER]],
    [{ dbName: 'exampledb' }, [USER, DATABASE]],
    [{ autoCreate: true }, [USER, CREATE]],
    [{ dbGroups: ['g'] }, [USER, join('g')]],
    [{ dbGroups: ['b', 'a'] }, [USER, join('b'), join('a')]],
    [
      { dbName: 'exampledb', autoCreate: true, dbGroups: ['b', 'a'] },
      [USER, DATABASE, CREATE, join('b'), join('a')],
    ],
  ])('for %j, in this order', (change, expected) => {
    expect(pairs(change)).toEqual(expected);
  });

  test('name a group once, however often it is asked for', () => {
    expect(pairs({ dbGroups: ['b', 'a', 'b'] })).toEqual([USER, join('b'), join('a')]);
  });

  test('are made of the names exactly as sent, valid or not', () => {
    expect(pairs({ dbUser: 'IAM:Temp_Craig', dbName: 'a/b', dbGroups: ['G*', ''] })).toEqual([
      `redshift:GetClusterCredentials ${arn('dbuser', 'IAM:Temp_Craig')}`,
      `redshift:GetClusterCredentials ${arn('dbname', 'a/b')}`,
      join('G*'),
      join(''),
    ]);
  });

  test('an empty database name is one that was sent', () => {
    expect(pairs({ dbName: '' })).toEqual([USER, `redshift:GetClusterCredentials ${arn('dbname', '')}`]);
    for (const { context } of permissions({ dbName: '' }))
      expect(context.get('redshift:dbname')).toEqual(['']);
  });
});

describe('the condition keys of each pair', () => {
  test('are user and duration, and no database when none was sent', () => {
    for (const { context } of permissions({ autoCreate: true, dbGroups: ['g'] })) {
      expect([...context]).toEqual([
        ['redshift:dbuser', ['temp_creds_user']],
        ['redshift:durationseconds', ['900']],
      ]);
      expect(context.has('redshift:dbname')).toBe(false);
    }
  });

  test('have the database, too, when one was sent, in every pair', () => {
    const all = permissions({ dbName: 'Sales', durationSeconds: 3600, autoCreate: true, dbGroups: ['g'] });
    expect(all).toHaveLength(4);
    for (const { context } of all) {
      expect(Object.fromEntries(context)).toEqual({
        'redshift:dbuser': ['temp_creds_user'],
        'redshift:dbname': ['Sales'],
        'redshift:durationseconds': ['3600'],
      });
    }
  });

  test('have the tags of the cluster, in every pair, and never instead of what was asked for', () => {
    const tags = [
      ['aws:resourcetag/stage', ['prod']],
      ['redshift:dbuser', ['somebody']],
    ] as const;
    const request = { ...REQUEST, autoCreate: true, dbGroups: ['g'] };
    const all = credentialsPermissions('us-west-2', '123456789012', 'examplecluster', request, tags);
    expect(all).toHaveLength(3);
    for (const { context } of all) {
      expect(context.get('aws:resourcetag/stage')).toEqual(['prod']);
      expect(context.get('redshift:dbuser')).toEqual(['temp_creds_user']);
    }
  });
});
