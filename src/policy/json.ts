import { syntaxError } from './malformed-policy.ts';

/**
 * A strict reader of JSON for policy documents. Unlike `JSON.parse` it refuses duplicate keys, limits
 * depth, keeps numbers as they were written, and builds no objects whose keys an outsider chose.
 */

/** A number, as it was written. */
export class JsonNumber {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export type JsonObject = ReadonlyMap<string, JsonValue>;
export type JsonValue = string | boolean | null | JsonNumber | readonly JsonValue[] | JsonObject;

/** Levels of nesting. The deepest policy (document, statements, statement, condition, operator, values) has six. */
const DEPTH_MAX = 8;

const WHITE_SPACE = /[\t\n\r ]*/y;
const PLAIN_CHARACTERS = /[^"\\\p{Cc}]*/uy;
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const FOUR_HEX_DIGITS = /[0-9a-fA-F]{4}/y;
const LONE_SURROGATE = /\p{Cs}/u;
/** U+0000 to U+001F but for tab, line feed and carriage return, which no policy may contain, escaped or not. */
const CONTROL_CHARACTER = /[^\t\n\r\u007f-\u009f\P{Cc}]/u;

const ESCAPES = new Map([
  ['"', '"'],
  ['\\', '\\'],
  ['/', '/'],
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
]);

/** True if `value` is a JSON object. */
export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return value instanceof Map;
}

/** True if `value` is a JSON array. */
export function isJsonArray(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value);
}

/** Where an object or array stands in its text: offsets of its first character, and after its last. */
export interface JsonSpan {
  readonly start: number;
  readonly end: number;
}

/** The spans of objects and arrays, by identity, for those who ask where something was written. */
export type JsonSpans = ReadonlyMap<JsonValue, JsonSpan>;

/**
 * Reads one JSON text (RFC 8259). Throws `MalformedPolicy` with the position of what is wrong.
 * The caller has limited the length of `text`.
 */
export function readJson(text: string): JsonValue {
  return read(new JsonReader(text, undefined));
}

/** As `readJson`, and tells where objects and arrays stand. */
export function readPlacedJson(text: string): { readonly value: JsonValue; readonly spans: JsonSpans } {
  const spans = new Map<JsonValue, JsonSpan>();
  return { value: read(new JsonReader(text, spans)), spans };
}

function read(reader: JsonReader): JsonValue {
  const value = reader.value(0);
  reader.end();
  return value;
}

class JsonReader {
  readonly #text: string;
  readonly #spans: Map<JsonValue, JsonSpan> | undefined;
  #at = 0;

  constructor(text: string, spans: Map<JsonValue, JsonSpan> | undefined) {
    this.#text = text;
    this.#spans = spans;
  }

  value(depth: number): JsonValue {
    if (depth > DEPTH_MAX) throw this.#problem(`more than ${DEPTH_MAX} levels of nesting`);
    this.#take(WHITE_SPACE);
    switch (this.#text.charAt(this.#at)) {
      case '{':
        return this.#placed(this.#at, this.#object(depth));
      case '[':
        return this.#placed(this.#at, this.#array(depth));
      case '"':
        return this.#string();
      case 't':
        return this.#word('true', true);
      case 'f':
        return this.#word('false', false);
      case 'n':
        return this.#word('null', null);
      default:
        return this.#number();
    }
  }

  end(): void {
    this.#take(WHITE_SPACE);
    if (this.#at < this.#text.length) throw this.#problem('text after the end of the document');
  }

  /** `start` has been read before the value has, as arguments are evaluated in order. */
  #placed<T extends JsonValue>(start: number, value: T): T {
    this.#spans?.set(value, { start, end: this.#at });
    return value;
  }

  #object(depth: number): JsonObject {
    const members = new Map<string, JsonValue>();
    this.#at += 1;
    if (this.#skip('}')) return members;
    do {
      this.#take(WHITE_SPACE);
      const key = this.#string();
      if (members.has(key)) throw this.#problem(`the key ${JSON.stringify(key)} occurs twice`);
      if (!this.#skip(':')) throw this.#problem('a colon is missing');
      members.set(key, this.value(depth + 1));
    } while (this.#skip(','));
    if (!this.#skip('}')) throw this.#problem('a closing brace or a comma is missing');
    return members;
  }

  #array(depth: number): readonly JsonValue[] {
    const items: JsonValue[] = [];
    this.#at += 1;
    if (this.#skip(']')) return items;
    do items.push(this.value(depth + 1));
    while (this.#skip(','));
    if (!this.#skip(']')) throw this.#problem('a closing bracket or a comma is missing');
    return items;
  }

  #string(): string {
    if (this.#text.charAt(this.#at) !== '"') throw this.#problem('a string is missing');
    this.#at += 1;
    let text = '';
    for (;;) {
      text += this.#take(PLAIN_CHARACTERS);
      const next = this.#text.charAt(this.#at);
      if (next === '"') break;
      if (next === '\\') text += this.#escape();
      // RFC 8259 forbids U+0000 to U+001F only; the others of this class (U+007F to U+009F) are text.
      else if (next > '\u001f') {
        text += next;
        this.#at += 1;
      } else throw this.#problem('a string does not end, or holds a control character');
    }
    this.#at += 1;
    if (LONE_SURROGATE.test(text)) throw this.#problem('half of a surrogate pair');
    if (CONTROL_CHARACTER.test(text)) throw this.#problem('a control character');
    return text;
  }

  #escape(): string {
    const letter = this.#text.charAt(this.#at + 1);
    this.#at += 2;
    if (letter !== 'u') {
      const character = ESCAPES.get(letter);
      if (character === undefined) throw this.#problem('an unknown escape');
      return character;
    }
    const digits = this.#take(FOUR_HEX_DIGITS);
    if (digits === '') throw this.#problem('an escape without four hexadecimal digits');
    return String.fromCharCode(Number.parseInt(digits, 16));
  }

  #number(): JsonNumber {
    const text = this.#take(NUMBER);
    if (text === '') throw this.#problem('a value is missing');
    return new JsonNumber(text);
  }

  #word<T>(word: string, value: T): T {
    if (!this.#text.startsWith(word, this.#at)) throw this.#problem('a value is missing');
    this.#at += word.length;
    return value;
  }

  /** Goes past white space and then `character`, if it comes next. */
  #skip(character: string): boolean {
    this.#take(WHITE_SPACE);
    if (this.#text.charAt(this.#at) !== character) return false;
    this.#at += 1;
    return true;
  }

  /** The text that the sticky expression matches here, possibly none. */
  #take(expression: RegExp): string {
    expression.lastIndex = this.#at;
    const taken = expression.exec(this.#text)?.[0] ?? '';
    this.#at += taken.length;
    return taken;
  }

  #problem(what: string): Error {
    return syntaxError(`${what}, at character ${this.#at + 1}`);
  }
}
