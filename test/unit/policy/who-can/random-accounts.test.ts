// biome-ignore-all lint/suspicious/noTemplateCurlyInString: policy variables look like templates.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ownSessionUnknowns } from '../../../../src/iam/session-unknowns.ts';
import { parsePolicyDocument } from '../../../../src/policy/document.ts';
import { evaluate } from '../../../../src/policy/evaluate.ts';
import { policySet } from '../../../../src/policy/policy-set.ts';
import { AccountIndex, type IndexedPrincipal } from '../../../../src/policy/who-can/account-index.ts';
import { type PreparedPolicy, preparePolicy } from '../../../../src/policy/who-can/atoms.ts';
import { decided, type Formula } from '../../../../src/policy/who-can/formula.ts';
import { requestUnknowns } from '../../../../src/policy/who-can/request-unknowns.ts';
import { assignedValues } from '../../../../src/policy/who-can/unknown.ts';
import { WhoCan } from '../../../../src/policy/who-can/who-can.ts';
import { type LoginQuestion, loginTarget } from '../../../../src/redshift/login-target.ts';
import { credentialsPermissions } from '../../../../src/redshift/required-permissions.ts';

/**
 * Small random accounts. What `WhoCan` lists is compared with what the engine decides for every request of a small
 * world, in which each request is made and asked for one by one. KEYSHIFT_WHO_CAN_RUNS asks for more accounts.
 */
const RUNS = Number(process.env['KEYSHIFT_WHO_CAN_RUNS'] ?? 40);

const REGION = 'us-west-2';
const ACCOUNT = '123456789012';
const NOW = new Date('2026-11-22T00:00:00Z');
const ARN = `arn:aws:redshift:${REGION}:${ACCOUNT}`;

// The world: every value that a request of it can have. Policies speak of these values, and of few others.
const DB_USERS = ['ann', 'bob', 'Ann', 'adm'];
const DB_NAMES = ['dev', 'prod', 'dev2'];
const ADDRESSES = ['10.0.0.1', '10.128.0.1', '192.0.2.1', '2001:db8::1'];
const TIMES = [
  '2026-11-22T00:00:00Z',
  '2026-12-31T23:59:59Z',
  '2027-06-01T00:00:00Z',
  '2031-01-01T00:00:00Z',
];
const DURATIONS = [900, 901, 1800, 3600];
const AGENTS = [undefined, 'psql', 'aws-cli'];
/** Seconds since the second factor of a session; -1 for a session without one, undefined for a long-term key. */
const FACTORS = [undefined, -1, 60, 4000];

const oneOrMore = <T>(item: fc.Arbitrary<T>) =>
  fc.oneof(item, fc.uniqueArray(item, { minLength: 1, maxLength: 2 }));

const userText = fc.constantFrom(
  ...DB_USERS,
  'a*',
  '*',
  '?nn',
  '${aws:username}',
  '${aws:PrincipalTag/team}',
  '${redshift:DbUser}',
);
const databaseText = fc.constantFrom(
  ...DB_NAMES,
  'dev*',
  '*',
  '${aws:PrincipalTag/team}',
  '${redshift:DbName}',
  '${redshift:DbUser}',
);
const cluster = fc.constantFrom('c', 'c', 'c', '*', 'other');
const resource = fc.oneof(
  { weight: 2, arbitrary: fc.constant('*') },
  {
    weight: 1,
    arbitrary: fc.constantFrom(`${ARN}:*`, `${ARN}:dbuser:*`, `${ARN}:db*`, 'arn:aws:redshift:eu-west-1:*'),
  },
  { weight: 4, arbitrary: fc.tuple(cluster, userText).map(([c, name]) => `${ARN}:dbuser:${c}/${name}`) },
  { weight: 3, arbitrary: fc.tuple(cluster, databaseText).map(([c, name]) => `${ARN}:dbname:${c}/${name}`) },
  { weight: 2, arbitrary: fc.constantFrom(`${ARN}:dbgroup:c/g`, `${ARN}:dbgroup:c/*`) },
);
const action = fc.constantFrom(
  'redshift:GetClusterCredentials',
  'redshift:GetClusterCredentials',
  'redshift:*',
  '*',
  'redshift:JoinGroup',
  'redshift:CreateClusterUser',
  'redshift:?oin*',
  'iam:GetUser',
);

const prefixed = (prefixes: readonly string[], suffixes: readonly string[], bases: readonly string[]) =>
  fc
    .tuple(fc.constantFrom(...prefixes), fc.constantFrom(...bases), fc.constantFrom(...suffixes))
    .map((parts) => parts.join(''));
const QUANTIFIERS = ['', '', '', 'ForAllValues:', 'ForAnyValue:'];
const IF_EXISTS = ['', '', 'IfExists'];
const STRINGS = [
  'StringEquals',
  'StringNotEquals',
  'StringLike',
  'StringNotLike',
  'StringEqualsIgnoreCase',
  'StringNotEqualsIgnoreCase',
];
const ORDERS = ['Equals', 'NotEquals', 'LessThan', 'LessThanEquals', 'GreaterThan', 'GreaterThanEquals'];

const clause: fc.Arbitrary<[operator: string, key: string, values: string | string[]]> = fc.oneof(
  fc.tuple(
    prefixed(QUANTIFIERS, IF_EXISTS, STRINGS),
    fc.constant('redshift:DbName'),
    oneOrMore(databaseText),
  ),
  fc.tuple(prefixed(QUANTIFIERS, IF_EXISTS, STRINGS), fc.constant('redshift:DbUser'), oneOrMore(userText)),
  fc.tuple(prefixed([''], IF_EXISTS, STRINGS), fc.constant('aws:username'), oneOrMore(userText)),
  fc.tuple(prefixed([''], IF_EXISTS, STRINGS), fc.constant('aws:PrincipalTag/team'), oneOrMore(databaseText)),
  fc.tuple(
    prefixed([''], IF_EXISTS, ['StringLike', 'StringNotLike']),
    fc.constant('aws:UserAgent'),
    oneOrMore(fc.constantFrom('psql', '*l*', 'aws*')),
  ),
  fc.tuple(
    prefixed([''], IF_EXISTS, ['IpAddress', 'NotIpAddress']),
    fc.constant('aws:SourceIp'),
    oneOrMore(fc.constantFrom('10.0.0.0/8', '10.0.0.0/9', '10.0.0.1', '0.0.0.0/0', '2001:db8::/32')),
  ),
  fc.tuple(
    prefixed(
      [''],
      IF_EXISTS,
      ORDERS.map((o) => `Date${o}`),
    ),
    fc.constantFrom('aws:CurrentTime', 'aws:EpochTime'),
    oneOrMore(fc.constantFrom('2026-12-31T23:59:59Z', '2027-01-01', '2020-01-01', '2030-01-01T00:00:00Z')),
  ),
  fc.tuple(
    prefixed(
      [''],
      IF_EXISTS,
      ORDERS.map((o) => `Numeric${o}`),
    ),
    fc.constant('redshift:DurationSeconds'),
    oneOrMore(fc.constantFrom('900', '901', '1800', '3600', '60')),
  ),
  fc.tuple(
    prefixed([''], IF_EXISTS, ['Bool']),
    fc.constantFrom('aws:SecureTransport', 'aws:MultiFactorAuthPresent'),
    fc.constantFrom('true', 'false'),
  ),
  fc.tuple(
    prefixed([''], IF_EXISTS, ['NumericLessThan', 'NumericGreaterThanEquals']),
    fc.constant('aws:MultiFactorAuthAge'),
    fc.constantFrom('61', '3600', '1'),
  ),
  fc.tuple(
    fc.constant('Null'),
    fc.constantFrom(
      'redshift:DbName',
      'aws:UserAgent',
      'aws:PrincipalTag/team',
      'aws:MultiFactorAuthPresent',
    ),
    oneOrMore(fc.constantFrom('true', 'false')),
  ),
);
const condition = fc.array(clause, { maxLength: 2 }).map((clauses) => {
  const block: Record<string, Record<string, unknown>> = {};
  for (const [operator, key, values] of clauses) block[operator] = { ...block[operator], [key]: values };
  return block;
});

const statement = fc
  .record({
    Effect: fc.constantFrom('Allow', 'Allow', 'Allow', 'Deny'),
    actionName: fc.constantFrom('Action', 'Action', 'Action', 'NotAction'),
    action: oneOrMore(action),
    resourceName: fc.constantFrom('Resource', 'Resource', 'Resource', 'NotResource'),
    resource: oneOrMore(resource),
    condition,
  })
  .map((one) => ({
    Effect: one.Effect,
    [one.actionName]: one.action,
    [one.resourceName]: one.resource,
    ...(Object.keys(one.condition).length === 0 ? {} : { Condition: one.condition }),
  }));
const policy = fc.record({
  Version: fc.constantFrom('2012-10-17', '2012-10-17', '2012-10-17', '2008-10-17'),
  Statement: fc.array(statement, { minLength: 1, maxLength: 3 }),
});
const wide = fc.constant({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }],
});

const account = fc.record({
  policies: fc.array(fc.oneof({ weight: 5, arbitrary: policy }, { weight: 1, arbitrary: wide }), {
    minLength: 2,
    maxLength: 5,
  }),
  guardrail: fc.option(fc.nat(), { nil: undefined, freq: 2 }),
  users: fc.array(
    fc.record({
      name: fc.constantFrom('ann', 'bob', 'dev'),
      team: fc.option(fc.constantFrom('dev', 'ann', 'prod'), { nil: undefined }),
      policies: fc.uniqueArray(fc.nat(), { minLength: 1, maxLength: 3 }),
      boundary: fc.option(fc.nat(), { nil: undefined, freq: 2 }),
    }),
    { minLength: 1, maxLength: 3 },
  ),
});

const question: fc.Arbitrary<LoginQuestion> = fc.record({
  cluster: fc.constant('c'),
  dbUser: fc.option(fc.constantFrom('ann', 'adm', 'bob'), { nil: undefined, freq: 4 }),
  dbName: fc.option(fc.constantFrom('dev', 'prod'), { nil: undefined, freq: 1 }),
  dbGroups: fc.constantFrom([], [], ['g'], ['g', 'h']),
  autoCreate: fc.boolean(),
});

const requests: fc.Arbitrary<Concrete[]> = fc.array(
  fc.record({
    dbUser: fc.constantFrom(...DB_USERS),
    dbName: fc.constantFrom(undefined, ...DB_NAMES),
    duration: fc.constantFrom(...DURATIONS),
    address: fc.constantFrom(...ADDRESSES),
    tls: fc.constantFrom('true', 'false'),
    time: fc.constantFrom(...TIMES),
    agent: fc.constantFrom(...AGENTS),
    factor: fc.constantFrom(...FACTORS),
  }),
  { minLength: 8, maxLength: 8 },
);

function principalOf(
  user: { name: string; team: string | undefined },
  policies: PreparedPolicy[],
  boundary: PreparedPolicy | undefined,
): IndexedPrincipal {
  return {
    kind: 'user',
    arn: `arn:aws:iam::${ACCOUNT}:user/${user.name}`,
    keys: new Map([
      ['aws:username', [user.name]],
      ['aws:userid', [`AIDA${user.name}`]],
      ['aws:principaltype', ['User']],
      ...(user.team === undefined ? [] : [['aws:principaltag/team', [user.team]] as const]),
    ]),
    unknownOf: ownSessionUnknowns(NOW),
    policies: policies.map((one) => ({ policy: one, group: undefined })),
    boundary,
    trusts: [],
  };
}

/** The engine's answers for one principal: whether it allows all pairs of a request. */
function engineFor(principal: IndexedPrincipal, guardrail: PreparedPolicy | undefined, ask: LoginQuestion) {
  const set = policySet({
    identity: principal.policies.map(({ policy: one }) => one.compiled),
    boundary: principal.boundary?.compiled,
    guardrail: guardrail?.compiled,
  });
  return (request: Concrete): boolean => {
    const facts = factsOf(request);
    const pairs = credentialsPermissions(REGION, ACCOUNT, ask.cluster, {
      dbUser: request.dbUser,
      dbName: request.dbName,
      durationSeconds: request.duration,
      autoCreate: ask.autoCreate,
      dbGroups: ask.dbGroups,
    });
    return pairs.every(({ action: asked, resource: about, context }) => {
      const get = (key: string) => principal.keys.get(key) ?? facts.get(key) ?? context.get(key);
      return evaluate(set, { action: asked, resource: about, context: { get } }).effect === 'allow';
    });
  };
}

function factsOf(request: Concrete): ReadonlyMap<string, readonly string[]> {
  return new Map<string, readonly string[]>([
    ['aws:sourceip', [request.address]],
    ['aws:securetransport', [request.tls]],
    ['aws:currenttime', [request.time]],
    ['aws:epochtime', [String(Date.parse(request.time) / 1000)]],
    ...(request.agent === undefined ? [] : [['aws:useragent', [request.agent]] as const]),
    ...(request.factor === undefined
      ? []
      : [['aws:multifactorauthpresent', [String(request.factor >= 0)]] as const]),
    ...((request.factor ?? -1) < 0 ? [] : [['aws:multifactorauthage', [String(request.factor)]] as const]),
  ]);
}

/** The formula's answer for the same request. */
function formulaAnswer(formula: Formula, principal: IndexedPrincipal, request: Concrete): Formula {
  const facts = new Map([
    ...factsOf(request),
    ['redshift:dbuser', [request.dbUser]],
    ['redshift:durationseconds', [String(request.duration)]],
    ...(request.dbName === undefined ? [] : [['redshift:dbname', [request.dbName]] as const]),
  ]);
  const context = { get: (key: string) => principal.keys.get(key) ?? facts.get(key) };
  return decided(formula, (atom) => atom.holds(context));
}

interface Concrete {
  readonly dbUser: string;
  readonly dbName: string | undefined;
  readonly duration: number;
  readonly address: string;
  readonly tls: string;
  readonly time: string;
  readonly agent: string | undefined;
  readonly factor: number | undefined;
}

function* world({ dbUser, dbName }: LoginQuestion): Generator<Concrete> {
  for (const user of dbUser === undefined ? DB_USERS : [dbUser]) {
    for (const database of dbName === undefined ? [undefined, ...DB_NAMES] : [dbName]) {
      for (const address of ADDRESSES) {
        for (const time of TIMES) {
          for (const duration of DURATIONS) {
            for (const agent of AGENTS) {
              for (const tls of ['true', 'false']) {
                for (const factor of FACTORS) {
                  yield { dbUser: user, dbName: database, duration, address, tls, time, agent, factor };
                }
              }
            }
          }
        }
      }
    }
  }
}

function factorOf(present: string | undefined, age: string | undefined): number | undefined {
  return present === undefined ? undefined : Number(age ?? -1);
}

describe('who can get a login in random accounts', () => {
  test(
    'misses nobody whom the engine lets in, and lists nobody whom it does not',
    () => {
      const seen = { yes: 0, no: 0, undecided: 0 };
      fc.assert(
        fc.property(account, question, requests, ({ policies, guardrail, users }, ask, sample) => {
          const prepared = policies.map((one, index) =>
            preparePolicy(parsePolicyDocument(JSON.stringify(one), 'identity'), {
              kind: 'managed',
              id: `p${index}`,
            }),
          );
          const pick = (at: number): PreparedPolicy | undefined => prepared[at % prepared.length];
          const limit = guardrail === undefined ? undefined : pick(guardrail);
          const principals = users.map((user) =>
            principalOf(
              user,
              [...new Set(user.policies.map(pick))].filter((one) => one !== undefined),
              user.boundary === undefined ? undefined : pick(user.boundary),
            ),
          );
          const target = loginTarget(REGION, ACCOUNT, ask);
          const who = new WhoCan(new AccountIndex({ principals, guardrail: limit }), {
            ...target,
            unknowns: [...target.unknowns, ...requestUnknowns(NOW)],
          });
          const listed = new Map(who.page(0, 100).abilities.map((ability) => [ability.principal, ability]));
          for (const principal of principals) {
            const mayGet = engineFor(principal, limit, ask);
            const ability = listed.get(principal);
            seen[ability?.satisfied.verdict ?? 'no'] += 1;
            const { unknownOf } = who.setting(principal);
            if (ability?.satisfied.verdict === 'yes') {
              // What is told as a yes comes with a request, and the engine allows that very request.
              const { assignment } = ability.satisfied;
              const value = (key: string): string | undefined =>
                assignedValues(assignment, unknownOf, key)?.[0];
              const request: Concrete = {
                dbUser: ask.dbUser ?? value('redshift:dbuser') ?? 'ann',
                dbName: ask.dbName ?? value('redshift:dbname'),
                duration: Number(value('redshift:durationseconds') ?? 900),
                address: value('aws:sourceip') ?? '192.0.2.1',
                tls: value('aws:securetransport') ?? 'true',
                time: value('aws:currenttime') ?? '2026-11-22T00:00:00Z',
                agent: value('aws:useragent'),
                factor: factorOf(value('aws:multifactorauthpresent'), value('aws:multifactorauthage')),
              };
              expect(mayGet(request), JSON.stringify(request)).toBe(true);
            }
            const { formula } = who.ability(principal);
            for (const request of sample) {
              const asked = {
                ...request,
                dbUser: ask.dbUser ?? request.dbUser,
                dbName: ask.dbName ?? request.dbName,
              };
              expect(formulaAnswer(formula, principal, asked), JSON.stringify(asked)).toBe(mayGet(asked));
            }
            if (ability !== undefined) continue;
            // Whoever is not listed is refused whatever is asked.
            for (const request of world(ask)) {
              if (mayGet(request)) {
                expect(request, `${principal.arn} is missing`).toBeUndefined();
              }
            }
          }
        }),
        { numRuns: RUNS },
      );
      expect(seen.yes, JSON.stringify(seen)).toBeGreaterThan(RUNS / 10);
      expect(seen.no, JSON.stringify(seen)).toBeGreaterThan(RUNS / 10);
      expect(seen.undecided).toBeLessThan(RUNS / 20 + 2);
    },
    30_000 + 500 * RUNS,
  );
});
