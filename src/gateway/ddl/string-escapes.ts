/**
 * The escapes of E'…' and U&'…', for the tokenizer.
 * Source: PostgreSQL 18 manual, sections 4.1.2.2 and 4.1.2.3.
 */

/** Leaves the tokenizer from any depth, and never leaves it for the outside. */
export class NotRecognized extends Error {}

const SIMPLE_ESCAPES: ReadonlyMap<string, string> = new Map([
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['v', '\v'],
]);

/** \123, \x41, \u0041 and \U00000041, right after the backslash. */
const CODED_ESCAPE = /([0-7]{1,3})|x([0-9A-Fa-f]{1,2})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})/y;

/** The text of the escape whose backslash is just before `at`, and where it ends. */
export function escapeAt(sql: string, at: number): readonly [string, number] {
  CODED_ESCAPE.lastIndex = at;
  const coded = CODED_ESCAPE.exec(sql);
  if (coded !== null) {
    const [whole, octal, byte, short, long] = coded;
    const code =
      octal === undefined ? Number.parseInt(byte ?? short ?? long ?? '', 16) : Number.parseInt(octal, 8);
    // A byte beyond ASCII is a part of a character, and a surrogate one half: no name or password needs them.
    const isByte = octal !== undefined || byte !== undefined;
    if (isByte && code > 0x7f) throw new NotRecognized();
    return [codePoint(code), at + whole.length];
  }
  const character = sql.charAt(at);
  if (character === '' || character === 'u' || character === 'U') throw new NotRecognized();
  return [SIMPLE_ESCAPES.get(character) ?? character, at + 1];
}

/** \0041 and \+000041, with `mark` in place of the backslash; the mark doubled is itself. */
export function decodeUnicode(raw: string, mark: string): string {
  if (!raw.includes(mark)) return raw;
  let value = '';
  for (let at = 0; at < raw.length; ) {
    const character = raw.charAt(at);
    if (character !== mark) {
      value += character;
      at += 1;
      continue;
    }
    if (raw.charAt(at + 1) === mark) {
      value += mark;
      at += 2;
      continue;
    }
    const digits = raw.charAt(at + 1) === '+' ? raw.slice(at + 2, at + 8) : raw.slice(at + 1, at + 5);
    const wanted = raw.charAt(at + 1) === '+' ? 6 : 4;
    if (digits.length < wanted || !/^[0-9A-Fa-f]+$/.test(digits)) throw new NotRecognized();
    value += codePoint(Number.parseInt(digits, 16));
    at += 1 + wanted + (wanted === 6 ? 1 : 0);
  }
  return value;
}

function codePoint(code: number): string {
  if (code === 0 || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) throw new NotRecognized();
  return String.fromCodePoint(code);
}
