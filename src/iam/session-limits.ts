import { AwsError } from '../core/errors.ts';
import type { Principal } from './principal.ts';

/**
 * What temporary credentials cannot do, whatever policies say.
 * Source: IAM User Guide, "Compare AWS STS credentials".
 */

/** STS operations that the sessions of users and federated users can call. */
const OPEN_TO: Readonly<Record<'user' | 'federated', ReadonlySet<string>>> = {
  user: new Set(['GetCallerIdentity', 'AssumeRole']),
  federated: new Set(['GetCallerIdentity']),
};

/** Operations that ask for a user's own long-term key. */
const LONG_TERM_ONLY = new Set(['GetSessionToken', 'GetFederationToken']);

/**
 * Throws InvalidClientTokenId (403) for IAM with a session that is not good for it, and AccessDenied (403) for an
 * operation of STS that sessions of this kind cannot call.
 */
export function requireOpenToSession({ session }: Principal, service: string, operation: string): void {
  if (session === undefined) return;
  const { kind, mfaAt } = session;
  if (service === 'iam' && kind !== 'role' && (kind === 'federated' || mfaAt === undefined)) {
    throw new AwsError('InvalidClientTokenId', 403, 'The security token included in the request is invalid');
  }
  if (service !== 'sts') return;
  const isOpen = kind === 'role' ? !LONG_TERM_ONLY.has(operation) : OPEN_TO[kind].has(operation);
  if (!isOpen) throw new AwsError('AccessDenied', 403, `Cannot call ${operation} with session credentials`);
}
