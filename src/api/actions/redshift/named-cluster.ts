import { customDomainNotFound, invalidParameterCombination } from '../../../redshift/errors.ts';
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
  const found = await deps.resources.find(caller.principal.accountId, 'custom-domain', domain.toLowerCase());
  if (found === undefined) throw customDomainNotFound();
  const { clusterIdentifier } = found.content;
  if (identifier !== '' && identifier !== clusterIdentifier) throw customDomainNotFound();
  return clusterIdentifier;
}
