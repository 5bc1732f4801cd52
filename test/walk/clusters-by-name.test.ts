import { readFileSync } from 'node:fs';
import { connect as connectTcp } from 'node:net';
import { checkServerIdentity } from 'node:tls';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cancelRequest, errorFields, query, startup, Wire } from '../hostile/wire.ts';
import { ask, must } from './support/api.ts';
import { Keyshift } from './support/keyshift.ts';
import { issue, type Login, refusalOf } from './support/logins.ts';
import { needs } from './support/programs.ts';
import { run } from './support/run.ts';

// One port for several clusters, which clients tell apart by the host name that they give in TLS.

let keyshift: Keyshift;
let port: number;
const hostOf = (cluster: string): string => `${cluster}.123456789012.localhost`;
const OTHER = { ClusterIdentifier: 'other', MasterUsername: 'admin', MasterUserPassword: 'Sunny-Day-2026' };

beforeAll(async () => {
  keyshift = await Keyshift.start({ flags: ['--example', '--sni-port', '0'] });
  port = keyshift.ready.sniPort ?? 0;
});
afterAll(() => keyshift?.close());

/** Verified TLS under the name of a cluster, which need not be in the DNS here. */
async function open(login: Login, servername: string): Promise<Client> {
  const ca = readFileSync(keyshift.ready.caFile, 'utf8');
  const client = new Client({
    ...{ host: '127.0.0.1', port, database: 'exampledb', ...login },
    ssl: { ca, servername, checkServerIdentity: (_host, shown) => checkServerIdentity(servername, shown) },
  });
  client.on('error', () => {});
  await client.connect();
  return client;
}

const temporary = (clusterIdentifier: string): Promise<Login> =>
  issue(keyshift, { clusterIdentifier, dbUser: 'somebody', autoCreate: true });

test('DescribeClusters tells the host name of each cluster, and the one port', {
  timeout: 40_000,
}, async () => {
  await must(keyshift.root, 'redshift', 'CreateCluster', {
    ...OTHER,
    NodeType: 'ra3.large',
    DBName: 'exampledb',
  });
  await expect
    .poll(async () => (await must(keyshift.root, 'redshift', 'DescribeClusters')).texts('ClusterStatus'), {
      timeout: 30_000,
    })
    .toEqual(['available', 'available']);
  const answer = await must(keyshift.root, 'redshift', 'DescribeClusters');
  expect(answer.texts('Address').sort()).toEqual([hostOf('examplecluster'), hostOf('other')]);
  expect(answer.texts('Port')).toEqual([String(port), String(port)]);
});

test('the host name is taken for the cluster where drivers send it as a custom domain', async () => {
  const asked = { CustomDomainName: hostOf('other'), DbUser: 'somebody' };
  expect((await ask(keyshift.root, 'redshift', 'GetClusterCredentials', asked)).status).toBe(200);
  const foreign = { ...asked, CustomDomainName: 'other.999999999999.localhost' };
  expect((await ask(keyshift.root, 'redshift', 'GetClusterCredentials', foreign)).status).not.toBe(200);
});

describe('a login', () => {
  test('goes to the cluster of the host name, whose certificate it is, and to no other', async () => {
    for (const cluster of ['examplecluster', 'other']) {
      const login = await temporary(cluster);
      const client = await open(login, hostOf(cluster));
      await client.query(`CREATE TEMPORARY TABLE here AS SELECT 1 AS x`);
      const answer = await must(keyshift.root, 'keyshift', 'ListSessions');
      const [session] = answer.texts('member').map((line) => JSON.parse(line) as { cluster: string });
      expect(session?.cluster).toBe(cluster);
      await client.end();
      const wrong = cluster === 'other' ? 'examplecluster' : 'other';
      expect(await refusalOf(open(login, hostOf(wrong)))).toMatchObject({ code: '28000' });
      await expect
        .poll(async () => (await must(keyshift.root, 'keyshift', 'ListSessions')).texts('member'))
        .toEqual([]);
    }
  });

  test('of psql goes there by the name alone', async (context) => {
    needs(context, 'psql');
    const login = await temporary('other');
    const url = `host=${hostOf('other')} hostaddr=127.0.0.1 port=${port} dbname=exampledb sslmode=verify-full`;
    const { stdout, stderr } = await run('psql', ['-X', '-A', '-t', '-c', 'select 7', url], {
      PGUSER: login.user,
      PGPASSWORD: login.password,
      PGSSLROOTCERT: keyshift.ready.caFile,
    });
    expect([stdout.trim(), stderr]).toEqual(['7', '']);
  });

  test.each([
    ['without a host name', '', 'named no host'],
    ["with the node's own name", 'localhost', '"localhost" is that of no cluster'],
    ['with the name of no cluster', 'nobody.123456789012.localhost', 'is that of no cluster'],
    ['with the cluster of another account', 'other.999999999999.localhost', 'is that of no cluster'],
  ])('%s is told what is missing, and no password is asked for', async (_title, serverName, detail) => {
    const wire = await Wire.openTls(keyshift, { port, serverName });
    wire.send(startup({ user: 'somebody', database: 'exampledb' }));
    const fields = errorFields(await wire.message());
    expect([fields['S'], fields['C']]).toEqual(['FATAL', '08004']);
    expect(fields['D']).toContain(detail);
    await wire.untilEnd();
  });

  test('without TLS is told to use it, and what was wrong with it before', async () => {
    const refused = await Wire.openTls(keyshift, { port, serverName: '' });
    refused.send(startup({ user: 'falls_back', database: 'exampledb' }));
    await refused.untilEnd();
    const wire = await Wire.open(keyshift, port);
    wire.send(startup({ user: 'falls_back', database: 'exampledb' }));
    const fields = errorFields(await wire.message());
    expect(fields['C']).toBe('28000');
    expect(fields['D']).toContain('nothing tells which one is meant');
  });
});

test('a cancel request needs no host name', async () => {
  const login = await temporary('other');
  const { wire, session } = await Wire.openSession(keyshift, login, {}, undefined, {
    port,
    serverName: hostOf('other'),
  });
  wire.send(query('select pg_sleep(30)'));
  await expect
    .poll(
      async () => {
        const socket = connectTcp(port, '127.0.0.1');
        socket.write(cancelRequest(session.processId, session.key));
        await new Promise((resolve) => socket.once('close', resolve).resume());
        return wire.hasArrived;
      },
      { timeout: 20_000 },
    )
    .toBe(true);
  const error = (await wire.answer()).find(({ letter }) => letter === 'E');
  expect(error && errorFields(error)['C']).toBe('57014');
  wire.vanish();
});

test('a cluster that is deleted ends its sessions, and leaves those of the others', async () => {
  const here = await open(await temporary('examplecluster'), hostOf('examplecluster'));
  const gone = await open(await temporary('other'), hostOf('other'));
  const ended = new Promise((resolve) => gone.once('end', resolve));
  await must(keyshift.root, 'redshift', 'DeleteCluster', {
    ClusterIdentifier: 'other',
    SkipFinalClusterSnapshot: 'true',
  });
  await ended;
  expect((await here.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
  await here.end();
  await expect
    .poll(async () => (await must(keyshift.root, 'redshift', 'DescribeClusters')).texts('ClusterIdentifier'))
    .toEqual(['examplecluster']);
  expect(await refusalOf(open(await temporary('examplecluster'), hostOf('other')))).toMatchObject({
    code: '08004',
  });
});
