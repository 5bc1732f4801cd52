import { randomUUID } from 'node:crypto';
import type { ClusterServers, NewCluster } from './api/actions/redshift/deps.ts';
import { portForNew, requireClusterPort, withPort } from './cluster-ports.ts';
import type { ExternalCluster } from './clusters-file.ts';
import type { Config } from './config.ts';
import type { Clock } from './core/clock.ts';
import { AwsError, codeOf, OperatorError } from './core/errors.ts';
import type { RandomBytes } from './core/ids.ts';
import type { Logger } from './core/logger.ts';
import type { Fleet } from './gateway/fleet.ts';
import type { Cluster, ClusterSettings, Clusters } from './redshift/clusters.ts';
import type { Endpoints } from './redshift/endpoints.ts';
import { unsupportedOperation } from './redshift/errors.ts';
import { DEFAULT_PARAMETER_GROUP, type ParameterValue } from './redshift/parameters.ts';
import type { Resources } from './redshift/resources.ts';

/** Joins the API's clusters with the servers of this node. */
export interface ClusterServersDeps {
  readonly config: Config;
  readonly clusters: Clusters;
  readonly resources: Resources;
  readonly endpoints: Endpoints;
  readonly fleet: Fleet;
  /** See `ClusterServers`. */
  readonly answerTo: (hostName: string) => Promise<void>;
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
    pause: (cluster) => {
      deps.fleet.inBackground(cluster, async () => {
        await deps.fleet.stop(cluster);
        await deps.clusters.setStatus(cluster, ['pausing'], 'paused');
      });
    },
    resume: (cluster) => {
      deps.fleet.inBackground(cluster, async () => startAgain(deps, cluster, 'resuming'));
    },
    reboot: (cluster) => {
      deps.fleet.inBackground(cluster, async () => {
        await deps.fleet.stop(cluster);
        await startAgain(deps, cluster, 'rebooting');
      });
    },
    move: async (cluster, port) => {
      await requireClusterPort(deps, port);
      await deps.clusters.setStatus(cluster, ['available'], 'modifying');
      await deps.clusters.setPort(cluster, port);
      const moved = await deps.clusters.get(cluster.accountId, cluster.identifier);
      deps.fleet.inBackground(moved, async () => {
        await deps.fleet.stop(cluster);
        await startAgain(deps, moved, 'modifying');
      });
      return moved;
    },
    setMasterPassword: async (cluster, password) => {
      if (cluster.kind === 'external') {
        throw unsupportedOperation(
          `Cluster ${cluster.identifier} is an external PostgreSQL server: change passwords on the server itself.`,
        );
      }
      await deps.fleet.setMasterPassword(cluster, password);
    },
    deliverLogs: (cluster) => deps.fleet.deliverLogs(cluster),
    answerTo: deps.answerTo,
  };
}

/**
 * Starts every cluster of the store. The first one listens at the configured port; the others keep theirs, and
 * count on where it is taken. What a crash left half made is failed, and what it left half deleted is deleted.
 * External servers are reached at the same time, and none of them has to be up.
 */
export async function startClusters(deps: ClusterServersDeps): Promise<void> {
  const all = await deps.clusters.all();
  const clusters = all.filter((cluster) => isOurs(deps, cluster)).sort(byAge);
  const reaching: Promise<void>[] = [];
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
      case 'paused':
        break;
      case 'pausing':
        await deps.clusters.setStatus(cluster, ['pausing'], 'paused');
        break;
      case 'available':
      case 'modifying':
      case 'rebooting':
      case 'resuming': {
        const starting = startOne(deps, await withPort(deps, cluster, cluster === clusters[0]));
        if (cluster.kind === 'embedded') {
          await starting;
          break;
        }
        reaching.push(starting);
        // It is waited for below; a failure before that must not end the process on its own.
        starting.catch(() => {});
        break;
      }
      default:
        cluster.status satisfies never;
    }
  }
  await Promise.all(reaching);
}

/** Starts a server with the parameters that its group has now, and tells that the cluster is available. */
async function startOne(deps: ClusterServersDeps, cluster: Cluster): Promise<void> {
  const parameters = await groupParameters(deps, cluster);
  const applied = await deps.clusters.changeSettings(cluster, (settings) => ({
    ...settings,
    appliedParameters: parameters,
  }));
  await deps.fleet.start({ ...applied, port: cluster.port });
  if (cluster.status !== 'available') await deps.clusters.setStatus(cluster, [cluster.status], 'available');
}

/** After it was stopped, in the state that says so; at another port if its own has been taken meanwhile. */
async function startAgain(
  deps: ClusterServersDeps,
  cluster: Cluster,
  status: 'resuming' | 'rebooting' | 'modifying',
): Promise<void> {
  await startOne(deps, await withPort(deps, { ...cluster, status }, false));
}

async function groupParameters(
  deps: ClusterServersDeps,
  { accountId, settings: { parameterGroup = DEFAULT_PARAMETER_GROUP } }: Cluster,
): Promise<readonly ParameterValue[]> {
  const group = await deps.resources.find(accountId, 'parameter-group', parameterGroup);
  return group?.content.parameters ?? [];
}

/** In a store of its own a node has every cluster; in a shared one those whose data are with it, and external ones. */
function isOurs(deps: ClusterServersDeps, cluster: Cluster): boolean {
  const isShared = deps.config.databaseUrl !== undefined;
  if (!isShared || cluster.kind === 'external' || deps.fleet.hasData(cluster)) return true;
  deps.logger.warn(
    { cluster: cluster.identifier },
    "a cluster's data are not on this node; it is not served here",
  );
  return false;
}

const byAge = (a: Cluster, b: Cluster): number => a.createdAt.getTime() - b.createdAt.getTime();

/**
 * Puts the clusters of the configuration file into the store, once, and starts the new ones. One that was deleted
 * comes back while the file names it. Throws OperatorError when an embedded cluster has such a name, or the account is
 * not there.
 */
export async function registerExternalClusters(
  deps: ClusterServersDeps,
  wanted: readonly ExternalCluster[],
): Promise<void> {
  for (const external of wanted) {
    const { accountId, identifier } = external;
    const known = await deps.clusters.list(accountId);
    const found = known.find((cluster) => cluster.identifier === identifier);
    if (found?.kind === 'embedded') {
      throw new OperatorError(
        `the clusters file names ${identifier}, but that is an embedded cluster: choose another identifier`,
      );
    }
    if (found !== undefined) continue;
    const cluster = await insertExternal(deps, external);
    await deps.fleet.start(cluster);
  }
}

async function insertExternal(
  deps: ClusterServersDeps,
  { accountId, identifier, database }: ExternalCluster,
): Promise<Cluster> {
  const cluster: Cluster = {
    accountId,
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
  try {
    await deps.clusters.insert(cluster, deps.clock);
  } catch (error) {
    if (codeOf(error) === '23503') {
      throw new OperatorError(
        `the clusters file names the account ${accountId}, which does not exist: ` +
          'start without it, and make the account with keyshift account create',
        { cause: error },
      );
    }
    // Another node, which starts with the same file, was faster.
    if (!(error instanceof AwsError && error.code === 'ClusterAlreadyExists')) throw error;
  }
  return deps.clusters.get(accountId, identifier);
}

const EXTERNAL_SETTINGS: ClusterSettings = {
  nodeType: 'external',
  numberOfNodes: 1,
  preferredMaintenanceWindow: 'sun:05:00-sun:05:30',
  tags: [],
};

async function insertCluster(deps: ClusterServersDeps, wanted: NewCluster): Promise<Cluster> {
  const { accountId, identifier, masterUsername, databaseName } = wanted;
  if (wanted.port !== undefined) await requireClusterPort(deps, wanted.port);
  const cluster: Cluster = {
    accountId,
    identifier,
    kind: 'embedded',
    status: 'creating',
    // Never the identifier: a name of a deleted cluster may come back before its files are gone.
    directory: randomUUID(),
    port: wanted.port ?? (await portForNew(deps)),
    masterUsername,
    databaseName,
    settings: wanted.settings,
    createdAt: deps.clock.now(),
  };
  const appliedParameters = await groupParameters(deps, cluster);
  const made = { ...cluster, settings: { ...wanted.settings, appliedParameters } };
  const wildcard = deps.endpoints.wildcard(accountId);
  if (wildcard !== undefined) await deps.answerTo(wildcard);
  await deps.clusters.insert(made, deps.clock, wanted.clustersMax);
  return made;
}
