import { assumedRoleArn } from '../core/arn.ts';
import type { AssumableRole } from './assumable-role.ts';
import type { Iam } from './iam.ts';
import { validationError } from './iam-errors.ts';
import { type IssuedSession, issueSession, sessionTags } from './new-session.ts';
import type { Principal } from './principal.ts';
import type { Tag } from './tags.ts';

/** AssumeRole, once it is decided that the caller may: what the session of the role is and how long it lasts. */
export interface RoleSessionRequest {
  readonly sessionName: string;
  readonly durationSeconds?: number | undefined;
  readonly policy?: string | undefined;
  readonly policyArns: readonly string[];
  readonly tags: readonly Tag[];
  readonly transitiveKeys: readonly string[];
  readonly sourceIdentity?: string | undefined;
  /** Condition keys that the way into the session sets, in lower case. */
  readonly facts?: readonly (readonly [key: string, value: string])[];
}

export interface RoleSession extends IssuedSession {
  readonly assumedRoleId: string;
  readonly arn: string;
  readonly sourceIdentity: string | undefined;
}

/** Seconds. Source: STS API Reference, AssumeRole, DurationSeconds. */
const DURATION_DEFAULT = 3600;
/** Seconds; the session of a role that takes on another one. Source: IAM User Guide, "Role chaining". */
const CHAINED_MAX = 3600;

/** Makes the session. Throws ValidationError for its duration, and what `sessionTags` and `issueSession` throw. */
export async function assumeRole(
  iam: Iam,
  role: AssumableRole,
  caller: Principal,
  request: RoleSessionRequest,
): Promise<RoleSession> {
  const { sessionName, policy, policyArns, facts = [] } = request;
  const durationSeconds = request.durationSeconds ?? DURATION_DEFAULT;
  requireDuration(durationSeconds, role, caller);
  const sourceIdentity = sourceIdentityOf(caller, request.sourceIdentity);
  const tags = sessionTags(request.tags, request.transitiveKeys, caller.session?.transitiveTags ?? []);
  const issued = await issueSession(iam, {
    kind: 'role',
    accountId: role.accountId,
    ownerId: role.id,
    parentKeyId: '',
    name: sessionName,
    durationSeconds,
    mfaAt: caller.session?.mfaAt,
    sourceIdentity,
    ...tags,
    policy,
    policyArns,
    facts,
  });
  return {
    ...issued,
    assumedRoleId: `${role.id}:${sessionName}`,
    arn: assumedRoleArn(role.accountId, role.name, sessionName),
    sourceIdentity,
  };
}

/** The source identity of a session, which the sessions of further roles keep. Throws ValidationError. */
export function sourceIdentityOf(caller: Principal, requested: string | undefined): string | undefined {
  const inherited = caller.session?.sourceIdentity;
  if (inherited !== undefined && requested !== undefined && requested !== inherited) {
    throw validationError('The source identity of the calling session cannot be changed.');
  }
  if (requested?.toLowerCase().startsWith('aws:') === true) {
    throw validationError('A source identity cannot begin with the text aws:.');
  }
  return requested ?? inherited;
}

function requireDuration(seconds: number, role: AssumableRole, caller: Principal): void {
  if (caller.kind === 'role' && seconds > CHAINED_MAX) {
    throw validationError(
      'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.',
    );
  }
  if (seconds > role.maxSessionSeconds) {
    throw validationError('The requested DurationSeconds exceeds the MaxSessionDuration set for this role.');
  }
}
