import type { PreparedPolicy } from './atoms.ts';
import type { UnknownOf } from './unknown.ts';

/**
 * The principals of an account by the policies that they have. Made once; asked for each target, and then only those
 * principals are looked at who have a policy that says anything of it.
 */

export interface IndexedPrincipal {
  readonly kind: 'root' | 'user' | 'role';
  readonly arn: string;
  /** Condition keys of the principal itself, in lower case. */
  readonly keys: ReadonlyMap<string, readonly string[]>;
  /** What of the principal is only known when a session of it is made. */
  readonly unknownOf: UnknownOf;
  /** Its own policies and those of its groups. */
  readonly policies: readonly PolicyUse[];
  readonly boundary: PreparedPolicy | undefined;
  /** Of a role: whom its trust policy names. */
  readonly trusts: readonly string[];
}

/** A policy as a principal has it. */
export interface PolicyUse {
  readonly policy: PreparedPolicy;
  /** The group by which it has the policy; undefined if it is its own. */
  readonly group: string | undefined;
}

export interface Account {
  /** In the order in which they are told. */
  readonly principals: readonly IndexedPrincipal[];
  /** Limits everybody, the root user too. */
  readonly guardrail: PreparedPolicy | undefined;
}

export class AccountIndex {
  readonly account: Account;
  /** Places of principals, ascending, by policy that they have. */
  readonly #owners = new Map<PreparedPolicy, number[]>();

  constructor(account: Account) {
    this.account = account;
    for (const [place, { policies }] of account.principals.entries()) {
      for (const { policy } of policies) {
        const owners = this.#owners.get(policy);
        if (owners === undefined) this.#owners.set(policy, [place]);
        else if (owners.at(-1) !== place) owners.push(place);
      }
    }
  }

  /** Every distinct policy that somebody has as a grant. */
  policies(): Iterable<PreparedPolicy> {
    return this.#owners.keys();
  }

  /** The places, from `from` on and ascending, of principals who have one of the policies or are the root user. */
  places(policies: Iterable<PreparedPolicy>, from: number): readonly number[] {
    const found = new Set<number>();
    for (const [place, { kind }] of this.account.principals.entries()) {
      if (kind !== 'root') break;
      if (place >= from) found.add(place);
    }
    for (const policy of policies) {
      for (const place of this.#owners.get(policy) ?? []) if (place >= from) found.add(place);
    }
    return [...found].sort((left, right) => left - right);
  }
}
