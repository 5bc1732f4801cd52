import { AwsError } from '../../core/errors.ts';

/** Parameters as a tree: `Tags.member.1.Key` is a path of four names. A text is a value without anything below it. */
export type ParameterNode = string | ParameterBranch;

export interface ParameterBranch {
  value: string | undefined;
  readonly children: Map<string, ParameterNode>;
}

/** Names in one path; the deepest of our services' inputs has 7. */
const DEPTH_MAX = 16;

/**
 * The names at the root, and what is below them. The paths themselves stay there too, as names that no operation has.
 * Throws InvalidQueryParameter 400 for a name that is nested too deep to belong to any operation.
 */
export function parameterTree(parameters: ReadonlyMap<string, string>): ReadonlyMap<string, ParameterNode> {
  const root = new Map<string, ParameterNode>(parameters);
  for (const [name, value] of parameters) if (name.includes('.')) place(root, name, value);
  return root;
}

function place(root: Map<string, ParameterNode>, path: string, value: string): void {
  const names = path.split('.', DEPTH_MAX + 1);
  if (names.length > DEPTH_MAX) {
    throw new AwsError('InvalidQueryParameter', 400, `A parameter name has more than ${DEPTH_MAX} parts.`);
  }
  const last = names.pop() ?? '';
  let children = root;
  for (const name of names) children = branch(children, name).children;
  const found = children.get(last);
  if (typeof found === 'object') found.value = value;
  else children.set(last, value);
}

function branch(children: Map<string, ParameterNode>, name: string): ParameterBranch {
  const found = children.get(name);
  if (typeof found === 'object') return found;
  const made = { value: found, children: new Map<string, ParameterNode>() };
  children.set(name, made);
  return made;
}
