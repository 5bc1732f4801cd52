import { redshiftArn } from '../../../core/arn.ts';
import { clusterArn } from '../../../redshift/clusters.ts';
import type { Caller, RequiredPermission } from '../../action.ts';

/** The permission on one cluster; notes it for the audit log too, which tells what a refused call was about. */
export function onCluster(action: string, caller: Caller, identifier: string): readonly RequiredPermission[] {
  caller.note({ cluster: identifier });
  const resource = clusterArn(caller.region, { accountId: caller.principal.accountId, identifier });
  return [{ action: `redshift:${action}`, resource }];
}

/** The permission on a resource of another kind, by its name. */
export function onResource(
  action: string,
  caller: Caller,
  kind: 'parametergroup' | 'subnetgroup' | 'securitygroup',
  name: string,
): readonly RequiredPermission[] {
  caller.note({ [kind]: name });
  const resource = redshiftArn(caller.region, caller.principal.accountId, kind, name);
  return [{ action: `redshift:${action}`, resource }];
}

/** The permission of an operation that AWS knows no resource for. */
export function onEverything(action: string): () => readonly RequiredPermission[] {
  return () => [{ action: `redshift:${action}`, resource: '*' }];
}
