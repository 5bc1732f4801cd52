import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { SessionReport } from '../../src/api/actions/keyshift/deps.ts';
import type { Endpoint } from '../../src/client/call.ts';
import { ask, makeUser, must, putPolicy } from './support/api.ts';
import { ownCli } from './support/installation.ts';
import { Keyshift } from './support/keyshift.ts';
import { type Login, logIn, loginRefusal, refusalOf } from './support/logins.ts';
import { run } from './support/run.ts';
import { loginFor } from './support/servers.ts';
import { allow, assume, makeRole, trust } from './support/sessions.ts';

// What a credential is limited to by policy and by the account: the length of sessions, their number, their network.

let keyshift: Keyshift;
let anna: Endpoint;

const ALLOW = (Condition?: object) => ({
  Effect: 'Allow',
  Action: ['redshift:GetClusterCredentials', 'redshift:CreateClusterUser', 'redshift:JoinGroup'],
  Resource: '*',
  ...(Condition === undefined ? {} : { Condition }),
});
const allowIf = (...conditions: object[]) =>
  putPolicy(keyshift.root, 'anna', { Version: '2012-10-17', Statement: conditions.map(ALLOW) });

beforeAll(async () => {
  keyshift = await Keyshift.start({ flags: ['--example', '--test-clock'] });
  anna = await makeUser(keyshift.root, 'anna');
});
// A session that has ended is on the list for a moment more.
beforeEach(() => expect.poll(sessions).toEqual([]));
afterAll(async () => {
  await keyshift?.close();
});

const annaLogin = (groups: readonly string[] = []): Promise<Login> =>
  loginFor(keyshift, { endpoint: anna, groups });
const cli = (...args: string[]) =>
  run(process.execPath, [ownCli, ...args], { KEYSHIFT_DATA_DIR: keyshift.dataDir });

async function sessions(): Promise<SessionReport[]> {
  const answer = await must(keyshift.root, 'keyshift', 'ListSessions');
  return answer.texts('member').map((line) => JSON.parse(line) as SessionReport);
}

async function events(): Promise<
  { kind: string; name: string; code: string; details: Record<string, unknown> }[]
> {
  const answer = await must(keyshift.root, 'keyshift', 'GetAuditEvents', { MaxItems: '1000' });
  return answer.texts('member').map((line) => JSON.parse(line));
}

describe('keyshift:SessionSeconds', () => {
  test('ends the session after the longest time that policy allows, and the credential stays good', async () => {
    await allowIf(
      { NumericLessThanEquals: { 'keyshift:SessionSeconds': '2' } },
      { NumericLessThan: { 'keyshift:SessionSeconds': '2' } },
    );
    const login = await annaLogin();
    const client = await logIn(keyshift, login);
    const [session] = await sessions();
    const began = Date.parse(session?.since ?? '');
    expect(Date.parse(session?.endsAt ?? '') - Date.parse(session?.since ?? '')).toBe(2_000);
    const refused = await refusalOf(client.query('select pg_sleep(60)'));
    expect(Date.now() - began).toBeGreaterThan(1_900);
    expect(Date.now() - began).toBeLessThan(4_000);
    expect(['57014', '57P01']).toContain(refused.code);
    await (await logIn(keyshift, login)).end();
    await expect
      .poll(
        async () => (await events()).find(({ kind, code }) => kind === 'logout' && code === '57P01')?.details,
      )
      .toMatchObject({
        reason: 'terminating connection: its credentials allow sessions of 2 seconds',
      });
  });

  test('may be asked of a group only', async () => {
    await putPolicy(keyshift.root, 'anna', {
      Version: '2012-10-17',
      Statement: [
        { Effect: 'Allow', Action: 'redshift:GetClusterCredentials', Resource: '*' },
        {
          Effect: 'Allow',
          Action: 'redshift:JoinGroup',
          Resource: '*',
          Condition: { NumericLessThanEquals: { 'keyshift:SessionSeconds': '600' } },
        },
      ],
    });
    const client = await logIn(keyshift, await annaLogin());
    const grouped = await logIn(keyshift, await annaLogin(['example_group']));
    const found = await sessions();
    expect(found.map(({ groups, endsAt }) => [groups.length, endsAt !== null])).toEqual([
      [0, false],
      [1, true],
    ]);
    await Promise.all([client.end(), grouped.end()]);
  });

  test('that no policy can meet refuses as if it had not been tried', async () => {
    await allowIf({ NumericGreaterThan: { 'keyshift:SessionSeconds': '99999999' } });
    const answer = await ask(anna, 'redshift', 'GetClusterCredentials', {
      ClusterIdentifier: 'examplecluster',
      DbUser: 'temp_creds_user',
    });
    expect(answer.code).toBe('AccessDenied');
    expect(answer.message).toContain('because no identity-based policy allows');
  });
});

describe('keyshift:MaxConnections', () => {
  test('is how many sessions one credential has at a time', async () => {
    await allowIf({ NumericLessThanEquals: { 'keyshift:MaxConnections': '2' } });
    const login = await annaLogin();
    const first = await logIn(keyshift, login);
    const second = await logIn(keyshift, login);
    expect(await loginRefusal(keyshift, login)).toMatchObject({
      code: '53300',
      detail: 'They are for 2 at a time.',
    });
    await (await logIn(keyshift, await annaLogin())).end();
    await first.end();
    // Its place is free a moment after it is gone from the list.
    const again = (): Promise<string> =>
      logIn(keyshift, login).then(
        (client) => client.end().then(() => 'in'),
        (error: { code: string }) => error.code,
      );
    await expect.poll(again).toBe('in');
    await second.end();
  });
});

describe('keyshift:SourceNetwork', () => {
  test('is where logins come from', async () => {
    await allowIf({ IpAddress: { 'keyshift:SourceNetwork': ['127.0.0.0/8', '10.0.0.0/24'] } });
    await (await logIn(keyshift, await annaLogin())).end();
    await allowIf({ IpAddress: { 'keyshift:SourceNetwork': '10.0.0.0/8' } });
    const login = await annaLogin();
    expect(login.password).toHaveLength(108);
    expect(await loginRefusal(keyshift, login)).toMatchObject({
      code: '28000',
      detail: 'The credentials do not hold for the address 127.0.0.1.',
    });
    await allowIf({ IpAddress: { 'keyshift:SourceNetwork': '2001:db8::/32' } });
    const v6 = await annaLogin();
    expect(v6.password).toHaveLength(124);
    expect((await loginRefusal(keyshift, v6)).code).toBe('28000');
  });
});

describe('the settings of the account', () => {
  test('are shown and set by the command', async () => {
    expect((await cli('login-settings')).stdout).toBe(
      'SessionSeconds: never\nEndSessionsAtExpiry: false\nRevokeOnRemoval: false\n',
    );
    expect((await cli('login-settings', '--session-seconds', '900', '--end-at-expiry', 'yes')).stdout).toBe(
      'SessionSeconds: 900\nEndSessionsAtExpiry: true\nRevokeOnRemoval: false\n',
    );
    expect((await cli('login-settings', '--session-seconds', '0', '--revoke-on-removal', 'yes')).stdout).toBe(
      'SessionSeconds: never\nEndSessionsAtExpiry: true\nRevokeOnRemoval: true\n',
    );
    expect((await ask(anna, 'keyshift', 'PutLoginSettings')).code).toBe('AccessDenied');
    await cli('login-settings', '--end-at-expiry', 'no', '--revoke-on-removal', 'no');
  });

  test('end the session at the expiry of its credential', async () => {
    await must(keyshift.root, 'keyshift', 'PutLoginSettings', { EndSessionsAtExpiry: 'true' });
    const client = await logIn(keyshift, await loginFor(keyshift));
    const end = new Promise((resolve) => client.once('end', resolve));
    await must(keyshift.root, 'keyshift', 'MoveClock', { BySeconds: '3599' });
    await client.query('select 1');
    await must(keyshift.root, 'keyshift', 'MoveClock', { BySeconds: '1' });
    await end;
    await must(keyshift.root, 'keyshift', 'PutLoginSettings', {});
  });

  test('limit sessions by default; a policy can only shorten that', async () => {
    await must(keyshift.root, 'keyshift', 'PutLoginSettings', { SessionSeconds: '600' });
    await allowIf({ NumericLessThanEquals: { 'keyshift:SessionSeconds': '7200' } });
    const client = await logIn(keyshift, await annaLogin());
    const [session] = await sessions();
    expect(Date.parse(session?.endsAt ?? '') - Date.parse(session?.since ?? '')).toBe(600_000);
    const refused = refusalOf(client.query('select pg_sleep(60)'));
    const end = new Promise((resolve) => client.once('end', resolve));
    await must(keyshift.root, 'keyshift', 'MoveClock', { BySeconds: '580' });
    await sleep(1_000);
    expect(await sessions()).toHaveLength(1);
    await must(keyshift.root, 'keyshift', 'MoveClock', { BySeconds: '20' });
    await end;
    expect(['57014', '57P01']).toContain((await refused).code);
    await expect
      .poll(async () => (await events()).findLast(({ kind, code }) => kind === 'logout' && code === '57P01'))
      .toMatchObject({
        details: { reason: 'terminating connection: its credentials allow sessions of 600 seconds' },
      });
    await must(keyshift.root, 'keyshift', 'PutLoginSettings', {});
  });

  describe('revoke what was obtained when it is taken away', () => {
    const policy = { Version: '2012-10-17', Statement: [ALLOW()] };
    const PolicyDocument = JSON.stringify(policy);
    const ADMIN = 'arn:aws:iam::aws:policy/AdministratorAccess';
    type Remove = (name: string, key: string) => Promise<unknown>;
    const iam = (operation: string, parameters: Record<string, string>) =>
      must(keyshift.root, 'iam', operation, parameters);

    /** Has a session of somebody, takes something away, and sees it end, with the credential. Gives one of root. */
    async function expectEnd(login: Login, remove: () => Promise<unknown>, reason: string) {
      const [client, other] = [await logIn(keyshift, login), await logIn(keyshift, await loginFor(keyshift))];
      await must(keyshift.root, 'keyshift', 'PutLoginSettings', { RevokeOnRemoval: 'true' });
      const end = new Promise((resolve) => client.once('end', resolve));
      await remove();
      await must(keyshift.root, 'keyshift', 'PutLoginSettings', {});
      await Promise.race([
        end,
        sleep(2_000).then(() => Promise.reject(new Error(`${reason}: the session lives`))),
      ]);
      expect(await loginRefusal(keyshift, login)).toMatchObject({
        code: '28000',
        detail: `The credentials were revoked. Reason: ${reason}`,
      });
      return other;
    }

    test.each<[string, Remove, Remove?]>([
      ['DeleteUserPolicy', (UserName) => iam('DeleteUserPolicy', { UserName, PolicyName: 'policy' })],
      ['DeleteAccessKey', (UserName, AccessKeyId) => iam('DeleteAccessKey', { UserName, AccessKeyId })],
      [
        'UpdateAccessKey',
        (UserName, AccessKeyId) => iam('UpdateAccessKey', { UserName, AccessKeyId, Status: 'Inactive' }),
      ],
      [
        'DetachUserPolicy',
        (UserName) => iam('DetachUserPolicy', { UserName, PolicyArn: ADMIN }),
        (UserName) => iam('AttachUserPolicy', { UserName, PolicyArn: ADMIN }),
      ],
      [
        'PutUserPermissionsBoundary',
        (UserName) => iam('PutUserPermissionsBoundary', { UserName, PermissionsBoundary: ADMIN }),
      ],
      [
        'RemoveUserFromGroup',
        (UserName) => iam('RemoveUserFromGroup', { UserName, GroupName: UserName }),
        async (UserName) => {
          await iam('CreateGroup', { GroupName: UserName });
          await iam('AddUserToGroup', { UserName, GroupName: UserName });
        },
      ],
      [
        'DetachGroupPolicy',
        (GroupName) => iam('DetachGroupPolicy', { GroupName, PolicyArn: ADMIN }),
        async (UserName) => {
          await iam('CreateGroup', { GroupName: UserName });
          await iam('AttachGroupPolicy', { GroupName: UserName, PolicyArn: ADMIN });
          await iam('AddUserToGroup', { UserName, GroupName: UserName });
        },
      ],
      [
        'DeleteGroupPolicy',
        (GroupName) => iam('DeleteGroupPolicy', { GroupName, PolicyName: 'policy' }),
        async (UserName) => {
          await iam('CreateGroup', { GroupName: UserName });
          await iam('PutGroupPolicy', { GroupName: UserName, PolicyName: 'policy', PolicyDocument });
          await iam('AddUserToGroup', { UserName, GroupName: UserName });
        },
      ],
    ])('from a user by %s', async (operation, remove, prepare) => {
      const name = `gone-${operation}`;
      const endpoint = await makeUser(keyshift.root, name, policy);
      await prepare?.(name, endpoint.accessKeyId);
      const login = await loginFor(keyshift, { endpoint });
      const other = await expectEnd(login, () => remove(name, endpoint.accessKeyId), `iam:${operation}`);
      await other.query('select 1');
      await other.end();
    });

    test('with the user, after its key and its policy have gone before the setting was there', async () => {
      const UserName = 'gone-whole';
      const endpoint = await makeUser(keyshift.root, UserName, policy);
      const login = await loginFor(keyshift, { endpoint });
      await iam('DeleteAccessKey', { UserName, AccessKeyId: endpoint.accessKeyId });
      await iam('DeleteUserPolicy', { UserName, PolicyName: 'policy' });
      const other = await expectEnd(login, () => iam('DeleteUser', { UserName }), 'iam:DeleteUser');
      await other.query('select 1');
      await other.end();
    });

    test.each<[string, Record<string, string>]>([
      ['DetachRolePolicy', { PolicyArn: ADMIN }],
      ['PutRolePermissionsBoundary', { PermissionsBoundary: ADMIN }],
      ['DeleteRolePolicy', { PolicyName: 'policy' }],
      ['DeleteRole', {}],
    ])('from sessions of a role by %s', async (operation, parameters) => {
      // A role of its own: a revocation knows roles by their ARN, and holds for two seconds more.
      const role = { RoleName: `Lent-${operation}` };
      const lender = await makeUser(keyshift.root, `lender-${operation}`, allow('sts:AssumeRole'));
      const arn = await makeRole(keyshift.root, role.RoleName, trust({ AWS: '123456789012' }), policy);
      const endpoint = await assume(lender, arn);
      if (operation === 'DetachRolePolicy') await iam('AttachRolePolicy', { ...role, ...parameters });
      const login = await loginFor(keyshift, { endpoint });
      if (operation === 'DeleteRole') await iam('DeleteRolePolicy', { ...role, PolicyName: 'policy' });
      await (
        await expectEnd(login, () => iam(operation, { ...role, ...parameters }), `iam:${operation}`)
      ).end();
    });

    test('from everybody by a guardrail; by the command only if it is asked to', async () => {
      const open = JSON.stringify({
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }],
      });
      const endpoint = await makeUser(keyshift.root, 'guarded', policy);
      const put = () => must(keyshift.root, 'keyshift', 'PutAccountGuardrail', { PolicyDocument: open });
      const other = await expectEnd(
        await loginFor(keyshift, { endpoint }),
        put,
        'keyshift:PutAccountGuardrail',
      );
      await expect.poll(sessions).toEqual([]);
      await other.end().catch(() => {});
      // What is issued within two seconds of it is meant too, because other nodes hear of it in a moment.
      await must(keyshift.root, 'keyshift', 'MoveClock', { BySeconds: '3' });
      const file = join(keyshift.dataDir, 'guardrail.json');
      writeFileSync(file, open);
      const client = await logIn(keyshift, await loginFor(keyshift, { endpoint }));
      expect((await cli('guardrail', 'set', file)).stdout).toContain('The guardrail is set');
      await client.query('select 1');
      const end = new Promise((resolve) => client.once('end', resolve));
      expect((await cli('guardrail', 'set', file, '--and-sessions')).stdout).toContain('1 session(s) ended.');
      await end;
      await cli('guardrail', 'remove');
    });
  });
});
