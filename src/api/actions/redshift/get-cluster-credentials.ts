import { LIMITS } from '../../../core/limits.ts';
import {
  type CredentialsRequest,
  issueCredentials,
  requireValid,
} from '../../../redshift/issue-credentials.ts';
import { credentialsPermissions } from '../../../redshift/required-permissions.ts';
import type { Action } from '../../action.ts';
import type { ClusterCredentials, GetClusterCredentialsMessage } from '../../services/redshift.generated.ts';
import type { RedshiftDeps } from './deps.ts';
import { issueTerms, loginOffers } from './issue-terms.ts';
import { issuingCluster } from './issuing-cluster.ts';
import { namedCluster, requireCluster } from './named-cluster.ts';
import { requireLogins } from './own-credentials.ts';
import { clusterTagKeys } from './permissions.ts';

/** GetClusterCredentials. Policy decides on the values as sent; only then are they validated and the cluster looked up. */
export const getClusterCredentials: Action<RedshiftDeps, GetClusterCredentialsMessage, ClusterCredentials> = {
  permissions: async (deps, input, caller) => {
    // Before the decision, so that the audit log also tells what a refused call was about.
    caller.note({
      cluster: input.ClusterIdentifier,
      dbUser: input.DbUser,
      database: input.DbName,
      groups: input.DbGroups,
      autoCreate: input.AutoCreate,
    });
    const identifier = await namedCluster(deps, caller, input);
    const tags = await clusterTagKeys(deps, caller, identifier);
    const { accountId } = caller.principal;
    return credentialsPermissions(caller.region, accountId, identifier, toRequest(input), tags);
  },
  offers: loginOffers,
  run: async (deps, input, caller) => {
    const request = toRequest(input);
    requireValid(request);
    const identifier = await namedCluster(deps, caller, input);
    const cluster = requireLogins(await requireCluster(deps, caller, identifier));
    const terms = await issueTerms(deps, caller);
    const issued = issueCredentials(deps, issuingCluster(deps, caller, cluster), request, terms);
    caller.note({
      credentialId: issued.credentialId,
      loginName: issued.dbUser,
      expiration: issued.expiration.toISOString(),
    });
    return { DbUser: issued.dbUser, DbPassword: issued.dbPassword.reveal(), Expiration: issued.expiration };
  },
  changes: false,
};

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
