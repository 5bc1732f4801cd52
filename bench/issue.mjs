// bench/issue: what GetClusterCredentials costs (signature verified, policy decided, audited durably) beside a bare
// node:http server that reads the same bytes and answers the same bytes, beside a floor (floor-server.mjs: what no server
// can leave out that verifies, mints and records), and beside moto_server where that is
// installed. Interleaved in one run; every server is warmed up first, so that no round measures the compiler.
// `npm run build && node bench/issue.mjs [rounds] [milliseconds]`; it takes a minute or two.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Secret } from '../dist/core/secret.js';
import { signRequest } from '../dist/sigv4/index.js';
import { cpuOf, cpuOfDescendants } from './cpu.mjs';

const [rounds = '7', ms = '2000'] = process.argv.slice(2);
const CONNECTIONS = 32;
/** Node compiles hot functions on further threads of the same process; after that many answers it is nearly done. */
const WARM_UP_ANSWERS = 60_000;
const WARM_UP_MS_MAX = 20_000;
/** After which everything is ended, whatever hangs. */
const RUN_MS_MAX = 150_000;
const END_MS_MAX = 10_000;
const here = (file) => new URL(file, import.meta.url).pathname;
const dataDir = mkdtempSync(join(tmpdir(), 'keyshift-bench-'));
const processes = [];
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
  process.once(signal, () => giveUp(`ended by ${signal}`));
setTimeout(() => giveUp(`not done in ${RUN_MS_MAX} ms`), RUN_MS_MAX).unref();

try {
  const keyshift = await startKeyshift();
  const sample = JSON.stringify(await oneAnswer(keyshift.port, keyshift.request));
  const bare = await startPrinting(process.execPath, [
    here('bare-server.mjs'),
    Buffer.from(sample).toString('base64'),
  ]);
  const floor = await startPrinting(process.execPath, [
    here('floor-server.mjs'),
    join(dataDir, 'floor'),
    Buffer.from(sample).toString('base64'),
  ]);
  const targets = [
    { name: 'keyshift', pid: keyshift.pid, port: keyshift.port, request: keyshift.request },
    { name: 'bare node:http', pid: bare.pid, port: Number(bare.line), request: keyshift.request },
    { name: 'floor', pid: floor.pid, port: Number(floor.line), request: keyshift.request },
  ];
  const moto = await startMoto();
  if (moto !== undefined) targets.push(moto);
  await measure(targets);
} finally {
  await endAll();
}

async function measure(targets) {
  const results = new Map(targets.map((target) => [target.name, []]));
  for (const target of targets) await load(target, WARM_UP_MS_MAX, target.warmUp ?? WARM_UP_ANSWERS);
  for (let round = 0; round < Number(rounds); round++) {
    for (const target of targets) results.get(target.name).push(await load(target, Number(ms)));
  }
  const median = (name, figure) => {
    const values = results
      .get(name)
      .map((result) => result[figure])
      .sort((a, b) => a - b);
    return values[Math.floor(values.length / 2)];
  };
  console.log(
    `Node ${process.version}, ${CONNECTIONS} connections, ${rounds} rounds of ${ms} ms each, interleaved; medians`,
  );
  for (const { name } of targets) {
    console.log(
      `${name.padEnd(16)} ${median(name, 'perSecond').toFixed(0).padStart(7)} requests/s   ` +
        `${median(name, 'microseconds').toFixed(0).padStart(6)} us CPU/request in the process   ` +
        `${median(name, 'microsecondsOfChildren').toFixed(0).padStart(5)} us in its PostgreSQL   ` +
        `p50 ${median(name, 'p50').toFixed(1)} ms, p99 ${median(name, 'p99').toFixed(1)} ms`,
    );
  }
  const ratio = median('keyshift', 'microseconds') / median('bare node:http', 'microseconds');
  console.log(`CPU per request, keyshift / bare: ${ratio.toFixed(2)} (goal: at most 2)`);
  const whole = median('keyshift', 'microseconds') + median('keyshift', 'microsecondsOfChildren');
  console.log(
    `the same with PostgreSQL's part: ${(whole / median('bare node:http', 'microseconds')).toFixed(2)}`,
  );
  const floor = median('floor', 'microseconds') / median('bare node:http', 'microseconds');
  console.log(
    `CPU per request, floor / bare: ${floor.toFixed(2)} (hashes and a durable event only, see floor-server.mjs)`,
  );
  if (results.has('moto_server')) {
    const rates = median('keyshift', 'perSecond') / median('moto_server', 'perSecond');
    console.log(`requests/s, keyshift / moto_server: ${rates.toFixed(1)} (goal: at least 30)`);
  } else console.log('moto_server is not installed; not compared');
}

async function load(target, milliseconds, answersMax = Number.POSITIVE_INFINITY) {
  const before = { own: cpuOf(target.pid), children: cpuOfDescendants(target.pid) };
  const { line } = await startPrinting(process.execPath, [
    here('load.mjs'),
    String(target.port),
    String(CONNECTIONS),
    String(milliseconds),
    target.request.toString('base64'),
    String(answersMax),
  ]);
  const { answered, failed, firstFailure, seconds, p50, p99 } = JSON.parse(line);
  if (failed > 0) throw new Error(`${target.name}: ${failed} requests failed: ${firstFailure}`);
  return {
    perSecond: answered / seconds,
    p50,
    p99,
    microseconds: ((cpuOf(target.pid) - before.own) * 1e6) / answered,
    microsecondsOfChildren: ((cpuOfDescendants(target.pid) - before.children) * 1e6) / answered,
  };
}

async function startKeyshift() {
  const child = spawn(process.execPath, [here('../dist/cli.js'), 'start', '--example'], {
    env: {
      ...process.env,
      KEYSHIFT_DATA_DIR: dataDir,
      KEYSHIFT_HTTP_PORT: '0',
      KEYSHIFT_HTTPS_PORT: '0',
      KEYSHIFT_GATEWAY_PORT: '0',
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  processes.push(child);
  const readyFile = join(dataDir, 'ready.json');
  for (let waited = 0; !existsSync(readyFile); waited += 100) {
    if (waited > 60_000 || child.exitCode !== null) throw new Error('keyshift did not become ready');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const port = Number(new URL(JSON.parse(readFileSync(readyFile, 'utf8')).httpUrl).port);
  const root = readEnvironment();
  const call = (parameters, version, service, key) => signedRequest(port, parameters, version, service, key);
  await oneAnswer(
    port,
    call({ Action: 'CreateAccessKey', UserName: 'alice' }, '2010-05-08', 'iam', root),
  ).then(({ body: xml }) => {
    root.alice = {
      id: /<AccessKeyId>(.*?)</.exec(xml)[1],
      secret: /<SecretAccessKey>(.*?)</.exec(xml)[1],
    };
  });
  const parameters = {
    Action: 'GetClusterCredentials',
    ClusterIdentifier: 'examplecluster',
    DbUser: 'temp_creds_user',
    DbName: 'exampledb',
    'DbGroups.DbGroup.1': 'example_group',
    AutoCreate: 'true',
  };
  return { pid: child.pid, port, request: call(parameters, '2012-12-01', 'redshift', root.alice) };
}

async function startMoto() {
  if (spawnSync('sh', ['-c', 'command -v moto_server']).status !== 0) return undefined;
  const port = 20_000 + Math.floor(process.pid % 10_000);
  const child = spawn('moto_server', ['-H', '127.0.0.1', '-p', String(port)], { stdio: 'ignore' });
  processes.push(child);
  const key = { id: 'AKIAIOSFODNN7EXAMPLE', secret: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' };
  const create = {
    Action: 'CreateCluster',
    ClusterIdentifier: 'examplecluster',
    NodeType: 'ra3.large',
    MasterUsername: 'awsuser',
    MasterUserPassword: 'Password1',
  };
  for (let tries = 0; ; tries++) {
    try {
      await oneAnswer(port, signedRequest(port, create, '2012-12-01', 'redshift', key));
      break;
    } catch (error) {
      if (tries > 100) throw error;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
  const parameters = {
    Action: 'GetClusterCredentials',
    ClusterIdentifier: 'examplecluster',
    DbUser: 'temp_creds_user',
  };
  // The command may be a shim that starts the server as its child; then the child's CPU is counted as the server's.
  const request = closing(signedRequest(port, parameters, '2012-12-01', 'redshift', key));
  return { name: 'moto_server', pid: child.pid, port, request, warmUp: 200 };
}

function signedRequest(port, parameters, version, service, key) {
  const body = new URLSearchParams({ ...parameters, Version: version }).toString();
  const signed = signRequest(
    {
      method: 'POST',
      path: '/',
      query: '',
      headers: [
        ['Host', `127.0.0.1:${port}`],
        ['Content-Type', 'application/x-www-form-urlencoded; charset=utf-8'],
      ],
      body: Buffer.from(body),
    },
    { accessKeyId: key.id, secret: new Secret(key.secret), region: 'us-west-2', service, at: new Date() },
  );
  const lines = signed.headers.map(([name, value]) => `${name}: ${value}`);
  return Buffer.from(
    `POST / HTTP/1.1\r\n${lines.join('\r\n')}\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
}

/** Sends one request on a connection that is closed after it, and gives the answer's own headers and body. */
function oneAnswer(port, request) {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(closing(request)));
    let received = '';
    socket.on('error', reject);
    socket.on('data', (chunk) => {
      received += chunk;
    });
    socket.on('close', () => {
      const [head, body] = received.split(/\r\n\r\n(.*)/s);
      const lines = head.split('\r\n').slice(1);
      const own = lines.filter((line) => !/^(date|connection|keep-alive|content-length):/i.test(line));
      const headers = Object.fromEntries(own.map((line) => line.split(/: (.*)/)));
      if (/^HTTP\/1\.\d 200/.test(received)) resolve({ headers, body });
      else reject(new Error(received));
    });
  });
}

/** moto's development server answers one connection at a time, so requests to it close theirs. */
function closing(request) {
  return Buffer.from(request.toString().replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'));
}

function readEnvironment() {
  const text = readFileSync(join(dataDir, 'env.sh'), 'utf8');
  const value = (name) => new RegExp(`^export ${name}='(.*)'$`, 'm').exec(text)[1];
  return { id: value('AWS_ACCESS_KEY_ID'), secret: value('AWS_SECRET_ACCESS_KEY') };
}

/** Starts a program and waits for its first line. */
async function startPrinting(command, args) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  processes.push(child);
  let text = '';
  for await (const chunk of child.stdout) {
    text += chunk;
    if (text.includes('\n')) break;
  }
  return { pid: child.pid, line: text.split('\n')[0] };
}

async function giveUp(reason) {
  console.error(reason);
  await endAll();
  process.exit(1);
}

async function endAll() {
  for (const child of processes.splice(0).reverse()) await end(child);
  rmSync(dataDir, { recursive: true, force: true });
}

async function end(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), END_MS_MAX);
  await exited;
  clearTimeout(timer);
}
