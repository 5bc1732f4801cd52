import { Secret } from '../../../core/secret.ts';
import {
  invalidClusterState,
  invalidParameterValue,
  unsupportedOperation,
} from '../../../redshift/errors.ts';
import {
  requireClusterIdentifier,
  requireDatabaseName,
  requireMasterPassword,
  requireMasterUsername,
} from '../../../redshift/new-cluster-rules.ts';
import { withTags } from '../../../redshift/tags.ts';
import type { Action, Caller } from '../../action.ts';
import type * as wire from '../../services/redshift.generated.ts';
import { requireOwnServer } from './cluster-lifecycle.ts';
import { requireOptions, withOptions } from './cluster-options.ts';
import { toWireCluster, toWireClusters } from './cluster-output.ts';
import type { RedshiftDeps } from './deps.ts';
import { requireCluster } from './named-cluster.ts';
import { onePage } from './pages.ts';
import { requireGroup } from './parameter-groups.ts';
import { onCluster } from './permissions.ts';
import { requireSubnetGroup } from './subnet-groups.ts';
import { fromWireTags } from './tags.ts';

/** CreateCluster, DescribeClusters, ModifyCluster, DeleteCluster and what clients ask beside them. */

const DEFAULT_DATABASE = 'dev';
const DEFAULT_MAINTENANCE_WINDOW = 'sun:05:00-sun:05:30';

export const createCluster: Action<RedshiftDeps, wire.CreateClusterMessage, wire.CreateClusterResult> = {
  permissions: (deps, input, caller) =>
    onCluster('CreateCluster', deps, caller, input.ClusterIdentifier, input.Tags),
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
    requireOptions(input);
    await requireOptionsExist(deps, caller, input);
    const settings = {
      nodeType: input.NodeType,
      numberOfNodes: 1,
      preferredMaintenanceWindow: DEFAULT_MAINTENANCE_WINDOW,
      tags: withTags([], fromWireTags(input.Tags)),
    };
    const cluster = await deps.servers.create({
      accountId: caller.principal.accountId,
      identifier: input.ClusterIdentifier,
      masterUsername: input.MasterUsername,
      masterPassword,
      databaseName,
      port: input.Port,
      settings: withOptions(settings, input),
      clustersMax: await deps.clusterQuota(caller.principal.accountId),
    });
    return { Cluster: await toWireCluster(deps, caller, cluster) };
  },
  changes: true,
};

export const describeClusters: Action<RedshiftDeps, wire.DescribeClustersMessage, wire.ClustersMessage> = {
  permissions: (deps, input, caller) =>
    onCluster('DescribeClusters', deps, caller, input.ClusterIdentifier || '*'),
  run: async (deps, input, caller) => {
    const { accountId } = caller.principal;
    if (input.ClusterIdentifier !== undefined && input.ClusterIdentifier !== '') {
      const cluster = await requireCluster(deps, caller, input.ClusterIdentifier);
      return { Clusters: await toWireClusters(deps, caller, [cluster]) };
    }
    const { TagKeys: keys, TagValues: values } = input;
    const all = (await deps.clusters.list(accountId)).filter(
      ({ settings: { tags } }) =>
        (keys === undefined || tags.some(({ key }) => keys.includes(key))) &&
        (values === undefined || tags.some(({ value }) => values.includes(value))),
    );
    const page = onePage(all, input, (cluster) => cluster.identifier);
    return { Clusters: await toWireClusters(deps, caller, page.items), ...page.next };
  },
  changes: false,
};

export const modifyCluster: Action<RedshiftDeps, wire.ModifyClusterMessage, wire.ModifyClusterResult> = {
  permissions: (deps, input, caller) => onCluster('ModifyCluster', deps, caller, input.ClusterIdentifier),
  run: async (deps, input, caller) => {
    const cluster = await requireCluster(deps, caller, input.ClusterIdentifier);
    if (cluster.status !== 'available') {
      throw invalidClusterState(`Cluster ${cluster.identifier} is in state ${cluster.status}.`);
    }
    if ((input.NewClusterIdentifier ?? cluster.identifier) !== cluster.identifier) {
      throw unsupportedOperation('Keyshift does not rename clusters: policies and credentials name them.');
    }
    requireOptions(input);
    await requireOptionsExist(deps, caller, input);
    if (input.ClusterParameterGroupName !== undefined) requireOwnServer(cluster);
    if (input.MasterUserPassword !== undefined) {
      const password = new Secret(input.MasterUserPassword);
      requireMasterPassword(password);
      await deps.servers.setMasterPassword(cluster, password);
    }
    const changed = await deps.clusters.changeSettings(cluster, (settings) => withOptions(settings, input));
    const moved =
      input.Port === undefined || input.Port === cluster.port
        ? changed
        : await deps.servers.move(changed, input.Port);
    return { Cluster: await toWireCluster(deps, caller, moved) };
  },
  changes: true,
};

export const deleteCluster: Action<RedshiftDeps, wire.DeleteClusterMessage, wire.DeleteClusterResult> = {
  permissions: (deps, input, caller) => onCluster('DeleteCluster', deps, caller, input.ClusterIdentifier),
  run: async (deps, input, caller) => {
    const cluster = await requireCluster(deps, caller, input.ClusterIdentifier);
    if (input.SkipFinalClusterSnapshot !== true) {
      throw invalidParameterValue(
        'Keyshift keeps no snapshots: SkipFinalClusterSnapshot must be true to delete a cluster.',
      );
    }
    await deps.clusters.setStatus(cluster, ['available', 'paused', 'failed'], 'deleting');
    for (const { name, content } of await deps.resources.list(cluster.accountId, 'custom-domain')) {
      if (content.clusterIdentifier !== cluster.identifier) continue;
      await deps.resources.remove(cluster.accountId, 'custom-domain', name);
    }
    await deps.servers.delete(cluster);
    return { Cluster: await toWireCluster(deps, caller, { ...cluster, status: 'deleting' }) };
  },
  changes: true,
};

/** The groups that a cluster is to be in must be there. Throws their NotFound errors. */
async function requireOptionsExist(
  deps: RedshiftDeps,
  caller: Caller,
  options: Pick<wire.CreateClusterMessage, 'ClusterParameterGroupName' | 'ClusterSubnetGroupName'>,
): Promise<void> {
  const { ClusterParameterGroupName: parameters, ClusterSubnetGroupName: subnets } = options;
  if (parameters !== undefined) await requireGroup(deps, caller, parameters);
  if (subnets !== undefined) await requireSubnetGroup(deps, caller, subnets);
}
