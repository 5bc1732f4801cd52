import pg from 'pg';
import { messageOf, OperatorError } from '../core/errors.ts';
import { Store } from './database.ts';
import { migrate } from './migrate.ts';

/** Where the store's PostgreSQL is: a URL, or a unix socket of the embedded server. */
export type StoreLocation =
  | { readonly url: string }
  | { readonly socketDir: string; readonly port: number; readonly user: string; readonly database: string };

/** Connections of one node to the store. Requests share them; 10 is plenty since decisions come from memory. */
const POOL_MAX = 10;
const CONNECT_MS_MAX = 5_000;
const VERSION_MIN = 160_000;

/**
 * Connects to the store and brings its schema up to date.
 * Throws OperatorError when the server is down, older than PostgreSQL 16, or holds a newer schema.
 */
export async function openStore(location: StoreLocation): Promise<Store> {
  await prepare(location);
  const pool = new pg.Pool({ ...clientConfig(location), max: POOL_MAX });
  // An idle connection that breaks is replaced on next use; without a listener it would end the process.
  pool.on('error', () => {});
  // The same of one in use, whose query is told.
  pool.on('connect', (client) => client.on('error', () => {}));
  return new Store(pool);
}

/** A connection of its own, for LISTEN. The caller connects and ends it. */
export function storeClient(location: StoreLocation): pg.Client {
  return new pg.Client(clientConfig(location));
}

/** Looks whether the store's server can be used and has no schema yet, and changes nothing. Throws OperatorError. */
export async function checkStore(location: StoreLocation): Promise<{ readonly isNew: boolean }> {
  return withClient(location, async (client) => {
    const found = await client.query<{ isNew: boolean }>(
      `SELECT to_regclass('keyshift.installation') IS NULL AS "isNew"`,
    );
    return { isNew: found.rows[0]?.isNew === true };
  });
}

async function prepare(location: StoreLocation): Promise<void> {
  await withClient(location, migrate);
}

async function withClient<T>(location: StoreLocation, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = await connected(location);
  try {
    const found = await client.query<{ server_version_num: string }>('SHOW server_version_num');
    const version = Number(found.rows[0]?.server_version_num);
    if (version < VERSION_MIN) {
      throw new OperatorError(
        `the store's PostgreSQL is version ${Math.floor(version / 10_000)}, but 16 or newer is needed: ` +
          'upgrade it, or point KEYSHIFT_DATABASE_URL at another server',
      );
    }
    return await work(client);
  } finally {
    await client.end();
  }
}

async function connected(location: StoreLocation): Promise<pg.Client> {
  try {
    // A URL that cannot be read is refused here too.
    const client = storeClient(location);
    client.on('error', () => {});
    await client.connect();
    return client;
  } catch (error) {
    throw new OperatorError(
      `the store's PostgreSQL cannot be reached (${messageOf(error)}): ` +
        'start it, or correct KEYSHIFT_DATABASE_URL',
      { cause: error },
    );
  }
}

function clientConfig(location: StoreLocation): pg.ClientConfig {
  const common = { application_name: 'keyshift', connectionTimeoutMillis: CONNECT_MS_MAX };
  if ('url' in location) return { ...common, connectionString: location.url };
  return {
    ...common,
    host: location.socketDir,
    port: location.port,
    user: location.user,
    database: location.database,
  };
}
