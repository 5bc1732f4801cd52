import type { SqlError } from '../core/errors.ts';
import { quoteLiteral } from '../postgres/quote.ts';
import type { ServerAccess } from '../postgres/server-access.ts';
import type { Backend } from './backend.ts';
import type { RoleFacts } from './ddl/known-roles.ts';
import { mayHoldUserDdl, translate } from './ddl/translate.ts';

/** Puts the translation of Redshift's user DDL into the relay: what runs in the place of a statement. */

/** Gives, for a session of `dbUser`, the text to run instead of `sql`; undefined, at no cost, for nearly all. */
export function userDdlRewriter(
  backend: Backend,
  dbUser: string,
  access: ServerAccess,
): (sql: string) => Promise<string> | undefined {
  const reported = backend.parameters.find(({ name }) => name === 'standard_conforming_strings');
  const standardConformingStrings = reported?.value !== 'off';
  const rewrite = async (sql: string): Promise<string> => {
    const { superuser: currentIsSuperuser } = await roleFacts(access, dbUser);
    const translation = await translate(sql, {
      standardConformingStrings,
      roleFacts: (name) => roleFacts(access, name),
      currentUser: dbUser,
      currentIsSuperuser,
    });
    switch (translation.kind) {
      case 'unchanged':
        return sql;
      case 'rewritten':
        return translation.sql;
      case 'refused':
        return raising(translation.error);
      default:
        return translation satisfies never;
    }
  };
  return (sql) => (mayHoldUserDdl(sql) ? rewrite(sql) : undefined);
}

/**
 * A statement that fails with `error`. The refusal thus comes from the backend, in its place among the answers
 * and with the effect on the transaction that any failing statement has.
 */
function raising(error: SqlError): string {
  const fields = [`ERRCODE = ${quoteLiteral(error.sqlState)}`, `MESSAGE = ${quoteLiteral(error.message)}`];
  if (error.detail !== undefined) fields.push(`DETAIL = ${quoteLiteral(error.detail)}`);
  if (error.hint !== undefined) fields.push(`HINT = ${quoteLiteral(error.hint)}`);
  const body = `BEGIN RAISE EXCEPTION USING ${fields.join(', ')}; END`;
  return `DO LANGUAGE plpgsql ${quoteLiteral(body)}`;
}

async function roleFacts(access: ServerAccess, name: string): Promise<RoleFacts> {
  const result = await access.admin(access.home).query<RoleFacts>(ROLE_FACTS, [name]);
  return result.rows[0] ?? { exists: false, superuser: false, passwordDisabled: false, canLogin: false };
}

const ROLE_FACTS = `
  SELECT true AS exists, rolcanlogin AS "canLogin",
         rolsuper OR (rolcreaterole AND pg_has_role(oid, 'keyshift_superuser', 'MEMBER')) AS superuser,
         coalesce(rolvaliduntil = '-infinity', false) AS "passwordDisabled"
  FROM pg_roles WHERE rolname = $1::text`;
