import { AwsError } from '../../../core/errors.ts';
import { accountOfTemporaryKey } from '../../../core/ids.ts';
import { decodeAuthorizationMessage, MESSAGE_KEY_PURPOSE } from '../../../iam/authorization-message.ts';
import { storable } from '../../../iam/entities.ts';
import { assumeRoleAction } from './assume-role.ts';
import type { StsAction, StsActions } from './row.ts';
import { getFederationTokenAction, getSessionTokenAction } from './user-sessions.ts';

/** The operations of the Security Token Service, by name. */

/** Needs no permission: not even an explicit Deny has an effect, says the STS API reference. */
const GetCallerIdentity: StsAction<'GetCallerIdentity'> = {
  permissions: () => [],
  run: async (_deps, _input, { principal }) => ({
    UserId: principal.userId,
    Account: principal.accountId,
    Arn: principal.arn,
  }),
  changes: false,
};

const GetAccessKeyInfo: StsAction<'GetAccessKeyInfo'> = {
  permissions: () => [{ action: 'sts:GetAccessKeyInfo', resource: '*' }],
  run: async ({ iam }, { AccessKeyId: keyId }) => {
    const temporary = accountOfTemporaryKey(keyId);
    const [row] =
      temporary === undefined
        ? await iam.store.query<{ account_id: string }>(
            'SELECT account_id FROM keyshift.iam_access_keys WHERE access_key_id = $1',
            [storable(keyId)],
          )
        : await iam.store.query<{ account_id: string }>(
            'SELECT account_id FROM keyshift.accounts WHERE account_id = $1',
            [temporary],
          );
    if (row === undefined) throw new AwsError('ValidationError', 400, 'The access key ID is not valid.');
    return { Account: row.account_id };
  },
  changes: false,
};

/** Of messages that came with refusals of calls of the caller's own account. */
const DecodeAuthorizationMessage: StsAction<'DecodeAuthorizationMessage'> = {
  permissions: () => [{ action: 'sts:DecodeAuthorizationMessage', resource: '*' }],
  run: async ({ keyring }, { EncodedMessage: encoded }, { principal }) => {
    const keys = keyring.derive(MESSAGE_KEY_PURPOSE);
    const message = decodeAuthorizationMessage(keys, principal.accountId, encoded);
    if (message !== undefined) return { DecodedMessage: message };
    throw new AwsError('InvalidAuthorizationMessageException', 400, 'Message is not valid');
  },
  changes: false,
};

export const stsActions = {
  DecodeAuthorizationMessage,
  AssumeRole: assumeRoleAction,
  GetSessionToken: getSessionTokenAction,
  GetFederationToken: getFederationTokenAction,
  GetCallerIdentity,
  GetAccessKeyInfo,
} satisfies StsActions;
