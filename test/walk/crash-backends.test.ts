import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'pg';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { must } from './support/api.ts';
import { APP, CLUSTER, temporary } from './support/external.ts';
import { Keyshift } from './support/keyshift.ts';
import { type Login, logIn, newClient } from './support/logins.ts';
import { seeded } from './support/seeded.ts';
import { clusterServers, loginFor, sqlIn } from './support/servers.ts';
import { TwoGateways } from './support/two-gateways.ts';

// One process is killed at random moments, and the others live: a backend under its postmaster, and a gateway beside
// another one. KEYSHIFT_CRASH_ROUNDS=300 makes the long run. Nothing stays behind: no session, backend, role or right.

const GIVEN = process.env['KEYSHIFT_CRASH_ROUNDS'];
const ROUNDS = Number(GIVEN ?? 2);
/** A start takes some seconds. */
const GATEWAY_ROUNDS = Number(GIVEN ?? 1);
const GROUPS = ['g_one', 'g_two'];
const PATIENT = { timeout: 60_000, interval: 100 };

/** Sessions that were in, in the test that runs. */
let opened = 0;

let keyshift: Keyshift;
let server: string;
beforeAll(async () => {
  // What the server says is done stays done: without, a killed backend takes back what was done a moment before.
  keyshift = await Keyshift.start({ environment: { KEYSHIFT_UNSAFE_NO_FSYNC: '' } });
  [server = ''] = clusterServers(keyshift.dataDir);
  await sqlIn(
    server,
    'exampledb',
    GROUPS.map((group) => `CREATE ROLE ${group} ADMIN keyshift_superuser`).join(';'),
  );
});
afterAll(() => keyshift?.close());
beforeEach(() => {
  opened = 0;
});

/** Opens, works in and leaves sessions until it is told to stop; what is killed meanwhile is no failure. */
async function work(open: () => Promise<Client>, isOver: () => boolean): Promise<void> {
  while (!isOver()) {
    try {
      const client = await open();
      opened++;
      await client.query('CREATE TEMPORARY TABLE mine AS SELECT 1 AS x');
      await client.query('BEGIN; SELECT pg_sleep(0.02); COMMIT');
      await client.end();
    } catch {
      await sleep(10);
    }
  }
}

const sessionsOf = async (node: Keyshift): Promise<string[]> =>
  (await must(node.root, 'keyshift', 'ListSessions')).texts('member');

test(`a backend that is killed, ${ROUNDS} times, takes its server's sessions with it and nothing else`, {
  timeout: 120_000 + 60_000 * ROUNDS,
}, async () => {
  const chance = seeded('killed backends');
  const logins: Login[] = [];
  for (const groups of [[], ['g_one'], GROUPS]) logins.push(await loginFor(keyshift, { groups }));
  for (let round = 0; round < ROUNDS; round++) {
    let isOver = false;
    const working = Array.from({ length: 4 }, () =>
      work(
        () => logIn(keyshift, chance.oneOf(logins)),
        () => isOver,
      ),
    );
    await sleep(chance.below(400));
    let killed = 0;
    while (killed === 0) {
      const rows = await sqlIn<{ pid: number }>(
        server,
        'exampledb',
        "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND usename <> 'keyshift_admin'",
      );
      const pids = rows.map(({ pid }) => pid);
      if (pids.length === 0) await sleep(5);
      else {
        try {
          process.kill(chance.oneOf(pids), 'SIGKILL');
          killed++;
        } catch {
          // It has ended meanwhile: the next one.
        }
      }
    }
    await sleep(chance.below(200));
    isOver = true;
    await Promise.all(working);
    // PostgreSQL begins anew under the same postmaster, and the gateway goes on.
    const opens = async (): Promise<boolean> => {
      const client = newClient(keyshift, chance.oneOf(logins));
      const isIn = await client.connect().then(
        () => true,
        () => false,
      );
      await client.end().catch(() => {});
      return isIn;
    };
    await expect.poll(opens, PATIENT).toBe(true);
    await expect.poll(() => sessionsOf(keyshift), PATIENT).toEqual([]);
    await expect.poll(() => backendsAt((sql) => sqlIn(server, 'exampledb', sql)), PATIENT).toBe(0);
  }
  await must(keyshift.root, 'keyshift', 'Reconcile', { ClusterIdentifier: 'examplecluster', Remove: 'true' });
  expect(await strays((sql) => sqlIn(server, 'exampledb', sql))).toEqual([]);
  process.stdout.write(`killed backends: ${ROUNDS}, sessions opened: ${opened}, strays: 0\n`);
  expect((await fetch(`${keyshift.ready.httpUrl}/health`)).status).toBe(200);
});

test(`a gateway that is killed beside another, ${GATEWAY_ROUNDS} times, leaves nothing on the server`, {
  timeout: 120_000 + 60_000 * GATEWAY_ROUNDS,
}, async () => {
  const chance = seeded('killed gateways');
  const gateways = await TwoGateways.start();
  try {
    const { server: shared, first } = gateways;
    await shared.sql('CREATE ROLE temp_creds_user LOGIN; CREATE ROLE g_one; CREATE ROLE g_two');
    const logins: Login[] = [];
    for (const dbGroups of [[], ['g_one'], GROUPS])
      logins.push(await temporary(first, 'temp_creds_user', { dbGroups }));
    for (let round = 0; round < GATEWAY_ROUNDS; round++) {
      let isOver = false;
      const working = Array.from({ length: 4 }, () =>
        work(
          () => logIn(gateways.second, chance.oneOf(logins), APP),
          () => isOver,
        ),
      );
      const stays = await logIn(first, chance.oneOf(logins), APP);
      await sleep(chance.below(400));
      await gateways.second.kill();
      isOver = true;
      await Promise.all(working);
      expect((await stays.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
      await stays.end();
      await expect.poll(() => sessionsOf(first), PATIENT).toEqual([]);
      await expect.poll(() => backendsAt((sql) => shared.sql(sql)), PATIENT).toBe(0);
      await gateways.secondAgain();
      await (await logIn(gateways.second, chance.oneOf(logins), APP)).end();
    }
    await expect.poll(() => backendsAt((sql) => shared.sql(sql)), PATIENT).toBe(0);
    await must(first.root, 'keyshift', 'Reconcile', { ClusterIdentifier: CLUSTER, Remove: 'true' });
    expect(await strays((sql) => shared.sql(sql))).toEqual([]);
    process.stdout.write(`killed gateways: ${GATEWAY_ROUNDS}, sessions opened: ${opened}, strays: 0\n`);
  } finally {
    await gateways.close();
  }
});

type Sql = (statement: string) => Promise<object[]>;

/** Backends of sessions, kept ones for the next session included. */
async function backendsAt(sql: Sql): Promise<number> {
  const rows = await sql(
    `SELECT FROM pg_stat_activity WHERE usename LIKE 'IAM:%' OR usename = 'temp_creds_user'`,
  );
  return rows.length;
}

/** Session roles, groups that the user has become a member of, and what anybody was granted beside. */
function strays(sql: Sql): Promise<object[]> {
  return sql(
    `SELECT rolname::text AS what FROM pg_roles WHERE rolname LIKE 'IAM:%'
     UNION ALL SELECT format('%s in %s', m.member::regrole, m.roleid::regrole) FROM pg_auth_members m
       WHERE m.member = 'temp_creds_user'::regrole
     UNION ALL SELECT format('%s on %s', d.refobjid::regrole, d.classid::regclass) FROM pg_shdepend d
       JOIN pg_roles r ON r.oid = d.refobjid WHERE r.rolname LIKE 'IAM:%'`,
  );
}
