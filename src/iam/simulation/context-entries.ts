import { type ContextKind, isContextValue } from '../../policy/context-values.ts';
import { invalidInput } from '../iam-errors.ts';

/**
 * The condition keys that a simulation is told, checked as IAM's policy simulator checks them.
 * Source: IAM API Reference, type ContextEntry; texts as the real service answers.
 */
export interface ContextEntry {
  readonly name: string | undefined;
  readonly values: readonly string[];
  /** A kind of value, or that kind with `List`. */
  readonly type: string | undefined;
}

const LIST = 'List';

const KINDS: ReadonlyMap<string, { readonly kind: ContextKind; readonly expected: string }> = new Map([
  ['string', { kind: 'string', expected: 'string format' }],
  ['boolean', { kind: 'boolean', expected: 'boolean format' }],
  ['numeric', { kind: 'numeric', expected: 'numeric format' }],
  ['date', { kind: 'date', expected: 'DateTime format' }],
  ['ip', { kind: 'ip', expected: 'IP address' }],
  ['binary', { kind: 'binary', expected: 'base-64 encoded binary format' }],
]);

/** Values by key in lower case. Throws InvalidInput. */
export function readContextEntries(entries: readonly ContextEntry[]): Map<string, readonly string[]> {
  const read = new Map<string, readonly string[]>();
  for (const { name = '', type = 'null', values } of entries) {
    if (name === '') throw invalidInput('ContextKeyName cannot be null or empty.');
    const key = name.toLowerCase();
    if (read.has(key)) throw invalidInput(`Duplicate context key: ${name}.`);
    const isList = type.endsWith(LIST);
    const known = KINDS.get(isList ? type.slice(0, -LIST.length) : type);
    if (known === undefined) throw invalidInput(`Context key ${name} has invalid type ${type}.`);
    if (values.length === 0) {
      throw invalidInput(`Context values for context key ${name} cannot be null or empty.`);
    }
    if (!isList && values.length > 1) {
      throw invalidInput(`Context key ${type} expected a single value, but received ${values.length}.`);
    }
    if (!values.every((value) => isContextValue(known.kind, value))) {
      throw invalidInput(`Invalid context value for key ${name}: expected ${known.expected}.`);
    }
    read.set(key, values);
  }
  return read;
}
