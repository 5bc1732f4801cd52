import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Endpoint } from '../../src/client/call.ts';
import { ask, makeUser, must, putPolicy, type Received } from './support/api.ts';
import { ownCli } from './support/installation.ts';
import { Keyshift } from './support/keyshift.ts';
import { issue, loginRefusal } from './support/logins.ts';
import { type RunResult, run } from './support/run.ts';

// Refusals explained from what the audit log kept of them, by the command and by the operation.

let keyshift: Keyshift;
let account: string;
let bob: Endpoint;

const GET = 'redshift:GetClusterCredentials';
const policy = (...Statement: object[]) => ({ Version: '2012-10-17', Statement });
const dbuser = (name: string) =>
  `arn:aws:redshift:${keyshift.root.region}:${account}:dbuser:examplecluster/${name}`;
const own = () => policy({ Sid: 'Own', Effect: 'Allow', Action: GET, Resource: dbuser('bob') });

beforeAll(async () => {
  keyshift = await Keyshift.start();
  [account = ''] = (await must(keyshift.root, 'sts', 'GetCallerIdentity')).texts('Account');
  bob = await makeUser(keyshift.root, 'bob', own());
});
afterAll(() => keyshift?.close());

const explain = (...ids: string[]): Promise<RunResult> =>
  run(process.execPath, [ownCli, 'explain', ...ids], { KEYSHIFT_DATA_DIR: keyshift.dataDir });

function getCredentials(caller: Endpoint, DbUser: string): Promise<Received> {
  return ask(caller, 'redshift', 'GetClusterCredentials', { ClusterIdentifier: 'examplecluster', DbUser });
}

/** The id that clients show of a refused call. */
function idOf(refused: Received): string {
  const [id = ''] = refused.texts('RequestId');
  expect(refused.headers['x-amzn-requestid']).toBe(id);
  return id;
}

describe('a refused call', () => {
  test("is told in AWS's words, and explained by its request id", async () => {
    const refused = await getCredentials(bob, 'eve');
    expect(refused.message).toBe(
      `User: arn:aws:iam::${account}:user/bob is not authorized to perform: ${GET} on resource: ${dbuser('eve')} because no identity-based policy allows the ${GET} action`,
    );
    const { code, stdout, stderr } = await explain(idOf(refused));
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const lines = stdout.trimEnd().split('\n');
    expect(lines.slice(0, 8)).toEqual([
      'redshift:GetClusterCredentials was refused with AccessDenied',
      expect.stringMatching(`^  by arn:aws:iam::${account}:user/bob, from 127.0.0.1, at 20`),
      `  id ${idOf(refused)}`,
      '',
      GET,
      `  on ${dbuser('eve')}`,
      `  was refused because no identity-based policy allows the ${GET} action`,
      '',
    ]);
    expect(lines).toContain(
      '  - Nothing in the identity-based policies allows it. The nearest is statement 1 (Own) of user/bob/policy: it is about other resources.',
    );
    expect(lines).toContain('  redshift:dbuser = "eve"');
    expect(lines.at(-1)).toBe(
      `Now, the same request would be refused because no identity-based policy allows the ${GET} action.`,
    );
  });

  test('is explained by what held then, and told what holds now', async () => {
    const id = idOf(await getCredentials(bob, 'changed'));
    await putPolicy(keyshift.root, 'bob', policy({ Effect: 'Allow', Action: '*', Resource: '*' }));
    const changed = (await explain(id)).stdout;
    expect(changed).toContain('statement 1 (Own), Allow: it is about other resources');
    expect(changed).toContain('Now, the same request would be allowed.');
    await putPolicy(keyshift.root, 'bob', own());

    const carol = await makeUser(
      keyshift.root,
      'carol',
      policy({ Effect: 'Deny', Action: '*', Resource: '*' }),
    );
    const ofCarol = idOf(await getCredentials(carol, 'carol'));
    const [key = ''] = (await must(keyshift.root, 'iam', 'ListAccessKeys', { UserName: 'carol' })).texts(
      'AccessKeyId',
    );
    await must(keyshift.root, 'iam', 'DeleteAccessKey', { UserName: 'carol', AccessKeyId: key });
    await must(keyshift.root, 'iam', 'DeleteUserPolicy', { UserName: 'carol', PolicyName: 'policy' });
    await must(keyshift.root, 'iam', 'DeleteUser', { UserName: 'carol' });
    const gone = (await explain(ofCarol)).stdout;
    expect(gone).toContain('  - statement 1 of user/carol/policy (identity-based policies) denies it.');
    expect(gone).toContain('Now, the principal is not there any more.');
  });

  test('is the latest one when no id is given', async () => {
    const id = idOf(await getCredentials(bob, 'latest'));
    expect((await explain()).stdout).toContain(`  id ${id}\n`);
  });

  test('is explained to a program as JSON', async () => {
    const DecisionId = idOf(await getCredentials(bob, 'eve'));
    const [details = ''] = (await must(keyshift.root, 'keyshift', 'ExplainDecision', { DecisionId })).texts(
      'Details',
    );
    expect(JSON.parse(details)).toMatchObject({
      event: { requestId: DecisionId, code: 'AccessDenied' },
      asDecided: {
        decision: { effect: 'implicitDeny', because: 'no-identity-policy-allows' },
        obstacles: [{ kind: 'no-allow', layer: 'identity' }],
        layers: [{ kind: 'identity', policies: [{ id: 'user/bob/policy' }] }],
      },
      now: { kind: 'decided', isAllowed: false },
    });
  });

  test('before any policy was asked is told from the log', async () => {
    const broken = { ...bob, accessKeyId: 'AKIAIOSFODNN7EXAMPLE' };
    const { stdout } = await explain(idOf(await getCredentials(broken, 'eve')));
    expect(stdout).toContain('was refused with InvalidClientTokenId');
    expect(stdout).toContain('by nobody who could be identified');
    expect(stdout).toContain('No policy refused it.');
  });

  test('prints no control characters that a client sent', async () => {
    const { stdout } = await explain(idOf(await getCredentials(bob, 'a\u001b[2Jb\u009bc')));
    expect(stdout).toContain('dbuser:examplecluster/a');
    expect([...stdout].filter((one) => /[\p{Cc}]/u.test(one) && one !== '\n')).toEqual([]);
  });

  test('is found by nobody else, nor in vain', async () => {
    const id = idOf(await getCredentials(bob, 'eve'));
    expect(await ask(bob, 'keyshift', 'ExplainDecision', { DecisionId: id })).toMatchObject({
      code: 'AccessDenied',
    });
    const unknown = '00000000-0000-4000-8000-000000000000';
    expect(await explain(unknown)).toMatchObject({
      code: 1,
      stderr: `keyshift: No refusal has the id ${unknown}. Only refusals are explained.\n`,
    });
    expect(await ask(keyshift.root, 'keyshift', 'ExplainDecision', { DecisionId: "' OR 1=1" })).toMatchObject(
      {
        code: 'ValidationError',
      },
    );
  });

  test('keeps each document once, however often it refuses', async () => {
    for (let n = 0; n < 5; n++) await getCredentials(bob, `again-${n}`);
    const { texts } = await must(keyshift.root, 'keyshift', 'GetAuditEvents', { MaxItems: '1000' });
    const digests = texts('member')
      .map((line) => JSON.parse(line))
      .filter((event) => event.code === 'AccessDenied' && event.details.dbUser?.startsWith('again-'))
      .map((event) => event.details.evidence.layers[0].policies[0].digest);
    expect(digests).toHaveLength(5);
    expect(new Set(digests).size).toBe(1);
    expect(digests[0]).toMatch(/^[A-Za-z0-9_-]{43}$/);
  });
});

describe('a refused login', () => {
  test('is told from the log, with its reason and its credential', async () => {
    const login = await issue(keyshift, { dbUser: 'nobody' });
    const { code } = await loginRefusal(keyshift, login);
    expect(code).toBe('42704');
    const { texts } = await must(keyshift.root, 'keyshift', 'GetAuditEvents', { MaxItems: '1000' });
    const event = texts('member')
      .map((line) => JSON.parse(line))
      .findLast(({ kind }) => kind === 'login');
    for (const id of [event.requestId, event.eventId]) {
      const { stdout } = await explain(id);
      expect(stdout).toContain(`${login.user} was refused with 42704`);
      expect(stdout).toContain('It was refused at the gateway. The log says:');
      expect(stdout).toContain(`  credentialId: ${event.details.credentialId}`);
      expect(stdout).toContain(`  reason: ${event.details.reason}`);
    }
  });
});
