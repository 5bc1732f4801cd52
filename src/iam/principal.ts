import { rootArn, userArn } from '../core/arn.ts';
import type { CompiledPolicy } from '../policy/compile.ts';
import { type PolicySet, policySet } from '../policy/policy-set.ts';
import type { Grants } from './load-principal.ts';
import type { Session } from './session.ts';

/** Who calls: what is known of a caller once its signature is verified, with everything that a decision needs. */
export interface Principal {
  readonly kind: PrincipalKind;
  readonly accountId: string;
  /** As messages and logs name the caller. */
  readonly arn: string;
  /**
   * The condition key `aws:userid`: a user's unique id, the account's number for its root user, `AROA…:name` for the
   * session of a role, `<account>:name` for a federated user.
   */
  readonly userId: string;
  /** The condition key `aws:username`; undefined for everybody but users. */
  readonly userName: string | undefined;
  /** Values by tag key, folded by `foldTagKey`. */
  readonly tags: ReadonlyMap<string, string>;
  readonly policies: PolicySet;
  /** What temporary credentials say; undefined for a long-term key. */
  readonly session?: Session | undefined;
}

/** `role` and `federated` exist only as sessions; `root` and `user` may have one (GetSessionToken). */
export type PrincipalKind = 'root' | 'user' | 'role' | 'federated';

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

/** A user or the root user, with what is granted to it. */
export function ownPrincipal(grants: Grants): Principal {
  const { kind, accountId, id, name, path, tags, identity, boundary, guardrail } = grants;
  if (kind === 'root') return rootPrincipal(accountId, guardrail);
  return {
    kind: 'user',
    accountId,
    arn: userArn(accountId, path, name),
    userId: id,
    userName: name,
    tags,
    policies: policySet({ identity, boundary, guardrail }),
  };
}
