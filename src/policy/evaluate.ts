import {
  type CompiledStatement,
  type FoldedRequest,
  type StatementReference,
  serviceOf,
  statementApplies,
} from './compile.ts';
import { OversizedContext, type RequestContext } from './context.ts';
import type { LayerKind, PolicySet, ServiceIndex } from './policy-set.ts';

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

export type ExplicitDenyReason = 'identity-policy-denies' | 'boundary-denies' | 'session-policy-denies';
export type ImplicitDenyReason =
  | 'no-identity-policy-allows'
  | 'boundary-does-not-allow'
  | 'no-session-policy-allows'
  /** The request is too long to be matched in a bounded time. */
  | 'request-too-large';

/**
 * `matched` are the statements that decided: the first that denies; or of each layer the first that allows;
 * none if nothing allowed.
 */
export type Decision =
  | {
      readonly effect: 'allow';
      readonly because: 'identity-policy-allows';
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
  identity: 'identity-policy-denies',
  boundary: 'boundary-denies',
  session: 'session-policy-denies',
};

const DOES_NOT_ALLOW: Readonly<Record<LayerKind, Decision>> = {
  identity: implicitDeny('no-identity-policy-allows'),
  boundary: implicitDeny('boundary-does-not-allow'),
  session: implicitDeny('no-session-policy-allows'),
};

const REQUEST_TOO_LARGE = implicitDeny('request-too-large');

/** Decides. Never throws for anything that a request or a policy contains: what cannot be evaluated is denied. */
export function evaluate(set: PolicySet, request: PolicyRequest): Decision {
  const { action, resource, context } = request;
  if (action.length > ACTION_CHARACTERS_MAX || resource.length > RESOURCE_CHARACTERS_MAX)
    return REQUEST_TOO_LARGE;
  try {
    return decide(set, { action: action.toLowerCase(), resource, context });
  } catch (error) {
    if (error instanceof OversizedContext) return REQUEST_TOO_LARGE;
    throw error;
  }
}

function decide(set: PolicySet, request: FoldedRequest): Decision {
  const service = serviceOf(request.action);
  for (const { kind, deny } of set.layers) {
    const statement = firstThatApplies(deny, service, request);
    if (statement !== undefined) {
      return { effect: 'explicitDeny', because: DENIES[kind], matched: [statement.reference] };
    }
  }
  const matched: StatementReference[] = [];
  for (const { kind, allow } of set.layers) {
    const statement = firstThatApplies(allow, service, request);
    if (statement === undefined) return DOES_NOT_ALLOW[kind];
    matched.push(statement.reference);
  }
  return { effect: 'allow', because: 'identity-policy-allows', matched };
}

/** Statements about the service come before statements about all services. */
function firstThatApplies(
  index: ServiceIndex,
  service: string,
  request: FoldedRequest,
): CompiledStatement | undefined {
  const ofService = index.byService.get(service);
  if (ofService !== undefined) {
    for (const statement of ofService) if (statementApplies(statement, request)) return statement;
  }
  for (const statement of index.anyService) if (statementApplies(statement, request)) return statement;
  return undefined;
}

function implicitDeny(because: ImplicitDenyReason): Decision {
  return { effect: 'implicitDeny', because, matched: [] };
}
