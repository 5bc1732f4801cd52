import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from 'pg';
import { MovableClock } from '../../src/core/clock.ts';
import { systemRandom } from '../../src/core/ids.ts';
import { silentLogger } from '../../src/core/logger.ts';
import type { Iam } from '../../src/iam/iam.ts';
import { PasswordHasher } from '../../src/iam/password-hasher.ts';
import { SESSION_KEY_PURPOSE } from '../../src/iam/session-token.ts';
import { ADMIN_ROLE, startEmbedded } from '../../src/postgres/embedded.ts';
import { Keyring } from '../../src/store/keyring.ts';
import { openStore, storeClient } from '../../src/store/open-store.ts';
import { masterKeySealer } from '../../src/store/sealer.ts';

/** A real PostgreSQL with the migrated schema, for the tests of the iam room. */
export interface IamStore {
  readonly iam: Iam;
  readonly clock: MovableClock;
  /** A connection of its own. The caller connects and ends it. */
  client(): Client;
  /** A new account without anything in it. */
  newAccount(): Promise<string>;
  stop(): Promise<void>;
}

export async function startIamStore(): Promise<IamStore> {
  const dataDir = await mkdtemp(join(tmpdir(), 'keyshift-iam-'));
  const server = await startEmbedded({
    dataDir: join(dataDir, 'postgres'),
    name: 'iam-test',
    durable: false,
    maxConnections: 30,
    logger: silentLogger,
  });
  const { socketDir, port } = server;
  const location = { socketDir, port, user: ADMIN_ROLE, database: 'postgres' };
  const store = await openStore(location);
  const clock = new MovableClock();
  const iam: Iam = {
    store,
    clock,
    random: systemRandom,
    sealer: masterKeySealer(Buffer.alloc(32, 7), systemRandom),
    passwords: new PasswordHasher(systemRandom, 4),
    sessionKeys: new Keyring(new Map([[1, Buffer.alloc(32, 9)]])).derive(SESSION_KEY_PURPOSE),
  };
  let accounts = 0;
  return {
    iam,
    clock,
    client: () => storeClient(location),
    newAccount: async () => {
      accounts += 1;
      const accountId = String(100_000_000_000 + accounts);
      await store.query('INSERT INTO keyshift.accounts (account_id, created_at) VALUES ($1, $2)', [
        accountId,
        clock.now(),
      ]);
      return accountId;
    },
    stop: async () => {
      await store.close();
      await server.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** A policy document that allows one action on everything. */
export const allow = (action: string, resource = '*'): string =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: action, Resource: resource }],
  });
