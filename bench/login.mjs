// bench/login: what a login costs through the gateway, with a temporary password, beside PostgreSQL itself (TLS, SCRAM)
// and PgBouncer (session pooling, TLS) with SCRAM and with a clear-text password. Interleaved in one run.
// `npm run build && node bench/login.mjs [rounds] [seconds] [clients]`; needs pgbench.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cpuOf } from './cpu.mjs';
import { has, median, Rig, run, startKeyshift, startPgBouncer, startPostgres } from './rivals.mjs';

const [rounds = '5', seconds = '3', clients = '4'] = process.argv.slice(2);

if (!has('pgbench')) {
  console.error('bench/login needs pgbench');
  process.exit(1);
}
const rig = new Rig();
try {
  const keyshift = await startKeyshift(rig);
  const direct = await startPostgres(rig);
  const bouncers = [];
  for (const auth of ['scram-sha-256', 'plain']) bouncers.push(await startPgBouncer(rig, direct, auth));
  const targets = [keyshift, direct, ...bouncers.filter((bouncer) => bouncer !== undefined)];
  for (const target of targets) target.env = await target.login();
  const script = join(rig.directory, 'one.sql');
  writeFileSync(script, 'SELECT 1;\n');
  const results = new Map(targets.map((target) => [target.name, []]));
  for (const target of targets) await logins(target, script);
  for (let round = 0; round < Number(rounds); round++) {
    for (const target of targets) results.get(target.name).push(await logins(target, script));
  }
  const figure = (name, key) => median(results.get(name).map((result) => result[key]));
  console.log(
    `Node ${process.version}, ${clients} clients, ${rounds} rounds of ${seconds} s each, interleaved; medians`,
  );
  for (const { name } of targets) {
    const cpu = name === 'direct' ? '' : `   proxy CPU ${figure(name, 'cpu').toFixed(0).padStart(5)} us each`;
    const share = figure(name, 'rate') / figure('direct', 'rate');
    console.log(
      `${name.padEnd(24)} ${figure(name, 'rate').toFixed(0).padStart(5)} logins/s (${share.toFixed(2)} of direct)${cpu}`,
    );
  }
} finally {
  await rig.end();
}

async function logins(target, script) {
  const before = cpuOf(target.pid);
  const text = await run(target, 'pgbench', [
    ...['-n', '-C', '-f', script, '-c', clients, '-j', '2', '-T', seconds],
  ]);
  const count = Number(/transactions actually processed: (\d+)/.exec(text)[1]);
  return { rate: count / Number(seconds), cpu: ((cpuOf(target.pid) - before) * 1e6) / count };
}
