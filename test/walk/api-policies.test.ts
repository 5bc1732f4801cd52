import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Endpoint } from '../../src/client/call.ts';
import { ask, makeUser, must, type Parameters, putPolicy } from './support/api.ts';
import { Keyshift } from './support/keyshift.ts';

/**
 * The documented policies for GetClusterCredentials and the outcomes that they must give, over HTTP, with real
 * signatures of IAM users. Role sessions do not exist here yet: what the policies P4 and P5 give to a session is
 * decided by the vectors does-a-session-name-bind-the-database-user and
 * is-a-cluster-arn-in-a-credentials-statement-harmless in test/vectors/policy; here a user is refused by both.
 * Source: Amazon Redshift Management Guide, "Resource policies for GetClusterCredentials" and the examples of
 * identity-based policies; IAM User Guide, "Troubleshoot access denied error messages".
 */

const GET = 'redshift:GetClusterCredentials';
const CREATE = 'redshift:CreateClusterUser';
const JOIN = 'redshift:JoinGroup';

const arn = (kind: string, name: string, region = 'us-west-2'): string =>
  `arn:aws:redshift:${region}:123456789012:${kind}:${name}`;
const userArn = (name: string): string => `arn:aws:iam::123456789012:user/${name}`;
const policy = (...Statement: object[]): object => ({ Version: '2012-10-17', Statement });
const allow = (Action: string | string[], Resource: string | string[], Condition?: object): object => ({
  Effect: 'Allow',
  Action,
  Resource,
  ...(Condition === undefined ? {} : { Condition }),
});

const ANYTHING = allow([GET, CREATE, JOIN], '*');
/** The user ids that the documented examples were printed with. */
const P4_ID = 'AIDIODR4TAW7CSEXAMPLE';
const bySession = (suffix: string): object => ({
  StringEquals: { 'aws:userid': `${P4_ID}:\${redshift:DbUser}${suffix}` },
});
const DB_USER_VARIABLE = arn('dbuser', 'examplecluster/$' + '{redshift:DbUser}');

const POLICIES = {
  p1: policy(allow(GET, arn('dbuser', 'examplecluster/temp_creds_user'))),
  'p1-elsewhere': policy(allow(GET, arn('dbuser', 'examplecluster/temp_creds_user', 'us-east-1'))),
  p2: policy(allow(GET, arn('dbuser', '*/temp_*'))),
  p3: policy(ANYTHING),
  joe: policy(
    allow(
      GET,
      [
        DB_USER_VARIABLE,
        arn('dbname', 'examplecluster/testdb'),
        arn('dbgroup', 'examplecluster/common_group'),
      ],
      bySession('@yourdomain.com'),
    ),
    allow(CREATE, DB_USER_VARIABLE, bySession('@yourdomain.com')),
    allow(JOIN, arn('dbgroup', 'examplecluster/common_group')),
  ),
  p5: policy(
    allow(
      GET,
      [arn('dbname', 'examplecluster/dev'), DB_USER_VARIABLE, arn('cluster', 'examplecluster')],
      bySession(''),
    ),
    allow(CREATE, DB_USER_VARIABLE),
    allow(JOIN, arn('dbgroup', 'examplecluster/my_dbgroup')),
    allow(['redshift:DescribeClusters', 'iam:ListRoles'], '*'),
  ),
  p6: policy(ANYTHING, { Effect: 'Deny', Action: GET, Resource: arn('dbuser', '*/admin') }),
  p7: policy(allow(GET, '*', { NumericLessThanEquals: { 'redshift:DurationSeconds': '900' } })),
  p8: policy(allow(GET, '*', { StringEquals: { 'redshift:DbName': 'testdb' } })),
  nothing: undefined,
} as const;
type Name = keyof typeof POLICIES;

let keyshift: Keyshift;
const users = new Map<string, Endpoint>();

beforeAll(async () => {
  keyshift = await Keyshift.start();
  for (const [name, document] of Object.entries(POLICIES)) {
    users.set(name, await makeUser(keyshift.root, name, document));
  }
});
afterAll(() => keyshift.close());

function user(name: string): Endpoint {
  const found = users.get(name);
  if (found === undefined) throw new Error(`no user ${name}`);
  return found;
}

const getCredentials = (name: Name, parameters: Parameters) =>
  ask(user(name), 'redshift', 'GetClusterCredentials', {
    ClusterIdentifier: 'examplecluster',
    ...parameters,
  });

const TEMP = { DbUser: 'temp_creds_user' };
const FULL = {
  ...TEMP,
  DbName: 'exampledb',
  AutoCreate: 'true',
  'DbGroups.DbGroup.1': 'g1',
  'DbGroups.DbGroup.2': 'g2',
};

describe('a call that the policies allow', () => {
  const CASES: readonly [Name, string, Parameters, string][] = [
    ['p1', 'the one user', TEMP, 'IAM:temp_creds_user'],
    ['p2', 'a user with the prefix', { DbUser: 'temp_x' }, 'IAM:temp_x'],
    ['p2', 'the prefix alone', { DbUser: 'temp_' }, 'IAM:temp_'],
    ['p3', 'user, database, auto-create and groups at once', FULL, 'IAMA:temp_creds_user:g1,g2'],
    ['p6', 'a user that is not denied', { DbUser: 'Admin' }, 'IAM:Admin'],
    ['p7', 'the default duration, which is 900 seconds', TEMP, 'IAM:temp_creds_user'],
    ['p7', '900 seconds', { ...TEMP, DurationSeconds: '900' }, 'IAM:temp_creds_user'],
    ['p8', 'the one database', { ...TEMP, DbName: 'testdb' }, 'IAM:temp_creds_user'],
  ];

  test.each(CASES)('%s: %s', async (name, _title, parameters, loginName) => {
    const before = Date.now();
    const answer = await getCredentials(name, parameters);
    expect(answer.text).toContain('<GetClusterCredentialsResult>');
    expect(answer.status).toBe(200);
    expect(answer.texts('DbUser')).toEqual([loginName]);
    expect(answer.texts('DbPassword')[0]).toMatch(/^[A-Za-z0-9_-]{60,127}$/);
    const [expiration = ''] = answer.texts('Expiration');
    expect(expiration).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    const seconds = (Date.parse(expiration) - before) / 1000;
    expect(seconds).toBeGreaterThan(898);
    expect(seconds).toBeLessThan(910);
  });

  test('p3: the longest duration is the one that was asked for', async () => {
    const before = Date.now();
    const answer = await getCredentials('p3', { ...TEMP, DurationSeconds: '3600' });
    expect(Date.parse(answer.texts('Expiration')[0] ?? '') - before).toBeGreaterThan(3_598_000);
  });
});

describe('a call that the policies do not allow names the first pair that is missing', () => {
  const CASES: readonly [Name, string, Parameters, string, string][] = [
    ['nothing', 'no policy at all', TEMP, GET, arn('dbuser', 'examplecluster/temp_creds_user')],
    ['p1', 'a database', { ...TEMP, DbName: 'exampledb' }, GET, arn('dbname', 'examplecluster/exampledb')],
    [
      'p1',
      'auto-create',
      { ...TEMP, AutoCreate: 'true' },
      CREATE,
      arn('dbuser', 'examplecluster/temp_creds_user'),
    ],
    ['p1', 'a group', { ...TEMP, 'DbGroups.DbGroup.1': 'g' }, JOIN, arn('dbgroup', 'examplecluster/g')],
    [
      'p1',
      'a group in the other way of writing lists',
      { ...TEMP, 'DbGroups.member.1': 'g' },
      JOIN,
      arn('dbgroup', 'examplecluster/g'),
    ],
    ['p1', 'everything: the database comes first', FULL, GET, arn('dbname', 'examplecluster/exampledb')],
    [
      'p1',
      'the user in another case',
      { DbUser: 'Temp_creds_user' },
      GET,
      arn('dbuser', 'examplecluster/Temp_creds_user'),
    ],
    ['p1', 'another user', { DbUser: 'other' }, GET, arn('dbuser', 'examplecluster/other')],
    [
      'p1',
      'a longer name',
      { DbUser: 'temp_creds_user2' },
      GET,
      arn('dbuser', 'examplecluster/temp_creds_user2'),
    ],
    [
      'p1',
      'another cluster',
      { ...TEMP, ClusterIdentifier: 'other' },
      GET,
      arn('dbuser', 'other/temp_creds_user'),
    ],
    [
      'p1',
      'the cluster in another case',
      { ...TEMP, ClusterIdentifier: 'ExampleCluster' },
      GET,
      arn('dbuser', 'ExampleCluster/temp_creds_user'),
    ],
    [
      'p1-elsewhere',
      'a policy for another region',
      TEMP,
      GET,
      arn('dbuser', 'examplecluster/temp_creds_user'),
    ],
    [
      'p2',
      'the prefix without its underscore',
      { DbUser: 'temp' },
      GET,
      arn('dbuser', 'examplecluster/temp'),
    ],
    ['p2', 'the prefix in another case', { DbUser: 'Temp_x' }, GET, arn('dbuser', 'examplecluster/Temp_x')],
    ['joe', 'P4 for an IAM user, as joe', { DbUser: 'joe' }, GET, arn('dbuser', 'examplecluster/joe')],
    ['joe', 'P4 for an IAM user, as jane', { DbUser: 'jane' }, GET, arn('dbuser', 'examplecluster/jane')],
    ['p5', 'P5 for an IAM user', { DbUser: 'p5' }, GET, arn('dbuser', 'examplecluster/p5')],
    [
      'p7',
      '901 seconds',
      { ...TEMP, DurationSeconds: '901' },
      GET,
      arn('dbuser', 'examplecluster/temp_creds_user'),
    ],
    ['p8', 'no database', TEMP, GET, arn('dbuser', 'examplecluster/temp_creds_user')],
    [
      'p8',
      'another database',
      { ...TEMP, DbName: 'TestDB' },
      GET,
      arn('dbuser', 'examplecluster/temp_creds_user'),
    ],
  ];

  test.each(CASES)('%s: %s', async (name, _title, parameters, action, resource) => {
    const answer = await getCredentials(name, parameters);
    expect([answer.status, answer.code, answer.message]).toEqual([
      403,
      'AccessDenied',
      `User: ${userArn(name)} is not authorized to perform: ${action} on resource: ${resource} ` +
        `because no identity-based policy allows the ${action} action`,
    ]);
    expect(answer.text).not.toContain('DbPassword');
  });

  test.each([
    ['on the cluster', {}, 'examplecluster'],
    ['on any other cluster', { ClusterIdentifier: 'other' }, 'other'],
    ['with another pair that is not allowed', { DbName: 'exampledb' }, 'examplecluster'],
  ])('p6: the denied user %s is refused by the deny', async (_title, more, cluster) => {
    const answer = await getCredentials('p6', { DbUser: 'admin', ...more });
    expect([answer.status, answer.code, answer.message]).toEqual([
      403,
      'AccessDenied',
      `User: ${userArn('p6')} is not authorized to perform: ${GET} on resource: ` +
        `${arn('dbuser', `${cluster}/admin`)} with an explicit deny in an identity-based policy`,
    ]);
  });

  test('p5: what it allows without a condition works for an IAM user too', async () => {
    expect((await ask(user('p5'), 'redshift', 'DescribeClusters')).status).toBe(200);
    expect((await ask(user('p5'), 'iam', 'ListRoles')).status).toBe(200);
  });
});

describe('the user id in a condition', () => {
  test('is that of the IAM user: its own id opens what P4 opens for a session, and no other id does', async () => {
    const root = keyshift.root;
    const jim = await makeUser(root, 'jim');
    const [id = ''] = (await must(root, 'iam', 'GetUser', { UserName: 'jim' })).texts('UserId');
    expect(id).toMatch(/^AIDA[A-Z2-7]{17}$/);
    const only = (userId: string): object =>
      policy(
        allow(GET, [DB_USER_VARIABLE, arn('dbname', 'examplecluster/testdb')], {
          StringEquals: { 'aws:userid': userId },
        }),
      );
    const call = (more: Parameters) =>
      ask(jim, 'redshift', 'GetClusterCredentials', {
        ClusterIdentifier: 'examplecluster',
        DbUser: 'jim',
        ...more,
      });
    await putPolicy(root, 'jim', only(id));
    expect((await call({ DbName: 'testdb' })).status).toBe(200);
    expect((await call({})).status, 'no database: good for every database').toBe(200);
    expect((await call({ DbName: 'other' })).message).toContain(arn('dbname', 'examplecluster/other'));
    await putPolicy(root, 'jim', only(`${id}:jim`));
    expect((await call({ DbName: 'testdb' })).code).toBe('AccessDenied');
  });

  test('P9: a permissions boundary limits what the policy allows, and is named', async () => {
    const root = keyshift.root;
    const document = JSON.stringify(policy(allow(GET, '*')));
    const made = await must(root, 'iam', 'CreatePolicy', { PolicyName: 'limit', PolicyDocument: document });
    const bounded = await makeUser(root, 'bounded', policy(ANYTHING));
    const [PermissionsBoundary = ''] = made.texts('Arn');
    await must(root, 'iam', 'PutUserPermissionsBoundary', { UserName: 'bounded', PermissionsBoundary });
    const call = (more: Parameters) =>
      ask(bounded, 'redshift', 'GetClusterCredentials', {
        ClusterIdentifier: 'examplecluster',
        ...TEMP,
        ...more,
      });
    expect((await call({})).status).toBe(200);
    expect((await call({ AutoCreate: 'true' })).message).toBe(
      `User: ${userArn('bounded')} is not authorized to perform: ${CREATE} on resource: ` +
        `${arn('dbuser', 'examplecluster/temp_creds_user')} because no permissions boundary allows the ${CREATE} action`,
    );
  });
});

describe('the order of a call', () => {
  const INVALID_NAMES: readonly [string, Parameters][] = [
    ['a name that no user may have', { DbUser: 'IAM:temp_craig' }],
    ['a reserved word', { DbUser: 'table' }],
    ['an empty name', { DbUser: '' }],
    ['a name that is too long', { DbUser: 'x'.repeat(65) }],
    ['a duration that is too short', { ...TEMP, DurationSeconds: '899' }],
    ['a duration that is too long', { ...TEMP, DurationSeconds: '3601' }],
    ['a group in upper case', { ...TEMP, 'DbGroups.DbGroup.1': 'Group' }],
    ['a database with a slash', { ...TEMP, DbName: 'a/b' }],
  ];

  test.each(INVALID_NAMES)('authorization comes before validation: %s', async (_title, parameters) => {
    const denied = await getCredentials('nothing', parameters);
    expect([denied.status, denied.code]).toEqual([403, 'AccessDenied']);
    expect(denied.message).toContain(arn('dbuser', `examplecluster/${parameters['DbUser']}`));
    const invalid = await getCredentials('p3', parameters);
    expect([invalid.status, invalid.code]).toEqual([400, 'InvalidParameterValue']);
  });

  test('authorization comes before the cluster is looked up, and validation too', async () => {
    const ClusterIdentifier = 'no-such-cluster';
    const denied = await getCredentials('nothing', { ...TEMP, ClusterIdentifier });
    expect([denied.status, denied.code]).toEqual([403, 'AccessDenied']);
    expect(denied.message).not.toContain('not found');
    const invalid = await getCredentials('p3', { DbUser: 'a:b', ClusterIdentifier });
    expect([invalid.status, invalid.code]).toEqual([400, 'InvalidParameterValue']);
    const missing = await getCredentials('p3', { ...TEMP, ClusterIdentifier });
    expect([missing.status, missing.code, missing.message]).toEqual([
      404,
      'ClusterNotFound',
      'Cluster no-such-cluster not found.',
    ]);
    // P2 allows any cluster: the policy is passed, and the lookup answers.
    expect((await getCredentials('p2', { DbUser: 'temp_x', ClusterIdentifier })).code).toBe(
      'ClusterNotFound',
    );
  });

  test('the identifier of a cluster is compared with its case', async () => {
    expect((await getCredentials('p3', { ...TEMP, ClusterIdentifier: 'EXAMPLECLUSTER' })).code).toBe(
      'ClusterNotFound',
    );
  });

  test('what is decided is what is issued: a refused call leaves an event and no credential', async () => {
    const last = async () => {
      const events = await must(keyshift.root, 'keyshift', 'GetAuditEvents', { MaxItems: '500' });
      return events.texts('member').map((line) => JSON.parse(line) as Record<string, unknown>);
    };
    const refused = await getCredentials('p1', { ...TEMP, 'DbGroups.DbGroup.1': 'g' });
    const [requestId] = refused.texts('RequestId');
    const event = (await last()).find((one) => one['requestId'] === requestId);
    expect(event).toMatchObject({
      name: 'redshift:GetClusterCredentials',
      outcome: 'refused',
      code: 'AccessDenied',
      principalArn: userArn('p1'),
    });
    expect(event?.['details']).toMatchObject({ deniedAction: JOIN });
    expect(JSON.stringify(event)).not.toContain('credentialId');
  });
});

describe('a policy that changes', () => {
  test('counts for the next call', async () => {
    const root = keyshift.root;
    const ann = await makeUser(root, 'ann');
    const call = () =>
      ask(ann, 'redshift', 'GetClusterCredentials', { ClusterIdentifier: 'examplecluster', ...TEMP });
    expect((await call()).code).toBe('AccessDenied');
    await putPolicy(root, 'ann', POLICIES.p1);
    expect((await call()).status).toBe(200);
    await must(root, 'iam', 'DeleteUserPolicy', { UserName: 'ann', PolicyName: 'policy' });
    expect((await call()).code).toBe('AccessDenied');
  });
});
