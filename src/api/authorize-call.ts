import type { Clock } from '../core/clock.ts';
import { accessDenied, authorize, leavesOpen } from '../iam/authorize.ts';
import { contextOf } from '../iam/context.ts';
import type { Caller, RequiredPermission } from './action.ts';

/** The step *authorize*: every pair that the operation needs must be allowed; the first that is not is named. */

/** Throws AccessDenied (403). */
export function requireAllowed(
  clock: Clock,
  permissions: readonly RequiredPermission[],
  caller: Caller,
): void {
  const facts = { ...caller, at: clock.now() };
  for (const { action, resource, context, unlessDenied = false } of permissions) {
    const keys = contextOf(caller.principal, facts, context);
    const decision = authorize(caller.principal, { action, resource, context: keys });
    if (decision.effect !== 'allow' && !(unlessDenied && leavesOpen(decision))) {
      caller.note({ deniedAction: action, deniedResource: resource, decision });
      throw accessDenied(caller.principal, action, resource, decision);
    }
  }
}
