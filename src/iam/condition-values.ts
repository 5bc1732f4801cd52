import type { Principal } from './principal.ts';

/**
 * What the policies that bear on a principal compare a condition key with, in the order of the policies. `key` in lower
 * case. Values of every operator: whether one of them helps is for a decision to say.
 */
export function conditionValues(principal: Principal, key: string): readonly string[] {
  const values: string[] = [];
  for (const { policies } of principal.policies.layers) {
    for (const { statements } of policies) {
      for (const { conditions } of statements) {
        for (const { clause } of conditions) {
          if (clause.key.toLowerCase() === key) values.push(...clause.values);
        }
      }
    }
  }
  return values;
}
