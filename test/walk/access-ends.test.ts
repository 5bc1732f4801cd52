import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SessionReport } from '../../src/api/actions/keyshift/deps.ts';
import type { Endpoint } from '../../src/client/call.ts';
import { ask, makeUser, must } from './support/api.ts';
import { ownCli } from './support/installation.ts';
import { Keyshift } from './support/keyshift.ts';
import { issue, type Login, logIn, loginRefusal } from './support/logins.ts';
import { run } from './support/run.ts';
import { ServerAdmin } from './support/server-admin.ts';
import { loginFor, type Wanted } from './support/servers.ts';

// Who is logged in, and how that ends: sessions are listed and killed, credentials are revoked.

const MASTER: Login = { user: 'awsuser', password: 'Master-Password-1' };

/** The promise of `keyshift revoke`. */
const ENDED_MS_MAX = 2_000;

const MAY_LOG_IN = {
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Action: ['redshift:GetClusterCredentials', 'redshift:CreateClusterUser', 'redshift:JoinGroup'],
      Resource: '*',
    },
  ],
};

let keyshift: Keyshift;
let admin: ServerAdmin;
let anna: Endpoint;

beforeAll(async () => {
  keyshift = await Keyshift.start();
  admin = await ServerAdmin.open(keyshift);
  anna = await makeUser(keyshift.root, 'anna', MAY_LOG_IN);
  await must(keyshift.root, 'redshift', 'ModifyCluster', {
    ClusterIdentifier: 'examplecluster',
    MasterUserPassword: MASTER.password,
  });
});
afterAll(async () => {
  await admin?.close();
  await keyshift?.close();
});

const annaLogin = (wanted: Wanted = {}): Promise<Login> => loginFor(keyshift, { endpoint: anna, ...wanted });

async function sessions(endpoint = keyshift.root): Promise<SessionReport[]> {
  const answer = await must(endpoint, 'keyshift', 'ListSessions');
  return answer.texts('member').map((line) => JSON.parse(line) as SessionReport);
}

async function sessionOf(client: Client): Promise<SessionReport> {
  const [row] = (await client.query<{ pid: number }>('select pg_backend_pid() as pid')).rows;
  const found = (await sessions()).find(({ backendPid }) => backendPid === row?.pid);
  if (found === undefined) throw new Error('the session is not on the list');
  return found;
}

interface Ended {
  readonly code: string | undefined;
  readonly message: string;
  readonly detail: string | undefined;
}

/** How the connection of a client ends; rejects when it does not within two seconds. */
function endOf(client: Client): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('the session lives')), ENDED_MS_MAX);
    let told: Ended = { code: undefined, message: '', detail: undefined };
    client.on('error', (error: Error & Partial<Ended>) => {
      if (error.code !== undefined) told = { code: error.code, message: error.message, detail: error.detail };
    });
    client.once('end', () => {
      clearTimeout(timer);
      resolve(told);
    });
  });
}

async function backendIsGone(pid: number | null): Promise<boolean> {
  const found = await admin.query('select from pg_stat_activity where pid = $1', [pid]);
  return found.length === 0;
}

/** A refused login and the next second: what was issued in the second of a revocation is meant by it. */
const nextSecond = () => sleep(1_000 - (Date.now() % 1_000) + 20);

describe('the list of sessions', () => {
  test('tells who obtained the credential, and what the session is', async () => {
    const login = await annaLogin({ groups: ['example_group'] });
    const client = await logIn(keyshift, login);
    const session = await sessionOf(client);
    await client.end();
    expect(session).toMatchObject({
      principalArn: 'arn:aws:iam::123456789012:user/anna',
      cluster: 'examplecluster',
      loginName: 'IAM:temp_creds_user:example_group',
      dbUser: 'temp_creds_user',
      groups: ['example_group'],
      database: 'exampledb',
      endsAt: null,
      sourceIp: '127.0.0.1',
    });
    expect(session.credentialId).toMatch(/^[0-9a-f]{24}$/);
    expect(Math.abs(Date.now() - Date.parse(session.since))).toBeLessThan(20_000);
    expect(Date.parse(session.expiresAt ?? '') - Date.parse(session.issuedAt ?? '')).toBe(3_600_000);
    expect(session.bytesFromClient).toBeGreaterThan(20);
    expect(session.bytesToClient).toBeGreaterThan(20);
    await expect.poll(sessions).toEqual([]);
  });

  test('has sessions with passwords too, without a credential', async () => {
    const client = await logIn(keyshift, MASTER);
    expect(await sessionOf(client)).toMatchObject({ principalArn: null, credentialId: null, groups: [] });
    await client.end();
  });

  test('is for those who may see it', async () => {
    expect((await ask(anna, 'keyshift', 'ListSessions')).code).toBe('AccessDenied');
    expect((await ask(anna, 'keyshift', 'KillSession', { SessionId: crypto.randomUUID() })).code).toBe(
      'AccessDenied',
    );
    expect((await ask(anna, 'keyshift', 'RevokeAccess', { DbUser: 'x' })).code).toBe('AccessDenied');
    expect((await ask(anna, 'keyshift', 'ListRevocations')).code).toBe('AccessDenied');
  });
});

describe('a session that is killed', () => {
  const kill = (SessionId: string, Reason = '') =>
    ask(keyshift.root, 'keyshift', 'KillSession', { SessionId, Reason });

  test('is told why, and its backend is gone', async () => {
    const client = await logIn(keyshift, await annaLogin());
    const { sessionId, backendPid } = await sessionOf(client);
    const end = endOf(client);
    expect((await kill(sessionId, 'left the team')).status).toBe(200);
    expect(await end).toEqual({
      code: '57P01',
      message: 'terminating connection: the session was ended by an administrator',
      detail: 'Reason: left the team',
    });
    await expect.poll(() => backendIsGone(backendPid)).toBe(true);
    expect((await kill(sessionId)).code).toBe('NoSuchSession');
  });

  test('ends its running query', async () => {
    const client = await logIn(keyshift, await annaLogin());
    const { sessionId, backendPid } = await sessionOf(client);
    const query = client.query('select pg_sleep(60)').catch((error: Ended) => error.code);
    await expect
      .poll(() => admin.query("select from pg_stat_activity where query = 'select pg_sleep(60)'"))
      .toHaveLength(1);
    const end = endOf(client);
    await kill(sessionId);
    await end;
    expect(['57014', '57P01']).toContain(await query);
    await expect.poll(() => backendIsGone(backendPid), { timeout: ENDED_MS_MAX }).toBe(true);
  });

  test('ends while it sends what its client does not take', async () => {
    const client = await logIn(keyshift, await annaLogin());
    const { sessionId, backendPid } = await sessionOf(client);
    // Stops reading below node-postgres, so that the gateway cannot write on.
    const { stream } = (client as unknown as { connection: { stream: NodeJS.ReadableStream } }).connection;
    client.query("select repeat('x', 1000000) from generate_series(1, 500)").catch(() => {});
    stream.pause();
    await sleep(300);
    await kill(sessionId);
    await expect.poll(() => backendIsGone(backendPid), { timeout: ENDED_MS_MAX }).toBe(true);
    await expect.poll(sessions, { timeout: ENDED_MS_MAX }).toEqual([]);
    stream.resume();
  });

  test('is recorded with its reason and its bytes', async () => {
    const client = await logIn(keyshift, await annaLogin());
    const { sessionId } = await sessionOf(client);
    const end = endOf(client);
    await kill(sessionId, 'test of the log');
    await end;
    await expect
      .poll(async () => {
        const events = (await must(keyshift.root, 'keyshift', 'GetAuditEvents', { MaxItems: '1000' })).texts(
          'member',
        );
        return events
          .map((line) => JSON.parse(line))
          .find(({ kind, requestId }) => kind === 'logout' && requestId === sessionId);
      })
      .toMatchObject({
        code: '57P01',
        details: { detail: 'Reason: test of the log', fromClient: expect.any(Number) },
      });
  });
});

describe('a revocation', () => {
  const revoke = (parameters: Record<string, string>) =>
    ask(keyshift.root, 'keyshift', 'RevokeAccess', parameters);
  const REVOKED = { code: '28000', detail: expect.stringMatching(/^The credentials were revoked\./) };

  /** Revokes while a session of anna and one of root are open, and looks who is left. */
  async function revoking(parameters: (session: SessionReport) => Record<string, string>) {
    await nextSecond();
    const login = await annaLogin();
    const others = await issue(keyshift, { dbUser: 'somebody', autoCreate: true });
    const [client, other] = [await logIn(keyshift, login), await logIn(keyshift, others)];
    const session = await sessionOf(client);
    const end = endOf(client);
    const answer = await revoke({ Reason: 'stolen laptop', ...parameters(session) });
    expect(answer.status, answer.text).toBe(200);
    expect(answer.texts('SilentNodes')).toEqual(['0']);
    expect(await end).toMatchObject({ code: '57P01', detail: 'Reason: stolen laptop' });
    expect(await loginRefusal(keyshift, login)).toMatchObject(REVOKED);
    await expect.poll(() => backendIsGone(session.backendPid), { timeout: ENDED_MS_MAX }).toBe(true);
    await sleep(200);
    const result = {
      answer,
      others,
      isOtherAlive: await other.query('select 1').then(
        () => true,
        () => false,
      ),
    };
    await other.end().catch(() => {});
    await nextSecond();
    return result;
  }

  test('of one credential leaves the others of the same caller', async () => {
    const before = await annaLogin();
    const { isOtherAlive } = await revoking(({ credentialId }) => ({ CredentialId: credentialId ?? '' }));
    expect(isOtherAlive).toBe(true);
    await (await logIn(keyshift, before)).end();
  });

  test('of a principal ends all that it obtained, and a new credential is good again', async () => {
    const before = await annaLogin({ dbUser: 'somebody', autoCreate: true });
    const { isOtherAlive } = await revoking(({ principalArn }) => ({ PrincipalArn: principalArn ?? '' }));
    expect(isOtherAlive).toBe(true);
    expect(await loginRefusal(keyshift, before)).toMatchObject(REVOKED);
    await (await logIn(keyshift, await annaLogin())).end();
  });

  test('of a database user ends everybody who is in as that user', async () => {
    const { isOtherAlive } = await revoking(({ dbUser }) => ({ DbUser: dbUser }));
    expect(isOtherAlive).toBe(true);
    await (await logIn(keyshift, await annaLogin())).end();
  });

  test('of a database user ends its sessions with a password too', async () => {
    const client = await logIn(keyshift, MASTER);
    const end = endOf(client);
    await sleep(10);
    expect((await revoke({ DbUser: MASTER.user })).texts('SessionsEnded')).toEqual(['1']);
    expect((await end).code).toBe('57P01');
    await nextSecond();
    await (await logIn(keyshift, MASTER)).end();
  });

  test('of another cluster changes nothing here', async () => {
    const client = await logIn(keyshift, await annaLogin());
    const answer = await revoke({ DbUser: 'temp_creds_user', ClusterIdentifier: 'othercluster' });
    expect(answer.texts('SessionsEnded')).toEqual(['0']);
    await client.query('select 1');
    await client.end();
  });

  test('of everything before now ends all sessions with credentials, and no other', async () => {
    const master = await logIn(keyshift, MASTER);
    const now = () => new Date().toISOString();
    const { isOtherAlive, others } = await revoking(() => ({ IssuedBefore: now() }));
    expect(isOtherAlive).toBe(false);
    expect(await loginRefusal(keyshift, others)).toMatchObject(REVOKED);
    await master.query('select 1');
    await master.end();
    const entries = (await must(keyshift.root, 'keyshift', 'ListRevocations')).texts('member');
    expect(JSON.parse(entries[0] ?? '')).toMatchObject({ kind: 'all', reason: 'stolen laptop' });
  });

  test('of what was issued long ago is kept until every node has seen it', async () => {
    const answer = await revoke({ IssuedBefore: '2020-01-01T00:00:00Z' });
    expect(answer.texts('SessionsEnded')).toEqual(['0']);
    expect(Date.parse(answer.texts('EndsAt')[0] ?? '') - Date.now()).toBeGreaterThan(50_000);
  });

  test('holds after a restart', async () => {
    const login = await annaLogin();
    await revoke({ PrincipalArn: 'arn:aws:iam::123456789012:user/anna' });
    expect(await loginRefusal(keyshift, login)).toMatchObject(REVOKED);
    await admin.close();
    await keyshift.stop();
    keyshift = await keyshift.again();
    anna = { ...anna, url: keyshift.ready.httpUrl };
    admin = await ServerAdmin.open(keyshift);
    expect(await loginRefusal(keyshift, login)).toMatchObject(REVOKED);
    await nextSecond();
  });

  test.each<[Record<string, string>, string]>([
    [{}, 'InvalidParameterCombination'],
    [{ DbUser: 'a', CredentialId: 'a'.repeat(24) }, 'InvalidParameterCombination'],
    [{ PrincipalArn: 'arn:aws:iam::999999999999:user/anna' }, 'InvalidParameterValue'],
    [{ IssuedBefore: '2999-01-01T00:00:00Z' }, 'InvalidParameterValue'],
    [{ CredentialId: 'short' }, 'ValidationError'],
  ])('of %j is refused as %s', async (parameters, code) => {
    expect((await revoke(parameters)).code).toBe(code);
  });
});

describe('session roles without a session', () => {
  const reconcile = async (Remove: string) =>
    must(keyshift.root, 'keyshift', 'Reconcile', { ClusterIdentifier: 'examplecluster', Remove });

  test('are listed and removed by reconcile; one that is in use is neither', async () => {
    const login = await annaLogin({ groups: ['example_group'] });
    const client = await logIn(keyshift, login);
    const [role] = (await client.query<{ name: string }>('select session_user as name')).rows;
    expect((await reconcile('false')).texts('member')).not.toContain(role?.name);
    await reconcile('true');
    await client.query('select count(*) from example.sales');
    await client.end();
    await expect.poll(async () => (await reconcile('false')).texts('member')).toEqual([role?.name]);
    expect((await reconcile('true')).texts('member')).toEqual([role?.name]);
    expect(await admin.query('select from pg_roles where rolname = $1', [role?.name])).toEqual([]);
    await (await logIn(keyshift, login)).end();
    expect((await ask(anna, 'keyshift', 'Reconcile', { ClusterIdentifier: 'examplecluster' })).code).toBe(
      'AccessDenied',
    );
    expect((await ask(keyshift.root, 'keyshift', 'Reconcile', { ClusterIdentifier: 'none' })).code).toBe(
      'ClusterNotFound',
    );
  });
});

describe('the commands', () => {
  const cli = (...args: string[]) =>
    run(process.execPath, [ownCli, ...args], { KEYSHIFT_DATA_DIR: keyshift.dataDir });

  test('show sessions, kill one and revoke', async () => {
    const login = await annaLogin({ groups: ['example_group'] });
    // What a client says of itself is printed, and a terminal obeys none of it.
    const client = await logIn(keyshift, login, { options: '-c application_name=report\\ tool\u001b[2J' });
    const { sessionId, credentialId, since, backendPid, bytesFromClient, bytesToClient } =
      await sessionOf(client);
    const shown = await cli('sessions');
    expect(shown.stderr).toBe('');
    const cells = shown.stdout.split('\n').map((line) => line.split(/ {2,}/));
    expect(cells).toEqual([
      [
        'SESSION',
        'USER',
        'IDENTITY',
        'LOGIN',
        'GROUPS',
        'CLUSTER',
        'DATABASE',
        'CREDENTIAL',
        'FROM',
        'SINCE',
      ].concat(['ENDS', 'PID', 'IN', 'OUT', 'CLIENT']),
      [sessionId, 'temp_creds_user', 'arn:aws:iam::123456789012:user/anna'].concat(
        [
          'IAM:temp_creds_user:example_group',
          'example_group',
          'examplecluster',
          'exampledb',
          credentialId ?? '',
        ],
        ['127.0.0.1', since, '-', String(backendPid), String(bytesFromClient), String(bytesToClient)],
        ['report tool?[2J'],
      ),
      [''],
    ]);
    expect(JSON.parse((await cli('sessions', '--json')).stdout)).toMatchObject({ sessionId });
    const end = endOf(client);
    const killed = await cli('sessions', 'kill', sessionId, '--reason', 'maintenance');
    expect(killed.stdout).toBe(`The session ${sessionId} is ended.\n`);
    expect((await end).detail).toBe('Reason: maintenance');
    expect((await cli('sessions', 'kill', sessionId)).stderr).toContain('There is no session');
    const revoked = await cli('revoke', '--db-user', 'nobody_at_all', '--reason', 'x');
    expect(revoked.stdout).toMatch(/^Revoked what was issued before .*; 0 session\(s\) ended\./);
    expect((await cli('reconcile', 'examplecluster')).stdout).toMatch(
      /session role\(s\) without a session\.$/m,
    );
    expect((await cli('revocations')).stdout).toContain('"subject":"nobody_at_all"');
  });
});

describe('keyshift remove', () => {
  const remove = (...args: readonly string[]) =>
    run(process.execPath, [ownCli, 'remove', ...args], { KEYSHIFT_DATA_DIR: keyshift.dataDir });

  test('takes something away and, if asked to, the sessions with it', async () => {
    const bea = await makeUser(keyshift.root, 'bea', MAY_LOG_IN);
    await must(keyshift.root, 'iam', 'CreateGroup', { GroupName: 'readers' });
    await must(keyshift.root, 'iam', 'AddUserToGroup', { GroupName: 'readers', UserName: 'bea' });
    const document = { GroupName: 'readers', PolicyDocument: JSON.stringify(MAY_LOG_IN) };
    for (const PolicyName of ['one', 'two']) {
      await must(keyshift.root, 'iam', 'PutGroupPolicy', { ...document, PolicyName });
    }
    const beas = await logIn(keyshift, await loginFor(keyshift, { endpoint: bea }));
    const annas = await logIn(keyshift, await annaLogin());

    expect(await remove('DeleteGroupPolicy', 'GroupName=readers', 'PolicyName=one')).toMatchObject({
      code: 0,
      stdout: 'DeleteGroupPolicy: done.\n',
    });
    expect((await beas.query('select 1 as one')).rows).toEqual([{ one: 1 }]);

    const end = endOf(beas);
    const done = await remove('DeleteGroupPolicy', 'GroupName=readers', 'PolicyName=two', '--and-sessions');
    expect(done.stdout).toContain('user/bea obtained; 1 session(s) ended.');
    expect((await end).detail).toBe('Reason: iam:DeleteGroupPolicy');
    expect((await annas.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    await annas.end();
  });

  test('revokes nothing when the removal is refused', async () => {
    const annas = await logIn(keyshift, await annaLogin());
    const refused = await remove('DeleteUser', 'UserName=anna', '--and-sessions');
    expect([refused.code, refused.stdout]).toEqual([1, '']);
    expect(refused.stderr).toContain('must delete');
    expect((await annas.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    await annas.end();
  });

  test('takes nothing but what takes something away, and says how', async () => {
    expect((await remove('CreateUser', 'UserName=x')).stderr).toContain('CreateUser takes nothing away');
    expect((await remove('DeleteUser', 'anna')).stderr).toContain('UserName=alice');
    const unnamed = await remove('DeleteAccessKey', 'AccessKeyId=AKIA', '--and-sessions');
    expect(unnamed.stderr).toContain('give UserName=');
  });
});
