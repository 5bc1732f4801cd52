import { accessDenied, authorize, leavesOpen } from '../iam/authorize.ts';
import { contextOf } from '../iam/context.ts';
import { decisionEvidence } from '../iam/decision-evidence.ts';
import type { Caller, Offer, RequiredPermission } from './action.ts';

/** The step *authorize*: every pair that the operation needs must be allowed; the first that is not is named. */

const NO_KEYS: ReadonlyMap<string, readonly string[]> = new Map();

/**
 * Gives the offer under which every pair is allowed, or undefined where there are none to make. Throws AccessDenied
 * (403), about the first offer: the others are what a policy asked for, and nobody asked the policy.
 */
export function requireAllowed(
  permissions: readonly RequiredPermission[],
  caller: Caller,
  offers?: Iterable<Offer>,
): Offer | undefined {
  if (offers === undefined) {
    refuse(caller, firstDenied(permissions, caller, NO_KEYS));
    return undefined;
  }
  let first: Denied | undefined;
  for (const offer of offers) {
    let denied: Denied | undefined;
    for (const keys of offer.contexts) denied ??= firstDenied(permissions, caller, keys);
    if (denied === undefined) return offer;
    first ??= denied;
  }
  refuse(caller, first);
  return undefined;
}

/** Whether one pair would be allowed. */
export function wouldAllow(permission: RequiredPermission, caller: Caller): boolean {
  return firstDenied([permission], caller, NO_KEYS) === undefined;
}

interface Denied {
  readonly permission: RequiredPermission;
  readonly decision: ReturnType<typeof authorize>;
  readonly context: ReturnType<typeof contextOf>;
  /** The keys of the action itself and of the offer. */
  readonly extraKeys: Iterable<string>;
}

function firstDenied(
  permissions: readonly RequiredPermission[],
  caller: Caller,
  offered: ReadonlyMap<string, readonly string[]>,
): Denied | undefined {
  for (const permission of permissions) {
    const { action, resource, context, side, principal = caller.principal } = permission;
    const own = offered.size === 0 ? context : new Map([...(context ?? []), ...offered]);
    const keys = contextOf(principal, caller, own);
    const decision = authorize(principal, { action, resource, context: keys }, side);
    const isOpen = permission.unlessDenied === true && leavesOpen(decision);
    if (decision.effect === 'allow' || isOpen) continue;
    return { permission, decision, context: keys, extraKeys: own?.keys() ?? [] };
  }
  return undefined;
}

function refuse(caller: Caller, denied: Denied | undefined): void {
  if (denied === undefined) return;
  const { permission, decision, context, extraKeys } = denied;
  const { action, resource, principal = caller.principal, isReasonHidden = false } = permission;
  const { unlessDenied = false, side } = permission;
  const kept = decisionEvidence(principal, { action, resource, context, extraKeys, unlessDenied, side });
  const facts = { deniedAction: action, deniedResource: resource, decision, evidence: kept?.evidence };
  caller.note(facts, kept?.documents);
  throw accessDenied(principal, action, resource, isReasonHidden ? undefined : decision);
}
