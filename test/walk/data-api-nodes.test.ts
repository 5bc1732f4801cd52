import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Endpoint } from '../../src/client/call.ts';
import { silentLogger } from '../../src/core/logger.ts';
import { type EmbeddedServer, startEmbedded } from '../../src/postgres/embedded.ts';
import { AS_USER, ended, executed, refused, rowsOf, told } from './support/data-api.ts';
import { Keyshift } from './support/keyshift.ts';
import { sqlIn } from './support/servers.ts';

// Statements on nodes that share a store: one node serves the cluster, any is asked, and one is killed.

let folder: string;
let server: EmbeddedServer;
let serving: Keyshift;
let asked: Keyshift;
let root: Endpoint;

const options = (name: string, flags: readonly string[]) => ({
  dataDir: join(folder, name),
  flags,
  environment: {
    KEYSHIFT_DATABASE_URL: `postgresql://keyshift_admin@/postgres?host=${encodeURIComponent(server.socketDir)}`,
    KEYSHIFT_MASTER_KEY: '5b'.repeat(32),
  },
});

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'keyshift-data-'));
  server = await startEmbedded({
    dataDir: join(folder, 'postgres'),
    name: 'keyshift-data',
    durable: false,
    maxConnections: 60,
    logger: silentLogger,
  });
  serving = await Keyshift.start(options('serving', ['--example']));
  asked = await Keyshift.start(options('asked', []));
  root = asked.root;
});
afterAll(async () => {
  await Promise.all([serving?.stop(), asked?.stop()]);
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** After a wait for its end, which is where the node that is asked has to ask the other one. */
const statusOf = async (Id: string): Promise<string | undefined> =>
  (await told(root, 'DescribeStatement', { Id, WaitTimeSeconds: 1 }))['Status'];

test('a node that does not serve the cluster has its statements run, canceled and waited for by the one that does', async () => {
  const first = await executed(root, 'CREATE TEMP TABLE t AS SELECT 5 AS n', {
    SessionKeepAliveSeconds: 600,
  });
  expect(first).toMatchObject({ Status: 'FINISHED', DbUser: 'temp_creds_user' });
  const { SessionId } = first;
  for (const caller of [root, serving.root, root]) {
    const { Id = '' } = await executed(caller, 'SELECT n FROM t', { SessionId });
    expect(await rowsOf(root, Id)).toEqual([[{ longValue: 5 }]]);
  }
  const { Id = '' } = await told(root, 'ExecuteStatement', { ...AS_USER, Sql: 'SELECT pg_sleep(600)' });
  await expect.poll(() => statusOf(Id)).toBe('STARTED');
  expect(await told(root, 'CancelStatement', { Id })).toEqual({ Status: true });
  expect(await told(serving.root, 'DescribeStatement', { Id })).toMatchObject({ Status: 'ABORTED' });
});

test('what the store keeps of a statement tells neither its text nor its result', async () => {
  const secret = 'hunter2-in-the-text';
  const { Id } = await executed(root, `SELECT '${secret}' AS told`, {
    StatementName: 'named',
  });
  const kept = await sqlIn(
    server.socketDir,
    'postgres',
    `SELECT (SELECT json_agg(s)::text FROM keyshift.data_statements s) || (SELECT json_agg(p)::text FROM keyshift.data_pages p) AS kept`,
  );
  const text = JSON.stringify(kept);
  expect(text).toContain(String(Id));
  expect(text).not.toContain(secret);
  expect(text).not.toContain(Buffer.from(secret).toString('hex'));
});

test('of a part of a batch that fails after it has given rows nothing stays, and the others keep theirs', async () => {
  const { Id = '' } = await told(root, 'BatchExecuteStatement', {
    ...AS_USER,
    ExecutionMode: 'AUTO_COMMIT',
    // Six pages, and then a row that is too long.
    Sqls: [
      'SELECT 1',
      "SELECT repeat('x', 60000) FROM generate_series(1, 100) UNION ALL SELECT repeat('x', 70000)",
      'SELECT 3',
    ],
  });
  expect(await ended(root, Id)).toMatchObject({
    Status: 'FAILED',
    SubStatements: [{ Status: 'FINISHED' }, { Status: 'FAILED' }, { Status: 'FINISHED' }],
  });
  const sql = `SELECT DISTINCT part FROM keyshift.data_pages WHERE statement_id = '${Id}' ORDER BY part`;
  expect(await sqlIn(server.socketDir, 'postgres', sql)).toEqual([{ part: 0 }, { part: 2 }]);
  expect(await rowsOf(root, `${Id}:3`)).toEqual([[{ longValue: 3 }]]);
});

test('what a killed node has left is ended, by the others and by its own next start', async () => {
  const { Id = '', SessionId } = await told(root, 'ExecuteStatement', {
    ...AS_USER,
    Sql: 'SELECT pg_sleep(600)',
    SessionKeepAliveSeconds: 600,
  });
  await expect.poll(() => statusOf(Id)).toBe('STARTED');
  const waiting = await told(serving.root, 'ExecuteStatement', { ...AS_USER, Sql: 'SELECT pg_sleep(600)' });
  await serving.kill();
  const begun = Date.now();
  serving = await serving.again(options('serving', ['--example']));
  for (const id of [Id, waiting['Id'] ?? '']) {
    expect(await ended(root, id)).toMatchObject({
      Status: 'FAILED',
      Error: expect.stringContaining('has gone away'),
    });
  }
  expect(Date.now() - begun).toBeLessThan(40_000);
  expect(await refused(root, 'ExecuteStatement', { Sql: 'SELECT 1', SessionId })).toMatchObject({
    message: 'Session is not available',
  });
  for (let tries = 0; tries < 100; tries++) {
    if ((await executed(root, 'SELECT 1'))['Status'] === 'FINISHED') return;
    await pause(100);
  }
  throw new Error('no statement runs after the restart');
});
