// bench/idle: the memory that a session costs while its client says nothing, in the gateway's own process, beside PgBouncer
// and the least that a process on Node's public API can do.
// `npm run build && node bench/idle.mjs [sessions]`. With more than 150 the backends are no PostgreSQL processes, which
// would take gigabytes, but one process that stands in for all; see idle-backends.mjs.
import { once } from 'node:events';
import { chmodSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { has, Rig, startBareGateway, startKeyshift, startPgBouncer, startPostgres } from './rivals.mjs';

const [wanted = '5000'] = process.argv.slice(2);
const count = Number(wanted);
/** What the servers have connections for. */
const REAL_BACKENDS_MAX = 150;
/** The first sessions bring in code and pools that all later ones share. */
const WARM_UP = Math.min(count, 100);
/** After which the memory of closed and opened connections has settled. */
const SETTLE_MS = 15_000;
const AT_ONCE = 10;

const rig = new Rig();
try {
  const keyshift = await startKeyshift(rig);
  const postgres = await startPostgres(rig);
  const bare = await startBareGateway(rig, postgres, true);
  const bouncer = has('pgbouncer') ? [await startPgBouncer(rig, postgres, 'plain', count)] : [];
  const targets = [keyshift, ...bouncer, bare];
  for (const target of targets) await end(await open(target, 1));
  if (count > REAL_BACKENDS_MAX) {
    const clusters = join(keyshift.data, 'clusters');
    for (const id of readdirSync(clusters)) await standIn(join(clusters, id, 'server', '.s.PGSQL.5432'));
    await standIn(join(postgres.home, `.s.PGSQL.${postgres.port}`));
  }
  const backends = count > REAL_BACKENDS_MAX ? 'one process stands in for the backends' : 'real backends';
  console.log(
    `Node ${process.version}, ${count} sessions, all over TLS, ${backends}; resident memory of the proxy`,
  );
  for (const target of targets) {
    await end(await open(target, WARM_UP));
    await settle();
    const before = residentKib(target.pid);
    const sessions = await open(target, count);
    await settle();
    const each = (residentKib(target.pid) - before) / count;
    await end(sessions);
    console.log(`  ${target.name.padEnd(24)} ${each.toFixed(1).padStart(6)} KiB a session`);
  }
} finally {
  await rig.end();
}

async function standIn(path) {
  const script = new URL('idle-backends.mjs', import.meta.url).pathname;
  const child = rig.start(process.execPath, [script, path], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  chmodSync(path, 0o777);
}

async function open(target, number) {
  const env = await target.login();
  const sessions = [];
  for (let opened = 0; opened < number; opened += AT_ONCE) {
    const some = Array.from({ length: Math.min(AT_ONCE, number - opened) }, () => {
      const client = new pg.Client({
        ...{ host: env.PGHOST, port: Number(env.PGPORT), user: env.PGUSER, password: env.PGPASSWORD },
        ...{ database: env.PGDATABASE, ssl: { rejectUnauthorized: false } },
      });
      client.on('error', () => {});
      return client;
    });
    await Promise.all(some.map((client) => client.connect()));
    await Promise.all(some.map((client) => client.query('SELECT 1')));
    sessions.push(...some);
  }
  return sessions;
}

async function end(sessions) {
  await Promise.all(sessions.map((client) => client.end()));
}

function settle() {
  return new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
}

function residentKib(pid) {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]);
}
