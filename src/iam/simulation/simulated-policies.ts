import {
  type CompiledPolicy,
  type CompiledResourcePolicy,
  compilePolicy,
  compileResourcePolicy,
} from '../../policy/compile.ts';
import { parsePolicyDocument } from '../../policy/document.ts';
import { MalformedPolicy } from '../../policy/malformed-policy.ts';
import { invalidInput } from '../iam-errors.ts';

/**
 * The policies that a simulation is given as text, named as IAM's policy simulator names them.
 * Source of names and texts: answers of the real service.
 */

/** Policies of the parameter PolicyInputList. Throws InvalidInput. */
export function readInputPolicies(documents: readonly string[]): readonly CompiledPolicy[] {
  return documents.map((text, index) => {
    const source = { kind: 'inline', id: `PolicyInputList.${index + 1}`, text } as const;
    return valid(`Policy input list item ${index + 1} has invalid content`, () =>
      compilePolicy(parsePolicyDocument(text, 'identity'), source),
    );
  });
}

/** The policy of the parameter PermissionsBoundaryPolicyInputList. Throws InvalidInput. */
export function readInputBoundary(documents: readonly string[]): CompiledPolicy | undefined {
  if (documents.length > 1) {
    throw invalidInput('The list of Permissions Boundary policies cannot exceed 1 items.');
  }
  const [text] = documents;
  if (text === undefined) return undefined;
  const source = { kind: 'inline', id: 'PermissionsBoundaryPolicyInputList.1', text } as const;
  return valid('Permissions boundary policy input list item 1 has invalid content', () =>
    compilePolicy(parsePolicyDocument(text, 'identity'), source),
  );
}

/** The policy of the parameter ResourcePolicy: of any resource, or the trust policy of a role. Throws InvalidInput. */
export function readResourcePolicy(text: string): CompiledResourcePolicy {
  const source = { kind: 'resource', id: 'ResourcePolicy', text } as const;
  return valid('Resource policy has invalid content', () =>
    compileResourcePolicy(
      isTrustPolicy(text) ? parsePolicyDocument(text, 'trust') : parsePolicyDocument(text, 'resource'),
      source,
    ),
  );
}

/** A trust policy is told by what it must not have: resources. */
function isTrustPolicy(text: string): boolean {
  try {
    parsePolicyDocument(text, 'trust');
    return true;
  } catch (error) {
    if (error instanceof MalformedPolicy) return false;
    throw error;
  }
}

function valid<T>(problem: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof MalformedPolicy) throw invalidInput(problem);
    throw error;
  }
}
