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
import { requireSecurityGroup } from './security-groups.ts';
import { requireSubnetGroup } from './subnet-groups.ts';
import { fromWireTags, isTagged } from './tags.ts';

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
    const clusters = await deps.clusters.list(accountId);
    const all = clusters.filter(({ settings: { tags } }) => isTagged(tags, input));
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
    caller.note({ changed: givenMembers(input), parameterGroup: input.ClusterParameterGroupName });
    requireOptions(input);
    await requireOptionsExist(deps, caller, input);
    if (input.ClusterParameterGroupName !== undefined) requireOwnServer(cluster);
    if (input.MasterUserPassword !== undefined) {
      const password = new Secret(input.MasterUserPassword);
      requireMasterPassword(password);
      await deps.servers.setMasterPassword(cluster, password);
    }
    const modified = await deps.clusters.changeSettings(cluster, (settings) => withOptions(settings, input));
    const moved =
      input.Port === undefined || input.Port === cluster.port
        ? modified
        : await deps.servers.move(modified, input.Port);
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

/** The names of what a call wants to change; never the values, of which one is a password. */
const givenMembers = (input: wire.ModifyClusterMessage): string[] =>
  Object.entries(input)
    .filter(([name, value]) => name !== 'ClusterIdentifier' && value !== undefined)
    .map(([name]) => name);

/** The groups that a cluster is to be in must be there. Throws their NotFound errors. */
async function requireOptionsExist(
  deps: RedshiftDeps,
  caller: Caller,
  options: Pick<
    wire.CreateClusterMessage,
    'ClusterParameterGroupName' | 'ClusterSecurityGroups' | 'ClusterSubnetGroupName'
  >,
): Promise<void> {
  const { ClusterParameterGroupName: parameters, ClusterSubnetGroupName: subnets } = options;
  for (const name of options.ClusterSecurityGroups ?? []) {
    // Where there is no other, it is the one that clusters are in, and it needs no making.
    if (name.toLowerCase() !== 'default') await requireSecurityGroup(deps, caller, name);
  }
  if (parameters !== undefined) await requireGroup(deps, caller, parameters);
  if (subnets !== undefined) await requireSubnetGroup(deps, caller, subnets);
}
