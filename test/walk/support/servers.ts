import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { expect } from 'vitest';
import type { Endpoint } from '../../../src/client/call.ts';
import { getClusterCredentials } from '../../../src/client/get-cluster-credentials.ts';
import type { Keyshift } from './keyshift.ts';

/** What lies behind a Keyshift: its processes, its files, its PostgreSQL servers and their sessions. */

/** Process ids of everything that runs in a folder: the embedded servers work in their own. Linux only. */
export function processesIn(folder: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return readlinkSync(`/proc/${pid}/cwd`).startsWith(folder);
      } catch {
        // It ended meanwhile, or is somebody else's.
        return false;
      }
    });
}

/** Waits until nothing runs in a folder; a server that ends takes its last children with it a moment later. */
export async function processesGone(folder: string, waitMs = 20_000): Promise<number[]> {
  for (let waited = 0; waited < waitMs && processesIn(folder).length > 0; waited += 50) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return processesIn(folder);
}

/** Kills everything that runs in a folder. Twice, because a postmaster may have made another process meanwhile. */
export async function killAllIn(folder: string): Promise<void> {
  for (let turn = 0; turn < 2; turn++) {
    for (const pid of processesIn(folder)) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It ended with its postmaster.
      }
    }
    expect(await processesGone(folder)).toEqual([]);
  }
}

/** The folder of PostgreSQL's own files in each cluster's folder. */
export function clusterServers(dataDir: string): string[] {
  return readdirSync(join(dataDir, 'clusters')).map((name) => join(dataDir, 'clusters', name, 'server'));
}

/** Every file below a folder with its mode and content; those in `without` only by name. */
export function snapshot(folder: string, without: readonly string[] = []): Record<string, string> {
  const found: Record<string, string> = {};
  const look = (path: string): void => {
    const status = lstatSync(path);
    const mode = status.mode.toString(8);
    const isNameOnly = without.some((name) => path.endsWith(`/${name}`));
    if (isNameOnly) {
      found[path] = '';
      return;
    }
    if (!status.isDirectory()) {
      found[path] =
        `${mode} ${status.isFile() ? createHash('sha256').update(readFileSync(path)).digest('hex') : ''}`;
      return;
    }
    found[path] = mode;
    for (const name of readdirSync(path).sort()) look(join(path, name));
  };
  look(folder);
  return found;
}

/** Runs a statement as the administrator of an embedded server, over its socket. */
export async function sqlIn<Row extends object>(
  server: string,
  database: string,
  statement: string,
  values: readonly unknown[] = [],
): Promise<Row[]> {
  const client = new pg.Client({ host: server, port: 5432, user: 'keyshift_admin', database });
  await client.connect();
  try {
    return (await client.query<Row>(statement, [...values])).rows;
  } finally {
    await client.end();
  }
}

/** What GetClusterCredentials gave, or anything else to log in with. */
export interface Login {
  readonly user: string;
  readonly password: string;
}

export interface Wanted {
  readonly dbUser?: string;
  readonly groups?: readonly string[];
  readonly autoCreate?: boolean;
  readonly endpoint?: Endpoint;
}

/** A temporary login for the example cluster, for any database, good for an hour. */
export async function loginFor(keyshift: Keyshift, wanted: Wanted = {}): Promise<Login> {
  const issued = await getClusterCredentials(
    wanted.endpoint ?? keyshift.root,
    {
      clusterIdentifier: 'examplecluster',
      dbUser: wanted.dbUser ?? 'temp_creds_user',
      dbGroups: wanted.groups ?? [],
      autoCreate: wanted.autoCreate ?? false,
      durationSeconds: 3600,
    },
    new Date(),
  );
  return { user: issued.dbUser, password: issued.dbPassword.reveal() };
}

/** A session through the gateway, with the certificate checked. The caller ends it. */
export async function connect(keyshift: Keyshift, login: Login): Promise<pg.Client> {
  const client = new pg.Client({
    host: keyshift.ready.gatewayHost,
    port: keyshift.ready.gatewayPort,
    database: 'exampledb',
    ...login,
    ssl: { ca: readFileSync(keyshift.ready.caFile, 'utf8') },
    connectionTimeoutMillis: 15_000,
  });
  // A session that the server ends tells it twice: to the statement and to the connection.
  client.on('error', () => {});
  await client.connect();
  return client;
}
