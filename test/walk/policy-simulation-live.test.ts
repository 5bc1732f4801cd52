// biome-ignore-all lint/suspicious/noTemplateCurlyInString: policy variables look like templates.
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Endpoint } from '../../src/client/call.ts';
import { ask, makeUser, must, type Parameters, type Received } from './support/api.ts';
import { Keyshift } from './support/keyshift.ts';
import { type Seeded, seeded } from './support/seeded.ts';
import { allow, assume, makeRole, trust } from './support/sessions.ts';

// Random users and roles: what the policy simulator says of them, what they really get, and how a refusal is
// explained afterwards.

let keyshift: Keyshift;
let account: string;
let assumer: Endpoint;

beforeAll(async () => {
  keyshift = await Keyshift.start();
  [account = ''] = (await must(keyshift.root, 'sts', 'GetCallerIdentity')).texts('Account');
  assumer = await makeUser(keyshift.root, 'assumer', allow('sts:AssumeRole'));
});
afterAll(() => keyshift?.close());

const GET = 'redshift:GetClusterCredentials';
const policy = (...statements: object[]) => JSON.stringify({ Version: '2012-10-17', Statement: statements });

const PRINCIPALS = 30;
const REQUESTS = 6;
const OUTCOMES = ['allowed', 'explicitDeny', 'implicitDeny'];

test('the simulation, the live decision and its explanation agree, in random cases', async () => {
  const chance = seeded('simulation');
  const seen = new Map<string, number>();
  // Random cases that all end alike would show little: an unlucky seed gets more of them.
  const isVaried = (): boolean => OUTCOMES.every((outcome) => (seen.get(outcome) ?? 0) > 2);
  for (let n = 0; n < PRINCIPALS || (n < 5 * PRINCIPALS && !isVaried()); n++) {
    const name = `random-${n}`;
    const kind = chance.oneOf(['User', 'Role'] as const);
    const principal = await makePrincipal(chance, kind, name);
    await limitEverybody(chance);
    for (let m = 0; m < REQUESTS; m++) {
      const request = randomRequest(chance, name);
      const live = await liveDecision(principal, request);
      const simulated = await simulatedDecision(kind, name, request);
      expect({ name, request, decision: simulated }).toEqual({ name, request, decision: live });
      const outcome = live.split(' ').at(-1) ?? '';
      seen.set(outcome, (seen.get(outcome) ?? 0) + 1);
    }
  }
  expect(isVaried(), JSON.stringify([...seen])).toBe(true);
}, 240_000);

/** Now and then another guardrail, which mostly allows. */
async function limitEverybody(chance: Seeded): Promise<void> {
  const { root } = keyshift;
  const which = chance.below(6);
  if (which === 0) await ask(root, 'keyshift', 'DeleteAccountGuardrail');
  if (which !== 1) return;
  // It limits the root user too, whom this test needs for everything else.
  const { Resource, NotResource, Condition } = randomStatement(chance);
  const limited = {
    Action: chance.oneOf(['redshift:*', GET, 'redshift:JoinGroup']),
    Resource,
    NotResource,
    Condition,
  };
  const others = { Effect: 'Allow', NotAction: 'redshift:*', Resource: '*' };
  const everything = { Effect: 'Allow', Action: '*', Resource: '*' };
  const PolicyDocument =
    chance.below(2) === 0
      ? policy(others, { Effect: 'Allow', ...limited })
      : policy(everything, { Effect: 'Deny', ...limited });
  await must(root, 'keyshift', 'PutAccountGuardrail', { PolicyDocument });
}

interface Request {
  readonly dbUser: string;
  /** Empty for none. */
  readonly dbName: string;
  readonly groups: readonly string[];
  readonly autoCreate: boolean;
  readonly seconds: number;
}

function randomRequest(chance: Seeded, name: string): Request {
  return {
    dbUser: chance.oneOf(['bob', 'eve', name]),
    dbName: chance.oneOf(['', 'exampledb', 'other']),
    groups: chance.oneOf([[], ['analysts'], ['analysts', 'admins']]),
    autoCreate: chance.below(2) === 0,
    seconds: chance.oneOf([900, 3600]),
  };
}

function randomStatement(chance: Seeded): Record<string, unknown> {
  const conditions = [
    {},
    {},
    {},
    { StringEquals: { 'redshift:DbName': 'exampledb' } },
    { StringNotEqualsIfExists: { 'redshift:DbName': 'other' } },
    { NumericLessThan: { 'redshift:DurationSeconds': '1000' } },
    { StringEquals: { 'redshift:DbUser': ['${aws:username}', 'bob'] } },
    { StringLike: { 'aws:PrincipalTag/team': 'a*' } },
    { IpAddress: { 'aws:SourceIp': '127.0.0.0/8' } },
    { Bool: { 'aws:SecureTransport': 'true' } },
    { Null: { 'redshift:DbName': 'true', 'aws:userid': 'false' } },
    { ArnLike: { 'aws:PrincipalArn': ['arn:aws:iam::*:user/random-1*', 'arn:aws:iam::*:role/random-2*'] } },
    {
      StringEquals: { 'aws:RequestedRegion': 'us-east-1' },
      DateGreaterThan: { 'aws:CurrentTime': '2020' },
    },
  ];
  const Condition = chance.oneOf(conditions);
  return {
    Effect: chance.oneOf(['Allow', 'Allow', 'Allow', 'Allow', 'Deny']),
    [chance.oneOf(['Action', 'Action', 'Action', 'NotAction'])]: chance.oneOf([
      'redshift:*',
      'redshift:Get*',
      [GET, 'redshift:CreateClusterUser'],
      'redshift:JoinGroup',
      'iam:*',
    ]),
    [chance.oneOf(['Resource', 'Resource', 'Resource', 'NotResource'])]: chance.oneOf([
      '*',
      '*',
      'arn:aws:redshift:*:*:dbuser:*/*',
      ['arn:aws:redshift:*:*:dbuser:*/${aws:username}', 'arn:aws:redshift:*:*:dbname:*/exampledb'],
      'arn:aws:redshift:*:*:dbgroup:*/analysts',
      `arn:aws:redshift:${keyshift.root.region}:*`,
    ]),
    ...(Object.keys(Condition).length === 0 ? {} : { Condition }),
  };
}

const randomPolicy = (chance: Seeded) =>
  policy(...Array.from({ length: 1 + chance.below(3) }, () => randomStatement(chance)));

/** How IAM's operations call the two kinds of principals. */
type Kind = 'User' | 'Role';

async function makePrincipal(chance: Seeded, kind: Kind, name: string): Promise<Endpoint> {
  const { root } = keyshift;
  const named = { [`${kind}Name`]: name };
  const principal = kind === 'User' ? await makeUser(root, name) : await makeSession(name);
  const wide = { Effect: 'Allow', Action: 'redshift:*', Resource: '*' };
  const own = chance.below(3) === 0 ? policy(wide, randomStatement(chance)) : randomPolicy(chance);
  await must(root, 'iam', `Put${kind}Policy`, { ...named, PolicyName: 'own', PolicyDocument: own });
  if (kind === 'User' && chance.below(2) === 0) {
    await must(root, 'iam', 'CreateGroup', { GroupName: name });
    await must(root, 'iam', 'AddUserToGroup', { UserName: name, GroupName: name });
    await must(root, 'iam', 'PutGroupPolicy', {
      GroupName: name,
      PolicyName: 'of-group',
      PolicyDocument: randomPolicy(chance),
    });
  }
  if (chance.below(2) === 0) {
    await must(root, 'iam', `Tag${kind}`, {
      ...named,
      'Tags.member.1.Key': 'Team',
      'Tags.member.1.Value': chance.oneOf(['a', 'ab', 'b']),
    });
  }
  if (chance.below(3) === 0) {
    await must(root, 'iam', 'CreatePolicy', { PolicyName: name, PolicyDocument: randomPolicy(chance) });
    const PermissionsBoundary = `arn:aws:iam::${account}:policy/${name}`;
    await must(root, 'iam', `Put${kind}PermissionsBoundary`, { ...named, PermissionsBoundary });
  }
  return principal;
}

/** A session of a new role, in which the role has all its rights. */
async function makeSession(name: string): Promise<Endpoint> {
  return assume(assumer, await makeRole(keyshift.root, name, trust({ AWS: account })));
}

/** `allowed`, or the pair that is named and what kind of deny it is. */
async function liveDecision(caller: Endpoint, request: Request): Promise<string> {
  const parameters: Record<string, string> = {
    // The decision comes before the cluster is looked up.
    ClusterIdentifier: 'no-such-cluster',
    DbUser: request.dbUser,
    AutoCreate: String(request.autoCreate),
    DurationSeconds: String(request.seconds),
    ...(request.dbName === '' ? {} : { DbName: request.dbName }),
  };
  for (const [n, group] of request.groups.entries()) parameters[`DbGroups.DbGroup.${n + 1}`] = group;
  const answer = await ask(caller, 'redshift', 'GetClusterCredentials', parameters);
  const { code, message } = answer;
  if (code === 'ClusterNotFound') return 'allowed';
  await expectExplained(answer);
  const [, action, resource] = /to perform: (\S+) on resource: (\S+)/.exec(message) ?? [];
  return `${action} ${resource} ${message.includes('explicit deny') ? 'explicitDeny' : 'implicitDeny'}`;
}

async function simulatedDecision(kind: Kind, name: string, request: Request): Promise<string> {
  const arn = (kind: string, of: string) =>
    `arn:aws:redshift:${keyshift.root.region}:${account}:${kind}:no-such-cluster/${of}`;
  const pairs = [
    [GET, arn('dbuser', request.dbUser)],
    ...(request.dbName === '' ? [] : [[GET, arn('dbname', request.dbName)]]),
    ...(request.autoCreate ? [['redshift:CreateClusterUser', arn('dbuser', request.dbUser)]] : []),
    ...request.groups.map((group) => ['redshift:JoinGroup', arn('dbgroup', group)]),
  ];
  for (const [action = '', resource = ''] of pairs) {
    const answer = await must(keyshift.root, 'iam', 'SimulatePrincipalPolicy', {
      PolicySourceArn: `arn:aws:iam::${account}:${kind.toLowerCase()}/${name}`,
      'ActionNames.member.1': action,
      'ResourceArns.member.1': resource,
      ...contextEntries(request),
    });
    const [decision = ''] = answer.texts('EvalDecision');
    if (decision !== 'allowed') return `${action} ${resource} ${decision}`;
  }
  return 'allowed';
}

/** What the simulation cannot know of the user: all that the request itself would bring. */
function contextEntries({ dbUser, dbName, seconds }: Request): Parameters {
  const entries: readonly (readonly [string, string, string])[] = [
    ['redshift:DbUser', dbUser, 'string'],
    ['redshift:DurationSeconds', String(seconds), 'numeric'],
    ...(dbName === '' ? [] : [['redshift:DbName', dbName, 'string'] as const]),
    ['aws:SourceIp', '127.0.0.1', 'ip'],
    ['aws:SecureTransport', 'false', 'boolean'],
    ['aws:RequestedRegion', keyshift.root.region, 'string'],
    ['aws:CurrentTime', new Date().toISOString(), 'date'],
    ['aws:userid', 'AIDA', 'string'],
  ];
  return Object.fromEntries(
    entries.flatMap(([key, value, type], n) => [
      [`ContextEntries.member.${n + 1}.ContextKeyName`, key],
      [`ContextEntries.member.${n + 1}.ContextKeyValues.member.1`, value],
      [`ContextEntries.member.${n + 1}.ContextKeyType`, type],
    ]),
  );
}
/** What the log kept of a refusal leads to the decision that was made. */
async function expectExplained(refused: Received): Promise<void> {
  const [DecisionId = ''] = refused.texts('RequestId');
  const [details = ''] = (await must(keyshift.root, 'keyshift', 'ExplainDecision', { DecisionId })).texts(
    'Details',
  );
  const { event, asDecided, now } = JSON.parse(details);
  expect(asDecided.decision).toEqual(event.details.decision);
  expect(asDecided.obstacles).not.toEqual([]);
  // Nothing has changed since, but the time that it took.
  expect(now).toMatchObject({ kind: 'decided', isAllowed: false, decision: event.details.decision });
}
