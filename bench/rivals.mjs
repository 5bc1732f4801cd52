// What the gateway is measured against, all on this machine: PostgreSQL itself over TLS with SCRAM, and PgBouncer
// (session pooling, TLS to the client) where it is installed. Every server ends with the bench, whatever happens.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getClusterCredentials } from '../dist/client/index.js';
import { Secret } from '../dist/core/secret.js';
import { prepareBinaries } from '../dist/postgres/binaries.js';
import { chooseIdentity } from '../dist/postgres/server-identity.js';

const READY_MS_MAX = 60_000;
const END_MS_MAX = 10_000;
const TRY_MS = 100;
/** As many as Keyshift gives its embedded servers, and room for it. */
const CONNECTIONS_MAX = 400;
const PASSWORD = 'Rival-passw0rd';
const USER = 'bench';

export const has = (command) => spawnSync('sh', ['-c', `command -v ${command}`]).status === 0;

/** A folder and its processes; `end` stops what was started and removes everything. */
export class Rig {
  #processes = [];

  constructor() {
    this.directory = mkdtempSync(join(tmpdir(), 'keyshift-bench-'));
    chmodSync(this.directory, 0o755);
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
      process.once(signal, () => this.end().then(() => process.exit(1)));
    }
  }

  start(command, args, options = {}) {
    const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'inherit'], ...options });
    this.#processes.push(child);
    return child;
  }

  async end() {
    for (const child of this.#processes.splice(0).reverse()) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const exited = once(child, 'exit');
      child.kill(child.endSignal ?? 'SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), END_MS_MAX);
      await exited;
      clearTimeout(timer);
    }
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** Keyshift with its example; `login()` gives what a client needs to log in, for the user and group of the example. */
export async function startKeyshift(rig) {
  const data = join(rig.directory, 'keyshift');
  const cli = new URL('../dist/cli.js', import.meta.url).pathname;
  const env = { ...process.env, KEYSHIFT_DATA_DIR: data };
  for (const port of ['HTTP', 'HTTPS', 'GATEWAY']) env[`KEYSHIFT_${port}_PORT`] = '0';
  const child = rig.start(process.execPath, [cli, 'start', '--example'], { env });
  await until(() => existsSync(join(data, 'ready.json')), child, 'keyshift');
  const ready = JSON.parse(readFileSync(join(data, 'ready.json'), 'utf8'));
  const text = readFileSync(join(data, 'env.sh'), 'utf8');
  const value = (name) => new RegExp(`^export ${name}='(.*)'$`, 'm').exec(text)[1];
  const endpoint = {
    url: ready.httpUrl,
    region: value('AWS_REGION'),
    accessKeyId: value('AWS_ACCESS_KEY_ID'),
    secretAccessKey: new Secret(value('AWS_SECRET_ACCESS_KEY')),
  };
  const login = async (user = 'temp_creds_user', autoCreate = false) => {
    const { dbUser, dbPassword } = await getClusterCredentials(
      endpoint,
      {
        clusterIdentifier: 'examplecluster',
        dbUser: user,
        dbName: 'exampledb',
        dbGroups: ['example_group'],
        autoCreate,
        durationSeconds: 3600,
      },
      new Date(),
    );
    return client(ready.gatewayPort, dbUser, dbPassword.reveal(), 'exampledb');
  };
  return { name: 'keyshift', pid: child.pid, login, certificate: join(data, 'tls'), data };
}

/** PostgreSQL with TLS, a SCRAM user, and a unix socket that trusts (for PgBouncer). */
export async function startPostgres(rig) {
  const identity = await chooseIdentity([]);
  const asServer = identity.runAs === undefined ? {} : { uid: identity.uid, gid: identity.gid };
  const home = join(rig.directory, 'postgres');
  mkdirSync(home);
  chownSync(home, identity.uid, identity.gid);
  const { initdb, postgres, env } = await prepareBinaries({ identity, stateDir: home });
  const data = join(home, 'data');
  const passwordFile = join(home, 'password');
  writeFileSync(passwordFile, PASSWORD);
  chownSync(passwordFile, identity.uid, identity.gid);
  const made = spawnSync(
    initdb,
    ['-D', data, '-U', USER, `--pwfile=${passwordFile}`, '-A', 'scram-sha-256', '--no-sync'],
    { env, cwd: home, ...asServer },
  );
  if (made.status !== 0) throw new Error(`initdb: ${made.stderr}`);
  const tls = writeCertificate(home, identity);
  writeFileSync(
    join(data, 'pg_hba.conf'),
    'local all all trust\nhostssl all all 127.0.0.1/32 scram-sha-256\n',
  );
  const port = await freePort();
  const settings = {
    port,
    listen_addresses: '127.0.0.1',
    unix_socket_directories: home,
    max_connections: CONNECTIONS_MAX,
    ssl: 'on',
    ssl_cert_file: tls.certificate,
    ssl_key_file: tls.key,
    log_min_messages: 'panic',
    log_destination: 'stderr',
  };
  const args = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const child = rig.start(postgres, ['-D', data, ...args], { env, cwd: home, ...asServer });
  child.endSignal = 'SIGINT';
  await until(() => existsSync(join(home, `.s.PGSQL.${port}`)), child, 'postgres');
  return {
    name: 'direct',
    pid: child.pid,
    login: async () => client(port, USER, PASSWORD, 'postgres'),
    /** Through the unix socket, where the server trusts everybody. */
    loginBySocket: async () => ({
      ...client(port, USER, '', 'postgres'),
      ...{ PGHOST: home, PGSSLMODE: 'disable' },
    }),
    home,
    port,
    tls,
    asServer,
  };
}

/**
 * Session pooling in front of that PostgreSQL. `auth` is PgBouncer's auth_type; the password is the same. `sessions`:
 * how many at a time.
 */
export async function startPgBouncer(rig, postgres, auth = 'scram-sha-256', sessions = 300) {
  if (!has('pgbouncer')) return undefined;
  const home = join(rig.directory, `pgbouncer-${auth}`);
  mkdirSync(home);
  const port = await freePort();
  writeFileSync(join(home, 'users.txt'), `"${USER}" "${PASSWORD}"\n`);
  writeFileSync(
    join(home, 'pgbouncer.ini'),
    `[databases]
* = host=${postgres.home} port=${postgres.port} user=${USER}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = ${auth}
auth_file = ${home}/users.txt
pool_mode = session
max_client_conn = 10000
default_pool_size = ${sessions}
client_tls_sslmode = require
client_tls_cert_file = ${postgres.tls.certificate}
client_tls_key_file = ${postgres.tls.key}
logfile = ${home}/log
log_connections = 0
log_disconnections = 0
ignore_startup_parameters = extra_float_digits
`,
  );
  const { uid, gid } = postgres.asServer;
  if (uid !== undefined)
    for (const file of ['', 'users.txt', 'pgbouncer.ini']) chownSync(join(home, file), uid, gid);
  // Two files for each session, of which it may have more than a login shell.
  const command = 'ulimit -n "$(ulimit -Hn)"; exec pgbouncer -q "$1"';
  const child = rig.start('sh', ['-c', command, 'sh', join(home, 'pgbouncer.ini')], postgres.asServer);
  await until(() => accepts(port), child, 'pgbouncer');
  return {
    name: auth === 'plain' ? 'pgbouncer, clear text' : 'pgbouncer',
    pid: child.pid,
    login: async () => client(port, USER, PASSWORD, 'postgres'),
  };
}

/**
 * The limit: a process on Node's public API that speaks TLS and answers a login without looking at it, or relays to the
 * server's unix socket. See bare-gateway.mjs.
 */
export async function startBareGateway(rig, postgres, relays) {
  const script = new URL('bare-gateway.mjs', import.meta.url).pathname;
  const backend = relays ? [join(postgres.home, `.s.PGSQL.${postgres.port}`)] : [];
  const args = [script, postgres.tls.certificate, postgres.tls.key, ...backend];
  const child = rig.start(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const [port] = await once(child.stdout, 'data');
  return {
    name: 'bare Node.js',
    pid: child.pid,
    login: async () => client(Number(port), USER, PASSWORD, 'postgres'),
  };
}

/** The environment of a libpq program. */
function client(port, user, password, database) {
  return {
    PGHOST: '127.0.0.1',
    PGPORT: String(port),
    PGUSER: user,
    PGPASSWORD: password,
    PGDATABASE: database,
    PGSSLMODE: 'require',
    PGSSLCERT: '/nonexistent',
    PGGSSENCMODE: 'disable',
  };
}

/** Of the kind that Keyshift makes: P-256. */
function writeCertificate(home, identity) {
  const [certificate, key] = ['server.crt', 'server.key'].map((file) => join(home, file));
  const made = spawnSync('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'],
    ...['-subj', '/CN=localhost', '-keyout', key, '-out', certificate],
  ]);
  if (made.status !== 0) throw new Error(`openssl: ${made.stderr}`);
  for (const file of [certificate, key]) chownSync(file, identity.uid, identity.gid);
  chmodSync(key, 0o600);
  return { certificate, key };
}

export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

function accepts(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(true));
    socket.once('error', () => resolve(false)).once('connect', () => socket.destroy());
  });
}

async function until(isDone, child, name) {
  for (let waited = 0; !(await isDone()); waited += TRY_MS) {
    if (waited > READY_MS_MAX || child.exitCode !== null) throw new Error(`${name} did not become ready`);
    await new Promise((resolve) => setTimeout(resolve, TRY_MS));
  }
}

/** Runs a libpq program as a client of `target`, and gives what it printed. */
export async function run(target, command, args, output = 'pipe', input = undefined) {
  const child = spawn(command, args, {
    env: { PATH: process.env.PATH, ...target.env },
    stdio: [input === undefined ? 'ignore' : 'pipe', output, 'pipe'],
  });
  child.stdin?.end(input);
  let out = '';
  let errors = '';
  child.stdout?.on('data', (chunk) => {
    out += chunk;
  });
  child.stderr.on('data', (chunk) => {
    errors += chunk;
  });
  const [status] = await once(child, 'close');
  if (status !== 0) throw new Error(`${target.name}: ${command} ${args.join(' ')}: ${errors}`);
  return out;
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}
