import { AwsError } from '../../../core/errors.ts';
import type { ClusterSettings } from '../../../redshift/clusters.ts';
import { invalidParameterValue, unsupportedOperation } from '../../../redshift/errors.ts';
import type * as wire from '../../services/redshift.generated.ts';

/** Options of CreateCluster and ModifyCluster beside those that the server knows. */

type Options = Omit<wire.CreateClusterMessage, 'ClusterIdentifier' | 'MasterUsername' | 'NodeType'> & {
  readonly NodeType?: string | undefined;
};

/** What has no effect on one PostgreSQL server, and is given back as it was sent. */
const DESCRIBED = [
  'AllowVersionUpgrade',
  'AutomatedSnapshotRetentionPeriod',
  'AvailabilityZone',
  'AvailabilityZoneRelocation',
  'ClusterSecurityGroups',
  'ClusterSubnetGroupName',
  'ClusterVersion',
  'Encrypted',
  'EnhancedVpcRouting',
  'IpAddressType',
  'KmsKeyId',
  'MaintenanceTrackName',
  'ManualSnapshotRetentionPeriod',
  'MultiAZ',
  'PubliclyAccessible',
  'VpcSecurityGroupIds',
] as const satisfies readonly (keyof Options)[];

export type DescribedOptions = Pick<Options, (typeof DESCRIBED)[number]>;

/** What would promise something that is not kept. */
const REFUSED: readonly (readonly [keyof Options, string])[] = [
  ['ElasticIp', 'Keyshift has no Elastic IP addresses; set KEYSHIFT_PUBLIC_HOST instead.'],
  ['HsmClientCertificateIdentifier', 'Keyshift has no hardware security modules.'],
  ['HsmConfigurationIdentifier', 'Keyshift has no hardware security modules.'],
  ['LoadSampleData', 'Keyshift loads no sample data into a cluster; start it with --example.'],
  ['ManageMasterPassword', 'Keyshift keeps no secrets in Secrets Manager; send MasterUserPassword.'],
  ['RedshiftIdcApplicationArn', 'Keyshift has no IAM Identity Center.'],
  ['SnapshotScheduleIdentifier', 'Keyshift keeps no snapshots.'],
];

const NODE_TYPE = /^[a-z0-9.]{1,32}$/;
const WINDOW =
  /^(?:mon|tue|wed|thu|fri|sat|sun):[0-2]\d:[0-5]\d-(?:mon|tue|wed|thu|fri|sat|sun):[0-2]\d:[0-5]\d$/;
/** The largest cluster of Redshift. */
const NODES_MAX = 128;
/** Days. Source: Redshift API Reference, CreateCluster. */
const AUTOMATED_DAYS_MAX = 35;
const MANUAL_DAYS_MAX = 3653;
/** Both have the one version that there is. */
export const MAINTENANCE_TRACKS = ['current', 'trailing'] as const;

/** Throws UnsupportedOperation for an option that Keyshift cannot keep, InvalidParameterValue for a bad value. */
export function requireOptions(options: Options): void {
  for (const [name, why] of REFUSED) {
    const value = options[name];
    if (value !== undefined && value !== '' && value !== false) throw unsupportedOperation(why);
  }
  const { NodeType, NumberOfNodes, PreferredMaintenanceWindow: window } = options;
  if (NodeType !== undefined && !NODE_TYPE.test(NodeType)) throw invalidParameterValue('Invalid node type.');
  if (NumberOfNodes !== undefined && NumberOfNodes < 1) {
    throw invalidParameterValue(`NumberOfNodes must be between 1 and ${NODES_MAX}.`);
  }
  if (NumberOfNodes !== undefined && NumberOfNodes > NODES_MAX) {
    throw new AwsError(
      'NumberOfNodesPerClusterLimitExceeded',
      400,
      `The operation would exceed the number of nodes allowed for a cluster, ${NODES_MAX}.`,
    );
  }
  if (options.MaintenanceTrackName !== undefined) requireTrack(options.MaintenanceTrackName);
  requireRetention(options);
  if (window !== undefined && !WINDOW.test(window.toLowerCase())) {
    throw invalidParameterValue('PreferredMaintenanceWindow must have the form ddd:hh24:mi-ddd:hh24:mi.');
  }
}

/** Throws InvalidClusterTrack. */
export function requireTrack(name: string): void {
  if (MAINTENANCE_TRACKS.some((known) => known === name)) return;
  throw new AwsError(
    'InvalidClusterTrack',
    400,
    `The maintenance track ${name.slice(0, 100)} does not exist.`,
  );
}

/** Throws InvalidRetentionPeriodFault. There are no snapshots; what is given back is at least what Redshift takes. */
function requireRetention(options: Options): void {
  const { AutomatedSnapshotRetentionPeriod: automated = 1, ManualSnapshotRetentionPeriod: manual = -1 } =
    options;
  const refuse = (message: string): AwsError => new AwsError('InvalidRetentionPeriodFault', 400, message);
  if (automated < 0 || automated > AUTOMATED_DAYS_MAX) {
    throw refuse(`AutomatedSnapshotRetentionPeriod must be between 0 and ${AUTOMATED_DAYS_MAX} days.`);
  }
  if (manual !== -1 && (manual < 1 || manual > MANUAL_DAYS_MAX)) {
    throw refuse(`ManualSnapshotRetentionPeriod must be -1 or between 1 and ${MANUAL_DAYS_MAX} days.`);
  }
}

/** The settings with what the options change of them. */
export function withOptions(settings: ClusterSettings, options: Options): ClusterSettings {
  const described: Record<string, unknown> = { ...settings.described };
  for (const name of DESCRIBED) if (options[name] !== undefined) described[name] = options[name];
  return {
    ...settings,
    nodeType: options.NodeType ?? settings.nodeType,
    numberOfNodes:
      options.ClusterType === 'single-node' ? 1 : (options.NumberOfNodes ?? settings.numberOfNodes),
    preferredMaintenanceWindow:
      options.PreferredMaintenanceWindow?.toLowerCase() ?? settings.preferredMaintenanceWindow,
    ...(options.ClusterParameterGroupName === undefined
      ? {}
      : { parameterGroup: options.ClusterParameterGroupName }),
    ...(options.IamRoles === undefined ? {} : { iamRoles: [...options.IamRoles] }),
    ...(options.DefaultIamRoleArn === undefined ? {} : { defaultIamRole: options.DefaultIamRoleArn }),
    described,
  };
}

/** What was kept to be given back. */
export function describedOptions(settings: ClusterSettings): DescribedOptions {
  // Only `withOptions` writes it, from inputs that the model has checked.
  return (settings.described ?? {}) as DescribedOptions;
}
