import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, readFileSync } from 'node:fs';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { type Certificates, openCertificates } from '../../../src/certificates.ts';
import { systemRandom } from '../../../src/core/ids.ts';
import { type EmbeddedBinaries, prepareBinaries } from '../../../src/postgres/binaries.ts';
import { runCommand } from '../../../src/postgres/run-command.ts';
import { chooseIdentity, type ServerIdentity } from '../../../src/postgres/server-identity.ts';

/** A PostgreSQL server as somebody else would run it: on loopback TCP, with passwords, not started by Keyshift. */

const STEP_MS_MAX = 60_000;
export const SUPERUSER = { user: 'boss', password: 'Boss-Password-1' } as const;

export interface TcpServerOptions {
  /** Serves TLS, and takes no connection without it, with a certificate for these names. */
  readonly tlsNames?: readonly string[];
  /** `pg_hba.conf`, when it is not the usual one that asks everybody for SCRAM. */
  readonly hba?: string;
  /** The authority of client certificates, in PEM. */
  readonly clientCa?: string;
  /** `pg_ident.conf`. */
  readonly ident?: string;
  /** The package with the programs of another version than the embedded server's. */
  readonly packageDir?: string | undefined;
  /** As `max_connections`; 50 unless told otherwise. */
  readonly connectionsMax?: number;
}

export class TcpServer {
  readonly port: number;
  readonly certificates: Certificates | undefined;
  readonly #folder: string;
  readonly #identity: ServerIdentity;
  readonly #binaries: EmbeddedBinaries;
  readonly #connectionsMax: number;
  #child: ChildProcess | undefined;
  #log = '';

  private constructor(
    port: number,
    certificates: Certificates | undefined,
    folder: string,
    identity: ServerIdentity,
    binaries: EmbeddedBinaries,
    connectionsMax: number,
  ) {
    this.port = port;
    this.certificates = certificates;
    this.#folder = folder;
    this.#identity = identity;
    this.#binaries = binaries;
    this.#connectionsMax = connectionsMax;
  }

  /** Makes a new server with the superuser `boss` and the database `app`, and starts it. */
  static async start(options: TcpServerOptions = {}): Promise<TcpServer> {
    const folder = await mkdtemp(join(tmpdir(), 'keyshift-tcp-'));
    const identity = await chooseIdentity([]);
    const { packageDir } = options;
    const place = { identity, stateDir: folder, ...(packageDir === undefined ? {} : { packageDir }) };
    const binaries = await prepareBinaries(place);
    const passwordFile = join(folder, 'password');
    await writeFile(passwordFile, `${SUPERUSER.password}\n`);
    for (const path of [folder, passwordFile]) chownSync(path, identity.uid, identity.gid);
    const made = await runCommand(
      binaries.initdb,
      [
        ...['-D', join(folder, 'data'), '-U', SUPERUSER.user, `--pwfile=${passwordFile}`, '--no-sync'],
        ...['-A', 'scram-sha-256', '-E', 'UTF8', '--locale=C', '--no-instructions'],
      ],
      { cwd: folder, runAs: identity.runAs, env: binaries.env, timeoutMs: STEP_MS_MAX },
    );
    if (made.status !== 0) throw new Error(`initdb: ${made.stderr}`);
    const { tlsNames } = options;
    const certificates =
      tlsNames === undefined ? undefined : await openCertificates(folder, tlsNames, new Date(), systemRandom);
    const connectionsMax = options.connectionsMax ?? 50;
    const port = await freePort();
    const server = new TcpServer(port, certificates, folder, identity, binaries, connectionsMax);
    const kind = certificates === undefined ? 'host' : 'hostssl';
    await server.writeHba(options.hba ?? `${kind} all all 127.0.0.1/32 scram-sha-256\n`);
    if (certificates !== undefined) await server.#own('server.key', certificates.key);
    if (certificates !== undefined) await server.#own('server.crt', certificates.certificate);
    // Read only where TLS is on, and needed only for client certificates.
    await server.#own('root.crt', options.clientCa ?? certificates?.ca ?? '');
    if (options.ident !== undefined) await server.#own('pg_ident.conf', options.ident);
    await server.start();
    await server.sql('CREATE DATABASE app', { database: 'postgres' });
    return server;
  }

  async start(): Promise<void> {
    const settings = [
      `port=${this.port}`,
      'listen_addresses=127.0.0.1',
      'unix_socket_directories=',
      'fsync=off',
      `max_connections=${this.#connectionsMax}`,
      ...(this.certificates === undefined ? [] : ['ssl=on', 'ssl_ca_file=root.crt']),
    ];
    const args = settings.flatMap((setting) => ['-c', setting]);
    const { runAs } = this.#identity;
    const child = spawn(this.#binaries.postgres, ['-D', join(this.#folder, 'data'), ...args], {
      cwd: this.#folder,
      env: { ...this.#binaries.env },
      ...(runAs === undefined ? {} : { uid: runAs.uid, gid: runAs.gid }),
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#child = child;
    child.stderr.on('data', (chunk: Buffer) => {
      this.#log += chunk.toString();
    });
    for (let waited = 0; waited < STEP_MS_MAX; waited += 50) {
      const isReady = await this.sql('SELECT 1', { database: 'postgres' }).then(
        () => true,
        () => false,
      );
      if (isReady) return;
      if (child.exitCode !== null) break;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    child.kill('SIGKILL');
    throw new Error(`the server did not start: ${this.#log}`);
  }

  /** Ends the server as its operator would, sessions and all. */
  async stop(): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGINT');
    await ended;
  }

  /** Sends a signal to the server and its processes, such as one that makes them hang. */
  signal(name: NodeJS.Signals): void {
    const own = this.#child?.pid ?? 0;
    const children = readFileSync(`/proc/${own}/task/${own}/children`, 'utf8').trim().split(' ');
    for (const pid of [own, ...children.map(Number)]) if (pid > 0) process.kill(pid, name);
  }

  async close(): Promise<void> {
    await this.stop();
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** Shows another certificate to connections from now on; `sql` no longer works then. */
  async useCertificate(pair: { readonly certificate: string; readonly key: string }): Promise<void> {
    await this.#own('server.key', pair.key);
    await this.#own('server.crt', pair.certificate);
    this.#child?.kill('SIGHUP');
  }

  /** Who may log in, from the next start on. */
  async writeHba(lines: string): Promise<void> {
    await this.#own('pg_hba.conf', lines);
  }

  /** The URL for a clusters file. */
  url(login: { readonly user: string; readonly password: string }, host = '127.0.0.1', query = ''): string {
    return `postgresql://${login.user}:${login.password}@${host}:${this.port}/postgres${query}`;
  }

  /** Runs one statement as the superuser, or as somebody else. */
  async sql<Row extends object>(
    statement: string,
    target: {
      readonly database?: string;
      readonly user?: string;
      readonly password?: string;
      readonly values?: readonly unknown[];
    } = {},
  ): Promise<Row[]> {
    const { database = 'app', user = SUPERUSER.user, password = SUPERUSER.password, values = [] } = target;
    const client = new Client({
      ...{ host: '127.0.0.1', port: this.port, database, user, password },
      ssl: this.certificates === undefined ? false : { ca: this.certificates.ca, servername: 'localhost' },
    });
    client.on('error', () => {});
    await client.connect();
    try {
      return (await client.query<Row>(statement, [...values])).rows;
    } finally {
      await client.end();
    }
  }

  async #own(name: string, content: string): Promise<void> {
    const path = join(this.#folder, 'data', name);
    await writeFile(path, content);
    await chmod(path, 0o600);
    chownSync(path, this.#identity.uid, this.#identity.gid);
  }
}

/** Free a moment ago. The server gets it by its command line, so it cannot choose one itself. */
async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
