import { parsePolicyDocument } from '../policy/document.ts';
import type { DocumentKind } from '../policy/document-model.ts';
import { AWS_ACTIONS, withService } from '../policy/lint/action-catalog.ts';
import type { PolicyFinding } from '../policy/lint/finding.ts';
import { lintPolicy } from '../policy/lint/lint.ts';
import { requirePolicyDocument } from './policy-documents.ts';

/** What lint knows besides the document. */
export interface LintFacts {
  /** Names of database users that are superusers. */
  readonly superusers: readonly string[];
  /** Keyshift's own service, whose actions are in no table of AWS. */
  readonly own: { readonly name: string; operationNames(): Iterable<string> };
}

/** Lints a document as it is written. Throws MalformedPolicyDocument (400) if IAM would not store it. */
export function lintDocument(
  text: string,
  kind: DocumentKind,
  { superusers, own }: LintFacts,
): readonly PolicyFinding[] {
  requirePolicyDocument(text, kind);
  const catalog = withService(AWS_ACTIONS, own.name, [...own.operationNames()]);
  return lintPolicy(parsePolicyDocument(text, kind), { catalog, superusers });
}
