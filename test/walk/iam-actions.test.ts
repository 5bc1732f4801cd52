import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { iamActions } from '../../src/api/actions/iam/index.ts';
import { stsActions } from '../../src/api/actions/sts/index.ts';
import type { IamOperations } from '../../src/api/services/iam.generated.ts';
import { Secret } from '../../src/core/secret.ts';
import type { Iam } from '../../src/iam/iam.ts';
import { checkPassword } from '../../src/iam/login-profiles.ts';
import { type Principal, rootPrincipal } from '../../src/iam/principal.ts';
import { Keyring } from '../../src/store/keyring.ts';
import { samlMetadata, selfSigned } from '../unit/iam/self-signed.ts';
import { callerOf, callIam, type IamOperation, principalOf as principalOfIam } from './iam-calls.ts';
import { allow, type IamStore, startIamStore } from './iam-store.ts';

/** Operations as the API runs them: what a call needs is looked up and decided first. */

let held: IamStore;
let iam: Iam;

beforeAll(async () => {
  held = await startIamStore();
  iam = held.iam;
});
afterAll(() => held.stop());

const call = <N extends IamOperation>(
  principal: Principal,
  name: N,
  input: IamOperations[N]['input'],
  notes: Record<string, unknown> = {},
) => callIam(iam, principal, name, input, notes);

const principalOf = (account: string, userName: string) => principalOfIam(iam, account, userName);

test('the first administrator is made as the guide says, and can then do everything', async () => {
  const account = await held.newAccount();
  const root = rootPrincipal(account);
  const groups = await call(root, 'ListGroups', {});
  expect(groups.Groups).toEqual([]);
  const managed = await call(root, 'ListPolicies', { Scope: 'AWS' });
  const admin = managed.Policies?.find(({ PolicyName }) => PolicyName === 'AdministratorAccess');
  expect(admin).toMatchObject({ Path: '/', DefaultVersionId: 'v1', IsAttachable: true });
  const PolicyArn = admin?.Arn ?? '';
  await call(root, 'CreateGroup', { GroupName: 'Administrators' });
  await call(root, 'AttachGroupPolicy', { GroupName: 'Administrators', PolicyArn });
  const made = await call(root, 'CreateUser', {
    UserName: 'Administrator',
    Tags: [{ Key: 'Department', Value: 'Operations' }],
  });
  await call(root, 'CreateLoginProfile', {
    UserName: 'Administrator',
    Password: 'Correct-horse-1',
    PasswordResetRequired: true,
  });
  await call(root, 'AddUserToGroup', { UserName: 'Administrator', GroupName: 'Administrators' });
  expect(made.User).toMatchObject({
    Arn: `arn:aws:iam::${account}:user/Administrator`,
    Tags: [{ Key: 'Department', Value: 'Operations' }],
  });
  await call(root, 'CreateAccountAlias', { AccountAlias: `corp-${account}` });

  const signIn = await checkPassword(iam, account, 'Administrator', new Secret('Correct-horse-1'));
  expect(signIn).toMatchObject({ outcome: 'signed-in', resetRequired: true });
  const administrator = await principalOf(account, 'Administrator');
  await call(administrator, 'ChangePassword', {
    OldPassword: 'Correct-horse-1',
    NewPassword: 'Battery-staple-2',
  });
  expect((await call(administrator, 'GetLoginProfile', {})).LoginProfile.PasswordResetRequired).toBe(false);
  await call(administrator, 'CreateUser', { UserName: 'next' });
  expect((await call(administrator, 'ListAccountAliases', {})).AccountAliases).toEqual([`corp-${account}`]);
  const summary = (await call(administrator, 'GetAccountSummary', {})).SummaryMap;
  expect(summary?.get('Users')).toBe(2);
  const members = await call(administrator, 'GetGroup', { GroupName: 'administrators' });
  expect(members.Users.map(({ UserName }) => UserName)).toEqual(['Administrator']);
});

describe('authorization', () => {
  /** An account with a user whose one inline policy is this document. */
  async function userWith(document: string, path = '/') {
    const account = await held.newAccount();
    const root = rootPrincipal(account);
    await call(root, 'CreateUser', { UserName: 'bob', Path: path });
    await call(root, 'PutUserPolicy', { UserName: 'bob', PolicyName: 'p', PolicyDocument: document });
    return { account, root, bob: await principalOf(account, 'bob') };
  }

  test('names the caller, the action and the ARN with the path of the entity', async () => {
    const { account, root, bob } = await userWith(allow('iam:Get*'), '/sales/');
    await call(root, 'CreateUser', { UserName: 'eve', Path: '/ops/' });
    await expect(call(bob, 'DeleteUser', { UserName: 'EVE' })).rejects.toMatchObject({
      code: 'AccessDenied',
      status: 403,
      message:
        `User: arn:aws:iam::${account}:user/sales/bob is not authorized to perform: iam:DeleteUser on resource: ` +
        `arn:aws:iam::${account}:user/ops/eve because no identity-based policy allows the iam:DeleteUser action`,
    });
  });

  test('says the same of a user that is not there, so that absence is not told', async () => {
    const { account, bob } = await userWith(allow('s3:*'));
    await expect(call(bob, 'GetUser', { UserName: 'ghost' })).rejects.toMatchObject({
      code: 'AccessDenied',
      message: expect.stringContaining(`on resource: arn:aws:iam::${account}:user/ghost because`),
    });
    await expect(
      call(bob, 'GetPolicy', { PolicyArn: `arn:aws:iam::${account}:policy/x` }),
    ).rejects.toMatchObject({ code: 'AccessDenied' });
  });

  test('another spelling of a name escapes no Deny', async () => {
    const { bob, root } = await userWith(
      JSON.stringify({
        Version: '2012-10-17',
        Statement: [
          { Effect: 'Allow', Action: '*', Resource: '*' },
          { Effect: 'Deny', Action: 'iam:*', Resource: 'arn:aws:iam::*:user/admin' },
        ],
      }),
    );
    await call(root, 'CreateUser', { UserName: 'admin' });
    for (const UserName of ['admin', 'ADMIN', 'Admin']) {
      await expect(call(bob, 'DeleteUser', { UserName })).rejects.toMatchObject({
        message: expect.stringContaining('with an explicit deny in an identity-based policy'),
      });
    }
    await call(bob, 'GetUser', {});
  });

  test('a user may be renamed only to where the caller may write too', async () => {
    const { account, bob, root } = await userWith(allow('iam:UpdateUser', 'arn:aws:iam::*:user/low/*'));
    await call(root, 'CreateUser', { UserName: 'eve', Path: '/low/' });
    await call(bob, 'UpdateUser', { UserName: 'eve', NewUserName: 'eva' });
    await expect(call(bob, 'UpdateUser', { UserName: 'eva', NewPath: '/high/' })).rejects.toMatchObject({
      message: expect.stringContaining(`arn:aws:iam::${account}:user/high/eva`),
    });
  });

  test('users without a name in the call are the caller: keys, password, profile', async () => {
    const { bob } = await userWith(allow('iam:*', `arn:aws:iam::*:user/\${aws:username}`));
    const { AccessKey } = await call(bob, 'CreateAccessKey', {});
    expect(AccessKey).toMatchObject({ UserName: 'bob', Status: 'Active' });
    await call(bob, 'UpdateAccessKey', { AccessKeyId: AccessKey.AccessKeyId, Status: 'Inactive' });
    const listed = await call(bob, 'ListAccessKeys', {});
    expect(listed.AccessKeyMetadata).toMatchObject([{ UserName: 'bob', Status: 'Inactive' }]);
    await call(bob, 'DeleteAccessKey', { AccessKeyId: AccessKey.AccessKeyId });
    await call(bob, 'CreateLoginProfile', { Password: 'Correct-horse-1' });
    await call(bob, 'DeleteLoginProfile', {});
    await expect(call(bob, 'ListUsers', {})).rejects.toMatchObject({ code: 'AccessDenied' });
  });

  test('tags of a new user need iam:TagUser, and conditions see them', async () => {
    const { root, bob } = await userWith(allow('iam:CreateUser'));
    const tagged = { UserName: 'new', Tags: [{ Key: 'Team', Value: 'red' }] };
    await expect(call(bob, 'CreateUser', tagged)).rejects.toMatchObject({
      message: expect.stringContaining('iam:TagUser'),
    });
    const Condition = { StringEquals: { 'aws:RequestTag/team': 'red' } };
    const document = JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: ['iam:CreateUser', 'iam:TagUser'], Resource: '*', Condition }],
    });
    await call(root, 'PutUserPolicy', { UserName: 'bob', PolicyName: 'p', PolicyDocument: document });
    const allowed = await principalOf(bob.accountId, 'bob');
    await call(allowed, 'CreateUser', tagged);
    await expect(call(allowed, 'CreateUser', { UserName: 'other' })).rejects.toMatchObject({
      code: 'AccessDenied',
    });
  });

  test('conditions see the tags and the boundary of the user concerned, and the policy attached', async () => {
    const arn = 'arn:aws:iam::aws:policy/IAMReadOnlyAccess';
    const { root, bob } = await userWith(
      JSON.stringify({
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Action: 'iam:AttachUserPolicy',
            Resource: '*',
            Condition: {
              StringEquals: { 'aws:ResourceTag/team': 'red', 'iam:PermissionsBoundary': arn },
              ArnEquals: { 'iam:PolicyARN': arn },
            },
          },
        ],
      }),
    );
    const attach = (PolicyArn: string) => call(bob, 'AttachUserPolicy', { UserName: 'eve', PolicyArn });
    await call(root, 'CreateUser', { UserName: 'eve' });
    await expect(attach(arn)).rejects.toMatchObject({ code: 'AccessDenied' });
    await call(root, 'TagUser', { UserName: 'eve', Tags: [{ Key: 'TEAM', Value: 'red' }] });
    await expect(attach(arn)).rejects.toMatchObject({ code: 'AccessDenied' });
    await call(root, 'PutUserPermissionsBoundary', { UserName: 'eve', PermissionsBoundary: arn });
    await expect(attach('arn:aws:iam::aws:policy/AdministratorAccess')).rejects.toMatchObject({
      code: 'AccessDenied',
    });
    await attach(arn);
  });
});

describe('answers', () => {
  test('carry policy documents percent-encoded, as they were written', async () => {
    const root = rootPrincipal(await held.newAccount());
    const PolicyDocument = allow("s3:Get'(x)!*", 'arn:aws:s3:::ä b/*');
    await call(root, 'CreateGroup', { GroupName: 'g' });
    await call(root, 'PutGroupPolicy', { GroupName: 'g', PolicyName: 'p', PolicyDocument });
    const answer = await call(root, 'GetGroupPolicy', { GroupName: 'g', PolicyName: 'p' });
    expect(answer.PolicyDocument).toMatch(/^[A-Za-z0-9._~%-]+$/);
    expect(decodeURIComponent(answer.PolicyDocument)).toBe(PolicyDocument);
  });

  test('of policies and their versions', async () => {
    const account = await held.newAccount();
    const root = rootPrincipal(account);
    const { Policy } = await call(root, 'CreatePolicy', {
      PolicyName: 'p',
      PolicyDocument: allow('s3:*'),
      Tags: [{ Key: 'k', Value: 'v' }],
    });
    const PolicyArn = Policy?.Arn ?? '';
    expect(Policy).toMatchObject({
      DefaultVersionId: 'v1',
      AttachmentCount: 0,
      Tags: [{ Key: 'k', Value: 'v' }],
    });
    const created = await call(root, 'CreatePolicyVersion', {
      PolicyArn,
      PolicyDocument: allow('*'),
      SetAsDefault: true,
    });
    expect(created.PolicyVersion).toMatchObject({ VersionId: 'v2', IsDefaultVersion: true });
    const read = await call(root, 'GetPolicyVersion', { PolicyArn, VersionId: 'v2' });
    expect(decodeURIComponent(read.PolicyVersion?.Document ?? '')).toBe(allow('*'));
    const versions = await call(root, 'ListPolicyVersions', { PolicyArn });
    expect(versions.Versions?.map(({ VersionId }) => VersionId)).toEqual(['v2', 'v1']);
    expect((await call(root, 'ListPolicyTags', { PolicyArn })).Tags).toEqual([{ Key: 'k', Value: 'v' }]);
  });

  test('of the root user about itself', async () => {
    const account = await held.newAccount();
    const root = rootPrincipal(account);
    const { User } = await call(root, 'GetUser', {});
    expect(User).toMatchObject({ Arn: `arn:aws:iam::${account}:root`, UserId: account });
    await expect(call(root, 'ChangePassword', { OldPassword: 'a', NewPassword: 'b' })).rejects.toMatchObject({
      code: 'InvalidUserType',
      status: 400,
    });
    await expect(call(root, 'GetLoginProfile', {})).rejects.toMatchObject({ code: 'ValidationError' });
  });

  test('to what clients ask before they delete a user are empty, and need the user', async () => {
    const root = rootPrincipal(await held.newAccount());
    await call(root, 'CreateUser', { UserName: 'bob' });
    expect((await call(root, 'ListMFADevices', { UserName: 'bob' })).MFADevices).toEqual([]);
    expect((await call(root, 'ListSSHPublicKeys', { UserName: 'bob' })).SSHPublicKeys).toEqual([]);
    expect((await call(root, 'ListSigningCertificates', { UserName: 'bob' })).Certificates).toEqual([]);
    const services = await call(root, 'ListServiceSpecificCredentials', { UserName: 'bob' });
    expect(services.ServiceSpecificCredentials).toEqual([]);
    for (const name of ['ListMFADevices', 'ListSSHPublicKeys', 'ListSigningCertificates'] as const) {
      await expect(call(root, name, { UserName: 'ghost' })).rejects.toMatchObject({ code: 'NoSuchEntity' });
    }
    await expect(call(root, 'GetAccountPasswordPolicy', {})).rejects.toMatchObject({
      code: 'NoSuchEntity',
      message: `The Password Policy with domain name ${root.accountId} cannot be found.`,
    });
  });

  test('to GetCallerIdentity need no permission', async () => {
    const account = await held.newAccount();
    await call(rootPrincipal(account), 'CreateUser', { UserName: 'bob', Path: '/x/' });
    const bob = await principalOf(account, 'bob');
    const caller = callerOf(bob);
    const deps = { iam, keyring: new Keyring(new Map([[1, Buffer.alloc(32)]])) };
    expect(await stsActions.GetCallerIdentity.permissions(deps, {}, caller)).toEqual([]);
    expect(await stsActions.GetCallerIdentity.run(deps, {}, caller)).toEqual({
      UserId: bob.userId,
      Account: account,
      Arn: `arn:aws:iam::${account}:user/x/bob`,
    });
  });
});

test('the audit notes say what a call is about, also when it is refused, and never a secret', async () => {
  const account = await held.newAccount();
  const root = rootPrincipal(account);
  await call(root, 'CreateUser', { UserName: 'bob' });
  const notes: Record<string, unknown> = {};
  const bob = await principalOf(account, 'bob');
  const input = { UserName: 'bob', Password: 'Correct-horse-1', PasswordResetRequired: true };
  await expect(call(bob, 'CreateLoginProfile', input, notes)).rejects.toMatchObject({ code: 'AccessDenied' });
  expect(notes).toMatchObject({ UserName: 'bob', PasswordResetRequired: true });
  expect(JSON.stringify(notes)).not.toContain('Correct-horse-1');
});

test('every row that changes something says so', () => {
  for (const [name, { changes }] of Object.entries(iamActions)) {
    expect(changes, name).toBe(!/^(Get|List|Simulate)/.test(name));
  }
});

describe('who may change its own password', () => {
  const PASSWORDS = { OldPassword: 'Correct-horse-1', NewPassword: 'Battery-staple-2' };

  async function bobOf(account: string) {
    const root = rootPrincipal(account);
    await call(root, 'CreateUser', { UserName: 'bob' });
    await call(root, 'CreateLoginProfile', { UserName: 'bob', Password: PASSWORDS.OldPassword });
    return { root, bob: await principalOf(account, 'bob') };
  }

  test('is everybody where the account says so, except whom a policy denies it', async () => {
    const account = await held.newAccount();
    const { root, bob } = await bobOf(account);
    await expect(call(bob, 'ChangePassword', PASSWORDS)).rejects.toMatchObject({ code: 'AccessDenied' });
    await call(root, 'UpdateAccountPasswordPolicy', { AllowUsersToChangePassword: true });
    const Statement = [{ Effect: 'Deny', Action: 'iam:ChangePassword', Resource: '*' }];
    const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement });
    await call(root, 'PutUserPolicy', { UserName: 'bob', PolicyName: 'no', PolicyDocument });
    await expect(call(await principalOf(account, 'bob'), 'ChangePassword', PASSWORDS)).rejects.toMatchObject({
      message: expect.stringContaining('explicit deny'),
    });
    await call(root, 'DeleteUserPolicy', { UserName: 'bob', PolicyName: 'no' });
    await call(await principalOf(account, 'bob'), 'ChangePassword', PASSWORDS);
  });

  test('the policy of passwords is shown as it was set, with the defaults for what was left out', async () => {
    const account = await held.newAccount();
    const root = rootPrincipal(account);
    await call(root, 'UpdateAccountPasswordPolicy', {});
    expect(await call(root, 'GetAccountPasswordPolicy', {})).toEqual({
      PasswordPolicy: {
        MinimumPasswordLength: 6,
        RequireSymbols: false,
        RequireNumbers: false,
        RequireUppercaseCharacters: false,
        RequireLowercaseCharacters: false,
        AllowUsersToChangePassword: false,
        ExpirePasswords: false,
        MaxPasswordAge: undefined,
        PasswordReusePrevention: undefined,
        HardExpiry: false,
      },
    });
    await call(root, 'DeleteAccountPasswordPolicy', {});
    await expect(call(root, 'GetAccountPasswordPolicy', {})).rejects.toMatchObject({ code: 'NoSuchEntity' });
  });
});

test('identity providers are made, shown, changed, tagged and deleted by their ARNs', async () => {
  const account = await held.newAccount();
  const root = rootPrincipal(account);
  const SAMLMetadataDocument = samlMetadata((await selfSigned('idp')).certificate);
  const Tags = [{ Key: 'Team', Value: 'one' }];
  const saml = await call(root, 'CreateSAMLProvider', { Name: 'Corp', SAMLMetadataDocument, Tags });
  const SAMLProviderArn = saml.SAMLProviderArn ?? '';
  expect(saml).toEqual({ SAMLProviderArn: `arn:aws:iam::${account}:saml-provider/Corp`, Tags });
  expect(await call(root, 'GetSAMLProvider', { SAMLProviderArn })).toMatchObject({
    SAMLMetadataDocument,
    Tags,
  });
  await call(root, 'UpdateSAMLProvider', { SAMLProviderArn, SAMLMetadataDocument });
  await call(root, 'TagSAMLProvider', { SAMLProviderArn, Tags: [{ Key: 'b', Value: '2' }] });
  await call(root, 'UntagSAMLProvider', { SAMLProviderArn, TagKeys: ['team'] });
  expect((await call(root, 'ListSAMLProviderTags', { SAMLProviderArn })).Tags).toEqual([
    { Key: 'b', Value: '2' },
  ]);

  const oidc = await call(root, 'CreateOpenIDConnectProvider', { Url: 'https://idp.example.com', Tags });
  const OpenIDConnectProviderArn = oidc.OpenIDConnectProviderArn ?? '';
  await call(root, 'AddClientIDToOpenIDConnectProvider', { OpenIDConnectProviderArn, ClientID: 'one' });
  await call(root, 'UpdateOpenIDConnectProviderThumbprint', {
    OpenIDConnectProviderArn,
    ThumbprintList: ['0'.repeat(40)],
  });
  expect(await call(root, 'GetOpenIDConnectProvider', { OpenIDConnectProviderArn })).toMatchObject({
    Url: 'idp.example.com',
    ClientIDList: ['one'],
    ThumbprintList: ['0'.repeat(40)],
    Tags,
  });
  await call(root, 'CreateUser', { UserName: 'bob' });
  await call(root, 'PutUserPolicy', {
    UserName: 'bob',
    PolicyName: 'p',
    PolicyDocument: JSON.stringify({
      Version: '2012-10-17',
      Statement: {
        Effect: 'Allow',
        Action: 'iam:Delete*',
        Resource: '*',
        Condition: { StringEquals: { 'aws:ResourceTag/Team': 'one' } },
      },
    }),
  });
  const bob = await principalOf(account, 'bob');
  await expect(call(bob, 'DeleteSAMLProvider', { SAMLProviderArn })).rejects.toMatchObject({
    code: 'AccessDenied',
  });
  await call(bob, 'DeleteOpenIDConnectProvider', { OpenIDConnectProviderArn });
  await call(root, 'DeleteSAMLProvider', { SAMLProviderArn });
  expect((await call(root, 'ListSAMLProviders', {})).SAMLProviderList).toEqual([]);
  expect((await call(root, 'ListOpenIDConnectProviders', {})).OpenIDConnectProviderList).toEqual([]);
});
