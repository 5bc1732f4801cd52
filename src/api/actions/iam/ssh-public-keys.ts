import { sshKeyToPem, uploadSshPublicKey } from '../../../iam/ssh-public-keys.ts';
import {
  deleteCredential,
  listCredentials,
  requireCredential,
  setCredentialStatus,
  type UserCredential,
} from '../../../iam/user-credentials.ts';
import { changing, reading } from './row.ts';
import { pageMembers, pageOfInput, pageOfNone } from './shapes.ts';
import { onUser, onUserOrRoot } from './targets.ts';

/** SSH public keys of users. */

const KIND = 'ssh-public-key';

const UploadSSHPublicKey = changing<'UploadSSHPublicKey'>(
  (iam, input, caller) => onUser(iam, caller, 'iam:UploadSSHPublicKey', input.UserName),
  async (iam, input, caller) => {
    const { accountId } = caller.principal;
    const key = await uploadSshPublicKey(iam, accountId, input.UserName, input.SSHPublicKeyBody);
    caller.note({ sshPublicKeyId: key.id });
    return { SSHPublicKey: keyShape(key, input.SSHPublicKeyBody) };
  },
);

const GetSSHPublicKey = reading<'GetSSHPublicKey'>(
  (iam, input, caller) => onUser(iam, caller, 'iam:GetSSHPublicKey', input.UserName),
  async (iam, input, caller) => {
    const key = await requireCredential(iam, caller.principal.accountId, KIND, nameOf(input));
    const body = key.body ?? '';
    return { SSHPublicKey: keyShape(key, input.Encoding === 'PEM' ? sshKeyToPem(body) : body) };
  },
);

const UpdateSSHPublicKey = changing<'UpdateSSHPublicKey'>(
  (iam, input, caller) => onUser(iam, caller, 'iam:UpdateSSHPublicKey', input.UserName),
  (iam, input, caller) =>
    setCredentialStatus(iam, caller.principal.accountId, KIND, nameOf(input), input.Status),
);

const DeleteSSHPublicKey = changing<'DeleteSSHPublicKey'>(
  (iam, input, caller) => onUser(iam, caller, 'iam:DeleteSSHPublicKey', input.UserName),
  (iam, input, caller) => deleteCredential(iam, caller.principal.accountId, KIND, nameOf(input)),
);

const ListSSHPublicKeys = reading<'ListSSHPublicKeys'>(
  (iam, input, caller) => onUserOrRoot(iam, caller, 'iam:ListSSHPublicKeys', input.UserName),
  async (iam, input, caller) => {
    const userName = input.UserName ?? caller.principal.userName;
    if (userName === undefined) {
      return { SSHPublicKeys: [], ...pageMembers(await pageOfNone('ListSSHPublicKeys', input)) };
    }
    const request = { ...pageOfInput('ListSSHPublicKeys', input), userName };
    const page = await listCredentials(iam, caller.principal.accountId, KIND, request);
    return {
      SSHPublicKeys: page.items.map((key) => ({
        UserName: key.userName,
        SSHPublicKeyId: key.id,
        Status: key.status,
        UploadDate: key.createdAt,
      })),
      ...pageMembers(page),
    };
  },
);

export const sshPublicKeyActions = {
  UploadSSHPublicKey,
  GetSSHPublicKey,
  UpdateSSHPublicKey,
  DeleteSSHPublicKey,
  ListSSHPublicKeys,
};

const nameOf = (input: { readonly UserName: string; readonly SSHPublicKeyId: string }) => ({
  id: input.SSHPublicKeyId,
  userName: input.UserName,
});

function keyShape(key: UserCredential, body: string) {
  return {
    UserName: key.userName,
    SSHPublicKeyId: key.id,
    Fingerprint: key.fingerprint ?? '',
    SSHPublicKeyBody: body,
    Status: key.status,
    UploadDate: key.createdAt,
  };
}
