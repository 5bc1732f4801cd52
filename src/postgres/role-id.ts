import { SqlError } from '../core/errors.ts';
import type { ServerAccess } from './server-access.ts';

/**
 * The identifier of a role, which it keeps when it is renamed. Throws SqlError 28000 in PostgreSQL's words when there is
 * none of that name.
 */
export async function roleIdOf(access: ServerAccess, name: string): Promise<number> {
  const found = await access
    .admin(access.home)
    .query<{ id: string }>('SELECT oid::int8 AS id FROM pg_roles WHERE rolname = $1::text', [name]);
  const id = found.rows[0]?.id;
  if (id === undefined) throw new SqlError('28000', `role "${name}" does not exist`);
  return Number(id);
}
