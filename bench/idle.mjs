// bench/idle: the memory that a session costs while its client says nothing, in the gateway's own process, beside PgBouncer.
// `npm run build && node bench/idle.mjs [sessions]`. The sessions' PostgreSQL processes are not counted.
import { readFileSync } from 'node:fs';
import pg from 'pg';
import { has, Rig, startKeyshift, startPgBouncer, startPostgres } from './rivals.mjs';

const [wanted = '150'] = process.argv.slice(2);
/** After which the memory of closed and opened connections has settled. */
const SETTLE_MS = 3_000;
const AT_ONCE = 10;

const rig = new Rig();
try {
  const keyshift = await startKeyshift(rig);
  const bouncer = has('pgbouncer') ? await startPgBouncer(rig, await startPostgres(rig)) : undefined;
  console.log(`Node ${process.version}, ${wanted} sessions, all over TLS; resident memory of the proxy`);
  for (const target of bouncer === undefined ? [keyshift] : [keyshift, bouncer]) {
    // The first sessions bring in code and pools that all later ones share.
    await end(await open(target, Number(wanted)));
    await settle();
    const before = residentKib(target.pid);
    const sessions = await open(target, Number(wanted));
    await settle();
    const each = (residentKib(target.pid) - before) / Number(wanted);
    await end(sessions);
    console.log(`  ${target.name.padEnd(24)} ${each.toFixed(1).padStart(6)} KiB a session`);
  }
} finally {
  await rig.end();
}

async function open(target, count) {
  const env = await target.login();
  const sessions = [];
  for (let opened = 0; opened < count; opened += AT_ONCE) {
    const some = Array.from({ length: Math.min(AT_ONCE, count - opened) }, () => {
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
