import { AwsError } from '../../../core/errors.ts';
import type { Cluster } from '../../../redshift/clusters.ts';
import { serverlessArn, serverlessId } from '../../../redshift/workgroups.ts';
import type { Action, Caller } from '../../action.ts';
import type * as wire from '../../services/redshift-serverless.generated.ts';
import type { RedshiftDeps } from '../redshift/deps.ts';
import { onWorkgroup, requireWorkgroup } from './named-workgroup.ts';

/** GetWorkgroup, GetNamespace and their lists: clusters as Redshift Serverless describes them. */

const PAGE_DEFAULT = 100;

export const getWorkgroup: Action<RedshiftDeps, wire.GetWorkgroupRequest, wire.GetWorkgroupResponse> = {
  permissions: (deps, { workgroupName }, caller) => onWorkgroup('GetWorkgroup', deps, caller, workgroupName),
  run: async (deps, { workgroupName }, caller) => {
    const cluster = await requireWorkgroup(deps, caller, workgroupName);
    return { workgroup: toWorkgroup(deps, caller, cluster, workgroupName) };
  },
  changes: false,
};

export const listWorkgroups: Action<RedshiftDeps, wire.ListWorkgroupsRequest, wire.ListWorkgroupsResponse> = {
  permissions: () => [{ action: 'redshift-serverless:ListWorkgroups', resource: '*' }],
  run: async (deps, input, caller) => {
    const page = onePage(await deps.clusters.list(caller.principal.accountId), input);
    return {
      workgroups: page.clusters.map((cluster) => toWorkgroup(deps, caller, cluster, cluster.identifier)),
      nextToken: page.nextToken,
    };
  },
  changes: false,
};

export const getNamespace: Action<RedshiftDeps, wire.GetNamespaceRequest, wire.GetNamespaceResponse> = {
  permissions: (deps, { namespaceName }, caller) =>
    onWorkgroup('GetNamespace', deps, caller, namespaceName, 'namespace'),
  run: async (deps, { namespaceName }, caller) => {
    const cluster = await requireWorkgroup(deps, caller, namespaceName, 'namespace');
    return { namespace: toNamespace(caller, cluster, namespaceName) };
  },
  changes: false,
};

export const listNamespaces: Action<RedshiftDeps, wire.ListNamespacesRequest, wire.ListNamespacesResponse> = {
  permissions: () => [{ action: 'redshift-serverless:ListNamespaces', resource: '*' }],
  run: async (deps, input, caller) => {
    const page = onePage(await deps.clusters.list(caller.principal.accountId), input);
    return {
      namespaces: page.clusters.map((cluster) => toNamespace(caller, cluster, cluster.identifier)),
      nextToken: page.nextToken,
    };
  },
  changes: false,
};

/** Under the name that was asked for: `default` is told back as `default`. */
function toWorkgroup(deps: RedshiftDeps, caller: Caller, cluster: Cluster, name: string): wire.Workgroup {
  const { region } = caller;
  const { accountId, identifier } = cluster;
  return {
    workgroupName: name,
    workgroupId: serverlessId('workgroup', region, accountId, identifier),
    workgroupArn: serverlessArn('workgroup', region, accountId, identifier),
    namespaceName: name,
    status: WORKGROUP_STATUS[cluster.status],
    endpoint: { ...deps.endpoints.of(cluster), vpcEndpoints: [] },
    port: cluster.port,
    publiclyAccessible: false,
    enhancedVpcRouting: false,
    configParameters: [],
    securityGroupIds: [],
    subnetIds: [],
    creationDate: cluster.createdAt,
  };
}

function toNamespace(caller: Caller, cluster: Cluster, name: string): wire.Namespace {
  const { region } = caller;
  const { accountId, identifier } = cluster;
  return {
    namespaceName: name,
    namespaceId: serverlessId('namespace', region, accountId, identifier),
    namespaceArn: serverlessArn('namespace', region, accountId, identifier),
    adminUsername: cluster.masterUsername,
    dbName: cluster.databaseName,
    iamRoles: [],
    logExports: [],
    status: NAMESPACE_STATUS[cluster.status],
    creationDate: cluster.createdAt,
  };
}

const WORKGROUP_STATUS: Readonly<Record<Cluster['status'], wire.WorkgroupStatus>> = {
  creating: 'CREATING',
  available: 'AVAILABLE',
  modifying: 'MODIFYING',
  rebooting: 'MODIFYING',
  pausing: 'MODIFYING',
  paused: 'MODIFYING',
  resuming: 'MODIFYING',
  deleting: 'DELETING',
  failed: 'MODIFYING',
};

const NAMESPACE_STATUS: Readonly<Record<Cluster['status'], wire.NamespaceStatus>> = {
  creating: 'MODIFYING',
  available: 'AVAILABLE',
  modifying: 'MODIFYING',
  rebooting: 'MODIFYING',
  pausing: 'MODIFYING',
  paused: 'MODIFYING',
  resuming: 'MODIFYING',
  deleting: 'DELETING',
  failed: 'MODIFYING',
};

/** The token is the name of the last one of the page before. */
function onePage(
  all: readonly Cluster[],
  input: { readonly maxResults?: number | undefined; readonly nextToken?: string | undefined },
): { readonly clusters: readonly Cluster[]; readonly nextToken: string | undefined } {
  const { maxResults = PAGE_DEFAULT, nextToken = '' } = input;
  if (nextToken !== '' && !all.some(({ identifier }) => identifier === nextToken)) {
    throw new AwsError('ValidationException', 400, 'The provided pagination token is invalid.');
  }
  const after = nextToken === '' ? all : all.filter(({ identifier }) => identifier > nextToken);
  const clusters = after.slice(0, maxResults);
  return { clusters, nextToken: after.length > maxResults ? clusters.at(-1)?.identifier : undefined };
}
