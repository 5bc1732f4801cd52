import type { PrincipalList, StatementPrincipal } from './document-model.ts';

/** Who asks, as a resource policy can name it, and how far a statement that names it carries. */

/**
 * A caller by all its names. Resource policies match these and nothing else, so whoever knows that a policy
 * stores a user or role by its unique id gives the id as one of the names.
 */
export interface Caller {
  /** The account that the caller belongs to; undefined for one of no account (federated, a service, anonymous). */
  readonly accountId: string | undefined;
  /**
   * Names of the caller itself: the ARN and unique id of a user, the ARN of a session, a provider before the
   * session exists, a service. The root user has none: its name is the account's.
   */
  readonly itself: readonly StatementPrincipal[];
  /** Names of what a session stands for: the ARN and unique id of its role, or of the user who federated it. */
  readonly behind: readonly StatementPrincipal[];
}

/** A caller without any name, whom only `*` means. */
export const ANONYMOUS: Caller = { accountId: undefined, itself: [], behind: [] };

/**
 * By what name a statement means the caller. `account` only delegates to the policies of the account; `behind`
 * grants without them, within boundary and session policies; `itself` (also by `*`) grants without any of these.
 * Source: IAM User Guide, "Policy evaluation for requests within a single account".
 */
export type NamedAs = 'nobody' | 'account' | 'behind' | 'itself';

export interface PrincipalMatcher {
  /** `NotPrincipal`. */
  readonly negated: boolean;
  readonly everybody: boolean;
  /** Names by kind; accounts by number. */
  readonly names: ReadonlyMap<StatementPrincipal['kind'], ReadonlySet<string>>;
}

const ROOT_ARN = /^arn:aws(?:-[a-z0-9]+)*:iam::(\d{12}):root$/;

/** Compiles the principals of a statement. */
export function compilePrincipals({ negated, values }: PrincipalList): PrincipalMatcher {
  const names = new Map<StatementPrincipal['kind'], Set<string>>();
  let everybody = false;
  for (const { kind, name } of values) {
    if (kind === 'AWS' && name === '*') everybody = true;
    const set = names.get(kind) ?? new Set();
    names.set(kind, set.add(ROOT_ARN.exec(name)?.[1] ?? name));
  }
  return { negated, everybody, names };
}

/** By what name a statement that allows something means the caller. `NotPrincipal` means whoever it does not list. */
export function namedForAllow(matcher: PrincipalMatcher, caller: Caller): NamedAs {
  const listed = listedAs(matcher, caller);
  if (!matcher.negated) return listed;
  return listed === 'nobody' ? 'itself' : 'nobody';
}

/**
 * True if a statement that denies something means the caller, who may have a permissions boundary.
 * `NotPrincipal` spares only who is listed with account, role and session alike, and nobody who has a boundary.
 * Sources: IAM User Guide, "AWS JSON policy elements: NotPrincipal", and "Permissions boundaries for IAM entities".
 */
export function namedForDeny(matcher: PrincipalMatcher, caller: Caller, hasBoundary: boolean): boolean {
  if (!matcher.negated) return listedAs(matcher, caller) !== 'nobody';
  if (matcher.everybody) return false;
  const { accountId, itself, behind } = caller;
  const isSpared =
    (accountId === undefined || listsAccount(matcher, accountId)) &&
    (itself.length === 0 || lists(matcher, itself)) &&
    (behind.length === 0 || lists(matcher, behind));
  const hasName = accountId !== undefined || itself.length > 0;
  return hasBoundary || !hasName || !isSpared;
}

function listedAs(matcher: PrincipalMatcher, { accountId, itself, behind }: Caller): NamedAs {
  if (matcher.everybody || lists(matcher, itself)) return 'itself';
  if (lists(matcher, behind)) return 'behind';
  return accountId !== undefined && listsAccount(matcher, accountId) ? 'account' : 'nobody';
}

function lists(matcher: PrincipalMatcher, principals: readonly StatementPrincipal[]): boolean {
  for (const { kind, name } of principals) {
    const names = matcher.names.get(kind);
    if (names?.has(name) || (kind === 'Federated' && names?.has('*'))) return true;
  }
  return false;
}

function listsAccount(matcher: PrincipalMatcher, accountId: string): boolean {
  return matcher.names.get('AWS')?.has(accountId) === true;
}
