import { existsSync, rmSync } from 'node:fs';
import { handleRequest } from './api/handle-request.ts';
import { type HttpListener, listenHttp } from './api/listen.ts';
import { apiServices } from './api-services.ts';
import { UnknownCallers } from './audit/unknown-callers.ts';
import { AuditWriter } from './audit/writer.ts';
import { type Certificates, openCertificates } from './certificates.ts';
import { Cleanup } from './cleanup.ts';
import { clusterServers, registerExternalClusters, startClusters } from './cluster-servers.ts';
import { externalUrls } from './clusters-file.ts';
import type { Config } from './config.ts';
import { MovableClock, systemClock } from './core/clock.ts';
import { systemRandom } from './core/ids.ts';
import { LIMITS } from './core/limits.ts';
import type { Logger } from './core/logger.ts';
import {
  type DataDirectory,
  openDataDirectory,
  openMasterKeyFile,
  parseMasterKey,
  requireMasterKeyFile,
} from './data-directory.ts';
import { ensureExample } from './example.ts';
import { CredentialNetworks } from './gateway/credential-networks.ts';
import { FailedLogins } from './gateway/failed-logins.ts';
import { Fleet } from './gateway/fleet.ts';
import { Turnstile } from './gateway/turnstile.ts';
import { healthAnswer } from './health.ts';
import { AccessKeyUsage } from './iam/access-key-usage.ts';
import { AccountIndexes } from './iam/account-indexes.ts';
import { parseQuotas } from './iam/account-quotas.ts';
import {
  encodeAuthorizationMessage,
  MESSAGE_KEY_PURPOSE,
  type RefusedCall,
} from './iam/authorization-message.ts';
import { Directory } from './iam/directory.ts';
import { PasswordHasher } from './iam/password-hasher.ts';
import type { Principal } from './iam/principal.ts';
import { ensureAccount, ensureRootKey, type RootKey } from './iam/root-key.ts';
import { SESSION_KEY_PURPOSE } from './iam/session-token.ts';
import { NodeAccess } from './live-access.ts';
import { requireFreePort, requireUsableHost } from './ports.ts';
import { startEmbedded } from './postgres/embedded.ts';
import { openExternal } from './postgres/external.ts';
import { Clusters } from './redshift/clusters.ts';
import { AccountLoginSettings } from './redshift/login-settings.ts';
import { Resources } from './redshift/resources.ts';
import { SigningKeyCache } from './sigv4/index.ts';
import { ChangeChannel } from './store/changes.ts';
import { openInstallation } from './store/installation.ts';
import { openKeyring } from './store/keyring.ts';
import { checkStore, openStore, type StoreLocation, storeClient } from './store/open-store.ts';
import { masterKeySealer } from './store/sealer.ts';

/** The composition root: the only file that makes clocks, stores, servers and listeners, and joins them. */
export interface RunningServer {
  readonly httpUrl: string;
  readonly httpsUrl: string;
  readonly gatewayHost: string;
  /** Of the first cluster; undefined while there is none. */
  readonly gatewayPort: number | undefined;
  readonly certificates: Certificates;
  readonly rootKey: RootKey;
  readonly directory: DataDirectory;
  close(): Promise<void>;
}

/** How often the last use of access keys is written down. */
const USAGE_FLUSH_MS = 30_000;
/** How often refusals of unknown callers that were only counted are written down. */
const UNKNOWN_FLUSH_MS = 10_000;
const STORE_CONNECTIONS_MAX = 50;

/**
 * Starts everything. Throws OperatorError with one sentence and the remedy, or the reason of `signal` when that
 * breaks the start off; nothing is left running then.
 */
export async function startServer(
  config: Config,
  environment: Environment,
  logger: Logger,
  signal: AbortSignal,
): Promise<RunningServer> {
  const cleanup = new Cleanup(logger);
  try {
    return await start(config, environment, logger, cleanup, signal);
  } catch (error) {
    await cleanup.run();
    throw error;
  }
}

type Environment = Readonly<Record<string, string | undefined>>;

async function start(
  config: Config,
  environment: Environment,
  logger: Logger,
  cleanup: Cleanup,
  signal: AbortSignal,
): Promise<RunningServer> {
  // What can be wrong is looked at before anything is made or changed.
  await requireUsableHost(config.host);
  await requireFreePort(config.host, config.httpPort, 'KEYSHIFT_HTTP_PORT');
  await requireFreePort(config.host, config.httpsPort, 'KEYSHIFT_HTTPS_PORT');
  await requireFreePort(config.host, config.gatewayPort, 'KEYSHIFT_GATEWAY_PORT');
  const urls = externalUrls(config.clustersFile, environment);
  const givenKey =
    config.masterKey === undefined
      ? undefined
      : parseMasterKey(config.masterKey.reveal(), 'KEYSHIFT_MASTER_KEY');
  const external =
    config.databaseUrl === undefined ? undefined : await checkStore({ url: config.databaseUrl.reveal() });
  if (external?.isNew === false && givenKey === undefined) requireMasterKeyFile(config.dataDir);

  const directory = openDataDirectory(config.dataDir);
  const random = systemRandom;
  const isStoreNew = external?.isNew ?? !existsSync(directory.store);
  const sealer = masterKeySealer(givenKey ?? openMasterKeyFile(directory, isStoreNew, random), random);
  const location = await storeLocation(config, directory, logger, cleanup);
  // A crash may have left it; programs wait for the new one.
  rmSync(directory.readyFile, { force: true });
  const store = await openStore(location);
  cleanup.add('store', () => store.close());

  const installation = await openInstallation(store, sealer, config, systemClock);
  const movableClock = installation.testClock ? new MovableClock(installation.clockOffsetMs) : undefined;
  const clock = movableClock ?? systemClock;
  const keyring = await openKeyring(store, sealer, random, clock);
  const sessionKeys = keyring.derive(SESSION_KEY_PURPOSE);
  const quotas = parseQuotas(config.iamQuotas);
  const iam = { store, clock, random, sealer, passwords: new PasswordHasher(random), sessionKeys, quotas };
  await ensureAccount(iam, config.accountId);
  const rootKey = await ensureRootKey(iam, config.accountId, config.rootKey);

  const resources = new Resources(store, clock);
  const domains = await resources.namesOfAll('custom-domain');
  const names = ['localhost', '127.0.0.1', '::1', config.publicHost, ...domains];
  const certificates = await openCertificates(directory.root, names, systemClock.now(), random);
  const audit = new AuditWriter(store);
  cleanup.add('audit log', () => audit.close());
  const unknownCallers = new UnknownCallers(audit, clock);
  cleanup.every(UNKNOWN_FLUSH_MS, () => unknownCallers.flush());
  const usage = new AccessKeyUsage(store);
  cleanup.every(USAGE_FLUSH_MS, () => usage.flush());

  const authDirectory = new Directory(store, sealer, sessionKeys);
  const indexes = new AccountIndexes(store, clock);
  const clusters = new Clusters(store);
  const loginSettings = new AccountLoginSettings(store);
  const caches = [authDirectory, indexes, clusters, loginSettings];
  const forget = (accountId: string): void => {
    for (const cache of caches) cache.forget(accountId);
  };
  const hearing = (isHearing: boolean): void => {
    for (const cache of caches) cache.hearing(isHearing);
  };
  const nodeAccess = new NodeAccess({ store, clock, random, keyring, logger });
  const changes = new ChangeChannel(
    () => storeClient(location),
    nodeAccess.node,
    { changed: forget, asked: (announcement) => void nodeAccess.nodes.asked(announcement), hearing },
    logger,
  );
  await changes.open();
  cleanup.add('change channel', () => changes.close());

  await nodeAccess.start(cleanup);

  const fleet = new Fleet({
    live: nodeAccess.live,
    revocations: nodeAccess.revocations,
    credentialNetworks: new CredentialNetworks(),
    failedLogins: new FailedLogins(),
    cancelKeys: nodeAccess.cancelKeys,
    handshakes: new Turnstile(LIMITS.tlsHandshakesPerAddressMax),
    unknownCallers,
    clock,
    random,
    audit,
    logger,
    clusters,
    keyring,
    region: config.region,
    directory: directory.clusters,
    host: config.host,
    tls: certificates,
    durable: !config.unsafeNoFsync,
    openExternal: async (identifier, passwords) => openExternal(urls.require(identifier), passwords, logger),
  });
  cleanup.add('clusters', () => fleet.close());
  nodeAccess.serve(fleet);
  const answerTo = async (name: string): Promise<void> => {
    names.push(name);
    fleet.useCertificate(await openCertificates(directory.root, names, systemClock.now(), random));
  };
  const clusterDeps = { config, clusters, resources, fleet, answerTo, clock, random, logger };
  const servers = clusterServers(clusterDeps);
  signal.throwIfAborted();
  await startClusters(clusterDeps);
  signal.throwIfAborted();
  const { accountId, region, publicHost } = config;
  // Before the external ones, so that the example is the first cluster and has the configured port.
  if (config.example) await ensureExample({ accountId, region, iam, clusters, servers, fleet, random });
  await registerExternalClusters(clusterDeps, urls.clusters);

  const messageKeys = keyring.derive(MESSAGE_KEY_PURPOSE);
  const api = {
    sealRefusal: (principal: Principal, refused: RefusedCall) =>
      encodeAuthorizationMessage(messageKeys, principal, refused, random),
    services: apiServices(),
    actions: {
      iam,
      clock,
      random,
      keyring,
      clusters,
      loginSettings,
      resources,
      servers,
      publicHost,
      store,
      movableClock,
      access: nodeAccess.access,
      indexes,
      managementAccountId: accountId,
    },
    authenticator: {
      directory: authDirectory,
      keys: new SigningKeyCache(LIMITS.signingKeyCacheMax),
      clock,
      windowMinutes: config.signatureWindowMinutes,
      region,
      usage,
    },
    audit,
    unknownCallers,
    clock,
    region,
    accountId,
    forget,
    logger,
  };
  const listen = async (port: number, tls: Certificates | undefined): Promise<HttpListener> => {
    const listener = await listenHttp({
      host: config.host,
      port,
      tls,
      answer: (request) =>
        request.path === '/health' ? healthAnswer(store, fleet) : handleRequest(api, request),
    });
    cleanup.add('API listener', () => listener.close());
    return listener;
  };
  const http = await listen(config.httpPort, undefined);
  const https = await listen(config.httpsPort, certificates);
  const host = urlHost(config);
  return {
    httpUrl: `http://${host}:${http.port}`,
    httpsUrl: `https://${host}:${https.port}`,
    gatewayHost: publicHost,
    gatewayPort: firstPort(await clusters.list(accountId)),
    certificates,
    rootKey,
    directory,
    close: () => cleanup.run(),
  };
}

async function storeLocation(
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

/** The address in URLs: the loopback address itself, or the name by which clients reach this node. */
function urlHost(config: Config): string {
  return config.host === '127.0.0.1' ? config.host : config.publicHost;
}

function firstPort(
  clusters: readonly { readonly createdAt: Date; readonly port: number }[],
): number | undefined {
  return [...clusters].sort((a, b) => a.createdAt.getTime() - b.createdAt.getTime())[0]?.port;
}
