import type { Clock } from '../core/clock.ts';
import { SqlError } from '../core/errors.ts';
import type { RandomBytes } from '../core/ids.ts';
import { checkLogin, type LoginCheck, type VerifiedLogin } from '../redshift/check-login.ts';
import { isTemporaryLoginName } from '../redshift/login-name.ts';
import type { DerivedKeys } from '../store/keyring.ts';
import type { Channel } from './channel.ts';
import { type LoginAttempt, type Proving, provePassword } from './enter.ts';
import { askForPassword } from './password.ts';
import type { PasswordProofs } from './password-proofs.ts';
import type { ServerChannel } from './server-channel.ts';

/** Who a client has proved to be. */
export type Identity =
  | { readonly kind: 'temporary'; readonly loginName: string; readonly login: VerifiedLogin }
  | {
      readonly kind: 'password';
      readonly dbUser: string;
      /** The connection on which the password was proved, when the session goes on there. */
      readonly server: ServerChannel | undefined;
    };

export interface VerifyDeps {
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly passwordProofs: PasswordProofs;
}

export interface VerifyingCluster extends Proving {
  readonly arn: string;
  readonly keys: DerivedKeys;
}

/** What was sent is no temporary password for this name and cluster. */
export class WrongPassword extends SqlError {}

/**
 * The steps *password* and *verify*: a name with an IAM prefix must bring a credential of this cluster, any
 * other name a password that PostgreSQL accepts. Throws SqlError 28000 or 28P01.
 */
export async function verifyLogin(
  deps: VerifyDeps,
  cluster: VerifyingCluster,
  client: Channel,
  attempt: LoginAttempt,
): Promise<Identity> {
  const { user, database } = attempt;
  if (isTemporaryLoginName(user)) {
    const password = (await askForPassword(client)).reveal();
    const claims = { clusterArn: cluster.arn, loginName: user, password, database };
    const check = checkLogin(cluster.keys, claims, deps.clock);
    if (!check.ok) throw refusal(check, attempt, deps.clock.now());
    return { kind: 'temporary', loginName: user, login: check.login };
  }
  const prove = () => provePassword(deps, cluster, client, attempt);
  const server = await deps.passwordProofs.pass(cluster.arn, attempt.source, client, prove);
  return { kind: 'password', dbUser: user, server };
}

function refusal(check: LoginCheck & { ok: false }, attempt: LoginAttempt, now: Date): SqlError {
  switch (check.reason) {
    case 'expired':
      return new SqlError('28000', 'IAM Authentication token has expired', {
        detail: `It expired at ${check.credential.expiresAt.toISOString()}; the time here is ${now.toISOString()}.`,
        hint: 'Get new credentials with GetClusterCredentials.',
      });
    case 'other-database':
      return new SqlError('28000', `IAM authentication failed for user "${attempt.user}"`, {
        detail: `The credentials are not for the database "${attempt.database}".`,
        hint: 'Connect to the database that GetClusterCredentials was called with.',
      });
    case 'wrong-password':
      return new WrongPassword('28000', `IAM authentication failed for user "${attempt.user}"`, {
        detail:
          'Password authentication failed: it is not a temporary password for this user name and cluster.',
        hint: 'Use DbUser and DbPassword exactly as GetClusterCredentials returned them.',
      });
    default:
      return check satisfies never;
  }
}
