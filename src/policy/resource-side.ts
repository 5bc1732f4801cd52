import { type Caller, type NamedAs, namedForAllow, namedForDeny } from './caller.ts';
import {
  type CompiledResourcePolicy,
  type CompiledResourceStatement,
  type FoldedRequest,
  type StatementReference,
  statementApplies,
} from './compile.ts';

/**
 * What the policy of a resource has to say about a request.
 * Sources: IAM User Guide, "Policy evaluation for requests within a single account" and "Cross-account policy
 * evaluation logic".
 */

/** The policy of the resource itself, such as a role's trust policy, and who it is asked about. */
export interface ResourceSide {
  readonly policy: CompiledResourcePolicy;
  /** The account that owns the resource. */
  readonly accountId: string;
  readonly caller: Caller;
}

export interface ResourceGrant {
  /** The policies of the caller that need not allow any more. `refused`: the resource's policy had to allow. */
  readonly replaces: 'none' | 'identity' | 'all' | 'refused';
  /** The statement that means the caller most directly. */
  readonly statement: StatementReference | undefined;
}

const DIRECTNESS: Readonly<Record<NamedAs, number>> = { nobody: 0, account: 1, behind: 2, itself: 3 };

/** Within one account: what a grant by each name replaces. An account only delegates to its own policies. */
const REPLACES: Readonly<Record<NamedAs, ResourceGrant['replaces']>> = {
  nobody: 'none',
  account: 'none',
  behind: 'identity',
  itself: 'all',
};

/** The first statement of the resource's policy that denies the request; undefined if none does. */
export function resourceDenial(
  { policy, caller }: ResourceSide,
  request: FoldedRequest,
  hasBoundary: boolean,
): CompiledResourceStatement | undefined {
  return policy.statements.find(
    (statement) =>
      statement.effect === 'Deny' &&
      namedForDeny(statement.principals, caller, hasBoundary) &&
      statementApplies(statement, request),
  );
}

/** What the resource's policy grants. Between accounts each side must allow, whomever the policy names. */
export function resourceGrant(side: ResourceSide, request: FoldedRequest): ResourceGrant {
  const { policy, caller, accountId } = side;
  const { named, statement } = mostDirect(side, request);
  const isSameAccount = caller.accountId === accountId;
  if (named === 'nobody') {
    return { replaces: isSameAccount && !policy.mustAllow ? 'none' : 'refused', statement };
  }
  // Who has no account has no policies either.
  if (caller.accountId === undefined) return { replaces: 'all', statement };
  return { replaces: isSameAccount ? REPLACES[named] : 'none', statement };
}

function mostDirect(
  { policy, caller }: ResourceSide,
  request: FoldedRequest,
): { named: NamedAs; statement: StatementReference | undefined } {
  let named: NamedAs = 'nobody';
  let statement: StatementReference | undefined;
  for (const candidate of policy.statements) {
    if (candidate.effect === 'Deny') continue;
    const as = namedForAllow(candidate.principals, caller);
    if (DIRECTNESS[as] <= DIRECTNESS[named] || !statementApplies(candidate, request)) continue;
    named = as;
    statement = candidate.reference;
  }
  return { named, statement };
}
