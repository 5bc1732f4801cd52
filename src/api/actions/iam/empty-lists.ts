import { requireEntity } from '../../../iam/entities.ts';
import type { Iam } from '../../../iam/iam.ts';
import type { Caller } from '../../action.ts';
import { reading } from './row.ts';
import { onList, onUserOrRoot } from './targets.ts';

/**
 * Lists of things that Keyshift's identities do not have yet. Clients ask for them before they delete a user, so
 * they are answered, and truly: there are none.
 */

const LAST_PAGE = { IsTruncated: false } as const;

const ListMFADevices = reading<'ListMFADevices'>(
  (iam, input, caller) => onUserOrRoot(iam, caller, 'iam:ListMFADevices', input.UserName),
  async (iam, input, caller) => {
    await requireUserIfNamed(iam, caller, input.UserName);
    return { MFADevices: [], ...LAST_PAGE };
  },
);

const ListVirtualMFADevices = reading<'ListVirtualMFADevices'>(
  (_iam, _input, caller) => onList(caller, 'iam:ListVirtualMFADevices', 'mfa'),
  async () => ({ VirtualMFADevices: [], ...LAST_PAGE }),
);

export const emptyListActions = {
  ListMFADevices,
  ListVirtualMFADevices,
};

async function requireUserIfNamed(iam: Iam, caller: Caller, userName: string | undefined): Promise<void> {
  if (userName === undefined) return;
  await requireEntity(iam.store, caller.principal.accountId, { kind: 'user', name: userName });
}
