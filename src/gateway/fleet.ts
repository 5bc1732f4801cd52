import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createSecureContext, type SecureContext } from 'node:tls';
import { messageOf, OperatorError } from '../core/errors.ts';
import type { Secret } from '../core/secret.ts';
import { type EmbeddedServer, startEmbedded } from '../postgres/embedded.ts';
import { createDatabase, createMasterUser, prepareServer, setPassword } from '../postgres/prepare-server.ts';
import { reapSessionRoles } from '../postgres/reap-session-roles.ts';
import { embeddedAccess, type ServerAccess } from '../postgres/server-access.ts';
import { type Cluster, type Clusters, clusterArn } from '../redshift/clusters.ts';
import { credentialKeyPurpose } from '../redshift/credential.ts';
import type { Keyring } from '../store/keyring.ts';
import { CancelKeys } from './cancel.ts';
import { GatewayListener } from './listen.ts';
import { Reaper } from './reaper.ts';
import { RecentRefusals } from './recent-refusals.ts';
import type { GatewayDeps, ServedCluster } from './session.ts';

/** The clusters that this node serves: their servers, and a gateway listener in front of each. */
export interface FleetOptions extends GatewayDeps {
  readonly clusters: Clusters;
  readonly keyring: Keyring;
  readonly region: string;
  /** Folder of the embedded servers' folders. */
  readonly directory: string;
  /** Address that the listeners bind to. */
  readonly host: string;
  readonly tls: { readonly certificate: string; readonly key: string };
  readonly durable: boolean;
  /** Opens the server of an external cluster. */
  readonly openExternal: (identifier: string) => Promise<ServerAccess>;
}

/** What a new embedded cluster is made with. */
export interface ClusterContent {
  readonly masterPassword: Secret;
}

interface Running {
  readonly identifier: string;
  readonly listener: GatewayListener;
  readonly access: ServerAccess;
  readonly server: EmbeddedServer | undefined;
  readonly reaper: Reaper;
}

/** Connections of one embedded server; each costs PostgreSQL some memory even when it is not used. */
const SERVER_CONNECTIONS_MAX = 200;

export class Fleet {
  readonly #options: FleetOptions;
  readonly #running = new Map<string, Running>();
  readonly #background = new Set<Promise<void>>();
  #context: SecureContext;

  constructor(options: FleetOptions) {
    this.#options = options;
    this.#context = createSecureContext({
      cert: options.tls.certificate,
      key: options.tls.key,
      minVersion: 'TLSv1.2',
    });
  }

  /** Starts the server of a cluster that has been made before, and its listener. Throws OperatorError. */
  async start(cluster: Cluster): Promise<void> {
    const { access, server } = await this.#open(cluster);
    try {
      await prepareServer(access);
      await this.#listen(cluster, access, server);
    } catch (error) {
      await access.close();
      await server?.stop();
      throw error;
    }
  }

  /** Makes the server of a new cluster and starts it; the cluster's status tells when it is done, or failed. */
  create(cluster: Cluster, content: ClusterContent): void {
    this.#inBackground(cluster, async () => {
      const { access, server } = await this.#open(cluster);
      try {
        await prepareServer(access);
        const name = cluster.masterUsername;
        await createMasterUser(access, {
          name,
          password: content.masterPassword,
          random: this.#options.random,
        });
        await createDatabase(access, cluster.databaseName);
        await this.#listen(cluster, access, server);
      } catch (error) {
        await access.close();
        await server?.stop();
        throw error;
      }
      await this.#options.clusters.setStatus(cluster, ['creating'], 'available');
    });
  }

  /** Ends the sessions of a cluster, its server and its data; the cluster is gone when that is done. */
  delete(cluster: Cluster): void {
    this.#inBackground(cluster, async () => {
      await this.#stop(cluster);
      if (cluster.kind === 'embedded') await rm(this.#directoryOf(cluster), { recursive: true, force: true });
      await this.#options.clusters.remove(cluster);
    });
  }

  async setMasterPassword(cluster: Cluster, password: Secret): Promise<void> {
    const running = this.#require(cluster);
    await setPassword(running.access, {
      name: cluster.masterUsername,
      password,
      random: this.#options.random,
    });
  }

  /** The administrator's way into the server of a cluster. */
  accessTo(cluster: Cluster): ServerAccess {
    return this.#require(cluster).access;
  }

  /** Whether the server behind each running cluster answers, by identifier. */
  async health(): Promise<ReadonlyMap<string, boolean>> {
    const answers = [...this.#running.values()].map(async ({ identifier, access }) => {
      const isServing = await access
        .admin(access.home)
        .query('SELECT 1')
        .then(
          () => true,
          () => false,
        );
      return [identifier, isServing] as const;
    });
    return new Map(await Promise.all(answers));
  }

  /** Waits until no cluster is being made or deleted. */
  async settled(): Promise<void> {
    while (this.#background.size > 0) await Promise.all(this.#background);
  }

  /**
   * Stops accepting, lets PostgreSQL end the sessions (each client is told why), and stops the servers.
   */
  async close(): Promise<void> {
    for (const { listener } of this.#running.values()) listener.stopAccepting();
    await this.settled();
    await Promise.all([...this.#running.values()].map(stopRunning));
    this.#running.clear();
  }

  async #open(cluster: Cluster): Promise<{ access: ServerAccess; server: EmbeddedServer | undefined }> {
    const { logger, durable } = this.#options;
    if (cluster.kind === 'external') {
      return { access: await this.#options.openExternal(cluster.identifier), server: undefined };
    }
    const server = await startEmbedded({
      dataDir: this.#directoryOf(cluster),
      name: cluster.identifier,
      durable,
      maxConnections: SERVER_CONNECTIONS_MAX,
      logger,
      onExit: (reason) =>
        logger.error({ cluster: cluster.identifier, reason }, "a cluster's server has ended"),
    });
    return { access: embeddedAccess(server, logger), server };
  }

  async #listen(cluster: Cluster, access: ServerAccess, server: EmbeddedServer | undefined): Promise<void> {
    const listener = new GatewayListener(this.#options, this.#toServed(cluster, access));
    try {
      await listener.listen(this.#options.host, cluster.port);
    } catch (error) {
      throw new OperatorError(
        `port ${cluster.port} of cluster ${cluster.identifier} cannot be used (${messageOf(error)}): ` +
          'stop the program that uses it, or set KEYSHIFT_GATEWAY_PORT',
        { cause: error },
      );
    }
    const { identifier } = cluster;
    const reaper = new Reaper({
      identifier,
      reap: (signal) => reapSessionRoles(access, { signal }),
      logger: this.#options.logger,
    });
    this.#running.set(keyOf(cluster), { identifier, listener, access, server, reaper });
  }

  #toServed(cluster: Cluster, access: ServerAccess): ServedCluster {
    const arn = clusterArn(this.#options.region, cluster);
    return {
      accountId: cluster.accountId,
      identifier: cluster.identifier,
      arn,
      keys: this.#options.keyring.derive(credentialKeyPurpose(arn)),
      access,
      tls: () => this.#context,
      cancelKeys: new CancelKeys(this.#options.random),
      recentRefusals: new RecentRefusals(),
    };
  }

  #inBackground(cluster: Cluster, work: () => Promise<void>): void {
    const done = work()
      .catch(async (error: unknown) => {
        this.#options.logger.error({ cluster: cluster.identifier, err: error }, 'a cluster failed');
        await this.#options.clusters.setStatus(cluster, ['creating', 'deleting'], 'failed');
      })
      .catch((error: unknown) => {
        this.#options.logger.error(
          { cluster: cluster.identifier, err: error },
          "a cluster's status is not known",
        );
      })
      .finally(() => this.#background.delete(done));
    this.#background.add(done);
  }

  async #stop(cluster: Cluster): Promise<void> {
    const running = this.#running.get(keyOf(cluster));
    if (running === undefined) return;
    this.#running.delete(keyOf(cluster));
    await stopRunning(running);
  }

  #require(cluster: Cluster): Running {
    const running = this.#running.get(keyOf(cluster));
    if (running === undefined)
      throw new OperatorError(`cluster ${cluster.identifier} is not running on this node`);
    return running;
  }

  #directoryOf(cluster: Cluster): string {
    return join(this.#options.directory, cluster.directory);
  }
}

/** PostgreSQL's fast shutdown tells each session why it ends (57P01); what is left after it is closed. */
async function stopRunning(running: Running): Promise<void> {
  running.listener.stopAccepting();
  await running.reaper.close();
  await running.access.close();
  await running.server?.stop();
  await running.listener.close();
}

const keyOf = (cluster: Cluster): string => `${cluster.accountId}/${cluster.identifier}`;
