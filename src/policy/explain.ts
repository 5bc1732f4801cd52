import type { LayerKind } from './action-plans.ts';
import { namedForAllow, namedForDeny } from './caller.ts';
import {
  actionApplies,
  type CompiledResourceStatement,
  type CompiledStatement,
  type FoldedRequest,
  resourceApplies,
  type StatementReference,
} from './compile.ts';
import { OversizedContext, type RequestContext, valuesOf } from './context.ts';
import { type Decision, evaluate, mustAllow, type PolicyRequest } from './evaluate.ts';
import type { PolicySet } from './policy-set.ts';
import { type ResourceSide, resourceGrant } from './resource-side.ts';

/**
 * A decision taken apart: what every statement of every policy had to say about the request. Slow, and made of the
 * very tests that the engine decides by, so that the two cannot disagree.
 */

/** What a statement asks that the request does not meet. */
export type Mismatch = {
  /** Condition keys that the element asks for and the request does not have, in lower case. */
  readonly absentKeys: readonly string[];
} & (
  | { readonly element: 'Action' | 'Resource' | 'Principal' }
  | {
      readonly element: 'Condition';
      /** As written: `ForAllValues:StringLike`. */
      readonly operator: string;
      readonly key: string;
      readonly wanted: readonly string[];
      /** What the request has; empty when it does not have the key. */
      readonly found: readonly string[];
    }
);

export interface ExplainedStatement {
  readonly reference: StatementReference;
  readonly effect: 'Allow' | 'Deny';
  /**
   * Empty if the statement applies. A statement about another action says only that; of the others every element
   * that does not match is named.
   */
  readonly mismatches: readonly Mismatch[];
}

export interface ExplainedLayer {
  readonly kind: LayerKind | 'resource';
  /** Whether the request needed an Allow of this layer. Of a resource's policy: whether it needed one in any case. */
  readonly mustAllow: boolean;
  readonly policies: readonly ExplainedPolicy[];
}

export interface ExplainedPolicy {
  readonly id: string;
  readonly statements: readonly ExplainedStatement[];
}

/** What would have to be otherwise for the request to be allowed. All of them, not one of them. */
export type Obstacle =
  | { readonly kind: 'deny'; readonly layer: ExplainedLayer['kind']; readonly statement: StatementReference }
  | { readonly kind: 'no-allow'; readonly layer: ExplainedLayer['kind'] };

export interface Explanation {
  readonly decision: Decision;
  /** In the order in which they are asked. Empty if the request was too large to be matched. */
  readonly layers: readonly ExplainedLayer[];
  /** Empty if the request is allowed, or was too large. */
  readonly obstacles: readonly Obstacle[];
}

/** Explains what `evaluate` decides for the same arguments. Never throws for what a request or a policy contains. */
export function explain(set: PolicySet, request: PolicyRequest, side?: ResourceSide): Explanation {
  const decision = evaluate(set, request, side);
  const { action, resource, context } = request;
  if (decision.because === 'request-too-large') return { decision, layers: [], obstacles: [] };
  try {
    const layers = explainLayers(set, { action: action.toLowerCase(), resource, context }, side);
    return { decision, layers, obstacles: decision.effect === 'allow' ? [] : layers.flatMap(obstaclesOf) };
  } catch (error) {
    // A key that only a statement after the deciding one asks for.
    if (error instanceof OversizedContext) return { decision, layers: [], obstacles: [] };
    throw error;
  }
}

/** Whether a statement applied. */
export function applies(statement: ExplainedStatement): boolean {
  return statement.mismatches.length === 0;
}

function explainLayers(
  set: PolicySet,
  request: FoldedRequest,
  side: ResourceSide | undefined,
): ExplainedLayer[] {
  const grant = side && resourceGrant(side, request);
  const layers = set.layers.map(
    (layer): ExplainedLayer => ({
      kind: layer.kind,
      mustAllow: mustAllow(layer, set, grant),
      policies: layer.policies.map(({ source, statements }) => ({
        id: source.id,
        statements: statements.map((statement) => explainStatement(statement, request, [])),
      })),
    }),
  );
  if (side === undefined) return layers;
  const hasBoundary = set.layers.some(({ kind }) => kind === 'boundary');
  const ofResource: ExplainedLayer = {
    kind: 'resource',
    mustAllow: grant?.replaces === 'refused',
    policies: [
      {
        id: side.policy.source.id,
        statements: side.policy.statements.map((statement) =>
          explainStatement(statement, request, principalMismatch(statement, side, hasBoundary)),
        ),
      },
    ],
  };
  const guardrails = layers.filter(({ kind }) => kind === 'guardrail').length;
  return layers.toSpliced(guardrails, 0, ofResource);
}

function explainStatement(
  statement: CompiledStatement,
  request: FoldedRequest,
  ofPrincipal: readonly Mismatch[],
): ExplainedStatement {
  return {
    reference: statement.reference,
    effect: statement.effect,
    mismatches: actionApplies(statement, request)
      ? [...ofPrincipal, ...resourceMismatch(statement, request), ...conditionMismatches(statement, request)]
      : [{ element: 'Action', absentKeys: [] }],
  };
}

function principalMismatch(
  { effect, principals }: CompiledResourceStatement,
  { caller }: ResourceSide,
  hasBoundary: boolean,
): readonly Mismatch[] {
  const isNamed =
    effect === 'Deny'
      ? namedForDeny(principals, caller, hasBoundary)
      : namedForAllow(principals, caller) !== 'nobody';
  return isNamed ? [] : [{ element: 'Principal', absentKeys: [] }];
}

function resourceMismatch(statement: CompiledStatement, request: FoldedRequest): readonly Mismatch[] {
  const { context, absentKeys } = watched(request.context);
  if (resourceApplies(statement, { ...request, context })) return [];
  return [{ element: 'Resource', absentKeys: [...absentKeys] }];
}

function conditionMismatches({ conditions }: CompiledStatement, request: FoldedRequest): Mismatch[] {
  return conditions.flatMap(({ clause, holds }) => {
    const { context, absentKeys } = watched(request.context);
    if (holds(context)) return [];
    const { operator, key, values } = clause;
    const found = valuesOf(request.context, key.toLowerCase()) ?? [];
    return [
      { element: 'Condition' as const, operator, key, wanted: values, found, absentKeys: [...absentKeys] },
    ];
  });
}

/** The same context, which notes what it was asked for and did not have. */
function watched(context: RequestContext): { context: RequestContext; absentKeys: ReadonlySet<string> } {
  const absentKeys = new Set<string>();
  const get = (key: string): readonly string[] | undefined => {
    const values = context.get(key);
    if (values === undefined || values.length === 0) absentKeys.add(key);
    return values;
  };
  return { context: { get }, absentKeys };
}

function obstaclesOf({ kind, mustAllow: must, policies }: ExplainedLayer): Obstacle[] {
  const applying = policies.flatMap(({ statements }) => statements).filter(applies);
  const denies = applying.filter(({ effect }) => effect === 'Deny');
  const obstacles: Obstacle[] = denies.map(({ reference }) => ({
    kind: 'deny',
    layer: kind,
    statement: reference,
  }));
  if (must && denies.length === applying.length) obstacles.push({ kind: 'no-allow', layer: kind });
  return obstacles;
}
