import { requireEntity } from '../../../iam/entities.ts';
import type { Iam } from '../../../iam/iam.ts';
import type { Caller, RequiredPermission } from '../../action.ts';
import { reading } from './row.ts';
import { onList, onUser } from './targets.ts';

/**
 * Lists of things that Keyshift's identities never have. Clients ask for them before they delete a user, so
 * they are answered, and truly: there are none.
 */

const LAST_PAGE = { IsTruncated: false } as const;

const ListMFADevices = reading<'ListMFADevices'>(
  (iam, input, caller) => onUserOrSelf(iam, caller, 'iam:ListMFADevices', input.UserName),
  async (iam, input, caller) => {
    await requireUserIfNamed(iam, caller, input.UserName);
    return { MFADevices: [], ...LAST_PAGE };
  },
);

const ListSSHPublicKeys = reading<'ListSSHPublicKeys'>(
  (iam, input, caller) => onUserOrSelf(iam, caller, 'iam:ListSSHPublicKeys', input.UserName),
  async (iam, input, caller) => {
    await requireUserIfNamed(iam, caller, input.UserName);
    return { SSHPublicKeys: [], ...LAST_PAGE };
  },
);

const ListSigningCertificates = reading<'ListSigningCertificates'>(
  (iam, input, caller) => onUserOrSelf(iam, caller, 'iam:ListSigningCertificates', input.UserName),
  async (iam, input, caller) => {
    await requireUserIfNamed(iam, caller, input.UserName);
    return { Certificates: [], ...LAST_PAGE };
  },
);

const ListServiceSpecificCredentials = reading<'ListServiceSpecificCredentials'>(
  (iam, input, caller) => onUserOrSelf(iam, caller, 'iam:ListServiceSpecificCredentials', input.UserName),
  async (iam, input, caller) => {
    await requireUserIfNamed(iam, caller, input.UserName);
    return { ServiceSpecificCredentials: [], ...LAST_PAGE };
  },
);

const ListVirtualMFADevices = reading<'ListVirtualMFADevices'>(
  (_iam, _input, caller) => onList(caller, 'iam:ListVirtualMFADevices', 'mfa'),
  async () => ({ VirtualMFADevices: [], ...LAST_PAGE }),
);

const ListInstanceProfiles = reading<'ListInstanceProfiles'>(
  (_iam, input, caller) => onList(caller, 'iam:ListInstanceProfiles', 'instance-profile', input.PathPrefix),
  async () => ({ InstanceProfiles: [], ...LAST_PAGE }),
);

export const emptyListActions = {
  ListMFADevices,
  ListSSHPublicKeys,
  ListSigningCertificates,
  ListServiceSpecificCredentials,
  ListVirtualMFADevices,
  ListInstanceProfiles,
};

async function onUserOrSelf(
  iam: Iam,
  caller: Caller,
  action: string,
  userName: string | undefined,
): Promise<readonly RequiredPermission[]> {
  const name = userName ?? caller.principal.userName;
  return name === undefined
    ? [{ action, resource: caller.principal.arn }]
    : onUser(iam, caller, action, name);
}

async function requireUserIfNamed(iam: Iam, caller: Caller, userName: string | undefined): Promise<void> {
  if (userName === undefined) return;
  await requireEntity(iam.store, caller.principal.accountId, { kind: 'user', name: userName });
}
