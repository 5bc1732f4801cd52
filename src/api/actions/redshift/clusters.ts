import { Secret } from '../../../core/secret.ts';
import { invalidClusterState, invalidParameterValue } from '../../../redshift/errors.ts';
import {
  requireClusterIdentifier,
  requireDatabaseName,
  requireMasterPassword,
  requireMasterUsername,
} from '../../../redshift/new-cluster-rules.ts';
import type { Action } from '../../action.ts';
import type * as wire from '../../services/redshift.generated.ts';
import { toWireCluster } from './cluster-output.ts';
import type { RedshiftDeps } from './deps.ts';
import { onePage } from './pages.ts';
import { onCluster } from './permissions.ts';

/** CreateCluster, DescribeClusters, ModifyCluster, DeleteCluster and what clients ask beside them. */

const DEFAULT_DATABASE = 'dev';
const DEFAULT_MAINTENANCE_WINDOW = 'sun:05:00-sun:05:30';

export const createCluster: Action<RedshiftDeps, wire.CreateClusterMessage, wire.CreateClusterResult> = {
  permissions: (_deps, input, caller) => onCluster('CreateCluster', caller, input.ClusterIdentifier),
  run: async (deps, input, caller) => {
    const databaseName = input.DBName ?? DEFAULT_DATABASE;
    if (input.MasterUserPassword === undefined) {
      throw invalidParameterValue('MasterUserPassword must be given.');
    }
    const masterPassword = new Secret(input.MasterUserPassword);
    requireClusterIdentifier(input.ClusterIdentifier);
    requireMasterUsername(input.MasterUsername);
    requireMasterPassword(masterPassword);
    requireDatabaseName(databaseName);
    const cluster = await deps.servers.create({
      accountId: caller.principal.accountId,
      identifier: input.ClusterIdentifier,
      masterUsername: input.MasterUsername,
      masterPassword,
      databaseName,
      settings: {
        nodeType: input.NodeType,
        numberOfNodes: input.NumberOfNodes ?? 1,
        preferredMaintenanceWindow: (
          input.PreferredMaintenanceWindow ?? DEFAULT_MAINTENANCE_WINDOW
        ).toLowerCase(),
        tags: (input.Tags ?? []).map((tag) => ({ key: tag.Key ?? '', value: tag.Value ?? '' })),
      },
    });
    return { Cluster: toWireCluster(deps, caller, cluster) };
  },
  changes: true,
};

export const describeClusters: Action<RedshiftDeps, wire.DescribeClustersMessage, wire.ClustersMessage> = {
  permissions: (_deps, input, caller) =>
    onCluster('DescribeClusters', caller, input.ClusterIdentifier ?? '*'),
  run: async (deps, input, caller) => {
    const { accountId } = caller.principal;
    if (input.ClusterIdentifier !== undefined && input.ClusterIdentifier !== '') {
      const cluster = await deps.clusters.get(accountId, input.ClusterIdentifier);
      return { Clusters: [toWireCluster(deps, caller, cluster)] };
    }
    const all = await deps.clusters.list(accountId);
    const page = onePage(all, input, (cluster) => cluster.identifier);
    return { Clusters: page.items.map((cluster) => toWireCluster(deps, caller, cluster)), ...page.next };
  },
  changes: false,
};

export const modifyCluster: Action<RedshiftDeps, wire.ModifyClusterMessage, wire.ModifyClusterResult> = {
  permissions: (_deps, input, caller) => onCluster('ModifyCluster', caller, input.ClusterIdentifier),
  run: async (deps, input, caller) => {
    const cluster = await deps.clusters.get(caller.principal.accountId, input.ClusterIdentifier);
    if (input.MasterUserPassword !== undefined) {
      const password = new Secret(input.MasterUserPassword);
      requireMasterPassword(password);
      if (cluster.status !== 'available') {
        throw invalidClusterState(`Cluster ${cluster.identifier} is in state ${cluster.status}.`);
      }
      await deps.servers.setMasterPassword(cluster, password);
    }
    return { Cluster: toWireCluster(deps, caller, cluster) };
  },
  changes: true,
};

export const deleteCluster: Action<RedshiftDeps, wire.DeleteClusterMessage, wire.DeleteClusterResult> = {
  permissions: (_deps, input, caller) => onCluster('DeleteCluster', caller, input.ClusterIdentifier),
  run: async (deps, input, caller) => {
    const cluster = await deps.clusters.get(caller.principal.accountId, input.ClusterIdentifier);
    if (input.SkipFinalClusterSnapshot !== true) {
      throw invalidParameterValue(
        'Keyshift keeps no snapshots: SkipFinalClusterSnapshot must be true to delete a cluster.',
      );
    }
    await deps.clusters.setStatus(cluster, ['available', 'failed'], 'deleting');
    await deps.servers.delete(cluster);
    return { Cluster: toWireCluster(deps, caller, { ...cluster, status: 'deleting' }) };
  },
  changes: true,
};

/** Terraform reads it with every cluster; logging to S3 is not there, so it is off. */
export const describeLoggingStatus: Action<
  RedshiftDeps,
  wire.DescribeLoggingStatusMessage,
  wire.LoggingStatus
> = {
  permissions: (_deps, input, caller) => onCluster('DescribeLoggingStatus', caller, input.ClusterIdentifier),
  run: async (deps, input, caller) => {
    await deps.clusters.get(caller.principal.accountId, input.ClusterIdentifier);
    return { LoggingEnabled: false };
  },
  changes: false,
};
