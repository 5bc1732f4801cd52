import { once } from 'node:events';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { connect as connectTcp } from 'node:net';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import type pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Endpoint } from '../../src/client/call.ts';
import { ask, makeUser, must } from './support/api.ts';
import { Keyshift } from './support/keyshift.ts';
import { run } from './support/run.ts';
import {
  clusterServers,
  connect,
  type Login,
  loginFor,
  processesGone,
  processesIn,
  sqlIn,
} from './support/servers.ts';

/** How a Keyshift ends and comes back: told to with sessions open, and with everything that it held. */

const STOP_MS_MAX = 10_000;

let keyshift: Keyshift;
let login: Login;
let bob: Endpoint;

beforeAll(async () => {
  keyshift = await Keyshift.start();
  login = await loginFor(keyshift);
  bob = await makeUser(keyshift.root, 'bob');
  await must(keyshift.root, 'iam', 'CreateAccountAlias', { AccountAlias: 'example-corp' });
});
afterAll(() => keyshift.close());

const mode = (name: string): string => (statSync(join(keyshift.dataDir, name)).mode & 0o777).toString(8);

/** The error that a statement or a connection ends with. */
const failure = async (work: Promise<unknown>): Promise<{ code?: string; message: string }> => {
  try {
    await work;
  } catch (error) {
    return error as { code?: string; message: string };
  }
  throw new Error('it did not fail');
};

/** The server's last word on a connection that nothing was asked on. */
function farewell(client: pg.Client): Promise<{ code?: string; message: string }> {
  return once(client, 'error').then(([error]) => error as { code?: string; message: string });
}

test('the files that hold keys are private, and those that clients need are not', () => {
  for (const name of ['env.sh', 'master.key', 'ca.key', 'server.key']) expect(mode(name), name).toBe('600');
  for (const name of ['ca.crt', 'server.crt', 'ready.json', 'KEYSHIFT']) expect(mode(name), name).toBe('644');
  expect(mode('.'), 'others pass through, but do not list').toBe('711');
  const [cluster = ''] = readdirSync(join(keyshift.dataDir, 'clusters'));
  for (const name of ['store', 'store/server', `clusters/${cluster}`, `clusters/${cluster}/server`]) {
    expect(mode(name), name).toBe('700');
  }
});

test('SIGTERM ends open sessions with the reason, and everything within ten seconds', {
  timeout: 60_000,
}, async () => {
  const idle = await connect(keyshift, login);
  const busy = await connect(keyshift, login);
  const inTransaction = await connect(keyshift, login);
  await inTransaction.query('BEGIN; CREATE TEMPORARY TABLE t (x int)');
  const { hostname, port } = new URL(keyshift.root.url);
  const silent = [
    connectTcp(keyshift.ready.gatewayPort, keyshift.ready.gatewayHost),
    connectTcp(Number(port), hostname),
  ];
  for (const socket of silent) socket.on('error', () => {});
  const secure = connectTls({
    port: Number(new URL(keyshift.ready.httpsUrl).port),
    rejectUnauthorized: false,
  });
  silent.push(secure);
  secure.on('error', () => {});
  for (const socket of silent.slice(1))
    socket.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n123');

  const farewells = Promise.all([farewell(idle), farewell(inTransaction)]);
  const answer = failure(busy.query('SELECT pg_sleep(60)'));
  await new Promise((resolve) => setTimeout(resolve, 200));
  const before = Date.now();
  expect(await keyshift.stop()).toBe(0);
  expect(Date.now() - before).toBeLessThan(STOP_MS_MAX);

  for (const error of [...(await farewells), await answer]) {
    expect([error.code, error.message]).toEqual([
      '57P01',
      'terminating connection due to administrator command',
    ]);
  }
  expect(await processesGone(keyshift.dataDir)).toEqual([]);
  expect(existsSync(join(keyshift.dataDir, 'ready.json')), 'nobody waits for it in vain').toBe(false);
  expect(keyshift.output).not.toMatch(/"level":50/);
  for (const socket of silent) socket.destroy();
});

test('commands that need a running Keyshift say that there is none', async () => {
  const result = await run(
    process.execPath,
    [new URL('../../dist/cli.js', import.meta.url).pathname, 'audit'],
    {
      KEYSHIFT_DATA_DIR: keyshift.dataDir,
    },
  );
  expect([result.code, result.stdout, result.stderr]).toEqual([
    1,
    '',
    'keyshift: Keyshift is not running there: start it, or set KEYSHIFT_DATA_DIR\n',
  ]);
});

test('a restart keeps users, keys, the cluster, and the logins that were given before', {
  timeout: 60_000,
}, async () => {
  const { root } = keyshift;
  const { gatewayPort, caFile } = keyshift.ready;
  keyshift = await keyshift.again();
  expect(keyshift.root).toMatchObject({ accessKeyId: root.accessKeyId, region: root.region });
  expect(keyshift.root.secretAccessKey.reveal()).toBe(root.secretAccessKey.reveal());
  expect(keyshift.ready).toMatchObject({ gatewayPort, caFile });

  const { url } = keyshift.root;
  expect((await ask({ ...bob, url }, 'sts', 'GetCallerIdentity')).texts('Arn')).toEqual([
    'arn:aws:iam::123456789012:user/bob',
  ]);
  expect((await must(keyshift.root, 'iam', 'ListAccountAliases')).texts('member')).toEqual(['example-corp']);
  expect((await must(keyshift.root, 'redshift', 'DescribeClusters')).texts('ClusterStatus')).toEqual([
    'available',
  ]);

  const session = await connect(keyshift, login);
  expect((await session.query('SELECT current_user')).rows).toEqual([{ current_user: 'temp_creds_user' }]);
  const logout = once(session, 'end');
  await session.end();
  await logout;
  const events = (await must(keyshift.root, 'keyshift', 'GetAuditEvents', { MaxItems: '500' })).texts(
    'member',
  );
  expect(events.filter((line) => JSON.parse(line).kind === 'login').length).toBeGreaterThanOrEqual(4);
});

test('what a session has committed is kept, and what it has not is gone', {
  timeout: 60_000,
}, async () => {
  const [server = ''] = clusterServers(keyshift.dataDir);
  await sqlIn(server, 'exampledb', 'GRANT CREATE ON SCHEMA public TO temp_creds_user');
  const session = await connect(keyshift, login);
  await session.query('CREATE TABLE kept AS SELECT 1 AS x');
  await session.query('BEGIN');
  await session.query('INSERT INTO kept VALUES (2)');
  const told = farewell(session);
  expect(await keyshift.stop()).toBe(0);
  expect((await told).code).toBe('57P01');
  keyshift = await keyshift.again();
  const again = await connect(keyshift, login);
  expect((await again.query('SELECT x FROM kept')).rows).toEqual([{ x: 1 }]);
  await again.end();
});

test('after a crash the next start cleans up, and says so', { timeout: 60_000 }, async () => {
  await keyshift.kill();
  const left = processesIn(keyshift.dataDir);
  expect(left.length, 'PostgreSQL outlives a crash of Keyshift').toBeGreaterThan(0);
  keyshift = await keyshift.again();
  const now = processesIn(keyshift.dataDir);
  expect(now.filter((pid) => left.includes(pid))).toEqual([]);
  expect(keyshift.output).toContain('stopped a server left by a crash');
  const session = await connect(keyshift, login);
  await session.end();
});

test('SIGTERM while requests come in: each is answered or refused, none is left hanging', {
  timeout: 60_000,
}, async () => {
  const { root } = keyshift;
  let isOver = false;
  const outcomes = new Map<number, number>();
  const client = async (): Promise<void> => {
    while (!isOver) {
      const status = await ask(root, 'redshift', 'GetClusterCredentials', {
        ClusterIdentifier: 'examplecluster',
        DbUser: 'temp_creds_user',
      }).then(
        (answer) => answer.status,
        () => 0,
      );
      outcomes.set(status, (outcomes.get(status) ?? 0) + 1);
    }
  };
  const clients = Array.from({ length: 8 }, client);
  const answered = (): number => outcomes.get(200) ?? 0;
  await expect.poll(answered).toBeGreaterThan(10);
  const before = Date.now();
  expect(await keyshift.stop()).toBe(0);
  expect(Date.now() - before).toBeLessThan(STOP_MS_MAX);
  isOver = true;
  await Promise.all(clients);
  // A refused connection counts as 0; an error of Keyshift's own would be a 5xx.
  expect([...outcomes.keys()].filter((status) => status !== 0 && status !== 200)).toEqual([]);
  expect(await processesGone(keyshift.dataDir)).toEqual([]);
});

test('Ctrl-C ends it like SIGTERM', { timeout: 60_000 }, async () => {
  keyshift = await keyshift.again();
  process.kill(keyshift.pid, 'SIGINT');
  expect(await keyshift.stop()).toBe(0);
  expect(await processesGone(keyshift.dataDir)).toEqual([]);
});
