import { decodeUnicode, escapeAt, NotRecognized } from './string-escapes.ts';

/**
 * Cuts SQL text into tokens as PostgreSQL's lexer does, as far as telling user DDL from everything else needs:
 * what is a keyword, what a name, what a string, and where comments hide text.
 * Source: PostgreSQL 18 manual, https://www.postgresql.org/docs/18/sql-syntax-lexical.html
 */

export type Token =
  /** An unquoted identifier or keyword; `value` in lower case. */
  | { readonly kind: 'word'; readonly start: number; readonly end: number; readonly value: string }
  /** A quoted identifier; `value` without quotes and escapes. */
  | { readonly kind: 'name'; readonly start: number; readonly end: number; readonly value: string }
  /** A string constant of any form but bits; `value` is what it stands for. */
  | { readonly kind: 'string'; readonly start: number; readonly end: number; readonly value: string }
  | { readonly kind: 'number'; readonly start: number; readonly end: number; readonly value: string }
  /** One character of an operator or punctuation. */
  | { readonly kind: 'symbol'; readonly start: number; readonly end: number; readonly value: string }
  /** A bit string or a parameter such as `$1`: never part of user DDL. */
  | { readonly kind: 'other'; readonly start: number; readonly end: number; readonly value: string };

const SPACE = /[ \t\n\r\f\v]+/y;
const LINE_COMMENT = /--[^\n\r]*/y;
/** PostgreSQL takes every character beyond ASCII for a letter. */
const WORD = /[A-Za-z_\u0080-\u{10ffff}][A-Za-z_0-9$\u0080-\u{10ffff}]*/uy;
const NUMBER =
  /0[xX](?:_?[0-9a-fA-F])+|0[oO](?:_?[0-7])+|0[bB](?:_?[01])+|(?:\d(?:_?\d)*(?:\.(?!\.)(?:\d(?:_?\d)*)?)?|\.\d(?:_?\d)*)(?:[eE][+-]?\d(?:_?\d)*)?/y;
const PARAMETER = /\$\d+/y;
const DOLLAR_TAG = /\$(?:[A-Za-z_\u0080-\u{10ffff}][A-Za-z_0-9\u0080-\u{10ffff}]*)?\$/uy;
const LETTER = /[A-Za-z_\u0080-\u{10ffff}]/uy;
const SPACE_CHARACTERS = ' \t\n\r\f\v';

/** What a `'…'` with a letter before it is. */
type StringForm = 'plain' | 'escapes' | 'unicode' | 'bits';

/**
 * The tokens of `sql`, or undefined if PostgreSQL would find an error in it or if we cannot be sure: such a text
 * is never user DDL. Takes linear time. Without `standardConformingStrings` a backslash in `'…'` escapes.
 */
export function tokenize(sql: string, standardConformingStrings: boolean): readonly Token[] | undefined {
  const tokens: Token[] = [];
  const lexer = new Lexer(sql, standardConformingStrings);
  try {
    for (let token = lexer.next(); token !== undefined; token = lexer.next()) tokens.push(token);
  } catch (error) {
    if (error instanceof NotRecognized) return undefined;
    throw error;
  }
  return tokens;
}

/**
 * The first word of `sql` in lower case, after white space and comments; undefined for a text that begins with anything
 * else. Takes linear time.
 */
export function firstWord(sql: string): string | undefined {
  try {
    const token = new Lexer(sql, true).next();
    return token?.kind === 'word' ? token.value : undefined;
  } catch (error) {
    if (error instanceof NotRecognized) return undefined;
    throw error;
  }
}

class Lexer {
  readonly #sql: string;
  readonly #standardConformingStrings: boolean;
  #at = 0;

  constructor(sql: string, standardConformingStrings: boolean) {
    this.#sql = sql;
    this.#standardConformingStrings = standardConformingStrings;
  }

  next(): Token | undefined {
    this.#skipSpace();
    const start = this.#at;
    const first = this.#sql.charAt(start);
    if (first === '') return undefined;
    if (first === "'") return this.#string(start, this.#standardConformingStrings ? 'plain' : 'escapes');
    if (first === '"') return this.#quotedName(start);
    if (first === '$') return this.#dollar(start);
    if (this.#sql.startsWith('..', start)) return this.#symbol(start);
    return this.#prefixed(start, first) ?? this.#word(start) ?? this.#number(start) ?? this.#symbol(start);
  }

  #skipSpace(): void {
    for (;;) {
      if (this.#match(SPACE) !== undefined || this.#match(LINE_COMMENT) !== undefined) continue;
      if (!this.#sql.startsWith('/*', this.#at)) return;
      this.#blockComment();
    }
  }

  /** Block comments nest, as in the SQL standard and unlike in C. */
  #blockComment(): void {
    let depth = 0;
    do {
      if (this.#sql.startsWith('/*', this.#at)) {
        depth += 1;
        this.#at += 2;
      } else if (this.#sql.startsWith('*/', this.#at)) {
        depth -= 1;
        this.#at += 2;
      } else if (this.#at < this.#sql.length) {
        this.#at += 1;
      } else {
        throw new NotRecognized();
      }
    } while (depth > 0);
  }

  /** `E'…'`, `U&'…'`, `U&"…"`, `B'…'` and `X'…'`. `N'…'` is a word and a string, as in PostgreSQL. */
  #prefixed(start: number, first: string): Token | undefined {
    const second = this.#sql.charAt(start + 1);
    if (second === "'") {
      const form = STRING_PREFIXES.get(first);
      if (form === undefined) return undefined;
      this.#at += 1;
      return this.#string(start, form);
    }
    if (second !== '&' || (first !== 'u' && first !== 'U')) return undefined;
    const third = this.#sql.charAt(start + 2);
    if (third === '"') {
      this.#at += 2;
      const { value } = this.#quotedName(start);
      return this.#token('name', start, this.#unicode(value));
    }
    // PostgreSQL refuses U&'…' when a backslash is an escape everywhere, and so do we.
    if (third !== "'" || !this.#standardConformingStrings) return undefined;
    this.#at += 2;
    return this.#string(start, 'unicode');
  }

  #string(start: number, form: StringForm): Token {
    let raw = this.#stringPart(form);
    while (this.#continues()) raw += this.#stringPart(form);
    if (form === 'bits') return this.#token('other', start, raw);
    return this.#token('string', start, form === 'unicode' ? this.#unicode(raw) : raw);
  }

  /**
   * Whether another part of the same string follows, and if so steps to its quote: there may be white space
   * with a line end in it, and line comments. By hand, because a pattern for it would backtrack without end.
   */
  #continues(): boolean {
    const sql = this.#sql;
    let lineEnds = 0;
    let at = this.#at;
    for (; at < sql.length; at++) {
      const character = sql.charAt(at);
      if (character === '\n' || character === '\r') lineEnds += 1;
      else if (sql.startsWith('--', at)) {
        LINE_COMMENT.lastIndex = at;
        at += (LINE_COMMENT.exec(sql)?.[0].length ?? 1) - 1;
      } else if (!SPACE_CHARACTERS.includes(character)) break;
    }
    if (lineEnds === 0 || sql.charAt(at) !== "'") return false;
    this.#at = at;
    return true;
  }

  /** From one quote to the next that is not doubled (which bits cannot be) or escaped. U& is decoded later. */
  #stringPart(form: StringForm): string {
    const sql = this.#sql;
    let value = '';
    let from = this.#at + 1;
    for (let at = from; at < sql.length; at++) {
      const character = sql.charAt(at);
      if (character === '\\' && form === 'escapes') {
        const [text, end] = escapeAt(sql, at + 1);
        value += sql.slice(from, at) + text;
        from = end;
        at = end - 1;
      } else if (character === "'") {
        value += sql.slice(from, at);
        if (sql.charAt(at + 1) !== "'" || form === 'bits') {
          this.#at = at + 1;
          return value;
        }
        from = at + 1;
        at += 1;
      }
    }
    throw new NotRecognized();
  }

  #quotedName(start: number): Token {
    const sql = this.#sql;
    for (let at = sql.indexOf('"', this.#at + 1); at >= 0; at = sql.indexOf('"', at + 2)) {
      if (sql.charAt(at + 1) === '"') continue;
      const value = sql.slice(this.#at + 1, at).replaceAll('""', '"');
      if (value === '') break;
      this.#at = at + 1;
      return this.#token('name', start, value);
    }
    throw new NotRecognized();
  }

  /** Decodes the escapes of U& forms, with the escape character of an UESCAPE clause if one follows. */
  #unicode(raw: string): string {
    const here = this.#at;
    this.#skipSpace();
    const word = this.#match(WORD);
    let escapeMark = '\\';
    if (word !== undefined && lowerAscii(word) === 'uescape') {
      this.#skipSpace();
      if (this.#sql.charAt(this.#at) !== "'") throw new NotRecognized();
      escapeMark = this.#stringPart(this.#standardConformingStrings ? 'plain' : 'escapes');
      if (this.#continues() || !/^[^0-9A-Fa-f+'" \t\n\r\f\v\u0080-\u{10ffff}]$/u.test(escapeMark))
        throw new NotRecognized();
    } else {
      this.#at = here;
    }
    return decodeUnicode(raw, escapeMark);
  }

  /** `$tag$ … $tag$` or `$1`. PostgreSQL takes a lone `$` for an unknown character, which is an error. */
  #dollar(start: number): Token {
    const tag = this.#match(DOLLAR_TAG);
    if (tag !== undefined) {
      const end = this.#sql.indexOf(tag, this.#at);
      if (end < 0) throw new NotRecognized();
      const value = this.#sql.slice(this.#at, end);
      this.#at = end + tag.length;
      return this.#token('string', start, value);
    }
    const parameter = this.#match(PARAMETER);
    if (parameter === undefined || this.#match(LETTER) !== undefined) throw new NotRecognized();
    return this.#token('other', start, parameter);
  }

  #word(start: number): Token | undefined {
    const word = this.#match(WORD);
    return word === undefined ? undefined : this.#token('word', start, lowerAscii(word));
  }

  #number(start: number): Token | undefined {
    const number = this.#match(NUMBER);
    if (number === undefined) return undefined;
    // Since PostgreSQL 15 letters right after a number are an error, and a dollar sign after some numbers.
    if (this.#match(LETTER) !== undefined || this.#sql.charAt(this.#at) === '$') throw new NotRecognized();
    return this.#token('number', start, number);
  }

  /** Two dots are one token, so that `..5` is not a dot and the number `.5`. */
  #symbol(start: number): Token {
    this.#at += this.#sql.startsWith('..', start) ? 2 : 1;
    return this.#token('symbol', start, this.#sql.slice(start, this.#at));
  }

  #token(kind: Token['kind'], start: number, value: string): Token {
    return { kind, start, end: this.#at, value };
  }

  /** Matches a sticky pattern here and steps over it. */
  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const matched = pattern.exec(this.#sql)?.[0];
    if (matched !== undefined) this.#at += matched.length;
    return matched;
  }
}

const STRING_PREFIXES: ReadonlyMap<string, StringForm> = new Map([
  ['e', 'escapes'],
  ['E', 'escapes'],
  ['b', 'bits'],
  ['B', 'bits'],
  ['x', 'bits'],
  ['X', 'bits'],
]);

/** PostgreSQL folds A to Z only: the Kelvin sign is not a k, and a dotted I not an i. */
function lowerAscii(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}
