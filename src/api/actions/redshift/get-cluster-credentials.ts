import { LIMITS } from '../../../core/limits.ts';
import { clusterArn } from '../../../redshift/clusters.ts';
import { credentialKeyPurpose } from '../../../redshift/credential.ts';
import { NO_LIMITS } from '../../../redshift/credential-limits.ts';
import {
  customDomainNotFound,
  invalidParameterCombination,
  unsupportedOperation,
} from '../../../redshift/errors.ts';
import {
  type CredentialsRequest,
  issueCredentials,
  requireValid,
} from '../../../redshift/issue-credentials.ts';
import { credentialsPermissions } from '../../../redshift/required-permissions.ts';
import type { DerivedKeys } from '../../../store/keyring.ts';
import type { Action } from '../../action.ts';
import type { ClusterCredentials, GetClusterCredentialsMessage } from '../../services/redshift.generated.ts';
import type { RedshiftDeps } from './deps.ts';

/** GetClusterCredentials. Policy decides on the values as sent; only then are they validated and the cluster looked up. */
export const getClusterCredentials: Action<RedshiftDeps, GetClusterCredentialsMessage, ClusterCredentials> = {
  permissions: (_deps, input, caller) => {
    // Before the decision, so that the audit log also tells what a refused call was about.
    caller.note({
      cluster: input.ClusterIdentifier,
      dbUser: input.DbUser,
      database: input.DbName,
      groups: input.DbGroups,
      autoCreate: input.AutoCreate,
    });
    return credentialsPermissions(
      caller.region,
      caller.principal.accountId,
      requireClusterIdentifier(input),
      toRequest(input),
    );
  },
  run: async (deps, input, caller) => {
    const request = toRequest(input);
    requireValid(request);
    const cluster = await deps.clusters.get(caller.principal.accountId, requireClusterIdentifier(input));
    if (cluster.status !== 'available' && cluster.status !== 'modifying') {
      throw unsupportedOperation(`Cluster ${cluster.identifier} is ${cluster.status}.`);
    }
    const arn = clusterArn(caller.region, cluster);
    const terms = {
      issuer: { principalArn: caller.principal.arn, roleArn: undefined },
      limits: NO_LIMITS,
      endsSessions: false,
    };
    const issued = issueCredentials(deps, { arn, keys: credentialKeys(deps, arn) }, request, terms);
    caller.note({
      credentialId: issued.credentialId,
      loginName: issued.dbUser,
      expiration: issued.expiration.toISOString(),
    });
    return { DbUser: issued.dbUser, DbPassword: issued.dbPassword.reveal(), Expiration: issued.expiration };
  },
  changes: false,
};

function credentialKeys(deps: RedshiftDeps, arn: string): DerivedKeys {
  return deps.keyring.derive(credentialKeyPurpose(arn));
}

/** A custom domain name is never guessed to be a cluster: drivers ask with the host they connect to. */
function requireClusterIdentifier(input: GetClusterCredentialsMessage): string {
  if (input.ClusterIdentifier !== undefined && input.ClusterIdentifier !== '') return input.ClusterIdentifier;
  if (input.CustomDomainName !== undefined && input.CustomDomainName !== '') throw customDomainNotFound();
  throw invalidParameterCombination('Either ClusterIdentifier or CustomDomainName must be specified.');
}

/** Empty texts are as good as absent: SDKs send `DbGroups=` for an empty list and drivers clear a name to ''. */
function toRequest(input: GetClusterCredentialsMessage): CredentialsRequest {
  return {
    dbUser: input.DbUser,
    dbName: input.DbName === '' ? undefined : input.DbName,
    durationSeconds: input.DurationSeconds ?? LIMITS.credentialSecondsMin,
    autoCreate: input.AutoCreate ?? false,
    dbGroups: input.DbGroups ?? [],
  };
}
