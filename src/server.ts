import { existsSync, rmSync } from 'node:fs';
import { handleRequest } from './api/handle-request.ts';
import { type HttpListener, listenHttp } from './api/listen.ts';
import { apiServices } from './api-services.ts';
import { UnknownCallers } from './audit/unknown-callers.ts';
import { AuditWriter } from './audit/writer.ts';
import { Cleanup } from './cleanup.ts';
import { certificateNames, clusterOfDomain, openEndpoints } from './cluster-names.ts';
import { clusterServers, registerExternalClusters, startClusters } from './cluster-servers.ts';
import { externalUrls } from './clusters-file.ts';
import type { Config } from './config.ts';
import { MovableClock, systemClock } from './core/clock.ts';
import { systemRandom } from './core/ids.ts';
import { LIMITS } from './core/limits.ts';
import type { Logger } from './core/logger.ts';
import { startDataApi } from './data-api.ts';
import {
  type DataDirectory,
  openDataDirectory,
  openMasterKeyFile,
  parseMasterKey,
  requireMasterKeyFile,
} from './data-directory.ts';
import { ensureExample } from './example.ts';
import { CredentialNetworks } from './gateway/credential-networks.ts';
import { Fleet } from './gateway/fleet.ts';
import { strangerLimits } from './gateway/stranger-limits.ts';
import { healthAnswer } from './health.ts';
import { AccessKeyUsage } from './iam/access-key-usage.ts';
import { AccountIndexes } from './iam/account-indexes.ts';
import { parseQuotas, quotaInForce } from './iam/account-quotas.ts';
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
import { ListenerCertificates, type ShownCertificate } from './listener-certificates.ts';
import { NodeAccess } from './live-access.ts';
import { firstPort, requirePorts } from './ports.ts';
import { openExternal } from './postgres/external.ts';
import { Clusters } from './redshift/clusters.ts';
import { AccountLoginSettings } from './redshift/login-settings.ts';
import { Resources } from './redshift/resources.ts';
import { SigningKeyCache } from './sigv4/index.ts';
import { ChangeChannel } from './store/changes.ts';
import { openInstallation } from './store/installation.ts';
import { openKeyring } from './store/keyring.ts';
import { checkStore, openStore, storeClient } from './store/open-store.ts';
import { masterKeySealer } from './store/sealer.ts';
import { storeLocation } from './store-location.ts';

/** The composition root: the only file that makes clocks, stores, servers and listeners, and joins them. */
export interface RunningServer {
  readonly httpUrl: string;
  readonly httpsUrl: string;
  readonly gatewayHost: string;
  /** Of the first cluster; undefined while there is none. */
  readonly gatewayPort: number | undefined;
  /** The port that all clusters share, if there is one. */
  readonly sniPort: number | undefined;
  /** What clients must trust, where they do not anyway. */
  readonly caFile: string | undefined;
  readonly rootKey: RootKey;
  readonly directory: DataDirectory;
  /** Reads again what is kept in files: the certificate. */
  reload(): Promise<void>;
  close(): Promise<void>;
}

/** How often the last use of access keys is written down. */
const USAGE_FLUSH_MS = 30_000;
/** How often refusals of unknown callers that were only counted are written down. */
const UNKNOWN_FLUSH_MS = 10_000;
/** How often files of certificates are looked at, and whether our own is near its end. */
const CERTIFICATES_LOOK_MS = 5_000;

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
  await requirePorts(config);
  const urls = externalUrls(config.clustersFile, environment, config.accountId);
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
  const clusters = new Clusters(store);
  const endpoints = await openEndpoints(config, clusters, random);
  const certificates = await ListenerCertificates.open({
    directory: directory.root,
    files: config.tlsFiles,
    names: await certificateNames(config, clusters, resources, endpoints),
    now: () => systemClock.now(),
    random,
    logger,
  });
  cleanup.every(CERTIFICATES_LOOK_MS, () => certificates.look());
  const audit = new AuditWriter(store);
  cleanup.add('audit log', () => audit.close());
  const unknownCallers = new UnknownCallers(audit, clock);
  cleanup.every(UNKNOWN_FLUSH_MS, () => unknownCallers.flush());
  const usage = new AccessKeyUsage(store);
  cleanup.every(USAGE_FLUSH_MS, () => usage.flush());

  const authDirectory = new Directory(store, sealer, sessionKeys);
  const indexes = new AccountIndexes(store, clock);
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
    ...strangerLimits(),
    cancelKeys: nodeAccess.cancelKeys,
    credentialUse: nodeAccess.credentialUse,
    unknownCallers,
    clock,
    random,
    audit,
    logger,
    clusters,
    keyring,
    region: config.region,
    directory: directory.clusters,
    logFolder: directory.logs,
    host: config.host,
    sharePorts: config.sharePorts,
    tls: certificates.shown,
    durable: !config.unsafeNoFsync,
    ofDomain: (name) => clusterOfDomain(resources, name),
    warmBackendsMax: config.warmBackends,
    openExternal: async (cluster, passwords) => openExternal(urls.require(cluster), passwords, logger),
  });
  cleanup.add('clusters', () => fleet.close());
  nodeAccess.serve(fleet);
  certificates.onChange((shown) => fleet.useCertificate(shown));
  const answerTo = (name: string): Promise<void> => certificates.addName(name);
  if (endpoints.portByName !== undefined) await fleet.listenByName(endpoints.portByName);
  const clusterDeps = { config, clusters, resources, endpoints, fleet, answerTo, clock, random, logger };
  const servers = clusterServers(clusterDeps);
  signal.throwIfAborted();
  await startClusters(clusterDeps);
  signal.throwIfAborted();
  const { accountId, region, publicHost } = config;
  // Before the external ones, so that the example is the first cluster and has the configured port.
  if (config.example) await ensureExample({ accountId, region, iam, clusters, servers, fleet, random });
  await registerExternalClusters(clusterDeps, urls.clusters);

  const statements = await startDataApi({ store, sealer, clock, logger, audit, fleet, nodeAccess }, cleanup);

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
      endpoints,
      statements,
      store,
      movableClock,
      access: nodeAccess.access,
      indexes,
      managementAccountId: accountId,
      clusterQuota: (account: string) => quotaInForce(iam, store, account, 'clusters'),
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
  const listen = async (port: number, tls: ShownCertificate | undefined): Promise<HttpListener> => {
    const listener = await listenHttp({
      host: config.host,
      sharePorts: config.sharePorts,
      port,
      tls,
      answer: (request) =>
        request.path === '/health' ? healthAnswer(store, fleet, accountId) : handleRequest(api, request),
    });
    cleanup.add('API listener', () => listener.close());
    return listener;
  };
  const http = await listen(config.httpPort, undefined);
  const https = await listen(config.httpsPort, certificates.shown);
  certificates.onChange((shown) => https.useCertificate(shown));
  const host = urlHost(config);
  return {
    httpUrl: `http://${host}:${http.port}`,
    httpsUrl: `https://${host}:${https.port}`,
    gatewayHost: publicHost,
    gatewayPort: firstPort(await clusters.list(accountId)),
    sniPort: endpoints.portByName,
    caFile: certificates.caFile,
    rootKey,
    directory,
    reload: () => certificates.look(),
    close: () => cleanup.run(),
  };
}

/** The address in URLs: the loopback address itself, or the name by which clients reach this node. */
function urlHost(config: Config): string {
  return config.host === '127.0.0.1' ? config.host : config.publicHost;
}
