import { ActionPlans, type PolicyLayer } from './action-plans.ts';
import type { CompiledPolicy } from './compile.ts';

/** The policies that bear on one principal, in layers. */
export interface PolicySet {
  /** The root user's set: its identity layer allows everything. */
  readonly isRoot: boolean;
  /** Only the layers that are there, in the order in which a missing permission is blamed on them. */
  readonly layers: readonly PolicyLayer[];
  /** The same layers, ready to be asked about one action. */
  readonly plans: ActionPlans;
}

export interface PolicyKinds {
  /** Inline and attached policies of the principal, and of all groups of a user; `everything` for the root user. */
  readonly identity: readonly CompiledPolicy[] | 'everything';
  /** The permissions boundary of the principal; undefined if it has none. */
  readonly boundary?: CompiledPolicy | undefined;
  /**
   * The policies passed when the session was made; undefined if the session is not limited. An empty list
   * limits to nothing, which is what a federated user's session without a policy is.
   */
  readonly session?: readonly CompiledPolicy[] | undefined;
  /** The guardrail of the principal's account, which limits everybody in it, the root user too. */
  readonly guardrail?: CompiledPolicy | undefined;
}

/** Puts the policies of a principal together. Worth keeping for as long as they hold: it remembers what it was asked. */
export function policySet({ identity, boundary, session, guardrail }: PolicyKinds): PolicySet {
  const layers: PolicyLayer[] = [];
  if (guardrail !== undefined) layers.push({ kind: 'guardrail', policies: [guardrail] });
  layers.push({ kind: 'identity', policies: identity === 'everything' ? [] : identity });
  if (boundary !== undefined) layers.push({ kind: 'boundary', policies: [boundary] });
  if (session !== undefined) layers.push({ kind: 'session', policies: session });
  return { isRoot: identity === 'everything', layers, plans: new ActionPlans(layers) };
}
