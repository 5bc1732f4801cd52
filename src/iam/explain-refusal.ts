import type { LayerKind } from '../policy/action-plans.ts';
import { type CompiledPolicy, compilePolicy, compileResourcePolicy } from '../policy/compile.ts';
import { type RequestContext, requestContext } from '../policy/context.ts';
import { parsePolicyDocument } from '../policy/document.ts';
import { type Decision, evaluate } from '../policy/evaluate.ts';
import { type Explanation, explain, type Obstacle } from '../policy/explain.ts';
import { policySet } from '../policy/policy-set.ts';
import type { ResourceSide } from '../policy/resource-side.ts';
import { leavesOpen } from './authorize.ts';
import { principalFact } from './context.ts';
import type { DecisionEvidence } from './decision-evidence.ts';
import type { Iam } from './iam.ts';
import { CompiledPolicies, type Grants, loadGrants, loadRoot } from './load-principal.ts';
import { ownPrincipal } from './principal.ts';

/** Decides a refused request again: by what held then, and by what holds now. */

/** What was refused, as the log tells it. */
export interface Refusal {
  readonly action: string;
  readonly resource: string;
  /** The reason of the decision. */
  readonly because: string | undefined;
  readonly evidence: DecisionEvidence;
}

export interface ExplainedRefusal {
  /** Undefined if the text of a policy is not there. */
  readonly asDecided: Explanation | undefined;
  readonly now: DecisionNow;
}

/** The texts of policies by digest. */
type Documents = ReadonlyMap<string, string>;

/** The digests of all policies that decided. */
export function digestsOf({ layers, resourceSide }: DecisionEvidence): readonly string[] {
  const policies = layers.flatMap((layer) => layer.policies);
  if (resourceSide !== undefined) policies.push(resourceSide.policy);
  return policies.map(({ digest }) => digest);
}

/** Decides again, by what was kept and by what the principal has now. */
export async function explainRefusal(
  iam: Iam,
  accountId: string,
  refusal: Refusal,
  documents: Documents,
): Promise<ExplainedRefusal> {
  return {
    asDecided: explainAsDecided(refusal, documents),
    now: await decideNow(iam, accountId, refusal, documents),
  };
}

/** The decision as it was, taken apart. Undefined if the text of a policy is not there. */
export function explainAsDecided(refusal: Refusal, documents: Documents): Explanation | undefined {
  const { action, resource, evidence } = refusal;
  if (digestsOf(evidence).some((digest) => !documents.has(digest))) return undefined;
  const set = policySet({
    identity: isRoots(evidence) ? 'everything' : (keptPolicies(evidence, documents, 'identity') ?? []),
    boundary: keptPolicies(evidence, documents, 'boundary')?.[0],
    session: keptPolicies(evidence, documents, 'session'),
    guardrail: keptPolicies(evidence, documents, 'guardrail')?.[0],
  });
  const context = contextThen(evidence);
  const explained = explain(set, { action, resource, context }, keptSide(evidence, documents));
  if (!evidence.unlessDenied) return explained;
  const standsAgainst = ({ kind, layer }: Obstacle) => kind === 'deny' || layer === 'guardrail';
  return { ...explained, obstacles: explained.obstacles.filter(standsAgainst) };
}

function isRoots({ principal }: DecisionEvidence): boolean {
  return principal.owner.kind === 'root';
}

function contextThen({ principal, facts }: DecisionEvidence): RequestContext {
  return requestContext([...principal.facts, ...facts]);
}

/** The policies of a layer as they were; undefined if there was no such layer. */
function keptPolicies(
  { layers }: DecisionEvidence,
  documents: Documents,
  kind: LayerKind,
): readonly CompiledPolicy[] | undefined {
  const layer = layers.find((one) => one.kind === kind);
  return layer?.policies.map((policy) =>
    compilePolicy(parsePolicyDocument(documents.get(policy.digest) ?? '', 'identity'), policy),
  );
}

function keptSide({ resourceSide }: DecisionEvidence, documents: Documents): ResourceSide | undefined {
  if (resourceSide === undefined) return undefined;
  const { accountId, caller, policy, isTrust } = resourceSide;
  const text = documents.get(policy.digest) ?? '';
  const document = isTrust ? parsePolicyDocument(text, 'trust') : parsePolicyDocument(text, 'resource');
  return { accountId, caller, policy: compileResourcePolicy(document, policy) };
}

/** What the same request would get now. */
export type DecisionNow =
  | { readonly kind: 'decided'; readonly isAllowed: boolean; readonly decision: Decision }
  /** The principal is not there any more. */
  | { readonly kind: 'gone' }
  /** The policy of a resource had a part in it, or a policy that is lost: they are not asked again. */
  | { readonly kind: 'unknown' };

/** Asks the policies that the principal has now. Those of a session were made with it, and stay. */
async function decideNow(
  iam: Iam,
  accountId: string,
  refusal: Refusal,
  documents: Documents,
): Promise<DecisionNow> {
  const { action, resource, evidence } = refusal;
  const isKept = digestsOf(evidence).every((digest) => documents.has(digest));
  if (evidence.resourceSide !== undefined || !isKept) return { kind: 'unknown' };
  const grants = await loadOwner(iam, accountId, evidence);
  if (grants === undefined) return { kind: 'gone' };
  const { identity, boundary, guardrail } = grants;
  const session = keptPolicies(evidence, documents, 'session');
  const set = policySet({ identity, boundary, guardrail, session });
  const decision = evaluate(set, { action, resource, context: contextNow(evidence, grants) });
  const isAllowed = decision.effect === 'allow' || (evidence.unlessDenied && leavesOpen(decision));
  return { kind: 'decided', isAllowed, decision };
}

function loadOwner(
  { store }: Iam,
  accountId: string,
  { principal: { owner } }: DecisionEvidence,
): Promise<Grants | undefined> {
  const compiled = new CompiledPolicies();
  return owner.kind === 'root'
    ? loadRoot(store, compiled, accountId)
    : loadGrants(store, compiled, owner.kind, accountId, owner.id);
}

/** A user is asked about with the name and tags that it has now; a session keeps those that it began with. */
function contextNow(evidence: DecisionEvidence, grants: Grants): RequestContext {
  if (evidence.principal.kind === 'role' || evidence.principal.kind === 'federated')
    return contextThen(evidence);
  const principal = ownPrincipal(grants);
  const ofRequest = requestContext(evidence.facts);
  return {
    get: (key) => {
      const value = principalFact(key, principal);
      return value === undefined ? ofRequest.get(key) : [value];
    },
  };
}
