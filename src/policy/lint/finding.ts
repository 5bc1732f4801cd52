import type { ActionCatalog } from './action-catalog.ts';
import type { StatementView } from './statement-view.ts';

/** What lint says of a policy that is valid: nothing here keeps it from being stored. */

/**
 * - `danger`: gives away more than anybody is likely to mean.
 * - `warning`: does something else than it looks like.
 * - `note`: worth knowing.
 */
export type Severity = 'danger' | 'warning' | 'note';

export type LintElement = 'Version' | 'Action' | 'Resource' | 'Condition' | 'Principal' | 'Statement';

export interface PolicyFinding {
  /** Names the rule; never changes its meaning. */
  readonly id: string;
  readonly severity: Severity;
  /** From zero, in the order of the document; undefined if it is about the document as a whole. */
  readonly statement: number | undefined;
  readonly sid: string | undefined;
  /** `Action` and `Resource` also stand for `NotAction` and `NotResource`. */
  readonly element: LintElement;
  /** The text in the policy that it is about. */
  readonly value: string | undefined;
  /** What is the matter, for a person. */
  readonly explanation: string;
  /** What to do about it. */
  readonly fix: string;
}

/** What a rule looks at. */
export interface LintSubject {
  /** Whether `${…}` is a variable in this document. */
  readonly variables: boolean;
  readonly statements: readonly StatementView[];
  readonly catalog: ActionCatalog;
  /** Database users that are superusers, where they are known. */
  readonly superusers: readonly string[];
}

/** Where a rule has found something. */
export interface Spot {
  readonly view?: StatementView;
  readonly element: LintElement;
  readonly value?: string | undefined;
  readonly explanation: string;
}

/** A rule: a row of the table. */
export interface LintRule {
  readonly id: string;
  readonly severity: Severity;
  /** What the rule is about, for the reference page. */
  readonly meaning: string;
  readonly fix: string;
  readonly find: (subject: LintSubject) => readonly Spot[];
}
