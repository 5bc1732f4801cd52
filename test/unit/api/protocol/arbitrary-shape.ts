import fc from 'fast-check';
import type { Shape } from '../../../../src/api/services/table.ts';

/** Random values of a shape of the service tables, for inputs and outputs alike. */

const text = fc.oneof(
  { weight: 4, arbitrary: fc.stringMatching(/^[A-Za-z0-9:/_.+=@,-]{1,16}$/) },
  { weight: 1, arbitrary: fc.stringMatching(/^[!-~][ -~]{0,10}[!-~]$/) },
  { weight: 1, arbitrary: fc.constantFrom('true', '12', 'é', '名前', '🙂&<b>"\'', 'a+b c%20', '__proto__') },
);

// Whole seconds: answers have no fractions.
const date = fc.integer({ min: 0, max: 4_000_000_000 }).map((seconds) => new Date(seconds * 1000));

/** Lists, maps and structures are not empty: on the wire an empty one is the same as none. */
export function arbitraryOf(shape: Shape): fc.Arbitrary<unknown> {
  switch (shape.kind) {
    case 'string':
      return text;
    case 'boolean':
      return fc.boolean();
    case 'integer':
      return fc.integer();
    case 'long':
      return fc.maxSafeInteger();
    case 'double':
      return fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e15, max: 1e15 }).map((n) => n + 0);
    case 'timestamp':
      return date;
    case 'blob':
      return fc.uint8Array({ minLength: 1, maxLength: 8 });
    case 'list':
      return fc.array(arbitraryOf(shape.element), { minLength: 1, maxLength: 3 });
    case 'map':
      return fc
        .uniqueArray(fc.tuple(text, arbitraryOf(shape.value)), {
          minLength: 1,
          maxLength: 3,
          selector: ([key]) => key,
        })
        .map((entries) => new Map(entries));
    case 'structure':
      return fc
        .tuple(
          ...shape.members.map((member, n) =>
            optional(arbitraryOf(member.shape), member.required || n === 0),
          ),
        )
        .map((values) => {
          const given = shape.members.flatMap((member, n) =>
            values[n] === undefined ? [] : [[member.name, values[n]] as const],
          );
          return Object.fromEntries(given);
        });
    default:
      return shape satisfies never;
  }
}

function optional(arbitrary: fc.Arbitrary<unknown>, required: boolean): fc.Arbitrary<unknown> {
  return required ? arbitrary : fc.option(arbitrary, { nil: undefined, freq: 2 });
}

/** Turns maps into the plain objects that the AWS SDK has, and blobs into plain byte arrays. */
export function asSdk(value: unknown): unknown {
  if (value instanceof Map) {
    return Object.fromEntries([...value].map(([key, one]) => [key, asSdk(one)]));
  }
  if (value instanceof Uint8Array) return [...value];
  if (Array.isArray(value)) return value.map(asSdk);
  if (value instanceof Date || typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, asSdk(one)]));
}
