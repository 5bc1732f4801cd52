import { LIMITS } from '../../core/limits.ts';
import { splitStatements } from '../ddl/split-statements.ts';
import { firstWord, tokenize } from '../ddl/tokenizer.ts';
import { portDriverQuery } from './driver-queries.ts';
import { translateSessionParameter } from './session-parameters.ts';
import { translateShowObjects } from './show-objects.ts';

/**
 * What of Redshift's dialect the gateway writes in PostgreSQL's words, besides user DDL: settings of a session, SHOW
 * of objects, and the metadata queries of Redshift's drivers. All of it is decided by the text alone.
 */

/** Comments before the first word are looked over up to here, in characters; dbt writes one before each statement. */
const PRELUDE_MAX = 4_096;
/** The words with which a statement about a setting, or a SHOW, begins. */
export const SETTING_VERBS = ['set', 'show', 'reset'] as const;
const FIRST_WORDS: ReadonlySet<string | undefined> = new Set(SETTING_VERBS);

/** The text to run instead of `sql`, or undefined, at little cost, for nearly all. */
export function translateDialect(sql: string): string | undefined {
  if (sql.length > LIMITS.ddlStatementBytesMax) return undefined;
  const ported = portDriverQuery(sql);
  if (ported !== undefined) return ported;
  return FIRST_WORDS.has(firstWord(sql.slice(0, PRELUDE_MAX))) ? translateSettings(sql) : undefined;
}

function translateSettings(sql: string): string | undefined {
  const tokens = tokenize(sql, true);
  const statements = tokens === undefined ? undefined : splitStatements(tokens);
  if (statements === undefined || sql.includes('\\')) return undefined;
  let rewritten = '';
  let copiedTo = 0;
  for (const statement of statements) {
    const instead = translateSessionParameter(statement, sql) ?? translateShowObjects(statement, sql);
    if (instead === undefined) continue;
    rewritten += sql.slice(copiedTo, statement[0].start) + instead;
    copiedTo = (statement.at(-1) ?? statement[0]).end;
  }
  return copiedTo === 0 ? undefined : rewritten + sql.slice(copiedTo);
}
