import { createHash } from 'node:crypto';
import type { Cluster } from './clusters.ts';

/**
 * Redshift Serverless in terms of clusters: each cluster is also a workgroup and a namespace of its name, and the
 * workgroup `default` is the oldest cluster, unless one has that name.
 */

const DEFAULT_WORKGROUP = 'default';

/** The cluster behind a workgroup or namespace, or undefined. */
export function clusterOfWorkgroup(clusters: readonly Cluster[], name: string): Cluster | undefined {
  const named = clusters.find(({ identifier }) => identifier === name);
  if (named !== undefined || name !== DEFAULT_WORKGROUP) return named;
  return [...clusters].sort((a, b) => a.createdAt.getTime() - b.createdAt.getTime())[0];
}

/** An identifier that is always the same for one name, so that policies can be decided before anything is looked up. */
export function serverlessId(
  kind: 'workgroup' | 'namespace',
  region: string,
  accountId: string,
  name: string,
): string {
  const hex = createHash('sha256').update(`${kind}/${region}/${accountId}/${name}`).digest('hex');
  // The form of a UUID of version 8 (RFC 9562 section 5.8).
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}

export function serverlessArn(
  kind: 'workgroup' | 'namespace',
  region: string,
  accountId: string,
  name: string,
): string {
  return `arn:aws:redshift-serverless:${region}:${accountId}:${kind}/${serverlessId(kind, region, accountId, name)}`;
}
