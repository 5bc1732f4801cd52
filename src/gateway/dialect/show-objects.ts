import type { Statement } from '../ddl/split-statements.ts';
import { quoteText } from '../ddl/sql-text.ts';
import { TokenCursor } from '../ddl/token-cursor.ts';

/**
 * Redshift's SHOW DATABASES, SHOW SCHEMAS, SHOW TABLES and SHOW COLUMNS as queries of the system tables.
 * Source: Amazon Redshift Database Developer Guide, pages of these names.
 */

/** What each form lists, the words before the name, and the columns of the table that the parts of the name select. */
interface Form {
  readonly table: string;
  readonly columns: string;
  readonly parts: readonly string[];
  readonly like: string;
}

const FORMS: ReadonlyMap<string, Form & { readonly from: readonly string[] }> = new Map([
  [
    'databases',
    {
      table: 'svv_redshift_databases',
      columns:
        'database_name, database_owner, database_type, database_acl, database_options AS parameters, database_isolation_level',
      from: [],
      parts: [],
      like: 'database_name',
    },
  ],
  [
    'schemas',
    {
      table: 'svv_all_schemas',
      columns: '*',
      from: ['from', 'database'],
      parts: ['database_name'],
      like: 'schema_name',
    },
  ],
  [
    'tables',
    {
      table: 'svv_all_tables',
      columns: 'database_name, schema_name, table_name, table_type, table_acl, remarks',
      from: ['from', 'schema'],
      parts: ['database_name', 'schema_name'],
      like: 'table_name',
    },
  ],
  [
    'columns',
    {
      table: 'svv_all_columns',
      columns: '*',
      from: ['from', 'table'],
      parts: ['database_name', 'schema_name', 'table_name'],
      like: 'column_name',
    },
  ],
]);

/** The query to run instead of a SHOW of objects, or undefined. */
export function translateShowObjects(statement: Statement): string | undefined {
  const cursor = new TokenCursor(statement);
  if (!cursor.words('show')) return undefined;
  const form = FORMS.get(cursor.anyWord() ?? '');
  if (form === undefined) return undefined;
  const conditions: string[] = [];
  if (form.from.length > 0) {
    if (!cursor.words(...form.from)) return undefined;
    const name = nameOf(cursor, form.parts.length);
    if (name === undefined) return undefined;
    const columns = form.parts.slice(-name.length);
    conditions.push(...columns.map((column, i) => `${column} = ${quoteText(name[i] ?? '')}`));
  }
  if (cursor.words('like')) {
    const pattern = cursor.string();
    if (pattern === undefined) return undefined;
    conditions.push(`${form.like} LIKE ${quoteText(pattern)}`);
  }
  const limit = cursor.words('limit') ? cursor.digits() : '';
  if (limit === undefined || !cursor.atEnd) return undefined;
  const where = conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`;
  const order = form.table === 'svv_all_columns' ? 'ordinal_position' : form.like;
  const end = limit === '' ? '' : ` LIMIT ${limit}`;
  return `SELECT ${form.columns} FROM pg_catalog.${form.table}${where} ORDER BY ${order}${end}`;
}

/** One name, or up to `most` with dots between them. */
function nameOf(cursor: TokenCursor, most: number): string[] | undefined {
  const parts: string[] = [];
  do {
    const part = cursor.name();
    if (part === undefined) return undefined;
    parts.push(part);
  } while (cursor.symbol('.'));
  return parts.length <= most ? parts : undefined;
}
