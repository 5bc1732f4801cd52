import type { ElementList } from '../document-model.ts';
import { parsePattern, patternMatches } from '../pattern.ts';
import type { LintRule, LintSubject, Spot } from './finding.ts';
import type { StatementView } from './statement-view.ts';

/** Statements that change nothing because another statement of the document already decides. */

/** Actions and resources of a document: each is compared with each. A managed policy of 6,144 characters has some 300. */
const TEXTS_MAX = 1000;
const NOTHING = new Map<string, readonly string[]>();

const deniedStatement: LintRule = {
  id: 'allow-always-denied',
  severity: 'warning',
  meaning: 'An Allow is covered by a Deny without conditions, so that it never has an effect.',
  fix: 'Remove one of the two statements.',
  find: (subject) =>
    covered(subject, (view, other) => {
      const isCase =
        view.statement.effect === 'Allow' &&
        other.statement.effect === 'Deny' &&
        other.statement.conditions.length === 0;
      return isCase ? `statement ${other.index + 1} denies all that it allows` : undefined;
    }),
};

const repeatedStatement: LintRule = {
  id: 'statement-repeated',
  severity: 'note',
  meaning: 'Another statement with the same effect covers this one.',
  fix: 'Remove it.',
  find: (subject) =>
    covered(subject, (view, other) => {
      if (view.statement.effect !== other.statement.effect || !asksNoMore(other, view)) return undefined;
      // Of two that are equal, the later one is the repetition.
      if (other.index > view.index && covers(view, other) && asksNoMore(view, other)) return undefined;
      const verb = view.statement.effect === 'Allow' ? 'allows' : 'denies';
      return `statement ${other.index + 1} already ${verb} all of it`;
    }),
};

function covered(
  { statements }: LintSubject,
  problemOf: (view: StatementView, other: StatementView) => string | undefined,
): Spot[] {
  const texts = statements.map(
    ({ statement, resources }) => statement.actions.values.length + (resources?.values.length ?? 0),
  );
  if (texts.reduce((sum, count) => sum + count, 0) > TEXTS_MAX) return [];
  return statements.flatMap((view): readonly Spot[] => {
    for (const other of statements) {
      if (other === view || !covers(other, view)) continue;
      const explanation = problemOf(view, other);
      if (explanation !== undefined) return [{ view, element: 'Statement', explanation }];
    }
    return [];
  });
}

/** True if whatever matches the actions, resources and principals of `inner` matches those of `outer`. */
function covers(outer: StatementView, inner: StatementView): boolean {
  return (
    listCovers(outer.statement.actions, inner.statement.actions, true) &&
    (outer.resources === undefined ||
      inner.resources === undefined ||
      listCovers(outer.resources, inner.resources, false)) &&
    principalsCover(outer, inner)
  );
}

function principalsCover(
  { principals: outer }: StatementView,
  { principals: inner }: StatementView,
): boolean {
  if (outer === undefined || inner === undefined) return true;
  if (outer.negated || inner.negated) return false;
  return inner.values.every(({ kind, name }) =>
    outer.values.some((other) => other.kind === kind && other.name === name),
  );
}

/** True if each condition of `outer` is one of `inner` too: `inner` then applies at most where `outer` does. */
function asksNoMore(outer: StatementView, inner: StatementView): boolean {
  const inners = new Set(inner.statement.conditions.map(clauseText));
  return outer.statement.conditions.every((clause) => inners.has(clauseText(clause)));
}

function clauseText({ operator, key, values }: StatementView['statement']['conditions'][number]): string {
  return JSON.stringify([operator, key.toLowerCase(), [...values].sort()]);
}

function listCovers(outer: ElementList, inner: ElementList, isActions: boolean): boolean {
  if (outer.negated && inner.negated) {
    return outer.values.every((text) => inner.values.some((other) => textCovers(other, text, isActions)));
  }
  if (outer.negated) return false;
  if (inner.negated) return outer.values.includes('*');
  return inner.values.every((text) => outer.values.some((other) => textCovers(other, text, isActions)));
}

/** Surely true, or unknown: a glob against a glob is only compared where it is plain. */
function textCovers(outer: string, inner: string, isActions: boolean): boolean {
  const [left, right] = isActions ? [outer.toLowerCase(), inner.toLowerCase()] : [outer, inner];
  if (left === '*' || left === right) return true;
  if (/[*?]/.test(right) || right.includes('${')) {
    const head = left.slice(0, -1);
    return left.endsWith('*') && !/[*?]|\$\{/.test(head) && right.startsWith(head);
  }
  if (left.includes('${')) return false;
  const flavor = isActions ? 'glob' : 'resource';
  return patternMatches(parsePattern(left, { flavor, variables: false }), right, NOTHING);
}

export const REACH_RULES: readonly LintRule[] = [deniedStatement, repeatedStatement];
