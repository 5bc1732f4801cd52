import assert from 'node:assert';

/** The scalars of an answer, checked against their shape. An answer of another form is a mistake of ours. */

export function textOf(value: unknown): string {
  assert(typeof value === 'string', 'the answer must have a string here');
  return value;
}

export function flagOf(value: unknown): boolean {
  assert(typeof value === 'boolean', 'the answer must have a boolean here');
  return value;
}

export function numberOf(value: unknown): number {
  assert(typeof value === 'number' && Number.isFinite(value), 'the answer must have a finite number here');
  return value;
}

export function dateOf(value: unknown): Date {
  assert(value instanceof Date, 'the answer must have a Date here');
  return value;
}

/** Bytes, as both protocols write them. */
export function base64Of(value: unknown): string {
  assert(value instanceof Uint8Array, 'the answer must have bytes here');
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64');
}

export function objectOf(value: unknown): object {
  assert(typeof value === 'object' && value !== null, 'the answer must have an object here');
  return value;
}

export function listOf(value: unknown): readonly unknown[] {
  assert(Array.isArray(value), 'the answer must have an array here');
  return value;
}

export function mapOf(value: unknown): ReadonlyMap<unknown, unknown> {
  assert(value instanceof Map, 'the answer must have a Map here');
  return value;
}
