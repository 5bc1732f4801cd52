import { once } from 'node:events';
import type { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { must } from './support/api.ts';
import { APP, CLUSTER, startWithExternal, temporary } from './support/external.ts';
import { Keyshift } from './support/keyshift.ts';
import { ask, issue, type Login, logIn, loginRefusal, type Refusal } from './support/logins.ts';
import { SUPERUSER, TcpServer } from './support/tcp-server.ts';
import { connectionsOf } from './support/tcp-timers.ts';

// What clients are told when the database server restarts, crashes, is full, hangs, or is taken away: a FATAL error with
// the SQLSTATE and the reason, as they would get it from PostgreSQL, and never an internal one.

const ANALYST: Login = { user: 'analyst', password: 'Analyst-Password-1' };
const GATEWAY: Login = { user: 'gateway', password: 'Gateway-Password-1' };

const CONTENT = `
  CREATE ROLE analyst LOGIN PASSWORD '${ANALYST.password}';
  CREATE ROLE team;
  CREATE ROLE gateway LOGIN CREATEROLE PASSWORD '${GATEWAY.password}';
  GRANT CREATE ON DATABASE app, postgres TO gateway;
  GRANT analyst, team TO gateway WITH ADMIN TRUE, INHERIT FALSE, SET FALSE`;

/** PostgreSQL's own words for a fast shutdown. */
const SHUTDOWN = {
  severity: 'FATAL',
  code: '57P01',
  message: 'terminating connection due to administrator command',
};

/** Until the first probe of an idle connection. */
const PROBE_SECONDS_MAX = 60;

const DELETED = { ClusterIdentifier: CLUSTER, SkipFinalClusterSnapshot: 'true' };

/** The last word that a client gets, if it gets one. */
async function farewell(client: Client): Promise<Partial<Refusal>> {
  const [error] = await once(client, 'error', { signal: AbortSignal.timeout(15_000) });
  return error;
}

const refusal = (work: Promise<unknown>): Promise<Refusal> =>
  work.then(
    () => {
      throw new Error('it was not refused');
    },
    (error: Refusal) => error,
  );

/** An idle session, and one with a statement that runs. */
async function idleAndBusy(keyshift: Keyshift, login: Login): Promise<readonly Promise<Partial<Refusal>>[]> {
  const [idle, busy] = [await logIn(keyshift, login, APP), await logIn(keyshift, login, APP)];
  const asleep = refusal(busy.query('select pg_sleep(60)'));
  const watcher = await logIn(keyshift, login, APP);
  const running = `select 1 from pg_stat_activity where query like '%pg_sleep(60)' and wait_event = 'PgSleep'`;
  await expect.poll(async () => (await watcher.query(running)).rows.length).toBeGreaterThan(0);
  await watcher.end();
  return [farewell(idle), asleep];
}

describe('a server of others', () => {
  let server: TcpServer;
  let keyshift: Keyshift;

  beforeAll(async () => {
    server = await TcpServer.start({ connectionsMax: 20 });
    await server.sql(CONTENT);
    keyshift = await startWithExternal(server.url(GATEWAY));
  });
  afterAll(async () => {
    await keyshift?.close();
    await server?.close();
  });

  const everyLogin = async (): Promise<Login[]> => [
    await temporary(keyshift, 'analyst'),
    await temporary(keyshift, 'analyst', { dbGroups: ['team'] }),
    ANALYST,
  ];

  test.runIf(process.platform === 'linux')(
    'that vanishes without a word is noticed, and so is a client: both are probed when idle',
    async () => {
      const logins = await everyLogin();
      const clients = await Promise.all(logins.map((login) => logIn(keyshift, login, APP)));
      for (const side of ['client', 'server'] as const) {
        const idle = () =>
          connectionsOf(keyshift.pid).filter(({ localPort, remotePort }) =>
            side === 'client' ? localPort === keyshift.ready.gatewayPort : remotePort === server.port,
          );
        await expect
          .poll(() => idle().map(({ probeIn }) => probeIn !== undefined && probeIn <= PROBE_SECONDS_MAX))
          .toSatisfy((probed: boolean[]) => probed.length >= clients.length && probed.every(Boolean), side);
      }
      // While a query runs, it is the backend that looks.
      for (const client of clients)
        expect((await client.query('show client_connection_check_interval')).rows).toEqual([
          { client_connection_check_interval: '5s' },
        ]);
      await Promise.all(clients.map((client) => client.end()));
    },
  );

  test('that restarts tells its sessions why they end, and takes new ones', async () => {
    const logins = await everyLogin();
    const ends = (await Promise.all(logins.map((login) => idleAndBusy(keyshift, login)))).flat();
    await server.stop();
    for (const end of await Promise.all(ends)) expect(end).toMatchObject(SHUTDOWN);
    for (const login of logins) {
      expect(await loginRefusal(keyshift, login, APP)).toMatchObject({
        severity: 'FATAL',
        code: '57P03',
        message: 'the database server of this cluster cannot be reached',
      });
    }
    await server.start();
    for (const login of logins) expect(await ask(keyshift, login, 'select 1 as n', APP)).toEqual([{ n: 1 }]);
  });

  test('that is full refuses with 53300, however the gateway gets to know', async () => {
    const logins = await everyLogin();
    // A role without a session role yet must be made, for which the gateway needs a connection itself.
    await server.sql('CREATE ROLE unseen LOGIN; GRANT unseen TO gateway WITH ADMIN TRUE, SET FALSE');
    const unseen = await temporary(keyshift, 'unseen');
    const held: Client[] = [];
    let last: Partial<Refusal> = {};
    for (let n = 0; n < 30 && last.code === undefined; n++) {
      await logIn(keyshift, ANALYST, APP).then(
        (client) => held.push(client),
        (error: Refusal) => {
          last = error;
        },
      );
    }
    expect(last).toMatchObject({ severity: 'FATAL', code: '53300' });
    // The gateway's own idle connections end, and are gone; then it has none either.
    await server.sql(
      `select pg_terminate_backend(pid, 30000) from pg_stat_activity where usename = 'gateway'`,
    );
    for (let n = 0; n < 5; n++)
      await logIn(keyshift, ANALYST, APP)
        .then((c) => held.push(c))
        .catch(() => {});
    for (const login of [...logins, unseen]) {
      expect(await loginRefusal(keyshift, login, APP)).toMatchObject({ severity: 'FATAL', code: '53300' });
    }
    await Promise.all(held.map((client) => client.end()));
    await expect
      .poll(() => ask(keyshift, unseen, 'select 1 as n', APP).catch(() => 'refused'))
      .toEqual([{ n: 1 }]);
  });

  test('whose process crashes tells the other sessions, and comes back', async () => {
    const login = await temporary(keyshift, 'analyst');
    const [victim, other] = [await logIn(keyshift, login, APP), await logIn(keyshift, login, APP)];
    const { rows } = await victim.query<{ pid: number }>('select pg_backend_pid() as pid');
    const ends = [farewell(victim), farewell(other)];
    // PostgreSQL says it as a warning, if it can before the process ends, and closes the connection.
    const warnings: string[] = [];
    other.on('notice', ({ severity, code }) => warnings.push(`${severity} ${code}`));
    process.kill(rows[0]?.pid ?? 0, 'SIGKILL');
    for (const end of await Promise.all(ends)) expect(end.message).toBe('Connection terminated unexpectedly');
    expect(['', 'WARNING 57P02']).toContain(warnings.join());
    await expect
      .poll(() => ask(keyshift, login, 'select 1 as n', APP).catch(() => 'refused'), { timeout: 20_000 })
      .toEqual([{ n: 1 }]);
  });
});

describe('sessions on a server of others', () => {
  let server: TcpServer;

  beforeAll(async () => {
    server = await TcpServer.start();
    await server.sql(CONTENT);
  });
  afterAll(() => server?.close());

  test.each<[string, (keyshift: Keyshift) => Promise<unknown>]>([
    ['its cluster is deleted', (keyshift) => must(keyshift.root, 'redshift', 'DeleteCluster', DELETED)],
    ['Keyshift stops', (keyshift) => keyshift.stop()],
  ])('are told when %s', async (_what, end) => {
    const keyshift = await startWithExternal(server.url(SUPERUSER));
    try {
      const logins = [ANALYST, await temporary(keyshift, 'analyst', { dbGroups: ['team'] })];
      const ends = await Promise.all(logins.map((login) => idleAndBusy(keyshift, login)));
      await end(keyshift);
      for (const [idle, busy] of ends) {
        expect(await idle).toMatchObject(SHUTDOWN);
        // Its statement is canceled first, if the server takes that before it ends the process.
        expect(['57014', '57P01']).toContain((await busy)?.code);
      }
    } finally {
      await keyshift.close();
    }
  });

  test.runIf(process.env['KEYSHIFT_LONG_WALKS'] !== undefined)(
    'begin no more on one that hangs, are told so within the deadline, and begin again when it goes on',
    async () => {
      const keyshift = await startWithExternal(server.url(SUPERUSER));
      try {
        const login = await temporary(keyshift, 'analyst');
        expect(await ask(keyshift, login, 'select 1 as n', APP)).toEqual([{ n: 1 }]);
        server.signal('SIGSTOP');
        const before = Date.now();
        const told = await Promise.all([login, ANALYST].map((one) => loginRefusal(keyshift, one, APP)));
        expect(Date.now() - before).toBeLessThan(25_000);
        for (const one of told) expect(one.severity).toBe('FATAL');
        expect(told[0]?.code).toBe('57P03');
        expect(['57014', '57P03']).toContain(told[1]?.code);
        server.signal('SIGCONT');
        await expect
          .poll(() => ask(keyshift, login, 'select 1 as n', APP).catch(() => 'refused'), { timeout: 20_000 })
          .toEqual([{ n: 1 }]);
      } finally {
        server.signal('SIGCONT');
        await keyshift.close();
      }
    },
    90_000,
  );
});

test('sessions of an embedded cluster are told when it is rebooted, paused or deleted', async () => {
  const keyshift = await Keyshift.start();
  try {
    const change = { ClusterIdentifier: 'examplecluster' };
    const isAvailable = async () =>
      (await must(keyshift.root, 'redshift', 'DescribeClusters', change)).texts('ClusterStatus')[0];
    for (const [operation, more] of [
      ['RebootCluster', {}],
      ['PauseCluster', {}],
      ['DeleteCluster', { SkipFinalClusterSnapshot: 'true' }],
    ] as const) {
      const client = await logIn(keyshift, await issue(keyshift));
      const end = farewell(client);
      await must(keyshift.root, 'redshift', operation, { ...change, ...more });
      expect(await end, operation).toMatchObject(SHUTDOWN);
      if (operation === 'PauseCluster') {
        await expect.poll(isAvailable).toBe('paused');
        await must(keyshift.root, 'redshift', 'ResumeCluster', change);
      }
      if (operation !== 'DeleteCluster')
        await expect.poll(isAvailable, { timeout: 20_000 }).toBe('available');
    }
  } finally {
    await keyshift.close();
  }
});
