import { readOperator } from '../conditions.ts';
import type { ElementList, PolicyDocument, PrincipalList, StatementBase } from '../document-model.ts';
import { type Pattern, parsePattern, patternMatches } from '../pattern.ts';

/** A statement, with what several rules ask of it. */
export interface StatementView {
  /** From zero. */
  readonly index: number;
  readonly statement: StatementBase;
  /** Undefined in a trust policy, which is about its role. */
  readonly resources: ElementList | undefined;
  /** Undefined in an identity policy. */
  readonly principals: PrincipalList | undefined;
  /** Whether it is about the action, which is in lower case. */
  covers(action: string): boolean;
}

const NOTHING = new Map<string, readonly string[]>();

export function statementViews(document: PolicyDocument): readonly StatementView[] {
  return document.statements.map((statement, index) => {
    const patterns = statement.actions.values.map(actionPattern);
    const { negated } = statement.actions;
    return {
      index,
      statement,
      resources: 'resources' in statement ? statement.resources : undefined,
      principals: principalsOf(statement),
      covers: (action) => patterns.some((pattern) => patternMatches(pattern, action, NOTHING)) !== negated,
    };
  });
}

function principalsOf(statement: PolicyDocument['statements'][number]): PrincipalList | undefined {
  if (!('principals' in statement)) return undefined;
  const { principals } = statement;
  return 'negated' in principals ? principals : { negated: false, values: principals };
}

/** The actions among `actions` (lower case) that one text of an Action element is about. */
export function actionsMatching(text: string, actions: Iterable<string>): string[] {
  const pattern = actionPattern(text);
  return [...actions].filter((action) => patternMatches(pattern, action, NOTHING));
}

function actionPattern(text: string): Pattern {
  return parsePattern(text, { flavor: 'glob', variables: false, ignoreCase: true });
}

/** Whether a Resource element names everything. */
export function isEverything(resources: ElementList | undefined): boolean {
  return resources !== undefined && !resources.negated && resources.values.includes('*');
}

/**
 * True if the statement's conditions can hold only for a request that has the key (in lower case): one of them
 * compares it in a way that an absent key fails.
 */
export function requiresKey({ statement }: StatementView, key: string): boolean {
  return statement.conditions.some((clause) => {
    if (clause.key.toLowerCase() !== key) return false;
    const use = readOperator(clause.operator);
    if (use === undefined || use.ifExists || use.quantifier === 'ForAllValues') return false;
    if (use.operator === 'Null') return clause.values.every((value) => value.toLowerCase() === 'false');
    return use.quantifier === 'ForAnyValue' || !use.operator.negated;
  });
}
