import type { NewRevocation, Revocation } from '../../../redshift/revocations.ts';

/** Who is logged in on any node, and the end of that. */
export interface LiveAccess {
  sessions(
    accountId: string,
  ): Promise<{ readonly sessions: readonly SessionReport[]; readonly silent: number }>;
  /** `found` is false when no node that answered has such a session. */
  kill(
    accountId: string,
    sessionId: string,
    reason: string,
  ): Promise<{ readonly found: boolean; readonly silent: number }>;
  /** Throws LimitExceeded. */
  revoke(
    revocation: NewRevocation,
  ): Promise<{ readonly entry: Revocation; readonly ended: number; readonly silent: number }>;
  /** What each node that serves the cluster found or did; empty when none does. */
  reconcile(accountId: string, cluster: string, remove: boolean): Promise<readonly StrayRoles[]>;
  revocations(accountId: string): Promise<readonly Revocation[]>;
}

/** Session roles that no session uses, by name. */
interface StrayRoles {
  /** Only looked at. */
  readonly found: readonly string[];
  readonly dropped: readonly string[];
  /** Something in a database still needs them, or is locked. */
  readonly kept: readonly string[];
}

/** A session as it is told. Instants are in ISO 8601. */
export interface SessionReport {
  readonly sessionId: string;
  /** Who obtained the credential; null for a session with a password, or when the audit log does not tell. */
  readonly principalArn: string | null;
  readonly cluster: string;
  readonly loginName: string;
  readonly dbUser: string;
  readonly groups: readonly string[];
  readonly database: string | null;
  readonly credentialId: string | null;
  readonly issuedAt: string | null;
  readonly expiresAt: string | null;
  /** When it will be ended; null for never. */
  readonly endsAt: string | null;
  /** Null while the login is under way. */
  readonly backendPid: number | null;
  readonly since: string;
  readonly sourceIp: string;
  readonly client: Readonly<Record<string, string>>;
  readonly bytesFromClient: number;
  readonly bytesToClient: number;
}
