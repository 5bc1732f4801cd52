import { RESERVED_KEYWORDS } from './keywords.ts';
import type { Statement } from './split-statements.ts';
import type { Token } from './tokenizer.ts';

/** Reads one statement's tokens from left to right; what does not fit answers undefined or false and stays. */
export class TokenCursor {
  readonly #tokens: Statement;
  #at = 0;

  constructor(statement: Statement) {
    this.#tokens = statement;
  }

  get atEnd(): boolean {
    return this.#at >= this.#tokens.length;
  }

  /** The next token, which stays. */
  get peek(): Token | undefined {
    return this.#tokens[this.#at];
  }

  /** Steps over `words` if all of them come next, unquoted. */
  words(...words: readonly string[]): boolean {
    const here = words.every((word, i) => {
      const token = this.#tokens[this.#at + i];
      return token?.kind === 'word' && token.value === word;
    });
    if (here) this.#at += words.length;
    return here;
  }

  symbol(symbol: string): boolean {
    const token = this.peek;
    if (token?.kind !== 'symbol' || token.value !== symbol) return false;
    this.#at += 1;
    return true;
  }

  /** An unquoted word, whichever it is. */
  anyWord(): string | undefined {
    return this.#take('word');
  }

  string(): string | undefined {
    return this.#take('string');
  }

  /** A whole number in plain digits. */
  digits(): string | undefined {
    const token = this.peek;
    return token?.kind === 'number' && /^\d+$/.test(token.value) ? this.#take('number') : undefined;
  }

  /** A parameter such as `$1`, as written. */
  parameter(): string | undefined {
    const token = this.peek;
    return token?.kind === 'other' && token.value.startsWith('$') ? this.#take('other') : undefined;
  }

  /** Steps over what comes before the next of `ends`, at least one token, and says where it lies in the text. */
  upTo(...ends: readonly string[]): { readonly start: number; readonly end: number } | undefined {
    const from = this.#at;
    let depth = 0;
    for (; !this.atEnd; this.#at += 1) {
      const token = this.peek;
      const symbol = token?.kind === 'symbol' ? token.value : '';
      if (depth === 0 && ends.includes(symbol)) break;
      depth += symbol === '(' ? 1 : symbol === ')' ? -1 : 0;
    }
    const [first, last] = [this.#tokens[from], this.#tokens[this.#at - 1]];
    return this.atEnd || this.#at === from || first === undefined || last === undefined
      ? undefined
      : { start: first.start, end: last.end };
  }

  /** The name of a role: quoted, or a word that PostgreSQL takes for a name. */
  name(): string | undefined {
    const token = this.peek;
    if (token?.kind === 'word' && RESERVED_KEYWORDS.has(token.value)) return undefined;
    return this.#take('name') ?? this.#take('word');
  }

  /** One or more names with commas between them. */
  names(): string[] | undefined {
    const names: string[] = [];
    do {
      const name = this.name();
      if (name === undefined) return undefined;
      names.push(name);
    } while (this.symbol(','));
    return names;
  }

  /** Steps over everything that is left and says where it lies in the text. */
  rest(): { readonly start: number; readonly end: number } | undefined {
    const first = this.peek;
    const last = this.#tokens.at(-1);
    if (first === undefined || last === undefined) return undefined;
    this.#at = this.#tokens.length;
    return { start: first.start, end: last.end };
  }

  #take(kind: Token['kind']): string | undefined {
    const token = this.peek;
    if (token?.kind !== kind) return undefined;
    this.#at += 1;
    return token.value;
  }
}
