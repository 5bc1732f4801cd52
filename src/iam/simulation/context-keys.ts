import type { CompiledPolicy, CompiledResourcePolicy } from '../../policy/compile.ts';
import { contextKeysOf } from '../../policy/context-keys.ts';
import { parsePolicyDocument } from '../../policy/document.ts';
import type { PolicyOwner } from './policy-source.ts';
import { readInputPolicies } from './simulated-policies.ts';

/** GetContextKeysForCustomPolicy and, with an owner, GetContextKeysForPrincipalPolicy. Throws InvalidInput. */
export function contextKeys(owner: PolicyOwner | undefined, documents: readonly string[]): readonly string[] {
  const boundary = owner?.boundary === undefined ? [] : [owner.boundary];
  return keysOfPolicies([...readInputPolicies(documents), ...(owner?.identity ?? []), ...boundary]);
}

/** The condition keys that policies ask for, as they are first written. */
export function keysOfPolicies(
  policies: readonly (CompiledPolicy | CompiledResourcePolicy)[],
): readonly string[] {
  return contextKeysOf(policies.map(parsedAgain));
}

/** The document of a compiled policy: its text has been parsed before, as what it is. */
function parsedAgain(policy: CompiledPolicy | CompiledResourcePolicy) {
  const { text = '' } = policy.source;
  if (!('mustAllow' in policy)) return parsePolicyDocument(text, 'identity');
  return policy.mustAllow ? parsePolicyDocument(text, 'trust') : parsePolicyDocument(text, 'resource');
}
