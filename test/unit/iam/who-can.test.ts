// biome-ignore-all lint/suspicious/noTemplateCurlyInString: policy variables look like templates.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { ownSessionUnknowns, roleSessionUnknowns } from '../../../src/iam/session-unknowns.ts';
import { whoCan, whyCannot } from '../../../src/iam/who-can.ts';
import { parsePolicyDocument } from '../../../src/policy/document.ts';
import { AccountIndex, type IndexedPrincipal } from '../../../src/policy/who-can/account-index.ts';
import { preparePolicy } from '../../../src/policy/who-can/atoms.ts';
import { type LoginQuestion, loginTarget } from '../../../src/redshift/login-target.ts';

const AT = new Date('2026-11-22T00:00:00Z');
const REGION = 'us-west-2';
const ACCOUNT = '123456789012';
const DB = (kind: string, name: string) => `arn:aws:redshift:${REGION}:${ACCOUNT}:${kind}:c/${name}`;
const GET = 'redshift:GetClusterCredentials';

const policy = (...Statement: object[]) =>
  preparePolicy(parsePolicyDocument(JSON.stringify({ Version: '2012-10-17', Statement }), 'identity'), {
    kind: 'inline',
    id: 'p',
  });
const allow = (Action: unknown, Resource: unknown, Condition: object = {}) => ({
  Effect: 'Allow',
  Action,
  Resource,
  Condition,
});
const deny = (Action: unknown, Resource: unknown, Condition: object = {}) => ({
  Effect: 'Deny',
  Action,
  Resource,
  Condition,
});
const anyLogin = (Condition?: object) => allow('redshift:*', '*', Condition);

function user(
  name: string,
  statements: readonly object[],
  extra: Partial<IndexedPrincipal> = {},
): IndexedPrincipal {
  return {
    kind: 'user',
    arn: `arn:aws:iam::${ACCOUNT}:user/${name}`,
    keys: new Map([
      ['aws:username', [name]],
      ['aws:userid', [`AIDA${name}`]],
    ]),
    unknownOf: ownSessionUnknowns(AT),
    policies: [{ policy: policy(...statements), group: undefined }],
    boundary: undefined,
    trusts: [],
    ...extra,
  };
}

function role(
  statements: readonly object[],
  session: { mayTag?: boolean; tag?: string } = {},
): IndexedPrincipal {
  const { mayTag = false, tag } = session;
  return {
    ...user('x', statements),
    kind: 'role',
    arn: `arn:aws:iam::${ACCOUNT}:role/app`,
    keys: new Map(tag === undefined ? [] : [['aws:principaltag/team', [tag]]]),
    unknownOf: roleSessionUnknowns(
      { id: 'AROA1', mayTag, hasTag: (key) => tag !== undefined && key === 'aws:principaltag/team' },
      AT,
    ),
    trusts: [`arn:aws:iam::${ACCOUNT}:root`],
  };
}

const QUESTION: LoginQuestion = {
  cluster: 'c',
  dbUser: 'joe',
  dbName: 'testdb',
  dbGroups: [],
  autoCreate: false,
};

async function asked(principal: IndexedPrincipal, question: Partial<LoginQuestion> = {}) {
  const index = new AccountIndex({ principals: [principal], guardrail: undefined });
  const deps = { indexes: { of: async () => index }, at: AT, region: REGION, accountId: ACCOUNT };
  const target = loginTarget(REGION, ACCOUNT, { ...QUESTION, ...question });
  const { able } = await whoCan(deps, target, { after: undefined, max: 10 });
  const why = await whyCannot(deps, target, principal.arn);
  expect(why.able === undefined).toBe(able.length === 0);
  return { ...(able[0] ?? { verdict: 'no' as const, ways: [] }), obstacles: why.obstacles };
}
const ways = async (...args: Parameters<typeof asked>) => (await asked(...args)).ways;

describe('the conditions of a login, in words', () => {
  test.each([
    [
      { IpAddress: { 'aws:SourceIp': ['10.0.0.0/8', '192.0.2.1'] } },
      'the source address is in one of 10.0.0.0/8, 192.0.2.1',
    ],
    [{ NotIpAddress: { 'aws:SourceIp': '10.0.0.0/8' } }, 'the source address is not in 10.0.0.0/8'],
    [{ Bool: { 'aws:SecureTransport': 'true' } }, 'TLS is true'],
    [{ Bool: { 'aws:MultiFactorAuthPresent': 'true' } }, 'multi-factor authentication is true'],
    [{ NumericLessThan: { 'aws:MultiFactorAuthAge': '300' } }, 'aws:MultiFactorAuthAge is less than 300'],
    [
      { NumericLessThanEquals: { 'redshift:DurationSeconds': '1800' } },
      'the duration in seconds is at most 1800',
    ],
    [{ DateGreaterThan: { 'aws:CurrentTime': '2027-01-01' } }, 'the time is after 2027-01-01'],
    [{ StringLike: { 'aws:UserAgent': 'psql*' } }, 'the user agent is like psql*'],
    [{ StringNotEquals: { 'aws:UserAgent': 'x' } }, 'the user agent is not x, or is not given'],
    [{ StringEqualsIfExists: { 'aws:UserAgent': 'x' } }, 'the user agent is x, or is not given'],
  ])('%j', async (condition, text) => {
    expect(await ways(user('ann', [anyLogin(condition)]))).toEqual([[text]]);
  });

  test.each([
    [{ NumericLessThanEquals: { 'redshift:DurationSeconds': '3600' } }],
    [{ DateGreaterThan: { 'aws:CurrentTime': '2020-01-01' } }],
    [{ StringEquals: { 'aws:username': 'ann', 'aws:RequestedRegion': REGION } }],
  ])('%j always holds', async (condition) => {
    expect(await asked(user('ann', [anyLogin(condition)]))).toMatchObject({ verdict: 'always', ways: [[]] });
  });

  test.each([
    [{ NumericLessThan: { 'redshift:DurationSeconds': '900' } }],
    [{ DateLessThan: { 'aws:CurrentTime': '2026-11-21' } }],
    [{ StringEquals: { 'redshift:DbName': 'other' } }],
    [{ StringEquals: { 'aws:SourceVpc': 'vpc-1' } }],
    [{ IpAddress: { 'aws:SourceIp': '10.0.0.0/8' }, NotIpAddress: { 'aws:SourceIp': '10.0.0.0/8' } }],
    [
      {
        Bool: { 'aws:MultiFactorAuthPresent': 'false' },
        NumericLessThan: { 'aws:MultiFactorAuthAge': '300' },
      },
    ],
  ])('%j never holds', async (condition) => {
    const { verdict, obstacles } = await asked(user('ann', [anyLogin(condition)]));
    expect(verdict).toBe('no');
    expect(obstacles.length).toBeGreaterThan(0);
  });

  test('a database that is left open is told, and whether it may be left out', async () => {
    const person = user('ann', [allow(GET, [DB('dbuser', 'joe'), DB('dbname', 'dev')])]);
    expect(await ways(person, { dbName: undefined })).toEqual([
      ['the database is not given'],
      ['the database is dev'],
    ]);
  });

  test('two statements are two ways; what only repeats the other is left out', async () => {
    const office = { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } };
    const tls = { Bool: { 'aws:SecureTransport': 'true' } };
    expect(
      await ways(user('ann', [anyLogin(office), anyLogin(tls), anyLogin({ ...office, ...tls })])),
    ).toEqual([['the source address is in 10.0.0.0/8'], ['TLS is true']]);
  });
});

describe('roles, as their sessions', () => {
  const idCondition = { StringEquals: { 'aws:userid': 'AROA1:${redshift:DbUser}@yourdomain.com' } };
  // Management Guide, "Example 8: IAM policy for using GetClusterCredentials".
  const documented = [
    allow(
      GET,
      [DB('dbuser', '${redshift:DbUser}'), DB('dbname', 'testdb'), DB('dbgroup', 'common_group')],
      idCondition,
    ),
    allow('redshift:CreateClusterUser', DB('dbuser', '${redshift:DbUser}'), idCondition),
    allow('redshift:JoinGroup', DB('dbgroup', 'common_group')),
  ];

  test('the documented policy ties the database user to the name of the session', async () => {
    const told = await asked(role(documented), { dbGroups: ['common_group'], autoCreate: true });
    expect(told.ways).toEqual([['aws:userid is AROA1:joe@yourdomain.com']]);
    expect(told).toMatchObject({
      example: { 'aws:userid': 'AROA1:joe@yourdomain.com' },
      trusts: [`arn:aws:iam::${ACCOUNT}:root`],
    });
    expect((await asked(role(documented), { dbName: 'other' })).verdict).toBe('no');
    expect((await asked(role(documented), { dbGroups: ['admins'] })).verdict).toBe('no');
    expect((await asked(user('joe', documented))).verdict).toBe('no');
  });

  test('a tag counts as the role has it, unless sessions may have their own', async () => {
    const byTag = [allow(GET, '*', { StringEquals: { 'aws:PrincipalTag/team': 'red' } })];
    expect((await asked(role(byTag, { tag: 'red' }))).verdict).toBe('always');
    expect((await asked(role(byTag, { tag: 'blue' }))).verdict).toBe('no');
    expect((await asked(role(byTag))).verdict).toBe('no');
    expect(await ways(role(byTag, { tag: 'blue', mayTag: true }))).toEqual([
      ['aws:PrincipalTag/team is red'],
    ]);
    const untagged = [allow(GET, '*', { Null: { 'aws:PrincipalTag/team': 'true' } })];
    expect((await asked(role(untagged, { mayTag: true }))).verdict).toBe('conditional');
    expect((await asked(role(untagged, { mayTag: true, tag: 'red' }))).verdict).toBe('no');
  });

  test('a session always says whether there was a second factor, a key of a user never does', async () => {
    const absent = [allow(GET, '*', { Null: { 'aws:MultiFactorAuthPresent': 'true' } })];
    expect((await asked(role(absent))).verdict).toBe('no');
    expect((await asked(user('ann', absent))).verdict).toBe('conditional');
  });

  test('have no user name', async () => {
    expect((await asked(role([allow(GET, DB('dbuser', '${aws:username}'))]))).verdict).toBe('no');
  });
});

describe('why not', () => {
  const because = async (principal: IndexedPrincipal, question: Partial<LoginQuestion> = {}) =>
    (await asked(principal, question)).obstacles.map((one) => [one.because, one.action]);

  test('names the pair that nothing allows', async () => {
    const person = user('ann', [allow(GET, '*')]);
    expect(await because(person, { autoCreate: true })).toEqual([
      ['no-policy-allows', 'redshift:createclusteruser'],
    ]);
    expect(await because(person, { dbGroups: ['g'] })).toEqual([['no-policy-allows', 'redshift:joingroup']]);
    expect(await because(person)).toEqual([]);
  });

  test('names boundary, deny and contradictions', async () => {
    const boundary = policy(allow('iam:*', '*'));
    expect((await because(user('ann', [anyLogin()], { boundary })))[0]).toEqual([
      'boundary-does-not-allow',
      'redshift:getclustercredentials',
    ]);
    expect((await because(user('ann', [anyLogin(), deny(GET, DB('dbuser', 'joe'))])))[0]).toEqual([
      'denied',
      'redshift:getclustercredentials',
    ]);
    const early = { DateLessThan: { 'aws:CurrentTime': '2027-01-01' } };
    const late = { DateGreaterThan: { 'aws:CurrentTime': '2028-01-01' } };
    const split = user('ann', [allow(GET, '*', early), allow('redshift:JoinGroup', '*', late)]);
    expect(await because(split, { dbGroups: ['g'] })).toEqual([['pairs-exclude-each-other', undefined]]);
  });

  test('a guardrail binds the root user too', async () => {
    const root: IndexedPrincipal = {
      ...user('x', [anyLogin()]),
      kind: 'root',
      arn: `arn:aws:iam::${ACCOUNT}:root`,
      policies: [],
    };
    expect((await asked(root)).verdict).toBe('always');
    const index = new AccountIndex({ principals: [root], guardrail: policy(allow('iam:*', '*')) });
    const deps = { indexes: { of: async () => index }, at: AT, region: REGION, accountId: ACCOUNT };
    const { obstacles } = await whyCannot(deps, loginTarget(REGION, ACCOUNT, QUESTION), root.arn);
    expect(obstacles[0]?.because).toBe('guardrail-does-not-allow');
  });
});

test('every key that a decision can ask of a caller or request is one that the question knows, or leaves open', () => {
  const keysIn = (...files: readonly string[]): Set<string> =>
    new Set(
      files.flatMap((file) => {
        const text = readFileSync(new URL(`../../../src/${file}`, import.meta.url), 'utf8');
        return [...text.matchAll(/'(aws:[a-z]+)'/g)].map(([, key = '']) => key);
      }),
    );
  const decided = keysIn('iam/context.ts');
  const asked = keysIn(
    'iam/load-account.ts',
    'iam/session-unknowns.ts',
    'iam/who-can.ts',
    'policy/who-can/request-unknowns.ts',
  );
  expect(decided.size).toBeGreaterThan(15);
  expect([...decided].filter((key) => !asked.has(key))).toEqual([]);
});
