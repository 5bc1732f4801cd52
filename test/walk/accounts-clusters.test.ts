import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { getClusterCredentials } from '../../src/client/index.ts';
import { EXAMPLE } from '../../src/example.ts';
import { makeAccount, type SecondAccount } from './support/accounts.ts';
import { ask as askApi, must } from './support/api.ts';
import { Keyshift } from './support/keyshift.ts';
import { ask, type Login, logIn, loginRefusal, newClient, type Target } from './support/logins.ts';
import { outcome } from './support/sessions.ts';

/** Two accounts with a cluster of the same name each: servers, logins, sessions and settings stay apart. */

const FIRST = '123456789012';
const CLUSTER = EXAMPLE.cluster;
const AVAILABLE_MS_MAX = 60_000;

let keyshift: Keyshift;
let second: SecondAccount;
/** The port of each account's cluster. */
let ports: { first: number; second: number };

beforeAll(async () => {
  keyshift = await Keyshift.start();
  second = await makeAccount(keyshift, '000000000042');
  await must(second.root, 'redshift', 'CreateCluster', {
    ClusterIdentifier: CLUSTER,
    DBName: EXAMPLE.database,
    NodeType: 'ra3.large',
    NumberOfNodes: '1',
    MasterUsername: EXAMPLE.masterUsername,
    MasterUserPassword: 'Sunny-Day-2026',
  });
  const deadline = Date.now() + AVAILABLE_MS_MAX;
  while ((await describeCluster(second)).status !== 'available') {
    if (Date.now() > deadline) throw new Error('the cluster of the second account is not available');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  ports = await portsNow();
});
afterAll(() => keyshift?.close());

const firstAccount = () => ({ accountId: FIRST, root: keyshift.root });

async function describeCluster({ root }: Pick<SecondAccount, 'root'>) {
  const answer = await must(root, 'redshift', 'DescribeClusters', { ClusterIdentifier: CLUSTER });
  return {
    status: answer.texts('ClusterStatus')[0],
    port: Number(answer.texts('Port')[0]),
    arn: answer.texts('ClusterNamespaceArn')[0],
  };
}

async function portsNow() {
  return {
    first: (await describeCluster(firstAccount())).port,
    second: (await describeCluster(second)).port,
  };
}

async function login({ root }: Pick<SecondAccount, 'root'>, dbUser: string = EXAMPLE.dbUser): Promise<Login> {
  const request = { clusterIdentifier: CLUSTER, dbUser, autoCreate: true, durationSeconds: 900 };
  const { dbUser: user, dbPassword } = await getClusterCredentials(root, request, new Date());
  return { user, password: dbPassword.reveal() };
}

const at = (port: number): Target => ({ port });
const eventsOf = async ({ root }: Pick<SecondAccount, 'root'>) =>
  (await must(root, 'keyshift', 'GetAuditEvents', { MaxItems: '1000' }))
    .texts('member')
    .map((line) => JSON.parse(line) as { kind: string; outcome: string; accountId: string; code: string });

describe('two clusters of one name', () => {
  test('are two servers with a port of their own, and a login is good for its own alone', async () => {
    expect(ports.first).not.toBe(ports.second);
    const ofFirst = await login(firstAccount());
    const ofSecond = await login(second);
    const count = (one: Login, port: number) =>
      ask<{ schemas: number }>(
        keyshift,
        one,
        "SELECT count(*)::int AS schemas FROM pg_namespace WHERE nspname = 'example'",
        at(port),
      );
    expect(await count(ofFirst, ports.first)).toEqual([{ schemas: 1 }]);
    expect(await count(ofSecond, ports.second)).toEqual([{ schemas: 0 }]);
    for (const [one, port] of [
      [ofFirst, ports.second],
      [ofSecond, ports.first],
    ] as const) {
      expect(await loginRefusal(keyshift, one, at(port))).toMatchObject({ code: '28000', severity: 'FATAL' });
    }
    // Each refusal is told to the account of the cluster that was tried.
    for (const account of [firstAccount(), second]) {
      const events = await eventsOf(account);
      expect(new Set(events.map(({ accountId }) => accountId))).toEqual(new Set([account.accountId]));
      const logins = events.filter(({ kind }) => kind === 'login');
      expect(logins.map(({ outcome: how }) => how).sort()).toEqual(['refused', 'success']);
    }
  });

  test('have sessions that only their own account sees and ends', async () => {
    const sessions = async ({ root }: Pick<SecondAccount, 'root'>) =>
      (await must(root, 'keyshift', 'ListSessions')).texts('member').map((line) => JSON.parse(line));
    // Those of the test before are on the list for a moment more.
    for (const account of [firstAccount(), second]) await expect.poll(() => sessions(account)).toEqual([]);
    const client = await logIn(keyshift, await login(firstAccount()), at(ports.first));
    const other = await logIn(keyshift, await login(second), at(ports.second));
    try {
      const [own] = await sessions(firstAccount());
      expect(own).toMatchObject({ principalArn: `arn:aws:iam::${FIRST}:root`, cluster: CLUSTER });
      expect(await sessions(second)).toMatchObject([{ principalArn: 'arn:aws:iam::000000000042:root' }]);
      expect(await outcome(second.root, 'keyshift', 'KillSession', { SessionId: own.sessionId })).toContain(
        '404 NoSuchSession',
      );
      for (const parameters of [{ DbUser: EXAMPLE.dbUser }, { IssuedBefore: new Date().toISOString() }]) {
        expect(await outcome(second.root, 'keyshift', 'RevokeAccess', parameters)).toBe('ok');
      }
      // By name, by time, and by the id of a credential that is the other account's.
      const revoked = await must(second.root, 'keyshift', 'RevokeAccess', { CredentialId: own.credentialId });
      expect(await outcome(second.root, 'keyshift', 'RevokeAccess', { PrincipalArn: own.principalArn })).toBe(
        '400 InvalidParameterValue: The ARN is not one of this account.',
      );
      expect((await client.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
      // A session has two seconds to end.
      const state = (): Promise<string> =>
        other.query('SELECT 1').then(
          () => 'in',
          () => 'ended',
        );
      await expect.poll(state).toBe('ended');
      expect((await must(keyshift.root, 'keyshift', 'ListRevocations')).texts('member')).toEqual([]);
      // Credentials tell the second of their issue, so the next ones are good from the next second on.
      const until = Date.parse(revoked.texts('IssuedBefore')[0] ?? '');
      await expect.poll(() => Date.now() >= until).toBe(true);
    } finally {
      await client.end();
      await other.end().catch(() => {});
    }
  });

  test('have login settings, parameter groups and profiles of one name apart', async () => {
    await must(second.root, 'keyshift', 'PutLoginSettings', { SessionSeconds: '60' });
    expect((await must(keyshift.root, 'keyshift', 'GetLoginSettings')).texts('SessionSeconds')).toEqual([]);
    for (const [root, Description] of [
      [keyshift.root, 'first'],
      [second.root, 'second'],
    ] as const) {
      const group = { ParameterGroupName: 'fast', ParameterGroupFamily: 'redshift-1.0', Description };
      await must(root, 'redshift', 'CreateClusterParameterGroup', group);
      await must(root, 'redshift', 'CreateAuthenticationProfile', {
        AuthenticationProfileName: 'drivers',
        AuthenticationProfileContent: JSON.stringify({ owner: Description }),
      });
    }
    const groups = await must(second.root, 'redshift', 'DescribeClusterParameterGroups', {
      ParameterGroupName: 'fast',
    });
    expect(groups.texts('Description')).toEqual(['second']);
    await must(second.root, 'redshift', 'DeleteClusterParameterGroup', { ParameterGroupName: 'fast' });
    const profiles = await must(keyshift.root, 'redshift', 'DescribeAuthenticationProfiles');
    expect(profiles.text).toContain('first');
    expect(profiles.text).not.toContain('second');
    expect(
      await outcome(keyshift.root, 'redshift', 'DescribeClusterParameters', { ParameterGroupName: 'fast' }),
    ).toBe('ok');
  });

  test('count for the quota of their own account', async () => {
    const put = (quota: Record<string, string>) =>
      must(keyshift.root, 'keyshift', 'PutAccountQuotas', {
        AccountId: second.accountId,
        'Quotas.Quota.1.Name': 'clusters',
        ...quota,
      });
    await put({ 'Quotas.Quota.1.Value': '1' });
    const another = {
      ClusterIdentifier: 'another',
      NodeType: 'ra3.large',
      MasterUsername: 'awsuser',
      MasterUserPassword: 'Sunny-Day-2026',
    };
    expect(await outcome(second.root, 'redshift', 'CreateCluster', another)).toBe(
      '400 ClusterQuotaExceeded: The request would exceed the allowed number of cluster instances for this account.',
    );
    expect(
      await outcome(second.root, 'redshift', 'CreateCluster', { ...another, ClusterIdentifier: CLUSTER }),
    ).toContain('ClusterAlreadyExists');
    await put({});
  });

  test('cannot have one host name: it belongs to the account that took it first', async () => {
    const domain = {
      ClusterIdentifier: CLUSTER,
      CustomDomainName: 'db.example.org',
      CustomDomainCertificateArn: `arn:aws:acm:us-west-2:${FIRST}:certificate/1234`,
    };
    await must(second.root, 'redshift', 'CreateCustomDomainAssociation', domain);
    expect(await outcome(keyshift.root, 'redshift', 'CreateCustomDomainAssociation', domain)).toBe(
      '400 CustomCnameAssociationFault: The custom domain name is already associated.',
    );
    const byName = { CustomDomainName: 'db.example.org', DbUser: EXAMPLE.dbUser };
    expect(await outcome(second.root, 'redshift', 'GetClusterCredentials', byName)).toBe('ok');
    expect(await outcome(keyshift.root, 'redshift', 'GetClusterCredentials', byName)).toContain(
      'CustomDomainAssociationNotFoundFault',
    );
  });

  test('come back after a restart, each with its own data and port, and with every host name in the certificate', async () => {
    await ask(keyshift, await login(second, 'maker'), 'CREATE TABLE mark ()', at(ports.second));
    expect(await keyshift.stop()).toBe(0);
    keyshift = await keyshift.again();
    second = { ...second, root: { ...second.root, url: keyshift.ready.httpUrl } };
    expect(await portsNow()).toEqual(ports);
    const health = (await (await fetch(`${keyshift.ready.httpUrl}/health`)).json()) as object;
    expect(health).toMatchObject({ clusters: { [CLUSTER]: true, [`000000000042/${CLUSTER}`]: true } });
    const marks = (one: Login, port: number) =>
      ask(keyshift, one, "SELECT relname FROM pg_class WHERE relname = 'mark'", at(port));
    expect(await marks(await login(second), ports.second)).toHaveLength(1);
    expect(await marks(await login(firstAccount()), ports.first)).toHaveLength(0);
    const target = { port: ports.second, serverName: 'db.example.org' };
    const client = newClient(keyshift, await login(second), target);
    await client.connect();
    await client.end();
  });

  test('are deleted one by one', async () => {
    const deleted = await askApi(second.root, 'redshift', 'DeleteCluster', {
      ClusterIdentifier: CLUSTER,
      SkipFinalClusterSnapshot: 'true',
    });
    expect(deleted.status).toBe(200);
    await expect
      .poll(() => outcome(second.root, 'redshift', 'DescribeClusters', { ClusterIdentifier: CLUSTER }), {
        timeout: AVAILABLE_MS_MAX,
      })
      .toContain('404 ClusterNotFound');
    const [{ one } = { one: 0 }] = await ask<{ one: number }>(
      keyshift,
      await login(firstAccount()),
      'SELECT 1 AS one',
      at(ports.first),
    );
    expect(one).toBe(1);
  });
});
