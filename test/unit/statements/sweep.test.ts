import { expect, test } from 'vitest';
import type { SessionRows } from '../../../src/statements/session-rows.ts';
import type { StatementRows } from '../../../src/statements/statement-rows.ts';
import { StatementSweep } from '../../../src/statements/sweep.ts';

const HERE = 1;

/** What a sweep ends, look by look, where `state` says what there is. */
function looking(state: {
  present: number[];
  statements: { id: string; node: number }[];
  sessions: { id: string; node: number; isWanted: boolean }[];
  known: string[];
}) {
  let ended: string[] = [];
  const rows = {
    active: async () => state.statements,
    abandon: async (id: string) => void ended.push(id),
    removeOld: async () => {},
  };
  const sessionRows = {
    open: async () => state.sessions,
    set: async (id: string) => void ended.push(id),
    removeOld: async () => {},
  };
  const sweep = new StatementSweep({
    // Only what the sweep asks of them.
    rows: rows as unknown as StatementRows,
    sessionRows: sessionRows as unknown as SessionRows,
    node: HERE,
    runs: (id) => state.known.includes(id),
    holds: (id) => state.known.includes(id),
    present: async () => new Set([HERE, ...state.present]),
  });
  return async () => {
    ended = [];
    await sweep.look();
    return ended;
  };
}

test('what a node left that is gone is ended at the first look, and later when it was missed twice', async () => {
  const state = {
    present: [2],
    statements: [
      { id: 'mine', node: HERE },
      { id: 'of2', node: 2 },
      { id: 'of3', node: 3 },
    ],
    sessions: [{ id: 's3', node: 3, isWanted: true }],
    known: ['mine'],
  };
  const look = looking(state);
  expect(await look()).toEqual(['s3', 'of3']);
  state.statements = state.statements.filter(({ id }) => id !== 'of3');
  state.sessions = [];
  state.present = [];
  expect(await look()).toEqual([]);
  // It was there again in between: a connection that was lost for a moment.
  state.present = [2];
  expect(await look()).toEqual([]);
  state.present = [];
  expect(await look()).toEqual([]);
  expect(await look()).toEqual(['of2']);
});

test('what this node knows nothing of any more is ended at the second look', async () => {
  const state = {
    present: [],
    statements: [{ id: 'a', node: HERE }],
    sessions: [{ id: 's', node: HERE, isWanted: false }],
    known: ['a', 's'],
  };
  const look = looking(state);
  expect(await look()).toEqual([]);
  state.known = [];
  expect(await look()).toEqual([]);
  state.known = ['a'];
  expect(await look()).toEqual(['s']);
  state.known = [];
  expect(await look()).toEqual(['s']);
  expect(await look()).toEqual(['s', 'a']);
});

test('a session that waits for its first statement to begin is not lost', async () => {
  const sessions = [{ id: 's', node: HERE, isWanted: true }];
  const look = looking({ present: [], statements: [{ id: 'a', node: HERE }], sessions, known: ['a'] });
  for (let n = 0; n < 3; n++) expect(await look()).toEqual([]);
});
