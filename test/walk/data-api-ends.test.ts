import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Endpoint } from '../../src/client/call.ts';
import { must } from './support/api.ts';
import { AS_USER, dataApi, ended, executed, refused, rowsOf, told } from './support/data-api.ts';
import { Keyshift } from './support/keyshift.ts';

// How statements of the Data API end otherwise than by themselves, and the sessions that are kept between them.

let keyshift: Keyshift;
let root: Endpoint;

beforeAll(async () => {
  keyshift = await Keyshift.start({ flags: ['--example', '--test-clock'] });
  root = keyshift.root;
});
afterAll(async () => {
  await keyshift?.close();
});

const SLOW = 'SELECT pg_sleep(600)';

/** Begins a statement as the example's user. */
async function begun(Sql: string, more: object = {}): Promise<string> {
  const where = 'SessionId' in more ? {} : AS_USER;
  return (await told(root, 'ExecuteStatement', { Sql, ...where, ...more }))['Id'] ?? '';
}

async function untilStarted(Id: string): Promise<void> {
  for (let tries = 0; tries < 1_200; tries++) {
    if ((await told(root, 'DescribeStatement', { Id }))['Status'] === 'STARTED') return;
    await pause(25);
  }
  throw new Error('the statement does not start');
}

/** The live session of a statement. */
async function sessionIdOf(pid: number): Promise<string> {
  const answer = await must(root, 'keyshift', 'ListSessions');
  const sessions = answer.texts('member').map((text) => JSON.parse(text));
  return sessions.find(({ backendPid }) => backendPid === pid)?.sessionId ?? '';
}

describe('a session that is kept', () => {
  test('has what earlier statements left, runs one at a time, and is closed when it was idle long enough', async () => {
    const first = await executed(root, 'CREATE TEMP TABLE kept AS SELECT 5 AS n', {
      SessionKeepAliveSeconds: 60,
    });
    const { SessionId } = first;
    const { Id = '' } = await executed(root, 'SELECT n FROM kept', { SessionId });
    expect(await rowsOf(root, Id)).toEqual([[{ longValue: 5 }]]);
    const slow = await begun(SLOW, { SessionId });
    await untilStarted(slow);
    const again = { Sql: 'SELECT 1', SessionId };
    expect(await refused(root, 'ExecuteStatement', again)).toMatchObject({
      status: 400,
      __type: 'ValidationException',
      message: expect.stringContaining('Session is busy'),
    });
    expect(await told(root, 'ListSessions', { Status: 'BUSY' })).toMatchObject({
      Sessions: [{ SessionId, CurrentStatementId: slow, DbUser: 'temp_creds_user' }],
    });
    expect(await told(root, 'CancelStatement', { Id: slow })).toEqual({ Status: true });
    expect(await executed(root, 'SELECT n FROM kept', { SessionId })).toMatchObject({ Status: 'FINISHED' });
    await must(root, 'keyshift', 'MoveClock', { BySeconds: '61' });
    for (let tries = 0; tries < 600; tries++) {
      const { Sessions } = await told(root, 'ListSessions', { SessionId });
      if (Sessions?.[0]?.['Status'] === 'CLOSED') break;
      await pause(50);
    }
    expect(await refused(root, 'ExecuteStatement', again)).toMatchObject({
      __type: 'ValidationException',
      message: 'Session is not available',
    });
  });

  test('is nobody else’s, and says where it is by itself', async () => {
    const NOBODYS = '70662acc-f334-46f8-b953-3a9546796d7a';
    expect(await refused(root, 'ExecuteStatement', { Sql: 'SELECT 1', SessionId: NOBODYS })).toMatchObject({
      __type: 'ValidationException',
      message: `Session with Id: ${NOBODYS} is invalid.`,
    });
    expect(await refused(root, 'ListSessions', { SessionId: NOBODYS })).toMatchObject({
      __type: 'ResourceNotFoundException',
    });
    const both = { Sql: 'SELECT 1', SessionId: NOBODYS, Database: 'exampledb' };
    expect(await refused(root, 'ExecuteStatement', both)).toMatchObject({
      message: 'Database cannot be specified with SessionId.',
    });
  });

  test('ends with its session of the gateway, and so does what runs in it', async () => {
    const { SessionId } = await executed(root, 'SELECT 1', { SessionKeepAliveSeconds: 600 });
    const Id = await begun(SLOW, { SessionId });
    await untilStarted(Id);
    const { RedshiftPid = 0 } = await told(root, 'DescribeStatement', { Id });
    await must(root, 'keyshift', 'KillSession', {
      SessionId: await sessionIdOf(RedshiftPid),
      Reason: 'lunch',
    });
    expect(await ended(root, Id)).toMatchObject({
      Status: 'FAILED',
      Error: expect.stringContaining('the session was ended by an administrator'),
    });
    expect(await refused(root, 'ExecuteStatement', { Sql: 'SELECT 1', SessionId })).toMatchObject({
      message: 'Session is not available',
    });
  });
});

test('a revocation ends the session that is kept, and what runs in it and beside it', async () => {
  const { SessionId } = await executed(root, 'SELECT 1', { SessionKeepAliveSeconds: 600 });
  const running = await begun(SLOW, { SessionId });
  const alone = await begun(SLOW);
  await untilStarted(running);
  await untilStarted(alone);
  await must(root, 'keyshift', 'RevokeAccess', { DbUser: 'temp_creds_user', Reason: 'drill' });
  for (const Id of [running, alone]) {
    expect(await ended(root, Id)).toMatchObject({
      Status: 'FAILED',
      Error: expect.stringMatching(/the access of this session was revoked|canceling statement/),
    });
  }
  expect(await refused(root, 'ExecuteStatement', { Sql: 'SELECT 1', SessionId })).toMatchObject({
    message: 'Session is not available',
  });
  await must(root, 'keyshift', 'MoveClock', { BySeconds: '2' });
  expect(await executed(root, 'SELECT 1')).toMatchObject({ Status: 'FINISHED' });
});

describe('a statement that is canceled', () => {
  test('is aborted, and has no result', async () => {
    const Id = await begun(SLOW);
    await untilStarted(Id);
    expect(await told(root, 'CancelStatement', { Id })).toEqual({ Status: true });
    expect(await ended(root, Id)).toMatchObject({ Status: 'ABORTED' });
    expect(await refused(root, 'CancelStatement', { Id })).toEqual({
      status: 400,
      __type: 'ValidationException',
      message: `Could not cancel a query that is already in ABORTED state with ID: ${Id}`,
    });
    expect(await refused(root, 'GetStatementResult', { Id })).toMatchObject({
      __type: 'ResourceNotFoundException',
    });
  });

  test('cannot be when it has ended, and keeps its result', async () => {
    const { Id = '' } = await executed(root, 'SELECT 7');
    expect(await refused(root, 'CancelStatement', { Id })).toMatchObject({
      message: `Could not cancel a query that is already in FINISHED state with ID: ${Id}`,
    });
    expect(await rowsOf(root, Id)).toEqual([[{ longValue: 7 }]]);
  });
});

describe('a batch', () => {
  const batch = (Sqls: readonly string[], more: object = {}) =>
    told(root, 'BatchExecuteStatement', { ...AS_USER, Sqls, WaitTimeSeconds: 30, ...more });

  test('is one transaction, whose failure undoes all of it', async () => {
    await executed(root, 'CREATE TABLE batched (n int)');
    const { Id = '', Status } = await batch(['INSERT INTO batched VALUES (1)', 'SELECT nothing', 'SELECT 3']);
    expect(Status).toBe('FAILED');
    expect(await told(root, 'DescribeStatement', { Id })).toMatchObject({
      Error: 'Query #2 failed with ERROR: column "nothing" does not exist\n  Position: 8',
      ExecutionMode: 'TRANSACTION',
      SubStatements: [
        { Id: `${Id}:1`, Status: 'FINISHED', ResultRows: 1 },
        { Id: `${Id}:2`, Status: 'FAILED' },
        { Id: `${Id}:3`, Status: 'ABORTED' },
      ],
    });
    const { Id: count = '' } = await executed(root, 'SELECT count(*) FROM batched');
    expect(await rowsOf(root, count)).toEqual([[{ longValue: 0 }]]);
  });

  test('commits each part by itself if it is told to, and gives the result of each', async () => {
    const sqls = ['INSERT INTO batched VALUES (1)', 'SELECT nothing', 'SELECT n, :who AS who FROM batched'];
    const { Id = '' } = await batch(sqls, {
      ExecutionMode: 'AUTO_COMMIT',
      Parameters: [{ name: 'who', value: 'me' }],
    });
    expect(await told(root, 'DescribeStatement', { Id })).toMatchObject({
      Status: 'FAILED',
      HasResultSet: true,
    });
    expect(await rowsOf(root, `${Id}:3`)).toEqual([[{ longValue: 1 }, { stringValue: 'me' }]]);
    expect(await told(root, 'DescribeStatement', { Id: `${Id}:3` })).toMatchObject({ QueryString: sqls[2] });
    for (const none of [Id, `${Id}:1`, `${Id}:2`])
      expect(await refused(root, 'GetStatementResult', { Id: none })).toMatchObject({
        message: expect.stringContaining('Query does not have result'),
      });
    for (const none of [`${Id}:0`, `${Id}:4`, `${Id}:99`])
      expect(await refused(root, 'GetStatementResult', { Id: none })).toMatchObject({
        message: 'Query does not exist.',
      });
  });
});

test('a request with the same token begins nothing new, and another one with it is refused', async () => {
  const once = { ...AS_USER, Sql: 'CREATE TABLE made_once (n int)', ClientToken: 'token-1' };
  const tries = await Promise.all([1, 2, 3, 4].map(() => told(root, 'ExecuteStatement', once)));
  expect(new Set(tries.map(({ Id }) => Id)).size).toBe(1);
  expect(await ended(root, tries[0]?.['Id'] ?? '')).toMatchObject({ Status: 'FINISHED' });
  const other = { ...once, Sql: 'SELECT 1' };
  expect(await refused(root, 'ExecuteStatement', other)).toMatchObject({ __type: 'ValidationException' });
  // Tokens are forgotten after eight hours, statements and results after a day.
  await must(root, 'keyshift', 'MoveClock', { BySeconds: String(8 * 3600) });
  const { Id = '' } = await told(root, 'ExecuteStatement', other);
  expect(await ended(root, Id)).toMatchObject({ Status: 'FINISHED' });
  await must(root, 'keyshift', 'MoveClock', { BySeconds: String(24 * 3600 - 60) });
  expect(await rowsOf(root, Id)).toEqual([[{ longValue: 1 }]]);
  await must(root, 'keyshift', 'MoveClock', { BySeconds: '61' });
  expect(await refused(root, 'GetStatementResult', { Id })).toMatchObject({
    message: 'Query does not exist.',
  });
});

describe('a result', () => {
  test('of many rows comes in pages that are the whole of it', async () => {
    const { Id = '', ResultRows } = await executed(root, 'SELECT n FROM generate_series(1, 25000) n');
    expect(ResultRows).toBe(25_000);
    const seen: number[] = [];
    let NextToken: string | undefined;
    do {
      const page = await told(root, 'GetStatementResult', { Id, NextToken });
      for (const [{ longValue }] of page['Records'] as unknown as [{ longValue: number }][])
        seen.push(longValue);
      NextToken = page['NextToken'];
    } while (NextToken !== undefined);
    expect(seen).toEqual(Array.from({ length: 25_000 }, (_, n) => n + 1));
    const invalid = { __type: 'ValidationException', message: 'The NextToken is invalid.' };
    expect(await refused(root, 'GetStatementResult', { Id, NextToken: 'x' })).toMatchObject(invalid);
    const { Id: other = '' } = await executed(root, 'SELECT n FROM generate_series(1, 10001) n');
    const { NextToken: ofOther } = await told(root, 'GetStatementResult', { Id: other });
    expect(await refused(root, 'GetStatementResult', { Id, NextToken: ofOther })).toMatchObject(invalid);
  });

  test('is given as CSV when the statement said so, and only then', async () => {
    const { Id = '' } = await executed(
      root,
      `SELECT 1 AS a, 'x,"y"' AS "b,", NULL AS c, '' AS d, true AS e`,
      {
        ResultFormat: 'CSV',
      },
    );
    expect(await told(root, 'GetStatementResultV2', { Id })).toMatchObject({
      ResultFormat: 'CSV',
      TotalNumRows: 1,
      Records: [{ CSVRecords: 'a,"b,",c,d,e\r\n1,"x,""y""",,"",true\r\n' }],
    });
    expect(await refused(root, 'GetStatementResult', { Id })).toMatchObject({
      __type: 'ValidationException',
    });
    const { Id: json = '' } = await executed(root, 'SELECT 1');
    expect(await refused(root, 'GetStatementResultV2', { Id: json })).toMatchObject({
      __type: 'ValidationException',
    });
  });

  test('has a limit for a row and for all of it, and past it nothing is kept', async () => {
    const row = await executed(root, "SELECT repeat('x', 65537)");
    const text = 'Packet for query is too large: a row of the result has more than 65536 bytes.';
    expect(row).toMatchObject({ Status: 'FAILED', Error: text });
    expect(await executed(root, "SELECT repeat('x', 65536)")).toMatchObject({ Status: 'FINISHED' });
    // One message of a hundred megabytes, which is never in memory.
    const huge = await executed(root, "SELECT repeat('x', 100000000)");
    expect(huge).toMatchObject({ Status: 'FAILED', Error: text });
    const { NextToken } = await told(root, 'ListStatements', { Status: 'FAILED', MaxResults: 1 });
    expect(NextToken).toEqual(expect.any(String));
    expect((await dataApi(root, 'ListStatements', { NextToken, Status: 'FAILED' })).text).toContain('65537');
  });
});
