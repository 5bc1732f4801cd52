import { type Cluster, clusterArn } from '../../../redshift/clusters.ts';
import { DEFAULT_PARAMETER_GROUP, isDefaultParameterGroup } from '../../../redshift/parameters.ts';
import type { Resource } from '../../../redshift/resources.ts';
import type { Caller } from '../../action.ts';
import type * as wire from '../../services/redshift.generated.ts';
import { describedOptions } from './cluster-options.ts';
import type { RedshiftDeps } from './deps.ts';
import { VPC_ID } from './subnet-groups.ts';
import { toWireTags } from './tags.ts';

/** Clusters as Redshift's API describes them. */
export async function toWireClusters(
  deps: RedshiftDeps,
  caller: Caller,
  clusters: readonly Cluster[],
): Promise<wire.Cluster[]> {
  const { accountId } = caller.principal;
  const domains = await deps.resources.list(accountId, 'custom-domain');
  const groups = await deps.resources.list(accountId, 'parameter-group');
  return clusters.map((cluster) => toWire(deps, caller, cluster, { domains, groups }));
}

export async function toWireCluster(
  deps: RedshiftDeps,
  caller: Caller,
  cluster: Cluster,
): Promise<wire.Cluster> {
  const [described] = await toWireClusters(deps, caller, [cluster]);
  if (described === undefined) throw new Error('a cluster was not described');
  return described;
}

function toWireEndpoint(deps: RedshiftDeps, cluster: Cluster): wire.Endpoint {
  const { address, port } = deps.endpoints.of(cluster);
  return { Address: address, Port: port };
}

interface Beside {
  readonly domains: readonly Resource<'custom-domain'>[];
  readonly groups: readonly Resource<'parameter-group'>[];
}

function toWire(deps: RedshiftDeps, caller: Caller, cluster: Cluster, beside: Beside): wire.Cluster {
  const { settings, status } = cluster;
  const options = describedOptions(settings);
  const state = STATES[status];
  const domain = beside.domains.find(({ content }) => content.clusterIdentifier === cluster.identifier);
  return {
    ClusterIdentifier: cluster.identifier,
    NodeType: settings.nodeType,
    ClusterStatus: status,
    ClusterAvailabilityStatus: state.availability,
    MasterUsername: cluster.masterUsername,
    DBName: cluster.databaseName,
    // As on Redshift, a cluster has no endpoint before it was ready.
    ...(state.hasEndpoint ? { Endpoint: toWireEndpoint(deps, cluster) } : {}),
    ClusterCreateTime: cluster.createdAt,
    AutomatedSnapshotRetentionPeriod: options.AutomatedSnapshotRetentionPeriod ?? 1,
    ManualSnapshotRetentionPeriod: options.ManualSnapshotRetentionPeriod ?? -1,
    ClusterSecurityGroups: (options.ClusterSecurityGroups ?? []).map((name) => ({
      ClusterSecurityGroupName: name,
      Status: 'active',
    })),
    VpcSecurityGroups: (options.VpcSecurityGroupIds ?? []).map((id) => ({
      VpcSecurityGroupId: id,
      Status: 'active',
    })),
    ClusterParameterGroups: [parameterGroup(cluster, beside.groups)],
    ClusterSubnetGroupName: options.ClusterSubnetGroupName,
    VpcId: options.ClusterSubnetGroupName === undefined ? undefined : VPC_ID,
    AvailabilityZone: options.AvailabilityZone ?? `${caller.region}a`,
    PreferredMaintenanceWindow: settings.preferredMaintenanceWindow,
    PendingModifiedValues: {},
    ClusterVersion: options.ClusterVersion ?? '1.0',
    AllowVersionUpgrade: options.AllowVersionUpgrade ?? true,
    NumberOfNodes: settings.numberOfNodes,
    ClusterNodes: nodes(settings.numberOfNodes),
    PubliclyAccessible: options.PubliclyAccessible ?? false,
    Encrypted: options.Encrypted ?? false,
    KmsKeyId: options.KmsKeyId,
    Tags: toWireTags(settings.tags),
    EnhancedVpcRouting: options.EnhancedVpcRouting ?? false,
    IamRoles: (settings.iamRoles ?? []).map((arn) => ({ IamRoleArn: arn, ApplyStatus: 'in-sync' })),
    DefaultIamRoleArn: settings.defaultIamRole,
    MaintenanceTrackName: options.MaintenanceTrackName ?? 'current',
    DeferredMaintenanceWindows: [],
    AvailabilityZoneRelocationStatus: options.AvailabilityZoneRelocation === true ? 'enabled' : 'disabled',
    AquaConfiguration: { AquaStatus: 'disabled', AquaConfigurationStatus: 'auto' },
    ClusterNamespaceArn: clusterArn(caller.region, cluster).replace(':cluster:', ':namespace:'),
    IpAddressType: options.IpAddressType ?? 'ipv4',
    MultiAZ: options.MultiAZ === true ? 'enabled' : 'disabled',
    CustomDomainName: domain?.name,
    CustomDomainCertificateArn: domain?.content.certificateArn,
  };
}

/** A group that changed since the server started has effect when it starts again. */
function parameterGroup(
  cluster: Cluster,
  groups: readonly Resource<'parameter-group'>[],
): wire.ClusterParameterGroupStatus {
  const { parameterGroup: name = DEFAULT_PARAMETER_GROUP, appliedParameters = [] } = cluster.settings;
  const group = groups.find((candidate) => candidate.name === name);
  const wanted = isDefaultParameterGroup(name) ? [] : (group?.content.parameters ?? []);
  const isInSync = JSON.stringify(wanted) === JSON.stringify(appliedParameters);
  return { ParameterGroupName: name, ParameterApplyStatus: isInSync ? 'in-sync' : 'pending-reboot' };
}

/** Clients tell a single-node cluster by the number of its nodes. All of them are the one server. */
function nodes(count: number): wire.ClusterNode[] {
  if (count === 1) return [{ NodeRole: 'SHARED' }];
  const compute = Array.from({ length: count }, (_, n) => ({ NodeRole: `COMPUTE-${n}` }));
  return [{ NodeRole: 'LEADER' }, ...compute];
}

interface State {
  readonly availability: 'Available' | 'Modifying' | 'Unavailable' | 'Failed';
  readonly hasEndpoint: boolean;
}

const STATES: Readonly<Record<Cluster['status'], State>> = {
  creating: { availability: 'Modifying', hasEndpoint: false },
  available: { availability: 'Available', hasEndpoint: true },
  modifying: { availability: 'Modifying', hasEndpoint: true },
  rebooting: { availability: 'Unavailable', hasEndpoint: true },
  pausing: { availability: 'Unavailable', hasEndpoint: true },
  paused: { availability: 'Unavailable', hasEndpoint: true },
  resuming: { availability: 'Modifying', hasEndpoint: true },
  // Terraform waits for a deletion only while the cluster says this.
  deleting: { availability: 'Modifying', hasEndpoint: false },
  failed: { availability: 'Failed', hasEndpoint: false },
};
