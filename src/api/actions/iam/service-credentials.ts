import {
  createServiceCredential,
  requireSupportedService,
  resetServiceCredential,
  type ServiceCredential,
} from '../../../iam/service-credentials.ts';
import {
  deleteCredential,
  listCredentials,
  setCredentialStatus,
  type UserCredential,
} from '../../../iam/user-credentials.ts';
import type { Caller } from '../../action.ts';
import { changing, reading } from './row.ts';
import { pageMembers, pageOfInput, pageOfNone } from './shapes.ts';
import { onList, onUser, onUserOrRoot, userNameOr } from './targets.ts';

/** Credentials of users for one service only. */

const KIND = 'service-credential';

const CreateServiceSpecificCredential = changing<'CreateServiceSpecificCredential'>(
  (iam, input, caller) =>
    onUser(iam, caller, 'iam:CreateServiceSpecificCredential', input.UserName, [
      ['iam:servicespecificcredentialservicename', [input.ServiceName]],
      ...(input.CredentialAgeDays === undefined
        ? []
        : [['iam:servicespecificcredentialagedays', [String(input.CredentialAgeDays)]] as const]),
    ]),
  async (iam, input, caller) => {
    const credential = await createServiceCredential(iam, caller.principal.accountId, {
      userName: input.UserName,
      serviceName: input.ServiceName,
      ageDays: input.CredentialAgeDays,
    });
    caller.note({ serviceSpecificCredentialId: credential.id });
    return { ServiceSpecificCredential: credentialShape(credential) };
  },
);

const ResetServiceSpecificCredential = changing<'ResetServiceSpecificCredential'>(
  (iam, input, caller) =>
    onUser(iam, caller, 'iam:ResetServiceSpecificCredential', userNameOr(caller, input.UserName)),
  async (iam, input, caller) => {
    const credential = await resetServiceCredential(iam, caller.principal.accountId, nameOf(caller, input));
    return { ServiceSpecificCredential: credentialShape(credential) };
  },
);

const UpdateServiceSpecificCredential = changing<'UpdateServiceSpecificCredential'>(
  (iam, input, caller) =>
    onUser(iam, caller, 'iam:UpdateServiceSpecificCredential', userNameOr(caller, input.UserName)),
  (iam, input, caller) =>
    setCredentialStatus(iam, caller.principal.accountId, KIND, nameOf(caller, input), input.Status),
);

const DeleteServiceSpecificCredential = changing<'DeleteServiceSpecificCredential'>(
  (iam, input, caller) =>
    onUser(iam, caller, 'iam:DeleteServiceSpecificCredential', userNameOr(caller, input.UserName)),
  (iam, input, caller) => deleteCredential(iam, caller.principal.accountId, KIND, nameOf(caller, input)),
);

const ListServiceSpecificCredentials = reading<'ListServiceSpecificCredentials'>(
  (iam, input, caller) => {
    const action = 'iam:ListServiceSpecificCredentials';
    return input.AllUsers === true
      ? onList(caller, action, 'user')
      : onUserOrRoot(iam, caller, action, input.UserName);
  },
  async (iam, input, caller) => {
    if (input.ServiceName !== undefined) requireSupportedService(input.ServiceName);
    const userName = input.AllUsers === true ? undefined : (input.UserName ?? caller.principal.userName);
    if (userName === undefined && input.AllUsers !== true) {
      const page = await pageOfNone('ListServiceSpecificCredentials', input);
      return { ServiceSpecificCredentials: [], ...pageMembers(page) };
    }
    const request = {
      ...pageOfInput('ListServiceSpecificCredentials', input),
      userName,
      serviceName: input.ServiceName,
    };
    const page = await listCredentials(iam, caller.principal.accountId, KIND, request);
    return { ServiceSpecificCredentials: page.items.map(metadataShape), ...pageMembers(page) };
  },
);

export const serviceCredentialActions = {
  CreateServiceSpecificCredential,
  ResetServiceSpecificCredential,
  UpdateServiceSpecificCredential,
  DeleteServiceSpecificCredential,
  ListServiceSpecificCredentials,
};

function nameOf(
  caller: Caller,
  input: { readonly UserName?: string | undefined; readonly ServiceSpecificCredentialId: string },
) {
  return { id: input.ServiceSpecificCredentialId, userName: userNameOr(caller, input.UserName) };
}

/** Keys that end are shown as an alias and a secret, the others as a user name and a password. */
function credentialShape(credential: ServiceCredential) {
  const secret = credential.password.reveal();
  return {
    ...metadataShape(credential),
    ...(isKey(credential) ? { ServiceCredentialSecret: secret } : { ServicePassword: secret }),
  };
}

function metadataShape(credential: UserCredential) {
  return {
    UserName: credential.userName,
    Status: credential.status,
    ServiceUserName: isKey(credential) ? undefined : credential.serviceUserName,
    ServiceCredentialAlias: isKey(credential) ? credential.serviceUserName : undefined,
    CreateDate: credential.createdAt,
    ExpirationDate: credential.expiresAt,
    ServiceSpecificCredentialId: credential.id,
    ServiceName: credential.serviceName ?? '',
  };
}

const isKey = ({ serviceName }: UserCredential): boolean => serviceName === 'bedrock.amazonaws.com';
