import { AwsError } from '../core/errors.ts';
import { denialText } from '../policy/denial-text.ts';
import { type Decision, evaluate, type PolicyRequest } from '../policy/evaluate.ts';
import type { Principal } from './principal.ts';

/** The decision whether a principal may do one thing to one resource of its account, and how to say no. */

const ROOT_MAY: Decision = { effect: 'allow', because: 'identity-policy-allows', matched: [] };

/** The root user may do everything in its account; others what their policies say. Never throws. */
export function authorize(principal: Principal, request: PolicyRequest): Decision {
  return principal.kind === 'root' ? ROOT_MAY : evaluate(principal.policies, request);
}

/**
 * The error for a decision that is not `allow`.
 * Source: IAM User Guide, "Troubleshoot access denied error messages".
 */
export function accessDenied(
  principal: Principal,
  action: string,
  resource: string,
  decision: Decision,
): AwsError {
  const refusal = `User: ${principal.arn} is not authorized to perform: ${action} on resource: ${resource}`;
  const reason = decision.effect === 'allow' ? '' : ` ${denialText(decision, action)}`;
  return new AwsError('AccessDenied', 403, refusal + reason);
}
