import { type Cluster, clusterArn } from '../../../redshift/clusters.ts';
import type { Caller } from '../../action.ts';
import type * as wire from '../../services/redshift.generated.ts';
import type { RedshiftDeps } from './deps.ts';

/** A cluster as Redshift's API describes it. */
export function toWireCluster(deps: RedshiftDeps, caller: Caller, cluster: Cluster): wire.Cluster {
  const { settings, status } = cluster;
  const isServing = status === 'available' || status === 'modifying';
  return {
    ClusterIdentifier: cluster.identifier,
    NodeType: settings.nodeType,
    ClusterStatus: status,
    ClusterAvailabilityStatus: AVAILABILITY[status],
    MasterUsername: cluster.masterUsername,
    DBName: cluster.databaseName,
    // As on Redshift, a cluster has no endpoint until it can be connected to.
    ...(isServing ? { Endpoint: { Address: deps.publicHost, Port: cluster.port } } : {}),
    ClusterCreateTime: cluster.createdAt,
    AutomatedSnapshotRetentionPeriod: 1,
    ManualSnapshotRetentionPeriod: -1,
    ClusterSecurityGroups: [],
    VpcSecurityGroups: [],
    ClusterParameterGroups: [{ ParameterGroupName: 'default.redshift-1.0', ParameterApplyStatus: 'in-sync' }],
    PreferredMaintenanceWindow: settings.preferredMaintenanceWindow,
    PendingModifiedValues: {},
    ClusterVersion: '1.0',
    AllowVersionUpgrade: true,
    NumberOfNodes: settings.numberOfNodes,
    PubliclyAccessible: false,
    Encrypted: false,
    Tags: settings.tags.map((tag) => ({ Key: tag.key, Value: tag.value })),
    EnhancedVpcRouting: false,
    IamRoles: [],
    MaintenanceTrackName: 'current',
    DeferredMaintenanceWindows: [],
    AvailabilityZone: `${caller.region}a`,
    AvailabilityZoneRelocationStatus: 'disabled',
    ClusterNamespaceArn: clusterArn(caller.region, cluster).replace(':cluster:', ':namespace:'),
    MultiAZ: 'disabled',
  };
}

const AVAILABILITY: Readonly<Record<Cluster['status'], string>> = {
  creating: 'Modifying',
  available: 'Available',
  modifying: 'Modifying',
  deleting: 'Unavailable',
  failed: 'Failed',
};
