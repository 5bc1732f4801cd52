import type { Cluster } from '../../../redshift/clusters.ts';
import {
  invalidClusterState,
  invalidParameterValue,
  unsupportedOperation,
} from '../../../redshift/errors.ts';
import type { Action } from '../../action.ts';
import type * as wire from '../../services/redshift.generated.ts';
import { toWireCluster } from './cluster-output.ts';
import type { RedshiftDeps } from './deps.ts';
import { requireCluster } from './named-cluster.ts';
import { onCluster } from './permissions.ts';

/** PauseCluster, ResumeCluster, RebootCluster, which stop and start the server; and ModifyClusterIamRoles. */

export const pauseCluster: Action<RedshiftDeps, wire.PauseClusterMessage, wire.PauseClusterResult> = {
  permissions: (deps, input, caller) => onCluster('PauseCluster', deps, caller, input.ClusterIdentifier),
  run: async (deps, input, caller) => {
    const cluster = await requireCluster(deps, caller, input.ClusterIdentifier);
    requireOwnServer(cluster);
    await deps.clusters.setStatus(cluster, ['available'], 'pausing');
    deps.servers.pause(cluster);
    return { Cluster: await toWireCluster(deps, caller, { ...cluster, status: 'pausing' }) };
  },
  changes: true,
};

export const resumeCluster: Action<RedshiftDeps, wire.ResumeClusterMessage, wire.ResumeClusterResult> = {
  permissions: (deps, input, caller) => onCluster('ResumeCluster', deps, caller, input.ClusterIdentifier),
  run: async (deps, input, caller) => {
    const cluster = await requireCluster(deps, caller, input.ClusterIdentifier);
    requireOwnServer(cluster);
    await deps.clusters.setStatus(cluster, ['paused'], 'resuming');
    deps.servers.resume(cluster);
    return { Cluster: await toWireCluster(deps, caller, { ...cluster, status: 'resuming' }) };
  },
  changes: true,
};

export const rebootCluster: Action<RedshiftDeps, wire.RebootClusterMessage, wire.RebootClusterResult> = {
  permissions: (deps, input, caller) => onCluster('RebootCluster', deps, caller, input.ClusterIdentifier),
  run: async (deps, input, caller) => {
    const cluster = await requireCluster(deps, caller, input.ClusterIdentifier);
    requireOwnServer(cluster);
    await deps.clusters.setStatus(cluster, ['available'], 'rebooting');
    deps.servers.reboot(cluster);
    return { Cluster: await toWireCluster(deps, caller, { ...cluster, status: 'rebooting' }) };
  },
  changes: true,
};

const ROLE_ARN = /^arn:[\w-]+:iam::\d{12}:role\/[\w+=,.@/-]{1,576}$/;
/** As Redshift's quota. */
const ROLES_MAX = 50;

export const modifyClusterIamRoles: Action<
  RedshiftDeps,
  wire.ModifyClusterIamRolesMessage,
  wire.ModifyClusterIamRolesResult
> = {
  permissions: (deps, input, caller) =>
    onCluster('ModifyClusterIamRoles', deps, caller, input.ClusterIdentifier),
  run: async (deps, input, caller) => {
    const { AddIamRoles: add = [], RemoveIamRoles: remove = [], DefaultIamRoleArn: byDefault } = input;
    for (const arn of [...add, ...(byDefault === undefined || byDefault === '' ? [] : [byDefault])]) {
      if (!ROLE_ARN.test(arn))
        throw invalidParameterValue(`The ARN of an IAM role is invalid: ${arn.slice(0, 200)}`);
    }
    const cluster = await requireCluster(deps, caller, input.ClusterIdentifier);
    if (cluster.status !== 'available') {
      throw invalidClusterState(`Cluster ${cluster.identifier} is in state ${cluster.status}.`);
    }
    const changed = await deps.clusters.changeSettings(cluster, (settings) => {
      const { defaultIamRole, ...others } = settings;
      const kept = (settings.iamRoles ?? []).filter((arn) => !remove.includes(arn));
      const wanted = byDefault ?? defaultIamRole ?? '';
      const iamRoles = [...new Set([...kept, ...add, ...(byDefault ? [byDefault] : [])])];
      if (iamRoles.length > ROLES_MAX) {
        throw invalidParameterValue(`A cluster can have at most ${ROLES_MAX} IAM roles.`);
      }
      return { ...others, iamRoles, ...(iamRoles.includes(wanted) ? { defaultIamRole: wanted } : {}) };
    });
    return { Cluster: await toWireCluster(deps, caller, changed) };
  },
  changes: true,
};

/** Throws UnsupportedOperation for an external cluster, whose server is not Keyshift's to stop or set up. */
export function requireOwnServer(cluster: Cluster): void {
  if (cluster.kind === 'embedded') return;
  throw unsupportedOperation(
    `Cluster ${cluster.identifier} is an external PostgreSQL server: set it up and restart it on the server itself.`,
  );
}
