import type { Action } from '../../action.ts';
import type * as wire from '../../services/redshift.generated.ts';
import type { RedshiftDeps } from './deps.ts';
import { onePage } from './pages.ts';
import { onEverything } from './permissions.ts';

/** What there is to choose from, for consoles and configurations that ask first. Every choice is one PostgreSQL server. */

const VERSION = '1.0';
const FAMILY = 'redshift-1.0';
const NODE_TYPES = ['dc2.8xlarge', 'dc2.large', 'ra3.16xlarge', 'ra3.4xlarge', 'ra3.large', 'ra3.xlplus'];

export const describeOrderableClusterOptions: Action<
  RedshiftDeps,
  wire.DescribeOrderableClusterOptionsMessage,
  wire.OrderableClusterOptionsMessage
> = {
  permissions: onEverything('DescribeOrderableClusterOptions'),
  run: async (_deps, input, caller) => {
    const { NodeType: type, ClusterVersion: version = VERSION } = input;
    const types = version === VERSION ? NODE_TYPES.filter((one) => type === undefined || one === type) : [];
    const page = onePage(types, input, (one) => one);
    const options = page.items.map((one) => ({
      ClusterVersion: VERSION,
      ClusterType: 'multi-node',
      NodeType: one,
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
  run: async (_deps, { ClusterVersion: version = VERSION, ClusterParameterGroupFamily: family = FAMILY }) => {
    if (version !== VERSION || family !== FAMILY) return { ClusterVersions: [] };
    const only = { ClusterVersion: VERSION, ClusterParameterGroupFamily: FAMILY, Description: 'PostgreSQL' };
    return { ClusterVersions: [only] };
  },
  changes: false,
};

export const describeClusterTracks: Action<
  RedshiftDeps,
  wire.DescribeClusterTracksMessage,
  wire.TrackListMessage
> = {
  permissions: onEverything('DescribeClusterTracks'),
  run: async (_deps, { MaintenanceTrackName: name = 'current' }) => ({
    MaintenanceTracks:
      name === 'current'
        ? [{ MaintenanceTrackName: 'current', DatabaseVersion: VERSION, UpdateTargets: [] }]
        : [],
  }),
  changes: false,
};

export const describeNodeConfigurationOptions: Action<
  RedshiftDeps,
  wire.DescribeNodeConfigurationOptionsMessage,
  wire.NodeConfigurationOptionsMessage
> = {
  permissions: onEverything('DescribeNodeConfigurationOptions'),
  // They are about restoring snapshots and resizing, neither of which there is.
  run: async () => ({ NodeConfigurationOptionList: [] }),
  changes: false,
};
