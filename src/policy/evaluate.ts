import type { ActionPlan, LayerKind, PlannedLayer } from './action-plans.ts';
import type { CompiledStatement, FoldedRequest, StatementReference } from './compile.ts';
import { OversizedContext, type RequestContext } from './context.ts';
import type { PolicySet } from './policy-set.ts';
import { findApplying } from './resource-index.ts';
import { type ResourceGrant, type ResourceSide, resourceDenial, resourceGrant } from './resource-side.ts';

/**
 * The decision about one action on one resource. An explicit deny wins over everything; then every layer
 * must allow. Source: IAM User Guide, "Policy evaluation logic".
 */

/** One pair of action and resource; an operation that touches several resources asks once for each. */
export interface PolicyRequest {
  /** `service:Name`, in any case. */
  readonly action: string;
  /** An ARN, or `*` for an action without resources. */
  readonly resource: string;
  readonly context: RequestContext;
}

export type ExplicitDenyReason =
  | 'guardrail-denies'
  | 'resource-policy-denies'
  | 'identity-policy-denies'
  | 'boundary-denies'
  | 'session-policy-denies';
export type ImplicitDenyReason =
  | 'guardrail-does-not-allow'
  | 'no-resource-policy-allows'
  | 'no-identity-policy-allows'
  | 'boundary-does-not-allow'
  | 'no-session-policy-allows'
  /** The request is too long to be matched in a bounded time. */
  | 'request-too-large';
export type AllowReason =
  | 'identity-policy-allows'
  /** The policy of the resource names the caller, whose own policies need not allow it. */
  | 'resource-policy-allows'
  | 'root-user';

/**
 * `matched` are the statements that decided: the first that denies; or the one of the resource's policy that
 * means the caller most directly, and of each layer that had to allow the first that does; none if nothing allowed.
 */
export type Decision =
  | {
      readonly effect: 'allow';
      readonly because: AllowReason;
      readonly matched: readonly StatementReference[];
    }
  | {
      readonly effect: 'explicitDeny';
      readonly because: ExplicitDenyReason;
      readonly matched: readonly StatementReference[];
    }
  | { readonly effect: 'implicitDeny'; readonly because: ImplicitDenyReason; readonly matched: readonly [] };

/** Characters. The longest action names have about 80; ARNs end at 2,048 (type arnType of the IAM API). */
const ACTION_CHARACTERS_MAX = 256;
const RESOURCE_CHARACTERS_MAX = 2048;

const DENIES: Readonly<Record<LayerKind, ExplicitDenyReason>> = {
  guardrail: 'guardrail-denies',
  identity: 'identity-policy-denies',
  boundary: 'boundary-denies',
  session: 'session-policy-denies',
};

const DOES_NOT_ALLOW: Readonly<Record<LayerKind, Decision>> = {
  guardrail: implicitDeny('guardrail-does-not-allow'),
  identity: implicitDeny('no-identity-policy-allows'),
  boundary: implicitDeny('boundary-does-not-allow'),
  session: implicitDeny('no-session-policy-allows'),
};

const NOTHING: readonly StatementReference[] = [];
const NO_RESOURCE_POLICY_ALLOWS = implicitDeny('no-resource-policy-allows');
const REQUEST_TOO_LARGE = implicitDeny('request-too-large');

/**
 * Decides. `side` is the policy of the resource, if it has one; without it the resource is one of the
 * principal's own account. Never throws for anything that a request or a policy contains: what cannot be
 * evaluated is denied.
 */
export function evaluate(set: PolicySet, request: PolicyRequest, side?: ResourceSide): Decision {
  const { action, resource, context } = request;
  if (action.length > ACTION_CHARACTERS_MAX || resource.length > RESOURCE_CHARACTERS_MAX)
    return REQUEST_TOO_LARGE;
  const plan = set.plans.of(action);
  try {
    return decide(set, plan, { action: plan.action, resource, context }, side);
  } catch (error) {
    if (error instanceof OversizedContext) return REQUEST_TOO_LARGE;
    throw error;
  }
}

function decide(
  set: PolicySet,
  { layers }: ActionPlan,
  request: FoldedRequest,
  side: ResourceSide | undefined,
): Decision {
  const denied = denial(layers, request, side);
  if (denied !== undefined) return denied;
  let matched: readonly StatementReference[] = NOTHING;
  const grant = side === undefined ? undefined : resourceGrant(side, request);
  for (const layer of layers) {
    // The guardrail comes before the resource's policy, everything else after it.
    if (layer.kind !== 'guardrail' && grant?.replaces === 'refused') return NO_RESOURCE_POLICY_ALLOWS;
    if (!mustAllow(layer, set, grant)) continue;
    const statement = findApplying(layer.allow, request);
    if (statement === undefined) return DOES_NOT_ALLOW[layer.kind];
    matched = matched.length === 0 ? statement.alone : [...matched, statement.reference];
  }
  if (grant?.statement !== undefined) matched = [...matched, grant.statement];
  return { effect: 'allow', because: allowReason(set, grant), matched };
}

/** The first deny, asked in the order guardrail, resource, identity, boundary, session. */
function denial(
  layers: readonly PlannedLayer[],
  request: FoldedRequest,
  side: ResourceSide | undefined,
): Decision | undefined {
  for (const { kind, deny } of layers) {
    if (kind === 'identity' && side !== undefined) {
      const hasBoundary = layers.some((layer) => layer.kind === 'boundary');
      const statement = resourceDenial(side, request, hasBoundary);
      if (statement !== undefined) return explicitDeny('resource-policy-denies', statement);
    }
    const statement = findApplying(deny, request);
    if (statement !== undefined) return explicitDeny(DENIES[kind], statement);
  }
  return undefined;
}

/** Whether the layer has to allow: nothing replaces the guardrail. */
export function mustAllow(
  { kind }: { readonly kind: LayerKind },
  set: PolicySet,
  grant: ResourceGrant | undefined,
): boolean {
  if (kind === 'guardrail') return true;
  if (grant?.replaces === 'all') return false;
  return kind !== 'identity' || !(set.isRoot || grant?.replaces === 'identity');
}

function allowReason(set: PolicySet, grant: ResourceGrant | undefined): AllowReason {
  if (grant?.replaces === 'all' || grant?.replaces === 'identity') return 'resource-policy-allows';
  return set.isRoot ? 'root-user' : 'identity-policy-allows';
}

function explicitDeny(because: ExplicitDenyReason, { alone }: CompiledStatement): Decision {
  return { effect: 'explicitDeny', because, matched: alone };
}

function implicitDeny(because: ImplicitDenyReason): Decision {
  return { effect: 'implicitDeny', because, matched: [] };
}
