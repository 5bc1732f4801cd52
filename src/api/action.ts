import type { ResourceSide } from '../iam/authorize.ts';
import type { Principal } from '../iam/principal.ts';
import type { CredentialLimits } from '../redshift/credential-limits.ts';

/** One pair of the authorization: the action on the resource must be allowed. */
export interface RequiredPermission {
  readonly action: string;
  readonly resource: string;
  /** Condition keys of this pair only, in lower case, beside those of the principal and the request. */
  readonly context?: ReadonlyMap<string, readonly string[]>;
  /** Whether something else than a policy allows it already, so that only a policy's Deny refuses it. */
  readonly unlessDenied?: boolean;
  /** The policy of the resource, where it has one. */
  readonly side?: ResourceSide;
  /** The caller as this decision sees it, when that is not as it came: with a second factor that the call gives. */
  readonly principal?: Principal;
  /** Whether a refusal tells nothing but that it is one: the reason would tell whether the resource exists. */
  readonly isReasonHidden?: boolean;
}

/** Who calls, and how the call reached us. */
export interface Caller {
  readonly principal: Principal;
  /** The access key that signed the call. */
  readonly accessKeyId: string;
  readonly requestId: string;
  readonly sourceIp: string;
  readonly secureTransport: boolean;
  readonly userAgent: string;
  readonly region: string;
  /** When the request arrived. */
  readonly at: Date;
  /** The limits that policies were asked for and have allowed, if the operation makes offers. */
  readonly granted: CredentialLimits | undefined;
  /** The decision about pairs that are known only while the operation works. Throws AccessDenied. */
  readonly require: (permissions: readonly RequiredPermission[]) => void;
  /** Whether a pair would be allowed, for what a message may tell. Decides nothing, and leaves no trace. */
  readonly may: (permission: RequiredPermission) => boolean;
  /** Says that the call changes another account, or makes a session of it: it forgets what is held and has the event too. */
  readonly concerns: (accountId: string) => void;
  /** Adds facts to the audit event of this call, and the documents that they refer to by digest. */
  readonly note: (facts: Readonly<Record<string, unknown>>, documents?: ReadonlyMap<string, string>) => void;
}

/** Limits under which a call may be allowed. */
export interface Offer {
  readonly limits: CredentialLimits;
  /** Condition keys that go with them, in lower case. Under each of these every pair must be allowed. */
  readonly contexts: readonly ReadonlyMap<string, readonly string[]>[];
}

/** An API operation: a row of a service's table. */
export interface Action<Deps, Input, Output> {
  /** Every pair must be allowed; none means that any authenticated caller may. */
  readonly permissions: (
    deps: Deps,
    input: Input,
    caller: Caller,
  ) => readonly RequiredPermission[] | Promise<readonly RequiredPermission[]>;
  /** One after the other: the first that policies allow holds. An operation without any is simply allowed or not. */
  readonly offers?: (deps: Deps, caller: Caller) => Promise<Iterable<Offer>>;
  readonly run: (deps: Deps, input: Input, caller: Caller) => Promise<Output>;
  /** Whether it changes anything that caches hold. */
  readonly changes: boolean;
}
