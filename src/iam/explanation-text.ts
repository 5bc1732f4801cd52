import type { StatementReference } from '../policy/compile.ts';
import { denialText } from '../policy/denial-text.ts';
import type { Decision } from '../policy/evaluate.ts';
import {
  applies,
  type ExplainedLayer,
  type ExplainedPolicy,
  type ExplainedStatement,
  type Explanation,
  type Mismatch,
  type Obstacle,
} from '../policy/explain.ts';
import type { Facts } from './decision-evidence.ts';
import type { DecisionNow, ExplainedRefusal, Refusal } from './explain-refusal.ts';

/** An explanation as lines for a person. */

const LAYERS: Readonly<Record<ExplainedLayer['kind'], string>> = {
  guardrail: 'guardrail of the account',
  resource: 'policy of the resource',
  identity: 'identity-based policies',
  boundary: 'permissions boundary',
  session: 'session policies',
};

/** Values of a list that a line shows. */
const VALUES_SHOWN_MAX = 6;

/** A refusal: what decided it, statement by statement, what stands in the way, and how it would be now. */
export function refusalLines(refusal: Refusal, { asDecided, now }: ExplainedRefusal): string[] {
  const { action, resource, because, evidence } = refusal;
  const head = [action, `  on ${resource}`];
  if (asDecided === undefined)
    return [...head, 'The policies that decided were not kept.', nowLine(now, action)];
  return [
    ...head,
    `  was ${decisionText(asDecided.decision, action)}`,
    ...(evidence.isIncomplete ? ['  (Some values were too long to be kept; this is without them.)'] : []),
    ...(asDecided.decision.because === because
      ? []
      : ['  (Then it was for another reason, which what was kept does not show.)']),
    '',
    ...obstacleLines(asDecided),
    '',
    'The policies, in the order in which they were asked:',
    ...layerLines(asDecided),
    '',
    'What was known of the request:',
    ...factLines([...evidence.principal.facts, ...evidence.facts]),
    '',
    nowLine(now, action),
  ];
}

function nowLine(now: DecisionNow, action: string): string {
  switch (now.kind) {
    case 'decided':
      return `Now, the same request would be ${now.isAllowed ? 'allowed' : decisionText(now.decision, action)}.`;
    case 'gone':
      return 'Now, the principal is not there any more.';
    case 'unknown':
      return 'How it would be now is not known: a policy that had a part in it cannot be asked again.';
    default:
      return now satisfies never;
  }
}

/** The decision in the words of the refusal itself. */
function decisionText(decision: Decision, action: string): string {
  return decision.effect === 'allow' ? 'allowed' : `refused ${denialText(decision, action)}`;
}

/** What would have to change for the request to be allowed. */
function obstacleLines({ obstacles, layers }: Explanation): string[] {
  if (obstacles.length === 0) return [];
  const lines = obstacles.map((obstacle) => `  - ${obstacleText(obstacle, layers)}`);
  return [
    obstacles.length === 1 ? 'What stands in the way:' : 'What stands in the way, all of it:',
    ...lines,
  ];
}

/** Every statement that was asked, and what it said. */
function layerLines({ layers }: Explanation): string[] {
  if (layers.length === 0) return ['The request was too large to be matched, so nothing could allow it.'];
  return layers.flatMap((layer) => [
    `${capitalized(LAYERS[layer.kind])}${layer.policies.length === 0 ? ': none' : ''}`,
    ...layer.policies.flatMap(policyLines),
  ]);
}

/** What was known of the request, one key a line. */
function factLines(facts: Facts): string[] {
  return facts.map(([key, values]) => `  ${key} = ${valuesText(values)}`);
}

function obstacleText(obstacle: Obstacle, layers: readonly ExplainedLayer[]): string {
  const layer = LAYERS[obstacle.layer];
  if (obstacle.kind === 'deny') {
    return `${statementName(obstacle.statement)} of ${obstacle.statement.policyId} (${layer}) denies it.`;
  }
  const policies = layers.find(({ kind }) => kind === obstacle.layer)?.policies ?? [];
  const nearest = nearestAllow(policies);
  if (policies.length === 0) return `No policy allows it: there are no ${layer}.`;
  const nothing = `Nothing in the ${layer} allows it`;
  if (nearest === undefined) return `${nothing}: no Allow is about this action.`;
  const { reference, mismatches } = nearest;
  return (
    `${nothing}. The nearest is ${statementName(reference)} of ${reference.policyId}: ` +
    `${mismatches.map(mismatchText).join('; ')}.`
  );
}

/** The Allow about this action that fails for the fewest reasons. */
function nearestAllow(policies: readonly ExplainedPolicy[]): ExplainedStatement | undefined {
  return policies
    .flatMap(({ statements }) => statements)
    .filter(({ effect, mismatches }) => effect === 'Allow' && mismatches[0]?.element !== 'Action')
    .toSorted((a, b) => a.mismatches.length - b.mismatches.length)[0];
}

function policyLines({ id, statements }: ExplainedPolicy): string[] {
  return [
    `  ${id}`,
    ...statements.map((one) => {
      const verdict = applies(one) ? 'applies' : one.mismatches.map(mismatchText).join('; ');
      return `    ${statementName(one.reference)}, ${one.effect}: ${verdict}`;
    }),
  ];
}

function statementName({ index, sid }: StatementReference): string {
  return sid === undefined || sid === '' ? `statement ${index + 1}` : `statement ${index + 1} (${sid})`;
}

function mismatchText(mismatch: Mismatch): string {
  switch (mismatch.element) {
    case 'Action':
      return 'it is about other actions';
    case 'Principal':
      return 'it means other principals';
    case 'Resource':
      return `it is about other resources${absentText(mismatch.absentKeys)}`;
    case 'Condition': {
      const { operator, key, wanted, found } = mismatch;
      const has =
        found.length === 0 ? 'the request does not have the key' : `the request has ${valuesText(found)}`;
      return `the condition ${operator} ${key} wants ${valuesText(wanted)}, ${has}`;
    }
    default:
      return mismatch satisfies never;
  }
}

function absentText(keys: readonly string[]): string {
  return keys.length === 0 ? '' : `, and its variables have no value for ${keys.join(', ')}`;
}

function valuesText(values: readonly string[]): string {
  const shown = values.slice(0, VALUES_SHOWN_MAX).map((value) => JSON.stringify(value));
  return values.length > VALUES_SHOWN_MAX ? `${shown.join(', ')}, …` : shown.join(', ');
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
