import type { Token } from './tokenizer.ts';

/** Splits the tokens of a text into its statements, as PostgreSQL's grammar does. */

/** The tokens of one statement, at least one, without the semicolon. */
export type Statement = readonly [Token, ...Token[]];

/**
 * The statements of a text. A semicolon inside parentheses (CREATE RULE … DO) ends nothing. Undefined if the text has
 * a function body in SQL (BEGIN ATOMIC …), whose semicolons only PostgreSQL's whole grammar can tell apart.
 */
export function splitStatements(tokens: readonly Token[]): readonly Statement[] | undefined {
  const statements: Statement[] = [];
  let current: Token[] = [];
  let depth = 0;
  const endStatement = (): void => {
    const [first, ...others] = current;
    if (first !== undefined) statements.push([first, ...others]);
    current = [];
  };
  let previous = '';
  for (const token of tokens) {
    const plain = token.kind === 'word' || token.kind === 'symbol' ? token.value : '';
    if (previous === 'begin' && plain === 'atomic') return undefined;
    previous = plain;
    if (plain === '(') depth += 1;
    else if (plain === ')') depth -= 1;
    if (plain === ';' && depth <= 0) endStatement();
    else current.push(token);
  }
  endStatement();
  return statements;
}
