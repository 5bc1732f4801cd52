import type { Cleanup } from './cleanup.ts';
import type { Config } from './config.ts';
import type { Logger } from './core/logger.ts';
import type { DataDirectory } from './data-directory.ts';
import { startEmbedded } from './postgres/embedded.ts';
import type { StoreLocation } from './store/open-store.ts';

const STORE_CONNECTIONS_MAX = 50;

/** Where the store is: in the operator's PostgreSQL, or in an embedded server that this starts and `cleanup` stops. */
export async function storeLocation(
  config: Config,
  directory: DataDirectory,
  logger: Logger,
  cleanup: Cleanup,
): Promise<StoreLocation> {
  if (config.databaseUrl !== undefined) return { url: config.databaseUrl.reveal() };
  const server = await startEmbedded({
    dataDir: directory.store,
    name: 'keyshift-store',
    durable: !config.unsafeNoFsync,
    maxConnections: STORE_CONNECTIONS_MAX,
    logger,
    onExit: (reason) => logger.error({ reason }, "the store's server has ended"),
  });
  cleanup.add("store's server", () => server.stop());
  return { socketDir: server.socketDir, port: server.port, user: 'keyshift_admin', database: 'postgres' };
}
