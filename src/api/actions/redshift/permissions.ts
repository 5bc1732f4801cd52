import { redshiftArn } from '../../../core/arn.ts';
import { type Cluster, clusterArn } from '../../../redshift/clusters.ts';
import type { Tag } from '../../../redshift/tags.ts';
import type { Caller, RequiredPermission } from '../../action.ts';
import { type Keys, requestTagKeys, resourceTagKeys } from '../tag-keys.ts';
import type { RedshiftDeps } from './deps.ts';

/** What a call about Redshift's things needs: the action on the thing, with its tags and those of the request. */

type RequestTags = Parameters<typeof requestTagKeys>[0];

/** The permission on one cluster; notes it for the audit log too, which tells what a refused call was about. */
export async function onCluster(
  action: string,
  deps: Pick<RedshiftDeps, 'clusters'>,
  caller: Caller,
  identifier: string,
  tags?: RequestTags,
): Promise<readonly RequiredPermission[]> {
  caller.note({ cluster: identifier });
  const { accountId } = caller.principal;
  const resource = clusterArn(caller.region, { accountId, identifier });
  const context = new Map([...(await clusterTagKeys(deps, caller, identifier)), ...requestTagKeys(tags)]);
  return [{ action: `redshift:${action}`, resource, context }];
}

/** The keys of the tags of a cluster; none of one that is not there, so that a refusal tells nothing of it. */
export async function clusterTagKeys(
  { clusters }: Pick<RedshiftDeps, 'clusters'>,
  caller: Caller,
  identifier: string,
): Promise<Keys> {
  return tagKeysOf(await clusters.find(caller.principal.accountId, identifier));
}

export const tagKeysOf = (cluster: Cluster | undefined): Keys =>
  resourceTagKeys(cluster?.settings.tags ?? []);

/** Kinds of things beside clusters: as ARNs name them, and as they are kept. */
export const GROUP_KINDS = {
  parametergroup: 'parameter-group',
  subnetgroup: 'subnet-group',
  securitygroup: 'security-group',
} as const;

/** The permission on a resource of another kind, by its name, which is kept in small letters. */
export async function onResource(
  action: string,
  { resources }: Pick<RedshiftDeps, 'resources'>,
  caller: Caller,
  target: { readonly kind: keyof typeof GROUP_KINDS; readonly name: string },
  tags?: RequestTags,
): Promise<readonly RequiredPermission[]> {
  const { kind, name } = target;
  const { accountId } = caller.principal;
  caller.note({ [kind]: name });
  const resource = redshiftArn(caller.region, accountId, kind, name);
  const found = await resources.find(accountId, GROUP_KINDS[kind], name.toLowerCase());
  const own: readonly Tag[] = found?.content.tags ?? [];
  const context = new Map([...resourceTagKeys(own), ...requestTagKeys(tags)]);
  return [{ action: `redshift:${action}`, resource, context }];
}

/** The permission of an operation that AWS knows no resource for. */
export function onEverything(action: string): () => readonly RequiredPermission[] {
  return () => [{ action: `redshift:${action}`, resource: '*' }];
}
