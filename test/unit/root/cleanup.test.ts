import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Cleanup } from '../../../src/cleanup.ts';
import { silentLogger } from '../../../src/core/logger.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
});
afterEach(() => {
  vi.useRealTimers();
});

function cleanup() {
  const warnings: [object, string][] = [];
  const logger = {
    ...silentLogger,
    warn: (facts: object, message: string) => warnings.push([facts, message]),
  };
  return { cleanup: new Cleanup(logger), warnings };
}

describe('cleaning up', () => {
  test('ends things in the reverse order of their beginning, one after the other', async () => {
    const { cleanup: end, warnings } = cleanup();
    const log: string[] = [];
    for (const name of ['store', 'cluster', 'listener']) {
      end.add(name, async () => {
        log.push(`${name} ending`);
        await new Promise((resolve) => setImmediate(resolve));
        log.push(`${name} ended`);
      });
    }
    await end.run();
    expect(log).toEqual([
      'listener ending',
      'listener ended',
      'cluster ending',
      'cluster ended',
      'store ending',
      'store ended',
    ]);
    expect(warnings).toEqual([]);
  });

  test('ends the rest when one fails, and tells which', async () => {
    const { cleanup: end, warnings } = cleanup();
    const log: string[] = [];
    end.add('store', async () => void log.push('store'));
    end.add('cluster', () => Promise.reject(new Error('stuck')));
    end.add('listener', () => {
      throw new Error('gone');
    });
    end.add('timer', async () => void log.push('timer'));
    await end.run();
    expect(log).toEqual(['timer', 'store']);
    expect(warnings).toEqual([
      [{ step: 'listener', cause: 'gone' }, 'could not be ended cleanly'],
      [{ step: 'cluster', cause: 'stuck' }, 'could not be ended cleanly'],
    ]);
  });

  test('ends each thing once, also when it is asked for twice', async () => {
    const { cleanup: end } = cleanup();
    const ended = vi.fn(async () => {});
    end.add('store', ended);
    await Promise.all([end.run(), end.run()]);
    await end.run();
    expect(ended).toHaveBeenCalledTimes(1);
  });

  test('ends what is added while it runs', async () => {
    const { cleanup: end } = cleanup();
    const late = vi.fn(async () => {});
    end.add('first', async () => end.add('late', late));
    await end.run();
    expect(late).toHaveBeenCalledTimes(1);
  });

  test('with nothing to end is done', async () => {
    await cleanup().cleanup.run();
  });
});

describe('regular work', () => {
  test('is done at each interval until the end, and once more then', async () => {
    const { cleanup: end } = cleanup();
    const work = vi.fn(async () => {});
    end.every(1_000, work);
    expect(work).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(3_000);
    expect(work).toHaveBeenCalledTimes(3);
    await end.run();
    expect(work).toHaveBeenCalledTimes(4);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(work).toHaveBeenCalledTimes(4);
  });

  test('that fails is told, and tried again; at the end, too, it stops nothing else', async () => {
    const { cleanup: end, warnings } = cleanup();
    const store = vi.fn(async () => {});
    end.add('store', store);
    const work = vi.fn(() => Promise.reject(new Error('no store')));
    end.every(1_000, work);
    await vi.advanceTimersByTimeAsync(2_000);
    await end.run();
    expect(work).toHaveBeenCalledTimes(3);
    expect(warnings).toEqual(Array.from({ length: 3 }, () => [{ cause: 'no store' }, 'regular work failed']));
    expect(store).toHaveBeenCalledTimes(1);
  });
});
