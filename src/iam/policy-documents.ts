import { AwsError } from '../core/errors.ts';
import { parsePolicyDocument } from '../policy/document.ts';
import { MalformedPolicy } from '../policy/malformed-policy.ts';

/**
 * Throws MalformedPolicyDocument (HTTP 400, with IAM's own sentence) unless IAM would store this text as a policy
 * of users and groups. `managed` asks for what managed policies must have besides.
 */
export function requirePolicyDocument(document: string, kind: 'identity' | 'managed'): void {
  try {
    parsePolicyDocument(document, kind);
  } catch (error) {
    if (!(error instanceof MalformedPolicy)) throw error;
    throw new AwsError('MalformedPolicyDocument', 400, error.message, { cause: error });
  }
}
