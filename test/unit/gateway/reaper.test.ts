import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { silentLogger } from '../../../src/core/logger.ts';
import { Reaper } from '../../../src/gateway/reaper.ts';
import type { Reaped } from '../../../src/postgres/reap-session-roles.ts';

const MINUTE = 60_000;
const NOTHING: Reaped = { dropped: [], kept: [] };

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

/** A reaper whose reaps are counted; each does what `reap` says. */
function start(reap: (signal: AbortSignal) => Promise<Reaped> = async () => NOTHING) {
  const warnings: object[] = [];
  const counted = vi.fn(reap);
  const logger = { ...silentLogger, warn: (facts: object) => warnings.push(facts) };
  return { reaper: new Reaper({ identifier: 'c', reap: counted, logger }), counted, warnings };
}

describe('a reaper', () => {
  it('reaps at once and every minute until it is closed', async () => {
    const { reaper, counted } = start();
    expect(counted).toHaveBeenCalledTimes(1);
    await vi.advanceTimersByTimeAsync(MINUTE - 1);
    expect(counted).toHaveBeenCalledTimes(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(counted).toHaveBeenCalledTimes(2);
    await vi.advanceTimersByTimeAsync(2 * MINUTE);
    expect(counted).toHaveBeenCalledTimes(4);
    await reaper.close();
    await vi.advanceTimersByTimeAsync(60 * MINUTE);
    expect(counted).toHaveBeenCalledTimes(4);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('logs a failure without its place in the program, and goes on', async () => {
    const { reaper, counted, warnings } = start(() => Promise.reject(new Error('the server is busy')));
    await vi.advanceTimersByTimeAsync(MINUTE);
    expect(counted).toHaveBeenCalledTimes(2);
    expect(warnings).toEqual([
      { cluster: 'c', cause: 'the server is busy' },
      { cluster: 'c', cause: 'the server is busy' },
    ]);
    await reaper.close();
  });

  it('never reaps twice at a time, however long it takes', async () => {
    let end = (): void => {};
    const { reaper, counted } = start(
      () =>
        new Promise((resolve) => {
          end = () => resolve(NOTHING);
        }),
    );
    await vi.advanceTimersByTimeAsync(60 * MINUTE);
    expect(counted).toHaveBeenCalledTimes(1);
    end();
    await vi.advanceTimersByTimeAsync(MINUTE);
    expect(counted).toHaveBeenCalledTimes(2);
    end();
    await reaper.close();
  });

  it('reaps out of turn when it is told to, after a reap under way, and then a minute later', async () => {
    const ends: (() => void)[] = [];
    const { reaper, counted } = start(() => new Promise((resolve) => ends.push(() => resolve(NOTHING))));
    reaper.hurry();
    await vi.advanceTimersByTimeAsync(0);
    expect(counted).toHaveBeenCalledTimes(1);
    ends.shift()?.();
    await vi.advanceTimersByTimeAsync(0);
    expect(counted).toHaveBeenCalledTimes(2);
    ends.shift()?.();
    await vi.advanceTimersByTimeAsync(MINUTE / 2);
    reaper.hurry();
    await vi.advanceTimersByTimeAsync(0);
    expect(counted).toHaveBeenCalledTimes(3);
    ends.shift()?.();
    await vi.advanceTimersByTimeAsync(MINUTE - 1);
    expect(counted).toHaveBeenCalledTimes(3);
    await vi.advanceTimersByTimeAsync(1);
    expect(counted).toHaveBeenCalledTimes(4);
    const closed = reaper.close();
    reaper.hurry();
    ends.shift()?.();
    await closed;
    expect(counted).toHaveBeenCalledTimes(4);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is closed only when the reap under way has heard of it and has ended', async () => {
    const steps: string[] = [];
    const { reaper } = start(
      (signal) =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () => {
            steps.push('told');
            setTimeout(() => {
              steps.push('ended');
              resolve(NOTHING);
            }, 50);
          });
        }),
    );
    const closed = reaper.close().then(() => steps.push('closed'));
    await vi.advanceTimersByTimeAsync(49);
    expect(steps).toEqual(['told']);
    await vi.advanceTimersByTimeAsync(1);
    await closed;
    expect(steps).toEqual(['told', 'ended', 'closed']);
    expect(vi.getTimerCount()).toBe(0);
  });
});
