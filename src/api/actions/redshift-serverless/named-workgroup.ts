import { AwsError } from '../../../core/errors.ts';
import type { Cluster } from '../../../redshift/clusters.ts';
import { clusterOfWorkgroup, serverlessArn } from '../../../redshift/workgroups.ts';
import type { Caller, RequiredPermission } from '../../action.ts';
import type { RedshiftDeps } from '../redshift/deps.ts';
import { tagKeysOf } from '../redshift/permissions.ts';

/** Workgroups and namespaces, which are clusters under another name. */

interface WorkgroupName {
  readonly workgroupName?: string | undefined;
  readonly customDomainName?: string | undefined;
}

/** The workgroup that a request names, by itself or by a custom domain. Throws ValidationException and ResourceNotFoundException. */
export async function requireNamed(
  deps: RedshiftDeps,
  caller: Caller,
  input: WorkgroupName,
): Promise<string> {
  const { workgroupName: name = '', customDomainName: domain = '' } = input;
  if (name !== '') return name;
  if (domain === '') {
    throw new AwsError(
      'ValidationException',
      400,
      'Either workgroupName or customDomainName must be specified.',
    );
  }
  const found = await deps.resources.find(caller.principal.accountId, 'custom-domain', domain.toLowerCase());
  if (found === undefined)
    throw notFound(`The custom domain name ${domain} is not associated with a workgroup.`);
  return found.content.clusterIdentifier;
}

/** The permission on a workgroup or namespace. `default` is decided under the name of the cluster that it stands for. */
export async function onWorkgroup(
  action: string,
  deps: RedshiftDeps,
  caller: Caller,
  name: string,
  kind: 'workgroup' | 'namespace' = 'workgroup',
): Promise<readonly [RequiredPermission & { readonly context: ReadonlyMap<string, readonly string[]> }]> {
  const { accountId } = caller.principal;
  const cluster = clusterOfWorkgroup(await deps.clusters.list(accountId), name);
  const resource = serverlessArn(kind, caller.region, accountId, cluster?.identifier ?? name);
  return [{ action: `redshift-serverless:${action}`, resource, context: new Map(tagKeysOf(cluster)) }];
}

/** The cluster behind a name. Throws ResourceNotFoundException. */
export async function requireWorkgroup(
  deps: RedshiftDeps,
  caller: Caller,
  name: string,
  kind: 'workgroup' | 'namespace' = 'workgroup',
): Promise<Cluster> {
  const cluster = clusterOfWorkgroup(await deps.clusters.list(caller.principal.accountId), name);
  if (cluster === undefined) throw notFound(`The ${kind} ${name} can't be found.`);
  return cluster;
}

function notFound(message: string): AwsError {
  return new AwsError('ResourceNotFoundException', 400, message);
}
