import { describe, expect, test } from 'vitest';
import type { Caller } from '../../../../../src/api/action.ts';
import {
  type ExplainDeps,
  explainDecisionAction,
} from '../../../../../src/api/actions/keyshift/explain-decision.ts';
import { rootPrincipal } from '../../../../../src/iam/principal.ts';

const EVENT = {
  at: '2026-11-22T10:11:12.000Z',
  kind: 'api',
  name: 'iam:CreateUser',
  outcome: 'refused',
  code: 'EntityAlreadyExists',
  principalArn: 'arn:aws:iam::123456789012:user/bob',
  sourceIp: '10.0.0.1',
  requestId: '00000000-0000-4000-8000-000000000000',
  details: { UserName: 'eve\u001b[2J\u202e', reason: 'User with name eve already exists.' },
};

/** Explains what a store finds, and tells what was looked for. */
async function explained(event: object | undefined, DecisionId?: string) {
  const asked: (readonly unknown[])[] = [];
  const query = async (_sql: string, values: readonly unknown[] = []) => {
    asked.push(values);
    return event === undefined ? [] : [{ line: JSON.stringify(event) }];
  };
  const store = { query } as unknown as ExplainDeps['store'];
  const deps = { store, iam: { store } } as unknown as ExplainDeps;
  const caller = { principal: rootPrincipal('123456789012') } as Caller;
  const { Lines, Details } = await explainDecisionAction.run(deps, { DecisionId }, caller);
  return { Lines, Details, asked };
}

describe('a refusal without a policy', () => {
  test('is told by what the log says, without control characters', async () => {
    const { Lines, Details } = await explained(EVENT, EVENT.requestId);
    expect(Lines).toEqual([
      'iam:CreateUser was refused with EntityAlreadyExists',
      '  by arn:aws:iam::123456789012:user/bob, from 10.0.0.1, at 2026-11-22T10:11:12.000Z',
      `  id ${EVENT.requestId}`,
      '',
      'No policy refused it. The log says:',
      '  UserName: eve\ufffd[2J\ufffd',
      '  reason: User with name eve already exists.',
    ]);
    expect(JSON.parse(Details)).toEqual(EVENT);
  });

  test('is a failure if it was ours', async () => {
    const failed = {
      ...EVENT,
      outcome: 'failed',
      code: 'InternalFailure',
      principalArn: null,
      sourceIp: null,
    };
    const { Lines } = await explained(failed);
    expect(Lines.slice(0, 2)).toEqual([
      'iam:CreateUser failed with InternalFailure',
      '  by nobody who could be identified, from an unknown address, at 2026-11-22T10:11:12.000Z',
    ]);
  });
});

describe('an id', () => {
  test('is looked for in the account of the caller', async () => {
    const { asked } = await explained(EVENT, EVENT.requestId);
    expect(asked[0]).toEqual(['123456789012', EVENT.requestId]);
    expect((await explained(EVENT)).asked[0]).toEqual(['123456789012']);
  });

  test('that nothing has is an error', async () => {
    await expect(explained(undefined, EVENT.requestId)).rejects.toMatchObject({
      code: 'NoSuchDecision',
      status: 404,
      message: `No refusal has the id ${EVENT.requestId}. Only refusals are explained.`,
    });
    await expect(explained(undefined)).rejects.toMatchObject({
      message: 'No call has been refused. Only refusals are explained.',
    });
  });
});
