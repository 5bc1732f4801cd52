import { hasPolicyVariables, type PolicyDocument } from '../document-model.ts';
import { type ActionCatalog, AWS_ACTIONS } from './action-catalog.ts';
import type { LintRule, LintSubject, PolicyFinding, Severity } from './finding.ts';
import { CONDITION_RULES } from './rules-conditions.ts';
import { ELEMENT_RULES } from './rules-elements.ts';
import { ESCALATION_RULES } from './rules-escalation.ts';
import { LOGIN_RULES } from './rules-logins.ts';
import { REACH_RULES } from './rules-reach.ts';
import { TRUST_RULES } from './rules-trust.ts';
import { statementViews } from './statement-view.ts';

/** Finds what a valid policy says that its author may not have meant. */

/** Every rule, in the order in which they are told. */
export const LINT_RULES: readonly LintRule[] = [
  ...LOGIN_RULES,
  ...ESCALATION_RULES,
  ...TRUST_RULES,
  ...ELEMENT_RULES,
  ...CONDITION_RULES,
  ...REACH_RULES,
];

export interface LintOptions {
  /** The actions that there are; those of AWS's services if absent. */
  readonly catalog?: ActionCatalog;
  /** Names of database users that are superusers. */
  readonly superusers?: readonly string[];
}

const RANK: Readonly<Record<Severity, number>> = { danger: 0, warning: 1, note: 2 };

/** Findings of one document are told up to here: a hostile one could have one for each of its characters. */
const FINDINGS_MAX = 200;

/**
 * What is to be said of a document that has been parsed, the worst first. Findings do not block: the document is
 * valid, and may well mean what it says.
 */
export function lintPolicy(document: PolicyDocument, options: LintOptions = {}): readonly PolicyFinding[] {
  const subject: LintSubject = {
    variables: hasPolicyVariables(document.version),
    statements: statementViews(document),
    catalog: options.catalog ?? AWS_ACTIONS,
    superusers: options.superusers ?? [],
  };
  return LINT_RULES.flatMap((rule) => findingsOf(rule, subject))
    .sort((left, right) => RANK[left.severity] - RANK[right.severity])
    .slice(0, FINDINGS_MAX);
}

function findingsOf(rule: LintRule, subject: LintSubject): PolicyFinding[] {
  return rule.find(subject).map(({ view, element, value, explanation }) => ({
    id: rule.id,
    severity: rule.severity,
    statement: view?.index,
    sid: view?.statement.sid,
    element,
    value,
    explanation,
    fix: rule.fix,
  }));
}
