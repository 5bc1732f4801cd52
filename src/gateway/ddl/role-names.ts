import { SqlError } from '../../core/errors.ts';
import { LIMITS } from '../../core/limits.ts';
import { isIamUserName, isReservedRoleName } from '../../core/names.ts';

/**
 * Checks the name of a role in user DDL, new or not. Throws SqlError 42622 for a name that PostgreSQL would cut
 * (it could then mean another role), 42939 for one that is reserved.
 */
export function checkRoleName(name: string): void {
  if (Buffer.byteLength(name) > LIMITS.postgresNameBytesMax) {
    throw new SqlError('42622', `identifier "${name}" is too long`, {
      detail: `Names of users and groups have at most ${LIMITS.postgresNameBytesMax} bytes.`,
    });
  }
  if (isReservedRoleName(name) && !isIamUserName(name)) throw reserved(name);
}

/** Like `checkRoleName`, for the name of a new group: Redshift keeps names with two underscores first for itself. */
export function checkNewGroupName(name: string): void {
  checkRoleName(name);
  if (name.startsWith('__') || isIamUserName(name)) throw reserved(name);
}

function reserved(name: string): SqlError {
  return new SqlError('42939', `role name "${name}" is reserved`);
}
