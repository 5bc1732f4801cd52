import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { KeepTrying } from '../../../src/gateway/keep-trying.ts';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

/** Fails as many times as it is told. */
function work(failures: number) {
  let tries = 0;
  const failed: unknown[] = [];
  const trying = new KeepTrying(
    1_000,
    async () => {
      tries++;
      if (tries <= failures) throw new Error(`try ${tries}`);
    },
    (error) => failed.push(error),
  );
  return { trying, tries: () => tries, failed: () => failed.map(String) };
}

test('what succeeds is tried once', async () => {
  const { trying, tries, failed } = work(0);
  await trying.start();
  await vi.advanceTimersByTimeAsync(10_000);
  expect([tries(), failed()]).toEqual([1, []]);
});

test('what fails is tried after every pause until it succeeds, and every failure is told', async () => {
  const { trying, tries, failed } = work(2);
  await trying.start();
  expect([tries(), failed()]).toEqual([1, ['Error: try 1']]);
  await vi.advanceTimersByTimeAsync(999);
  expect(tries()).toBe(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(tries()).toBe(2);
  await vi.advanceTimersByTimeAsync(10_000);
  expect([tries(), failed()]).toEqual([3, ['Error: try 1', 'Error: try 2']]);
});

test('what is stopped is not tried again, not even when it is stopped during a try', async () => {
  const between = work(9);
  await between.trying.start();
  await between.trying.stop();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(between.tries()).toBe(1);

  let fail: (error: Error) => void = () => {};
  let tries = 0;
  const during = new KeepTrying(
    1_000,
    () => {
      tries++;
      return new Promise((_resolve, reject) => {
        fail = reject;
      });
    },
    () => {},
  );
  const started = during.start();
  const stopped = during.stop();
  fail(new Error('too late'));
  await Promise.all([started, stopped]);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(tries).toBe(1);
});
