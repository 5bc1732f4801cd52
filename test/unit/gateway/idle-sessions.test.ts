import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { IdleSessions } from '../../../src/gateway/idle-sessions.ts';
import type { OpenSession } from '../../../src/postgres/open-sessions.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const LOOK = 5_000;

/** A watch over sessions that the test says; `ended` lists the backends that it has ended since it was last asked. */
function start() {
  let now: readonly OpenSession[] | Error = [];
  let ended: number[] = [];
  const watch = new IdleSessions({
    sessions: async () => {
      if (now instanceof Error) throw now;
      return now;
    },
    end: (pid) => ended.push(pid),
  });
  const look = async (sessions: typeof now): Promise<number[]> => {
    now = sessions;
    ended = [];
    await vi.advanceTimersByTimeAsync(LOOK);
    return ended;
  };
  return { watch, look };
}

const session = (pid: number, timeout: number, idle: number, began = 1): OpenSession => ({
  pid,
  began,
  timeout,
  idle,
});

test('a session that is idle for longer than its user may be is ended, a little later than by PostgreSQL', async () => {
  const { watch, look } = start();
  expect(
    await look([session(1, 60, 62), session(2, 60, 62.1), session(3, 0, 1e6), session(4, 60, 0)]),
  ).toEqual([2]);
  await watch.close();
});

test('a session keeps the timeout that it began with; another of the same process id has its own', async () => {
  const { watch, look } = start();
  expect(await look([session(1, 0, 1), session(2, 60, 1)])).toEqual([]);
  expect(await look([session(1, 60, 100), session(2, 0, 100)])).toEqual([2]);
  expect(await look([session(1, 60, 100, 2)])).toEqual([1]);
  await watch.close();
});

test('what cannot be seen now is seen later, and nothing is looked at after the end', async () => {
  const { watch, look } = start();
  expect(await look(new Error('the server is starting'))).toEqual([]);
  expect(await look([session(1, 60, 100)])).toEqual([1]);
  await watch.close();
  expect(await look([session(1, 60, 100)])).toEqual([]);
  expect(vi.getTimerCount()).toBe(0);
});
