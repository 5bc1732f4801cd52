import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Endpoint } from '../../src/client/call.ts';
import { must } from '../walk/support/api.ts';
import { AS_USER, dataApi, ended, executed, refused, rowsOf, told } from '../walk/support/data-api.ts';
import { Keyshift } from '../walk/support/keyshift.ts';
import { issue, logIn } from '../walk/support/logins.ts';

// Peril: more statements than there are connections, results without end, and cancels that race with the end.

let keyshift: Keyshift;
let root: Endpoint;

beforeAll(async () => {
  keyshift = await Keyshift.start();
  root = keyshift.root;
});
afterAll(async () => {
  await keyshift?.close();
});

/** Statements of one cluster that may run or wait. */
const ACTIVE_MAX = 500;

async function statusesOf(ids: readonly string[]): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  const all = await Promise.all(ids.map((id) => ended(root, id)));
  for (const { Status } of all) counts.set(String(Status), (counts.get(String(Status)) ?? 0) + 1);
  return counts;
}

test('500 statements at once wait for their turn, one more is refused, and other clients still get in', async () => {
  const order = { ...AS_USER, Sql: 'SELECT pg_sleep(600)' };
  // They hold the places of those that run, so that nothing leaves the queue while it fills.
  const answers = await Promise.all(
    Array.from({ length: ACTIVE_MAX + 5 }, () => dataApi(root, 'ExecuteStatement', order)),
  );
  const taken = answers
    .filter(({ status }) => status === 200)
    .map(({ text }) => JSON.parse(text).Id as string);
  expect(taken).toHaveLength(ACTIVE_MAX);
  for (const { text } of answers.filter(({ status }) => status !== 200)) {
    expect(JSON.parse(text)).toMatchObject({ __type: 'ActiveStatementsExceededException' });
  }
  // Who asks for the catalog meanwhile is told so, instead of waiting for as long as a statement may take.
  expect(await refused(root, 'ListSchemas', AS_USER)).toEqual({
    status: 400,
    __type: 'QueryTimeoutException',
    message: 'The query did not end within 10 seconds.',
  });
  const client = await logIn(keyshift, await issue(keyshift, { dbUser: 'awsuser' }));
  try {
    const { rows } = await client.query(
      `SELECT count(*)::int AS count FROM pg_stat_activity WHERE application_name = 'RedshiftDataAPI'`,
    );
    expect(rows[0].count).toBeLessThanOrEqual(25);
  } finally {
    await client.end();
  }
  const canceled = await Promise.all(taken.map((Id) => dataApi(root, 'CancelStatement', { Id })));
  expect(new Set(canceled.map(({ text }) => text))).toEqual(new Set(['{"Status":true}']));
  expect(await statusesOf(taken)).toEqual(new Map([['ABORTED', ACTIVE_MAX]]));
  expect(await executed(root, 'SELECT 1')).toMatchObject({ Status: 'FINISHED' });
});

test('a cancel that races with the end leaves one or the other, and the answer says which', async () => {
  await executed(root, 'CREATE TABLE raced (n int)');
  const races = Array.from({ length: 40 }, async (_, n) => {
    const { Id = '' } = await told(root, 'ExecuteStatement', {
      ...AS_USER,
      Sql: `INSERT INTO raced VALUES (${n})`,
    });
    await pause(n * 5);
    const { status, text } = await dataApi(root, 'CancelStatement', { Id });
    const { Status } = await ended(root, Id);
    return { n, status, text, Status: String(Status) };
  });
  const ends = await Promise.all(races);
  for (const { status, text, Status } of ends) {
    if (status === 200) expect(Status).toBe('ABORTED');
    else expect(text).toContain(`Could not cancel a query that is already in ${Status} state`);
    expect(['ABORTED', 'FINISHED']).toContain(Status);
  }
  const { Id = '' } = await executed(root, 'SELECT n FROM raced ORDER BY n');
  const kept = ends.filter(({ Status }) => Status === 'FINISHED').map(({ n }) => [{ longValue: n }]);
  expect(await rowsOf(root, Id)).toEqual(kept);
});

test('a cancel that comes as the statement begins is not lost', async () => {
  const early = Array.from({ length: 40 }, async (_, n) => {
    const { Id = '' } = await told(root, 'ExecuteStatement', { ...AS_USER, Sql: 'SELECT pg_sleep(60)' });
    await pause(n * 5);
    await dataApi(root, 'CancelStatement', { Id });
    const { Status } = await ended(root, Id);
    return Status;
  });
  expect(new Set(await Promise.all(early))).toEqual(new Set(['ABORTED']));
});

describe('a result past its limits', () => {
  test('fails at its limit, and nothing of it is kept', async () => {
    const { Id = '' } = await told(root, 'ExecuteStatement', {
      ...AS_USER,
      Sql: `SELECT repeat('x', 60000) FROM generate_series(1, 4000)`,
    });
    expect(await ended(root, Id)).toMatchObject({
      Status: 'FAILED',
      Error: expect.stringContaining('Database response exceeded size limit'),
    });
    expect(await refused(root, 'GetStatementResult', { Id })).toMatchObject({
      __type: 'ResourceNotFoundException',
    });
  });

  test('of columns without end is a result', async () => {
    const columns = Array.from({ length: 1600 }, (_, n) => n).join(', ');
    const { Id = '' } = await executed(root, `SELECT ${columns}`);
    const [row] = (await rowsOf(root, Id)) as unknown[][];
    expect(row).toHaveLength(1600);
  });
});

test('ten requests may wait for one statement, and all of them hear of its end', async () => {
  const { Id = '' } = await told(root, 'ExecuteStatement', { ...AS_USER, Sql: 'SELECT pg_sleep(60)' });
  const waiting = { Id, WaitTimeSeconds: 30 };
  const answers: { status: number; text: string }[] = [];
  const asked = Array.from({ length: 13 }, async () => {
    answers.push(await dataApi(root, 'DescribeStatement', waiting));
  });
  // Those that may not wait are answered while the others do.
  await expect.poll(() => answers.length, { timeout: 20_000 }).toBe(3);
  for (const { status, text } of answers) {
    expect([status, JSON.parse(text)]).toMatchObject([
      400,
      { __type: 'ActiveWaitingRequestsExceededException' },
    ]);
  }
  await told(root, 'CancelStatement', { Id });
  await Promise.all(asked);
  expect(answers.slice(3).map(({ text }) => JSON.parse(text).Status)).toEqual(
    Array.from({ length: 10 }, () => 'ABORTED'),
  );
});

test('50 sessions are kept, however many are asked for at once, and a place is free when one is closed', async () => {
  const keep = { ...AS_USER, Sql: 'SELECT 1', SessionKeepAliveSeconds: 600 };
  const answers = await Promise.all(
    Array.from({ length: 120 }, () => dataApi(root, 'ExecuteStatement', keep)),
  );
  const kept = answers.filter(({ status }) => status === 200).map(({ text }) => JSON.parse(text));
  expect(kept).toHaveLength(50);
  for (const { status, text } of answers.filter((answer) => answer.status !== 200)) {
    expect([status, JSON.parse(text)]).toMatchObject([400, { __type: 'ActiveSessionsExceededException' }]);
  }
  expect(await statusesOf(kept.map(({ Id }) => Id))).toEqual(new Map([['FINISHED', 50]]));
  const { Sessions } = await told(root, 'ListSessions', { Status: 'AVAILABLE', MaxResults: 100 });
  expect(Sessions).toHaveLength(50);
  const last = { Sql: 'SELECT 1', SessionKeepAliveSeconds: 0 };
  for (const { SessionId } of kept) await executed(root, last.Sql, { ...last, SessionId });
  // One whose statement cannot log in takes no place either.
  for (let n = 0; n < 2; n++) {
    const nobody = Array.from({ length: 30 }, () =>
      executed(root, 'SELECT 1', { ...keep, DbUser: 'nobody_at_all' }),
    );
    for (const { Status } of await Promise.all(nobody)) expect(Status).toBe('FAILED');
  }
  const again = await executed(root, 'SELECT 1', keep);
  expect(again).toMatchObject({ Status: 'FINISHED' });
  await executed(root, 'SELECT 1', { SessionId: again['SessionId'], SessionKeepAliveSeconds: 0 });
});

describe('a cluster that is not there for statements', () => {
  const CLUSTER = { ClusterIdentifier: AS_USER.ClusterIdentifier };
  const until = async (status: string): Promise<void> => {
    const now = async () =>
      (await must(root, 'redshift', 'DescribeClusters', CLUSTER)).texts('ClusterStatus')[0];
    await expect.poll(now, { timeout: 30_000 }).toBe(status);
  };

  test('ends those that run when it is paused, refuses new ones, and has its sessions closed', async () => {
    const session = await executed(root, 'SELECT 1', { SessionKeepAliveSeconds: 600 });
    const { SessionId } = session;
    const { Id = '' } = await told(root, 'ExecuteStatement', { ...AS_USER, Sql: 'SELECT pg_sleep(600)' });
    await expect
      .poll(async () => (await told(root, 'DescribeStatement', { Id }))['Status'], { timeout: 20_000 })
      .toBe('STARTED');
    await must(root, 'redshift', 'PauseCluster', CLUSTER);
    expect(await ended(root, Id)).toMatchObject({ Status: 'FAILED' });
    await until('paused');
    const paused = { status: 400, __type: 'ValidationException', message: expect.stringContaining('paused') };
    expect(await refused(root, 'ExecuteStatement', { ...AS_USER, Sql: 'SELECT 1' })).toEqual(paused);
    expect(await refused(root, 'ListTables', AS_USER)).toEqual(paused);
    // What has ended can still be asked for.
    expect(await rowsOf(root, String(session['Id']))).toEqual([[{ longValue: 1 }]]);
    const inSession = { Sql: 'SELECT 1', SessionId };
    expect(await refused(root, 'ExecuteStatement', inSession)).toMatchObject({
      status: 400,
      message: 'Session is not available',
    });
    await must(root, 'redshift', 'ResumeCluster', CLUSTER);
    await until('available');
    expect(await executed(root, 'SELECT 1')).toMatchObject({ Status: 'FINISHED' });
  });
});
