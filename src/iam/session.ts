import type { SessionKind } from './session-claims.ts';
import type { Tag } from './tags.ts';

/** Who calls with temporary credentials: the rights of their owner, within the limits of the session. */
export interface Session {
  readonly kind: SessionKind;
  readonly issuedAt: Date;
  readonly expiresAt: Date;
  readonly mfaAt: Date | undefined;
  /** Of the session of a role or of a federated user. */
  readonly name: string | undefined;
  /** Unique id of the role or user whose rights these are; undefined for the root user. */
  readonly ownerId: string | undefined;
  /** Of the session of a role: the ARN of the role, with its path. */
  readonly roleArn: string | undefined;
  readonly sourceIdentity: string | undefined;
  /** Tags that the sessions of further roles inherit. */
  readonly transitiveTags: readonly Tag[];
  /** Further condition keys, in lower case, that the way into the session has set. */
  readonly facts: ReadonlyMap<string, string>;
}
