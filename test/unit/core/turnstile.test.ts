import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Turnstile } from '../../../src/core/turnstile.ts';

const never = (): AbortSignal => new AbortController().signal;
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('turns', () => {
  test('are so many at a time, for each key, in the order of asking', async () => {
    const slots = new Turnstile(2);
    const began: number[] = [];
    const leaves = new Map<number, () => void>();
    for (let n = 0; n < 4; n++) {
      void slots.enter('a', never()).then((leave) => {
        began.push(n);
        leaves.set(n, leave);
      });
    }
    (await slots.enter('b', never()))();
    await turn();
    expect(began).toEqual([0, 1]);
    leaves.get(1)?.();
    await turn();
    expect(began).toEqual([0, 1, 2]);
    // A second time changes nothing.
    leaves.get(1)?.();
    await turn();
    expect(began).toEqual([0, 1, 2]);
    leaves.get(0)?.();
    await turn();
    expect(began).toEqual([0, 1, 2, 3]);
  });

  test('are not waited for any more when the signal comes', async () => {
    const slots = new Turnstile(1);
    const leave = await slots.enter('a', never());
    const abort = new AbortController();
    const waiting = slots.enter('a', abort.signal);
    abort.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    await expect(slots.enter('a', abort.signal)).rejects.toThrow('enough');
    leave();
    (await slots.enter('a', never()))();
  });

  test('are never lost and never too many, in any order of coming, leaving and giving up', async () => {
    const step = fc.constantFrom('enter', 'leave', 'abort');
    const property = fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const slots = new Turnstile(3);
      const inside: (() => void)[] = [];
      const waiting: AbortController[] = [];
      for (const one of steps) {
        if (one === 'enter') {
          const abort = new AbortController();
          waiting.push(abort);
          slots.enter('a', abort.signal).then(
            (leave) => {
              waiting.splice(waiting.indexOf(abort), 1);
              inside.push(leave);
            },
            () => {},
          );
        } else if (one === 'leave') inside.shift()?.();
        else waiting.pop()?.abort(new Error('enough'));
        await turn();
        expect(inside.length).toBeLessThanOrEqual(3);
        if (waiting.length > 0) expect(inside).toHaveLength(3);
      }
    });
    await fc.assert(property, { numRuns: 50 });
  });
});
