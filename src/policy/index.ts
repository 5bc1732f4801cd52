/** The policy engine, as `keyshift/policy`: pure, without I/O, for servers and browsers. */

// Who asks, for the policies of resources.
export { ANONYMOUS, type Caller } from './caller.ts';
// Compiling: once per document, once per principal.
export {
  type CompiledPolicy,
  type CompiledResourcePolicy,
  compilePolicy,
  compileResourcePolicy,
  type PolicySource,
  type StatementReference,
} from './compile.ts';
export type { ConditionClause } from './conditions.ts';
// Deciding: once per action and resource.
export { type ContextEntries, type RequestContext, requestContext } from './context.ts';
export { contextKeysOf } from './context-keys.ts';
export { denialText } from './denial-text.ts';
// Documents: parse, check, measure.
export { parsePolicyDocument, policySizeWithoutWhitespace } from './document.ts';
export type {
  DocumentKind,
  Effect,
  ElementList,
  IdentityPolicyDocument,
  IdentityStatement,
  PolicyDocument,
  PolicyVersion,
  PrincipalList,
  ResourcePolicyDocument,
  ResourceStatement,
  StatementPrincipal,
  TrustPolicyDocument,
  TrustStatement,
} from './document-model.ts';
export {
  type AllowReason,
  type Decision,
  type ExplicitDenyReason,
  evaluate,
  type ImplicitDenyReason,
  type PolicyRequest,
} from './evaluate.ts';
// Explaining: why a decision is what it is, and where the statements stand.
export {
  type ExplainedLayer,
  type ExplainedPolicy,
  type ExplainedStatement,
  type Explanation,
  explain,
  type Mismatch,
  type Obstacle,
} from './explain.ts';
export { type ActionCatalog, AWS_ACTIONS, type KnownAction, withService } from './lint/action-catalog.ts';
export type { LintElement, PolicyFinding, Severity } from './lint/finding.ts';
// Linting: what a valid policy says that its author may not have meant.
export { type LintOptions, lintPolicy } from './lint/lint.ts';
export { MalformedPolicy } from './malformed-policy.ts';
export { type PolicyKinds, type PolicySet, policySet } from './policy-set.ts';
export type { ResourceSide } from './resource-side.ts';
export { type StatementPosition, statementPositions, type TextPosition } from './statement-positions.ts';
