import { createHash } from 'node:crypto';
import type { LayerKind } from '../policy/action-plans.ts';
import type { Caller } from '../policy/caller.ts';
import type { CompiledPolicy, CompiledResourcePolicy, PolicySource } from '../policy/compile.ts';
import type { RequestContext } from '../policy/context.ts';
import type { PolicyRequest } from '../policy/evaluate.ts';
import { explain } from '../policy/explain.ts';
import type { ResourceSide } from '../policy/resource-side.ts';
import { principalFact } from './context.ts';
import type { Principal, PrincipalKind } from './principal.ts';

/**
 * What a refusal was decided by, as the audit log keeps it, so that it can be decided again and explained. Made
 * only when something is refused. It holds no secret: policies, names, and facts about a request.
 */
export interface DecisionEvidence {
  readonly principal: {
    readonly kind: PrincipalKind;
    readonly arn: string;
    /** Whose rights these are, by unique id: a user or role, or the root user. */
    readonly owner: { readonly kind: 'user' | 'role' | 'root'; readonly id: string };
    /** What was known of it whatever it asked for, by condition key. */
    readonly facts: Facts;
  };
  /** What was known of the request. */
  readonly facts: Facts;
  readonly layers: readonly { readonly kind: LayerKind; readonly policies: readonly KeptPolicy[] }[];
  readonly resourceSide:
    | {
        readonly accountId: string;
        readonly isTrust: boolean;
        readonly policy: KeptPolicy;
        readonly caller: Caller;
      }
    | undefined;
  /** Whether something else than a policy allowed it already, so that only what stands against it counts. */
  readonly unlessDenied: boolean;
  /** Whether something was left out or cut because it was too long to be kept. */
  readonly isIncomplete: boolean;
}

/** Condition keys in lower case with their values. */
export type Facts = readonly (readonly [key: string, values: readonly string[]])[];

/** A policy whose text is kept under its digest. */
export interface KeptPolicy {
  readonly kind: PolicySource['kind'];
  readonly id: string;
  readonly digest: string;
}

/** Keys, values of a key, and characters that an event keeps: a session has about thirty keys, a tag 256 characters. */
const KEYS_MAX = 128;
const VALUES_MAX = 64;
const CHARACTERS_MAX = 1024;

/**
 * Keys that are kept although no policy may have asked for them: the same request is judged by other policies later.
 * Source: IAM User Guide, "AWS global condition context keys".
 */
const KNOWN_KEYS = [
  'aws:username',
  'aws:userid',
  'aws:principalarn',
  'aws:principaltype',
  'aws:principalaccount',
  'aws:principalisawsservice',
  'aws:viaawsservice',
  'aws:federatedprovider',
  'aws:sourceidentity',
  'aws:tokenissuetime',
  'aws:multifactorauthpresent',
  'aws:multifactorauthage',
  'aws:resourceaccount',
  'aws:sourceip',
  'aws:securetransport',
  'aws:useragent',
  'aws:requestedregion',
  'aws:currenttime',
  'aws:epochtime',
  'aws:tagkeys',
];

export interface Evidence {
  readonly evidence: DecisionEvidence;
  /** Texts of policies by digest. */
  readonly documents: ReadonlyMap<string, string>;
}

/** What is refused: a request that a principal may not make. */
export interface RefusedRequest extends PolicyRequest {
  /** The keys of the action itself, beside those of the principal and the request. */
  readonly extraKeys: Iterable<string>;
  readonly unlessDenied: boolean;
  readonly side?: ResourceSide | undefined;
}

/** The evidence for a decision about `principal`. Undefined if a policy was compiled without its text. */
export function decisionEvidence(principal: Principal, refused: RefusedRequest): Evidence | undefined {
  const { context, extraKeys, unlessDenied, side } = refused;
  const sources = principal.policies.layers.flatMap(({ policies }) => policies.map(({ source }) => source));
  if (side !== undefined) sources.push(side.policy.source);
  if (sources.some(({ text }) => text === undefined)) return undefined;
  const documents = new Map<string, string>();
  const keep = ({ source }: CompiledPolicy | CompiledResourcePolicy): KeptPolicy => {
    const { kind, id, text = '' } = source;
    const digest = createHash('sha256').update(text).digest('base64url');
    documents.set(digest, text);
    return { kind, id, digest };
  };
  const layers = principal.policies.layers.map(({ kind, policies }) => ({
    kind,
    policies: policies.map(keep),
  }));
  const resourceSide = side && {
    accountId: side.accountId,
    isTrust: side.policy.mustAllow,
    policy: keep(side.policy),
    caller: side.caller,
  };
  const tags = [...principal.tags.keys()].map((key) => `aws:principaltag/${key}`);
  const keys = new Set([...KNOWN_KEYS, ...keysAskedFor(principal, refused), ...extraKeys, ...tags]);
  const { facts, isComplete } = readFacts(context, keys);
  const isOwn = ([key]: readonly [string, unknown]) => principalFact(key, principal) !== undefined;
  const evidence = {
    principal: {
      kind: principal.kind,
      arn: principal.arn,
      owner: ownerOf(principal),
      facts: facts.filter(isOwn),
    },
    facts: facts.filter((fact) => !isOwn(fact)),
    layers,
    resourceSide,
    unlessDenied,
    isIncomplete: !isComplete,
  };
  return { evidence, documents };
}

function ownerOf({ kind, userId, session }: Principal): DecisionEvidence['principal']['owner'] {
  if (kind === 'role') return { kind, id: session?.ownerId ?? '' };
  const isRoot = kind === 'root' || (kind === 'federated' && session?.ownerId === undefined);
  return isRoot ? { kind: 'root', id: '' } : { kind: 'user', id: session?.ownerId ?? userId };
}

/** The keys that an explanation of the decision will ask for: whatever the statements about the action ask for. */
function keysAskedFor(
  { policies }: Principal,
  { context, side, ...asked }: RefusedRequest,
): ReadonlySet<string> {
  const keys = new Set<string>();
  const get = (key: string): readonly string[] | undefined => {
    keys.add(key);
    return context.get(key);
  };
  explain(policies, { ...asked, context: { get } }, side);
  return keys;
}

/** Keys in lower case with their values, as far as there is room for them. */
function readFacts(
  context: RequestContext,
  keys: Iterable<string>,
): { facts: [string, readonly string[]][]; isComplete: boolean } {
  const facts: [string, readonly string[]][] = [];
  let isComplete = true;
  for (const key of keys) {
    const values = context.get(key);
    if (values === undefined || values.length === 0) continue;
    const kept = values.slice(0, VALUES_MAX).map((value) => value.slice(0, CHARACTERS_MAX));
    const isKept = facts.length < KEYS_MAX && key.length <= CHARACTERS_MAX;
    if (isKept) facts.push([key, kept]);
    isComplete &&= isKept && values.length <= VALUES_MAX && kept.every((value, n) => value === values[n]);
  }
  return { facts, isComplete };
}
