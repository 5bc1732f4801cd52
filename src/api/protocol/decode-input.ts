import { AwsError } from '../../core/errors.ts';
import type {
  ListShape,
  MapShape,
  Operation,
  ScalarShape,
  ServiceTable,
  Shape,
  StructureShape,
} from '../services/table.ts';
import { decodeScalar } from './decode-scalar.ts';
import { type ParameterBranch, type ParameterNode, parameterTree } from './parameter-tree.ts';

/**
 * Builds the input of an operation from its parameters, by the service table.
 * Source: Smithy 2.0 specification, "AWS query protocol".
 */

/** Elements of one list; the largest documented list of our services has 1,000. */
const LIST_INDEX_MAX = 10_000;
const INDEX = /^[1-9]\d{0,4}$/;

/**
 * Decodes parameters into an object of the operation's input type. Members that the operation does not know are
 * left out, as AWS does; `X=` is an absent list, number, boolean or timestamp, but an empty string. List elements
 * are taken in the order of their numbers and gaps close up. Throws ValidationError 400 (Redshift:
 * InvalidParameterValue 400) for a value of the wrong type, and InvalidQueryParameter 400 for a malformed list.
 */
export function decodeInput(
  table: ServiceTable,
  operation: Operation,
  parameters: ReadonlyMap<string, string>,
): Record<string, unknown> {
  if (operation.input === undefined || parameters.size === 0) return {};
  return structure(table, operation.input, parameterTree(parameters), '');
}

/** Undefined: not given. `path` is the parameter's name so far, for messages. */
function value(table: ServiceTable, shape: Shape, node: ParameterNode, path: string): unknown {
  switch (shape.kind) {
    case 'structure':
      return typeof node === 'string' ? absent(node, path) : structure(table, shape, node.children, path);
    case 'list':
      return list(table, shape, node, path);
    case 'map':
      return map(table, shape, node, path);
    default:
      return scalar(table, shape, node, path);
  }
}

function structure(
  table: ServiceTable,
  shape: StructureShape,
  given: ReadonlyMap<string, ParameterNode>,
  path: string,
): Record<string, unknown> {
  const object: Record<string, unknown> = {};
  for (const member of shape.members) {
    const child = given.get(member.wire);
    if (child === undefined) continue;
    const decoded = value(table, member.shape, child, join(path, member.wire));
    if (decoded !== undefined) object[member.name] = decoded;
  }
  return object;
}

function list(
  table: ServiceTable,
  shape: ListShape,
  node: ParameterNode,
  path: string,
): unknown[] | undefined {
  if (typeof node === 'string') return absent(node, path);
  const found = elements(node, shape.item, path);
  if (found.length === 0) return undefined;
  return found.map(([index, child]) => {
    const element = value(table, shape.element, child, join(path, index));
    // `Tags.member.1=` has no other reading than an element without members.
    return element ?? (shape.element.kind === 'structure' ? {} : missingElement(join(path, index)));
  });
}

function map(
  table: ServiceTable,
  shape: MapShape,
  node: ParameterNode,
  path: string,
): Map<unknown, unknown> | undefined {
  if (typeof node === 'string') return absent(node, path);
  const decoded = new Map<unknown, unknown>();
  for (const [index, entry] of elements(node, 'entry', path)) {
    const [keyNode, valueNode] =
      typeof entry === 'string' ? [] : [entry.children.get('key'), entry.children.get('value')];
    const place = join(path, index);
    if (keyNode === undefined || valueNode === undefined)
      throw malformedList(place, 'needs a key and a value');
    const key = value(table, shape.key, keyNode, `${place}.key`);
    if (decoded.has(key)) throw malformedList(place, 'repeats a key');
    decoded.set(key, value(table, shape.value, valueNode, `${place}.value`));
  }
  return decoded;
}

/** Finds `X.<item>.N`, `X.member.N` or the flattened `X.N`, in the order of N. */
function elements(node: ParameterBranch, item: string, path: string): [string, ParameterNode][] {
  const wrapper = node.children.get(item) ?? node.children.get('member');
  if (wrapper !== undefined && node.children.size !== 1) {
    throw malformedList(path, 'mixes two ways of writing a list');
  }
  if (typeof wrapper === 'string') return [];
  const numbered = [...(wrapper ?? node).children];
  for (const [index] of numbered) {
    if (!INDEX.test(index) || Number(index) > LIST_INDEX_MAX) {
      throw malformedList(path, `must number its elements from 1 to at most ${LIST_INDEX_MAX}`);
    }
  }
  return numbered.sort(([a], [b]) => Number(a) - Number(b));
}

function scalar(table: ServiceTable, shape: ScalarShape, node: ParameterNode, path: string): unknown {
  const text = typeof node === 'string' ? node : node.value;
  if (text === undefined || (text === '' && shape.kind !== 'string')) return undefined;
  if (shape.kind === 'string') return text;
  const decoded = decodeScalar(shape.kind, text);
  if (decoded.ok) return decoded.value;
  const code = table.strict ? 'ValidationError' : 'InvalidParameterValue';
  throw new AwsError(code, 400, `Invalid value for the parameter ${path}: ${decoded.problem}.`);
}

function absent(text: string, path: string): undefined {
  if (text === '') return undefined;
  throw new AwsError('InvalidQueryParameter', 400, `The parameter ${path} must not have a value of its own.`);
}

function missingElement(path: string): never {
  throw malformedList(path, 'has no value');
}

function malformedList(path: string, problem: string): AwsError {
  return new AwsError('InvalidQueryParameter', 400, `The parameter ${path} ${problem}.`);
}

function join(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}
