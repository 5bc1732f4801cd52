import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Keyshift } from './support/keyshift.ts';
import { issue, type Login } from './support/logins.ts';
import { skip } from './support/programs.ts';
import { run } from './support/run.ts';
import { clusterServers, sqlIn } from './support/servers.ts';

// pgbench leaves the same data behind whether it works through the gateway or on the server itself: what it loads with
// COPY, and what its transactions make of it in every protocol mode, with the same seed.

const TESTER = 'bench_tester';
const DIRECT = 'bench_direct';
const GATEWAY = 'bench_gateway';
const MODES = ['simple', 'extended', 'prepared'] as const;

let keyshift: Keyshift;
let server = '';

beforeAll(async () => {
  keyshift = await Keyshift.start();
  [server = ''] = clusterServers(keyshift.dataDir);
  await sqlIn(server, 'postgres', `CREATE ROLE ${TESTER} LOGIN; CREATE ROLE bench_group`);
});
afterAll(() => keyshift?.close());

/** Everything that pgbench has made, but for the time of each transaction. */
async function contentOf(database: string): Promise<unknown> {
  const tables = ['pgbench_accounts', 'pgbench_branches', 'pgbench_tellers'];
  const digests = tables.map(
    (table) => `(SELECT md5(string_agg(t::text, '|' ORDER BY t::text)) FROM ${table} t) AS ${table}`,
  );
  const history = `(SELECT md5(string_agg(h, '|' ORDER BY h)) FROM (
    SELECT concat_ws(',', tid, bid, aid, delta) AS h FROM pgbench_history) x) AS pgbench_history`;
  const made = `(SELECT string_agg(concat_ws(' ', relname, relkind, pg_get_userbyid(relowner)), ',' ORDER BY relname)
    FROM pg_class WHERE relname LIKE 'pgbench%') AS made`;
  const counts = `(SELECT count(*)::int FROM pgbench_accounts) AS accounts,
    (SELECT count(*)::int FROM pgbench_history) AS transactions`;
  const [row] = await sqlIn(server, database, `SELECT ${[...digests, history, made, counts].join(', ')}`);
  return row;
}

async function bench(conninfo: string, password: string): Promise<void> {
  const steps = [
    ['-i', '-s', '1', '-q'],
    ...MODES.map((mode, n) => ['-n', '-c', '2', '-t', '50', '-M', mode, `--random-seed=${n + 1}`]),
  ];
  for (const step of steps) {
    const { code, stderr } = await run('pgbench', [...step, conninfo], { PGPASSWORD: password });
    expect(stderr).not.toMatch(/error|aborted/i);
    expect(code).toBe(0);
  }
}

const hasPgbench = spawnSync('pgbench', ['--version'], { stdio: 'ignore' }).status === 0;

test.skipIf(hasPgbench)('pgbench is here', (context) =>
  skip(context, 'pgbench does not run on this machine'),
);

test.skipIf(!hasPgbench).each([
  ['without groups', []],
  ['with a group', ['bench_group']],
] as const)('a session %s loads and changes the same data', async (_title, dbGroups) => {
  for (const database of [DIRECT, GATEWAY]) {
    await sqlIn(server, 'postgres', `DROP DATABASE IF EXISTS ${database} WITH (FORCE)`);
    await sqlIn(server, 'postgres', `CREATE DATABASE ${database} OWNER ${TESTER}`);
  }
  await bench(`host=${server} port=5432 dbname=${DIRECT} user=${TESTER}`, '');
  const login: Login = await issue(keyshift, { dbUser: TESTER, dbGroups });
  const { gatewayHost, gatewayPort, caFile } = keyshift.ready;
  const place = `host=${gatewayHost} port=${gatewayPort} sslmode=verify-full sslrootcert=${caFile}`;
  await bench(`${place} dbname=${GATEWAY} user=${login.user}`, login.password);
  const content = await contentOf(GATEWAY);
  expect(content).toEqual(await contentOf(DIRECT));
  expect(content).toMatchObject({ accounts: 100_000, transactions: 2 * 50 * MODES.length });
});
