import { createHash, generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { IamOperations } from '../../src/api/services/iam.generated.ts';
import type { Iam } from '../../src/iam/iam.ts';
import { type Principal, rootPrincipal } from '../../src/iam/principal.ts';
import { type SelfSigned, selfSigned } from '../unit/iam/self-signed.ts';
import { callIam, type IamOperation, principalOf } from './iam-calls.ts';
import { allow, type IamStore, startIamStore } from './iam-store.ts';

/** Certificates, SSH public keys, credentials for single services, and instance profiles, as the API runs them. */

let held: IamStore;
let iam: Iam;
let account: string;
let root: Principal;
let signed: SelfSigned;
let other: SelfSigned;

beforeAll(async () => {
  held = await startIamStore();
  iam = held.iam;
  signed = await selfSigned('one.example.com');
  other = await selfSigned('two.example.com');
});
afterAll(() => held.stop());
beforeEach(async () => {
  account = await held.newAccount();
  root = rootPrincipal(account);
  await call('CreateUser', { UserName: 'Bob' });
});

const call = <N extends IamOperation>(name: N, input: IamOperations[N]['input'], caller = root) =>
  callIam(iam, caller, name, input);
const failsWith = (code: string, status: number, message?: string) => ({
  code,
  status,
  ...(message === undefined ? {} : { message }),
});

describe('signing certificates', () => {
  const upload = (CertificateBody: string) =>
    call('UploadSigningCertificate', { UserName: 'bob', CertificateBody });

  test('are two to a user, each another, and lists show them', async () => {
    const { Certificate } = await upload(signed.certificate);
    expect(Certificate).toMatchObject({
      UserName: 'Bob',
      Status: 'Active',
      CertificateBody: signed.certificate,
      CertificateId: expect.stringMatching(/^\w{24,128}$/),
    });
    await expect(upload(signed.certificate)).rejects.toMatchObject(failsWith('DuplicateCertificate', 409));
    await upload(other.certificate);
    const third = await selfSigned('three.example.com');
    await expect(upload(third.certificate)).rejects.toMatchObject(
      failsWith('LimitExceeded', 409, 'Cannot exceed quota for SigningCertificatesPerUser: 2'),
    );
    const list = await call('ListSigningCertificates', { UserName: 'bob', MaxItems: 1 });
    expect(list).toMatchObject({ IsTruncated: true, Certificates: [{ UserName: 'Bob' }] });
    const rest = await call('ListSigningCertificates', { UserName: 'bob', Marker: list.Marker });
    expect(rest.Certificates).toHaveLength(1);
  });

  test('are refused when they are no certificates, or over', async () => {
    for (const wrong of [
      'x',
      signed.privateKey,
      `${signed.certificate}${other.certificate}`,
      `x${signed.certificate}`,
    ]) {
      await expect(upload(wrong)).rejects.toMatchObject(failsWith('MalformedCertificate', 400));
    }
    const old = await selfSigned('old.example.com', -0.5);
    await expect(upload(old.certificate)).rejects.toMatchObject(failsWith('InvalidCertificate', 400));
  });

  test('can be turned off, and stand in the way of deleting their user', async () => {
    const { Certificate } = await upload(signed.certificate);
    const name = { UserName: 'bob', CertificateId: Certificate.CertificateId };
    await call('UpdateSigningCertificate', { ...name, Status: 'Inactive' });
    await expect(call('UpdateSigningCertificate', { ...name, Status: 'Expired' })).rejects.toMatchObject(
      failsWith('InvalidInput', 400),
    );
    const list = await call('ListSigningCertificates', { UserName: 'bob' });
    expect(list.Certificates.map(({ Status }) => Status)).toEqual(['Inactive']);
    await expect(call('DeleteUser', { UserName: 'bob' })).rejects.toMatchObject(
      failsWith('DeleteConflict', 409, 'Cannot delete entity, must delete signing certificates first.'),
    );
    await call('CreateUser', { UserName: 'eve' });
    await expect(call('DeleteSigningCertificate', { ...name, UserName: 'eve' })).rejects.toMatchObject(
      failsWith('NoSuchEntity', 404, `The Certificate with id ${name.CertificateId} cannot be found.`),
    );
    await call('DeleteSigningCertificate', name);
    await call('DeleteUser', { UserName: 'bob' });
  });
});

describe('SSH public keys', () => {
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
  const upload = (SSHPublicKeyBody: string) =>
    call('UploadSSHPublicKey', { UserName: 'bob', SSHPublicKeyBody });

  test('may come as PEM or in the form of SSH, are one and the same, and are given out as both', async () => {
    const { SSHPublicKey } = await upload(pem);
    const SSHPublicKeyId = SSHPublicKey?.SSHPublicKeyId ?? '';
    expect(SSHPublicKeyId).toMatch(/^APKA[A-Z2-7]{17}$/);
    const get = async (Encoding: 'SSH' | 'PEM') =>
      (await call('GetSSHPublicKey', { UserName: 'bob', SSHPublicKeyId, Encoding })).SSHPublicKey;
    const ssh = (await get('SSH'))?.SSHPublicKeyBody ?? '';
    expect(ssh).toMatch(/^ssh-rsa AAAAB3NzaC1yc2E/);
    expect((await get('PEM'))?.SSHPublicKeyBody).toBe(pem);
    const md5 = createHash('md5')
      .update(Buffer.from(ssh.slice(8), 'base64'))
      .digest('hex');
    expect(SSHPublicKey?.Fingerprint.replaceAll(':', '')).toBe(md5);
    await expect(upload(`${ssh} bob@example.com\n`)).rejects.toMatchObject(
      failsWith('DuplicateSSHPublicKey', 400),
    );
    await call('UpdateSSHPublicKey', { UserName: 'bob', SSHPublicKeyId, Status: 'Inactive' });
    const list = await call('ListSSHPublicKeys', { UserName: 'bob' });
    expect(list.SSHPublicKeys).toMatchObject([{ SSHPublicKeyId, Status: 'Inactive', UserName: 'Bob' }]);
    await call('DeleteSSHPublicKey', { UserName: 'bob', SSHPublicKeyId });
    await expect(get('SSH')).rejects.toMatchObject(failsWith('NoSuchEntity', 404));
    await upload(`${ssh} bob@example.com`);
  });

  test('are RSA keys of 2048 bits or more', async () => {
    const short = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey;
    const curve = generateKeyPairSync('ed25519').publicKey;
    const wrong = [
      short.export({ type: 'spki', format: 'pem' }).toString(),
      curve.export({ type: 'spki', format: 'pem' }).toString(),
      'ssh-rsa AAAA',
      'ssh-rsa AAAAB3NzaC1yc2E=',
      signed.certificate,
    ];
    for (const body of wrong)
      await expect(upload(body)).rejects.toMatchObject(failsWith('InvalidPublicKey', 400));
    for (const body of ['x', 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA', 'ssh-rsa']) {
      await expect(upload(body)).rejects.toMatchObject(failsWith('UnrecognizedPublicKeyEncoding', 400));
    }
  });
});

describe('credentials for one service', () => {
  const create = (ServiceName: string, CredentialAgeDays?: number) =>
    call('CreateServiceSpecificCredential', { UserName: 'bob', ServiceName, CredentialAgeDays });

  test('have names and passwords of their own, two for each service', async () => {
    const first = (await create('codecommit.amazonaws.com')).ServiceSpecificCredential;
    expect(first).toMatchObject({
      ServiceUserName: `Bob-at-${account}`,
      ServicePassword: expect.stringMatching(/^[A-Za-z0-9+/=]{44}$/),
      Status: 'Active',
    });
    const second = (await create('codecommit.amazonaws.com')).ServiceSpecificCredential;
    expect(second?.ServiceUserName).toBe(`Bob+1-at-${account}`);
    await expect(create('codecommit.amazonaws.com')).rejects.toMatchObject(failsWith('LimitExceeded', 409));
    await create('cassandra.amazonaws.com');
    const key = (await create('bedrock.amazonaws.com', 30)).ServiceSpecificCredential;
    expect(key).toMatchObject({ ServiceCredentialAlias: `Bob-at-${account}` });
    expect((key?.ExpirationDate?.getTime() ?? 0) - (key?.CreateDate.getTime() ?? 0)).toBe(30 * 86_400_000);
    const list = await call('ListServiceSpecificCredentials', {
      UserName: 'bob',
      ServiceName: 'codecommit.amazonaws.com',
    });
    expect(list.ServiceSpecificCredentials).toHaveLength(2);
    expect(JSON.stringify(list)).not.toContain('Password');
    const all = await call('ListServiceSpecificCredentials', { AllUsers: true });
    expect(all.ServiceSpecificCredentials).toHaveLength(4);
  });

  test('are reset, turned off and deleted, and are for known services only', async () => {
    const { ServiceSpecificCredential: made } = await create('codecommit.amazonaws.com');
    const name = { UserName: 'bob', ServiceSpecificCredentialId: made?.ServiceSpecificCredentialId ?? '' };
    const reset = (await call('ResetServiceSpecificCredential', name)).ServiceSpecificCredential;
    expect(reset?.ServiceUserName).toBe(made?.ServiceUserName);
    expect(reset?.ServicePassword).not.toBe(made?.ServicePassword);
    await call('UpdateServiceSpecificCredential', { ...name, Status: 'Inactive' });
    await expect(call('DeleteUser', { UserName: 'bob' })).rejects.toMatchObject(
      failsWith('DeleteConflict', 409),
    );
    await call('DeleteServiceSpecificCredential', name);
    await expect(call('ResetServiceSpecificCredential', name)).rejects.toMatchObject(
      failsWith('NoSuchEntity', 404),
    );
    await expect(create('s3.amazonaws.com')).rejects.toMatchObject(failsWith('NotSupportedService', 404));
    await expect(create('codecommit.amazonaws.com', 30)).rejects.toMatchObject(
      failsWith('InvalidInput', 400),
    );
  });
});

describe('server certificates', () => {
  const upload = (ServerCertificateName: string, more: object = {}) =>
    call('UploadServerCertificate', {
      ServerCertificateName,
      CertificateBody: signed.certificate,
      PrivateKey: signed.privateKey,
      ...more,
    });

  test('are shown with their chains and tags, and never with their keys', async () => {
    const Tags = [{ Key: 'a', Value: 'b' }];
    const made = await upload('Web', { Path: '/cloudfront/', CertificateChain: other.certificate, Tags });
    expect(made).toMatchObject({
      Tags,
      ServerCertificateMetadata: {
        Arn: `arn:aws:iam::${account}:server-certificate/cloudfront/Web`,
        ServerCertificateId: expect.stringMatching(/^ASCA[A-Z2-7]{17}$/),
        Expiration: expect.any(Date),
      },
    });
    const got = await call('GetServerCertificate', { ServerCertificateName: 'web' });
    expect(got.ServerCertificate).toMatchObject({
      CertificateBody: signed.certificate,
      CertificateChain: other.certificate,
      Tags,
    });
    expect(JSON.stringify(got)).not.toContain('PRIVATE');
    await call('UpdateServerCertificate', {
      ServerCertificateName: 'web',
      NewServerCertificateName: 'Web2',
      NewPath: '/x/',
    });
    await expect(call('GetServerCertificate', { ServerCertificateName: 'Web' })).rejects.toMatchObject(
      failsWith('NoSuchEntity', 404, 'The Server Certificate with name Web cannot be found.'),
    );
    const list = await call('ListServerCertificates', { PathPrefix: '/x/' });
    expect(
      list.ServerCertificateMetadataList.map(({ ServerCertificateName }) => ServerCertificateName),
    ).toEqual(['Web2']);
    await call('DeleteServerCertificate', { ServerCertificateName: 'Web2' });
    expect((await call('ListServerCertificates', {})).ServerCertificateMetadataList).toEqual([]);
  });

  test('go with their keys, and have names of their own', async () => {
    await upload('web');
    await expect(upload('WEB')).rejects.toMatchObject(
      failsWith('EntityAlreadyExists', 409, 'The Server Certificate with name WEB already exists.'),
    );
    await upload('other');
    await expect(
      call('UpdateServerCertificate', { ServerCertificateName: 'other', NewServerCertificateName: 'Web' }),
    ).rejects.toMatchObject(failsWith('EntityAlreadyExists', 409));
    await call('UpdateServerCertificate', { ServerCertificateName: 'web', NewServerCertificateName: 'WEB' });
    await expect(upload('x', { PrivateKey: other.privateKey })).rejects.toMatchObject(
      failsWith('KeyPairMismatch', 400),
    );
    for (const wrong of [
      { CertificateBody: 'x' },
      { PrivateKey: 'x' },
      { CertificateChain: 'x' },
      { CertificateChain: signed.privateKey },
    ]) {
      await expect(upload('x', wrong)).rejects.toMatchObject(failsWith('MalformedCertificate', 400));
    }
  });
});

describe('instance profiles', () => {
  const AssumeRolePolicyDocument = JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' }],
  });

  test('have one role, and neither can be deleted while they are together', async () => {
    await call('CreateRole', { RoleName: 'web', AssumeRolePolicyDocument });
    await call('CreateRole', { RoleName: 'db', AssumeRolePolicyDocument });
    const made = await call('CreateInstanceProfile', { InstanceProfileName: 'P', Path: '/a/' });
    expect(made.InstanceProfile).toMatchObject({
      Arn: `arn:aws:iam::${account}:instance-profile/a/P`,
      InstanceProfileId: expect.stringMatching(/^AIPA/),
      Roles: [],
    });
    const both = { InstanceProfileName: 'p', RoleName: 'WEB' };
    await call('AddRoleToInstanceProfile', both);
    await expect(call('AddRoleToInstanceProfile', { ...both, RoleName: 'db' })).rejects.toMatchObject(
      failsWith('LimitExceeded', 409, 'Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1'),
    );
    const got = await call('GetInstanceProfile', { InstanceProfileName: 'p' });
    expect(got.InstanceProfile.Roles).toMatchObject([{ RoleName: 'web' }]);
    const conflict = 'Cannot delete entity, must remove roles from instance profile first.';
    await expect(call('DeleteInstanceProfile', { InstanceProfileName: 'p' })).rejects.toMatchObject(
      failsWith('DeleteConflict', 409, conflict),
    );
    await expect(call('DeleteRole', { RoleName: 'web' })).rejects.toMatchObject(
      failsWith('DeleteConflict', 409, conflict),
    );
    const ofRole = await call('ListInstanceProfilesForRole', { RoleName: 'web' });
    expect(ofRole.InstanceProfiles).toMatchObject([
      { InstanceProfileName: 'P', Roles: [{ RoleName: 'web' }] },
    ]);
    await expect(call('RemoveRoleFromInstanceProfile', { ...both, RoleName: 'db' })).rejects.toMatchObject(
      failsWith('NoSuchEntity', 404),
    );
    await call('RemoveRoleFromInstanceProfile', both);
    await call('DeleteRole', { RoleName: 'web' });
    await call('DeleteInstanceProfile', { InstanceProfileName: 'P' });
    await expect(call('GetInstanceProfile', { InstanceProfileName: 'P' })).rejects.toMatchObject(
      failsWith('NoSuchEntity', 404, 'Instance Profile P cannot be found.'),
    );
  });

  test('are given a role only by who may pass it on', async () => {
    await call('CreateRole', { RoleName: 'web', AssumeRolePolicyDocument });
    await call('CreateInstanceProfile', { InstanceProfileName: 'p' });
    const PolicyDocument = allow('iam:AddRoleToInstanceProfile');
    await call('PutUserPolicy', { UserName: 'bob', PolicyName: 'p', PolicyDocument });
    const both = { InstanceProfileName: 'p', RoleName: 'web' };
    await expect(
      call('AddRoleToInstanceProfile', both, await principalOf(iam, account, 'bob')),
    ).rejects.toMatchObject({ code: 'AccessDenied', message: expect.stringContaining('iam:PassRole') });
    await call('PutUserPolicy', { UserName: 'bob', PolicyName: 'q', PolicyDocument: allow('iam:PassRole') });
    await call('AddRoleToInstanceProfile', both, await principalOf(iam, account, 'bob'));
  });
});

test('the summary of the account counts them', async () => {
  await call('CreateInstanceProfile', { InstanceProfileName: 'p' });
  await call('UploadServerCertificate', {
    ServerCertificateName: 's',
    CertificateBody: signed.certificate,
    PrivateKey: signed.privateKey,
  });
  await call('CreateOpenIDConnectProvider', { Url: 'https://idp.example.com' });
  const { SummaryMap } = await call('GetAccountSummary', {});
  expect(
    ['Users', 'InstanceProfiles', 'ServerCertificates', 'Providers'].map((key) => SummaryMap?.get(key)),
  ).toEqual([1, 1, 1, 1]);
});
