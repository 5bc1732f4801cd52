import { generateKeyPairSync } from 'node:crypto';
import type { Endpoint } from '../../../src/client/call.ts';
import { type SelfSigned, samlMetadata } from '../../unit/iam/self-signed.ts';
import { ask, must, type Parameters, type ServiceName } from './api.ts';
import { allow, trust } from './sessions.ts';

/** One of everything that an account can have, made through the API, and the names of it as operations take them. */

/** What a second account would have to know and must not be able to use, by the member of an input that names it. */
export type Names = ReadonlyMap<string, string>;

const USER_DOCUMENT = JSON.stringify(allow('iam:GetUser'));

/**
 * `mark` is part of every name that can be chosen. The cluster, and what needs one, is made unless it shall not be; it may
 * not be available yet.
 */
export async function makeEverything(
  { root, accountId }: { readonly root: Endpoint; readonly accountId: string },
  mark: string,
  signed: SelfSigned,
  { cluster = true } = {},
): Promise<Map<string, string>> {
  const names = new Map<string, string>();
  const make = async (
    service: ServiceName,
    action: string,
    parameters: Parameters,
    ids: readonly string[] = [],
  ) => {
    const answer = await must(root, service, action, parameters);
    for (const id of ids) names.set(id, answer.texts(id)[0] ?? '');
    return answer;
  };
  const name = (member: string, value = mark) => {
    names.set(member, value);
    return { [member]: value };
  };
  const tag = { 'Tags.member.1.Key': 'owner', 'Tags.member.1.Value': `tag-of-${mark}` };
  const iam = (action: string, parameters: Parameters, ids?: readonly string[]) =>
    make('iam', action, parameters, ids);

  const user = name('UserName');
  const group = name('GroupName');
  const role = name('RoleName');
  const policy = await iam('CreatePolicy', { ...name('PolicyName'), PolicyDocument: USER_DOCUMENT, ...tag });
  const [PolicyArn = ''] = policy.texts('Arn');
  names.set('PolicyArn', PolicyArn);
  names.set('PermissionsBoundary', PolicyArn);
  const made = await iam('CreateUser', { ...user, ...tag });
  for (const member of ['Arn', 'PolicySourceArn', 'PrincipalArn', 'CallerArn']) {
    names.set(member, made.texts('Arn')[0] ?? '');
  }
  await iam('CreateGroup', group);
  await iam('AddUserToGroup', { ...user, ...group });
  const AssumeRolePolicyDocument = JSON.stringify(trust({ AWS: accountId }));
  await iam('CreateRole', { ...role, AssumeRolePolicyDocument, ...tag });
  names.set('RoleArn', `arn:aws:iam::${accountId}:role/${mark}`);
  for (const [kind, owner] of [
    ['User', user],
    ['Group', group],
    ['Role', role],
  ] as const) {
    await iam(`Attach${kind}Policy`, { ...owner, PolicyArn });
    await iam(`Put${kind}Policy`, { ...owner, PolicyName: mark, PolicyDocument: USER_DOCUMENT });
  }
  await iam('CreateLoginProfile', { ...user, Password: `Sunny-${mark}-Day-2026` });
  await iam('CreateAccessKey', user, ['AccessKeyId']);
  await iam('UploadSigningCertificate', { ...user, CertificateBody: signed.certificate }, ['CertificateId']);
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const SSHPublicKeyBody = publicKey.export({ type: 'spki', format: 'pem' }).toString();
  await iam('UploadSSHPublicKey', { ...user, SSHPublicKeyBody }, ['SSHPublicKeyId']);
  await iam('CreateServiceSpecificCredential', { ...user, ServiceName: 'codecommit.amazonaws.com' }, [
    'ServiceSpecificCredentialId',
  ]);
  await iam('CreateVirtualMFADevice', { ...name('VirtualMFADeviceName'), ...tag }, ['SerialNumber']);
  await iam(
    'CreateSAMLProvider',
    { Name: mark, SAMLMetadataDocument: samlMetadata(signed.certificate), ...tag },
    ['SAMLProviderArn'],
  );
  await iam('CreateOpenIDConnectProvider', name('Url', `https://${mark}.example.com`), [
    'OpenIDConnectProviderArn',
  ]);
  await iam('UploadServerCertificate', {
    ...name('ServerCertificateName'),
    CertificateBody: signed.certificate,
    PrivateKey: signed.privateKey,
  });
  await iam('CreateInstanceProfile', name('InstanceProfileName'));
  await iam('AddRoleToInstanceProfile', { InstanceProfileName: mark, ...role });
  await iam('CreateAccountAlias', name('AccountAlias'));
  names.set('Alias', mark);
  await iam('UpdateAccountPasswordPolicy', { MinimumPasswordLength: '11' });
  await iam('GenerateCredentialReport', {});
  await iam('GenerateServiceLastAccessedDetails', { Arn: names.get('Arn') ?? '' }, ['JobId']);
  await iam('CreateServiceLinkedRole', { AWSServiceName: 'redshift.amazonaws.com' });
  await iam('DeleteServiceLinkedRole', { RoleName: 'AWSServiceRoleForRedshift' }, ['DeletionTaskId']);

  const redshift = (action: string, parameters: Parameters) => make('redshift', action, parameters);
  const Description = `described-for-${mark}`;
  const parameters = { ...name('ParameterGroupName'), ParameterGroupFamily: 'redshift-1.0', Description };
  await redshift('CreateClusterParameterGroup', parameters);
  names.set('ClusterParameterGroupName', mark);
  await redshift('CreateClusterSubnetGroup', {
    ...name('ClusterSubnetGroupName'),
    Description,
    'SubnetIds.SubnetIdentifier.1': 'subnet-1',
  });
  await redshift('CreateClusterSecurityGroup', { ...name('ClusterSecurityGroupName'), Description });
  await redshift('CreateAuthenticationProfile', {
    ...name('AuthenticationProfileName'),
    AuthenticationProfileContent: JSON.stringify({ owner: mark }),
  });
  names.set('AccountId', accountId);
  if (!cluster) return names;
  await redshift('CreateCluster', {
    ...name('ClusterIdentifier'),
    NodeType: 'ra3.large',
    NumberOfNodes: '1',
    MasterUsername: 'awsuser',
    MasterUserPassword: 'Sunny-Day-2026',
  });
  names.set('NewClusterIdentifier', mark);
  names.set('SourceIdentifier', mark);
  names.set('workgroupName', mark);
  names.set('WorkgroupName', mark);
  names.set('namespaceName', mark);
  names.set('ResourceName', `arn:aws:redshift:${root.region}:${accountId}:cluster:${mark}`);
  await redshift('CreateCustomDomainAssociation', {
    ...name('CustomDomainName', `${mark}.example.com`),
    ClusterIdentifier: mark,
    CustomDomainCertificateArn: `arn:aws:acm:${root.region}:${accountId}:certificate/1234`,
  });
  names.set('customDomainName', `${mark}.example.com`);
  await make('keyshift', 'PutLoginSettings', { RevokeOnRemoval: 'false' });

  const refused = await ask(root, 'sts', 'AssumeRole', {
    RoleArn: names.get('RoleArn') ?? '',
    RoleSessionName: 'x',
  });
  names.set('DecisionId', refused.texts('RequestId')[0] ?? '');
  return names;
}

/** The same names of things that nobody has: the mark is exchanged, and ids are others of their form. */
export function namesOfNothing(names: Names, mark: string, other: string): Names {
  return new Map([...names].map(([member, value]) => [member, nothingLike(value, mark, other)]));
}

function nothingLike(value: string, mark: string, other: string): string {
  if (value.includes(mark)) return value.replaceAll(mark, other);
  if (/^\d{12}$/.test(value)) return '999999999999';
  if (/^[0-9a-f]{24}$/.test(value)) return '0'.repeat(24);
  if (/^[0-9a-f-]{36}$/.test(value)) return '00000000-0000-4000-8000-000000000000';
  if (/^[A-Z]{4}[A-Z2-7]{12,}$/.test(value)) return value.slice(0, 4) + 'Z'.repeat(value.length - 4);
  return value.replace(/[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/, '00000000-0000-4000-8000-000000000000');
}
