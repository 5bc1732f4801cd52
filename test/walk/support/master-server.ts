import { systemRandom } from '../../../src/core/ids.ts';
import { silentLogger } from '../../../src/core/logger.ts';
import { Secret } from '../../../src/core/secret.ts';
import { type EmbeddedServer, startEmbedded } from '../../../src/postgres/embedded.ts';
import { createDatabase, createMasterUser, prepareServer } from '../../../src/postgres/prepare-server.ts';
import { embeddedAccess, type ServerAccess } from '../../../src/postgres/server-access.ts';

/** An embedded server as a new cluster has it, without a gateway: the user `master`, and the database `dev`. */
export async function startMasterServer(
  dataDir: string,
  name: string,
  maxConnections = 60,
): Promise<{ readonly server: EmbeddedServer; readonly access: ServerAccess }> {
  const server = await startEmbedded({ dataDir, name, durable: false, maxConnections, logger: silentLogger });
  const access = embeddedAccess(server, silentLogger);
  await prepareServer(access);
  const password = new Secret('Master12345');
  await createMasterUser(access, { name: 'master', password, random: systemRandom });
  await createDatabase(access, 'dev');
  return { server, access };
}
