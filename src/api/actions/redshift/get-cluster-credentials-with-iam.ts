import { redshiftArn } from '../../../core/arn.ts';
import type { Action } from '../../action.ts';
import type {
  ClusterExtendedCredentials,
  GetClusterCredentialsWithIAMMessage,
} from '../../services/redshift.generated.ts';
import type { RedshiftDeps } from './deps.ts';
import { loginOffers } from './issue-terms.ts';
import { namedCluster, requireCluster } from './named-cluster.ts';
import { ownCredentials, ownCredentialsKeys } from './own-credentials.ts';
import { clusterTagKeys } from './permissions.ts';

/** GetClusterCredentialsWithIAM: the caller decides nothing but the database; its own name is the database user's. */
export const getClusterCredentialsWithIam: Action<
  RedshiftDeps,
  GetClusterCredentialsWithIAMMessage,
  ClusterExtendedCredentials
> = {
  permissions: async (deps, input, caller) => {
    caller.note({ cluster: input.ClusterIdentifier, database: input.DbName });
    const identifier = await namedCluster(deps, caller, input);
    const action = 'redshift:GetClusterCredentialsWithIAM';
    const context = ownCredentialsKeys(toInput(input), await clusterTagKeys(deps, caller, identifier));
    if (input.DbName === undefined || input.DbName === '') return [{ action, resource: '*', context }];
    const { accountId } = caller.principal;
    const resource = redshiftArn(caller.region, accountId, 'dbname', `${identifier}/${input.DbName}`);
    return [{ action, resource, context }];
  },
  offers: loginOffers,
  run: async (deps, input, caller) => {
    const issued = await ownCredentials(deps, caller, toInput(input), async () =>
      requireCluster(deps, caller, await namedCluster(deps, caller, input)),
    );
    return { DbUser: issued.dbUser, DbPassword: issued.dbPassword.reveal(), Expiration: issued.expiration };
  },
  changes: false,
};

function toInput(input: GetClusterCredentialsWithIAMMessage) {
  return { dbName: input.DbName, durationSeconds: input.DurationSeconds };
}
