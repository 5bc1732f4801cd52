import { uploadSigningCertificate } from '../../../iam/signing-certificates.ts';
import {
  deleteCredential,
  listCredentials,
  setCredentialStatus,
  type UserCredential,
} from '../../../iam/user-credentials.ts';
import { changing, reading } from './row.ts';
import { pageMembers, pageOfInput, pageOfNone } from './shapes.ts';
import { onUser, onUserOrRoot, userNameOr } from './targets.ts';

/** Certificates with which users sign. */

const KIND = 'signing-certificate';

const UploadSigningCertificate = changing<'UploadSigningCertificate'>(
  (iam, input, caller) =>
    onUser(iam, caller, 'iam:UploadSigningCertificate', userNameOr(caller, input.UserName)),
  async (iam, input, caller) => {
    const userName = userNameOr(caller, input.UserName);
    const { accountId } = caller.principal;
    const certificate = await uploadSigningCertificate(iam, accountId, userName, input.CertificateBody);
    caller.note({ certificateId: certificate.id });
    return { Certificate: certificateShape(certificate) };
  },
);

const UpdateSigningCertificate = changing<'UpdateSigningCertificate'>(
  (iam, input, caller) =>
    onUser(iam, caller, 'iam:UpdateSigningCertificate', userNameOr(caller, input.UserName)),
  (iam, input, caller) => {
    const name = { id: input.CertificateId, userName: userNameOr(caller, input.UserName) };
    return setCredentialStatus(iam, caller.principal.accountId, KIND, name, input.Status);
  },
);

const DeleteSigningCertificate = changing<'DeleteSigningCertificate'>(
  (iam, input, caller) =>
    onUser(iam, caller, 'iam:DeleteSigningCertificate', userNameOr(caller, input.UserName)),
  (iam, input, caller) => {
    const name = { id: input.CertificateId, userName: userNameOr(caller, input.UserName) };
    return deleteCredential(iam, caller.principal.accountId, KIND, name);
  },
);

const ListSigningCertificates = reading<'ListSigningCertificates'>(
  (iam, input, caller) => onUserOrRoot(iam, caller, 'iam:ListSigningCertificates', input.UserName),
  async (iam, input, caller) => {
    const userName = input.UserName ?? caller.principal.userName;
    if (userName === undefined) {
      return { Certificates: [], ...pageMembers(await pageOfNone('ListSigningCertificates', input)) };
    }
    const request = { ...pageOfInput('ListSigningCertificates', input), userName };
    const page = await listCredentials(iam, caller.principal.accountId, KIND, request);
    return { Certificates: page.items.map(certificateShape), ...pageMembers(page) };
  },
);

export const signingCertificateActions = {
  UploadSigningCertificate,
  UpdateSigningCertificate,
  DeleteSigningCertificate,
  ListSigningCertificates,
};

function certificateShape(certificate: UserCredential) {
  return {
    UserName: certificate.userName,
    CertificateId: certificate.id,
    CertificateBody: certificate.body ?? '',
    Status: certificate.status,
    UploadDate: certificate.createdAt,
  };
}
