import { AwsError } from '../../../core/errors.ts';
import { listQuotas, putQuotas } from '../../../iam/account-quotas.ts';
import {
  type Account,
  createAccount,
  createRootKey,
  getAccount,
  listAccounts,
  listRootKeys,
} from '../../../iam/accounts.ts';
import { accessDenied } from '../../../iam/authorize.ts';
import { closeAccount } from '../../../iam/close-account.ts';
import type { Iam } from '../../../iam/iam.ts';
import { validationError } from '../../../iam/iam-errors.ts';
import type { Clusters } from '../../../redshift/clusters.ts';
import type { Action, Caller, RequiredPermission } from '../../action.ts';
import type * as wire from '../../services/keyshift.ts';

/**
 * The operations on accounts. Only principals of the account that the installation was started with may call them, and
 * of these whom policies allow it.
 */
export interface AccountDeps {
  readonly iam: Iam;
  readonly clusters: Clusters;
  /** The account that the installation was started with. */
  readonly managementAccountId: string;
}

/** The pair of an operation that concerns the whole installation. Throws AccessDenied for another account. */
export function onlyManagement(
  { managementAccountId }: AccountDeps,
  { principal }: Caller,
  action: string,
  resource = '*',
): readonly RequiredPermission[] {
  if (principal.accountId === managementAccountId) return [{ action, resource }];
  const { message } = accessDenied(principal, action, resource);
  throw new AwsError(
    'AccessDenied',
    403,
    `${message} because only the account that the installation was started with may`,
  );
}

function onAccount(deps: AccountDeps, caller: Caller, action: string, accountId: string) {
  const resource = `arn:aws:keyshift::${deps.managementAccountId}:account/${accountId}`;
  return onlyManagement(deps, caller, action, resource);
}

const createAccountAction: Action<AccountDeps, wire.CreateAccountRequest, wire.CreateAccountResponse> = {
  permissions: (deps, _input, caller) => onlyManagement(deps, caller, 'keyshift:CreateAccount'),
  run: async ({ iam, managementAccountId }, { AccountId, Alias }, caller) => {
    const { account, rootKey } = await createAccount(iam, { accountId: AccountId, alias: Alias });
    caller.note({ account: account.accountId, alias: Alias, accessKeyId: rootKey.accessKeyId });
    caller.concerns(account.accountId);
    return {
      Account: toWire(account, managementAccountId),
      AccessKey: { AccessKeyId: rootKey.accessKeyId, SecretAccessKey: rootKey.secret.reveal() },
    };
  },
  changes: true,
};

const listAccountsAction: Action<AccountDeps, wire.ListAccountsRequest, wire.ListAccountsResponse> = {
  permissions: (deps, _input, caller) => onlyManagement(deps, caller, 'keyshift:ListAccounts'),
  run: async ({ iam, managementAccountId }, { Marker, MaxItems }) => {
    const { items, nextMarker } = await listAccounts(iam, { marker: Marker, maxItems: MaxItems });
    return { Accounts: items.map((account) => toWire(account, managementAccountId)), Marker: nextMarker };
  },
  changes: false,
};

const getAccountAction: Action<AccountDeps, wire.GetAccountRequest, wire.GetAccountResponse> = {
  permissions: (deps, { AccountId }, caller) => onAccount(deps, caller, 'keyshift:GetAccount', AccountId),
  run: async ({ iam, clusters, managementAccountId }, { AccountId }) => {
    const account = await getAccount(iam.store, AccountId);
    const [keys, { length }, quotas] = await Promise.all([
      listRootKeys(iam.store, AccountId),
      clusters.list(AccountId),
      listQuotas(iam, AccountId),
    ]);
    return {
      Account: toWire(account, managementAccountId),
      RootAccessKeys: keys.map((key) => ({
        AccessKeyId: key.accessKeyId,
        Status: key.status,
        CreateDate: key.createdAt,
        LastUsedDate: key.lastUse?.at,
      })),
      Clusters: length,
      Quotas: quotas.map(({ name, max, isOwn }) => ({ Name: name, Value: max, IsOwn: isOwn })),
    };
  },
  changes: false,
};

const createRootAccessKey: Action<AccountDeps, wire.CreateRootAccessKeyRequest, wire.RootAccessKeyResponse> =
  {
    permissions: (deps, { AccountId }, caller) =>
      onAccount(deps, caller, 'keyshift:CreateRootAccessKey', AccountId),
    run: async ({ iam, managementAccountId }, { AccountId, ReplaceExisting = false }, caller) => {
      // A permission on accounts must not make its owner the root user of this one.
      if (AccountId === managementAccountId) {
        throw validationError(
          'A root key of this account is made by its root user with iam:CreateAccessKey, or set when Keyshift starts.',
        );
      }
      const key = await createRootKey(iam, AccountId, ReplaceExisting);
      caller.note({ account: AccountId, accessKeyId: key.accessKeyId, replaced: ReplaceExisting });
      caller.concerns(AccountId);
      return { AccessKey: { AccessKeyId: key.accessKeyId, SecretAccessKey: key.secret.reveal() } };
    },
    changes: true,
  };

const putAccountQuotas: Action<AccountDeps, wire.PutAccountQuotasRequest, wire.EmptyResponse> = {
  permissions: (deps, { AccountId }, caller) =>
    onAccount(deps, caller, 'keyshift:PutAccountQuotas', AccountId),
  run: async ({ iam }, { AccountId, Quotas }, caller) => {
    await getAccount(iam.store, AccountId);
    const quotas = new Map(Quotas.map(({ Name, Value }) => [Name, Value]));
    if (quotas.size < Quotas.length) throw validationError('A quota is given twice.');
    await putQuotas(iam, AccountId, quotas);
    caller.note({
      account: AccountId,
      quotas: Object.fromEntries([...quotas].map(([name, max]) => [name, max ?? 'default'])),
    });
    caller.concerns(AccountId);
    return {};
  },
  changes: true,
};

const closeAccountAction: Action<AccountDeps, wire.CloseAccountRequest, wire.EmptyResponse> = {
  permissions: (deps, { AccountId }, caller) => onAccount(deps, caller, 'keyshift:CloseAccount', AccountId),
  run: async ({ iam, managementAccountId }, { AccountId }, caller) => {
    if (AccountId === managementAccountId) {
      throw validationError('The account that the installation was started with cannot be closed.');
    }
    await closeAccount(iam, AccountId);
    caller.note({ account: AccountId });
    caller.concerns(AccountId);
    return {};
  },
  changes: true,
};

function toWire({ accountId, alias, createdAt }: Account, managementAccountId: string): wire.Account {
  return {
    AccountId: accountId,
    Alias: alias,
    CreateDate: createdAt,
    IsManagementAccount: accountId === managementAccountId,
  };
}

export const accountActions = {
  CloseAccount: closeAccountAction,
  CreateAccount: createAccountAction,
  ListAccounts: listAccountsAction,
  GetAccount: getAccountAction,
  CreateRootAccessKey: createRootAccessKey,
  PutAccountQuotas: putAccountQuotas,
} as const;
