import { strict as assert } from 'node:assert';
import { assumedRoleArn, federatedUserArn, roleArn } from '../core/arn.ts';
import type { CompiledPolicy } from '../policy/compile.ts';
import { policySet } from '../policy/policy-set.ts';
import type { Grants } from './load-principal.ts';
import { ownPrincipal, type Principal } from './principal.ts';
import type { Session } from './session.ts';
import type { SessionClaims } from './session-claims.ts';
import { foldTagKey } from './tags.ts';

/** Makes the principal of temporary credentials, from what their token says and what their owner may do now. */

/**
 * The principal of a session. `owner` is its role, its user or the root user. `limits` are the compiled
 * session policies; undefined when they cannot all be read, which allows nothing.
 */
export function sessionPrincipal(
  claims: SessionClaims,
  owner: Grants,
  limits: readonly CompiledPolicy[] | undefined,
): Principal {
  const session = sessionOf(claims, owner);
  if (claims.kind === 'user') {
    return { ...ownPrincipal(owner), session };
  }
  const isLimited =
    claims.kind === 'federated' || claims.policy !== undefined || claims.policyArns.length > 0;
  return {
    ...namesOf(claims, owner),
    accountId: claims.accountId,
    userName: undefined,
    tags: new Map([...owner.tags, ...claims.tags.map(({ key, value }) => [foldTagKey(key), value] as const)]),
    policies: policySet({
      identity: owner.identity,
      boundary: owner.boundary,
      guardrail: owner.guardrail,
      session: isLimited ? (limits ?? []) : undefined,
    }),
    session,
  };
}

function namesOf(claims: SessionClaims, owner: Grants) {
  const { accountId, name } = claims;
  if (claims.kind === 'federated') {
    return {
      kind: 'federated',
      arn: federatedUserArn(accountId, name),
      userId: `${accountId}:${name}`,
    } as const;
  }
  assert(owner.kind === 'role', 'the session of a role has a role');
  return {
    kind: 'role',
    arn: assumedRoleArn(accountId, owner.name, name),
    userId: `${owner.id}:${name}`,
  } as const;
}

function sessionOf(claims: SessionClaims, owner: Grants): Session {
  const { kind, issuedAt, expiresAt, mfaAt, sourceIdentity } = claims;
  const transitive = new Set(claims.transitiveKeys.map(foldTagKey));
  return {
    kind,
    issuedAt,
    expiresAt,
    mfaAt,
    name: claims.name === '' ? undefined : claims.name,
    ownerId: owner.kind === 'root' ? undefined : owner.id,
    roleArn: owner.kind === 'role' ? roleArn(owner.accountId, owner.path, owner.name) : undefined,
    sourceIdentity,
    transitiveTags: claims.tags.filter(({ key }) => transitive.has(foldTagKey(key))),
    facts: new Map(claims.facts),
  };
}
