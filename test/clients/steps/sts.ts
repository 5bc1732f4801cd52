import { createHash } from 'node:crypto';
import { ACCOUNT, type ClientStep, document, refused, step } from './step.ts';

/** The Security Token Service: who one is, and sessions. */

const sts = { service: 'sts' } as const;
const asAnn = { service: 'sts', as: 'ann' } as const;
const ROLE = `arn:aws:iam::${ACCOUNT}:role/analyst`;
const session = { RoleArn: ROLE, RoleSessionName: 'walk' };
const CREDENTIALS = { Credentials: { AccessKeyId: '~ASIA[A-Z2-7]{16}', SecretAccessKey: '~.{40}' } };
const keepSession = (name: string) => ({
  [`${name}.id`]: 'Credentials.AccessKeyId',
  [`${name}.secret`]: 'Credentials.SecretAccessKey',
  [`${name}.token`]: 'Credentials.SessionToken',
});
/** Policies of 2,048 characters in all are the most that one may send; tags are packed with them. */
const manyTags = Array.from({ length: 50 }, (_, n) => ({
  Key: `key${n}`,
  // Texts that do not pack well.
  Value: [n, n + 50].map((part) => createHash('sha512').update(String(part)).digest('hex')).join(''),
}));
const LONG_ARNS = Array.from({ length: 10 }, (_, n) => ({
  arn: `arn:aws:iam::${ACCOUNT}:policy/${'x'.repeat(200)}${n}`,
}));

export const stsSteps: readonly ClientStep[] = [
  step('CreateUser', { UserName: 'ann' }),
  step('PutUserPolicy', {
    UserName: 'ann',
    PolicyName: 'walk',
    PolicyDocument: document({ Effect: 'Allow', Action: 'sts:*', Resource: '*' }),
  }),
  step(
    'CreateAccessKey',
    { UserName: 'ann' },
    {},
    {
      keep: { 'ann.id': 'AccessKey.AccessKeyId', 'ann.secret': 'AccessKey.SecretAccessKey' },
    },
  ),
  step(
    'CreateVirtualMFADevice',
    { VirtualMFADeviceName: 'ann' },
    {},
    {
      keep: { seed: 'VirtualMFADevice.Base32StringSeed', serial: 'VirtualMFADevice.SerialNumber' },
    },
  ),
  step('EnableMFADevice', {
    UserName: 'ann',
    SerialNumber: '$serial',
    AuthenticationCode1: '$code:seed:-2',
    AuthenticationCode2: '$code:seed:-1',
  }),
  step('CreateRole', {
    RoleName: 'analyst',
    AssumeRolePolicyDocument: document({
      Effect: 'Allow',
      Principal: { AWS: `arn:aws:iam::${ACCOUNT}:user/ann` },
      Action: ['sts:AssumeRole', 'sts:TagSession', 'sts:SetSourceIdentity'],
    }),
  }),
  step('GetCallerIdentity', {}, { Account: ACCOUNT, Arn: `arn:aws:iam::${ACCOUNT}:root` }, sts),
  step(
    'GetCallerIdentity',
    {},
    { Account: ACCOUNT, Arn: `arn:aws:iam::${ACCOUNT}:user/ann`, UserId: '~AIDA.+' },
    asAnn,
  ),
  step('GetAccessKeyInfo', { AccessKeyId: '$ann.id' }, { Account: ACCOUNT }, sts),
  refused(
    'GetAccessKeyInfo',
    { AccessKeyId: 'AKIAIOSFODNN7EXAMPLE' },
    'ValidationError',
    'The access key ID is not valid.',
    sts,
  ),
  step(
    'AssumeRole',
    {
      ...session,
      DurationSeconds: 900,
      Policy: document({ Effect: 'Allow', Action: 'redshift:*', Resource: '*' }),
      Tags: [{ Key: 'Team', Value: 'a' }],
      TransitiveTagKeys: ['Team'],
      SourceIdentity: 'ann',
      SerialNumber: '$serial',
      TokenCode: '$code:seed:0',
    },
    {
      ...CREDENTIALS,
      AssumedRoleUser: {
        AssumedRoleId: '~AROA.+:walk',
        Arn: `arn:aws:sts::${ACCOUNT}:assumed-role/analyst/walk`,
      },
      PackedPolicySize: '~[1-9]\\d?',
      SourceIdentity: 'ann',
    },
    { ...asAnn, keep: keepSession('analyst') },
  ),
  step(
    'GetCallerIdentity',
    {},
    { Arn: `arn:aws:sts::${ACCOUNT}:assumed-role/analyst/walk` },
    { service: 'sts', as: 'analyst' },
  ),
  refused(
    'AssumeRole',
    { ...session, Policy: '{' },
    'MalformedPolicyDocument',
    'Syntax errors in policy.',
    asAnn,
  ),
  refused(
    'AssumeRole',
    { ...session, Tags: manyTags },
    'PackedPolicyTooLarge',
    '~Packed size of session tags consumes \\d+% of allotted space\\.',
    asAnn,
  ),
  refused('AssumeRole', session, 'AccessDenied', 'Roles may not be assumed by root accounts.', sts),
  step('GetSessionToken', { DurationSeconds: 900 }, CREDENTIALS, { ...asAnn, keep: keepSession('session') }),
  step(
    'GetCallerIdentity',
    {},
    { Arn: `arn:aws:iam::${ACCOUNT}:user/ann` },
    { service: 'sts', as: 'session' },
  ),
  step(
    'GetFederationToken',
    { Name: 'guest', Policy: document({ Effect: 'Allow', Action: 'sts:*', Resource: '*' }) },
    {
      ...CREDENTIALS,
      FederatedUser: {
        Arn: `arn:aws:sts::${ACCOUNT}:federated-user/guest`,
        FederatedUserId: `${ACCOUNT}:guest`,
      },
    },
    { ...asAnn, keep: keepSession('guest') },
  ),
  refused(
    'GetFederationToken',
    { Name: 'guest', Policy: '[' },
    'MalformedPolicyDocument',
    'Syntax errors in policy.',
    asAnn,
  ),
  refused(
    'GetFederationToken',
    { Name: 'guest', PolicyArns: LONG_ARNS },
    'PackedPolicyTooLarge',
    '~Packed size of policy consumes \\d+% of allotted space\\.',
    asAnn,
  ),
  refused(
    'ListUsers',
    {},
    'AccessDenied',
    '~User: arn:aws:sts::123456789012:assumed-role/analyst/walk is not authorized to perform: iam:ListUsers on resource: .+',
    { as: 'analyst' },
  ),
  step(
    'DecodeAuthorizationMessage',
    { EncodedMessage: '$encodedMessage' },
    { DecodedMessage: '~\\{.+\\}' },
    sts,
  ),
  refused(
    'DecodeAuthorizationMessage',
    { EncodedMessage: 'x' },
    'InvalidAuthorizationMessageException',
    'Message is not valid',
    sts,
  ),
  step('DeactivateMFADevice', { UserName: 'ann', SerialNumber: '$serial' }),
  step('DeleteVirtualMFADevice', { SerialNumber: '$serial' }),
  step('DeleteRole', { RoleName: 'analyst' }),
  step('DeleteUserPolicy', { UserName: 'ann', PolicyName: 'walk' }),
  step('DeleteAccessKey', { UserName: 'ann', AccessKeyId: '$ann.id' }),
  step('DeleteUser', { UserName: 'ann' }),
];
