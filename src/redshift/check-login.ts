import type { Clock } from '../core/clock.ts';
import { isIamUserName } from '../core/names.ts';
import type { DerivedKeys } from '../store/keyring.ts';
import { type Credential, checkCredential } from './credential.ts';
import { type LoginName, parseLoginName } from './login-name.ts';

/** What a verified temporary login is entitled to. */
export interface VerifiedLogin {
  readonly credential: Credential;
  readonly dbUser: string;
  readonly groups: readonly string[];
  readonly autoCreate: boolean;
}

export type LoginCheck =
  | { readonly ok: true; readonly login: VerifiedLogin }
  | { readonly ok: false; readonly reason: 'wrong-password'; readonly why: string }
  | { readonly ok: false; readonly reason: 'expired' | 'other-database'; readonly credential: Credential };

/**
 * Decides whether `password` opens `database` of the cluster for `loginName`. The login name is parsed only
 * after the MAC over it has been verified.
 */
export function checkLogin(
  keys: DerivedKeys,
  attempt: {
    readonly clusterArn: string;
    readonly loginName: string;
    readonly password: string;
    readonly database: string;
  },
  clock: Clock,
): LoginCheck {
  const check = checkCredential(keys, attempt.password, attempt, attempt.database, clock.now());
  if (!check.ok) {
    if (check.reason === 'expired' || check.reason === 'other-database') return check;
    return { ok: false, reason: 'wrong-password', why: check.reason };
  }
  const { isOwnUser } = check.credential;
  const name = isOwnUser ? ownUser(attempt.loginName) : parseLoginName(attempt.loginName);
  if (name === undefined) return { ok: false, reason: 'wrong-password', why: 'login-name-form' };
  return { ok: true, login: { credential: check.credential, ...name } };
}

/** Its name is the login name, it needs no making beforehand, and its groups are those it belongs to. */
function ownUser(loginName: string): LoginName | undefined {
  return isIamUserName(loginName) ? { dbUser: loginName, groups: [], autoCreate: true } : undefined;
}
