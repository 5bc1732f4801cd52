import type { CompiledPolicy, CompiledStatement } from './compile.ts';

/**
 * The policies that bear on one principal, in layers, indexed by the service that a statement is about: the
 * cost of a decision does not grow with statements about other services.
 */

/**
 * What part a layer has in a decision. `identity` grants; the others only limit: when one is present, it must
 * allow as well. A deny in any layer is final.
 */
export type LayerKind = 'guardrail' | 'identity' | 'boundary' | 'session';

export interface PolicyLayer {
  readonly kind: LayerKind;
  readonly policies: readonly CompiledPolicy[];
  readonly deny: ServiceIndex;
  readonly allow: ServiceIndex;
}

export interface ServiceIndex {
  readonly byService: ReadonlyMap<string, readonly CompiledStatement[]>;
  /** Statements that can be about any service. */
  readonly anyService: readonly CompiledStatement[];
}

export interface PolicySet {
  /** The root user's set: its identity layer allows everything. */
  readonly isRoot: boolean;
  /** Only the layers that are there, in the order in which a missing permission is blamed on them. */
  readonly layers: readonly PolicyLayer[];
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

/** Puts the policies of a principal together. Cheap beside compiling; worth keeping for as long as they hold. */
export function policySet({ identity, boundary, session, guardrail }: PolicyKinds): PolicySet {
  const layers: PolicyLayer[] = [];
  if (guardrail !== undefined) layers.push(layer('guardrail', [guardrail]));
  layers.push(layer('identity', identity === 'everything' ? [] : identity));
  if (boundary !== undefined) layers.push(layer('boundary', [boundary]));
  if (session !== undefined) layers.push(layer('session', session));
  return { isRoot: identity === 'everything', layers };
}

function layer(kind: LayerKind, policies: readonly CompiledPolicy[]): PolicyLayer {
  const statements = policies.flatMap((policy) => policy.statements);
  return {
    kind,
    policies,
    deny: indexByService(statements.filter((statement) => statement.effect === 'Deny')),
    allow: indexByService(statements.filter((statement) => statement.effect === 'Allow')),
  };
}

function indexByService(statements: readonly CompiledStatement[]): ServiceIndex {
  const byService = new Map<string, CompiledStatement[]>();
  const anyService: CompiledStatement[] = [];
  for (const statement of statements) {
    if (statement.services === undefined) anyService.push(statement);
    for (const service of statement.services ?? []) {
      const list = byService.get(service);
      if (list === undefined) byService.set(service, [statement]);
      else list.push(statement);
    }
  }
  return { byService, anyService };
}
