import { parsePolicyDocument } from '../policy/document.ts';
import type { DocumentKind } from '../policy/document-model.ts';
import { MalformedPolicy } from '../policy/malformed-policy.ts';
import { malformedPolicy } from './iam-errors.ts';

/**
 * Throws MalformedPolicyDocument (HTTP 400, with IAM's own sentence) unless IAM would store this text as a policy
 * of this kind: of a user, group or role, as a managed policy, or as the trust policy of a role.
 */
export function requirePolicyDocument(document: string, kind: DocumentKind): void {
  try {
    parsePolicyDocument(document, kind);
  } catch (error) {
    if (!(error instanceof MalformedPolicy)) throw error;
    throw malformedPolicy(error.message, { cause: error });
  }
}
