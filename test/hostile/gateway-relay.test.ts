import { readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Keyshift } from '../walk/support/keyshift.ts';
import { issue, type Login } from '../walk/support/logins.ts';
import { ServerAdmin } from '../walk/support/server-admin.ts';
import {
  cString,
  errorFields,
  int32,
  type Message,
  message,
  password,
  query,
  SSL_REQUEST,
  startup,
  Wire,
} from './wire.ts';

// The relay under clients that send more than is asked for, stop listening, or say that they have nothing more to say.

let keyshift: Keyshift;
let admin: ServerAdmin;
let login: Login;

beforeAll(async () => {
  keyshift = await Keyshift.start();
  admin = await ServerAdmin.open(keyshift);
  login = await issue(keyshift);
});
afterAll(async () => {
  await admin?.close();
  await keyshift?.close();
});

/** The first column of the first row of each answer. */
function values(messages: readonly Message[]): string[] {
  return messages
    .filter(({ letter }) => letter === 'D')
    .map(({ body }) => body.toString('utf8', 6, 6 + body.readInt32BE(2)));
}

describe('a pipeline', () => {
  test('of megabytes with user DDL in it is run in its order, whatever fills up on the way', async () => {
    const { wire } = await Wire.openSession(keyshift, login);
    const filler = `select 1 /* ${'x'.repeat(60_000)} */`;
    const parts: Buffer[] = [];
    const expected: string[] = [];
    for (let n = 0; n < 40; n++) {
      parts.push(
        query(filler),
        query(filler),
        query(`create user nobody_${n} password disable`),
        query(`select ${n} + 100`),
      );
      expected.push('1', '1', String(n + 100));
    }
    wire.send(...parts);
    const all: Message[] = [];
    for (let n = 0; n < 160; n++) all.push(...(await wire.answer()));
    expect(values(all)).toEqual(expected);
    // An ordinary user may not: the backend says so, in its place.
    const errors = all.filter(({ letter }) => letter === 'E').map((error) => errorFields(error)['C']);
    expect(errors).toEqual(new Array(40).fill('42501'));
    wire.vanish();
  });

  test('cut at every byte comes out the same', async () => {
    const { wire } = await Wire.openSession(keyshift, login);
    const bytes = Buffer.concat([query('select 41'), query('select 42')]);
    for (let at = 1; at < bytes.length; at++) {
      wire.send(bytes.subarray(0, at));
      await new Promise((resolve) => setImmediate(resolve));
      wire.send(bytes.subarray(at));
      expect(values([...(await wire.answer()), ...(await wire.answer())])).toEqual(['41', '42']);
    }
    wire.vanish();
  });
});

describe('a client that has nothing more to say', () => {
  test('still gets its answers, and then the end', async () => {
    const plain = connect({ host: '127.0.0.1', port: keyshift.ready.gatewayPort, allowHalfOpen: true });
    plain.write(SSL_REQUEST);
    await new Promise((resolve) => plain.once('data', resolve));
    const socket = connectTls({
      socket: plain,
      ca: readFileSync(keyshift.ready.caFile),
      servername: 'localhost',
    });
    let received = Buffer.alloc(0);
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
    });
    const ended = new Promise((resolve) => socket.once('end', resolve));
    await new Promise((resolve) => socket.once('secureConnect', resolve));
    socket.write(startup({ user: login.user, database: 'exampledb' }));
    await expect.poll(() => received.length).toBeGreaterThan(0);
    socket.write(password(login.password));
    await expect.poll(() => received.at(-6)).toBe('Z'.charCodeAt(0));
    received = Buffer.alloc(0);
    socket.end(
      Buffer.concat([query("select pg_sleep(0.5), 'the first answer'"), query("select 'the second answer'")]),
    );
    await ended;
    expect(received.toString()).toContain('the first answer');
    expect(received.toString()).toContain('the second answer');
    socket.destroy();
  });

  test('and has asked for something long is given up, and its backend with it', async () => {
    const { wire, session } = await Wire.openSession(keyshift, login);
    wire.send(query('select pg_sleep(60)'));
    await sleep(200);
    wire.vanish();
    await expect
      .poll(() => admin.query('select from pg_stat_activity where pid = $1', [session.processId]), {
        timeout: 40_000,
        interval: 200,
      })
      .toEqual([]);
  });
});

/** Megabytes of the gateway's process, now (VmRSS) or at most since `forgetPeak` (VmHWM); see proc(5). */
function resident(which: 'VmRSS' | 'VmHWM' = 'VmRSS'): number {
  const status = readFileSync(`/proc/${keyshift.pid}/status`, 'utf8');
  return Number(new RegExp(`^${which}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) / 1024;
}

const forgetPeak = (): void => writeFileSync(`/proc/${keyshift.pid}/clear_refs`, '5');

describe.runIf(process.platform === 'linux')('what the gateway holds of a message', () => {
  // Several times what Node.js 24 lets wait for its garbage collector, some 80 MB, however little is held.
  const MEGABYTES = 300;

  test.each<[string, (text: Buffer) => Buffer[], string]>([
    [
      'a parameter',
      (text) => [
        message('P', cString(''), cString('select length($1::text)'), Buffer.of(0, 0)),
        message(
          'B',
          cString(''),
          cString(''),
          Buffer.of(0, 0, 0, 1),
          int32(text.length),
          text,
          Buffer.of(0, 0),
        ),
        message('E', cString(''), int32(0)),
        message('S'),
      ],
      '12DCZ',
    ],
    ['a statement', (text) => [message('Q', Buffer.from("select length('"), text, cString("')"))], 'TDCZ'],
  ])(
    'is far from the whole of %s of 300 MB',
    async (_title, parts, letters) => {
      const { wire } = await Wire.openSession(keyshift, login);
      const text = Buffer.alloc(MEGABYTES * 1_000_000, 'x');
      forgetPeak();
      const before = resident();
      wire.send(...parts(text));
      const answer = await wire.answer(60_000);
      expect(answer.map(({ letter }) => letter).join('')).toBe(letters);
      expect(values(answer)).toEqual([String(text.length)]);
      expect(resident('VmHWM') - before).toBeLessThan(MEGABYTES / 2);
      wire.vanish();
    },
    90_000,
  );

  test('is a small part of what its backend does not take: the client has to wait', async () => {
    const { wire } = await Wire.openSession(keyshift, login);
    await admin.query('create table public.locked (t text); grant insert on public.locked to public');
    await admin.query('begin; lock table public.locked');
    wire.send(query('copy public.locked from stdin'));
    await expect.poll(() => admin.query(`select from pg_locks where not granted`)).toHaveLength(1);
    forgetPeak();
    const before = resident();
    const row = Buffer.concat([Buffer.alloc(999_999, 'x'), Buffer.from('\n')]);
    for (let n = 0; n < MEGABYTES; n++) wire.send(message('d', row));
    wire.send(message('c'));
    // The network takes some megabytes on each side of the gateway; the rest stays with the client.
    let last = -1;
    await expect
      .poll(
        () => {
          const isSettled = wire.unsentBytes === last;
          last = wire.unsentBytes;
          return isSettled;
        },
        { interval: 500, timeout: 20_000 },
      )
      .toBe(true);
    expect(wire.unsentBytes).toBeGreaterThan((MEGABYTES / 2) * 1_000_000);
    expect(resident('VmHWM') - before).toBeLessThan(MEGABYTES / 2);
    await admin.query('commit');
    expect((await wire.message()).letter).toBe('G');
    expect((await wire.answer(60_000)).map(({ letter }) => letter)).toEqual(['C', 'Z']);
    expect(await admin.query('select count(*)::int as rows from public.locked')).toEqual([
      { rows: MEGABYTES },
    ]);
    expect(resident('VmHWM') - before).toBeLessThan(MEGABYTES / 2);
    await admin.query('drop table public.locked');
    wire.vanish();
  }, 90_000);
});

describe('a client that does not take its answers', () => {
  test('makes the backend wait, and the memory of the gateway stays as it is', async () => {
    const { wire } = await Wire.openSession(keyshift, login);
    wire.pause();
    const before = resident();
    wire.send(query("select repeat('x', 1000000) from generate_series(1, 300)"));
    await sleep(2_000);
    expect(resident() - before).toBeLessThan(40);
    expect(await wire.discard(300_000_000)).toBeGreaterThan(300_000_000 - 1);
    wire.vanish();
  }, 30_000);

  test('nor lets its backend take what it sends is held up as well', async () => {
    const { wire } = await Wire.openSession(keyshift, login);
    wire.send(query('create temp table sink (t text)'));
    await wire.answer();
    wire.send(query('copy sink from stdin'));
    expect((await wire.message()).letter).toBe('G');
    for (let n = 0; n < 50; n++) wire.send(message('d', Buffer.alloc(1_000_000, 'x'), Buffer.from('\n')));
    wire.send(message('c'));
    const answer = await wire.answer();
    expect(answer.map(({ letter }) => letter)).toEqual(['C', 'Z']);
    wire.vanish();
  }, 30_000);
});
