import { hasPolicyVariables, type IdentityPolicyDocument } from './document-model.ts';
import { hasVariable, parsePattern } from './pattern.ts';

/** What a valid policy says that its author may not have meant. */

export interface PolicyWarning {
  readonly code: 'allow-not-resource-variable';
  /** From zero, in the order of the document. */
  readonly statement: number;
  /** For a person: lower case. */
  readonly text: string;
}

/**
 * Warns of `Allow` with a variable in `NotResource`: while the variable has no value the entry excludes
 * nothing, so that the statement allows every resource.
 * Source: IAM User Guide, "IAM policy elements: Variables and tags".
 */
export function policyWarnings(document: IdentityPolicyDocument): readonly PolicyWarning[] {
  const variables = hasPolicyVariables(document.version);
  return document.statements.flatMap(({ effect, resources }, statement) => {
    if (effect === 'Deny' || !resources.negated) return [];
    const risky = resources.values.find((text) =>
      hasVariable(parsePattern(text, { flavor: 'resource', variables })),
    );
    if (risky === undefined) return [];
    const text = `\`${risky}\` in \`NotResource\` excludes nothing for a request in which its variable has no value`;
    return [{ code: 'allow-not-resource-variable', statement, text }];
  });
}
