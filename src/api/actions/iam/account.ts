import { createAccountAlias, deleteAccountAlias, findAccountAlias } from '../../../iam/account-aliases.ts';
import { getAccountSummary } from '../../../iam/account-summary.ts';
import { noSuchEntity } from '../../../iam/iam-errors.ts';
import { changing, reading } from './row.ts';
import { onAccount } from './targets.ts';

const CreateAccountAlias = changing<'CreateAccountAlias'>(
  () => onAccount('iam:CreateAccountAlias'),
  (iam, input, caller) => createAccountAlias(iam, caller.principal.accountId, input.AccountAlias),
);

const DeleteAccountAlias = changing<'DeleteAccountAlias'>(
  () => onAccount('iam:DeleteAccountAlias'),
  (iam, input, caller) => deleteAccountAlias(iam, caller.principal.accountId, input.AccountAlias),
);

const ListAccountAliases = reading<'ListAccountAliases'>(
  () => onAccount('iam:ListAccountAliases'),
  async (iam, _input, caller) => {
    const alias = await findAccountAlias(iam, caller.principal.accountId);
    return { AccountAliases: alias === undefined ? [] : [alias], IsTruncated: false };
  },
);

const GetAccountSummary = reading<'GetAccountSummary'>(
  () => onAccount('iam:GetAccountSummary'),
  async (iam, _input, caller) => ({ SummaryMap: await getAccountSummary(iam, caller.principal.accountId) }),
);

/** Accounts have the default rules for passwords, so there is never a policy of their own to show. */
const GetAccountPasswordPolicy = reading<'GetAccountPasswordPolicy'>(
  () => onAccount('iam:GetAccountPasswordPolicy'),
  async (_iam, _input, caller) => {
    const { accountId } = caller.principal;
    throw noSuchEntity(`The Password Policy with domain name ${accountId} cannot be found.`);
  },
);

export const accountActions = {
  CreateAccountAlias,
  DeleteAccountAlias,
  ListAccountAliases,
  GetAccountSummary,
  GetAccountPasswordPolicy,
};
