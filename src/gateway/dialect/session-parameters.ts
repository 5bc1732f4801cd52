import { keptSetting, REDSHIFT_SETTINGS } from '../../postgres/redshift-settings.ts';
import type { Statement } from '../ddl/split-statements.ts';
import { quoteText } from '../ddl/sql-text.ts';
import { TokenCursor } from '../ddl/token-cursor.ts';

/**
 * Settings of a session that Redshift has and PostgreSQL has not: SET, RESET and SHOW of them. They are kept by
 * PostgreSQL under the name `keyshift.` and theirs, so they follow transactions and RESET ALL like any other setting,
 * and they have no effect, but for `readonly`.
 * Source: Amazon Redshift Database Developer Guide, "Configuration reference".
 */

/** Names that PostgreSQL has another word for. */
const SYNONYMS: ReadonlyMap<string, string> = new Map([['readonly', 'default_transaction_read_only']]);

/** The statement to run instead of one about such a setting, or undefined. `sql` is what the tokens were cut from. */
export function translateSessionParameter(statement: Statement, sql: string): string | undefined {
  const cursor = new TokenCursor(statement);
  if (cursor.words('set')) return translateSet(cursor, sql);
  if (cursor.words('reset')) {
    const setting = settingNamed(cursor.anyWord());
    return setting !== undefined && cursor.atEnd ? `RESET ${setting}` : undefined;
  }
  if (!cursor.words('show')) return undefined;
  const name = cursor.anyWord();
  return name !== undefined && cursor.atEnd ? show(name) : undefined;
}

function translateSet(cursor: TokenCursor, sql: string): string | undefined {
  const scope = cursor.words('local') ? 'LOCAL ' : cursor.words('session') ? 'SESSION ' : '';
  const setting = settingNamed(cursor.anyWord());
  if (setting === undefined || !(cursor.words('to') || cursor.symbol('='))) return undefined;
  const value = cursor.rest();
  return value === undefined ? undefined : `SET ${scope}${setting} TO ${sql.slice(value.start, value.end)}`;
}

/** The name under which PostgreSQL keeps a setting of Redshift's, or undefined for one that is PostgreSQL's too. */
export function settingNamed(name: string | undefined): string | undefined {
  if (name === undefined) return undefined;
  return REDSHIFT_SETTINGS.has(name) ? keptSetting(name) : SYNONYMS.get(name);
}

/** SHOW would name the column as PostgreSQL knows the setting. */
function show(name: string): string | undefined {
  const synonym = SYNONYMS.get(name);
  if (synonym !== undefined) return `SELECT pg_catalog.current_setting(${quoteText(synonym)}) AS ${name}`;
  const initial = REDSHIFT_SETTINGS.get(name);
  if (initial === undefined) return undefined;
  const present = `pg_catalog.current_setting(${quoteText(keptSetting(name))}, true)`;
  return `SELECT coalesce(nullif(${present}, ''), ${quoteText(initial)}) AS ${name}`;
}
