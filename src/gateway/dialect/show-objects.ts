import type { Statement } from '../ddl/split-statements.ts';
import { quoteName, quoteText } from '../ddl/sql-text.ts';
import { TokenCursor } from '../ddl/token-cursor.ts';
import { SHOW_FORMS, type ShowForm } from './show-forms.ts';

/**
 * Redshift's SHOW of objects as queries of system tables, and SHOW of what makes a table, a view or a procedure. Names
 * may be parameters, as Redshift's drivers write them. What is not written as Redshift writes it is PostgreSQL's.
 */

/** The query to run instead of a SHOW of objects, or undefined. `sql` is what the tokens were cut from. */
export function translateShowObjects(statement: Statement, sql: string): string | undefined {
  const cursor = new TokenCursor(statement);
  if (!cursor.words('show')) return undefined;
  const form = SHOW_FORMS.find(({ words }) => cursor.words(...words));
  return form === undefined ? showDefinition(cursor, sql) : listObjects(cursor, form, sql);
}

function listObjects(cursor: TokenCursor, form: ShowForm, sql: string): string | undefined {
  const conditions = form.where === undefined ? [] : [form.where];
  for (const part of [nameConditions, granteeConditions, databaseCondition, likeCondition]) {
    const more = part(cursor, form, sql);
    if (more === undefined) return undefined;
    conditions.push(...more);
  }
  const limit = cursor.words('limit') ? cursor.digits() : '';
  if (limit === undefined || !cursor.atEnd) return undefined;
  const where = conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`;
  const end = limit === '' ? '' : ` LIMIT ${limit}`;
  return `SELECT ${form.columns} FROM ${form.from}${where} ORDER BY ${form.order}${end}`;
}

function nameConditions(cursor: TokenCursor, form: ShowForm, sql: string): string[] | undefined {
  const { name: columns, signature } = form;
  if (columns === undefined) return [];
  const name = nameOf(cursor, columns.length);
  if (name === undefined) return undefined;
  const conditions = columns.slice(-name.length).map((column, i) => `${column} = ${textOf(name[i])}`);
  if (signature === undefined) return conditions;
  const types = argumentTypes(cursor, sql);
  return types === undefined ? undefined : [...conditions, `${signature} = ${signatureOf(types)}`];
}

/** FOR a user, PUBLIC, or a role of Redshift's, of which there are none. SHOW GRANTS without ON must have it. */
function granteeConditions(cursor: TokenCursor, { hasGrantee, name }: ShowForm): string[] | undefined {
  if (hasGrantee === undefined || !cursor.words('for'))
    return hasGrantee && name === undefined ? undefined : [];
  if (cursor.words('public')) return ["identity_type = 'public'"];
  const isRole = cursor.words('role');
  const grantee = cursor.name();
  if (grantee === undefined) return undefined;
  return [`identity_name = ${quoteText(grantee)}`, ...(isRole ? ["identity_type = 'role'"] : [])];
}

/** SHOW GRANTS FOR a user FROM DATABASE. */
function databaseCondition(cursor: TokenCursor, { hasGrantee, name }: ShowForm): string[] | undefined {
  if (hasGrantee === undefined || name !== undefined || !cursor.words('from', 'database')) return [];
  const database = nameOf(cursor, 1);
  return database === undefined ? undefined : [`current_database() = ${textOf(database[0])}`];
}

function likeCondition(cursor: TokenCursor, { like }: ShowForm): string[] | undefined {
  if (like === undefined || !cursor.words('like')) return [];
  const literal = cursor.string();
  const pattern = literal === undefined ? cursor.parameter() : quoteText(literal);
  return pattern === undefined ? undefined : [`${like} LIKE ${pattern}`];
}

/** A part of a name: what it says, or a parameter. */
type NamePart = { readonly text: string } | { readonly parameter: string };

/** One name, or up to `most` with dots between them. */
function nameOf(cursor: TokenCursor, most: number): NamePart[] | undefined {
  const parts: NamePart[] = [];
  do {
    const parameter = cursor.parameter();
    const text = parameter === undefined ? cursor.name() : '';
    if (text === undefined) return undefined;
    parts.push(parameter === undefined ? { text } : { parameter });
  } while (cursor.symbol('.'));
  return parts.length <= most ? parts : undefined;
}

function textOf(part: NamePart | undefined): string {
  if (part === undefined) return 'NULL';
  return 'text' in part ? quoteText(part.text) : part.parameter;
}

/** What stands between the commas of `(type, …)`, as written. */
function argumentTypes(cursor: TokenCursor, sql: string): string[] | undefined {
  if (!cursor.symbol('(')) return undefined;
  const types: string[] = [];
  while (!cursor.symbol(')')) {
    if (types.length > 0 && !cursor.symbol(',')) return undefined;
    const type = cursor.upTo(',', ')');
    if (type === undefined) return undefined;
    types.push(sql.slice(type.start, type.end));
  }
  return types;
}

/** Types by their names in the catalogs, whatever they were called. */
function signatureOf(types: readonly string[]): string {
  const names = types.map((type) => {
    const text = /^\$\d+$/.test(type) ? `${type}::text` : quoteText(type);
    return `pg_catalog.format_type(pg_catalog.to_regtype(${text}), NULL)`;
  });
  return `pg_catalog.concat_ws(', '${names.map((name) => `, ${name}`).join('')})`;
}

/** SHOW TABLE, SHOW VIEW and SHOW PROCEDURE: text that makes the same again. */
function showDefinition(cursor: TokenCursor, sql: string): string | undefined {
  const kind = cursor.words('table') ? 'table' : cursor.words('view') ? 'view' : undefined;
  if (kind === undefined && !cursor.words('procedure')) return undefined;
  const name = nameOf(cursor, 3)?.map((part) => ('text' in part ? quoteName(part.text) : undefined));
  if (name === undefined || name.includes(undefined)) return undefined;
  const written = name.join('.');
  if (kind !== undefined) {
    if (!cursor.atEnd) return undefined;
    const title = kind === 'table' ? 'Show Table DDL statement' : 'Show View DDL statement';
    return `SELECT keyshift.shown_definition(${quoteText(written)}::pg_catalog.regclass, '${kind}') AS "${title}"`;
  }
  const types = cursor.atEnd ? 'any' : argumentTypes(cursor, sql);
  if (types === undefined || !cursor.atEnd) return undefined;
  const procedure =
    types === 'any'
      ? `${quoteText(written)}::pg_catalog.regproc`
      : `${quoteText(`${written}(${types.join(', ')})`)}::pg_catalog.regprocedure`;
  return `SELECT pg_catalog.pg_get_functiondef(oid) AS "Stored Procedure Definition" FROM keyshift.redshift_routines WHERE is_procedure AND oid = ${procedure}`;
}
