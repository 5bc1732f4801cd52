import { createAccountAlias, deleteAccountAlias, findAccountAlias } from '../../../iam/account-aliases.ts';
import { setTokenVersion } from '../../../iam/account-settings.ts';
import { getAccountSummary } from '../../../iam/account-summary.ts';
import { pageOfList } from '../../../iam/pages.ts';
import { changing, reading } from './row.ts';
import { pageMembers, pageOfInput } from './shapes.ts';
import { onAccount } from './targets.ts';

/** What concerns an account as a whole: its alias and its counts. */

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
  async (iam, input, caller) => {
    const alias = await findAccountAlias(iam, caller.principal.accountId);
    const aliases = alias === undefined ? [] : [alias];
    const page = await pageOfList(pageOfInput('ListAccountAliases', input), (one) => one, aliases);
    return { AccountAliases: page.items, ...pageMembers(page) };
  },
);

const GetAccountSummary = reading<'GetAccountSummary'>(
  () => onAccount('iam:GetAccountSummary'),
  async (iam, _input, caller) => ({ SummaryMap: await getAccountSummary(iam, caller.principal.accountId) }),
);

const SetSecurityTokenServicePreferences = changing<'SetSecurityTokenServicePreferences'>(
  () => onAccount('iam:SetSecurityTokenServicePreferences'),
  (iam, input, caller) =>
    setTokenVersion(iam, caller.principal.accountId, input.GlobalEndpointTokenVersion === 'v2Token' ? 2 : 1),
);

export const accountActions = {
  SetSecurityTokenServicePreferences,
  CreateAccountAlias,
  DeleteAccountAlias,
  ListAccountAliases,
  GetAccountSummary,
};
