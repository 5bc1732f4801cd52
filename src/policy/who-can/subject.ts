import type { ConditionClause } from '../conditions.ts';

/** What is asked of policies, and what the conditions of a formula are about. */

/** An action on a resource that has to be allowed. */
export interface Pair {
  /** In lower case. */
  readonly action: string;
  /** The ARN, or all of it up to the value of `resourceKey`. */
  readonly resource: string;
  readonly resourceKey: string | undefined;
  /** The pair is asked for only by requests that have this key. */
  readonly onlyWith: string | undefined;
}

/** What an atom is about, for who looks for values that decide it and for who puts it into words. */
export type AtomSubject =
  | { readonly kind: 'clause'; readonly clause: ConditionClause; readonly variables: boolean }
  | {
      readonly kind: 'resource';
      readonly pair: Pair;
      readonly negated: boolean;
      readonly values: readonly string[];
      readonly variables: boolean;
    };
