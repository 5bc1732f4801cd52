import { tokenize } from '../gateway/ddl/tokenizer.ts';
import { statementInvalid } from '../redshift/statement-errors.ts';
import type { NamedValue, StatementOrder } from '../redshift/statements.ts';

/**
 * Named parameters: `:name` in a statement becomes `$1`, and the value goes to the server beside the statement. What a
 * string, a quoted name or a comment holds is left alone.
 * Source: Amazon Redshift Management Guide, "Running SQL statements with parameters".
 */
export interface Placed {
  readonly sql: string;
  /** One for each place, in order. */
  readonly values: readonly string[];
  readonly used: ReadonlySet<string>;
}

/**
 * Each place has a number of its own, even for a name that was there before: one value may be of several types, as
 * with the `?` of JDBC. A name that is not among the parameters stays, as the bound of an array slice does. A text
 * that is no SQL is left as it is, for the server to refuse.
 */
export function placeParameters(sql: string, parameters: ReadonlyMap<string, string>): Placed {
  const values: string[] = [];
  const used = new Set<string>();
  const tokens = parameters.size === 0 ? [] : (tokenize(sql, true) ?? []);
  let placed = '';
  let from = 0;
  for (const [n, colon] of tokens.entries()) {
    const [before, name] = [tokens[n - 1], tokens[n + 1]];
    if (colon.value !== ':' || colon.kind !== 'symbol' || name === undefined) continue;
    // `::` is a cast.
    if (before?.value === ':' && before.kind === 'symbol' && before.end === colon.start) continue;
    if (name.start !== colon.end || (name.kind !== 'word' && name.kind !== 'number')) continue;
    const text = sql.slice(name.start, name.end);
    const value = parameters.get(text);
    if (value === undefined) continue;
    used.add(text);
    values.push(value);
    placed += `${sql.slice(from, colon.start)}$${values.length}`;
    from = name.end;
  }
  return { sql: placed + sql.slice(from), values, used };
}

/** The values by name. Throws ValidationException for a name that is given twice. */
export function namedValues(parameters: readonly NamedValue[]): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (const { name, value } of parameters) {
    if (values.has(name)) throw statementInvalid(`Parameters list contains the parameter ${name} twice.`);
    values.set(name, value);
  }
  return values;
}

/** Throws ValidationException when a parameter is in none of the statements. */
export function requireParametersUsed(order: StatementOrder): void {
  const values = namedValues(order.parameters);
  const used = new Set(order.sqls.flatMap((sql) => [...placeParameters(sql, values).used]));
  const unused = [...values.keys()].filter((name) => !used.has(name));
  if (unused.length === 0) return;
  throw statementInvalid(
    `Parameters list contains unused parameters. Unused parameters: [${unused.join(', ')}]`,
  );
}
