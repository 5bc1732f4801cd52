import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { must } from './support/api.ts';
import { APP, startWithExternal, temporary } from './support/external.ts';
import { Keyshift } from './support/keyshift.ts';
import { ask, issue, type Login, logIn, loginRefusal, type Refusal } from './support/logins.ts';
import { selfSigned } from './support/self-signed.ts';
import { clusterServers, processesIn } from './support/servers.ts';
import { TcpServer } from './support/tcp-server.ts';

// What clients are told on each way into a server (by SCRAM, by certificate, and as its own user) when it does not let
// the gateway in any more, is not the server that is meant, is full, hangs or is gone.

const ANALYST: Login = { user: 'analyst', password: 'Analyst-Password-1' };
const IN = [{ n: 1 }];
const UNUSABLE = {
  severity: 'FATAL',
  code: '57P03',
  message: 'the database server of this cluster cannot be used',
};
const NOT_LET_IN = { ...UNUSABLE, detail: 'The server does not let the gateway in.' };
const NOT_VERIFIED = {
  ...UNUSABLE,
  detail: 'The gateway cannot verify that it is the server that is meant.',
};
const GONE = {
  severity: 'FATAL',
  code: '57P03',
  message: 'the database server of this cluster cannot be reached',
};

const HBA = `
hostssl all            boss 127.0.0.1/32 scram-sha-256
hostssl keyshift_login all  127.0.0.1/32 scram-sha-256
hostssl all            all  127.0.0.1/32 cert map=keyshift
`;

describe.each(['scram', 'cert'] as const)('a server that is entered by %s', (way) => {
  const folder = mkdtempSync(join(tmpdir(), 'keyshift-ways-'));
  let server: TcpServer;
  let keyshift: Keyshift;
  let login: Login;

  beforeAll(async () => {
    const own = await selfSigned('keyshift-gateway');
    const [certificate, key] = [join(folder, 'gateway.crt'), join(folder, 'gateway.key')];
    writeFileSync(certificate, own.certificate);
    writeFileSync(key, own.key, { mode: 0o600 });
    server = await TcpServer.start({
      tlsNames: ['localhost'],
      connectionsMax: 20,
      ...(way === 'cert'
        ? { clientCa: own.certificate, hba: HBA, ident: 'keyshift keyshift-gateway all\n' }
        : {}),
    });
    await server.sql(`CREATE ROLE analyst LOGIN PASSWORD '${ANALYST.password}'`);
    await server.sql(`CREATE ROLE gateway LOGIN SUPERUSER PASSWORD 'Gateway-Password-1'`);
    const text = encodeURIComponent;
    const root = `?sslmode=verify-full&sslrootcert=${text(server.certificates?.caFile ?? '')}`;
    keyshift = await startWithExternal(
      way === 'scram'
        ? server.url({ user: 'gateway', password: 'Gateway-Password-1' }, 'localhost', root)
        : `postgresql://gateway@localhost:${server.port}/postgres${root}&sslcert=${text(certificate)}&sslkey=${text(key)}`,
    );
    login = await temporary(keyshift, 'analyst');
    expect(await ask(keyshift, login, 'select 1 as n', APP)).toEqual(IN);
  });
  afterAll(async () => {
    await keyshift?.close();
    await server?.close();
    rmSync(folder, { recursive: true });
  });

  /** The gateway's own connections begin anew; until they are gone, one could be lost in the middle of a question. */
  const endOwn = () =>
    server.sql(`SELECT pg_terminate_backend(pid, 30000) FROM pg_stat_activity WHERE usename = 'gateway'`, {
      database: 'postgres',
    });

  test('and does not let it in any more is told by 57P03, never as a wrong password of the client', async () => {
    await server.sql(
      way === 'scram' ? `ALTER ROLE gateway PASSWORD 'Another-Password-1'` : 'ALTER ROLE gateway NOLOGIN',
    );
    await endOwn();
    expect(await loginRefusal(keyshift, login, APP)).toMatchObject(NOT_LET_IN);
    await server.sql(
      way === 'scram' ? `ALTER ROLE gateway PASSWORD 'Gateway-Password-1'` : 'ALTER ROLE gateway LOGIN',
    );
    expect(await ask(keyshift, login, 'select 1 as n', APP)).toEqual(IN);
  });

  test('and is full is told by 53300', async () => {
    const held: Client[] = [];
    let last: Partial<Refusal> = {};
    for (let n = 0; n < 30 && last.code === undefined; n++) {
      await logIn(keyshift, login, APP).then(
        (client) => held.push(client),
        (error: Refusal) => {
          last = error;
        },
      );
    }
    expect(last).toMatchObject({ severity: 'FATAL', code: '53300' });
    await Promise.all(held.map((client) => client.end()));
    await expect.poll(() => ask(keyshift, login, 'select 1 as n', APP).catch(() => 'refused')).toEqual(IN);
  });

  test('and is gone is told by 57P03, until it is back', async () => {
    await server.stop();
    for (const one of [login, ANALYST]) expect(await loginRefusal(keyshift, one, APP)).toMatchObject(GONE);
    await server.start();
    expect(await ask(keyshift, login, 'select 1 as n', APP)).toEqual(IN);
    expect(await ask(keyshift, ANALYST, 'select 1 as n', APP)).toEqual(IN);
  });

  test('and shows another certificate is told by 57P03, and gets nothing of the client', async () => {
    await server.useCertificate(await selfSigned('localhost'));
    await expect.poll(() => loginRefusal(keyshift, login, APP).catch(() => 'in')).toMatchObject(NOT_VERIFIED);
    expect(await loginRefusal(keyshift, ANALYST, APP)).toMatchObject(NOT_VERIFIED);
  });
});

describe('an embedded server', () => {
  test('that hangs keeps no session open that is killed, and one that is gone is told by 57P03', async () => {
    const keyshift = await Keyshift.start();
    try {
      const login = await issue(keyshift);
      const [client, idle] = [await logIn(keyshift, login), await logIn(keyshift, login)];
      const [folder = ''] = clusterServers(keyshift.dataDir);
      const asleep = client.query('select pg_sleep(60)').catch(() => 'ended');
      const signal = (name: NodeJS.Signals): void => {
        for (const pid of processesIn(folder)) process.kill(pid, name);
      };
      const ends = [client, idle].map((one) => new Promise((resolve) => one.once('end', resolve)));
      const sessions = (await must(keyshift.root, 'keyshift', 'ListSessions')).texts('member');
      signal('SIGSTOP');
      try {
        for (const line of sessions) {
          await must(keyshift.root, 'keyshift', 'KillSession', { SessionId: JSON.parse(line).sessionId });
        }
        // It is cut off after a second and a half, whatever the server does.
        await Promise.all(ends);
        expect(await asleep).toBe('ended');
        await expect
          .poll(async () => (await must(keyshift.root, 'keyshift', 'ListSessions')).texts('member'))
          .toEqual([]);
      } finally {
        signal('SIGCONT');
      }
      expect(await ask(keyshift, login, 'select 1 as n')).toEqual(IN);
      signal('SIGKILL');
      await expect.poll(() => loginRefusal(keyshift, login).catch(() => 'in')).toMatchObject(GONE);
    } finally {
      await keyshift.close();
    }
  });
});
