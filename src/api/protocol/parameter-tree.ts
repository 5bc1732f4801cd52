import { AwsError } from '../../core/errors.ts';

/** Parameters as a tree: `Tags.member.1.Key` is a path of four names. */
export interface ParameterNode {
  value: string | undefined;
  children: Map<string, ParameterNode> | undefined;
}

/** Names in one path; the deepest of our services' inputs has 7. */
const DEPTH_MAX = 16;

/** Throws InvalidQueryParameter 400 for a name that is nested too deep to belong to any operation. */
export function parameterTree(parameters: ReadonlyMap<string, string>): ParameterNode {
  const root: ParameterNode = { value: undefined, children: new Map() };
  for (const [name, value] of parameters) {
    if (name.includes('.')) place(root, name, value);
    else child(root, name).value = value;
  }
  return root;
}

function place(root: ParameterNode, path: string, value: string): void {
  const names = path.split('.', DEPTH_MAX + 1);
  if (names.length > DEPTH_MAX) {
    throw new AwsError('InvalidQueryParameter', 400, `A parameter name has more than ${DEPTH_MAX} parts.`);
  }
  let node = root;
  for (const name of names) node = child(node, name);
  node.value = value;
}

function child(node: ParameterNode, name: string): ParameterNode {
  node.children ??= new Map();
  let found = node.children.get(name);
  if (found === undefined) {
    found = { value: undefined, children: undefined };
    node.children.set(name, found);
  }
  return found;
}
