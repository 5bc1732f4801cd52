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
  readonly #linkDir: string | undefined;

  private constructor(client: Client, linkDir: string | undefined) {
    this.#client = client;
    this.#linkDir = linkDir;
  }

  static async open(keyshift: Keyshift): Promise<ServerAdmin> {
    const clusters = join(keyshift.dataDir, 'clusters');
    const [folder, ...others] = readdirSync(clusters);
    if (folder === undefined || others.length > 0) throw new Error('there must be one cluster');
    const { dir, linkDir } = await socketPlace(join(clusters, folder, 'server'));
    const client = new Client({ host: dir, port: SOCKET_PORT, user: ADMIN_ROLE, database: EXAMPLE.database });
    client.on('error', () => {});
    await client.connect();
    return new ServerAdmin(client, linkDir);
  }

  async query<Row extends object>(sql: string, values: readonly unknown[] = []): Promise<Row[]> {
    return (await this.#client.query<Row>(sql, [...values])).rows;
  }

  async close(): Promise<void> {
    await this.#client.end();
    await removeLinkDir(this.#linkDir);
  }
}
