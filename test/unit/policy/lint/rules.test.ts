// biome-ignore-all lint/suspicious/noTemplateCurlyInString: policy variables look like templates.
import { describe, expect, test } from 'vitest';
import { AWS_MANAGED_POLICY_DATA } from '../../../../src/iam/aws-managed-policy-data.ts';
import { parsePolicyDocument } from '../../../../src/policy/document.ts';
import { AWS_ACTIONS, withService } from '../../../../src/policy/lint/action-catalog.ts';
import { LINT_RULES, type LintOptions, lintPolicy } from '../../../../src/policy/lint/lint.ts';

const DB = (kind: string, name: string) => `arn:aws:redshift:us-west-2:123456789012:${kind}:c/${name}`;
const ACCOUNT = 'arn:aws:iam::123456789012';
const GET = 'redshift:GetClusterCredentials';
/** Keeps `login-any-database` quiet where it is not the question. */
const IN_DB = { StringEquals: { 'redshift:DbName': 'd' } };

interface Written {
  readonly Effect?: string;
  readonly Action?: unknown;
  readonly NotAction?: unknown;
  readonly Resource?: unknown;
  readonly NotResource?: unknown;
  readonly Condition?: unknown;
}

function lint(statements: Written | readonly Written[], options: LintOptions & { version?: string } = {}) {
  const list = Array.isArray(statements) ? statements : [statements];
  const Statement = list.map((one) => ({ Effect: 'Allow', ...one }));
  const text = JSON.stringify({ Version: options.version ?? '2012-10-17', Statement });
  return lintPolicy(parsePolicyDocument(text, 'identity'), options);
}

const ids = (...args: Parameters<typeof lint>) => lint(...args).map(({ id }) => id);

const login = (name: string, Condition: object = IN_DB): Written => ({
  Action: GET,
  Resource: DB('dbuser', name),
  Condition,
});
const iam = (Action: unknown, Resource: unknown = '*', Condition?: unknown): Written => ({
  Action,
  Resource,
  ...(Condition === undefined ? {} : { Condition }),
});

/** Of each rule: policies that it speaks of, and their relatives of which nothing is to be said. */
const CASES: readonly {
  id: string;
  found: readonly (Written | readonly Written[])[];
  fine: readonly (Written | readonly Written[])[];
  options?: LintOptions & { version?: string };
}[] = [
  {
    id: 'full-access',
    found: [{ Action: '*', Resource: '*' }],
    fine: [{ Effect: 'Deny', Action: '*', Resource: '*' }],
  },
  {
    id: 'login-as-every-user',
    found: [
      login('*'),
      login('**'),
      login('?*'),
      login('${redshift:DbUser}'),
      { ...login('x'), Resource: '*' },
      { ...login('x'), Resource: 'arn:aws:redshift:us-west-2:*' },
      { ...login('x'), Resource: 'arn:aws:redshift:*:*:dbuser:*' },
      { ...login('x'), Resource: 'arn:aws:redshift:*:*:db*' },
      { ...login('x'), Resource: 'arn:aws:redshift:*:*:*:*/*' },
      { ...login('*'), Action: 'redshift:*' },
      login('*', { ...IN_DB, StringNotEquals: { 'aws:userid': 'x:${redshift:DbUser}' } }),
    ],
    fine: [
      login('bob'),
      login('${aws:username}'),
      login('${aws:PrincipalTag/db}'),
      login('*', { StringEquals: { 'redshift:DbName': 'd', 'redshift:DbUser': ['a', 'b'] } }),
      login('*', { StringEquals: { 'redshift:DbName': 'd', 'redshift:DbUser': '${aws:username}' } }),
      login('${redshift:DbUser}', {
        StringEquals: { 'redshift:DbName': 'd', 'aws:userid': 'AROA:${redshift:DbUser}@example.com' },
      }),
      { ...login('*'), Effect: 'Deny' },
      { ...login('x'), Resource: DB('dbname', '*') },
      { ...login('x'), Resource: 'arn:aws:s3:::*' },
    ],
  },
  {
    id: 'login-reaches-superuser',
    options: { superusers: ['admin'] },
    found: [
      login('a*'),
      login('?dmin'),
      login('admin'),
      login('*', { StringLike: { 'redshift:DbUser': 'adm*' } }),
    ],
    fine: [
      login('b*'),
      login('Admin'),
      login('*', { StringEquals: { 'redshift:DbUser': 'adm*' } }),
      [
        login('a*'),
        { Effect: 'Deny', Action: 'redshift:*', Resource: 'arn:aws:redshift:*:*:dbuser:*/admin' },
      ],
    ],
  },
  {
    id: 'login-not-tied-to-caller',
    found: [login('temp_*'), login('user?')],
    fine: [login('*'), login('temp_x'), login('${aws:username}'), login('team_${aws:PrincipalTag/team}_*')],
  },
  {
    id: 'login-any-database',
    found: [
      login('bob', {}),
      login('bob', { StringEqualsIfExists: { 'redshift:DbName': 'd' } }),
      login('bob', { StringNotEquals: { 'redshift:DbName': 'd' } }),
      login('bob', { 'ForAllValues:StringEquals': { 'redshift:DbName': 'd' } }),
      login('bob', { Null: { 'redshift:DbName': ['true', 'false'] } }),
    ],
    fine: [
      login('bob'),
      login('bob', { StringLike: { 'redshift:dbname': '*' } }),
      login('bob', { Null: { 'redshift:DbName': 'false' } }),
      { ...login('x', {}), Resource: DB('dbname', 'd') },
    ],
  },
  {
    id: 'join-every-group',
    found: [{ Action: 'redshift:JoinGroup', Resource: DB('dbgroup', '*') }],
    fine: [{ Action: 'redshift:JoinGroup', Resource: DB('dbgroup', 'g') }],
  },
  {
    id: 'create-every-user',
    found: [{ Action: 'redshift:CreateClusterUser', Resource: DB('dbuser', '*') }],
    fine: [{ Action: 'redshift:CreateClusterUser', Resource: DB('dbuser', '${aws:username}') }],
  },
  {
    id: 'privilege-escalation',
    found: [
      iam('iam:CreatePolicyVersion'),
      iam('iam:Put*'),
      iam('iam:*', `${ACCOUNT}:user/x`),
      iam('iam:CreateAccessKey'),
      iam('iam:PutUserPolicy', `${ACCOUNT}:user/\${aws:username}`),
      { NotAction: 'redshift:*', Resource: '*' },
    ],
    fine: [
      iam('iam:GetUser'),
      iam('iam:AttachUserPolicy', '*', { ArnEquals: { 'iam:PolicyARN': `${ACCOUNT}:policy/p` } }),
      iam('iam:CreateAccessKey', `${ACCOUNT}:user/\${aws:username}`),
      { ...iam('iam:*'), Effect: 'Deny' },
    ],
  },
  {
    id: 'pass-any-role',
    found: [
      iam('iam:PassRole'),
      iam('sts:AssumeRole', `${ACCOUNT}:role/*`),
      { Action: 'iam:PassRole', NotResource: `${ACCOUNT}:role/x` },
    ],
    fine: [iam('iam:PassRole', `${ACCOUNT}:role/app`), iam('iam:GetRole')],
  },
  {
    id: 'controls-principal-tags',
    found: [iam('iam:TagUser'), iam('iam:TagRole', `${ACCOUNT}:role/x`)],
    fine: [
      iam('iam:TagPolicy'),
      iam('iam:TagUser', '*', {
        'ForAllValues:StringEquals': { 'aws:TagKeys': ['color'] },
        Null: { 'aws:TagKeys': false },
      }),
    ],
  },
  {
    id: 'changes-master-password',
    found: [iam('redshift:ModifyCluster'), iam('redshift:*')],
    fine: [iam('redshift:DescribeClusters')],
  },
  {
    id: 'allow-not-action',
    found: [{ NotAction: 'iam:*', Resource: '*' }],
    fine: [{ Effect: 'Deny', NotAction: 'iam:*', Resource: '*' }],
  },
  {
    id: 'allow-not-resource',
    found: [{ Action: GET, NotResource: DB('dbuser', 'admin') }],
    fine: [{ Effect: 'Deny', Action: GET, NotResource: DB('dbuser', 'admin') }],
  },
  {
    id: 'allow-not-resource-variable',
    found: [{ Action: GET, NotResource: [DB('dbuser', 'x'), DB('dbuser', '${aws:username}')] }],
    fine: [
      { Effect: 'Deny', Action: GET, NotResource: DB('dbuser', '${aws:username}') },
      { Action: GET, NotResource: DB('dbuser', '${*}') },
      { Action: GET, Resource: DB('dbuser', '${aws:username}') },
    ],
  },
  {
    id: 'variable-without-version',
    options: { version: '2008-10-17' },
    found: [login('${aws:username}'), login('x', { StringEquals: { 'aws:userid': '${redshift:DbUser}' } })],
    fine: [login('$x'), login('{x}')],
  },
  {
    id: 'unknown-action',
    found: [iam('redshift:GetClusterCredential'), iam('iam:Lst*'), { NotAction: 'sts:Nope', Resource: '*' }],
    fine: [iam('redshift:getclustercredentials'), iam('redshift:Get*'), iam('s3:Whatever'), iam('*')],
  },
  {
    id: 'service-not-here',
    found: [iam('s3:GetObject')],
    fine: [iam('iam:GetUser'), iam('*')],
  },
  {
    id: 'action-without-resource',
    found: [
      { Action: GET, Resource: 'arn:aws:redshift:*:*:cluster:c' },
      { Action: ['redshift:JoinGroup', GET], Resource: DB('dbuser', 'x') },
    ],
    fine: [
      login('x'),
      { Action: GET, Resource: '*' },
      { Action: GET, Resource: 'arn:aws:redshift:us-west-2:*' },
      { Action: GET, Resource: 'arn:aws:redshift:*:*:db*' },
      { Action: GET, NotResource: 'arn:aws:redshift:*:*:cluster:c' },
    ],
  },
  {
    id: 'resource-without-action',
    found: [{ ...login('x'), Resource: [DB('dbuser', 'x'), 'arn:aws:redshift:*:*:cluster:c'] }],
    fine: [
      { ...login('x'), Resource: [DB('dbuser', 'x'), DB('dbgroup', 'g')] },
      { Action: 'redshift:*', Resource: 'arn:aws:redshift:*:*:cluster:c' },
      { Action: ['iam:ListUsers', 'iam:GetUser'], Resource: `${ACCOUNT}:group/x` },
    ],
  },
  {
    id: 'unknown-condition-key',
    found: [
      login('x', { ...IN_DB, StringEquals: { 'redshift:DbUsr': 'x' } }),
      login('x', { ...IN_DB, Bool: { 'aws:MultiFactorAuth': 'true' } }),
      iam('iam:GetUser', '*', { StringEquals: { 'redshift:DbName': 'x' } }),
    ],
    fine: [
      login('x'),
      login('x', { StringEquals: { 'REDSHIFT:dbname': 'x' } }),
      login('x', { ...IN_DB, StringLike: { 'aws:PrincipalTag/Team': 'x' } }),
      login('x', { ...IN_DB, StringLike: { 'saml:sub': 'x' } }),
      iam('iam:CreateUser', '*', { StringEquals: { 'aws:RequestTag/team': 'x' } }),
      iam('s3:GetObject', '*', { StringEquals: { 's3:prefix': 'x' } }),
      { NotAction: 'iam:*', Resource: '*', Condition: { StringEquals: { 'iam:x': 'y' } } },
    ],
  },
  {
    id: 'holds-when-absent',
    found: [
      login('x', { StringNotEquals: { 'redshift:DbName': 'prod' } }),
      login('x', { ...IN_DB, BoolIfExists: { 'aws:MultiFactorAuthPresent': 'true' } }),
    ],
    fine: [
      login('x', { ...IN_DB, StringNotEquals: { 'redshift:DbName': 'prod' } }),
      login('x', { StringNotEquals: { 'redshift:DbName': 'prod' }, Null: { 'redshift:DbName': 'false' } }),
      login('x', { ...IN_DB, NotIpAddress: { 'aws:SourceIp': '10.0.0.0/8' } }),
      { ...login('x', { StringNotEquals: { 'redshift:DbName': 'prod' } }), Effect: 'Deny' },
    ],
  },
  {
    id: 'for-all-values-without-null',
    found: [iam('iam:CreateUser', '*', { 'ForAllValues:StringEquals': { 'aws:TagKeys': 'a' } })],
    fine: [
      iam('iam:CreateUser', '*', {
        'ForAllValues:StringEquals': { 'aws:TagKeys': 'a' },
        Null: { 'aws:TagKeys': 'false' },
      }),
      iam('iam:CreateUser', '*', { 'ForAnyValue:StringEquals': { 'aws:TagKeys': 'a' } }),
    ],
  },
  {
    id: 'quantifier-on-single-value',
    found: [login('x', { ...IN_DB, 'ForAnyValue:StringEquals': { 'aws:username': 'x' } })],
    fine: [iam('iam:CreateUser', '*', { 'ForAnyValue:StringEquals': { 'aws:TagKeys': 'a' } })],
  },
  {
    id: 'deny-without-mfa-misses-keys',
    found: [{ ...login('x', { Bool: { 'aws:MultiFactorAuthPresent': 'false' } }), Effect: 'Deny' }],
    fine: [
      { ...login('x', { BoolIfExists: { 'aws:MultiFactorAuthPresent': 'false' } }), Effect: 'Deny' },
      { ...login('x', { Bool: { 'aws:MultiFactorAuthPresent': 'true' } }), Effect: 'Deny' },
    ],
  },
  {
    id: 'wildcard-under-equals',
    found: [login('x', { StringEquals: { 'redshift:DbName': 'prod*' } })],
    fine: [
      login('x', { StringLike: { 'redshift:DbName': 'prod*' } }),
      login('x', { StringEquals: { 'redshift:DbName': 'prod${*}' } }),
    ],
  },
  {
    id: 'allow-always-denied',
    found: [
      [login('x'), { Effect: 'Deny', Action: 'redshift:*', Resource: '*' }],
      [{ Effect: 'Deny', Action: 'redshift:Get*', Resource: 'arn:aws:redshift:us-west-2:*' }, login('x')],
      [login('x*'), { Effect: 'Deny', Action: '*', Resource: '*' }],
    ],
    fine: [
      [login('x'), { Effect: 'Deny', Action: 'redshift:*', Resource: DB('dbuser', 'y') }],
      [login('x*'), { Effect: 'Deny', Action: 'redshift:*', Resource: DB('dbuser', 'x?') }],
      [
        login('x'),
        {
          Effect: 'Deny',
          Action: 'redshift:*',
          Resource: '*',
          Condition: { Bool: { 'aws:SecureTransport': false } },
        },
      ],
      [login('*'), { Effect: 'Deny', Action: GET, NotResource: DB('dbuser', 'x') }],
    ],
  },
  {
    id: 'statement-repeated',
    found: [
      [login('x'), login('x')],
      [login('x'), { ...login('x*'), Action: 'redshift:*' }],
      [login('x', { ...IN_DB, Bool: { 'aws:SecureTransport': 'true' } }), login('x')],
    ],
    fine: [
      [login('x'), login('y')],
      [login('x', {}), login('x')].slice(0, 1),
      [login('x'), { ...login('x'), Effect: 'Deny' }],
      [login('x'), login('x', { StringEquals: { 'redshift:DbName': 'e' } })],
    ],
  },
];

describe('lint', () => {
  describe.each(CASES)('$id', ({ id, found, fine, options }) => {
    test.each(found.map((one) => [JSON.stringify(one), one] as const))('speaks of %s', (_text, one) => {
      expect(ids(one, options)).toContain(id);
    });

    test.each(fine.map((one) => [JSON.stringify(one), one] as const))('is silent on %s', (_text, one) => {
      expect(ids(one, options)).not.toContain(id);
    });
  });

  test('has cases for every rule, and no rule twice', () => {
    const known = LINT_RULES.map(({ id }) => id);
    expect(new Set(known).size).toBe(known.length);
    const trust = ['trusts-everybody', 'trusts-any-audience'];
    expect(new Set([...CASES.map(({ id }) => id), ...trust])).toEqual(new Set(known));
  });

  test('says nothing of the policy that lets everybody log in as themselves', () => {
    expect(lint({ ...login('${aws:username}'), Action: [GET, 'redshift:CreateClusterUser'] })).toEqual([]);
  });

  test('tells the worst first, with place, explanation and fix', () => {
    const [first, ...others] = lint([iam('s3:GetObject'), login('*', {})]);
    expect(first).toEqual({
      id: 'login-as-every-user',
      severity: 'danger',
      statement: 1,
      sid: undefined,
      element: 'Resource',
      value: DB('dbuser', '*'),
      explanation:
        'it allows a login as every database user, also as the master user and every other superuser',
      fix: expect.stringContaining('${aws:username}'),
    });
    expect(others.map(({ severity }) => severity)).toEqual(['warning', 'note']);
  });

  test('calls every user but the superusers a warning', () => {
    const denied = { Effect: 'Deny', Action: GET, Resource: DB('dbuser', 'admin') };
    expect(ids([login('*'), denied])).toEqual(['login-as-every-user']);
    expect(ids([login('*'), denied], { superusers: ['admin'] })).toEqual(['login-not-tied-to-caller']);
    expect(ids([login('*'), denied], { superusers: ['admin', 'root'] })).toEqual(['login-as-every-user']);
  });

  test('guesses which action was meant', () => {
    const [finding] = lint(iam('redshift:GetClusterCredentialz'));
    expect(finding?.explanation).toContain('did you mean `redshift:GetClusterCredentials`?');
  });

  test('ends after 200 findings', () => {
    const actions = Array.from({ length: 1000 }, (_, index) => `iam:Nope${index}`);
    expect(lint(iam(actions))).toHaveLength(200);
  });

  test('compares the statements of no document that is longer than any policy', () => {
    const many = Array.from({ length: 501 }, () => login('x'));
    expect(ids(many)).toEqual([]);
    expect(ids(many.slice(1))).toContain('statement-repeated');
  });
});

describe('hostile documents', () => {
  /** Far above what is measured, far below what work for each pair of texts would take. */
  const QUICK_MS = 2000;
  const many = <T>(count: number, make: (index: number) => T): T[] =>
    Array.from({ length: count }, (_, at) => make(at));

  test.each([
    ['unknown actions', [iam(many(4000, (at) => `iam:CreatePolicyVersoin${at}`))]],
    [
      'conditions under many actions',
      [
        iam(
          many(2000, (at) => `iam:*${at}*`),
          '*',
          { StringEquals: Object.fromEntries(many(2000, (at) => [`iam:k${at}`, 'x'])) },
        ),
      ],
    ],
    [
      'statements that nearly cover each other',
      many(200, (at) =>
        iam(
          many(20, (n) => `iam:${n}`),
          many(4, (n) => `arn:aws:iam::1:${at}${n}*?`),
        ),
      ),
    ],
    ['wildcards', [iam(`iam:${'*a'.repeat(20_000)}`, `arn:aws:redshift:::dbuser:${'*?'.repeat(20_000)}`)]],
  ])('%s are linted in no time', (_name, statements) => {
    const text = JSON.stringify({ Statement: statements.map((one) => ({ Effect: 'Allow', ...one })) });
    expect(text.length).toBeLessThan(131_072);
    const document = parsePolicyDocument(text, 'identity');
    const start = performance.now();
    expect(lintPolicy(document).length).toBeLessThanOrEqual(200);
    expect(performance.now() - start).toBeLessThan(QUICK_MS);
  });
});

describe('lint of trust policies', () => {
  const trust = (Principal: unknown, Condition?: unknown) =>
    lintPolicy(
      parsePolicyDocument(
        JSON.stringify({
          Version: '2012-10-17',
          Statement: {
            Effect: 'Allow',
            Principal,
            Action: 'sts:AssumeRole*',
            ...(Condition ? { Condition } : {}),
          },
        }),
        'trust',
      ),
    ).map(({ id }) => id);
  const saml = { Federated: `${ACCOUNT}:saml-provider/idp` };

  test('speaks of everybody, with and without conditions', () => {
    expect(trust('*')).toEqual(['trusts-everybody']);
    expect(trust({ AWS: '*' }, { StringEquals: { 'sts:ExternalId': 'x' } })).toEqual(['trusts-everybody']);
    expect(trust({ AWS: '123456789012' })).toEqual([]);
  });

  test('asks for the audience of an identity provider', () => {
    expect(trust(saml)).toEqual(['trusts-any-audience']);
    expect(trust(saml, { StringEquals: { 'SAML:aud': 'x' } })).toEqual([]);
    expect(trust({ Federated: 'accounts.google.com' })).toEqual(['trusts-any-audience']);
    expect(
      trust({ Federated: 'accounts.google.com' }, { StringEquals: { 'accounts.google.com:aud': 'x' } }),
    ).toEqual([]);
  });
});

describe('the catalog of actions', () => {
  test('knows every action of the policies that AWS manages', () => {
    for (const { name, document } of AWS_MANAGED_POLICY_DATA) {
      const findings = lintPolicy(parsePolicyDocument(JSON.stringify(document), 'identity'));
      expect(
        findings.filter(({ id }) => id === 'unknown-action'),
        name,
      ).toEqual([]);
    }
  });

  test('takes one more service', () => {
    const catalog = withService(AWS_ACTIONS, 'keyshift', ['MoveClock']);
    expect(ids(iam('keyshift:MoveClock'), { catalog })).toEqual([]);
    expect(ids(iam('keyshift:MoveClok'), { catalog })).toEqual(['unknown-action']);
    expect(ids(iam('keyshift:MoveClock'))).toEqual(['service-not-here']);
  });
});
