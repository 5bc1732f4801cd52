import { type Cluster, clusterArn } from '../../../redshift/clusters.ts';
import { clusterOfHostName } from '../../../redshift/endpoints.ts';
import {
  clusterNotFound,
  customDomainNotFound,
  invalidParameterCombination,
} from '../../../redshift/errors.ts';
import { nearName } from '../../../redshift/near-name.ts';
import type { Caller } from '../../action.ts';
import type { RedshiftDeps } from './deps.ts';

/** A cluster as the calls for credentials name it. Drivers send the host they connect to as CustomDomainName. */
interface ClusterName {
  readonly ClusterIdentifier?: string | undefined;
  readonly CustomDomainName?: string | undefined;
}

/**
 * The identifier of the cluster that a request names, by itself or by a custom domain; the cluster need not exist.
 * Empty texts are as good as absent. Throws InvalidParameterCombination when neither is given, and
 * CustomDomainAssociationNotFoundFault when the domain is nobody's, or of another cluster than the one named with it.
 */
export async function namedCluster(deps: RedshiftDeps, caller: Caller, name: ClusterName): Promise<string> {
  const { ClusterIdentifier: identifier = '', CustomDomainName: domain = '' } = name;
  if (domain === '') {
    if (identifier !== '') return identifier;
    throw invalidParameterCombination('Either ClusterIdentifier or CustomDomainName must be specified.');
  }
  const found = await clusterOfHost(deps, caller, domain.toLowerCase());
  if (found === undefined || (identifier !== '' && identifier !== found)) throw customDomainNotFound();
  return found;
}

/**
 * The cluster that a host name stands for. The gateway's own name stands for the only cluster, where there is but one:
 * the JDBC driver, given a cluster identifier, sends the host that DescribeClusters told it as a custom domain.
 */
async function clusterOfHost(deps: RedshiftDeps, caller: Caller, host: string): Promise<string | undefined> {
  const { accountId } = caller.principal;
  const domain = await deps.resources.find(accountId, 'custom-domain', host);
  if (domain !== undefined) return domain.content.clusterIdentifier;
  const named = clusterOfHostName(host);
  if (named !== undefined) return named.accountId === accountId ? named.identifier : undefined;
  if (!deps.endpoints.isOwnName(host)) return undefined;
  const [only, ...others] = await deps.clusters.list(accountId);
  return others.length === 0 ? only?.identifier : undefined;
}

/**
 * The cluster of that identifier, exact in case. Throws ClusterNotFound, with the name that was probably meant if
 * there is a cluster of it and the caller may describe that one.
 */
export async function requireCluster(
  deps: RedshiftDeps,
  caller: Caller,
  identifier: string,
): Promise<Cluster> {
  const { accountId } = caller.principal;
  const clusters = await deps.clusters.list(accountId);
  const found = clusters.find((cluster) => cluster.identifier === identifier);
  if (found !== undefined) return found;
  const near = nearName(
    identifier,
    clusters.map((cluster) => cluster.identifier),
  );
  if (near === undefined) throw clusterNotFound(identifier);
  const resource = clusterArn(caller.region, { accountId, identifier: near });
  const isVisible = caller.may({ action: 'redshift:DescribeClusters', resource });
  throw clusterNotFound(identifier, isVisible ? near : undefined);
}
