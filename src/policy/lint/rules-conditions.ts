import type { ConditionClause } from '../conditions.ts';
import { readOperator } from '../conditions.ts';
import { isAlwaysThere, isGlobalKey, isManyValued } from './condition-keys.ts';
import type { LintRule, LintSubject, Spot } from './finding.ts';
import { actionsMatching, requiresKey, type StatementView } from './statement-view.ts';

/** Conditions that hold, or fail, otherwise than they seem to. */

const MFA_KEY = 'aws:multifactorauthpresent';

const unknownKey: LintRule = {
  id: 'unknown-condition-key',
  severity: 'warning',
  meaning: 'No action of the statement ever has the condition key.',
  fix: 'Correct the key, or move the condition to the statement of the action that has it.',
  find: (subject) => {
    const known = new Map(
      subject.statements.map((view) => [view, lazily(() => keysOf(subject, view))] as const),
    );
    return eachClause(subject, (view, { key }) => {
      if (isGlobalKey(key) || isOfProvider(key)) return undefined;
      const keys = known.get(view)?.();
      if (keys === undefined || keys.has(key.toLowerCase()) || keys.has(tagFamily(key))) return undefined;
      return 'no action of the statement has this key: positive operators never hold, negated ones always do';
    });
  },
};

const holdsWhenAbsent: LintRule = {
  id: 'holds-when-absent',
  severity: 'warning',
  meaning: 'A condition of an Allow also holds for a request that does not have the key at all.',
  fix: 'Add `"Null": { "<key>": "false" }`, or compare with an operator that an absent key fails.',
  find: (subject) =>
    eachClause(subject, (view, { operator, key }) => {
      const use = readOperator(operator);
      if (view.statement.effect !== 'Allow' || use === undefined || use.operator === 'Null') return undefined;
      const holds = use.ifExists || (use.quantifier === undefined && use.operator.negated);
      const folded = key.toLowerCase();
      if (!holds || isAlwaysThere(folded) || requiresKey(view, folded)) return undefined;
      return `\`${operator}\` holds when the request has no \`${key}\``;
    }),
};

const forAllValues: LintRule = {
  id: 'for-all-values-without-null',
  severity: 'warning',
  meaning: 'ForAllValues of an Allow is true for a request that does not have the key.',
  fix: 'Add `"Null": { "<key>": "false" }` beside it.',
  find: (subject) =>
    eachClause(subject, (view, { operator, key }) => {
      const use = readOperator(operator);
      if (view.statement.effect !== 'Allow' || use?.quantifier !== 'ForAllValues') return undefined;
      if (requiresKey(view, key.toLowerCase())) return undefined;
      return `\`${operator}\` holds when the request has no \`${key}\``;
    }),
};

const quantifierOnOne: LintRule = {
  id: 'quantifier-on-single-value',
  severity: 'note',
  meaning: 'ForAllValues or ForAnyValue is used with a key that has one value.',
  fix: 'Leave the quantifier out.',
  find: (subject) =>
    eachClause(subject, (_view, { operator, key }) => {
      const quantifier = readOperator(operator)?.quantifier;
      if (quantifier === undefined || isManyValued(key)) return undefined;
      return `\`${key}\` has one value: \`${quantifier}\` only changes what an absent key means`;
    }),
};

const denyWithoutMfa: LintRule = {
  id: 'deny-without-mfa-misses-keys',
  severity: 'danger',
  meaning: 'A Deny for requests without MFA does not apply to requests signed with an access key of a user.',
  fix: 'Use `BoolIfExists`.',
  find: (subject) =>
    eachClause(subject, (view, { operator, key, values }) => {
      if (view.statement.effect !== 'Deny' || key.toLowerCase() !== MFA_KEY || operator !== 'Bool')
        return undefined;
      if (!values.some((value) => value.toLowerCase() === 'false')) return undefined;
      return 'a request signed with a long-term access key does not have this key, so that it is not denied';
    }),
};

const wildcardUnderEquals: LintRule = {
  id: 'wildcard-under-equals',
  severity: 'warning',
  meaning: 'StringEquals compares `*` and `?` as plain characters.',
  fix: 'Use `StringLike`.',
  find: (subject) =>
    eachClause(subject, (_view, { operator, values }) => {
      const base = readOperator(operator)?.base ?? '';
      const value = values.find((text) => /[*?]/.test(text.replaceAll(/\$\{[*?$]\}/g, '')));
      return /^String(?:Not)?Equals/.test(base) && value !== undefined
        ? `\`${value}\` matches only this very text: \`${base}\` has no wildcards`
        : undefined;
    }),
};

function eachClause(
  { statements }: LintSubject,
  problemOf: (view: StatementView, clause: ConditionClause) => string | undefined,
): Spot[] {
  return statements.flatMap((view) =>
    view.statement.conditions.flatMap((clause): readonly Spot[] => {
      const explanation = problemOf(view, clause);
      return explanation === undefined
        ? []
        : [{ view, element: 'Condition', value: `${clause.operator} ${clause.key}`, explanation }];
    }),
  );
}

/** The keys that actions of the statement have; undefined if one of them is of a service that is not known. */
function keysOf({ catalog }: LintSubject, { statement }: StatementView): ReadonlySet<string> | undefined {
  if (statement.actions.negated) return undefined;
  const keys = new Set<string>();
  for (const text of statement.actions.values) {
    const [service = '', name = ''] = text.toLowerCase().split(':');
    const actions = catalog.get(service);
    if (actions === undefined) return undefined;
    for (const action of actionsMatching(name, actions.keys())) {
      for (const key of actions.get(action)?.keys ?? []) keys.add(key);
    }
  }
  return keys;
}

/** How a catalog writes the keys of tags: `aws:requesttag/`. */
function tagFamily(key: string): string {
  return key.slice(0, key.indexOf('/') + 1).toLowerCase();
}

function lazily<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

/** Keys of identity providers, such as `saml:sub` and `accounts.google.com:aud`, stay in a session that they began. */
function isOfProvider(key: string): boolean {
  const prefix = key.toLowerCase().split(':')[0] ?? '';
  return prefix === 'saml' || prefix.includes('.');
}

export const CONDITION_RULES: readonly LintRule[] = [
  unknownKey,
  holdsWhenAbsent,
  forAllValues,
  quantifierOnOne,
  denyWithoutMfa,
  wildcardUnderEquals,
];
