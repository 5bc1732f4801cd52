import { rootArn } from '../core/arn.ts';
import type { CompiledPolicy } from '../policy/compile.ts';
import { type PolicySet, policySet } from '../policy/policy-set.ts';

/** Who calls: what is known of a caller once its signature is verified, with everything that a decision needs. */
export interface Principal {
  readonly kind: PrincipalKind;
  readonly accountId: string;
  /** As messages and logs name the caller. */
  readonly arn: string;
  /** The condition key `aws:userid`: a user's unique id, or the account's number for its root user. */
  readonly userId: string;
  /** The condition key `aws:username`; undefined for the root user. */
  readonly userName: string | undefined;
  /** Values by tag key, folded by `foldTagKey`. */
  readonly tags: ReadonlyMap<string, string>;
  readonly policies: PolicySet;
}

export type PrincipalKind = 'root' | 'user';

/** The root user of an account, which may do everything in it that the account's guardrail allows. */
export function rootPrincipal(accountId: string, guardrail?: CompiledPolicy): Principal {
  return {
    kind: 'root',
    accountId,
    arn: rootArn(accountId),
    userId: accountId,
    userName: undefined,
    tags: new Map(),
    policies: policySet({ identity: 'everything', guardrail }),
  };
}
