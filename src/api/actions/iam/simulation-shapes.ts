import type { SimulatedAction } from '../../../iam/simulation/run-simulation.ts';
import {
  type MatchedStatement,
  type SimulatedResource,
  strictest,
} from '../../../iam/simulation/simulate.ts';
import type {
  EvaluationResult,
  PolicyEvaluationDecisionType,
  PolicySourceType,
  ResourceSpecificResult,
  Statement,
} from '../../services/iam.generated.ts';

/** Results of the policy simulator in the spelling of IAM's API. */

/** What the real service calls the kinds of policies; the model names others, which it never sends. */
const SOURCE_TYPES: Readonly<Record<MatchedStatement['kind'], string>> = {
  identity: 'IAM Policy',
  boundary: 'Permissions Boundary Policy',
  resource: 'Resource Policy',
};

/** The name of an action on several resources that have none in common. */
const SEVERAL_RESOURCES = '*';

/** One action. Of several resources the result says what holds for all of them. */
export function evaluationResult({ action, decision, resources }: SimulatedAction): EvaluationResult {
  const [first] = resources;
  const isSpecific = first !== undefined && first.resource !== '*';
  const matched = uniqueStatements(
    resources.filter((one) => decision !== 'explicitDeny' || one.decision === 'explicitDeny'),
  );
  return {
    EvalActionName: action,
    EvalResourceName: resources.length === 1 && first !== undefined ? first.resource : SEVERAL_RESOURCES,
    EvalDecision: decision,
    MatchedStatements: matched,
    MissingContextValues: [...new Set(resources.flatMap(({ missingKeys }) => missingKeys))],
    OrganizationsDecisionDetail: ifKnown(resources, 'guardrailAllows', (AllowedByOrganizations) => ({
      AllowedByOrganizations,
    })),
    PermissionsBoundaryDecisionDetail: boundaryDetail(resources),
    EvalDecisionDetails: isSpecific ? (detailsOf(resources) ?? new Map()) : undefined,
    ResourceSpecificResults: isSpecific ? resources.map(specificResult) : undefined,
  };
}

function specificResult(one: SimulatedResource): ResourceSpecificResult {
  return {
    EvalResourceName: one.resource,
    EvalResourceDecision: one.decision,
    MatchedStatements: orAbsent(uniqueStatements([one])),
    MissingContextValues: orAbsent(one.missingKeys),
    EvalDecisionDetails: detailsOf([one]),
    PermissionsBoundaryDecisionDetail: boundaryDetail([one]),
  };
}

function uniqueStatements(resources: readonly SimulatedResource[]): Statement[] {
  const statements = new Map<string, MatchedStatement>();
  for (const { matched } of resources) {
    for (const one of matched) statements.set(`${one.kind} ${one.policy.source.id} ${one.index}`, one);
  }
  return [...statements.values()].map(statementShape);
}

function statementShape({ policy, kind, position: { start, end } }: MatchedStatement): Statement {
  return {
    SourcePolicyId: policyName(policy.source),
    // A string of the model's type as far as clients see, which take any text here.
    SourcePolicyType: SOURCE_TYPES[kind] as PolicySourceType,
    StartPosition: { Line: start.line, Column: start.column },
    EndPosition: { Line: end.line, Column: end.column },
  };
}

/** A managed policy by its name alone, an inline policy as `user_bob_policy`. */
function policyName({ kind, id }: MatchedStatement['policy']['source']): string {
  return kind === 'managed' ? id.slice(id.lastIndexOf('/') + 1) : id.replaceAll('/', '_');
}

function boundaryDetail(resources: readonly SimulatedResource[]) {
  return ifKnown(resources, 'boundaryAllows', (AllowedByPermissionsBoundary) => ({
    AllowedByPermissionsBoundary,
  }));
}

/** Whether all resources are allowed, if the kind of policy is there at all. */
function ifKnown<T>(
  resources: readonly SimulatedResource[],
  member: 'boundaryAllows' | 'guardrailAllows',
  shape: (allowed: boolean) => T,
): T | undefined {
  return resources.some((one) => one[member] !== undefined)
    ? shape(resources.every((one) => one[member] === true))
    : undefined;
}

/** What each kind of policy says, for the resource where it says least. */
function detailsOf(
  resources: readonly SimulatedResource[],
): ReadonlyMap<string, PolicyEvaluationDecisionType> | undefined {
  const details = new Map<string, PolicyEvaluationDecisionType>();
  for (const [kind, decision] of resources.flatMap((one) => [...(one.details ?? [])])) {
    const name = SOURCE_TYPES[kind];
    details.set(name, strictest([details.get(name) ?? 'allowed', decision]));
  }
  return details.size === 0 ? undefined : details;
}

function orAbsent<T>(list: readonly T[]): readonly T[] | undefined {
  return list.length === 0 ? undefined : list;
}
