// How long the question "who can log in as this user?" takes for a large account: 10,000 users, 500 groups and
// 1,000 policies, of which a third speak of logins, most under conditions. Run after `npm run build`:
//   node bench/who-can.mjs [users] [groups] [policies]
import { parsePolicyDocument } from '../dist/policy/document.js';
import { AccountIndex } from '../dist/policy/who-can/account-index.js';
import { preparePolicy } from '../dist/policy/who-can/atoms.js';
import { requestUnknowns } from '../dist/policy/who-can/request-unknowns.js';
import { WhoCan } from '../dist/policy/who-can/who-can.js';
import { loginTarget } from '../dist/redshift/login-target.js';

const [users = 10_000, groups = 500, policies = 1_000] = process.argv.slice(2).map(Number);
const REGION = 'us-west-2';
const ACCOUNT = '123456789012';
const arn = (kind, name) => `arn:aws:redshift:${REGION}:${ACCOUNT}:${kind}:c/${name}`;
const GET = 'redshift:GetClusterCredentials';

// A generator of its own, so that every run asks about the same account.
let seed = 20261122;
const random = (max) => {
  seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fffffff;
  return (seed >>> 8) % max;
};

const KINDS = [
  (at) => [
    { Effect: 'Allow', Action: ['s3:GetObject', 'iam:GetUser'], Resource: `arn:aws:s3:::bucket-${at}/*` },
  ],
  (at) => [
    { Effect: 'Allow', Action: ['iam:Get*', 'iam:List*', 'redshift:Describe*'], Resource: '*' },
    { Effect: 'Deny', Action: 'iam:*', Resource: `arn:aws:iam::${ACCOUNT}:user/x${at}` },
  ],
  () => [
    {
      Effect: 'Allow',
      Action: [GET, 'redshift:CreateClusterUser'],
      Resource: arn('dbuser', ['$', '{aws:username}'].join('')),
    },
  ],
  (at) => [
    {
      Effect: 'Allow',
      Action: GET,
      Resource: [arn('dbuser', `team${at % 50}_*`), arn('dbname', `db${at % 40}`)],
      Condition: {
        StringEquals: { 'redshift:DbName': `db${at % 40}` },
        IpAddress: { 'aws:SourceIp': `10.${at % 256}.0.0/16` },
      },
    },
  ],
  (at) => [
    {
      Effect: 'Allow',
      Action: GET,
      Resource: [arn('dbuser', 'admin'), arn('dbname', '*')],
      Condition: {
        StringLike: { 'redshift:DbName': [`app${at % 7}_*`, 'shared'] },
        NumericLessThanEquals: { 'redshift:DurationSeconds': '1800' },
      },
    },
  ],
  (at) => [
    {
      Effect: 'Deny',
      Action: GET,
      Resource: arn('dbuser', 'admin'),
      Condition: { NotIpAddress: { 'aws:SourceIp': [`10.${at % 256}.0.0/16`, '192.0.2.0/24'] } },
    },
  ],
];

const prepared = Array.from({ length: policies }, (_, at) => {
  // Two in three are about other things.
  const kind = at % 3 === 0 ? 2 + ((at / 3) % 4) : at % 2;
  return [at, JSON.stringify({ Version: '2012-10-17', Statement: KINDS[Math.floor(kind)](at) })];
});

const started = performance.now();
const made = prepared.map(([at, text]) =>
  preparePolicy(parsePolicyDocument(text, 'identity'), { kind: 'managed', id: `policy-${at}` }),
);
const ofGroup = Array.from({ length: groups }, () => Array.from({ length: 3 }, () => made[random(policies)]));
const principals = Array.from({ length: users }, (_, at) => ({
  kind: 'user',
  arn: `arn:aws:iam::${ACCOUNT}:user/u${String(at).padStart(5, '0')}`,
  keys: new Map([
    ['aws:username', [`u${at}`]],
    ['aws:userid', [`AIDA${at}`]],
  ]),
  unknownOf: () => undefined,
  policies: [
    { policy: made[random(policies)], group: undefined },
    ...Array.from({ length: 3 }, () => random(groups)).flatMap((group) =>
      ofGroup[group].map((policy) => ({ policy, group: `g${group}` })),
    ),
  ],
  boundary: undefined,
  trusts: [],
}));
const index = new AccountIndex({ principals, guardrail: undefined });
console.log(
  `${users} users, ${groups} groups, ${policies} policies: index made in ${(performance.now() - started).toFixed(0)} ms`,
);

for (const question of [
  { dbUser: 'admin' },
  { dbUser: 'admin', dbName: 'shared' },
  { dbUser: 'u77' },
  { dbUser: 'team7_x', dbName: 'db7' },
  { dbUser: undefined, dbGroups: ['analysts'] },
]) {
  const from = performance.now();
  const cpu = process.cpuUsage();
  const target = loginTarget(REGION, ACCOUNT, {
    cluster: 'c',
    dbName: undefined,
    dbGroups: [],
    autoCreate: false,
    ...question,
  });
  const who = new WhoCan(index, {
    ...target,
    unknowns: [...target.unknowns, ...requestUnknowns(new Date('2026-11-22'))],
  });
  const { abilities } = who.page(0, Number.MAX_SAFE_INTEGER);
  const undecided = abilities.filter(({ satisfied }) => satisfied.verdict === 'undecided').length;
  const ms = (performance.now() - from).toFixed(0);
  const { user, system } = process.cpuUsage(cpu);
  console.log(
    `${JSON.stringify(question)}: ${abilities.length} can (${undecided} undecided), ${ms} ms, ${((user + system) / 1000).toFixed(0)} ms of CPU`,
  );
}
