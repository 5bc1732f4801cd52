import { afterEach, describe, expect, test } from 'vitest';
import { systemRandom } from '../../../src/core/ids.ts';
import { resetBackend } from '../../../src/gateway/reset-backend.ts';
import {
  writeCommandComplete,
  writeDataRow,
  writeErrorResponse,
  writeNoticeResponse,
  writeParameterStatus,
  writeReadyForQuery,
} from '../../../src/pgwire/index.ts';
import { closeSockets } from './loopback.ts';
import { type Answers, playedBackend, rightAnswers } from './played-backend.ts';

afterEach(closeSockets);

async function resetWith(answers: Answers) {
  const { backend } = await playedBackend(answers);
  return resetBackend(backend, systemRandom);
}

const right = rightAnswers({ state: 'as new', at: 17, bytes: 3_000_000 });

/** The right answers with one message put in at a place, or in the place of so many. */
function changed(at: number, instead: readonly Buffer[], without = 0): Answers {
  return (nonce) => {
    const answers = right(nonce);
    answers.splice(at, without, ...instead);
    return answers;
  };
}

describe('a reset', () => {
  test('is proved by exactly the answers to it', async () => {
    expect(await resetWith(right)).toEqual({ state: 'as new', at: 17, bytes: 3_000_000 });
  });

  test('asks for everything at once', async () => {
    const { backend, asked } = await playedBackend();
    await resetBackend(backend, systemRandom);
    expect(asked).toEqual([
      'DISCARD ALL',
      'RESET ROLE; SELECT pg_catalog.pg_stat_force_next_flush()',
      expect.stringMatching(/^SELECT keyshift\.prove_reset\('[0-9a-f]{32}'\)$/),
    ]);
  });

  test('may tell of settings that are as at the login again', async () => {
    const told = writeParameterStatus({ name: 'TimeZone', value: 'UTC' });
    expect(await resetWith(changed(1, [told]))).toBeDefined();
  });

  test.each<[string, Answers]>([
    [
      'tells of a setting with another value',
      changed(1, [writeParameterStatus({ name: 'TimeZone', value: 'EST' })]),
    ],
    [
      'tells of a setting that was not told at the login',
      changed(1, [writeParameterStatus({ name: 'x', value: 'UTC' })]),
    ],
    ['begins with an answer to something else', changed(0, [writeCommandComplete('SELECT 5')])],
    [
      'begins with what looks like its own beginning',
      changed(0, [writeCommandComplete('DISCARD ALL'), writeReadyForQuery('idle')]),
    ],
    ['fails', changed(0, [writeErrorResponse('ERROR', { sqlState: '25001', message: 'no' })], 1)],
    [
      'comes with a notice',
      changed(1, [writeNoticeResponse('WARNING', { sqlState: '01000', message: 'hm' })]),
    ],
    ['ends in a transaction', changed(10, [writeReadyForQuery('transaction')], 1)],
    ['ends in a transaction that failed', changed(1, [writeReadyForQuery('failed')], 1)],
    ['is told in the words of another nonce', () => right('0'.repeat(32))],
    ['gives no proof', changed(8, [writeDataRow([null])], 1)],
    ['gives a proof that is no JSON', changed(8, [writeDataRow([Buffer.from('yes')])], 1)],
    ['goes on after its end', changed(11, [writeReadyForQuery('idle')])],
    ['does not speak the protocol', () => [Buffer.from('what?')]],
  ])('is not proved when it %s', async (_title, answers) => {
    expect(await resetWith(answers)).toBeUndefined();
  });

  test('is not proved when the server says nothing', async () => {
    expect(await resetWith(() => [])).toBeUndefined();
  });

  test('is not proved when the server ends', async () => {
    const { backend, server } = await playedBackend(() => []);
    const outcome = resetBackend(backend, systemRandom);
    server.destroy();
    expect(await outcome).toBeUndefined();
  });
});
