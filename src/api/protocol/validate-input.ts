import { AwsError } from '../../core/errors.ts';
import type {
  ListShape,
  Member,
  Operation,
  ScalarShape,
  ServiceTable,
  Shape,
  StructureShape,
} from '../services/table.ts';

/**
 * Checks a decoded input against the constraints of the model, with AWS's texts.
 * Source: service models of IAM and STS; texts as the services print them.
 */

/** Problems printed in one message; AWS prints them all, but has fewer parameters. */
const PROBLEMS_MAX = 20;
/** Characters of a value that a message repeats; the longest name is 128, a policy document 131,072. */
const VALUE_SHOWN_MAX = 1024;

/** The one member for which IAM prints a sentence of its own instead of the list of constraints. */
const ALIAS_PATH = 'accountAlias';
const ALIAS_TEXT =
  'The specified value for accountAlias is invalid. It must be a minimum length of 3 characters and maximum ' +
  'length of 63 characters, contain only digits, lowercase letters, and hyphens (-), but cannot begin or end ' +
  'with a hyphen.';

const NO_PROBLEMS: readonly string[] = [];

interface Problem {
  readonly path: string;
  /** `null`, a quoted value, or undefined for a secret. */
  readonly shown: string | undefined;
  readonly constraint: string;
}

/**
 * Checks `input` for what the operation requires. Throws ValidationError 400 that lists every violated
 * constraint; for Redshift, whose own rules come after authorization, only MissingParameter 400.
 */
export function validateInput(
  table: ServiceTable,
  operation: Operation,
  input: Record<string, unknown>,
): void {
  if (operation.input === undefined) return;
  const problems: Problem[] = [];
  checkStructure(problems, operation.input, input, '');
  if (problems.length === 0) return;
  if (table.strict) throw validationError(problems);
  const missing = missingMember(operation.input, input, '');
  throw new AwsError('MissingParameter', 400, `The request must contain the parameter ${missing}.`);
}

function checkStructure(problems: Problem[], shape: StructureShape, input: object, path: string): void {
  for (const member of shape.members) {
    if (problems.length >= PROBLEMS_MAX) return;
    const value = memberOf(input, member);
    if (value === undefined && !member.required) continue;
    const place = join(path, member.label);
    if (value !== undefined) check(problems, member.shape, value, place);
    else problems.push({ path: place, shown: 'null', constraint: 'Member must not be null' });
  }
}

function check(problems: Problem[], shape: Shape, value: unknown, path: string): void {
  switch (shape.kind) {
    case 'structure':
      if (typeof value === 'object' && value !== null) checkStructure(problems, shape, value, path);
      return;
    case 'list':
      if (Array.isArray(value)) checkList(problems, shape, value, path);
      return;
    case 'map':
      return; // No strict service has a map in an input.
    default:
      for (const constraint of violated(shape, value)) {
        problems.push({ path, shown: shape.sensitive ? undefined : quoted(String(value)), constraint });
      }
  }
}

function checkList(problems: Problem[], shape: ListShape, values: readonly unknown[], path: string): void {
  const { element } = shape;
  const simple = element.kind !== 'structure' && element.kind !== 'list' && element.kind !== 'map';
  const shown = () =>
    simple && element.sensitive ? undefined : quoted(simple ? `[${values.join(', ')}]` : '[...]');
  for (const constraint of rangeProblems(shape, values.length, 'length'))
    problems.push({ path, shown: shown(), constraint });
  if (!simple) {
    values.forEach((value, n) => {
      if (problems.length < PROBLEMS_MAX) check(problems, element, value, `${path}.${n + 1}.member`);
    });
  } else if (values.some((value) => violated(element, value).length > 0)) {
    const constraint = `Member must satisfy constraint: [${constraintsOf(element).join(', ')}]`;
    problems.push({ path, shown: shown(), constraint });
  }
}

function violated(shape: ScalarShape, value: unknown): readonly string[] {
  if (!shape.constrained) return NO_PROBLEMS;
  if (typeof value === 'number') return rangeProblems(shape, value, 'value');
  if (typeof value !== 'string') return [];
  const problems = rangeProblems(shape, lengthOf(value), 'length');
  // A pattern is not tried on a value that is too long: the time it takes stays bounded by the length.
  const tooLong = shape.max !== undefined && value.length > 2 * shape.max;
  if (shape.pattern !== undefined && !tooLong && !shape.pattern.regExp.test(value)) {
    problems.push(`Member must satisfy regular expression pattern: ${shape.pattern.text}`);
  }
  if (shape.values !== undefined && !shape.values.has(value)) {
    problems.push(`Member must satisfy enum value set: [${[...shape.values].join(', ')}]`);
  }
  return problems;
}

function rangeProblems(
  range: { readonly min?: number; readonly max?: number },
  size: number,
  what: 'length' | 'value',
): string[] {
  const problems: string[] = [];
  if (range.max !== undefined && size > range.max) {
    problems.push(`Member must have ${what} less than or equal to ${range.max}`);
  }
  if (range.min !== undefined && size < range.min) {
    problems.push(`Member must have ${what} greater than or equal to ${range.min}`);
  }
  return problems;
}

/** Every constraint of a list's element, as AWS prints them for the list as a whole. */
function constraintsOf(shape: ScalarShape): string[] {
  const what = shape.kind === 'string' ? 'length' : 'value';
  const all: string[] = [];
  if (shape.max !== undefined) all.push(`Member must have ${what} less than or equal to ${shape.max}`);
  if (shape.min !== undefined) all.push(`Member must have ${what} greater than or equal to ${shape.min}`);
  if (shape.pattern !== undefined) {
    all.push(`Member must satisfy regular expression pattern: ${shape.pattern.text}`);
  }
  if (shape.values !== undefined) {
    all.push(`Member must satisfy enum value set: [${[...shape.values].join(', ')}]`);
  }
  return all;
}

function validationError(problems: readonly Problem[]): AwsError {
  const alias = problems.find(({ path }) => path === ALIAS_PATH);
  if (alias !== undefined && alias.shown !== 'null') return new AwsError('ValidationError', 400, ALIAS_TEXT);
  const count = problems.length === 1 ? '1 validation error' : `${problems.length} validation errors`;
  const texts = problems.map(({ path, shown, constraint }) => {
    const value = shown === undefined ? 'Value' : `Value ${shown}`;
    return `${value} at '${path}' failed to satisfy constraint: ${constraint}`;
  });
  return new AwsError('ValidationError', 400, `${count} detected: ${texts.join('; ')}`);
}

/** The parameter name of the first required member that is absent. */
function missingMember(shape: StructureShape, input: object, path: string): string | undefined {
  for (const member of shape.members) {
    const value = memberOf(input, member);
    const place = join(path, member.wire);
    if (value === undefined && member.required) return place;
    const inner = value === undefined ? undefined : missingInside(member.shape, value, place);
    if (inner !== undefined) return inner;
  }
  return undefined;
}

function missingInside(shape: Shape, value: unknown, path: string): string | undefined {
  if (shape.kind === 'structure' && typeof value === 'object' && value !== null) {
    return missingMember(shape, value, path);
  }
  if (shape.kind !== 'list' || !Array.isArray(value)) return undefined;
  for (const [n, element] of value.entries()) {
    const inner = missingInside(shape.element, element, `${path}.${shape.item}.${n + 1}`);
    if (inner !== undefined) return inner;
  }
  return undefined;
}

// The names come from the table, and every decoded object has been built from the same table.
function memberOf(input: object, member: Member): unknown {
  return Object.hasOwn(input, member.name) ? Reflect.get(input, member.name) : undefined;
}

/** Length in characters: a pair of surrogates counts once. */
function lengthOf(text: string): number {
  let pairs = 0;
  for (let n = 0; n < text.length - 1; n++) {
    const code = text.charCodeAt(n);
    if (code >= 0xd800 && code <= 0xdbff) pairs++;
  }
  return text.length - pairs;
}

function quoted(text: string): string {
  return `'${text.length > VALUE_SHOWN_MAX ? `${text.slice(0, VALUE_SHOWN_MAX)}…` : text}'`;
}

function join(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}
