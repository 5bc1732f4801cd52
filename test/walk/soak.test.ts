import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { must } from './support/api.ts';
import { APP, CLUSTER, startWithExternal, temporary } from './support/external.ts';
import type { Keyshift } from './support/keyshift.ts';
import { type Login, newClient } from './support/logins.ts';
import { seeded } from './support/seeded.ts';
import { SUPERUSER, TcpServer } from './support/tcp-server.ts';

/**
 * Sessions that are opened and closed at random for a while, beside others that always run something. Then the memory
 * of the gateway has not grown, and no role, socket or backend is left. KEYSHIFT_SOAK_SECONDS=600,
 * KEYSHIFT_SOAK_SESSIONS=2000 and KEYSHIFT_SOAK_BUSY=200 make the long run, which needs some gigabytes for PostgreSQL.
 */

const SECONDS = Number(process.env['KEYSHIFT_SOAK_SECONDS'] ?? 5);
/** Open at a time, the busy ones included. */
const SESSIONS = Number(process.env['KEYSHIFT_SOAK_SESSIONS'] ?? 40);
const BUSY = Number(process.env['KEYSHIFT_SOAK_BUSY'] ?? 10);
/** Sessions that open at a time, when all begin. */
const OPENING_MAX = 20;
/** Milliseconds that a session stays, at the most. Long runs have many, and each login has its price. */
const STAY_MS_MAX = Math.max(500, SESSIONS * 60);
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

async function backendsOfSessions(): Promise<number> {
  const rows = await server.sql(
    `SELECT FROM pg_stat_activity WHERE backend_type = 'client backend' AND usename <> '${SUPERUSER.user}'`,
  );
  return rows.length;
}

// Memory and sockets are read from /proc.
test.runIf(process.platform === 'linux')(
  `${SESSIONS} sessions for ${SECONDS} seconds, ${BUSY} of them always busy, leave nothing behind`,
  { timeout: (SECONDS + 120) * 1000 + SESSIONS * 100 },
  async () => {
    const chance = seeded('soak');
    const before = descriptors();
    const until = performance.now() + SECONDS * 1000;
    const isOver = (): boolean => performance.now() >= until;
    const counts = { opened: 0, statements: 0, failures: [] as string[] };
    let opening = 0;

    const open = async (): Promise<Client> => {
      while (opening >= OPENING_MAX) await sleep(5 + chance.below(20));
      opening++;
      try {
        const client = newClient(keyshift, chance.oneOf(logins), APP);
        await client.connect();
        counts.opened++;
        return client;
      } finally {
        opening--;
      }
    };
    const busy = async (): Promise<void> => {
      const client = await open();
      while (!isOver()) {
        await client.query('SELECT pg_sleep($1), count(*) FROM pg_class', [0.05 + chance.below(400) / 1000]);
        counts.statements++;
      }
      await client.end();
    };
    const passing = async (): Promise<void> => {
      while (!isOver()) {
        const client = await open();
        await client.query('CREATE TEMPORARY TABLE mine AS SELECT 1 AS x; LISTEN something');
        await client.query({ name: 'kept', text: 'SELECT x FROM mine WHERE x = $1', values: [1] });
        counts.statements += 2;
        const stayUntil = Math.min(until, performance.now() + chance.below(STAY_MS_MAX));
        while (performance.now() < stayUntil) await sleep(Math.min(1_000, stayUntil - performance.now()));
        // Some go without a word, some while they wait for an answer.
        const way = chance.below(4);
        if (way === 0) client.connection.stream.destroy();
        else if (way === 1) {
          client.query('SELECT pg_sleep(30)').catch(() => {});
          await sleep(5);
          client.connection.stream.destroy();
        } else await client.end();
      }
    };
    const noting = (work: () => Promise<void>): Promise<void> =>
      work().catch((error: Error) => void counts.failures.push(error.message));

    const samples: Sample[] = [];
    const sampling = (async () => {
      for (const began = performance.now(); !isOver(); await sleep(250)) {
        samples.push({ seconds: (performance.now() - began) / 1000, bytes: residentBytes() });
      }
    })();
    await Promise.all([
      sampling,
      ...Array.from({ length: BUSY }, () => noting(busy)),
      ...Array.from({ length: SESSIONS - BUSY }, () => noting(passing)),
    ]);

    expect(counts.failures).toEqual([]);
    const measured = samples.filter(({ seconds }) => seconds > SECONDS * WARM_UP);
    const slope = slopeOf(measured);
    const span = (measured.at(-1)?.seconds ?? 0) - (measured[0]?.seconds ?? 0);
    const mean = measured.reduce((sum, { bytes }) => sum + bytes, 0) / measured.length;
    process.stdout.write(
      `soak: ${counts.opened} sessions, ${counts.statements} statements, memory ${mib(mean)} MiB, ` +
        `slope ${mib(slope * 60)} MiB a minute over ${span.toFixed(0)} s\n`,
    );
    expect(slope * span, 'growth of memory after warm-up').toBeLessThan(
      Math.max(mean * GROWTH_MAX, NOISE_BYTES),
    );

    const sessions = async (): Promise<string[]> =>
      (await must(keyshift.root, 'keyshift', 'ListSessions')).texts('member');
    const patient = { timeout: 40_000, interval: 200 };
    await expect.poll(sessions, patient).toEqual([]);
    await expect.poll(backendsOfSessions, patient).toBe(0);
    // The administrator's few connections come and go.
    await expect.poll(descriptors, patient).toBeLessThanOrEqual(before + 6);
    const roles = async (): Promise<number> =>
      (await server.sql("SELECT FROM pg_roles WHERE rolname LIKE 'IAM:%'")).length;
    // On an external server every kind of login has a role of its own.
    expect(await roles()).toBeLessThanOrEqual(logins.length);
    await must(keyshift.root, 'keyshift', 'Reconcile', { ClusterIdentifier: CLUSTER, Remove: 'true' });
    expect(await roles()).toBe(0);
  },
);

interface Sample {
  readonly seconds: number;
  readonly bytes: number;
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
