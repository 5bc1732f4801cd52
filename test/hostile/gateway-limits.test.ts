import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LIMITS } from '../../src/core/limits.ts';
import { must, plain, send } from '../walk/support/api.ts';
import { Keyshift } from '../walk/support/keyshift.ts';
import { issue, type Login, logIn, loginRefusal } from '../walk/support/logins.ts';
import { SSL_REQUEST } from './wire.ts';

// Clients that have not logged in: how many there may be, and how long one may guess.

const MASTER: Login = { user: 'awsuser', password: 'Master-Password-1' };

let keyshift: Keyshift;
let login: Login;
const open: Socket[] = [];

beforeAll(async () => {
  keyshift = await Keyshift.start();
  login = await issue(keyshift);
  await must(keyshift.root, 'redshift', 'ModifyCluster', {
    ClusterIdentifier: 'examplecluster',
    MasterUserPassword: MASTER.password,
  });
});
afterAll(async () => {
  for (const socket of open.splice(0)) socket.destroy();
  await keyshift?.close();
});

/** A connection from one of the many addresses of loopback. */
async function from(localAddress: string): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port: keyshift.ready.gatewayPort, localAddress });
  open.push(socket);
  socket.on('error', () => {});
  await new Promise((resolve) => socket.once('connect', resolve));
  return socket;
}

function closeAll(): void {
  for (const socket of open.splice(0)) socket.destroy();
}

/** Whether a connection is let in as far as the question for TLS, or closed. */
const isLetIn = (socket: Socket): Promise<boolean> =>
  new Promise((resolve) => {
    socket.once('data', () => resolve(true));
    socket.once('close', () => resolve(false));
    socket.write(SSL_REQUEST);
  });

describe('silent connections', () => {
  test('of one address are limited, and others still get in', async () => {
    const max = LIMITS.loginsPendingPerAddressMax;
    await Promise.all(Array.from({ length: max }, () => from('127.0.0.9')));
    expect(await isLetIn(await from('127.0.0.9'))).toBe(false);
    await (await logIn(keyshift, login)).end();
    closeAll();
    // The gateway hears of it a moment later.
    await expect.poll(async () => isLetIn(await from('127.0.0.9'))).toBe(true);
    closeAll();
  });
});

describe('guessing', () => {
  test('is slowed down from the sixth wrong password on, only for that name', async () => {
    const told: string[] = [];
    const guess = async (user: string): Promise<void> => {
      expect((await loginRefusal(keyshift, { user, password: 'Wrong-Password-1' })).code).toBe('28P01');
      told.push(user);
    };
    for (let n = 0; n < 7; n++) await guess('awsuser');
    const began = Date.now();
    await guess('awsuser');
    expect(Date.now() - began).toBeGreaterThan(900);
    // Two seconds the next time, in which another name is told at once.
    await Promise.all([guess('awsuser'), guess('temp_creds_user')]);
    expect(told.slice(-2)).toEqual(['temp_creds_user', 'awsuser']);
  });

  test('is refused for a while after many, and a right temporary password still gets in', async () => {
    const wrong = { ...login, password: 'x'.repeat(96) };
    await Promise.all(
      Array.from({ length: LIMITS.failedLoginsPerAddressMax }, (_, n) =>
        loginRefusal(keyshift, { ...wrong, user: `IAM:name_${n}` }),
      ),
    );
    expect(await loginRefusal(keyshift, MASTER)).toMatchObject({
      code: '28000',
      detail: 'There were too many wrong passwords from this address; none was looked at.',
    });
    await (await logIn(keyshift, login)).end();
    expect((await loginRefusal(keyshift, wrong)).message).toContain('IAM authentication failed');
  });
});

test('a flood of unsigned requests writes few events, and a count of the others', async () => {
  const request = plain(keyshift.root, 'iam', { Action: 'ListUsers' });
  for (let round = 0; round < 10; round++) {
    await Promise.all(Array.from({ length: 60 }, () => send(keyshift.root, request)));
  }
  const events = async () => {
    const all: { code: string | null; details: { refusals?: number } }[] = [];
    for (let after = '0'; ; ) {
      const page = await must(keyshift.root, 'keyshift', 'GetAuditEvents', {
        AfterSequence: after,
        MaxItems: '1000',
      });
      const lines = page.texts('member');
      all.push(...lines.map((line) => JSON.parse(line)));
      if (lines.length < 1000) return all;
      after = page.texts('LastSequence')[0] ?? '0';
    }
  };
  const unsigned = (await events()).filter(({ code }) => code === 'MissingAuthenticationToken');
  expect(unsigned.length).toBeLessThanOrEqual(300);
  await expect
    .poll(
      async () => {
        const found = (await events()).filter(({ code }) => code === 'MissingAuthenticationToken');
        return found.reduce((sum, { details }) => sum + (details.refusals ?? 1), 0);
      },
      { timeout: 60_000, interval: 500 },
    )
    .toBe(600);
});
