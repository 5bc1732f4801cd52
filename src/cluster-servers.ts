import { randomUUID } from 'node:crypto';
import type { ClusterServers, NewCluster } from './api/actions/redshift/deps.ts';
import type { ExternalCluster } from './clusters-file.ts';
import type { Config } from './config.ts';
import type { Clock } from './core/clock.ts';
import type { RandomBytes } from './core/ids.ts';
import type { Logger } from './core/logger.ts';
import type { Fleet } from './gateway/fleet.ts';
import { chooseGatewayPort } from './ports.ts';
import type { Cluster, ClusterSettings, Clusters } from './redshift/clusters.ts';

/** Joins the API's clusters with the servers of this node. */
export interface ClusterServersDeps {
  readonly config: Config;
  readonly clusters: Clusters;
  readonly fleet: Fleet;
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly logger: Logger;
}

/** What CreateCluster, ModifyCluster and DeleteCluster do to servers. */
export function clusterServers(deps: ClusterServersDeps): ClusterServers {
  return {
    create: async (wanted) => {
      const cluster = await insertCluster(deps, wanted);
      deps.fleet.create(cluster, { masterPassword: wanted.masterPassword });
      return cluster;
    },
    delete: async (cluster) => deps.fleet.delete(cluster),
    setMasterPassword: (cluster, password) => deps.fleet.setMasterPassword(cluster, password),
  };
}

/**
 * Starts every cluster of the store. The first one listens at the configured port; the others keep theirs, and
 * count on where it is taken. What a crash left half made is failed, and what it left half deleted is deleted.
 */
export async function startClusters(deps: ClusterServersDeps): Promise<void> {
  const clusters = [...(await deps.clusters.all())].sort(
    (a, b) => a.createdAt.getTime() - b.createdAt.getTime(),
  );
  for (const cluster of clusters) {
    switch (cluster.status) {
      case 'creating':
        deps.logger.warn(
          { cluster: cluster.identifier },
          'a cluster was not finished: delete it and create it again',
        );
        await deps.clusters.setStatus(cluster, ['creating'], 'failed');
        break;
      case 'deleting':
        deps.fleet.delete(cluster);
        break;
      case 'failed':
        break;
      case 'available':
      case 'modifying':
        await deps.fleet.start(await withPort(deps, cluster, clusters));
        break;
      default:
        cluster.status satisfies never;
    }
  }
}

/** Puts the clusters of the configuration file into the store, once; they start like all others. */
export async function registerExternalClusters(
  deps: ClusterServersDeps,
  wanted: readonly ExternalCluster[],
): Promise<void> {
  const known = new Set(
    (await deps.clusters.list(deps.config.accountId)).map((cluster) => cluster.identifier),
  );
  for (const { identifier, database } of wanted) {
    if (known.has(identifier)) continue;
    const cluster: Cluster = {
      accountId: deps.config.accountId,
      identifier,
      kind: 'external',
      status: 'available',
      directory: '',
      port: await portForNew(deps),
      masterUsername: '',
      databaseName: database,
      settings: EXTERNAL_SETTINGS,
      createdAt: deps.clock.now(),
    };
    await deps.clusters.insert(cluster, deps.clock);
  }
}

const EXTERNAL_SETTINGS: ClusterSettings = {
  nodeType: 'external',
  numberOfNodes: 1,
  preferredMaintenanceWindow: 'sun:05:00-sun:05:30',
  tags: [],
};

async function insertCluster(deps: ClusterServersDeps, wanted: NewCluster): Promise<Cluster> {
  const { accountId, identifier, masterUsername, databaseName, settings } = wanted;
  const cluster: Cluster = {
    accountId,
    identifier,
    kind: 'embedded',
    status: 'creating',
    // Never the identifier: a name of a deleted cluster may come back before its files are gone.
    directory: randomUUID(),
    port: await portForNew(deps),
    masterUsername,
    databaseName,
    settings,
    createdAt: deps.clock.now(),
  };
  await deps.clusters.insert(cluster, deps.clock);
  return cluster;
}

async function portForNew(deps: ClusterServersDeps): Promise<number> {
  const taken = new Set((await deps.clusters.all()).map((cluster) => cluster.port));
  return chooseGatewayPort(deps.config.host, deps.config.gatewayPort, taken, deps.random);
}

async function withPort(
  deps: ClusterServersDeps,
  cluster: Cluster,
  all: readonly Cluster[],
): Promise<Cluster> {
  const { host, gatewayPort } = deps.config;
  const others = new Set(all.filter((other) => other !== cluster).map((other) => other.port));
  const isFirst = cluster === all[0];
  const wanted = isFirst && gatewayPort !== 0 ? gatewayPort : cluster.port;
  if (isFirst && wanted === gatewayPort) others.delete(wanted);
  const port = await chooseGatewayPort(host, wanted, others, deps.random);
  if (port === cluster.port) return cluster;
  await deps.clusters.setPort(cluster, port);
  return { ...cluster, port };
}
