import { AwsError } from '../../../core/errors.ts';
import { storable } from '../../../iam/entities.ts';
import type { Iam } from '../../../iam/iam.ts';
import type { Action } from '../../action.ts';
import type { StsOperations } from '../../services/sts.generated.ts';

/** The operations of the Security Token Service, by name. */

export interface StsDeps {
  readonly iam: Iam;
}

type StsActions = {
  readonly [N in keyof StsOperations]?: Action<
    StsDeps,
    StsOperations[N]['input'],
    StsOperations[N]['output']
  >;
};

/** Needs no permission: not even an explicit Deny has an effect, says the STS API reference. */
const GetCallerIdentity: NonNullable<StsActions['GetCallerIdentity']> = {
  permissions: () => [],
  run: async (_deps, _input, { principal }) => ({
    UserId: principal.userId,
    Account: principal.accountId,
    Arn: principal.arn,
  }),
  changes: false,
};

const GetAccessKeyInfo: NonNullable<StsActions['GetAccessKeyInfo']> = {
  permissions: () => [{ action: 'sts:GetAccessKeyInfo', resource: '*' }],
  run: async ({ iam }, input) => {
    const [row] = await iam.store.query<{ account_id: string }>(
      'SELECT account_id FROM keyshift.iam_access_keys WHERE access_key_id = $1',
      [storable(input.AccessKeyId)],
    );
    if (row === undefined) throw new AwsError('ValidationError', 400, 'The access key ID is not valid.');
    return { Account: row.account_id };
  },
  changes: false,
};

export const stsActions = { GetCallerIdentity, GetAccessKeyInfo } satisfies StsActions;
