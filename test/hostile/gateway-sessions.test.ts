import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { call } from '../../src/client/index.ts';
import { Keyshift } from '../walk/support/keyshift.ts';
import { issue, type Login, logIn, newClient, refusalOf } from '../walk/support/logins.ts';
import { needs } from '../walk/support/programs.ts';
import { PsqlSession, psql } from '../walk/support/psql.ts';
import { ServerAdmin } from '../walk/support/server-admin.ts';
import { cancelRequest, cString, errorFields, int32, message, PROTOCOL_30, query, Wire } from './wire.ts';

// Sessions that are logged in: what they cancel, how much they move, and what is left when they vanish.

const MEGABYTE = 1024 * 1024;

let keyshift: Keyshift;
let admin: ServerAdmin;
let login: Login;

beforeAll(async () => {
  keyshift = await Keyshift.start();
  admin = await ServerAdmin.open(keyshift);
  login = await issue(keyshift, { dbName: 'exampledb' });
});

afterAll(async () => {
  await admin?.close();
  await keyshift?.close();
});

/** Waits until the server has so many backends of the user that run a statement like this. */
async function backendsWith(statement: string, count: number, msMax = 20_000): Promise<void> {
  const deadline = Date.now() + msMax;
  for (;;) {
    const [row] = await admin.query<{ running: number }>(
      `select count(*)::int as running from pg_stat_activity where state = 'active' and query like $1`,
      [`${statement}%`],
    );
    if (row?.running === count) return;
    if (Date.now() > deadline) throw new Error(`${row?.running} backends run ${statement}, not ${count}`);
    await sleep(100);
  }
}

async function cancelBy(open: (keyshift: Keyshift) => Promise<Wire>, processId: number, key: Buffer) {
  const wire = await open(keyshift);
  wire.send(cancelRequest(processId, key));
  // Nothing is ever answered.
  expect(await wire.untilEnd()).toHaveLength(0);
}

describe('a cancel request', () => {
  test('of psql ends the statement with 57014', async (context) => {
    needs(context, 'psql');
    const session = new PsqlSession(keyshift, login);
    // psql that reads from a pipe ends at Ctrl-C.
    const ended = expect(session.ask('select pg_sleep(30);')).rejects.toThrow(
      'ERROR:  57014: canceling statement due to user request',
    );
    await backendsWith('select pg_sleep(30)', 1);
    session.interrupt();
    await ended;
    await session.close();
  });

  test.each([
    ['3.0', PROTOCOL_30, 'in clear', Wire.open],
    ['3.2', PROTOCOL_30 + 2, 'in clear', Wire.open],
    ['3.2', PROTOCOL_30 + 2, 'inside TLS', Wire.openTls],
  ] as const)(
    'with the key of protocol %s (%s, %s) works, and the session goes on',
    async (_name, version, _how, open) => {
      const { wire, session } = await Wire.openSession(keyshift, login, {}, version);
      wire.send(query('select pg_sleep(31)'));
      await backendsWith('select pg_sleep(31)', 1);
      await cancelBy(open, session.processId, session.key);
      const answer = await wire.answer();
      expect(answer.map(({ letter }) => letter).slice(-2)).toEqual(['E', 'Z']);
      const error = answer.find(({ letter }) => letter === 'E');
      expect(error && errorFields(error)['C']).toBe('57014');
      wire.send(query('select 1'));
      expect((await wire.answer()).map(({ letter }) => letter)).toEqual(['T', 'D', 'C', 'Z']);
      wire.vanish();
    },
  );

  test("with a wrong key, another session's key or none does nothing", async () => {
    const { wire, session } = await Wire.openSession(keyshift, login);
    const other = await Wire.openSession(keyshift, login, {}, PROTOCOL_30 + 2);
    // It goes on until the lock is free, however long the cancels take.
    await admin.query('select pg_advisory_lock(4711)');
    wire.send(query('select pg_advisory_lock(4711)'));
    await backendsWith('select pg_advisory_lock(4711)', 1);
    const flipped = Buffer.from(session.key);
    flipped.writeUInt8(flipped.readUInt8(0) ^ 1, 0);
    for (const key of [
      flipped,
      Buffer.alloc(4),
      other.session.key,
      Buffer.alloc(32),
      session.key.subarray(0, 4).reverse(),
    ]) {
      await cancelBy(Wire.open, session.processId, key);
    }
    await cancelBy(Wire.open, session.processId + 1, session.key);
    // A cancel that the server takes ends the statement a moment later.
    await sleep(500);
    await admin.query('select pg_advisory_unlock(4711)');
    expect((await wire.answer()).map(({ letter }) => letter)).toEqual(['T', 'D', 'C', 'Z']);
    wire.vanish();
    other.wire.vanish();
  });

  test('with the key of a session that has ended does nothing', async () => {
    const { wire, session } = await Wire.openSession(keyshift, login);
    wire.send(message('X'));
    await wire.untilEnd();
    await cancelBy(Wire.open, session.processId, session.key);
  });
});

describe('COPY', () => {
  test('takes and gives megabytes as they are', async (context) => {
    needs(context, 'psql');
    const lines = Array.from({ length: 40_000 }, (_, n) => `${n}\t${randomBytes(60).toString('base64')}`);
    const data = `${lines.join('\n')}\n`;
    expect(data.length).toBeGreaterThan(3 * MEGABYTE);
    const session = new PsqlSession(keyshift, login);
    try {
      await session.ask('create table copied (n int primary key, t text);');
      const taken = await session.ask(`copy copied from stdin;\n${data}\\.`);
      expect(taken.stderr).toBe('');
      expect((await session.ask('select count(*), sum(n) from copied;')).stdout).toBe('40000|799980000');
    } finally {
      await session.close();
    }
    const given = await psql(keyshift, login, ['copy copied to stdout']);
    expect(given.stderr).toBe('');
    expect(digest(given.stdout)).toBe(digest(data));
    expect((await psql(keyshift, login, ['drop table copied'])).code).toBe(0);
  });

  test('that fails on the way leaves the session usable', async () => {
    const { wire } = await Wire.openSession(keyshift, login);
    wire.send(query('create temp table halfway (n int)'));
    await wire.answer();
    wire.send(query('copy halfway from stdin'));
    expect((await wire.message()).letter).toBe('G');
    // Text that looks like user DDL is data here, and an unusual letter inside it is no message.
    wire.send(
      message('d', Buffer.from('1\n2\n')),
      message('d', Buffer.from('create user x password disable\n')),
    );
    wire.send(message('d', Buffer.alloc(MEGABYTE, 'Q')), message('c'));
    const answer = await wire.answer();
    expect(answer[0] && errorFields(answer[0])['C']).toBe('22P02');
    wire.send(query('select count(*) from halfway'));
    expect((await wire.answer())[1]?.body.toString('latin1').endsWith('0')).toBe(true);
    wire.vanish();
  });

  const digest = (text: string): string => createHash('sha256').update(text).digest('hex');
});

describe('large messages', () => {
  let client: Client;

  beforeAll(async () => {
    client = await logIn(keyshift, login);
  });
  afterAll(async () => {
    await client?.end();
  });

  test('of a result of 50 MB in many rows arrive whole', async () => {
    const { rows } = await client.query<{ n: number; t: string }>(
      `select n, repeat(chr(65 + n % 26), 1024) as t from generate_series(1, 51200) n`,
    );
    expect(rows).toHaveLength(51_200);
    expect(rows.every(({ n, t }) => t.length === 1024 && t.charCodeAt(0) === 65 + (n % 26))).toBe(true);
  });

  test('of one value of 50 MB arrive whole', async () => {
    const { rows } = await client.query<{ t: string }>(`select repeat('0123456789', 5 * 1024 * 1024) as t`);
    const [text = ''] = rows.map(({ t }) => t);
    expect(text.length).toBe(50 * MEGABYTE);
    expect(text.endsWith('789')).toBe(true);
  });

  test('of a statement and of a parameter of 20 MB reach the server whole', async () => {
    const text = 'create user '.repeat((20 * MEGABYTE) / 12);
    const literal = await client.query(`select md5('${text}') as hash`);
    const parameter = await client.query('select md5($1) as hash', [text]);
    const hash = createHash('md5').update(text).digest('hex');
    expect(literal.rows).toEqual([{ hash }]);
    expect(parameter.rows).toEqual([{ hash }]);
  });

  test('wait in the server while a client does not read, not in the gateway', async (context) => {
    if (!existsSync('/proc/self/status')) context.skip('resident memory is read from /proc');
    const { wire } = await Wire.openSession(keyshift, login);
    wire.send(query(`select repeat('x', 100000) from generate_series(1, 3000)`));
    await wire.bytes(100_000);
    wire.pause();
    const before = residentBytes();
    await sleep(1_500);
    expect(residentBytes() - before).toBeLessThan(64 * MEGABYTE);
    expect(await wire.discard(299_000_000)).toBeGreaterThanOrEqual(299_000_000);
    expect(residentBytes() - before).toBeLessThan(150 * MEGABYTE);
    wire.vanish();
  });

  function residentBytes(): number {
    const [, kilobytes] =
      /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${keyshift.pid}/status`, 'utf8')) ?? [];
    return Number(kilobytes) * 1024;
  }
});

describe('a session', () => {
  test('answers messages that are sent without waiting, each in its place', async () => {
    const { wire } = await Wire.openSession(keyshift, login);
    const count = 300;
    const parts = Array.from({ length: count }, (_, n) => [
      message('P', cString(''), cString(`select ${n}`), Buffer.of(0, 0)),
      message('B', cString(''), cString(''), Buffer.of(0, 0, 0, 0, 0, 0)),
      message('E', cString(''), int32(0)),
    ]).flat();
    wire.send(...parts, message('S'));
    const rows = (await wire.answer()).filter(({ letter }) => letter === 'D');
    expect(rows.map(({ body }) => Number(body.toString('latin1', 6)))).toEqual(
      Array.from({ length: count }, (_, n) => n),
    );
    wire.vanish();
  });

  test('has its user DDL translated in a pipeline, a byte at a time', async () => {
    const { wire } = await Wire.openSession(keyshift, await issue(keyshift, { dbUser: 'awsuser' }));
    const bytes = Buffer.concat([
      query('select 1'),
      query('create user in_pieces password disable'),
      message('P', cString('named'), cString('alter user in_pieces password disable'), Buffer.of(0, 0)),
      message('B', cString(''), cString('named'), Buffer.of(0, 0, 0, 0, 0, 0)),
      message('E', cString(''), int32(0)),
      message('S'),
      query('drop user in_pieces'),
    ]);
    for (const byte of bytes) {
      wire.send(Buffer.of(byte));
      await new Promise(setImmediate);
    }
    const letters: string[] = [];
    for (let n = 0; n < 4; n++) letters.push((await wire.answer()).map(({ letter }) => letter).join(''));
    expect(letters).toEqual(['TDCZ', 'CZ', '12CZ', 'CZ']);
    wire.vanish();
  });

  test('that breaks the protocol is ended with 08P01, its backend too', async () => {
    for (const length of [0, 3, 0x80000000, 0xffffffff]) {
      const { wire } = await Wire.openSession(keyshift, login, { application_name: 'breaks the protocol' });
      wire.send(Buffer.from('Q'), int32(length), Buffer.alloc(16));
      const end = (await wire.untilEnd()).toString('latin1');
      expect(end.startsWith('E'), String(length)).toBe(true);
      expect(end).toContain('C08P01');
    }
    await expect
      .poll(() =>
        admin.query(`select 1 from pg_stat_activity where application_name = 'breaks the protocol'`),
      )
      .toEqual([]);
  });

  test('that breaks the protocol is recorded as a login and its end, not as a refusal', async () => {
    const kinds = async (): Promise<string[]> => {
      const events = await auditEvents();
      const broken = events.filter((event) => JSON.stringify(event).includes('breaks the protocol'));
      return broken.map(({ kind, outcome }) => `${kind} ${outcome}`).sort();
    };
    // The end of a session is recorded a moment after it.
    await expect
      .poll(kinds)
      .toEqual([
        ...Array.from({ length: 4 }, () => 'login success'),
        ...Array.from({ length: 4 }, () => 'logout success'),
      ]);
  });

  async function auditEvents(): Promise<{ readonly kind: string; readonly outcome: string }[]> {
    const service = { name: 'keyshift', version: '2026-11-22' } as const;
    const page = { AfterSequence: '0', MaxItems: '500' };
    const answer = await call(keyshift.root, service, 'GetAuditEvents', page, new Date());
    return answer.texts('member').map((line) => JSON.parse(line));
  }

  test('that vanishes in a long query leaves no query running', async () => {
    const wires = await Promise.all(
      Array.from({ length: 3 }, async () => (await Wire.openSession(keyshift, login)).wire),
    );
    const client = await logIn(keyshift, login);
    for (const wire of wires) wire.send(query('select pg_sleep(77)'));
    await backendsWith('select pg_sleep(77)', 3);
    for (const wire of wires) wire.vanish();
    // The server looks every five seconds whether its client is still there.
    await backendsWith('select pg_sleep(77)', 0, 40_000);
    expect((await client.query('select 1 as n')).rows).toEqual([{ n: 1 }]);
    await client.end();
  });

  test('that ends is gone from the server at once', async () => {
    const named = { application_name: 'ends' };
    const sessions = () => admin.query(`select 1 from pg_stat_activity where application_name = 'ends'`);
    for (const leave of [(wire: Wire) => wire.send(message('X')), (wire: Wire) => wire.vanish()]) {
      const { wire } = await Wire.openSession(keyshift, login, named);
      expect(await sessions()).toHaveLength(1);
      leave(wire);
      await expect.poll(sessions).toEqual([]);
    }
  });

  test('past what the server takes is refused with 53300, and the others go on', async () => {
    const [limit] = await admin.query<{ connections: number }>(
      `select current_setting('max_connections')::int as connections`,
    );
    const wanted = (limit?.connections ?? 0) + 10;
    const clients = Array.from({ length: wanted }, () => newClient(keyshift, login));
    const outcomes = await Promise.allSettled(clients.map((client) => client.connect()));
    try {
      const refusals = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
      expect(new Set(refusals.map(({ code, severity }) => `${severity} ${code}`))).toEqual(
        new Set(['FATAL 53300']),
      );
      const open = clients.filter((_client, n) => outcomes[n]?.status === 'fulfilled');
      // PostgreSQL keeps a few connections for its superuser, by which Keyshift goes on.
      expect(open.length).toBeGreaterThan(wanted - 30);
      for (const client of open.slice(0, 3))
        expect((await client.query('select 1 as n')).rows).toEqual([{ n: 1 }]);
      expect((await issue(keyshift)).user).toBe('IAM:temp_creds_user');
    } finally {
      await Promise.allSettled(clients.map((client) => client.end()));
    }
    await (await logIn(keyshift, login)).end();
  });

  test('that the server ends is told why', async () => {
    const client = await logIn(keyshift, login);
    const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
    const asleep = refusalOf(client.query('select pg_sleep(20)'));
    // A statement that reaches a backend which has just ended fails by itself, before the reason can be read.
    const sleeping = `select 1 from pg_stat_activity where pid = $1 and wait_event = 'PgSleep'`;
    await expect.poll(async () => (await admin.query(sleeping, [rows[0]?.pid])).length).toBe(1);
    await admin.query('select pg_terminate_backend($1)', [rows[0]?.pid]);
    expect(await asleep).toMatchObject({ code: '57P01', severity: 'FATAL' });
  });
});

test('the log has no error', () => {
  expect(keyshift.output).not.toMatch(
    /"level":[56]0|a session failed|UnhandledPromise|TypeError|AssertionError/,
  );
});
