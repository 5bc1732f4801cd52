import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { EmbeddedServer } from '../../src/postgres/embedded.ts';
import { type Provisioned, provision } from '../../src/postgres/provision.ts';
import { reapSessionRoles } from '../../src/postgres/reap-session-roles.ts';
import type { ServerAccess } from '../../src/postgres/server-access.ts';
import { startMasterServer } from './support/master-server.ts';

// Very many pairs of a user and a set of groups on one server. KEYSHIFT_SESSION_ROLES=10000 is the long run.

const PAIRS = Number(process.env['KEYSHIFT_SESSION_ROLES'] ?? 120);
/** From here on a slope shows above the noise of a busy machine. */
const LONG_RUN = 5_000;
const TIME_MS_MAX = 30_000 + PAIRS * 200;

const GROUPS = Array.from({ length: 20 }, (_, n) => `group_${n}`);
const SETS = GROUPS.flatMap((one, n) => GROUPS.slice(n + 1).map((other) => [one, other]));
const pairs = Array.from({ length: PAIRS }, (_, n) => ({
  dbUser: `user_${Math.floor(n / SETS.length)}`,
  groups: SETS[n % SETS.length] ?? [],
}));

/** Where PostgreSQL keeps what makes a session role. */
const CATALOGS = ['pg_authid', 'pg_auth_members', 'pg_shdescription', 'pg_db_role_setting', 'pg_shdepend'];

const folder = mkdtempSync(join(tmpdir(), 'keyshift-many-'));
let server: EmbeddedServer;
let access: ServerAccess;

beforeAll(async () => {
  ({ server, access } = await startMasterServer(join(folder, 'cluster'), 'many'));
  const users = [...new Set(pairs.map(({ dbUser }) => `CREATE ROLE ${dbUser} LOGIN`))];
  await query([...users, ...GROUPS.map((group) => `CREATE ROLE ${group}`)].join(';'));
});
afterAll(async () => {
  await access?.close();
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function query<Row extends object>(sql: string): Promise<Row[]> {
  return (await access.admin('dev').query<Row>(sql)).rows;
}

const sessionRoles = async (): Promise<number> =>
  (await query(`SELECT FROM pg_auth_members WHERE roleid = 'keyshift_session'::regrole`)).length;

/** Rows of each catalog, and bytes of its table. Its indexes give pages back a few rounds later. */
async function catalogs(): Promise<{ readonly rows: number[]; readonly bytes: number[] }> {
  const rows: number[] = [];
  const bytes: number[] = [];
  for (const name of CATALOGS) {
    const [found] = await query<{ rows: number; bytes: number }>(
      `SELECT count(*)::int AS rows, pg_relation_size('${name}')::int AS bytes FROM ${name}`,
    );
    rows.push(found?.rows ?? 0);
    bytes.push(found?.bytes ?? 0);
  }
  return { rows, bytes };
}

/** Provisions every pair, some at a time; gives what came out and the milliseconds of each tenth. */
async function provisionAll(): Promise<{ readonly made: Provisioned[]; readonly tenths: number[] }> {
  const made: Provisioned[] = [];
  const tenths: number[] = [];
  const size = Math.ceil(PAIRS / 10);
  for (let start = 0; start < PAIRS; start += size) {
    const begun = performance.now();
    for (let n = start; n < Math.min(start + size, PAIRS); n += 4) {
      const some = pairs.slice(n, Math.min(n + 4, start + size));
      const wanted = some.map(({ dbUser, groups }) => ({
        dbUser,
        groups,
        displayName: dbUser,
        autoCreate: false,
      }));
      made.push(...(await Promise.all(wanted.map((one) => provision(access, { ...one, database: 'dev' })))));
    }
    tenths.push(performance.now() - begun);
  }
  return { made, tenths };
}

const print = (what: string, tenths: readonly number[]): void => {
  const each = tenths.map((ms) => ((ms * 10) / PAIRS).toFixed(1));
  process.stdout.write(`${PAIRS} session roles, ${what}, ms each by tenth: ${each.join(' ')}\n`);
};

interface PlanNode {
  readonly 'Relation Name'?: string;
  readonly 'Index Cond'?: string;
  readonly Plans?: readonly PlanNode[];
}

/** The index condition of each scan of a catalog that grows with the number of roles. */
function catalogScans(node: PlanNode): string[] {
  const own = CATALOGS.includes(node['Relation Name'] ?? '')
    ? [`${node['Relation Name']}: ${indexCondition(node)}`]
    : [];
  return [...own, ...(node.Plans ?? []).flatMap(catalogScans)];
}

/** Of a bitmap scan it stands in the node below. */
const indexCondition = (node: PlanNode): string =>
  node['Index Cond'] ?? node.Plans?.map((part) => part['Index Cond']).join() ?? 'none';

test('what a login asks is planned for catalogs of any size, when a new server has few roles', async () => {
  const sql = readFileSync(new URL('../../src/postgres/sql/provision-facts.sql', import.meta.url), 'utf8');
  const [row] = await query<{ 'QUERY PLAN': [{ Plan: PlanNode }] }>(
    `EXPLAIN (GENERIC_PLAN, FORMAT JSON) ${sql}`,
  );
  const scans = row === undefined ? [] : catalogScans(row['QUERY PLAN'][0].Plan);
  expect(scans.length).toBeGreaterThan(10);
  expect(scans.filter((scan) => scan.endsWith(': none') || scan.endsWith(': '))).toEqual([]);
  const settings = scans.filter((scan) => scan.startsWith('pg_db_role_setting'));
  expect(settings.length).toBeGreaterThan(2);
  for (const scan of settings) expect(scan).toMatch(/setdatabase = .*setrole = /);
});

test('are made, found again and removed, each at the cost of the first', {
  timeout: TIME_MS_MAX,
}, async () => {
  const before = await catalogs();
  const first = await provisionAll();
  print('made', first.tenths);
  expect(new Set(first.made.map(({ loginRole }) => loginRole)).size).toBe(PAIRS);
  expect(await sessionRoles()).toBe(PAIRS);

  const { bytes: full } = await catalogs();
  const again = await provisionAll();
  print('found', again.tenths);
  expect(again.made.map(({ loginRoleId }) => loginRoleId)).toEqual(
    first.made.map(({ loginRoleId }) => loginRoleId),
  );
  if (PAIRS >= LONG_RUN) {
    for (const { tenths } of [first, again])
      expect(tenths.at(-1) ?? 0, tenths.join()).toBeLessThan(3 * Math.max(...tenths.slice(0, 3)));
  }

  const [used] = first.made;
  const client = new Client({
    host: server.socketDir,
    port: server.port,
    user: used?.loginRole ?? '',
    database: 'dev',
  });
  await client.connect();
  expect(await reapSessionRoles(access)).toEqual({ dropped: [], kept: [] });
  const begun = performance.now();
  const { dropped, kept } = await reapSessionRoles(access, { unusedSeconds: 0 });
  print('removed', [(performance.now() - begun) / 10]);
  expect([dropped.length, kept]).toEqual([PAIRS - 1, []]);
  expect(dropped).not.toContain(used?.loginRole);
  await client.end();
  await expect.poll(() => reapSessionRoles(access, { unusedSeconds: 0 }).then(sessionRoles)).toBe(0);

  // Not a row is left, and what autovacuum frees is enough for as many again.
  const sizes: (readonly number[])[] = [full];
  for (let round = 1; round <= 3; round++) {
    if (round > 1) {
      await provisionAll();
      await reapSessionRoles(access, { unusedSeconds: 0 });
    }
    for (const name of CATALOGS) await query(`VACUUM ${name}`);
    const { rows, bytes } = await catalogs();
    expect(rows).toEqual(before.rows);
    sizes.push(bytes);
  }
  process.stdout.write(`bytes of ${CATALOGS.join(', ')} by round: ${JSON.stringify(sizes)}\n`);
  for (const [n, name] of CATALOGS.entries())
    expect(sizes.at(-1)?.[n] ?? 0, name).toBeLessThanOrEqual(1.5 * (full[n] ?? 0));
});
