import { isDeepStrictEqual } from 'node:util';
import { SqlError } from '../core/errors.ts';
import { ensureDatabasePrepared } from '../postgres/prepare-database.ts';
import { quoteLiteral } from '../postgres/quote.ts';
import type { ServerAccess } from '../postgres/server-access.ts';
import type { Backend } from './backend.ts';
import type { RoleFacts } from './ddl/known-roles.ts';
import { PROCEDURE_CALL } from './ddl/superuser.ts';
import { mayHoldUserDdl, type SessionFacts, type Translation, translate } from './ddl/translate.ts';
import { translateDialect } from './dialect/translate-dialect.ts';

/** Puts the translation of Redshift's user DDL and dialect into the relay: what runs in the place of a statement. */

/** What of a backend tells how its session's statements are to be read. */
type Greeting = Pick<Backend, 'key' | 'parameters'>;

/**
 * Gives, for a session of `dbUser`, the text to run instead of `sql`; undefined, at no cost, for nearly all.
 * `beforeUserDdl` is waited for before each statement that may be about users.
 */
export function userDdlRewriter(
  backend: Greeting,
  dbUser: string,
  access: ServerAccess,
  beforeUserDdl: () => Promise<void> = async () => {},
): (sql: string) => Promise<string> | undefined {
  const parameter = (name: string): string | undefined =>
    backend.parameters.find((reported) => reported.name === name)?.value;
  const isReadable = readableTexts(parameter('client_encoding'));
  const underSessionRole = parameter('session_authorization') !== dbUser;
  const rewrite = async (sql: string): Promise<string> => {
    await beforeUserDdl();
    const { superuser: currentIsSuperuser } = await roleFacts(access, dbUser);
    const translation = await translateCertainly(sql, {
      roleFacts: (name) => roleFacts(access, name),
      currentUser: dbUser,
      currentIsSuperuser,
      underSessionRole,
    });
    switch (translation.kind) {
      case 'unchanged':
        return translateDialect(sql) ?? sql;
      case 'rewritten':
        return (await whyNotCallable(translation.sql, backend, access)) ?? translation.sql;
      case 'refused':
        return raising(translation.error);
      default:
        return translation satisfies never;
    }
  };
  return (sql) => {
    if (mayHoldUserDdl(sql)) return isReadable(sql) ? rewrite(sql) : undefined;
    const translated = translateDialect(sql);
    return translated === undefined || !isReadable(sql) ? undefined : Promise.resolve(translated);
  };
}

/**
 * The translation, if it is the same however backslashes in strings are read: a session may change
 * standard_conforming_strings at any time, and a text that is read wrongly must pass as it is.
 */
async function translateCertainly(
  sql: string,
  session: Omit<SessionFacts, 'standardConformingStrings'>,
): Promise<Translation> {
  const translation = await translate(sql, { ...session, standardConformingStrings: true });
  if (!sql.includes('\\')) return translation;
  const other = await translate(sql, { ...session, standardConformingStrings: false });
  return isDeepStrictEqual(translation, other) ? translation : { kind: 'unchanged' };
}

/** Encodings with one byte for each character. In others a byte that looks like a quote can be half a character. */
const SINGLE_BYTE = /^(?:LATIN\d+|ISO_8859_\d+|WIN\d+|KOI8[RU])$/;
const ASCII = /^\p{ASCII}*$/u;

/**
 * Which texts, read as UTF-8, are what the client has written in `encoding`. The rest passes as it is, as do texts
 * that are not UTF-8.
 */
function readableTexts(encoding: string | undefined): (sql: string) => boolean {
  // SQL_ASCII means that the server takes the bytes as they are.
  if (encoding === 'UTF8' || encoding === 'SQL_ASCII') return () => true;
  if (encoding !== undefined && SINGLE_BYTE.test(encoding)) return (sql) => ASCII.test(sql);
  return () => false;
}

/**
 * A statement that says why `sql` cannot run, if it calls procedures that the session's database has not: for instance
 * one that a user has just made from `template0`.
 */
async function whyNotCallable(
  sql: string,
  backend: Greeting,
  access: ServerAccess,
): Promise<string | undefined> {
  if (!sql.includes(PROCEDURE_CALL)) return undefined;
  const found = await access
    .admin(access.home)
    .query<{ name: string; id: string }>(DATABASE_OF_BACKEND, [backend.key.processId]);
  const database = found.rows[0];
  if (database === undefined) return undefined;
  try {
    await ensureDatabasePrepared(access, database.name, Number(database.id));
    return undefined;
  } catch (error) {
    if (error instanceof SqlError) return raising(error);
    throw error;
  }
}

const DATABASE_OF_BACKEND = 'SELECT datname AS name, datid::int8 AS id FROM pg_stat_activity WHERE pid = $1';

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
