import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Endpoint } from '../../src/client/call.ts';
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
  const order = { ...AS_USER, Sql: 'SELECT pg_sleep(60)' };
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
