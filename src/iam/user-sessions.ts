import { federatedUserArn } from '../core/arn.ts';
import { AwsError } from '../core/errors.ts';
import type { Iam } from './iam.ts';
import { type IssuedSession, issueSession, sessionTags } from './new-session.ts';
import type { Principal } from './principal.ts';
import type { Tag } from './tags.ts';

/** Sessions that a user, or the root user, asks for with its own long-term key. */

/** Seconds. Source: STS API Reference, GetSessionToken and GetFederationToken, DurationSeconds. */
const DURATION_DEFAULT = 43_200;
/** Of the root user, also when it asks for more. Source: the same. */
const ROOT_DURATION_MAX = 3600;

/** GetSessionToken: the caller's own rights. `mfaAt` is when it gave a second factor. */
export async function getSessionToken(
  iam: Iam,
  caller: Principal,
  parentKeyId: string,
  request: { readonly durationSeconds?: number | undefined; readonly mfaAt: Date | undefined },
): Promise<IssuedSession> {
  return issueSession(iam, {
    kind: 'user',
    ...ownerOf(caller, parentKeyId),
    name: '',
    durationSeconds: durationOf(caller, request.durationSeconds),
    mfaAt: request.mfaAt,
    sourceIdentity: undefined,
    tags: [],
    transitiveKeys: [],
    policy: undefined,
    policyArns: [],
    facts: [],
  });
}

export interface FederationRequest {
  readonly name: string;
  readonly durationSeconds?: number | undefined;
  readonly policy?: string | undefined;
  readonly policyArns: readonly string[];
  readonly tags: readonly Tag[];
}

/** GetFederationToken: what both the caller and the policies of the request allow. */
export async function getFederationToken(
  iam: Iam,
  caller: Principal,
  parentKeyId: string,
  request: FederationRequest,
): Promise<IssuedSession & { readonly federatedUserId: string; readonly arn: string }> {
  const { name, policy, policyArns } = request;
  const issued = await issueSession(iam, {
    kind: 'federated',
    ...ownerOf(caller, parentKeyId),
    name,
    durationSeconds: durationOf(caller, request.durationSeconds),
    mfaAt: undefined,
    sourceIdentity: undefined,
    ...sessionTags(request.tags, [], []),
    policy,
    policyArns,
    facts: [],
  });
  const { accountId } = caller;
  return { ...issued, federatedUserId: `${accountId}:${name}`, arn: federatedUserArn(accountId, name) };
}

function ownerOf(caller: Principal, parentKeyId: string) {
  if (caller.session !== undefined)
    throw new AwsError('AccessDenied', 403, 'Cannot call this with session credentials');
  return {
    accountId: caller.accountId,
    ownerId: caller.kind === 'root' ? '' : caller.userId,
    parentKeyId,
  };
}

function durationOf(caller: Principal, seconds = DURATION_DEFAULT): number {
  return caller.kind === 'root' ? Math.min(seconds, ROOT_DURATION_MAX) : seconds;
}
