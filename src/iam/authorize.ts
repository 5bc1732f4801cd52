import { AwsError } from '../core/errors.ts';
import { denialText } from '../policy/denial-text.ts';
import { type Decision, evaluate, type PolicyRequest } from '../policy/evaluate.ts';
import type { ResourceSide } from '../policy/resource-side.ts';

export type { ResourceSide };

import type { Principal } from './principal.ts';

/** The decision whether a principal may do one thing to one resource of its account, and how to say no. */

/**
 * Decides by the principal's policies, which for the root user allow everything in its account, and by the policy
 * of the resource, if it has one. Never throws.
 */
export function authorize(principal: Principal, request: PolicyRequest, side?: ResourceSide): Decision {
  return evaluate(principal.policies, request, side);
}

/**
 * True if the principal's own policies do not allow it and nothing else stands against it: then a setting of the
 * account may take their place. The guardrail stands against whatever it does not allow.
 */
export function leavesOpen({ effect, because }: Decision): boolean {
  return (
    effect === 'implicitDeny' && because !== 'request-too-large' && because !== 'guardrail-does-not-allow'
  );
}

/**
 * The error for a decision that is not `allow`; without a decision it gives no reason.
 * Source: IAM User Guide, "Troubleshoot access denied error messages".
 */
export function accessDenied(
  principal: Principal,
  action: string,
  resource: string,
  decision?: Decision,
): AwsError {
  const refusal = `User: ${principal.arn} is not authorized to perform: ${action} on resource: ${resource}`;
  const reason =
    decision === undefined || decision.effect === 'allow' ? '' : ` ${denialText(decision, action)}`;
  return new AwsError('AccessDenied', 403, refusal + reason);
}
