import { createHash, timingSafeEqual } from 'node:crypto';
import { inspect } from 'node:util';

const PLACEHOLDER = '[secret]';

/**
 * A secret text that cannot print itself: string conversion, JSON, inspection and error messages show a
 * placeholder. `reveal` is the only way to the text and is easy to search for.
 */
export class Secret {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** The text itself. Only for handing it to its owner, to a cipher or to a signature. */
  reveal(): string {
    return this.#text;
  }

  /** Whether `text` is the same text, in a time that does not depend on where they differ. */
  equals(text: string): boolean {
    return timingSafeEqual(sha256(this.#text), sha256(text));
  }

  toString(): string {
    return PLACEHOLDER;
  }

  toJSON(): string {
    return PLACEHOLDER;
  }

  [inspect.custom](): string {
    return PLACEHOLDER;
  }
}

/** Whether two byte strings are the same, in a time that does not depend on where they differ. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
