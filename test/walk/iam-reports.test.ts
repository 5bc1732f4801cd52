import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { IamOperations } from '../../src/api/services/iam.generated.ts';
import { AuditWriter } from '../../src/audit/writer.ts';
import type { Iam } from '../../src/iam/iam.ts';
import { type Principal, rootPrincipal } from '../../src/iam/principal.ts';
import { selfSigned } from '../unit/iam/self-signed.ts';
import { callIam, type IamOperation } from './iam-calls.ts';
import { allow, type IamStore, startIamStore } from './iam-store.ts';

/** Reports about an account: credentials, authorization details, last use of services. */

let held: IamStore;
let iam: Iam;
let account: string;
let root: Principal;

beforeAll(async () => {
  held = await startIamStore();
  iam = held.iam;
});
afterAll(() => held.stop());
beforeEach(async () => {
  account = await held.newAccount();
  root = rootPrincipal(account);
});
afterEach(() => held.clock.moveTo(0));

const call = <N extends IamOperation>(name: N, input: IamOperations[N]['input']) =>
  callIam(iam, root, name, input);
const HOUR_MS = 3_600_000;

describe('the credential report', () => {
  const lines = async () => {
    const { Content, ReportFormat } = await call('GetCredentialReport', {});
    expect(ReportFormat).toBe('text/csv');
    return Buffer.from(Content ?? '')
      .toString()
      .trimEnd()
      .split('\n');
  };

  test('has one line for the root user and one for each user, with the columns that AWS names', async () => {
    await call('CreateUser', { UserName: 'bob', Path: '/a,"b/' });
    await call('CreateUser', { UserName: 'Eve' });
    await call('UpdateAccountPasswordPolicy', { MaxPasswordAge: 30 });
    await call('CreateLoginProfile', { UserName: 'Eve', Password: 'Correct-horse-1' });
    const key = (await call('CreateAccessKey', { UserName: 'Eve' })).AccessKey;
    await call('UpdateAccessKey', { UserName: 'Eve', AccessKeyId: key.AccessKeyId, Status: 'Inactive' });
    const { certificate } = await selfSigned('eve');
    await call('UploadSigningCertificate', { UserName: 'Eve', CertificateBody: certificate });
    expect(await call('GenerateCredentialReport', {})).toMatchObject({ State: 'STARTED' });
    expect(await call('GenerateCredentialReport', {})).toEqual({ State: 'COMPLETE' });
    const [header = '', rootLine = '', bob = '', eve = '', ...more] = await lines();
    expect(more).toEqual([]);
    expect(header).toBe(
      'user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,' +
        'password_next_rotation,mfa_active,access_key_1_active,access_key_1_last_rotated,' +
        'access_key_1_last_used_date,access_key_1_last_used_region,access_key_1_last_used_service,' +
        'access_key_2_active,access_key_2_last_rotated,access_key_2_last_used_date,' +
        'access_key_2_last_used_region,access_key_2_last_used_service,cert_1_active,cert_1_last_rotated,' +
        'cert_2_active,cert_2_last_rotated',
    );
    expect(rootLine.split(',').slice(0, 2)).toEqual(['<root_account>', `arn:aws:iam::${account}:root`]);
    expect(rootLine.split(',')).toHaveLength(22);
    expect(bob).toContain(`bob,"arn:aws:iam::${account}:user/a,""b/bob",20`);
    expect(bob).toContain('+00:00,false,N/A,N/A,N/A,false,false,N/A,N/A,N/A,N/A,false,N/A');
    const time = '\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\+00:00';
    expect(eve).toMatch(
      new RegExp(
        `^Eve,arn:aws:iam::${account}:user/Eve,${time},true,no_information,${time},${time},false,` +
          `false,${time},N/A,N/A,N/A,false,N/A,N/A,N/A,N/A,true,${time},false,N/A$`,
      ),
    );
  });

  test('is there when it was generated, for four hours', async () => {
    await expect(call('GetCredentialReport', {})).rejects.toMatchObject({
      code: 'ReportNotPresent',
      status: 410,
    });
    await call('GenerateCredentialReport', {});
    held.clock.moveTo(4 * HOUR_MS - 60_000);
    expect(await lines()).toHaveLength(2);
    held.clock.moveTo(4 * HOUR_MS);
    await expect(call('GetCredentialReport', {})).rejects.toMatchObject({
      code: 'ReportExpired',
      status: 410,
    });
    expect(await call('GenerateCredentialReport', {})).toMatchObject({ State: 'STARTED' });
    expect(await lines()).toHaveLength(2);
  });

  test('of more users than are read at a time has them all', async () => {
    await iam.store.query(
      `INSERT INTO keyshift.iam_users (account_id, id, name, path, created_at)
       SELECT $1, 'AIDA' || n, 'user' || n, '/', now() FROM generate_series(1, 2001) AS n`,
      [account],
    );
    await call('GenerateCredentialReport', {});
    expect(new Set(await lines()).size).toBe(2003);
  });
});

describe('authorization details', () => {
  const trust = JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' }],
  });
  const READ_ONLY = 'arn:aws:iam::aws:policy/IAMReadOnlyAccess';

  async function fill(): Promise<string> {
    const { Policy } = await call('CreatePolicy', { PolicyName: 'own', PolicyDocument: allow('iam:Get*') });
    const own = Policy?.Arn ?? '';
    await call('CreatePolicyVersion', { PolicyArn: own, PolicyDocument: allow('iam:*'), SetAsDefault: true });
    await call('CreateGroup', { GroupName: 'g' });
    await call('AttachGroupPolicy', { GroupName: 'g', PolicyArn: own });
    for (const UserName of ['ann', 'bob', 'cid']) await call('CreateUser', { UserName });
    await call('AddUserToGroup', { GroupName: 'g', UserName: 'bob' });
    await call('PutUserPolicy', { UserName: 'bob', PolicyName: 'i', PolicyDocument: allow('sts:*') });
    await call('AttachUserPolicy', { UserName: 'bob', PolicyArn: READ_ONLY });
    await call('TagUser', { UserName: 'bob', Tags: [{ Key: 'a', Value: 'b' }] });
    await call('PutUserPermissionsBoundary', { UserName: 'bob', PermissionsBoundary: own });
    await call('CreateRole', { RoleName: 'r', AssumeRolePolicyDocument: trust });
    await call('CreateInstanceProfile', { InstanceProfileName: 'p' });
    await call('AddRoleToInstanceProfile', { InstanceProfileName: 'p', RoleName: 'r' });
    return own;
  }

  test('tell of every entity what hangs on it, and of every policy in use its versions', async () => {
    const own = await fill();
    const all = await call('GetAccountAuthorizationDetails', {});
    expect(all.IsTruncated).toBe(false);
    expect(all.UserDetailList?.map(({ UserName }) => UserName)).toEqual(['ann', 'bob', 'cid']);
    expect(all.UserDetailList?.[1]).toMatchObject({
      GroupList: ['g'],
      UserPolicyList: [
        { PolicyName: 'i', PolicyDocument: encodeURIComponent(allow('sts:*')).replaceAll('*', '%2A') },
      ],
      AttachedManagedPolicies: [{ PolicyName: 'IAMReadOnlyAccess', PolicyArn: READ_ONLY }],
      PermissionsBoundary: { PermissionsBoundaryArn: own },
      Tags: [{ Key: 'a', Value: 'b' }],
    });
    expect(all.GroupDetailList).toMatchObject([
      { GroupName: 'g', AttachedManagedPolicies: [{ PolicyArn: own }], GroupPolicyList: [] },
    ]);
    expect(all.RoleDetailList).toMatchObject([
      {
        RoleName: 'r',
        AssumeRolePolicyDocument: encodeURIComponent(trust),
        InstanceProfileList: [{ InstanceProfileName: 'p', Roles: [{ RoleName: 'r' }] }],
      },
    ]);
    expect(all.Policies).toMatchObject([
      { Arn: own, AttachmentCount: 1, PermissionsBoundaryUsageCount: 1, DefaultVersionId: 'v2' },
      { Arn: READ_ONLY, AttachmentCount: 1 },
    ]);
    expect(all.Policies?.[0]?.PolicyVersionList?.map(({ VersionId }) => VersionId)).toEqual(['v2', 'v1']);
  });

  test('come in pages of any size, and by kind', async () => {
    await fill();
    const whole = await call('GetAccountAuthorizationDetails', {});
    for (let size = 1; size <= 8; size++) {
      const seen: string[] = [];
      let Marker: string | undefined;
      do {
        const page = await call('GetAccountAuthorizationDetails', { MaxItems: size, Marker });
        const names = [
          ...(page.UserDetailList ?? []).map(({ UserName }) => UserName),
          ...(page.GroupDetailList ?? []).map(({ GroupName }) => GroupName),
          ...(page.RoleDetailList ?? []).map(({ RoleName }) => RoleName),
          ...(page.Policies ?? []).map(({ PolicyName }) => PolicyName),
        ];
        expect(names.length, `pages of ${size}`).toBeLessThanOrEqual(size);
        seen.push(...names.map(String));
        Marker = page.Marker;
      } while (Marker !== undefined);
      expect(seen, `pages of ${size}`).toEqual(['ann', 'bob', 'cid', 'g', 'r', 'own', 'IAMReadOnlyAccess']);
    }
    const some = await call('GetAccountAuthorizationDetails', { Filter: ['Role', 'AWSManagedPolicy'] });
    expect([some.UserDetailList, some.GroupDetailList]).toEqual([[], []]);
    expect(some.RoleDetailList).toEqual(whole.RoleDetailList);
    expect(some.Policies?.map(({ PolicyName }) => PolicyName)).toEqual(['IAMReadOnlyAccess']);
  });
});

describe('the last use of services', () => {
  let audit: AuditWriter;
  beforeAll(() => {
    audit = new AuditWriter(iam.store);
  });

  /** After all users and roles were made; what was called before is not theirs. */
  const at = (second: number) => new Date(Date.UTC(2099, 0, 1, 0, 0, second));
  const used = (principalArn: string, name: string, second: number) =>
    audit.record({
      accountId: account,
      eventId: randomUUID(),
      at: at(second),
      kind: 'api',
      name,
      outcome: 'refused',
      code: undefined,
      principalArn,
      sourceIp: undefined,
      requestId: undefined,
      details: {},
    });
  const report = async (Arn: string, Granularity?: 'ACTION_LEVEL') => {
    const { JobId = '' } = await call('GenerateServiceLastAccessedDetails', { Arn, Granularity });
    return { JobId, ...(await call('GetServiceLastAccessedDetails', { JobId })) };
  };

  test('is not that of a user who had the name before', async () => {
    const { User } = await call('CreateUser', { UserName: 'again' });
    const Arn = User?.Arn ?? '';
    await used(Arn, 'iam:GetUser', -3_000_000_000);
    await call('PutUserPolicy', { UserName: 'again', PolicyName: 'i', PolicyDocument: allow('iam:*') });
    expect((await report(Arn)).ServicesLastAccessed).toMatchObject([{ TotalAuthenticatedEntities: 0 }]);
    await used(Arn, 'iam:GetUser', 1);
    expect((await report(Arn)).ServicesLastAccessed).toMatchObject([{ TotalAuthenticatedEntities: 1 }]);
  });

  test('of a user is told for the services that its policies allow', async () => {
    const { User } = await call('CreateUser', { UserName: 'bob', Path: '/x/' });
    const arn = User?.Arn ?? '';
    await call('PutUserPolicy', { UserName: 'bob', PolicyName: 'i', PolicyDocument: allow('iam:*') });
    await call('CreateGroup', { GroupName: 'g' });
    await call('AddUserToGroup', { UserName: 'bob', GroupName: 'g' });
    await call('PutGroupPolicy', {
      GroupName: 'g',
      PolicyName: 'j',
      PolicyDocument: allow('redshift:Describe*'),
    });
    await used(arn, 'iam:GetUser', 1);
    await used(arn, 'iam:ListUsers', 3);
    await used(arn, 'iam:GetUser', 2);
    await used(arn, 'sts:GetCallerIdentity', 4);
    await used(`${arn}x`, 'redshift:DescribeClusters', 5);
    const { ServicesLastAccessed: services, ...job } = await report(arn);
    expect(job).toMatchObject({ JobStatus: 'COMPLETED', JobType: 'SERVICE_LEVEL', IsTruncated: false });
    expect(services).toEqual([
      {
        ServiceName: 'AWS Identity and Access Management',
        ServiceNamespace: 'iam',
        LastAuthenticated: at(3),
        LastAuthenticatedEntity: arn,
        TotalAuthenticatedEntities: 1,
      },
      { ServiceName: 'Amazon Redshift', ServiceNamespace: 'redshift', TotalAuthenticatedEntities: 0 },
    ]);
    await used(arn, 'iam:GetUser', 9);
    const actions = (await report(arn, 'ACTION_LEVEL')).ServicesLastAccessed[0]?.TrackedActionsLastAccessed;
    expect(actions).toEqual([
      { ActionName: 'GetUser', LastAccessedEntity: arn, LastAccessedTime: at(9) },
      { ActionName: 'ListUsers', LastAccessedEntity: arn, LastAccessedTime: at(3) },
    ]);
  });

  test('of a group, a policy or a role is told of those who act for it', async () => {
    const { Policy } = await call('CreatePolicy', { PolicyName: 'p', PolicyDocument: allow('iam:*') });
    const PolicyArn = Policy?.Arn ?? '';
    const trust = { Version: '2012-10-17', Statement: [] as object[] };
    trust.Statement.push({
      Effect: 'Allow',
      Principal: { Service: 'ec2.amazonaws.com' },
      Action: 'sts:AssumeRole',
    });
    const { Role } = await call('CreateRole', {
      RoleName: 'r',
      AssumeRolePolicyDocument: JSON.stringify(trust),
    });
    const { Group } = await call('CreateGroup', { GroupName: 'g' });
    await call('AttachGroupPolicy', { GroupName: 'g', PolicyArn });
    await call('AttachRolePolicy', { RoleName: 'r', PolicyArn });
    for (const UserName of ['ann', 'bob']) {
      await call('CreateUser', { UserName });
      await call('AddUserToGroup', { UserName, GroupName: 'g' });
    }
    const user = (name: string) => `arn:aws:iam::${account}:user/${name}`;
    await used(user('ann'), 'iam:GetUser', 1);
    await used(user('bob'), 'iam:GetUser', 2);
    await used(`arn:aws:sts::${account}:assumed-role/r/one`, 'iam:GetRole', 3);
    await used(`arn:aws:sts::${account}:assumed-role/r/two`, 'iam:GetRole', 4);
    const ofGroup = await report(Group?.Arn ?? '');
    expect(ofGroup.ServicesLastAccessed).toMatchObject([
      { ServiceNamespace: 'iam', LastAuthenticatedEntity: user('bob'), TotalAuthenticatedEntities: 2 },
    ]);
    const ofRole = await report(Role?.Arn ?? '');
    expect(ofRole.ServicesLastAccessed).toMatchObject([
      { LastAuthenticated: at(4), TotalAuthenticatedEntities: 1 },
    ]);
    const { JobId, ServicesLastAccessed } = await report(PolicyArn);
    expect(ServicesLastAccessed).toMatchObject([{ LastAuthenticated: at(4), TotalAuthenticatedEntities: 3 }]);
    const who = await call('GetServiceLastAccessedDetailsWithEntities', { JobId, ServiceNamespace: 'iam' });
    expect(
      who.EntityDetailsList.map(({ EntityInfo, LastAuthenticated }) => [EntityInfo.Name, LastAuthenticated]),
    ).toEqual([
      ['ann', at(1)],
      ['bob', at(2)],
      ['r', at(4)],
    ]);
    await expect(
      call('GetServiceLastAccessedDetailsWithEntities', { JobId, ServiceNamespace: 's3' }),
    ).rejects.toMatchObject({ code: 'InvalidInput' });
    await expect(call('GetServiceLastAccessedDetails', { JobId: randomUUID() })).rejects.toMatchObject({
      code: 'NoSuchEntity',
    });
    for (const Arn of ['arn:aws:iam::1:user/x-and-more', `arn:aws:iam::${account}:mfa/device`]) {
      await expect(report(Arn)).rejects.toMatchObject({ code: 'InvalidInput' });
    }
    await expect(report(user('nobody'))).rejects.toMatchObject({ code: 'NoSuchEntity' });
  });

  test('names the policies that allow something of a service', async () => {
    const { User } = await call('CreateUser', { UserName: 'bob' });
    await call('PutUserPolicy', { UserName: 'bob', PolicyName: 'i', PolicyDocument: allow('iam:GetUser') });
    await call('CreateGroup', { GroupName: 'g' });
    await call('AddUserToGroup', { UserName: 'bob', GroupName: 'g' });
    await call('AttachGroupPolicy', { GroupName: 'g', PolicyArn: 'arn:aws:iam::aws:policy/PowerUserAccess' });
    const granted = await call('ListPoliciesGrantingServiceAccess', {
      Arn: User?.Arn ?? '',
      ServiceNamespaces: ['redshift', 'iam'],
    });
    expect(granted.PoliciesGrantingServiceAccess).toMatchObject([
      {
        ServiceNamespace: 'iam',
        Policies: [
          { PolicyName: 'i', PolicyType: 'INLINE', EntityType: 'USER', EntityName: 'bob' },
          { PolicyName: 'PowerUserAccess', PolicyType: 'MANAGED' },
        ],
      },
      { ServiceNamespace: 'redshift', Policies: [{ PolicyName: 'PowerUserAccess' }] },
    ]);
  });
});

test('the account is told that it is in no organization', async () => {
  for (const name of [
    'ListOrganizationsFeatures',
    'EnableOrganizationsRootSessions',
    'DisableOrganizationsRootSessions',
    'EnableOrganizationsRootCredentialsManagement',
    'DisableOrganizationsRootCredentialsManagement',
  ] as const) {
    await expect(call(name, {})).rejects.toMatchObject({
      code: 'OrganizationNotFoundException',
      status: 400,
    });
  }
});

test('the version of session tokens that the account asked for is in its summary', async () => {
  const version = async () =>
    (await call('GetAccountSummary', {})).SummaryMap?.get('GlobalEndpointTokenVersion');
  expect(await version()).toBe(1);
  await call('SetSecurityTokenServicePreferences', { GlobalEndpointTokenVersion: 'v2Token' });
  expect(await version()).toBe(2);
  await call('SetSecurityTokenServicePreferences', { GlobalEndpointTokenVersion: 'v1Token' });
  expect(await version()).toBe(1);
});
