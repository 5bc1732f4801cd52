import type { RequestContext } from '../context.ts';
import type { Pair } from './subject.ts';
import type { Unknown, UnknownOf } from './unknown.ts';

/** What is asked for: the pairs that must be allowed, what is known of the request and what is not. */
export interface Target {
  /** The first is asked for by every request. */
  readonly pairs: readonly [Pair, ...Pair[]];
  /** Condition keys that every such request has with these values, in lower case. */
  readonly known: ReadonlyMap<string, readonly string[]>;
  readonly unknowns: readonly Unknown[];
}

/** Condition keys that are the principal's. All others that no target knows are absent from its requests. */
const PRINCIPAL_KEYS = new Set([
  'aws:federatedprovider',
  'aws:multifactorauthage',
  'aws:multifactorauthpresent',
  'aws:principalarn',
  'aws:principaltype',
  'aws:sourceidentity',
  'aws:tokenissuetime',
  'aws:userid',
  'aws:username',
]);

/** Whether a key (in lower case) is answered by who calls. Keys of identity providers stay with a session. */
export function isPrincipalKey(key: string): boolean {
  return (
    PRINCIPAL_KEYS.has(key) ||
    key.startsWith('aws:principaltag/') ||
    key.startsWith('saml:') ||
    /^[a-z0-9-]+\.[a-z0-9./-]*:/.test(key)
  );
}

export function unknownsByKey(unknowns: readonly Unknown[]): UnknownOf {
  const byKey = new Map(
    unknowns.flatMap((unknown) => unknown.keys.map(({ key }) => [key, unknown] as const)),
  );
  return (key) => byKey.get(key);
}

/** The second if the first has no values. */
export function contextOver(first: RequestContext, second: RequestContext): RequestContext {
  return { get: (key) => first.get(key) ?? second.get(key) };
}
