import type { ConditionClause } from './conditions.ts';

/** Policy documents after parsing: every list is a list, every rule of the language has been checked. */

export type PolicyVersion = '2012-10-17' | '2008-10-17';
export type Effect = 'Allow' | 'Deny';

/** `Action` or `Resource`; negated for `NotAction` and `NotResource`. */
export interface ElementList {
  readonly negated: boolean;
  readonly values: readonly string[];
}

export interface StatementBase {
  readonly sid: string | undefined;
  readonly effect: Effect;
  readonly actions: ElementList;
  readonly conditions: readonly ConditionClause[];
}

export interface IdentityStatement extends StatementBase {
  readonly resources: ElementList;
}

/** A principal of a resource policy. `"Principal": "*"` reads as AWS `*`. */
export interface StatementPrincipal {
  readonly kind: 'AWS' | 'Federated' | 'Service';
  readonly name: string;
}

/** `Principal`; negated for `NotPrincipal`. */
export interface PrincipalList {
  readonly negated: boolean;
  readonly values: readonly StatementPrincipal[];
}

export interface TrustStatement extends StatementBase {
  readonly principals: readonly StatementPrincipal[];
}

export interface IdentityPolicyDocument {
  readonly kind: 'identity';
  readonly version: PolicyVersion;
  readonly statements: readonly IdentityStatement[];
}

export interface TrustPolicyDocument {
  readonly kind: 'trust';
  readonly version: PolicyVersion;
  readonly id: string | undefined;
  readonly statements: readonly TrustStatement[];
}

export interface ResourceStatement extends StatementBase {
  readonly principals: PrincipalList;
  readonly resources: ElementList;
}

export interface ResourcePolicyDocument {
  readonly kind: 'resource';
  readonly version: PolicyVersion;
  readonly id: string | undefined;
  readonly statements: readonly ResourceStatement[];
}

export type PolicyDocument = IdentityPolicyDocument | TrustPolicyDocument | ResourcePolicyDocument;

/**
 * `managed` is an identity policy that must name the present version, as managed policies must. `trust` is the
 * policy of a role, about that role; `resource` the policy of any other resource, as simulations take it.
 */
export type DocumentKind = 'identity' | 'managed' | 'trust' | 'resource';

/** Policy variables came with this version; before it `${…}` is plain text. */
export function hasPolicyVariables(version: PolicyVersion): boolean {
  return version === '2012-10-17';
}
