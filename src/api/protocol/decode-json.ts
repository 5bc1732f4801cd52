import { AwsError } from '../../core/errors.ts';
import type { Operation, ScalarShape, Shape, StructureShape } from '../services/table.ts';

/**
 * Builds the input of an operation from a body of the JSON protocol, by the service table.
 * Source: Smithy 2.0 specification, "AWS JSON 1.1 protocol".
 */

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const INT32_MAX = 2 ** 31 - 1;
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

/**
 * Decodes a body. Members that the operation does not know are left out, `null` is as good as absent, and an empty
 * body is an empty object. Throws SerializationException (400) for what is no JSON, and for a value of a wrong type.
 */
export function decodeJsonInput(operation: Operation, body: Uint8Array): Record<string, unknown> {
  const parsed = body.length === 0 ? {} : parse(body);
  if (!isObject(parsed)) throw malformed('The body must be a JSON object.');
  return operation.input === undefined ? {} : structure(operation.input, parsed, '');
}

/** The operation behind `Prefix.` in the header X-Amz-Target, or undefined if that names another service. */
export function operationOfTarget(header: string, target: string): string | undefined {
  const [prefix, name, ...rest] = header.split('.');
  return prefix === target && rest.length === 0 ? name : undefined;
}

export function unknownOperation(): AwsError {
  return new AwsError('UnknownOperationException', 400, 'This service or operation is not available here.');
}

function parse(body: Uint8Array): unknown {
  try {
    return JSON.parse(utf8.decode(body));
  } catch {
    throw malformed('The body is not JSON in UTF-8.');
  }
}

function structure(shape: StructureShape, given: object, path: string): Record<string, unknown> {
  const object: Record<string, unknown> = {};
  for (const member of shape.members) {
    const raw: unknown = Object.hasOwn(given, member.wire) ? Reflect.get(given, member.wire) : undefined;
    if (raw === undefined || raw === null) continue;
    object[member.name] = value(member.shape, raw, path === '' ? member.wire : `${path}.${member.wire}`);
  }
  return object;
}

function value(shape: Shape, raw: unknown, path: string): unknown {
  switch (shape.kind) {
    case 'structure':
      if (!isObject(raw)) throw wrongType(path, 'an object');
      return structure(shape, raw, path);
    case 'list':
      if (!Array.isArray(raw)) throw wrongType(path, 'a list');
      return raw.map((element: unknown, n) => value(shape.element, element, `${path}[${n}]`));
    case 'map':
      if (!isObject(raw)) throw wrongType(path, 'an object');
      return new Map(
        Object.entries(raw).map(([key, element]) => [key, value(shape.value, element, `${path}.${key}`)]),
      );
    default:
      return scalar(shape, raw, path);
  }
}

function scalar(shape: ScalarShape, raw: unknown, path: string): unknown {
  const { kind } = shape;
  switch (kind) {
    case 'string':
      if (typeof raw !== 'string') throw wrongType(path, 'a string');
      // PostgreSQL holds no such text.
      if (raw.includes('\0')) throw wrongType(path, 'a string without null characters');
      return raw;
    case 'boolean':
      if (typeof raw === 'boolean') return raw;
      throw wrongType(path, 'a boolean');
    case 'integer':
      return number(
        raw,
        path,
        'an integer',
        (n) => Number.isInteger(n) && n >= -INT32_MAX - 1 && n <= INT32_MAX,
      );
    case 'long':
      return number(raw, path, 'an integer', Number.isSafeInteger);
    case 'double':
      return number(raw, path, 'a number', Number.isFinite);
    case 'timestamp':
      return timestamp(raw, path);
    case 'blob':
      if (typeof raw === 'string' && BASE64.test(raw) && raw.length % 4 === 0)
        return Buffer.from(raw, 'base64');
      throw wrongType(path, 'base64');
    default:
      return kind satisfies never;
  }
}

function number(raw: unknown, path: string, what: string, fits: (n: number) => boolean): number {
  // Adding zero makes -0 an ordinary zero.
  if (typeof raw === 'number' && fits(raw)) return raw + 0;
  throw wrongType(path, what);
}

function timestamp(raw: unknown, path: string): Date {
  const seconds = typeof raw === 'number' ? raw : Number.NaN;
  const at = new Date(typeof raw === 'string' ? raw : seconds * 1000);
  // A date of ECMAScript that is out of its range is none.
  if (Number.isNaN(at.getTime())) throw wrongType(path, 'a time');
  return at;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Characters of a path that a message repeats. */
const PATH_SHOWN_MAX = 100;

function wrongType(path: string, what: string): AwsError {
  return malformed(`The value of ${path.slice(0, PATH_SHOWN_MAX)} must be ${what}.`);
}

function malformed(message: string): AwsError {
  return new AwsError('SerializationException', 400, message);
}
