/** The facts about a request that conditions and policy variables look at, by condition key. */

/**
 * Gives the values of a condition key. Keys are asked for in lower case, tag keys included
 * (`aws:principaltag/team`); undefined or an empty list means that the request does not have the key.
 */
export interface RequestContext {
  get(key: string): readonly string[] | undefined;
}

export type ContextEntries =
  | Iterable<readonly [string, string | readonly string[]]>
  | Readonly<Record<string, string | readonly string[]>>;

/**
 * Characters of one value, values of one key, and characters of them all: a tag value has up to 256 characters, a user
 * agent rarely 1,000; a resource has up to 50 tags, with 12,800 characters of values.
 */
const VALUE_CHARACTERS_MAX = 4096;
const VALUES_MAX = 256;
const KEY_CHARACTERS_MAX = 16_384;

/** A request whose facts are too long to be matched in a bounded time. The evaluator turns it into a denial. */
export class OversizedContext extends Error {
  constructor(key: string) {
    super(`the values of the condition key ${key} are too long`);
    this.name = 'OversizedContext';
  }
}

/**
 * Makes a context of a Map, of pairs or of a record. Keys are compared ignoring case, so two that differ
 * only in case are one key with the values of both (a caller who sends both hides neither).
 * Source: IAM User Guide, "IAM JSON policy elements: Condition".
 */
export function requestContext(entries: ContextEntries): RequestContext {
  const pairs = Symbol.iterator in entries ? entries : Object.entries(entries);
  const values = new Map<string, readonly string[]>();
  for (const [key, value] of pairs) {
    const folded = key.toLowerCase();
    const list = typeof value === 'string' ? [value] : value;
    const earlier = values.get(folded);
    values.set(folded, earlier === undefined ? list : [...earlier, ...list]);
  }
  return values;
}

/**
 * The values of a key, or undefined if the request does not have it. `key` is in lower case.
 * Throws `OversizedContext`.
 */
export function valuesOf(context: RequestContext, key: string): readonly string[] | undefined {
  const values = context.get(key);
  if (values === undefined || values.length === 0) return undefined;
  if (values.length > VALUES_MAX) throw new OversizedContext(key);
  let characters = 0;
  for (const value of values) {
    if (value.length > VALUE_CHARACTERS_MAX) throw new OversizedContext(key);
    characters += value.length;
  }
  if (characters > KEY_CHARACTERS_MAX) throw new OversizedContext(key);
  return values;
}
