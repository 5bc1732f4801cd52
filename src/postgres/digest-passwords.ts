import { DIGEST_VERIFIER_PREFIX } from './scram-verifier.ts';
import type { ServerAccess } from './server-access.ts';

/** Finds out whether somebody's password is known only by its digest, so that clients must send the password itself. */

const ANY_DIGEST = `
  SELECT EXISTS (SELECT FROM pg_catalog.pg_authid WHERE starts_with(rolpassword, $1::text)) AS "isThere"`;

/**
 * Whether any user of the server has such a password. Never asked of one user alone: how a password is asked for
 * would tell whether there is that user. False where the administrator may not know.
 */
export async function hasDigestPasswords(access: ServerAccess): Promise<boolean> {
  if (!access.isSuperuser) return false;
  const { rows } = await access
    .admin(access.home)
    .query<{ isThere: boolean }>(ANY_DIGEST, [DIGEST_VERIFIER_PREFIX]);
  return rows[0]?.isThere === true;
}
