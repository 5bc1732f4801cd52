import { createHash } from 'node:crypto';
import { policyArn } from '../core/arn.ts';
import { uniqueId } from '../core/ids.ts';
import { AWS_MANAGED_POLICY_DATA, type AwsManagedPolicyData } from './aws-managed-policy-data.ts';
import { MORE_AWS_MANAGED_POLICIES } from './aws-managed-policy-more.ts';
import type { ManagedPolicy } from './managed-policy.ts';

/** The policies that AWS manages, in the shape of every managed policy. */

const BY_ARN: ReadonlyMap<string, { readonly policy: ManagedPolicy; readonly document: string }> = new Map(
  [...AWS_MANAGED_POLICY_DATA, ...MORE_AWS_MANAGED_POLICIES].map((data) => {
    const policy = policyOfData(data);
    return [policy.arn, { policy, document: JSON.stringify(data.document, undefined, 4) }];
  }),
);

export function findAwsManagedPolicy(arn: string): ManagedPolicy | undefined {
  return BY_ARN.get(arn)?.policy;
}

/** The text of its document, or undefined for an ARN that is not one of them. */
export function awsManagedDocument(arn: string): string | undefined {
  return BY_ARN.get(arn)?.document;
}

export function listAwsManagedPolicies(): ManagedPolicy[] {
  return [...BY_ARN.values()].map(({ policy }) => policy);
}

function policyOfData(data: AwsManagedPolicyData): ManagedPolicy {
  const path = data.path ?? '/';
  const arn = policyArn('aws', path, data.name);
  return {
    scope: 'AWS',
    id: data.id ?? derivedId(arn),
    name: data.name,
    path,
    arn,
    description: data.description,
    defaultVersion: data.version,
    createdAt: new Date(data.createdAt),
    updatedAt: new Date(data.updatedAt),
  };
}

/** An id that stays the same, made of the ARN in place of chance. */
function derivedId(arn: string): string {
  return uniqueId('managedPolicy', (count) => createHash('sha256').update(arn).digest().subarray(0, count));
}
