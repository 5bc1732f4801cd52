import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withClustersFile } from './external.ts';
import { Keyshift, type StartOptions } from './keyshift.ts';
import { SUPERUSER, TcpServer } from './tcp-server.ts';

/** Two Keyshifts that share a store and serve one external cluster, as behind a balancer. */

const MASTER_KEY = '5d'.repeat(32);

export class TwoGateways {
  /** Runs the cluster, and keeps the store in a database of its own. */
  readonly server: TcpServer;
  first: Keyshift;
  second: Keyshift;
  readonly #folder: string;
  readonly #flags: readonly string[];

  private constructor(
    server: TcpServer,
    first: Keyshift,
    second: Keyshift,
    folder: string,
    flags: readonly string[],
  ) {
    this.server = server;
    this.first = first;
    this.second = second;
    this.#folder = folder;
    this.#flags = flags;
  }

  static start(flags: readonly string[] = []): Promise<TwoGateways> {
    return TwoGateways.#start(flags, () => ({}));
  }

  /** At the same ports, and with the same certificate. */
  static sharingPorts(): Promise<TwoGateways> {
    return TwoGateways.#start([], (first) => ({
      KEYSHIFT_SHARE_PORTS: 'on',
      ...(first === undefined ? {} : certificateOf(first)),
    }));
  }

  /** `environment`: of the first node, and then of the second beside it. */
  static async #start(
    flags: readonly string[],
    environment: (first?: Keyshift) => Readonly<Record<string, string>>,
  ): Promise<TwoGateways> {
    const folder = await mkdtemp(join(tmpdir(), 'keyshift-gateways-'));
    const server = await TcpServer.start();
    await server.sql('CREATE DATABASE keyshift');
    const first = await startNode(server, join(folder, 'first'), flags, environment());
    const second = await startNode(server, join(folder, 'second'), flags, environment(first));
    return new TwoGateways(server, first, second, folder, flags);
  }

  /** Starts the second node anew after it was killed. */
  async secondAgain(): Promise<void> {
    this.second = await startNode(this.server, this.second.dataDir, this.#flags);
  }

  async close(): Promise<void> {
    await Promise.all([this.first.stop(), this.second.stop()]);
    await this.server.close();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

const certificateOf = ({ dataDir }: Keyshift): Record<string, string> => ({
  KEYSHIFT_TLS_CERTIFICATE: join(dataDir, 'server.crt'),
  KEYSHIFT_TLS_KEY: join(dataDir, 'server.key'),
  KEYSHIFT_TLS_AUTHORITY: join(dataDir, 'ca.crt'),
});

function startNode(
  server: TcpServer,
  dataDir: string,
  flags: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Keyshift> {
  return withClustersFile('legacy', server.url(SUPERUSER), (clusters) => {
    const options: StartOptions = {
      dataDir,
      flags: [...clusters.flags, ...flags],
      environment: {
        ...clusters.environment,
        KEYSHIFT_DATABASE_URL: server.url(SUPERUSER).replace(/\/postgres$/, '/keyshift'),
        KEYSHIFT_MASTER_KEY: MASTER_KEY,
        ...environment,
      },
    };
    return Keyshift.start(options);
  });
}
