import type { ClusterSettings } from '../../../redshift/clusters.ts';
import { invalidClusterState } from '../../../redshift/errors.ts';
import { requireLogging } from '../../../redshift/logging.ts';
import type { Action, Caller } from '../../action.ts';
import type * as wire from '../../services/redshift.generated.ts';
import type { RedshiftDeps } from './deps.ts';
import { requireCluster } from './named-cluster.ts';
import { onCluster } from './permissions.ts';

/** EnableLogging, DisableLogging and DescribeLoggingStatus. The gateway delivers, see gateway/log-delivery.ts. */

const WITHOUT_LOGS: ReadonlySet<string> = new Set(['creating', 'deleting', 'failed']);

export const enableLogging: Action<RedshiftDeps, wire.EnableLoggingMessage, wire.LoggingStatus> = {
  permissions: (deps, input, caller) => onCluster('EnableLogging', deps, caller, input.ClusterIdentifier),
  run: async (deps, input, caller) => {
    const wanted = {
      bucket: input.BucketName,
      prefix: input.S3KeyPrefix,
      destination: input.LogDestinationType,
      exports: input.LogExports,
    };
    return changeLogging(deps, caller, input.ClusterIdentifier, (settings) => ({
      ...settings,
      logging: requireLogging(wanted, deps.clock.now()),
    }));
  },
  changes: true,
};

export const disableLogging: Action<RedshiftDeps, wire.DisableLoggingMessage, wire.LoggingStatus> = {
  permissions: (deps, input, caller) => onCluster('DisableLogging', deps, caller, input.ClusterIdentifier),
  run: (deps, input, caller) =>
    changeLogging(deps, caller, input.ClusterIdentifier, ({ logging: _, ...settings }) => settings),
  changes: true,
};

export const describeLoggingStatus: Action<
  RedshiftDeps,
  wire.DescribeLoggingStatusMessage,
  wire.LoggingStatus
> = {
  permissions: (deps, input, caller) =>
    onCluster('DescribeLoggingStatus', deps, caller, input.ClusterIdentifier),
  run: async (deps, input, caller) => loggingStatus(deps, caller, input.ClusterIdentifier),
  changes: false,
};

async function changeLogging(
  deps: RedshiftDeps,
  caller: Caller,
  identifier: string,
  change: (settings: ClusterSettings) => ClusterSettings,
): Promise<wire.LoggingStatus> {
  const cluster = await requireCluster(deps, caller, identifier);
  if (WITHOUT_LOGS.has(cluster.status)) {
    throw invalidClusterState(`Cluster ${cluster.identifier} is in state ${cluster.status}.`);
  }
  await deps.servers.deliverLogs(cluster);
  await deps.clusters.changeSettings(cluster, change);
  await deps.clusters.logDeliveries.forget(cluster);
  return loggingStatus(deps, caller, identifier);
}

async function loggingStatus(
  deps: RedshiftDeps,
  caller: Caller,
  identifier: string,
): Promise<wire.LoggingStatus> {
  const cluster = await requireCluster(deps, caller, identifier);
  const { logging } = cluster.settings;
  if (logging === undefined) return { LoggingEnabled: false };
  const last = await deps.clusters.logDeliveries.last(cluster);
  return {
    LoggingEnabled: true,
    BucketName: logging.bucket,
    S3KeyPrefix: logging.prefix,
    LastSuccessfulDeliveryTime: last.succeededAt,
    LastFailureTime: last.failedAt,
    LastFailureMessage: last.failure,
    LogDestinationType: 's3',
    LogExports: logging.exports === undefined ? undefined : [...logging.exports],
  };
}
