import { strict as assert } from 'node:assert';
import type { CompiledPolicy, CompiledResourcePolicy } from '../../policy/compile.ts';
import type { RequestContext } from '../../policy/context.ts';
import { applies, type ExplainedLayer, type ExplainedStatement, explain } from '../../policy/explain.ts';
import { type PolicySet, policySet } from '../../policy/policy-set.ts';
import type { ResourceSide } from '../../policy/resource-side.ts';
import { type StatementPosition, statementPositions } from '../../policy/statement-positions.ts';
import { keysOfPolicies } from './context-keys.ts';

/**
 * What IAM's policy simulator answers, made of the explanation of the very decision that a request would get.
 * Source: IAM API Reference, types EvaluationResult and ResourceSpecificResult; where that leaves a choice, the
 * answers of the real service.
 */

export type SimulatedDecision = 'allowed' | 'explicitDeny' | 'implicitDeny';

export interface Simulation {
  readonly identity: readonly CompiledPolicy[];
  readonly boundary: CompiledPolicy | undefined;
  readonly guardrail: CompiledPolicy | undefined;
  /** What the policy of the resource says, and about whom; each resource has its owner. */
  readonly resourcePolicy:
    | { readonly policy: CompiledResourcePolicy; readonly caller: ResourceSide['caller'] }
    | undefined;
  /** Owner of resources whose ARN names none, and of the resource's policy. */
  readonly ownerAccountId: string | undefined;
  readonly context: RequestContext;
}

export interface MatchedStatement {
  readonly policy: CompiledPolicy | CompiledResourcePolicy;
  readonly kind: 'identity' | 'boundary' | 'resource';
  /** Of the statement in its document, from zero. */
  readonly index: number;
  readonly position: StatementPosition;
}

export interface SimulatedResource {
  readonly resource: string;
  readonly decision: SimulatedDecision;
  /** The statements that decided; none for an implicit deny. */
  readonly matched: readonly MatchedStatement[];
  /** Of an implicit deny: the condition keys of all policies that have no value, as they are written. */
  readonly missingKeys: readonly string[];
  /** Undefined without a boundary. */
  readonly boundaryAllows: boolean | undefined;
  /** Undefined without a guardrail. */
  readonly guardrailAllows: boolean | undefined;
  /** What each kind of policy says by itself; only between accounts. */
  readonly details: ReadonlyMap<MatchedStatement['kind'], SimulatedDecision> | undefined;
}

/** What holds for one action on one resource. */
export type Simulator = (action: string, resource: string) => SimulatedResource;

/** Prepares everything that is the same for all actions and resources. */
export function simulator(simulation: Simulation): Simulator {
  const { identity, boundary, guardrail, resourcePolicy, context } = simulation;
  const set = policySet({ identity, boundary, guardrail });
  const judged = [
    ...identity,
    ...(boundary === undefined ? [] : [boundary]),
    ...(resourcePolicy === undefined ? [] : [resourcePolicy.policy]),
  ];
  const missingKeys = keysOfPolicies(judged).filter(
    (key) => (context.get(key.toLowerCase()) ?? []).length === 0,
  );
  const positionOf = positionFinder();
  const prepared = { ...simulation, set, missingKeys, positionOf };
  return (action, resource) => simulateOne(prepared, action, resource);
}

interface Prepared extends Simulation {
  readonly set: PolicySet;
  readonly missingKeys: readonly string[];
  readonly positionOf: PositionOf;
}

type PositionOf = (policy: MatchedStatement['policy'], index: number) => StatementPosition;

/** Reads each text once, and only if one of its statements matched. */
function positionFinder(): PositionOf {
  const known = new Map<MatchedStatement['policy'], readonly StatementPosition[]>();
  return (policy, index) => {
    const positions = known.get(policy) ?? statementPositions(policy.source.text ?? '');
    known.set(policy, positions);
    const position = positions[index];
    assert(position !== undefined, `the text of ${policy.source.id} has no statement ${index + 1}`);
    return position;
  };
}

function simulateOne(prepared: Prepared, action: string, resource: string): SimulatedResource {
  const { set, context, missingKeys } = prepared;
  const side = sideOf(prepared, resource);
  const { decision, layers } = explain(set, { action, resource, context }, side);
  const effect = decision.effect === 'allow' ? 'allowed' : decision.effect;
  const guardrailAllows = allowedBy(layers, 'guardrail');
  // A guardrail that stands in the way ends the simulation: nothing is told of the policies below it.
  const isOpen = guardrailAllows !== false;
  const isCrossAccount = side !== undefined && side.caller.accountId !== side.accountId;
  return {
    resource,
    decision: effect,
    matched: isOpen ? matchedStatements(prepared, layers, effect) : [],
    missingKeys: isOpen && effect === 'implicitDeny' ? missingKeys : [],
    boundaryAllows: allowedBy(layers, 'boundary'),
    guardrailAllows,
    details: isOpen && isCrossAccount ? detailsOf(layers) : undefined,
  };
}

/** The fifth component of an ARN. */
const OWNER = /^arn:[^:]*:[^:]*:[^:]*:(\d{12}):/;

function sideOf({ resourcePolicy, ownerAccountId }: Simulation, resource: string): ResourceSide | undefined {
  if (resourcePolicy === undefined) return undefined;
  const { policy, caller } = resourcePolicy;
  const accountId = ownerAccountId ?? OWNER.exec(resource)?.[1] ?? caller.accountId ?? '';
  return { policy, caller, accountId };
}

/** Deny statements of every kind; or Allow statements, of which those of a boundary grant nothing. */
function matchedStatements(
  { identity, boundary, resourcePolicy, positionOf }: Prepared,
  layers: readonly ExplainedLayer[],
  effect: SimulatedDecision,
): MatchedStatement[] {
  if (effect === 'implicitDeny') return [];
  const wanted = effect === 'allowed' ? 'Allow' : 'Deny';
  return layers.flatMap(({ kind, policies }) => {
    if (kind === 'guardrail' || kind === 'session') return [];
    if (kind === 'boundary' && wanted === 'Allow') return [];
    const given = { identity, boundary: [boundary], resource: [resourcePolicy?.policy] }[kind];
    return policies.flatMap(({ statements }, index) => {
      const policy = given[index];
      if (policy === undefined) return [];
      return statements
        .filter((statement) => statement.effect === wanted && applies(statement))
        .map(({ reference: { index } }) => ({ policy, kind, index, position: positionOf(policy, index) }));
    });
  });
}

function allowedBy(layers: readonly ExplainedLayer[], kind: ExplainedLayer['kind']): boolean | undefined {
  const layer = layers.find((one) => one.kind === kind);
  return layer && decisionOf(layer) === 'allowed';
}

function detailsOf(layers: readonly ExplainedLayer[]): Map<MatchedStatement['kind'], SimulatedDecision> {
  const details = new Map<MatchedStatement['kind'], SimulatedDecision>();
  for (const layer of layers) {
    if (layer.kind !== 'guardrail' && layer.kind !== 'session') details.set(layer.kind, decisionOf(layer));
  }
  return details;
}

const STRICTNESS: Readonly<Record<SimulatedDecision, number>> = {
  allowed: 0,
  implicitDeny: 1,
  explicitDeny: 2,
};

/** Of several resources or policies that must all allow, what they decide together. */
export function strictest(decisions: readonly SimulatedDecision[]): SimulatedDecision {
  return decisions.reduce((a, b) => (STRICTNESS[b] > STRICTNESS[a] ? b : a), 'allowed');
}

/** What one layer says by itself. */
function decisionOf({ policies }: ExplainedLayer): SimulatedDecision {
  const applying = policies
    .flatMap(({ statements }): readonly ExplainedStatement[] => statements)
    .filter(applies);
  if (applying.some(({ effect }) => effect === 'Deny')) return 'explicitDeny';
  return applying.length > 0 ? 'allowed' : 'implicitDeny';
}
