import { readSource } from './source-text.ts';

/**
 * Whether the SQL of the source names the account that it is about. Reads the texts of statements as they stand in the
 * source, with the constants of the same file put in; what else is put in at run time is not seen.
 */

/** The tables with an account in each row, from the migrations. */
export function tablesOfAccounts(migrations: Iterable<string>): Set<string> {
  const tables = new Set<string>();
  for (const text of migrations) {
    for (const [, table = '', columns = ''] of text.matchAll(
      /CREATE (?:UNLOGGED )?TABLE keyshift\.(\w+) \(([\s\S]*?)\n\);/g,
    )) {
      if (/^\s*account_id\s/m.test(columns)) tables.add(table);
    }
  }
  return tables;
}

/** A table in a statement, by the name under which the statement knows it. */
const REFERENCE =
  /\b(?:FROM|JOIN|UPDATE)\s+keyshift\.(\w+)(?:\s+(?:AS\s+)?(?!(?:WHERE|SET|ON|ORDER|GROUP|LIMIT|USING|RETURNING|LEFT|JOIN|CROSS|UNION)\b)([a-z]\w*)\b)?/gi;
const LITERAL = /`([^`]*)`|'([^'\n]*)'|"([^"\n]*)"/g;
const CONSTANT = /const (\w+)(?:: \w+)? =\s*(?:`([^`]*)`|'([^'\n]*)'|"([^"\n]*)")/g;
/** Constants are made of constants of constants, at most. */
const DEPTH_MAX = 3;

/**
 * The references to tables of accounts that no condition binds to an account, as `path table`: rows are read or changed
 * by something else than their account.
 */
export function unboundReferences(path: string, source: string, tables: ReadonlySet<string>): string[] {
  // Apostrophes in comments are no quotes.
  const text = readSource(source).withStrings;
  const constants = new Map(
    [...text.matchAll(CONSTANT)].map(([, name = '', ...values]) => [name, values.join('')]),
  );
  const parts = new Set([...text.matchAll(/\$\{(\w+)\}/g)].map(([, name = '']) => constants.get(name)));
  const found: string[] = [];
  for (const [, ...values] of text.matchAll(LITERAL)) {
    const written = values.join('');
    // A part is looked at where it is put in.
    if (parts.has(written)) continue;
    const sql = complete(written, constants);
    for (const [, table = '', alias] of sql.matchAll(REFERENCE)) {
      if (tables.has(table) && !isBound(sql, alias)) found.push(`${path} ${table}`);
    }
  }
  return found;
}

function complete(sql: string, constants: ReadonlyMap<string, string>): string {
  let text = sql;
  for (let depth = 0; depth < DEPTH_MAX; depth++) {
    text = text.replaceAll(/\$\{(\w+)\}/g, (whole, name: string) => constants.get(name) ?? whole);
  }
  return text;
}

/** With an alias in a join the condition has to be on that alias. */
function isBound(sql: string, alias: string | undefined): boolean {
  const bare = /(?<![.\w])account_id\s*(?:=|>)/.test(sql);
  if (alias === undefined) return bare;
  if (new RegExp(`\\b${alias}\\.account_id\\s*(?:=|>)|=\\s*${alias}\\.account_id\\b`).test(sql)) return true;
  return bare && !/\bJOIN\b/.test(sql);
}
