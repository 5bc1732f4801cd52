import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { EmbeddedServer } from '../../src/postgres/embedded.ts';
import { HeldFacts } from '../../src/postgres/held-facts.ts';
import { provision } from '../../src/postgres/provision.ts';
import { type FactsQuestion, type ProvisionFacts, readFacts } from '../../src/postgres/provision-facts.ts';
import type { ServerAccess } from '../../src/postgres/server-access.ts';
import { sessionRoleName } from '../../src/postgres/session-role-name.ts';
import { startMasterServer } from './support/master-server.ts';

/** What is held of a login is what the server would say now, whatever was changed in between, by whom, and how. */

const folder = mkdtempSync(join(tmpdir(), 'keyshift-held-'));
let server: EmbeddedServer;
let access: ServerAccess;

beforeAll(async () => {
  ({ server, access } = await startMasterServer(join(folder, 'cluster'), 'held'));
  await admin('CREATE ROLE readers', 'CREATE ROLE writers', 'CREATE TABLE public.log (x int)');
  for (const groups of [[], ['readers']]) {
    await provision(access, {
      ...{ dbUser: 'ann', displayName: 'IAM:ann', groups, autoCreate: true, database: 'dev' },
    });
  }
});

afterAll(async () => {
  await access?.close();
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function admin(...statements: string[]): Promise<void> {
  for (const statement of statements) await access.admin('postgres').query(statement);
}

/** A connection that no pool shares. */
async function ownClient(): Promise<Client> {
  const { socketDir: host, port } = server;
  const client = new Client({ host, port, user: 'keyshift_admin', database: 'postgres' });
  await client.connect();
  return client;
}

const question = (groups: readonly string[]): FactsQuestion => ({
  ...{ dbUser: 'ann', groups, database: 'dev', sessionRole: sessionRoleName('ann', groups) },
  ...{ ignoredBackends: [], way: 'peer' },
});

const asked = (groups: readonly string[]): Promise<ProvisionFacts> =>
  readFacts(access.admin('postgres'), question(groups));

/** All but when it was asked. */
const content = ({ at, snapshot, ...facts }: ProvisionFacts): unknown => facts;

const newlyHeld = (): HeldFacts => new HeldFacts(() => access.admin('postgres'));

/** Reads until the very same answer comes twice; nothing is held while the server vacuums, so it may take a while. */
async function held(facts: HeldFacts, groups: readonly string[], msMax = 20_000): Promise<ProvisionFacts> {
  const deadline = Date.now() + msMax;
  let last = await facts.read(question(groups));
  for (let reads = 0; reads < 40 || Date.now() < deadline; reads++) {
    const next = await facts.read(question(groups));
    if (next === last) return next;
    last = next;
  }
  throw new Error('nothing is held');
}

const CHANGES: readonly (readonly [change: string, back: string])[] = [
  ['ALTER ROLE ann NOLOGIN', 'ALTER ROLE ann LOGIN'],
  ['ALTER ROLE ann CONNECTION LIMIT 3', 'ALTER ROLE ann CONNECTION LIMIT -1'],
  [`ALTER ROLE ann SET work_mem = '5MB'`, 'ALTER ROLE ann RESET work_mem'],
  ['ALTER ROLE readers LOGIN', 'ALTER ROLE readers NOLOGIN'],
  ['GRANT readers TO ann', 'REVOKE readers FROM ann'],
  ['GRANT writers TO readers', 'REVOKE writers FROM readers'],
  ['ALTER ROLE ann RENAME TO anna', 'ALTER ROLE anna RENAME TO ann'],
  ['REVOKE CONNECT ON DATABASE dev FROM PUBLIC', 'GRANT CONNECT ON DATABASE dev TO PUBLIC'],
  [`ALTER DATABASE dev SET search_path = 'other'`, 'ALTER DATABASE dev RESET search_path'],
  ['ALTER DATABASE dev CONNECTION LIMIT 9', 'ALTER DATABASE dev CONNECTION LIMIT -1'],
  ['INSERT INTO public.log VALUES (1)', 'DELETE FROM public.log'],
];
const GROUPS: readonly (readonly string[])[] = [[], ['readers']];

describe('The facts of a login', () => {
  test.each(GROUPS.map((groups) => ({ groups })))(
    'are held while nothing changes, with the groups $groups',
    async ({ groups }) => {
      const facts = await held(newlyHeld(), groups);
      expect(content(facts)).toEqual(content(await asked(groups)));
    },
  );

  test('are those after a change, also one that waits to be committed or is taken back', async () => {
    const facts = newlyHeld();
    const steps = fc.record({
      change: fc.constantFrom(...CHANGES),
      end: fc.constantFrom('COMMIT', 'ROLLBACK'),
      groups: fc.constantFrom(...GROUPS),
    });
    const client = await ownClient();
    const agree = async (groups: readonly string[]): Promise<void> => {
      for (let reads = 0; reads < 3; reads++) {
        expect(content(await facts.read(question(groups)))).toEqual(content(await asked(groups)));
      }
    };
    try {
      await fc.assert(
        fc.asyncProperty(fc.array(steps, { maxLength: 4 }), async (all) => {
          for (const { change, end, groups } of all) {
            await agree(groups);
            for (const statement of change) {
              await client.query(`BEGIN; ${statement}`);
              await agree(groups);
              await client.query(end);
              await agree(groups);
              if (end === 'ROLLBACK') break;
            }
          }
        }),
        { numRuns: 12 },
      );
    } finally {
      await client.end();
    }
  });

  test('are not held while a transaction is at work that began before', async () => {
    const client = await ownClient();
    await client.query('BEGIN; INSERT INTO public.log VALUES (1)');
    await expect(held(newlyHeld(), [], 0)).rejects.toThrow('nothing is held');
    await client.query('COMMIT');
    await held(newlyHeld(), []);
    await client.end();
  });

  test('are not held where a connection limit makes them count sessions', async () => {
    await admin('ALTER ROLE ann CONNECTION LIMIT 2');
    await expect(held(newlyHeld(), [], 0)).rejects.toThrow('nothing is held');
    await admin('ALTER ROLE ann CONNECTION LIMIT -1');
  });

  test('are asked anew once the configuration was read again', async () => {
    const facts = newlyHeld();
    const before = await held(facts, []);
    await admin('SELECT pg_reload_conf()');
    const deadline = AbortSignal.timeout(30_000);
    let after = await facts.read(question([]));
    while (after.configLoadedAt === before.configLoadedAt && !deadline.aborted) {
      after = await facts.read(question([]));
    }
    expect(after.configLoadedAt).toBeGreaterThan(before.configLoadedAt);
  });

  test('are asked anew after a crash, which takes back what was not on disk yet', async () => {
    // The tests before changed the user, which the others need as it is now.
    await admin('CHECKPOINT');
    const facts = newlyHeld();
    const before = await held(facts, []);
    const [victim, witness] = [await ownClient(), await ownClient()];
    for (const client of [victim, witness]) client.on('error', () => {});
    const { rows } = await victim.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    const crashed = new Promise((resolve) => witness.once('end', resolve));
    process.kill(rows[0]?.pid ?? 0, 'SIGKILL');
    // The server ends all its backends, and only then takes new ones.
    await crashed;
    const opens = async (): Promise<void> => (await ownClient()).end();
    await expect.poll(() => opens().then(() => 'in', String), { timeout: 30_000 }).toBe('in');
    const after = async (): Promise<ProvisionFacts | undefined> =>
      facts.read(question([])).catch(() => undefined);
    await expect.poll(after, { timeout: 30_000 }).toBeDefined();
    expect(await after()).not.toBe(before);
    expect(content(await held(facts, []))).toEqual(content(await asked([])));
  });

  test('that many ask for at a time are the same for all', async () => {
    const facts = newlyHeld();
    const different = async (): Promise<number> => {
      const first = await held(facts, []);
      const many = await Promise.all(Array.from({ length: 50 }, () => facts.read(question([]))));
      return new Set([first, ...many]).size;
    };
    await expect.poll(different).toBe(1);
  });

  test('cannot be told by a server that is gone, and are told again by one that is back', async () => {
    const facts = newlyHeld();
    await held(facts, []);
    let isGone = true;
    const away = new HeldFacts(() => {
      const pool = access.admin('postgres');
      return isGone ? access.admin('no such database') : pool;
    });
    await expect(away.read(question([]))).rejects.toThrow('does not exist');
    isGone = false;
    await held(away, []);
    isGone = true;
    await expect(Promise.all([away.read(question([])), away.read(question([]))])).rejects.toThrow(
      'does not exist',
    );
    isGone = false;
    expect(content(await away.read(question([])))).toEqual(content(await asked([])));
  });
});
