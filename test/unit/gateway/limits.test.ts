import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LIMITS } from '../../../src/core/limits.ts';
import { Turnstile } from '../../../src/core/turnstile.ts';
import { FailedLogins } from '../../../src/gateway/failed-logins.ts';
import { PendingLogins } from '../../../src/gateway/pending-logins.ts';

// What bounds clients that have not logged in.

describe('logins under way', () => {
  const nothing = (): void => {};
  const fill = (pending: PendingLogins, source: string, count: number) =>
    Array.from({ length: count }, () => pending.enter(source, nothing));

  test('are limited by address, and a full address does not fill another', () => {
    const pending = new PendingLogins();
    const entered = fill(pending, 'a', LIMITS.loginsPendingPerAddressMax + 1);
    expect(entered.filter((leave) => leave !== undefined)).toHaveLength(LIMITS.loginsPendingPerAddressMax);
    expect(entered.at(-1)).toBeUndefined();
    expect(pending.enter('b', nothing)).toBeDefined();
    const [first] = entered;
    first?.();
    // A second time it takes nobody else out.
    first?.();
    expect(fill(pending, 'a', 2).map((leave) => leave !== undefined)).toEqual([true, false]);
  });

  test('are limited in all', () => {
    const pending = new PendingLogins();
    const leaves = Array.from({ length: LIMITS.loginsPendingMax }, (_, n) =>
      pending.enter(`address-${n}`, nothing),
    );
    expect(leaves).not.toContain(undefined);
    expect(pending.enter('another', nothing)).toBeUndefined();
    leaves[0]?.();
    expect(pending.enter('another', nothing)).toBeDefined();
  });

  test('of whoever has the most give way, the oldest first, when there are too many in all', () => {
    const pending = new PendingLogins();
    const ended: string[] = [];
    const enter = (source: string, n: number) => pending.enter(source, () => ended.push(`${source}${n}`));
    for (let n = 0; n < 400; n++) enter('a', n);
    for (let n = 0; n < 399; n++) enter('b', n);
    for (let n = 0; n < 201; n++) enter('c', n);
    expect(enter('victim', 0)).toBeDefined();
    expect(enter('victim', 1)).toBeDefined();
    expect(ended[0]).toBe('a0');
    expect(ended).toHaveLength(2);
    // Whoever has the most, or as many but one, cannot put out anybody.
    expect(enter('a', 400)).toBeUndefined();
    expect(ended).toHaveLength(2);
  });

  test('are put out only from whoever has the most, and only for one who has fewer', () => {
    const burst = fc.tuple(fc.constantFrom('a', 'b', 'c', 'd', 'e'), fc.integer({ min: 1, max: 400 }));
    fc.assert(
      fc.property(fc.array(burst, { minLength: 5, maxLength: 12 }), (bursts) => {
        const pending = new PendingLogins();
        const present = new Map<string, number>();
        const count = (source: string) => present.get(source) ?? 0;
        let coming = '';
        for (const source of bursts.flatMap(([name, size]) => Array.from({ length: size }, () => name))) {
          coming = source;
          const leave = pending.enter(source, () => {
            expect(count(source)).toBe(Math.max(...present.values()));
            expect(count(source)).toBeGreaterThan(count(coming) + 1);
            present.set(source, count(source) - 1);
          });
          if (leave !== undefined) present.set(source, count(source) + 1);
          expect(count(source)).toBeLessThanOrEqual(LIMITS.loginsPendingPerAddressMax);
        }
      }),
      { numRuns: 30 },
    );
  });
});

describe('wrong passwords', () => {
  function counting() {
    let now = 0;
    const failed = new FailedLogins(() => now);
    return { failed, pass: (ms: number) => (now += ms) };
  }

  test('with one name from one address are told later and later, from the sixth on', () => {
    const { failed } = counting();
    const delays = Array.from({ length: 12 }, () => failed.failed('a', 'bob'));
    expect(delays).toEqual([0, 0, 0, 0, 0, 250, 500, 1000, 2000, 4000, 4000, 4000]);
  });

  test('delay nobody else: not the same name from elsewhere, nor another name from there', () => {
    const { failed } = counting();
    for (let n = 0; n < 20; n++) failed.failed('a', 'bob');
    expect(failed.failed('b', 'bob')).toBe(0);
    expect(failed.failed('a', 'ann')).toBe(0);
  });

  test('are forgotten after a minute, and when the right one is found', () => {
    const { failed, pass } = counting();
    for (let n = 0; n < 8; n++) failed.failed('a', 'bob');
    failed.succeeded('a', 'bob', true);
    expect(failed.failed('a', 'bob')).toBe(0);
    for (let n = 0; n < 8; n++) failed.failed('a', 'bob');
    pass(59_999);
    expect(failed.failed('a', 'bob')).toBeGreaterThan(0);
    pass(1);
    expect(failed.failed('a', 'bob')).toBe(0);
  });

  test('that are too many refuse their address for a minute, and no other', () => {
    const { failed, pass } = counting();
    const max = LIMITS.failedLoginsPerAddressMax;
    for (let n = 1; n < max; n++) failed.failed('a', `name-${n}`);
    expect(failed.refusedForMs('a', 'bob')).toBe(0);
    pass(30_000);
    failed.failed('a', 'last');
    expect(failed.refusedForMs('a', 'bob')).toBe(LIMITS.failedLoginsRefuseMs);
    expect(failed.refusedForMs('b', 'bob')).toBe(0);
    pass(59_999);
    expect(failed.refusedForMs('a', 'bob')).toBe(1);
    pass(1);
    expect(failed.refusedForMs('a', 'bob')).toBe(0);
    expect(failed.failed('a', 'again')).toBe(0);
    expect(failed.refusedForMs('a', 'bob')).toBe(0);
  });

  test('do not refuse a name that has got in from the address, until that very name is guessed there', () => {
    const { failed, pass } = counting();
    failed.succeeded('a', 'bob', true);
    failed.succeeded('a', 'IAM:eve', false);
    for (let n = 0; n < LIMITS.failedLoginsPerAddressMax; n++) failed.failed('a', `name-${n}`);
    const refused = (name: string, address = 'a') => failed.refusedForMs(address, name) > 0;
    expect([refused('bob'), refused('ann'), refused('IAM:eve'), refused('bob', 'b')]).toEqual([
      false,
      true,
      true,
      false,
    ]);
    for (let n = 1; n < LIMITS.failedLoginsPerKnownNameMax; n++) failed.failed('a', 'bob');
    expect(refused('bob')).toBe(false);
    failed.failed('a', 'bob');
    expect(refused('bob')).toBe(true);
    pass(LIMITS.failedLoginsRefuseMs);
    expect(refused('bob')).toBe(false);
    pass(4 * 24 * 60 * 60_000);
    for (let n = 0; n < LIMITS.failedLoginsPerAddressMax; n++) failed.failed('a', `name-${n}`);
    expect(refused('bob')).toBe(true);
  });

  test('from very many addresses are counted for the latest ten thousand', () => {
    const { failed } = counting();
    for (let n = 0; n < LIMITS.failedLoginsPerAddressMax; n++) failed.failed('first', 'x');
    for (let n = 0; n < 10_000; n++) failed.failed(`address-${n}`, 'x');
    expect(failed.refusedForMs('first', 'bob')).toBe(0);
  });
});

describe('a turnstile', () => {
  test('lets so many through at a time, and the others in their order, also after a failure', async () => {
    const turnstile = new Turnstile(2);
    const log: number[] = [];
    let inside = 0;
    let most = 0;
    const work = (n: number) =>
      turnstile.pass('a', async () => {
        most = Math.max(most, ++inside);
        await new Promise((resolve) => setTimeout(resolve, 2));
        inside--;
        log.push(n);
        if (n === 1) throw new Error('no');
      });
    const results = await Promise.allSettled([0, 1, 2, 3, 4, 5].map(work));
    expect(results.filter(({ status }) => status === 'rejected')).toHaveLength(1);
    expect(most).toBe(2);
    expect(log).toEqual([0, 1, 2, 3, 4, 5]);
    await expect(turnstile.pass('a', async () => 'free')).resolves.toBe('free');
  });

  test('that is full for one is open for another', async () => {
    const turnstile = new Turnstile(1);
    let leave = (): void => {};
    const first = turnstile.pass('a', () => new Promise<void>((resolve) => (leave = resolve)));
    const second = turnstile.pass('a', async () => 'second');
    await expect(turnstile.pass('b', async () => 'other')).resolves.toBe('other');
    leave();
    await first;
    await expect(second).resolves.toBe('second');
  });
});
