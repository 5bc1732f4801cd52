import { readFileSync } from 'node:fs';
import { checkServerIdentity } from 'node:tls';
import { Client } from 'pg';
import { type ClusterCredentialsRequest, getClusterCredentials } from '../../../src/client/index.ts';
import { EXAMPLE } from '../../../src/example.ts';
import type { Keyshift } from './keyshift.ts';

/** Temporary logins for tests: asked for through the API, used with node's `pg` over verified TLS. */

export interface Login {
  readonly user: string;
  readonly password: string;
}

/** Credentials as the root key gets them; of the example's user in the example's cluster unless told otherwise. */
export async function issue(
  keyshift: Keyshift,
  request: Partial<ClusterCredentialsRequest> = {},
): Promise<Login & { readonly expiration: Date }> {
  const wanted = { clusterIdentifier: EXAMPLE.cluster, dbUser: EXAMPLE.dbUser, ...request };
  const credentials = await getClusterCredentials(keyshift.root, wanted, new Date());
  return {
    user: credentials.dbUser,
    password: credentials.dbPassword.reveal(),
    expiration: credentials.expiration,
  };
}

export interface Target {
  readonly database?: string;
  readonly port?: number;
  readonly tls?: boolean;
  /** Startup parameter `options`. */
  readonly options?: string;
  /** The name that the certificate must have; `localhost` unless told otherwise. */
  readonly serverName?: string;
}

/** A client that is not connected yet. */
export function newClient(keyshift: Keyshift, login: Login, target: Target = {}): Client {
  const { database = EXAMPLE.database, port = keyshift.ready.gatewayPort, tls = true, options } = target;
  const { serverName = 'localhost' } = target;
  const ca = readFileSync(keyshift.ready.caFile, 'utf8');
  const client = new Client({
    host: 'localhost',
    port,
    database,
    ...login,
    ...(options === undefined ? {} : { options }),
    // `pg` asks for the certificate of its host and of nothing else.
    ssl: tls
      ? { ca, checkServerIdentity: (_host, certificate) => checkServerIdentity(serverName, certificate) }
      : false,
  });
  // A server that stops under an open session is told to the client, which must not end the test's process.
  client.on('error', () => {});
  return client;
}

/** A client that is logged in. The caller ends it. */
export async function logIn(keyshift: Keyshift, login: Login, target: Target = {}): Promise<Client> {
  const client = newClient(keyshift, login, target);
  await client.connect();
  return client;
}

/** Logs in, asks once, leaves. */
export async function ask<Row extends object>(
  keyshift: Keyshift,
  login: Login,
  sql: string,
  target: Target = {},
): Promise<Row[]> {
  const client = await logIn(keyshift, login, target);
  try {
    return (await client.query<Row>(sql)).rows;
  } finally {
    await client.end();
  }
}

export interface Refusal {
  readonly code: string | undefined;
  readonly message: string;
  readonly detail: string | undefined;
  readonly severity: string | undefined;
}

/** What a login or a statement was refused with. Fails when it was not. */
export async function refusalOf(work: Promise<unknown>): Promise<Refusal> {
  try {
    await work;
  } catch (error) {
    const { code, message, detail, severity } = error as Refusal;
    return { code, message, detail, severity };
  }
  throw new Error('it was not refused');
}

/** How a login is refused. Fails, and leaves no session behind, when it is not. */
export async function loginRefusal(keyshift: Keyshift, login: Login, target: Target = {}): Promise<Refusal> {
  return refusalOf(logIn(keyshift, login, target).then((client) => client.end()));
}
