/** What is not known of a request before it is made: each unknown decides one or more condition keys. */

export interface Unknown {
  /** For a person: `the database`. */
  readonly name: string;
  /** Whether a request need not have it. */
  readonly isOptional: boolean;
  readonly domain: Domain;
  readonly keys: readonly UnknownKey[];
}

export interface UnknownKey {
  /** In lower case. */
  readonly key: string;
  /** The value of the key, made of a candidate; undefined if the key is absent then. */
  valueOf(candidate: string): string | undefined;
}

export type Domain =
  /** Any text that `accepts` takes. */
  | TextDomain
  /** An IPv4 or IPv6 address. */
  | { readonly kind: 'address' }
  /** Whole seconds since 1970, as text, from `from` on. */
  | { readonly kind: 'time'; readonly from: number }
  /** A whole number. */
  | { readonly kind: 'number'; readonly min: number; readonly max: number }
  | { readonly kind: 'choice'; readonly values: readonly string[] };

export interface TextDomain {
  readonly kind: 'text';
  /** What stands before the candidate in the value of its key, such as a role's id before the name of a session. */
  readonly prefix: string;
  /** Characters that may begin it, and all that it may have; likely ones first. */
  readonly first: string;
  readonly characters: string;
  readonly lengthMin: number;
  readonly lengthMax: number;
  accepts(text: string): boolean;
}

/** Values by unknown; undefined for one that the request does not have. */
export type Assignment = ReadonlyMap<Unknown, string | undefined>;

/** Which unknown decides a key (in lower case); undefined for keys that are known, or that no request has. */
export type UnknownOf = (key: string) => Unknown | undefined;

/** The values that an assignment gives a key: undefined if it says nothing, empty if the key is absent. */
export function assignedValues(
  assignment: Assignment,
  unknownOf: UnknownOf,
  key: string,
): readonly string[] | undefined {
  const unknown = unknownOf(key);
  if (unknown === undefined || !assignment.has(unknown)) return undefined;
  const candidate = assignment.get(unknown);
  const made = unknown.keys.find((one) => one.key === key);
  const value = candidate === undefined ? undefined : made?.valueOf(candidate);
  return value === undefined ? [] : [value];
}
