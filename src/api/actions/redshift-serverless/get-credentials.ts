import type { Action } from '../../action.ts';
import type {
  GetCredentialsRequest,
  GetCredentialsResponse,
} from '../../services/redshift-serverless.generated.ts';
import type { RedshiftDeps } from '../redshift/deps.ts';
import { loginOffers } from '../redshift/issue-terms.ts';
import { ownCredentials, ownCredentialsKeys } from '../redshift/own-credentials.ts';
import { onWorkgroup, requireNamed, requireWorkgroup } from './named-workgroup.ts';

/** GetCredentials of Redshift Serverless: the twin of GetClusterCredentialsWithIAM. */
export const getCredentials: Action<RedshiftDeps, GetCredentialsRequest, GetCredentialsResponse> = {
  permissions: async (deps, input, caller) => {
    const name = await requireNamed(deps, caller, input);
    caller.note({ workgroup: name, database: input.dbName });
    const [pair] = await onWorkgroup('GetCredentials', deps, caller, name);
    return [{ ...pair, context: ownCredentialsKeys(input, [...pair.context]) }];
  },
  offers: loginOffers,
  run: async (deps, input, caller) => {
    const { dbName, durationSeconds } = input;
    const issued = await ownCredentials(deps, caller, { dbName, durationSeconds }, async () =>
      requireWorkgroup(deps, caller, await requireNamed(deps, caller, input)),
    );
    return {
      dbUser: issued.dbUser,
      dbPassword: issued.dbPassword.reveal(),
      expiration: issued.expiration,
    };
  },
  changes: false,
};
