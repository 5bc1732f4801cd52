// bench/login: what a login costs through the gateway, with a temporary password, beside PostgreSQL itself (TLS, SCRAM),
// PgBouncer (session pooling, TLS) with SCRAM and with a clear-text password, and the least that a process on Node's
// public API can do. Interleaved in one run. Then, beside PostgreSQL itself, the first login of each of many new users,
// for which roles are made, and the second, for which only the backend is new. Beside these stands what no gateway can
// undercut: the backend alone (a login by unix socket without a password), and a process on Node's public API that speaks
// TLS and has each login from that socket.
// `npm run build && node bench/login.mjs [rounds] [logins of a round] [clients]`; needs pgbench.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cpuOf, cpuOfDescendants } from './cpu.mjs';
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

const [rounds, logins, clients] = [5, 600, 4].map((usual, at) => Number(process.argv[at + 2] ?? usual));
/** Before the first round, until Node's compiler has seen the code. */
const WARM_UP_LOGINS = 2_000;
/** The same of the other client, which shows a process less often. */
const WARM_UP_FIRST = 300;
/** New users of a round. */
const FIRST_LOGINS = 40;

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
  const bare = await startBareGateway(rig, direct, false);
  const targets = [keyshift, direct, ...bouncers.filter((bouncer) => bouncer !== undefined), bare];
  for (const target of targets) target.env = await target.login();
  const script = join(rig.directory, 'one.sql');
  writeFileSync(script, 'SELECT 1;\n');
  console.log(`Node ${process.version}, ${clients} clients, ${rounds} rounds, interleaved; medians`);
  const again = await compare(
    targets,
    (target) => logIn(target, script, logins),
    (target) => (target === keyshift || target === bare ? logIn(target, script, WARM_UP_LOGINS) : undefined),
  );
  print(`${logins} logins of one role`, targets, again);
  const clear = bouncers.at(-1);
  if (clear !== undefined) {
    for (const { name } of [keyshift, bare]) {
      const ratio = again(name, 'cpu') / again(clear.name, 'cpu');
      console.log(`  CPU ${name} / ${clear.name}: ${ratio.toFixed(2)}`);
    }
  }
  const socket = { ...direct, name: 'backend alone', login: direct.loginBySocket };
  const relay = { ...(await startBareGateway(rig, direct, true)), server: direct.pid };
  const four = [keyshift, direct, relay, socket];
  for (const target of [relay, socket]) target.env = await target.login();
  for (const target of [relay, keyshift]) await logInOnce(target, Array(WARM_UP_FIRST).fill(target.env));
  const made = new Map(four.map((target) => [target, []]));
  const first = await compare(four, async (target) => {
    const logins = [];
    for (let at = 0; at < FIRST_LOGINS; at++) logins.push(await newLogin(keyshift, target));
    made.get(target).push(logins);
    return await logInOnce(target, logins);
  });
  print(`${FIRST_LOGINS} first logins, each of a new user in a group`, four, first);
  const second = await compare(four, (target) => logInOnce(target, made.get(target).shift()));
  print(`${FIRST_LOGINS} logins of users whose roles are there, without a warm backend`, four, second);
} finally {
  await rig.end();
}

/** Median figures by target and key, of rounds in which the targets take turns. */
async function compare(targets, measure, warmUp = () => undefined) {
  const results = new Map(targets.map((target) => [target.name, []]));
  for (const target of targets) await warmUp(target);
  for (let round = 0; round <= rounds; round++) {
    for (const target of targets) {
      const result = await measure(target);
      if (round > 0) results.get(target.name).push(result);
    }
  }
  return (name, key) => median(results.get(name).map((result) => result[key]));
}

function print(title, targets, figure) {
  console.log(title);
  for (const { name } of targets) {
    const share = figure(name, 'rate') / figure('direct', 'rate');
    const rate = `${figure(name, 'rate').toFixed(0).padStart(5)} logins/s (${share.toFixed(2)} of direct)`;
    const [own, behind] = ['cpu', 'behind'].map((key) => figure(name, key).toFixed(0).padStart(5));
    console.log(`  ${name.padEnd(22)} ${rate}   CPU ${own} us each, and ${behind} us in its servers`);
  }
}

async function logIn(target, script, count) {
  const each = Math.ceil(count / clients);
  return await measured(target, each * clients, async () => {
    await run(target, 'pgbench', ['-n', '-C', '-f', script, '-c', `${clients}`, '-j', '2', '-t', `${each}`]);
  });
}

async function logInOnce(target, logins) {
  const worker = new URL('first-logins.mjs', import.meta.url).pathname;
  return await measured(target, logins.length, async () => {
    const input = JSON.stringify({ logins, clients });
    return Number(await run(target, process.execPath, [worker], 'pipe', input));
  });
}

/** Without Keyshift all logins are first ones. */
async function newLogin(keyshift, target) {
  return target === keyshift ? await target.login(`user_${crypto.randomUUID()}`, true) : target.env;
}

function cpuOfServer(pid) {
  return pid === undefined ? 0 : cpuOf(pid) + cpuOfDescendants(pid);
}

/** `work` gives how many seconds it took, or nothing for the time that it is waited for. */
async function measured(target, count, work) {
  const cpu = () => [cpuOf(target.pid), cpuOfDescendants(target.pid) + cpuOfServer(target.server)];
  const before = cpu();
  const started = performance.now();
  const seconds = (await work()) ?? (performance.now() - started) / 1000;
  const [own, behind] = cpu().map((after, at) => ((after - before[at]) * 1e6) / count);
  return { rate: count / seconds, cpu: own, behind };
}
