import type { Statement } from '../ddl/split-statements.ts';
import { quoteText } from '../ddl/sql-text.ts';
import { TokenCursor } from '../ddl/token-cursor.ts';

/**
 * Settings of a session that Redshift has and PostgreSQL has not: SET, RESET and SHOW of them. They are kept by
 * PostgreSQL under the name `keyshift.` and theirs, so they follow transactions and RESET ALL like any other setting,
 * and they have no effect, but for `readonly`.
 * Source: Amazon Redshift Database Developer Guide, "Configuration reference".
 */

/** Each with the value that SHOW gives while nobody has set it. */
export const SESSION_PARAMETERS: ReadonlyMap<string, string> = new Map([
  ['analyze_threshold_percent', '10'],
  ['cast_super_null_on_error', 'on'],
  ['datashare_break_glass_session_var', ''],
  ['default_geometry_encoding', '1'],
  ['describe_field_name_in_uppercase', 'off'],
  ['downcase_delimited_identifier', 'on'],
  ['enable_case_sensitive_identifier', 'off'],
  ['enable_case_sensitive_super_attribute', 'off'],
  ['enable_numeric_rounding', 'on'],
  ['enable_result_cache_for_session', 'on'],
  ['enable_spectrum_oid', 'on'],
  ['enable_vacuum_boost', 'off'],
  ['error_on_nondeterministic_update', 'off'],
  ['interval_forbid_composite_literals', 'off'],
  ['json_serialization_enable', 'off'],
  ['json_serialization_parse_nested_strings', 'off'],
  ['max_concurrency_scaling_clusters', '1'],
  ['max_cursor_result_set_size', 'default'],
  ['mv_enable_aqmv_for_session', 'on'],
  ['navigate_super_null_on_error', 'on'],
  ['parse_super_null_on_error', 'off'],
  ['pg_federation_repeatable_read', 'on'],
  ['query_group', 'unset'],
  ['spectrum_enable_pseudo_columns', 'on'],
  ['spectrum_query_maxerror', '-1'],
  ['stored_proc_log_min_messages', 'info'],
  ['use_fips_ssl', 'off'],
  ['wlm_query_slot_count', '1'],
]);

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

function settingNamed(name: string | undefined): string | undefined {
  if (name === undefined) return undefined;
  return SESSION_PARAMETERS.has(name) ? `keyshift.${name}` : SYNONYMS.get(name);
}

/** SHOW would name the column as PostgreSQL knows the setting. */
function show(name: string): string | undefined {
  const synonym = SYNONYMS.get(name);
  if (synonym !== undefined) return `SELECT pg_catalog.current_setting(${quoteText(synonym)}) AS ${name}`;
  const initial = SESSION_PARAMETERS.get(name);
  if (initial === undefined) return undefined;
  const present = `pg_catalog.current_setting(${quoteText(`keyshift.${name}`)}, true)`;
  return `SELECT coalesce(nullif(${present}, ''), ${quoteText(initial)}) AS ${name}`;
}
