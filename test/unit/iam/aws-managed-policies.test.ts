import { describe, expect, test } from 'vitest';
import { authorize } from '../../../src/iam/authorize.ts';
import {
  awsManagedDocument,
  findAwsManagedPolicy,
  listAwsManagedPolicies,
} from '../../../src/iam/aws-managed-policies.ts';
import { contextOf } from '../../../src/iam/context.ts';
import { requirePolicyDocument } from '../../../src/iam/policy-documents.ts';
import { rootPrincipal } from '../../../src/iam/principal.ts';
import { compilePolicy, parsePolicyDocument, policySet } from '../../../src/policy/index.ts';

const ACCOUNT = '123456789012';
const FACTS = { sourceIp: '127.0.0.1', secureTransport: true, userAgent: '', region: 'r', at: new Date(0) };

/** What a user bob with only this policy may do. */
function may(policyName: string, action: string, resource = '*'): string {
  const arn = `arn:aws:iam::aws:policy/${policyName}`;
  const document = parsePolicyDocument(awsManagedDocument(arn) ?? '', 'identity');
  const policies = policySet({ identity: [compilePolicy(document, { kind: 'managed', id: arn })] });
  const bob = { ...rootPrincipal(ACCOUNT), kind: 'user', userName: 'bob', policies } as const;
  return authorize(bob, { action, resource, context: contextOf(bob, FACTS) }).effect;
}

describe('the policies that AWS manages', () => {
  test('are all documents that IAM would store, with ids of their own', () => {
    const policies = listAwsManagedPolicies();
    for (const { arn, id, createdAt } of policies) {
      expect(() => requirePolicyDocument(awsManagedDocument(arn) ?? '', 'managed')).not.toThrow();
      expect(id).toMatch(/^ANPA[A-Z0-9]{17}$/);
      expect(Number.isNaN(createdAt.getTime())).toBe(false);
    }
    expect(new Set(policies.map(({ id }) => id)).size).toBe(policies.length);
  });

  test.each(['toString', '__proto__', 'arn:aws:iam::aws:policy/administratoraccess', ''])(
    '%j is none',
    (arn) => {
      expect(findAwsManagedPolicy(arn)).toBeUndefined();
      expect(awsManagedDocument(arn)).toBeUndefined();
    },
  );

  const dbUser = 'arn:aws:redshift:us-west-2:123456789012:dbuser:c/redshift_data_api_user';
  test.each([
    ['AdministratorAccess', 'iam:CreateUser', '*', 'allow'],
    ['PowerUserAccess', 'redshift:GetClusterCredentials', dbUser, 'allow'],
    ['PowerUserAccess', 'iam:CreateUser', '*', 'implicitDeny'],
    ['IAMFullAccess', 'iam:CreateUser', '*', 'allow'],
    ['IAMFullAccess', 'redshift:JoinGroup', '*', 'implicitDeny'],
    ['IAMReadOnlyAccess', 'iam:ListUsers', '*', 'allow'],
    ['IAMReadOnlyAccess', 'iam:CreateUser', '*', 'implicitDeny'],
    ['IAMUserChangePassword', 'iam:ChangePassword', 'arn:aws:iam::123456789012:user/bob', 'allow'],
    ['IAMUserChangePassword', 'iam:ChangePassword', 'arn:aws:iam::123456789012:user/a/b/bob', 'allow'],
    ['IAMUserChangePassword', 'iam:ChangePassword', 'arn:aws:iam::123456789012:user/eve', 'implicitDeny'],
    ['ReadOnlyAccess', 'redshift:DescribeClusters', '*', 'allow'],
    ['ReadOnlyAccess', 'redshift:GetClusterCredentials', dbUser, 'implicitDeny'],
    ['SecurityAudit', 'iam:GetCredentialReport', '*', 'allow'],
    ['SecurityAudit', 'iam:CreateUser', '*', 'implicitDeny'],
    ['job-function/ViewOnlyAccess', 'iam:ListUsers', '*', 'allow'],
    ['job-function/DatabaseAdministrator', 'redshift:CreateCluster', '*', 'allow'],
    ['job-function/DatabaseAdministrator', 'iam:CreateUser', '*', 'implicitDeny'],
    ['IAMUserSSHKeys', 'iam:UploadSSHPublicKey', 'arn:aws:iam::123456789012:user/bob', 'allow'],
    ['IAMUserSSHKeys', 'iam:UploadSSHPublicKey', 'arn:aws:iam::123456789012:user/eve', 'implicitDeny'],
    ['AmazonRedshiftFullAccess', 'redshift:JoinGroup', '*', 'allow'],
    ['AmazonRedshiftReadOnlyAccess', 'redshift:DescribeClusters', '*', 'allow'],
    ['AmazonRedshiftReadOnlyAccess', 'redshift:GetClusterCredentials', dbUser, 'implicitDeny'],
    ['AmazonRedshiftQueryEditor', 'redshift:GetClusterCredentials', dbUser, 'allow'],
    ['AmazonRedshiftDataFullAccess', 'redshift:GetClusterCredentials', dbUser, 'allow'],
    ['AmazonRedshiftDataFullAccess', 'redshift:CreateClusterUser', dbUser, 'explicitDeny'],
    ['AWSDenyAll', 'redshift:DescribeClusters', '*', 'explicitDeny'],
  ])('%s answers %s on %s with %s', (policy, action, resource, effect) => {
    expect(may(policy, action, resource)).toBe(effect);
  });
});
