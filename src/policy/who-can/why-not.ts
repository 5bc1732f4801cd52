import { actionApplies } from '../compile.ts';
import type { IndexedPrincipal } from './account-index.ts';
import type { PreparedPolicy } from './atoms.ts';
import { allOf, anyOf, type Formula, not } from './formula.ts';
import { known, satisfy } from './satisfy.ts';
import type { Pair } from './subject.ts';
import type { WhoCan } from './who-can.ts';
import { inWords } from './words.ts';

/** Why one principal cannot: what of its policies and limits stands in the way of each pair. */

export interface Obstacle {
  /** As policies name it, in lower case; undefined if it is not about one pair. */
  readonly action: string | undefined;
  readonly resource: string | undefined;
  readonly because:
    | 'no-policy-allows'
    | 'boundary-does-not-allow'
    | 'guardrail-does-not-allow'
    | 'denied'
    | 'conditions-fail'
    /** Each pair may be allowed, but not all of them in one request. */
    | 'pairs-exclude-each-other';
  /** The policies that it is about, by ARN or name. */
  readonly policies: readonly string[];
  /** For a person. */
  readonly text: string;
}

/** What stands in the way; empty if nothing does. */
export function whyNot(who: WhoCan, principal: IndexedPrincipal): readonly Obstacle[] {
  if (who.ability(principal).satisfied.verdict !== 'no') return [];
  const found = who.target.pairs.flatMap((pair, at) => obstacleOf(who, principal, pair, at) ?? []);
  if (found.length > 0) return found;
  return [
    {
      action: undefined,
      resource: undefined,
      because: 'pairs-exclude-each-other',
      policies: [],
      text: 'each part of the request may be allowed, but the conditions contradict each other',
    },
  ];
}

function obstacleOf(who: WhoCan, principal: IndexedPrincipal, pair: Pair, at: number): Obstacle | undefined {
  const setting = who.setting(principal);
  const isPossible = (formula: Formula): boolean =>
    satisfy(known(formula, setting), setting).verdict !== 'no';
  const policies = [...new Set(principal.policies.map(({ policy }) => policy))];
  const allow = (policy: PreparedPolicy): Formula => who.formulasOf(policy)[at]?.allow ?? false;
  const deny = (policy: PreparedPolicy): Formula => who.formulasOf(policy)[at]?.deny ?? false;
  const granted = principal.kind === 'root' ? true : anyOf(policies.map(allow));
  const limits = [
    ['boundary-does-not-allow', principal.boundary],
    ['guardrail-does-not-allow', who.guardrail],
  ] as const;
  const obstacle = (
    because: Obstacle['because'],
    about: readonly PreparedPolicy[],
    reason: string,
  ): Obstacle => ({
    action: pair.action,
    resource: pair.resource + (pair.resourceKey === undefined ? '' : '…'),
    because,
    policies: about.map(({ source }) => source.id),
    text: reason,
  });
  if (isPossible(who.pairFormulas(principal)[at] ?? true)) return undefined;
  if (!isPossible(granted)) {
    const near = policies.filter((policy) => speaksOf(policy, pair));
    if (known(granted, setting) !== false) {
      const failing = policies.filter((policy) => known(allow(policy), setting) !== false);
      return obstacle(
        'conditions-fail',
        failing,
        `no request meets: ${inWords(known(granted, setting), setting)}`,
      );
    }
    return near.length === 0
      ? obstacle('no-policy-allows', [], `no policy allows ${pair.action}`)
      : obstacle('no-policy-allows', near, nearText(pair));
  }
  for (const [because, limit] of limits) {
    if (limit !== undefined && !isPossible(allow(limit))) {
      return obstacle(because, [limit], `the ${because.split('-')[0]} does not allow it`);
    }
  }
  const everything = [...policies, ...limits.flatMap(([, limit]) => limit ?? [])];
  const denying = everything.filter((policy) => !isPossible(allOf([granted, not(deny(policy))])));
  if (denying.length > 0)
    return obstacle('denied', denying, 'a statement denies it under every condition that allows it');
  return obstacle(
    'conditions-fail',
    [],
    'what allows it, what limits it and what denies it leave no request over',
  );
}

/** Whether the policy allows the action, if on something else or to somebody else. */
function speaksOf({ compiled }: PreparedPolicy, { action }: Pair): boolean {
  const request = { action, resource: '', context: new Map<string, readonly string[]>() };
  return compiled.statements.some(
    (statement) => statement.effect === 'Allow' && actionApplies(statement, request),
  );
}

function nearText({ action }: Pair): string {
  return `${action} is allowed only on other resources or under conditions that this principal never meets`;
}
