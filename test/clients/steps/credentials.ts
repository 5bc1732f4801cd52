import { allRefused, type ClientStep, paged, refused, step } from './step.ts';

/** What users prove themselves with besides MFA devices: access keys, passwords, certificates, keys for services. */

const bob = { UserName: 'bob' };
const nobody = { UserName: 'nobody' };
const NO_USER = 'The user with name nobody cannot be found.';
const NO_PROFILE = 'Login Profile for User bob cannot be found.';

const accessKeys: readonly ClientStep[] = [
  step(
    'CreateAccessKey',
    bob,
    { AccessKey: { ...bob, AccessKeyId: '~AKIA[A-Z2-7]{16}', SecretAccessKey: '~.{40}', Status: 'Active' } },
    { keep: { 'bob.id': 'AccessKey.AccessKeyId', 'bob.secret': 'AccessKey.SecretAccessKey' } },
  ),
  step('CreateAccessKey', bob, {}, { keep: { second: 'AccessKey.AccessKeyId' } }),
  refused('CreateAccessKey', bob, 'LimitExceeded', 'Cannot exceed quota for AccessKeysPerUser: 2'),
  refused('CreateAccessKey', nobody, 'NoSuchEntity', NO_USER),
  ...paged('ListAccessKeys', bob, { AccessKeyMetadata: 'AccessKeyId' }, 2, { size: 1 }),
  refused('ListAccessKeys', nobody, 'NoSuchEntity', NO_USER),
  step('GetAccessKeyLastUsed', { AccessKeyId: '$bob.id' }, { ...bob, AccessKeyLastUsed: { Region: 'N/A' } }),
  step('UpdateAccessKey', { ...bob, AccessKeyId: '$second', Status: 'Inactive' }),
  refused(
    'UpdateAccessKey',
    { ...bob, AccessKeyId: '$second', Status: 'Expired' },
    'InvalidInput',
    'The status Expired cannot be set on an access key.',
  ),
  refused(
    'UpdateAccessKey',
    { ...bob, AccessKeyId: 'AKIAIOSFODNN7EXAMPLE', Status: 'Active' },
    'NoSuchEntity',
    'The Access Key with id AKIAIOSFODNN7EXAMPLE cannot be found.',
  ),
  refused(
    'DeleteAccessKey',
    { ...bob, AccessKeyId: 'AKIAIOSFODNN7EXAMPLE' },
    'NoSuchEntity',
    'The Access Key with id AKIAIOSFODNN7EXAMPLE cannot be found.',
  ),
  step('DeleteAccessKey', { ...bob, AccessKeyId: '$second' }),
  refused('DeleteUser', bob, 'DeleteConflict', 'Cannot delete entity, must delete access keys first.'),
];

const passwords: readonly ClientStep[] = [
  ...allRefused(
    ['GetAccountPasswordPolicy', 'DeleteAccountPasswordPolicy'],
    {},
    'NoSuchEntity',
    '~The (Password Policy with domain name 123456789012|account policy with name PasswordPolicy) cannot be found\\.',
  ),
  step('UpdateAccountPasswordPolicy', {
    MinimumPasswordLength: 10,
    RequireSymbols: true,
    AllowUsersToChangePassword: true,
    MaxPasswordAge: 90,
    PasswordReusePrevention: 2,
  }),
  step(
    'GetAccountPasswordPolicy',
    {},
    {
      PasswordPolicy: {
        MinimumPasswordLength: 10,
        RequireSymbols: true,
        RequireNumbers: false,
        AllowUsersToChangePassword: true,
        ExpirePasswords: true,
        MaxPasswordAge: 90,
        PasswordReusePrevention: 2,
      },
    },
  ),
  ...allRefused(
    ['GetLoginProfile', 'DeleteLoginProfile', 'UpdateLoginProfile'],
    bob,
    'NoSuchEntity',
    NO_PROFILE,
  ),
  refused(
    'ChangePassword',
    { OldPassword: 'correct-horse-1', NewPassword: 'correct-horse-2' },
    'NoSuchEntity',
    NO_PROFILE,
    { as: 'bob' },
  ),
  refused(
    'ChangePassword',
    { OldPassword: 'correct-horse-1', NewPassword: 'correct-horse-2' },
    'InvalidUserType',
    'Only IAM Users can change their own password.',
  ),
  refused(
    'CreateLoginProfile',
    { ...bob, Password: 'short' },
    'PasswordPolicyViolation',
    'Password should have a minimum length of 10',
  ),
  refused('CreateLoginProfile', { ...nobody, Password: 'correct-horse-1' }, 'NoSuchEntity', NO_USER),
  step(
    'CreateLoginProfile',
    { ...bob, Password: 'correct-horse-1', PasswordResetRequired: true },
    { LoginProfile: { ...bob, PasswordResetRequired: true } },
  ),
  refused(
    'CreateLoginProfile',
    { ...bob, Password: 'correct-horse-1' },
    'EntityAlreadyExists',
    'Login Profile for User bob already exists.',
  ),
  step('GetLoginProfile', bob, { LoginProfile: { ...bob, PasswordResetRequired: true } }),
  step('UpdateLoginProfile', { ...bob, PasswordResetRequired: false }),
  refused(
    'UpdateLoginProfile',
    { ...bob, Password: 'correct-horse-1' },
    'PasswordPolicyViolation',
    '~.*reuse.*',
  ),
  ...allRefused(
    ['GetLoginProfile', 'DeleteLoginProfile', 'UpdateLoginProfile'],
    nobody,
    'NoSuchEntity',
    NO_USER,
  ),
  refused(
    'ChangePassword',
    { OldPassword: 'correct-horse-1', NewPassword: 'simplehorse2' },
    'PasswordPolicyViolation',
    'Password should have at least one symbol',
    { as: 'bob' },
  ),
  step(
    'ChangePassword',
    { OldPassword: 'correct-horse-1', NewPassword: 'correct-horse-2' },
    {},
    { as: 'bob' },
  ),
  step('DeleteLoginProfile', bob),
  step('DeleteAccountPasswordPolicy'),
  step('DeleteAccessKey', { ...bob, AccessKeyId: '$bob.id' }),
];

/** What can be listed, switched off and deleted by an id: the three have the same rules. */
interface Listed {
  readonly list: string;
  readonly entries: string;
  readonly id: string;
  readonly update: string;
  readonly remove: string;
  readonly unknown: string;
  readonly text: string;
}

const listed = (kind: Listed): ClientStep[] => {
  const missing = { ...bob, [kind.id]: kind.unknown };
  const text = kind.text.replace('%', kind.unknown);
  return [
    refused(kind.list, nobody, 'NoSuchEntity', NO_USER),
    step(kind.update, { ...bob, [kind.id]: '$first', Status: 'Inactive' }),
    refused(kind.update, { ...missing, Status: 'Active' }, 'NoSuchEntity', text),
    refused(
      kind.update,
      { ...bob, [kind.id]: '$first', Status: 'Expired' },
      'InvalidInput',
      'The status Expired cannot be set on a credential.',
    ),
    refused(kind.remove, missing, 'NoSuchEntity', text),
  ];
};

const signing: readonly ClientStep[] = [
  step(
    'UploadSigningCertificate',
    { ...bob, CertificateBody: '$certificate' },
    { Certificate: bob },
    {
      keep: { first: 'Certificate.CertificateId' },
    },
  ),
  refused(
    'UploadSigningCertificate',
    { ...bob, CertificateBody: '$certificate' },
    'DuplicateCertificate',
    '~.+',
  ),
  refused(
    'UploadSigningCertificate',
    { ...bob, CertificateBody: '$expired' },
    'InvalidCertificate',
    'The certificate has expired.',
  ),
  refused(
    'UploadSigningCertificate',
    { ...bob, CertificateBody: 'x' },
    'MalformedCertificate',
    'Unable to parse certificate. Please ensure the certificate is in PEM format.',
  ),
  refused(
    'UploadSigningCertificate',
    { ...nobody, CertificateBody: '$certificate' },
    'NoSuchEntity',
    NO_USER,
  ),
  step(
    'UploadSigningCertificate',
    { ...bob, CertificateBody: '$other' },
    {},
    {
      keep: { second: 'Certificate.CertificateId' },
    },
  ),
  refused(
    'UploadSigningCertificate',
    { ...bob, CertificateBody: '$third' },
    'LimitExceeded',
    'Cannot exceed quota for SigningCertificatesPerUser: 2',
  ),
  ...paged('ListSigningCertificates', bob, { Certificates: 'CertificateId' }, 2, { size: 1 }),
  ...listed({
    list: 'ListSigningCertificates',
    entries: 'Certificates',
    id: 'CertificateId',
    update: 'UpdateSigningCertificate',
    remove: 'DeleteSigningCertificate',
    unknown: 'ABCDEFGHIJKLMNOPQRSTUVWX',
    text: 'The Certificate with id % cannot be found.',
  }),
  ...['$first', '$second'].map((CertificateId) =>
    step('DeleteSigningCertificate', { ...bob, CertificateId }),
  ),
];

const ssh: readonly ClientStep[] = [
  ...[1, 2, 3, 4, 5].map((number) =>
    step(
      'UploadSSHPublicKey',
      { ...bob, SSHPublicKeyBody: `$sshKey${number}` },
      { SSHPublicKey: bob },
      {
        keep: { [number === 1 ? 'first' : `ssh${number}`]: 'SSHPublicKey.SSHPublicKeyId' },
      },
    ),
  ),
  refused(
    'UploadSSHPublicKey',
    { ...bob, SSHPublicKeyBody: '$sshKey6' },
    'LimitExceeded',
    'Cannot exceed quota for SSHPublicKeysPerUser: 5',
  ),
  refused(
    'UploadSSHPublicKey',
    { ...bob, SSHPublicKeyBody: '$sshKey1' },
    'DuplicateSSHPublicKey',
    'The SSH public key is already associated with the user.',
  ),
  refused(
    'UploadSSHPublicKey',
    { ...bob, SSHPublicKeyBody: 'ssh-rsa AAAA' },
    'InvalidPublicKey',
    'The public key is malformed or otherwise invalid: it must be an RSA key of at least 2048 bits.',
  ),
  refused(
    'UploadSSHPublicKey',
    { ...bob, SSHPublicKeyBody: 'ssh-ed25519 AAAA' },
    'UnrecognizedPublicKeyEncoding',
    'The public key encoding format is unsupported or unrecognized.',
  ),
  refused('UploadSSHPublicKey', { ...nobody, SSHPublicKeyBody: '$sshKey1' }, 'NoSuchEntity', NO_USER),
  ...paged('ListSSHPublicKeys', bob, { SSHPublicKeys: 'SSHPublicKeyId' }, 5),
  ...['SSH', 'PEM'].map((Encoding) =>
    step(
      'GetSSHPublicKey',
      { ...bob, SSHPublicKeyId: '$first', Encoding },
      {
        SSHPublicKey: {
          ...bob,
          SSHPublicKeyBody: Encoding === 'SSH' ? '~ssh-rsa .+' : '~-----BEGIN PUBLIC.+',
        },
      },
    ),
  ),
  refused(
    'GetSSHPublicKey',
    { ...bob, SSHPublicKeyId: 'APKAABCDEFGHIJKLMNOP', Encoding: 'SSH' },
    'NoSuchEntity',
    'The SSH Public Key with id APKAABCDEFGHIJKLMNOP cannot be found.',
  ),
  ...listed({
    list: 'ListSSHPublicKeys',
    entries: 'SSHPublicKeys',
    id: 'SSHPublicKeyId',
    update: 'UpdateSSHPublicKey',
    remove: 'DeleteSSHPublicKey',
    unknown: 'APKAABCDEFGHIJKLMNOP',
    text: 'The SSH Public Key with id % cannot be found.',
  }),
  ...['$first', '$ssh2', '$ssh3', '$ssh4', '$ssh5'].map((SSHPublicKeyId) =>
    step('DeleteSSHPublicKey', { ...bob, SSHPublicKeyId }),
  ),
];

const commit = { ...bob, ServiceName: 'codecommit.amazonaws.com' };
const unsupported = { ServiceName: 's3.amazonaws.com' };
const NO_SERVICE = 'No such service s3.amazonaws.com is supported for this operation';
const unknownCredential = { ...bob, ServiceSpecificCredentialId: 'ACCAABCDEFGHIJKLMNOPQ' };
const NO_CREDENTIAL = 'The Service Specific Credential with id ACCAABCDEFGHIJKLMNOPQ cannot be found.';

const services: readonly ClientStep[] = [
  step(
    'CreateServiceSpecificCredential',
    commit,
    {
      ServiceSpecificCredential: { ...commit, ServiceUserName: 'bob-at-123456789012', Status: 'Active' },
    },
    { keep: { first: 'ServiceSpecificCredential.ServiceSpecificCredentialId' } },
  ),
  step(
    'CreateServiceSpecificCredential',
    commit,
    {},
    {
      keep: { second: 'ServiceSpecificCredential.ServiceSpecificCredentialId' },
    },
  ),
  refused(
    'CreateServiceSpecificCredential',
    commit,
    'LimitExceeded',
    'Cannot exceed quota for CredentialsPerService: 2',
  ),
  refused('CreateServiceSpecificCredential', { ...commit, ...nobody }, 'NoSuchEntity', NO_USER),
  ...allRefused(
    ['CreateServiceSpecificCredential', 'ListServiceSpecificCredentials'],
    { ...bob, ...unsupported },
    'NotSupportedService',
    NO_SERVICE,
  ),
  ...paged(
    'ListServiceSpecificCredentials',
    bob,
    { ServiceSpecificCredentials: 'ServiceSpecificCredentialId' },
    2,
    { size: 1, byMarker: true },
  ),
  refused('ListServiceSpecificCredentials', nobody, 'NoSuchEntity', NO_USER),
  step(
    'ResetServiceSpecificCredential',
    { ...bob, ServiceSpecificCredentialId: '$first' },
    {
      ServiceSpecificCredential: { ServiceSpecificCredentialId: '$first', ServicePassword: '~.+' },
    },
  ),
  step('UpdateServiceSpecificCredential', {
    ...bob,
    ServiceSpecificCredentialId: '$first',
    Status: 'Inactive',
  }),
  refused(
    'UpdateServiceSpecificCredential',
    { ...unknownCredential, Status: 'Active' },
    'NoSuchEntity',
    NO_CREDENTIAL,
  ),
  ...allRefused(
    ['ResetServiceSpecificCredential', 'DeleteServiceSpecificCredential'],
    unknownCredential,
    'NoSuchEntity',
    NO_CREDENTIAL,
  ),
  ...['$first', '$second'].map((ServiceSpecificCredentialId) =>
    step('DeleteServiceSpecificCredential', { ...bob, ServiceSpecificCredentialId }),
  ),
];

/** What the root user has none of. */
const ofRoot: readonly ClientStep[] = [
  'ListSigningCertificates',
  'ListSSHPublicKeys',
  'ListServiceSpecificCredentials',
].map((operation) => refused(operation, { Marker: '$foreignMarker' }, 'ValidationError', 'Invalid Marker.'));

export const credentialSteps: readonly ClientStep[] = [
  step('ListServiceSpecificCredentials', {}, { ServiceSpecificCredentials: [] }),
  step('CreateUser', bob),
  ...accessKeys,
  ...passwords,
  ...signing,
  ...ssh,
  ...services,
  ...ofRoot,
  step('DeleteUser', bob),
];
