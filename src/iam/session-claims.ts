import type { Tag } from './tags.ts';

/** What temporary credentials say of themselves, under the seal of their token. */
export interface SessionClaims {
  readonly kind: SessionKind;
  readonly accountId: string;
  /** Unique id of the role, or of the user; empty for the root user. */
  readonly ownerId: string;
  /** The long-term key that asked for a session of a user or a federated user; empty for a role's. */
  readonly parentKeyId: string;
  /** Of the session of a role, or of a federated user; empty for a user's own. */
  readonly name: string;
  readonly issuedAt: Date;
  readonly expiresAt: Date;
  /** When a second factor was given; undefined if none was. */
  readonly mfaAt: Date | undefined;
  readonly sourceIdentity: string | undefined;
  /** In force besides the tags of the owner, over those with the same key. */
  readonly tags: readonly Tag[];
  /** Keys of the tags that the sessions of further roles inherit. */
  readonly transitiveKeys: readonly string[];
  /** The inline session policy. */
  readonly policy: string | undefined;
  /** Managed session policies. */
  readonly policyArns: readonly string[];
  /** Further condition keys, in lower case, that the way into the session has set. */
  readonly facts: readonly (readonly [key: string, value: string])[];
}

/** `role`: AssumeRole and its relatives; `user`: GetSessionToken; `federated`: GetFederationToken. */
export type SessionKind = 'role' | 'user' | 'federated';

/** What a session is limited to, and what is said of it: the part of the claims that has a limit of size. */
export type PackedClaims = Pick<SessionClaims, 'tags' | 'transitiveKeys' | 'policy' | 'policyArns'>;

/** The claims as they are written into a token; `readClaims` is its inverse. */
export function writeClaims(claims: SessionClaims): string {
  const { issuedAt, expiresAt, mfaAt, tags, ...rest } = claims;
  return JSON.stringify({
    ...rest,
    issuedAt: issuedAt.getTime(),
    expiresAt: expiresAt.getTime(),
    mfaAt: mfaAt?.getTime(),
    tags: tags.map(({ key, value }) => [key, value]),
  });
}

type WrittenClaims = Omit<SessionClaims, 'issuedAt' | 'expiresAt' | 'mfaAt' | 'tags'> & {
  readonly issuedAt: number;
  readonly expiresAt: number;
  readonly mfaAt?: number;
  readonly tags: readonly (readonly [string, string])[];
};

/** Reads what `writeClaims` wrote. Only for text whose seal has been verified. */
export function readClaims(text: string): SessionClaims {
  // The seal proves that writeClaims of this version of the token wrote it.
  const { issuedAt, expiresAt, mfaAt, tags, ...rest } = JSON.parse(text) as WrittenClaims;
  return {
    ...rest,
    issuedAt: new Date(issuedAt),
    expiresAt: new Date(expiresAt),
    mfaAt: mfaAt === undefined ? undefined : new Date(mfaAt),
    tags: tags.map(([key, value]) => ({ key, value })),
  };
}
