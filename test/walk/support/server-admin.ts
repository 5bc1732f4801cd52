import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { EXAMPLE } from '../../../src/example.ts';
import { ADMIN_ROLE } from '../../../src/postgres/embedded.ts';
import { removeLinkDir, SOCKET_PORT, socketPlace } from '../../../src/postgres/socket-directory.ts';
import type { Keyshift } from './keyshift.ts';

/** The server behind the only cluster of a Keyshift, seen as its administrator: what no login through the gateway sees. */
export class ServerAdmin {
  readonly #client: Client;
  readonly #socketDir: string;
  readonly #linkDir: string | undefined;

  private constructor(client: Client, socketDir: string, linkDir: string | undefined) {
    this.#client = client;
    this.#socketDir = socketDir;
    this.#linkDir = linkDir;
  }

  static async open(keyshift: Keyshift): Promise<ServerAdmin> {
    const clusters = join(keyshift.dataDir, 'clusters');
    const [folder, ...others] = readdirSync(clusters);
    if (folder === undefined || others.length > 0) throw new Error('there must be one cluster');
    const { dir, linkDir } = await socketPlace(join(clusters, folder, 'server'));
    const client = clientOf(dir, ADMIN_ROLE);
    await client.connect();
    return new ServerAdmin(client, dir, linkDir);
  }

  /** A client of the server itself as any role, not connected yet. */
  newClient(user: string): Client {
    return clientOf(this.#socketDir, user);
  }

  async query<Row extends object>(sql: string, values: readonly unknown[] = []): Promise<Row[]> {
    return (await this.#client.query<Row>(sql, [...values])).rows;
  }

  async close(): Promise<void> {
    await this.#client.end();
    await removeLinkDir(this.#linkDir);
  }
}

function clientOf(host: string, user: string): Client {
  const client = new Client({ host, port: SOCKET_PORT, user, database: EXAMPLE.database });
  client.on('error', () => {});
  return client;
}
