import { AwsError } from '../core/errors.ts';
import type { Database } from '../store/database.ts';
import type { Iam } from './iam.ts';
import { validationError } from './iam-errors.ts';
import { findPolicy } from './managed-policies.ts';
import { packedPolicySize } from './packed-size.ts';
import { requirePolicyDocument } from './policy-documents.ts';
import type { SessionClaims } from './session-claims.ts';
import { type SessionCredentials, sealSession } from './session-token.ts';
import { foldTagKey, type Tag } from './tags.ts';

/** What every operation of STS that makes a session has in common: its limits, its tags, its credentials. */

export interface IssuedSession extends SessionCredentials {
  readonly expiresAt: Date;
  readonly packedPolicySize: number | undefined;
}

/** The claims that the way into the session decides; times come from the clock and the duration. */
export type NewSession = Omit<SessionClaims, 'issuedAt' | 'expiresAt'> & { readonly durationSeconds: number };

/** Characters of inline and managed session policies together. Source: STS API Reference, AssumeRole, Policy. */
const POLICY_CHARACTERS_MAX = 2048;
/** Source: the same, PolicyArns. */
const POLICY_ARNS_MAX = 10;
/** Source: the same, Tags. */
const TAGS_MAX = 50;

/**
 * Makes the credentials of a session. Throws MalformedPolicyDocument, PackedPolicyTooLarge, and ValidationError for
 * policies that do not exist.
 */
export async function issueSession(iam: Iam, request: NewSession): Promise<IssuedSession> {
  const { durationSeconds, ...claims } = request;
  await requireSessionPolicies(iam.store, claims);
  const size = packedPolicySize(claims);
  const issuedAt = iam.clock.now();
  // Whole seconds, because that is how the answer tells it.
  const expiresAt = new Date((Math.floor(issuedAt.getTime() / 1000) + durationSeconds) * 1000);
  const credentials = sealSession(iam.sessionKeys, { ...claims, issuedAt, expiresAt }, iam.random);
  return { ...credentials, expiresAt, packedPolicySize: size };
}

async function requireSessionPolicies(
  database: Database,
  { accountId, policy, policyArns }: Pick<SessionClaims, 'accountId' | 'policy' | 'policyArns'>,
): Promise<void> {
  if (policy !== undefined) {
    if (policy.length > POLICY_CHARACTERS_MAX) throw tooLong('policy', POLICY_CHARACTERS_MAX);
    requirePolicyDocument(policy, 'identity');
  }
  if (policyArns.length > POLICY_ARNS_MAX) throw tooLong('policyArns', POLICY_ARNS_MAX);
  const characters = policyArns.reduce((sum, arn) => sum + arn.length, policy?.length ?? 0);
  if (characters > POLICY_CHARACTERS_MAX) {
    const percent = Math.ceil((characters * 100) / POLICY_CHARACTERS_MAX);
    throw new AwsError(
      'PackedPolicyTooLarge',
      400,
      `Packed size of policy consumes ${percent}% of allotted space.`,
    );
  }
  for (const arn of policyArns) {
    const found = await findPolicy(database, accountId, arn).catch(() => undefined);
    if (found === undefined) throw validationError(`Policy ${arn} does not exist or is not attachable.`);
  }
}

/**
 * Tags of a session: those of the request over those that it inherits. Throws ValidationError for two keys that
 * differ in case only, for a reserved key, and past 50; InvalidParameterValue for a key that is inherited already,
 * and for a transitive key that is none of them.
 * Source: IAM User Guide, "Pass session tags in AWS STS".
 */
export function sessionTags(
  tags: readonly Tag[],
  transitiveKeys: readonly string[],
  inherited: readonly Tag[],
): Pick<SessionClaims, 'tags' | 'transitiveKeys'> {
  const keys = new Set(tags.map(({ key }) => foldTagKey(key)));
  if (keys.size < tags.length) {
    throw validationError('Duplicate tag keys found. Please note that Tag keys are case insensitive.');
  }
  if ([...keys].some((key) => key.startsWith('aws:'))) {
    throw validationError('Tag keys that start with aws: are reserved for use by AWS.');
  }
  const inheritedKeys = inherited.map(({ key }) => foldTagKey(key));
  if (inheritedKeys.some((key) => keys.has(key))) {
    throw wrongTags(
      "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session.",
    );
  }
  if (transitiveKeys.some((key) => !keys.has(foldTagKey(key)))) {
    throw wrongTags('The specified transitive tag key must be included in the requested tags.');
  }
  const all = [...inherited, ...tags];
  if (all.length > TAGS_MAX) throw tooLong('tags', TAGS_MAX);
  return { tags: all, transitiveKeys: [...inherited.map(({ key }) => key), ...transitiveKeys] };
}

const wrongTags = (text: string) => new AwsError('InvalidParameterValue', 400, text);

const tooLong = (member: string, max: number) =>
  validationError(
    `1 validation error detected: Value at '${member}' failed to satisfy constraint: ` +
      `Member must have length less than or equal to ${max}`,
  );
