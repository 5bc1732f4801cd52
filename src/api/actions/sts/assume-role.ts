import { AwsError } from '../../../core/errors.ts';
import { type AssumableRole, findAssumableRole, trustSide } from '../../../iam/assumable-role.ts';
import { assumeRole, sourceIdentityOf } from '../../../iam/assume-role.ts';
import { accessDenied } from '../../../iam/authorize.ts';
import { validationError } from '../../../iam/iam-errors.ts';
import type { Principal } from '../../../iam/principal.ts';
import type { RequiredPermission } from '../../action.ts';
import type { AssumeRoleRequest } from '../../services/sts.generated.ts';
import { tagsOfInput } from '../iam/shapes.ts';
import { requestTagKeys, resourceTagKeys } from '../tag-keys.ts';
import { arnsOfInput, credentialsShape, mfaOfInput, noteIssued, type StsAction } from './row.ts';

/**
 * AssumeRole. Both the trust policy of the role and the caller's own policies decide, on a caller with the second
 * factor that it gives; so the decision is made while the operation works.
 */
export const assumeRoleAction: StsAction<'AssumeRole'> = {
  permissions: (_deps, input, caller) => {
    caller.note({
      roleArn: input.RoleArn,
      roleSessionName: input.RoleSessionName,
      sourceIdentity: input.SourceIdentity,
      durationSeconds: input.DurationSeconds,
      policyArns: input.PolicyArns?.map(({ arn }) => arn),
      tagKeys: input.Tags?.map(({ Key }) => Key),
      mfaSerialNumber: input.SerialNumber,
    });
    return [];
  },
  run: async ({ iam }, input, caller) => {
    if (caller.principal.kind === 'root') {
      throw new AwsError('AccessDenied', 403, 'Roles may not be assumed by root accounts.');
    }
    if (input.ProvidedContexts !== undefined) throw validationError('ProvidedContexts is not supported.');
    const role = await findAssumableRole(iam.store, input.RoleArn);
    const principal = withMfa(caller.principal, await mfaOfInput(iam, caller, input), iam.clock.now());
    caller.require(permissionsOf(input, principal, role));
    // A role that is not there trusts nobody.
    if (role === undefined) throw accessDenied(principal, 'sts:AssumeRole', input.RoleArn);
    const session = await assumeRole(iam, role, principal, {
      sessionName: input.RoleSessionName,
      durationSeconds: input.DurationSeconds,
      policy: input.Policy,
      policyArns: arnsOfInput(input.PolicyArns),
      tags: tagsOfInput(input.Tags),
      transitiveKeys: input.TransitiveTagKeys ?? [],
      sourceIdentity: input.SourceIdentity,
    });
    noteIssued(caller, session);
    // Whoever administers the account of the role reads in its log who has taken it on.
    caller.concerns(role.accountId);
    return {
      Credentials: credentialsShape(session),
      AssumedRoleUser: { AssumedRoleId: session.assumedRoleId, Arn: session.arn },
      PackedPolicySize: session.packedPolicySize,
      SourceIdentity: session.sourceIdentity,
    };
  },
  changes: false,
};

/** The caller as it is with a second factor given now: as in a session with one. */
function withMfa(principal: Principal, mfaAt: Date | undefined, now: Date): Principal {
  if (mfaAt === undefined) return principal;
  const { session } = principal;
  if (session !== undefined) return { ...principal, session: { ...session, mfaAt } };
  return {
    ...principal,
    session: {
      kind: 'user',
      issuedAt: now,
      expiresAt: now,
      mfaAt,
      name: undefined,
      ownerId: principal.userId,
      roleArn: undefined,
      sourceIdentity: undefined,
      transitiveTags: [],
      facts: new Map(),
    },
  };
}

/** The role itself, and what tags and a source identity need besides, given in the call or inherited. */
function permissionsOf(
  input: AssumeRoleRequest,
  principal: Principal,
  role: AssumableRole | undefined,
): readonly RequiredPermission[] {
  const inherited = principal.session?.transitiveTags ?? [];
  const hasTags =
    (input.Tags ?? []).length > 0 || (input.TransitiveTagKeys ?? []).length > 0 || inherited.length > 0;
  const sourceIdentity = sourceIdentityOf(principal, input.SourceIdentity);
  const actions = [
    'sts:AssumeRole',
    ...(hasTags ? ['sts:TagSession'] : []),
    ...(sourceIdentity === undefined ? [] : ['sts:SetSourceIdentity']),
  ];
  const shared = {
    resource: input.RoleArn,
    context: contextOf(input, role, sourceIdentity),
    side: trustSide(role, principal),
    principal,
    isReasonHidden: true,
  };
  return actions.map((action) => ({ action, ...shared }));
}

/** Source: IAM User Guide, "IAM and AWS STS condition context keys". */
function contextOf(
  input: AssumeRoleRequest,
  role: AssumableRole | undefined,
  sourceIdentity: string | undefined,
): ReadonlyMap<string, readonly string[]> {
  const context = new Map<string, readonly string[]>([
    ['sts:rolesessionname', [input.RoleSessionName]],
    ...requestTagKeys(input.Tags),
  ]);
  if (input.ExternalId !== undefined) context.set('sts:externalid', [input.ExternalId]);
  if (sourceIdentity !== undefined) context.set('sts:sourceidentity', [sourceIdentity]);
  if (input.TransitiveTagKeys !== undefined) context.set('sts:transitivetagkeys', input.TransitiveTagKeys);
  if (role !== undefined) {
    context.set('aws:resourceaccount', [role.accountId]);
    for (const [key, values] of resourceTagKeys(role.tags, ['iam'])) context.set(key, values);
  }
  return context;
}
