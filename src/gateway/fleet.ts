import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createSecureContext, type SecureContext } from 'node:tls';
import { messageOf, OperatorError } from '../core/errors.ts';
import type { Binding } from '../core/listen-at.ts';
import type { Secret } from '../core/secret.ts';
import { type EmbeddedServer, startEmbedded } from '../postgres/embedded.ts';
import { createDatabase, createMasterUser, prepareServer, setPassword } from '../postgres/prepare-server.ts';
import type { Reconciled } from '../postgres/reap-session-roles.ts';
import { embeddedAccess, type ServerAccess } from '../postgres/server-access.ts';
import { type SessionPasswords, sessionPasswords } from '../postgres/session-passwords.ts';
import { type Cluster, type Clusters, clusterArn } from '../redshift/clusters.ts';
import { serverSettingsOf } from '../redshift/parameters.ts';
import type { Keyring } from '../store/keyring.ts';
import { ClusterWork } from './cluster-work.ts';
import { IDLE_TIMEOUT } from './idle-sessions.ts';
import { GatewayListener } from './listen.ts';
import { LogDelivery, type LogDeliveryOptions } from './log-delivery.ts';
import { RecentRefusals } from './recent-refusals.ts';
import { clusterByName, type NamedClusters, type Route, type ServedCluster } from './route.ts';
import { servedCluster } from './served-cluster.ts';
import { ServerLink } from './server-link.ts';
import type { GatewayDeps } from './session.ts';
import { type Running, stopRunning } from './stop-running.ts';

/** The clusters that this node serves: their servers, and a gateway listener in front of each. */
export interface FleetOptions extends GatewayDeps, LogDeliveryOptions, Binding {
  readonly clusters: Clusters;
  readonly keyring: Keyring;
  readonly region: string;
  /** Folder of the embedded servers' folders. */
  readonly directory: string;
  readonly tls: { readonly certificate: string; readonly key: string };
  readonly durable: boolean;
  /** See `NamedClusters`. */
  readonly ofDomain: NamedClusters['ofDomain'];
  /** Of one cluster, see warm-backends.ts. */
  readonly warmBackendsMax: number;
  /** Opens the server of an external cluster. Throws OperatorError when it cannot be used now. */
  readonly openExternal: (cluster: Cluster, passwords: SessionPasswords) => Promise<ServerAccess>;
}

/** Connections of one embedded server; each costs PostgreSQL some memory even when it is not used. */
const SERVER_CONNECTIONS_MAX = 200;

/** What the passwords of session roles on one external server are derived for. */
const sessionRolePurpose = (clusterArn: string): string => `keyshift/session-role/${clusterArn}`;

export class Fleet {
  readonly #options: FleetOptions;
  readonly #running = new Map<string, Running>();
  readonly #work: ClusterWork;
  /** Of the port that all clusters share. */
  #byName: GatewayListener | undefined;
  #context: SecureContext;

  constructor(options: FleetOptions) {
    this.#options = options;
    this.#work = new ClusterWork(options);
    this.#context = secureContext(options.tls);
  }

  /** Shows another certificate to the connections that come from now on. */
  useCertificate(tls: FleetOptions['tls']): void {
    this.#context = secureContext(tls);
  }

  /** Listens at one port for all clusters, which clients tell apart by host name. Rejects when the port is taken. */
  async listenByName(port: number): Promise<void> {
    const clusters: NamedClusters = {
      find: (cluster) => this.#running.get(keyOf(cluster))?.served,
      ofDomain: this.#options.ofDomain,
    };
    this.#byName = new GatewayListener(
      this.#options,
      this.#route(undefined, (serverName) => clusterByName(clusters, serverName)),
    );
    await this.#byName.listen(this.#options, port);
  }

  /**
   * Starts the server of a cluster that has been made before, and its listener. An external server need not be up:
   * its logins are refused until it is reached. Throws OperatorError.
   */
  async start(cluster: Cluster): Promise<void> {
    if (cluster.kind === 'external') return this.#startExternal(cluster);
    const { access, server } = await this.#open(cluster);
    try {
      await prepareServer(access);
      await this.#listenInFront(cluster, access, server);
    } catch (error) {
      await access.close();
      await server.stop();
      throw error;
    }
  }

  /** Makes the server of a new cluster and starts it; the cluster's status tells when it is done, or failed. */
  create(cluster: Cluster, content: { readonly masterPassword: Secret }): void {
    this.inBackground(cluster, async () => {
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
        await this.#listenInFront(cluster, access, server);
      } catch (error) {
        await access.close();
        await server.stop();
        throw error;
      }
      await this.#options.clusters.setStatus(cluster, ['creating'], 'available');
    });
  }

  /** Ends the sessions of a cluster and its server; its data stay. */
  async stop(cluster: Cluster): Promise<void> {
    const running = this.#running.get(keyOf(cluster));
    if (running === undefined) return;
    this.#running.delete(keyOf(cluster));
    await stopRunning(running, this.#byName);
  }

  /** Ends the sessions of a cluster, its server and its data; the cluster is gone when that is done. */
  delete(cluster: Cluster): void {
    this.inBackground(cluster, async () => {
      await this.stop(cluster);
      if (cluster.kind === 'embedded') await rm(this.#directoryOf(cluster), { recursive: true, force: true });
      await this.#options.clusters.remove(cluster);
    });
  }

  async setMasterPassword(cluster: Cluster, password: Secret): Promise<void> {
    const { random } = this.#options;
    await setPassword(this.accessTo(cluster), { name: cluster.masterUsername, password, random });
  }

  /** The administrator's way into the server of a cluster. */
  accessTo(cluster: Cluster): ServerAccess {
    const access = this.#running.get(keyOf(cluster))?.link.access;
    if (access !== undefined) return access;
    throw new OperatorError(`cluster ${cluster.identifier} is not running on this node`);
  }

  /** The gateway in front of a cluster, if this node has it. */
  gatewayOf(accountId: string, identifier: string): GatewayListener | undefined {
    return this.#running.get(keyOf({ accountId, identifier }))?.listener;
  }

  /** Delivers what there is until now for the logs of a cluster, if it is served here. Never rejects. */
  async deliverLogs(cluster: Cluster): Promise<void> {
    const running = this.#running.get(keyOf(cluster));
    await running?.link.userLog?.look();
    await running?.logs.deliver();
  }

  /** See `reconcileSessionRoles`; undefined when the cluster is not served here. */
  async reconcile(accountId: string, identifier: string, remove: boolean): Promise<Reconciled | undefined> {
    return this.#running.get(keyOf({ accountId, identifier }))?.link.reconcile(remove);
  }

  /** Whether the server behind each running cluster answers. */
  async health(): Promise<
    readonly { readonly accountId: string; readonly identifier: string; readonly isServing: boolean }[]
  > {
    const answers = [...this.#running.values()].map(async ({ served, link }) => ({
      accountId: served.accountId,
      identifier: served.identifier,
      isServing: await link.isAnswering(),
    }));
    return Promise.all(answers);
  }

  /** Waits until no cluster is being made or deleted. */
  settled(): Promise<void> {
    return this.#work.settled();
  }

  /**
   * Stops accepting, lets PostgreSQL end the sessions (each client is told why), and stops the servers.
   */
  async close(): Promise<void> {
    this.#byName?.stopAccepting();
    for (const { listener } of this.#running.values()) listener.stopAccepting();
    await this.settled();
    await Promise.all([...this.#running.values()].map((running) => stopRunning(running, this.#byName)));
    this.#running.clear();
    await this.#byName?.close();
  }

  async #startExternal(cluster: Cluster): Promise<void> {
    const link = await this.#listen(cluster);
    await link.reach(() => this.#reach(cluster));
  }

  async #reach(cluster: Cluster): Promise<ServerAccess> {
    const { keyring, region, random } = this.#options;
    const key = keyring.key(sessionRolePurpose(clusterArn(region, cluster)));
    const access = await this.#options.openExternal(cluster, sessionPasswords(key, random));
    try {
      await prepareServer(access);
      return access;
    } catch (error) {
      await access.close();
      throw error;
    }
  }

  async #open(cluster: Cluster): Promise<{ access: ServerAccess; server: EmbeddedServer }> {
    const { logger, durable } = this.#options;
    const { accountId: account, identifier: name } = cluster;
    const server = await startEmbedded({
      dataDir: this.#directoryOf(cluster),
      name,
      durable,
      maxConnections: SERVER_CONNECTIONS_MAX,
      settings: serverSettingsOf(cluster.settings.appliedParameters ?? []),
      logger,
      onExit: (reason) => logger.error({ account, cluster: name, reason }, "a cluster's server has ended"),
    });
    return { access: embeddedAccess(server, logger), server };
  }

  async #listenInFront(cluster: Cluster, access: ServerAccess, server: EmbeddedServer): Promise<void> {
    const link = await this.#listen(cluster);
    link.take(access, server);
  }

  async #listen(cluster: Cluster): Promise<ServerLink> {
    const { accountId, identifier } = cluster;
    const { region } = this.#options;
    const logs = new LogDelivery({ accountId, identifier, region }, this.#options);
    const link: ServerLink = new ServerLink(identifier, {
      ...this.#options,
      noteUser: (event) => served.note('users', { ...event }),
      endIdle: (pid) => this.#options.live.endBackend(accountId, identifier, pid, IDLE_TIMEOUT),
    });
    const served = servedCluster(this.#options, cluster, link, logs);
    const listener = new GatewayListener(
      this.#options,
      this.#route(served, async () => served),
    );
    try {
      await listener.listen(this.#options, cluster.port);
    } catch (error) {
      throw new OperatorError(
        `port ${cluster.port} of cluster ${cluster.identifier} cannot be used (${messageOf(error)}): ` +
          'stop the program that uses it, or set KEYSHIFT_GATEWAY_PORT',
        { cause: error },
      );
    }
    this.#running.set(keyOf(cluster), { served, listener, link, logs });
    return link;
  }

  #route(cluster: ServedCluster | undefined, byName: Route['byName']): Route {
    return { tls: () => this.#context, recentRefusals: new RecentRefusals(), cluster, byName };
  }

  /** See `ClusterWork`. */
  inBackground(cluster: Cluster, work: () => Promise<void>): void {
    this.#work.start(cluster, work);
  }

  /** Whether the data of an embedded cluster are on this machine; another node may have them. */
  hasData(cluster: Cluster): boolean {
    return existsSync(this.#directoryOf(cluster));
  }

  #directoryOf(cluster: Cluster): string {
    return join(this.#options.directory, cluster.directory);
  }
}

/**
 * Key exchange is PostgreSQL 18's own (`ssl_groups`). What newer engines add of ML-KEM would cost a waiting connection
 * 10 KiB more and a login a tenth of its TLS.
 */
function secureContext({ certificate, key }: FleetOptions['tls']): SecureContext {
  return createSecureContext({
    cert: certificate,
    key,
    minVersion: 'TLSv1.2',
    ecdhCurve: 'X25519:P-256',
  });
}

const keyOf = (cluster: Pick<Cluster, 'accountId' | 'identifier'>): string =>
  `${cluster.accountId}/${cluster.identifier}`;
