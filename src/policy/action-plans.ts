import { actionApplies, type CompiledPolicy, type CompiledStatement } from './compile.ts';
import { type RequestContext, requestContext } from './context.ts';
import { indexByResource, type ResourceIndex } from './resource-index.ts';

/**
 * What the policies of a principal say about one action: made when the action is first asked about, so that the cost
 * of a decision grows neither with statements about other actions nor with statements about other resources.
 */
export interface ActionPlan {
  /** In lower case. */
  readonly action: string;
  readonly layers: readonly PlannedLayer[];
}

export interface PlannedLayer {
  readonly kind: LayerKind;
  readonly deny: ResourceIndex;
  readonly allow: ResourceIndex;
}

/**
 * What part a layer has in a decision. `identity` grants; the others only limit: when one is present, it must
 * allow as well. A deny in any layer is final.
 */
export type LayerKind = 'guardrail' | 'identity' | 'boundary' | 'session';

export interface PolicyLayer {
  readonly kind: LayerKind;
  readonly policies: readonly CompiledPolicy[];
}

/** Actions that a set remembers. A principal rarely uses more; each costs some hundred bytes and its index. */
const PLANS_MAX = 128;

/** The element Action asks nothing of the context. */
const NO_CONTEXT: RequestContext = requestContext({});

/** The plans of one set of policies. */
export class ActionPlans {
  readonly #layers: readonly PolicyLayer[];
  readonly #plans = new Map<string, ActionPlan>();

  constructor(layers: readonly PolicyLayer[]) {
    this.#layers = layers;
  }

  /** The plan for an action, which may be written in any case. */
  of(action: string): ActionPlan {
    const known = this.#plans.get(action);
    if (known !== undefined) return known;
    const plan = makePlan(this.#layers, action.toLowerCase());
    const [oldest] = this.#plans.size >= PLANS_MAX ? this.#plans.keys() : [];
    if (oldest !== undefined) this.#plans.delete(oldest);
    this.#plans.set(action, plan);
    return plan;
  }
}

function makePlan(layers: readonly PolicyLayer[], action: string): ActionPlan {
  const request = { action, resource: '*', context: NO_CONTEXT };
  const planned = layers.map(({ kind, policies }): PlannedLayer => {
    const deny: CompiledStatement[] = [];
    const allow: CompiledStatement[] = [];
    for (const { statements } of policies) {
      for (const statement of statements) {
        if (actionApplies(statement, request)) (statement.effect === 'Deny' ? deny : allow).push(statement);
      }
    }
    return { kind, deny: indexByResource(deny), allow: indexByResource(allow) };
  });
  return { action, layers: planned };
}
