import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { LIMITS } from '../../src/core/limits.ts';
import { Turnstile } from '../../src/core/turnstile.ts';
import { must } from './support/api.ts';
import { APP, CLUSTER, startWithExternal, temporary } from './support/external.ts';
import type { Keyshift } from './support/keyshift.ts';
import { type Login, newClient } from './support/logins.ts';
import { seeded } from './support/seeded.ts';
import { SUPERUSER, TcpServer } from './support/tcp-server.ts';

/**
 * Many sessions, opened and closed at random for a while, beside others that always run something. Then the memory
 * of the gateway has not grown, and no role, socket or backend is left. KEYSHIFT_SOAK_SECONDS=600,
 * KEYSHIFT_SOAK_SESSIONS=2000 and KEYSHIFT_SOAK_BUSY=200 make the long run, which needs some gigabytes for PostgreSQL. Where
 * the machine cannot log in so many in the time that they stay, KEYSHIFT_SOAK_STAY_SECONDS=900 has all of them open at once.
 */

const SECONDS = Number(process.env['KEYSHIFT_SOAK_SECONDS'] ?? 5);
/** Open at a time, the busy ones included. */
const SESSIONS = Number(process.env['KEYSHIFT_SOAK_SESSIONS'] ?? 40);
const BUSY = Number(process.env['KEYSHIFT_SOAK_BUSY'] ?? 10);
/** Sessions that open at a time. */
const OPENING_MAX = 20;
/**
 * Milliseconds that a session stays, at the most; it is chosen evenly. Long runs have many, and each login has its price:
 * with a longer stay more are open at once, and fewer are opened.
 */
const STAY_MS_MAX =
  Number(process.env['KEYSHIFT_SOAK_STAY_SECONDS'] ?? Math.max(0.5, SESSIONS * 0.06)) * 1000;
/** Milliseconds that a statement of a busy session takes, at the most: some hundred statements a second in all. */
const STATEMENT_MS_MAX = Math.max(400, BUSY * 10);
/** Of the time; until then caches fill and the heap takes its size. */
const WARM_UP = 0.4;
/**
 * What the slope may make of the measured time: a tenth, or 24 MiB, which is the noise of a heap. A leak of one KiB for
 * each session would show in the long run, and one of a whole session's memory in the short one.
 */
const GROWTH_MAX = 0.1;
const NOISE_BYTES = 24 * 1024 * 1024;

const USERS = ['u1', 'u2', 'u3', 'u4', 'u5', 'u6', 'u7', 'u8'];
const GROUP_SETS = [[], ['g1'], ['g2'], ['g1', 'g2']];

let server: TcpServer;
let keyshift: Keyshift;
let logins: Login[];

beforeAll(async () => {
  server = await TcpServer.start({ connectionsMax: SESSIONS * 2 + 50 });
  await server.sql('CREATE ROLE g1; CREATE ROLE g2');
  keyshift = await startWithExternal(server.url(SUPERUSER));
  logins = [];
  for (const user of USERS) {
    for (const dbGroups of GROUP_SETS) {
      logins.push(await temporary(keyshift, user, { dbGroups, autoCreate: true, durationSeconds: 3600 }));
    }
  }
});
afterAll(async () => {
  await keyshift?.close();
  await server?.close();
});

const residentBytes = (): number => {
  const [, kib] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${keyshift.pid}/status`, 'utf8')) ?? [];
  return Number(kib) * 1024;
};
const descriptors = (): number => readdirSync(`/proc/${keyshift.pid}/fd`).length;

/** What the database server sees of the sessions. */
async function atServer(): Promise<{ readonly backends: number; readonly active: number }> {
  const [row] = await server.sql<{ backends: number; active: number }>(
    `SELECT count(*)::int AS backends, (count(*) FILTER (WHERE state = 'active'))::int AS active
     FROM pg_stat_activity WHERE backend_type = 'client backend' AND usename <> '${SUPERUSER.user}'`,
  );
  return row ?? { backends: -1, active: -1 };
}
const sessionRoles = async (): Promise<number> =>
  (await server.sql("SELECT FROM pg_roles WHERE rolname LIKE 'IAM:%'")).length;

// Memory and sockets are read from /proc.
test.runIf(process.platform === 'linux')(
  `${SESSIONS} sessions for ${SECONDS} seconds, ${BUSY} of them always busy, leave nothing behind`,
  { timeout: (SECONDS + 120) * 1000 + SESSIONS * 300 },
  async () => {
    const chance = seeded('soak');
    const before = descriptors();
    const counts = { opened: 0, late: 0, open: 0, statements: 0, busy: 0, failures: [] as string[] };
    const opening = new Turnstile(OPENING_MAX);

    /** On a machine that is too busy, a login can come past its deadline. Then whoever wanted in tries again. */
    const loggedIn = async (): Promise<Client> => {
      for (;;) {
        const client = newClient(keyshift, chance.oneOf(logins), APP);
        const began = performance.now();
        try {
          await client.connect();
          return client;
        } catch (error) {
          const ms = performance.now() - began;
          if (ms < LIMITS.tlsHandshakeMsMax) throw error;
          counts.late++;
        }
      }
    };
    const open = (): Promise<Client> =>
      opening.pass('', async () => {
        const client = await loggedIn();
        counts.opened++;
        counts.open++;
        return client;
      });
    const clients = await Promise.all(Array.from({ length: SESSIONS }, open));
    const until = performance.now() + SECONDS * 1000;
    const isOver = (): boolean => performance.now() >= until;

    const busy = async (client: Client): Promise<void> => {
      counts.busy++;
      try {
        while (!isOver()) {
          const seconds = (50 + chance.below(STATEMENT_MS_MAX)) / 1000;
          await client.query('SELECT pg_sleep($1), count(*) FROM pg_class', [seconds]);
          counts.statements++;
        }
      } finally {
        counts.busy--;
        counts.open--;
      }
      await client.end();
    };
    const passing = async (first: Client): Promise<void> => {
      for (let client = first; ; client = await open()) {
        await client.query('CREATE TEMPORARY TABLE mine AS SELECT 1 AS x; LISTEN something');
        await client.query({ name: 'kept', text: 'SELECT x FROM mine WHERE x = $1', values: [1] });
        counts.statements += 2;
        const stayUntil = Math.min(until, performance.now() + chance.below(STAY_MS_MAX));
        while (performance.now() < stayUntil) await sleep(Math.min(1_000, stayUntil - performance.now()));
        counts.open--;
        // Some go without a word, some while they wait for an answer.
        const way = chance.below(4);
        if (way === 0) client.connection.stream.destroy();
        else if (way === 1) {
          client.query('SELECT pg_sleep(30)').catch(() => {});
          await sleep(5);
          client.connection.stream.destroy();
        } else await client.end();
        if (isOver()) return;
      }
    };
    const noting = (work: () => Promise<void>): Promise<void> =>
      work().catch((error: Error) => void counts.failures.push(error.message));

    const samples: Sample[] = [];
    const sampling = (async () => {
      for (const began = performance.now(); !isOver(); await sleep(250)) {
        const seconds = (performance.now() - began) / 1000;
        samples.push({ seconds, bytes: residentBytes(), open: counts.open, busy: counts.busy });
      }
    })();
    const seen: Awaited<ReturnType<typeof atServer>>[] = [];
    const watching = (async () => {
      for (; !isOver(); await sleep(1_000)) seen.push(await atServer());
    })();
    await Promise.all([
      sampling,
      watching,
      ...clients.map((client, n) => noting(() => (n < BUSY ? busy(client) : passing(client)))),
    ]);

    const measured = samples.filter(({ seconds }) => seconds > SECONDS * WARM_UP);
    const slope = slopeOf(measured);
    const span = (measured.at(-1)?.seconds ?? 0) - (measured[0]?.seconds ?? 0);
    const mean = measured.reduce((sum, { bytes }) => sum + bytes, 0) / measured.length;
    const busyLeast = Math.min(...measured.map(({ busy }) => busy));
    const last = seen.slice(Math.floor(seen.length * WARM_UP));
    process.stdout.write(
      `soak: ${counts.opened} sessions opened (${counts.late} logins late), ${Math.max(...samples.map(({ open }) => open))} open at once ` +
        `(${Math.max(...seen.map(({ backends }) => backends))} backends), after warm-up always ${busyLeast} busy ` +
        `(${Math.min(...last.map(({ active }) => active))} statements running), ${counts.statements} statements\n` +
        `soak: memory ${mib(mean)} MiB, slope ${mib(slope * 60)} MiB a minute over ${span.toFixed(0)} s, ` +
        `over the second half ${mib(slopeOf(samples.slice(samples.length / 2)) * 60)}\n`,
    );
    expect(counts.failures).toEqual([]);
    expect(busyLeast).toBe(BUSY);
    expect(slope * span, 'growth of memory after warm-up').toBeLessThan(
      Math.max(mean * GROWTH_MAX, NOISE_BYTES),
    );

    const sessions = async (): Promise<string[]> =>
      (await must(keyshift.root, 'keyshift', 'ListSessions')).texts('member');
    const patient = { timeout: 40_000 + SESSIONS * 30, interval: 200 };
    await expect.poll(sessions, patient).toEqual([]);
    await expect.poll(async () => (await atServer()).backends, patient).toBe(0);
    // The administrator's few connections come and go.
    await expect.poll(descriptors, patient).toBeLessThanOrEqual(before + 6);
    // On an external server every kind of login has a role of its own.
    expect(await sessionRoles()).toBeLessThanOrEqual(logins.length);
    await must(keyshift.root, 'keyshift', 'Reconcile', { ClusterIdentifier: CLUSTER, Remove: 'true' });
    const left = { roles: await sessionRoles(), descriptors: descriptors() - before, ...(await atServer()) };
    process.stdout.write(
      `soak: left ${left.roles} session roles, ${left.backends} backends, 0 sessions, ` +
        `${left.descriptors} descriptors more than before\n`,
    );
    expect(left).toMatchObject({ roles: 0, backends: 0 });
  },
);

interface Sample {
  readonly seconds: number;
  readonly bytes: number;
  /** Sessions that are in, and those of them that always run something. */
  readonly open: number;
  readonly busy: number;
}

const mib = (bytes: number): string => (bytes / (1024 * 1024)).toFixed(2);

/** Bytes a second, by least squares. */
function slopeOf(samples: readonly Sample[]): number {
  const count = samples.length;
  const meanSeconds = samples.reduce((sum, { seconds }) => sum + seconds, 0) / count;
  const meanBytes = samples.reduce((sum, { bytes }) => sum + bytes, 0) / count;
  let both = 0;
  let squares = 0;
  for (const { seconds, bytes } of samples) {
    both += (seconds - meanSeconds) * (bytes - meanBytes);
    squares += (seconds - meanSeconds) ** 2;
  }
  return squares === 0 ? 0 : both / squares;
}
