import { auditDocuments } from '../../../audit/documents.ts';
import { findRefusal } from '../../../audit/reader.ts';
import { AwsError } from '../../../core/errors.ts';
import type { DecisionEvidence } from '../../../iam/decision-evidence.ts';
import { digestsOf, explainRefusal } from '../../../iam/explain-refusal.ts';
import { refusalLines } from '../../../iam/explanation-text.ts';
import type { Iam } from '../../../iam/iam.ts';
import type { Store } from '../../../store/database.ts';
import type { Action } from '../../action.ts';
import type * as wire from '../../services/keyshift.ts';

/** Explains a refusal by its id: what decided it, statement by statement, and whether it would be the same now. */

export interface ExplainDeps {
  readonly iam: Iam;
  readonly store: Store;
}

/** Members of an event of the log, as far as an explanation reads them. */
interface RefusalEvent {
  readonly at: string;
  readonly kind: string;
  readonly name: string;
  readonly outcome: string;
  readonly code: string | null;
  readonly principalArn: string | null;
  readonly sourceIp: string | null;
  readonly requestId: string | null;
  readonly details: Partial<Refused> & Readonly<Record<string, unknown>>;
}

/** What the step *authorize* notes of a refusal. */
interface Refused {
  readonly deniedAction: string;
  readonly deniedResource: string;
  readonly decision: { readonly because: string };
  readonly evidence: DecisionEvidence;
}

export const explainDecisionAction: Action<
  ExplainDeps,
  wire.ExplainDecisionRequest,
  wire.ExplainDecisionResponse
> = {
  permissions: () => [{ action: 'keyshift:ExplainDecision', resource: '*' }],
  run: async ({ iam, store }, input, caller) => {
    const { accountId } = caller.principal;
    const line = await findRefusal(store, accountId, input.DecisionId);
    if (line === undefined) throw noSuchDecision(input.DecisionId);
    // Written by this program.
    const event = JSON.parse(line) as RefusalEvent;
    const { deniedAction: action, deniedResource: resource, decision, evidence } = event.details;
    if (action === undefined || resource === undefined || evidence === undefined) {
      return { Lines: printable([...headLines(event), ...unjudgedLines(event)]), Details: line };
    }
    const documents = await auditDocuments(store, accountId, digestsOf(evidence));
    const refusal = { action, resource, because: decision?.because, evidence };
    const explained = await explainRefusal(iam, accountId, refusal, documents);
    return {
      Lines: printable([...headLines(event), '', ...refusalLines(refusal, explained)]),
      Details: JSON.stringify({ event, ...explained }),
    };
  },
  changes: false,
};

/** Control characters, and those that turn the direction of a line: names from outside may hold them. */
const UNPRINTABLE = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;

function printable(lines: readonly string[]): string[] {
  return lines.map((line) => line.replace(UNPRINTABLE, '\ufffd'));
}

function headLines({ at, name, outcome, principalArn, sourceIp, code, requestId }: RefusalEvent): string[] {
  return [
    `${name} ${outcome === 'failed' ? 'failed' : 'was refused'} with ${code ?? 'no code'}`,
    `  by ${principalArn ?? 'nobody who could be identified'}, from ${sourceIp ?? 'an unknown address'}, at ${at}`,
    `  id ${requestId ?? 'none'}`,
  ];
}

/** A refusal that no policy had a part in: what the log says about it. */
function unjudgedLines({ kind, details }: RefusalEvent): string[] {
  const facts = Object.entries(details).map(([name, value]) => `  ${name}: ${plain(value)}`);
  const what =
    kind === 'api' ? 'No policy refused it. The log says:' : 'It was refused at the gateway. The log says:';
  return ['', what, ...facts];
}

function plain(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function noSuchDecision(id: string | undefined): AwsError {
  const what = id === undefined ? 'No call has been refused.' : `No refusal has the id ${id}.`;
  return new AwsError('NoSuchDecision', 404, `${what} Only refusals are explained.`);
}
