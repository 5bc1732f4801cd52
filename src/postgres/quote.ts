import { SqlError } from '../core/errors.ts';

/** The one place where names and texts become parts of SQL statements. Source: PostgreSQL 18 manual, 4.1. */

/**
 * A name as a quoted identifier.
 * @throws SqlError 42602 for a name that no identifier can be: empty, or with a zero character
 */
export function quoteIdentifier(name: string): string {
  if (name === '' || name.includes('\0'))
    throw new SqlError('42602', 'a name is empty or holds a zero character');
  return `"${name.replaceAll('"', '""')}"`;
}

/**
 * A text as a string constant that means the same whatever `standard_conforming_strings` says.
 * @throws SqlError 22021 for a text with a zero character, which PostgreSQL cannot hold
 */
export function quoteLiteral(text: string): string {
  if (text.includes('\0')) throw new SqlError('22021', 'a text holds a zero character');
  const doubled = text.replaceAll("'", "''");
  return doubled.includes('\\') ? ` E'${doubled.replaceAll('\\', '\\\\')}'` : `'${doubled}'`;
}
