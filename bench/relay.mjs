// bench/relay: what a transaction and a megabyte of COPY cost through the gateway, beside PostgreSQL itself (TLS, SCRAM)
// PgBouncer (session pooling, TLS), and the least that a process on Node's public API can do. Interleaved in one run; the
// deciding figure is the CPU of the proxy.
// `npm run build && node bench/relay.mjs [rounds] [seconds] [only loads that match]`; needs pgbench and psql.
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { cpuOf } from './cpu.mjs';
import {
  has,
  median,
  Rig,
  run,
  startBareGateway,
  startKeyshift,
  startPgBouncer,
  startPostgres,
} from './rivals.mjs';

const [rounds = '4', seconds = '4', only = ''] = process.argv.slice(2);
const SCALE = 1;
const LOADS = ['simple', 'prepared'].flatMap((protocol) =>
  [1, 8, 32].map((clients) => ({ protocol, clients, name: `pgbench -S ${protocol}, ${clients} clients` })),
);
const COPY_ROWS = 600_000;
const COPY_OUT = `COPY (SELECT repeat('x', 100) FROM generate_series(1, ${COPY_ROWS})) TO STDOUT`;
const COPY_MB = (COPY_ROWS * 101) / 1e6;

if (!has('pgbench') || !has('psql')) {
  console.error('bench/relay needs pgbench and psql');
  process.exit(1);
}
const rig = new Rig();
try {
  const keyshift = await startKeyshift(rig);
  const direct = await startPostgres(rig);
  const pgbouncer = await startPgBouncer(rig, direct);
  const bare = await startBareGateway(rig, direct, true);
  const targets = [keyshift, direct, ...(pgbouncer === undefined ? [] : [pgbouncer]), bare];
  for (const target of targets) target.env = await target.login();
  for (const target of [keyshift, direct]) await run(target, 'pgbench', ['-i', '-q', '-s', String(SCALE)]);
  console.log(`Node ${process.version}, ${rounds} rounds of ${seconds} s each, interleaved; medians`);
  for (const load of LOADS) await compare(load.name, targets, (target) => transactions(target, load));
  await compare('COPY TO STDOUT', targets, copyOut);
  await compare('COPY FROM STDIN', targets, copyIn);
} finally {
  await rig.end();
}

async function compare(name, targets, measure) {
  if (!new RegExp(only).test(name)) return;
  const results = new Map(targets.map((target) => [target.name, []]));
  for (const target of targets) await measure(target);
  for (let round = 0; round < Number(rounds); round++) {
    for (const target of targets) results.get(target.name).push(await measure(target));
  }
  const figure = (target, key) => median(results.get(target).map((result) => result[key]));
  console.log(name);
  for (const { name: target } of targets) {
    const cpu =
      target === 'direct' ? '' : `   proxy CPU ${figure(target, 'cpu').toFixed(1).padStart(7)} us each`;
    const p99 =
      results.get(target)[0].p99 === undefined
        ? ''
        : `   p99 ${figure(target, 'p99').toFixed(2).padStart(6)} ms`;
    console.log(
      `  ${target.padEnd(12)} ${figure(target, 'rate').toFixed(0).padStart(7)} per second ` +
        `(${(figure(target, 'rate') / figure('direct', 'rate')).toFixed(2)} of direct)${p99}${cpu}`,
    );
  }
  for (const target of ['keyshift', 'bare Node.js']) {
    if (!results.has('pgbouncer')) continue;
    const ratio = figure(target, 'cpu') / figure('pgbouncer', 'cpu');
    console.log(`  CPU ${target} / pgbouncer: ${ratio.toFixed(2)}`);
  }
}

async function transactions(target, { protocol, clients }) {
  const before = cpuOf(target.pid);
  const log = `${rig.directory}/${target.name.replaceAll(' ', '-')}`;
  const text = await run(target, 'pgbench', [
    ...['-n', '-S', '-M', protocol, '-c', String(clients), '-j', '2', '-T', seconds],
    ...['-l', `--log-prefix=${log}`],
  ]);
  const count = Number(/transactions actually processed: (\d+)/.exec(text)[1]);
  const rate = Number(/tps = ([\d.]+) \(without/.exec(text)?.[1] ?? /tps = ([\d.]+)/.exec(text)[1]);
  return { rate, cpu: ((cpuOf(target.pid) - before) * 1e6) / count, p99: p99Of(log) };
}

function p99Of(prefix) {
  const files = readdirSync(rig.directory)
    .map((file) => `${rig.directory}/${file}`)
    .filter((file) => file.startsWith(`${prefix}.`));
  const times = files.flatMap((file) =>
    readFileSync(file, 'utf8')
      .trim()
      .split('\n')
      .map((line) => Number(line.split(' ')[2])),
  );
  for (const file of files) rmSync(file);
  times.sort((a, b) => a - b);
  return times[Math.floor(times.length * 0.99)] / 1000;
}

async function copyOut(target) {
  return await copied(target, ['-c', COPY_OUT]);
}

async function copyIn(target) {
  await run(target, 'psql', ['-qc', 'CREATE TABLE IF NOT EXISTS copied (a text); TRUNCATE copied']);
  const make = `awk 'BEGIN { x = sprintf("%100s", ""); for (i = 0; i < ${COPY_ROWS}; i++) print x }'`;
  return await copied(target, ['-c', `\\copy copied FROM PROGRAM '${make.replaceAll("'", "''")}'`]);
}

async function copied(target, args) {
  const before = cpuOf(target.pid);
  const started = performance.now();
  await run(target, 'psql', ['-qX', ...args], 'ignore');
  const seconds = (performance.now() - started) / 1000;
  return { rate: COPY_MB / seconds, cpu: ((cpuOf(target.pid) - before) * 1e6) / COPY_MB };
}
