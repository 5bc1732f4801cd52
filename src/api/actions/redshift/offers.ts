import { AwsError } from '../../../core/errors.ts';
import { PARAMETER_FAMILIES } from '../../../redshift/parameters.ts';
import type { Action } from '../../action.ts';
import type * as wire from '../../services/redshift.generated.ts';
import { MAINTENANCE_TRACKS, requireTrack } from './cluster-options.ts';
import type { RedshiftDeps } from './deps.ts';
import { requireCluster } from './named-cluster.ts';
import { onePage } from './pages.ts';
import { onEverything } from './permissions.ts';

/** What there is to choose from, for consoles and configurations that ask first. Every choice is one PostgreSQL server. */

const VERSION = '1.0';
/** The smaller ones may also be alone. Source: Management Guide, "Node type details". */
const NODE_TYPES = [
  { type: 'dc2.8xlarge', clusterTypes: ['multi-node'] },
  { type: 'dc2.large', clusterTypes: ['multi-node', 'single-node'] },
  { type: 'ra3.16xlarge', clusterTypes: ['multi-node'] },
  { type: 'ra3.4xlarge', clusterTypes: ['multi-node'] },
  { type: 'ra3.large', clusterTypes: ['multi-node', 'single-node'] },
  { type: 'ra3.xlplus', clusterTypes: ['multi-node', 'single-node'] },
].flatMap(({ type, clusterTypes }) => clusterTypes.map((clusterType) => ({ type, clusterType })));

export const describeOrderableClusterOptions: Action<
  RedshiftDeps,
  wire.DescribeOrderableClusterOptionsMessage,
  wire.OrderableClusterOptionsMessage
> = {
  permissions: onEverything('DescribeOrderableClusterOptions'),
  run: async (_deps, input, caller) => {
    const { NodeType: type, ClusterVersion: version = VERSION } = input;
    const types =
      version === VERSION ? NODE_TYPES.filter((one) => type === undefined || one.type === type) : [];
    const page = onePage(types, input, (one) => `${one.type} ${one.clusterType}`);
    const options = page.items.map((one) => ({
      ClusterVersion: VERSION,
      ClusterType: one.clusterType,
      NodeType: one.type,
      AvailabilityZones: [{ Name: `${caller.region}a` }],
    }));
    return { OrderableClusterOptions: options, ...page.next };
  },
  changes: false,
};

export const describeClusterVersions: Action<
  RedshiftDeps,
  wire.DescribeClusterVersionsMessage,
  wire.ClusterVersionsMessage
> = {
  permissions: onEverything('DescribeClusterVersions'),
  run: async (_deps, input) => {
    const { ClusterVersion: version = VERSION, ClusterParameterGroupFamily: family } = input;
    const families = [...PARAMETER_FAMILIES].filter((one) => family === undefined || one === family);
    const page = onePage(version === VERSION ? families : [], input, (one) => one);
    const versions = page.items.map((one) => ({
      ClusterVersion: VERSION,
      ClusterParameterGroupFamily: one,
      Description: 'PostgreSQL',
    }));
    return { ClusterVersions: versions, ...page.next };
  },
  changes: false,
};

export const describeClusterTracks: Action<
  RedshiftDeps,
  wire.DescribeClusterTracksMessage,
  wire.TrackListMessage
> = {
  permissions: onEverything('DescribeClusterTracks'),
  run: async (_deps, input) => {
    const { MaintenanceTrackName: name } = input;
    if (name !== undefined) requireTrack(name);
    const tracks = MAINTENANCE_TRACKS.filter((one) => name === undefined || one === name);
    const page = onePage(tracks, input, (one) => one);
    const told = page.items.map((one) => ({
      MaintenanceTrackName: one,
      DatabaseVersion: VERSION,
      UpdateTargets: [],
    }));
    return { MaintenanceTracks: told, ...page.next };
  },
  changes: false,
};

export const describeNodeConfigurationOptions: Action<
  RedshiftDeps,
  wire.DescribeNodeConfigurationOptionsMessage,
  wire.NodeConfigurationOptionsMessage
> = {
  permissions: onEverything('DescribeNodeConfigurationOptions'),
  // They are about restoring snapshots and resizing, neither of which there is.
  run: async (deps, input, caller) => {
    const { ClusterIdentifier: cluster = '', SnapshotIdentifier, SnapshotArn } = input;
    const snapshot = SnapshotIdentifier ?? SnapshotArn;
    if (snapshot !== undefined) {
      const text = `Snapshot ${snapshot.slice(0, 255)} not found.`;
      throw new AwsError('ClusterSnapshotNotFound', 404, text);
    }
    if (cluster !== '') await requireCluster(deps, caller, cluster);
    return { NodeConfigurationOptionList: [] };
  },
  changes: false,
};
