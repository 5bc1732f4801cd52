import type { ScalarShape } from '../../src/api/services/table.ts';

/** What IAM and STS say of a value that their models forbid, word for word. */

/** Characters of a value that a message shows. */
const SHOWN_MAX = 1024;

/** What the model says against a value, in the words of AWS. */
export function problemsOf(shape: ScalarShape, text: string): string[] {
  const size = shape.kind === 'string' ? [...text].length : Number(text);
  const what = shape.kind === 'string' ? 'length' : 'value';
  const problems: string[] = [];
  if (shape.max !== undefined && size > shape.max) {
    problems.push(`Member must have ${what} less than or equal to ${shape.max}`);
  }
  if (shape.min !== undefined && size < shape.min) {
    problems.push(`Member must have ${what} greater than or equal to ${shape.min}`);
  }
  if (shape.pattern !== undefined && !shape.pattern.regExp.test(text)) {
    problems.push(`Member must satisfy regular expression pattern: ${shape.pattern.text}`);
  }
  if (shape.values !== undefined && !shape.values.has(text)) {
    problems.push(`Member must satisfy enum value set: [${[...shape.values].join(', ')}]`);
  }
  return problems;
}

/** Everything that a value must be, as it is told for a list of values. */
export function allConstraints(shape: ScalarShape): string[] {
  const { min, max, pattern, values } = shape;
  return [
    ...(max === undefined ? [] : [`Member must have length less than or equal to ${max}`]),
    ...(min === undefined ? [] : [`Member must have length greater than or equal to ${min}`]),
    ...(pattern === undefined ? [] : [`Member must satisfy regular expression pattern: ${pattern.text}`]),
    ...(values === undefined ? [] : [`Member must satisfy enum value set: [${[...values].join(', ')}]`]),
  ];
}

/** The message of a ValidationError. `shown` is absent for a secret. */
export function validationText(
  label: string,
  shown: string | undefined,
  constraints: readonly string[],
): string {
  const value = shown === undefined ? 'Value' : `Value ${shown}`;
  const texts = constraints.map(
    (constraint) => `${value} at '${label}' failed to satisfy constraint: ${constraint}`,
  );
  const count = texts.length === 1 ? '1 validation error' : `${texts.length} validation errors`;
  return `${count} detected: ${texts.join('; ')}`;
}

/** What is said of every wrong alias. */
export const ALIAS_TEXT =
  'The specified value for accountAlias is invalid. It must be a minimum length of 3 characters and maximum length of 63 characters, contain only digits, lowercase letters, and hyphens (-), but cannot begin or end with a hyphen.';

/** A value as messages show it. */
export function quoted(text: string): string {
  return `'${text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}…` : text}'`;
}

/** A text as it comes out of an answer: XML cannot hold the one control character that is tried. */
export const throughXml = (text: string): string => text.replaceAll('\u0001', '\ufffd');
