import { describe, expect, test } from 'vitest';
import { LIMITS } from '../../../src/core/limits.ts';
import { Turnstile } from '../../../src/core/turnstile.ts';
import { FailedLogins } from '../../../src/gateway/failed-logins.ts';
import { PendingLogins } from '../../../src/gateway/pending-logins.ts';

// What bounds clients that have not logged in.

describe('logins under way', () => {
  test('are limited by address, and a full address does not fill another', () => {
    const pending = new PendingLogins();
    const entered = Array.from({ length: LIMITS.loginsPendingPerAddressMax + 1 }, () => pending.enter('a'));
    expect(entered.filter(Boolean)).toHaveLength(LIMITS.loginsPendingPerAddressMax);
    expect(entered.at(-1)).toBe(false);
    expect(pending.enter('b')).toBe(true);
    pending.leave('a');
    expect([pending.enter('a'), pending.enter('a')]).toEqual([true, false]);
  });

  test('are limited in all', () => {
    const pending = new PendingLogins();
    for (let n = 0; n < LIMITS.loginsPendingMax; n++) expect(pending.enter(`address-${n}`)).toBe(true);
    expect(pending.enter('another')).toBe(false);
    pending.leave('address-0');
    expect(pending.enter('another')).toBe(true);
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
    failed.succeeded('a', 'bob');
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
    expect(failed.refusedForMs('a')).toBe(0);
    pass(30_000);
    failed.failed('a', 'last');
    expect(failed.refusedForMs('a')).toBe(LIMITS.failedLoginsRefuseMs);
    expect(failed.refusedForMs('b')).toBe(0);
    pass(59_999);
    expect(failed.refusedForMs('a')).toBe(1);
    pass(1);
    expect(failed.refusedForMs('a')).toBe(0);
    expect(failed.failed('a', 'again')).toBe(0);
    expect(failed.refusedForMs('a')).toBe(0);
  });

  test('from very many addresses are counted for the latest ten thousand', () => {
    const { failed } = counting();
    for (let n = 0; n < LIMITS.failedLoginsPerAddressMax; n++) failed.failed('first', 'x');
    for (let n = 0; n < 10_000; n++) failed.failed(`address-${n}`, 'x');
    expect(failed.refusedForMs('first')).toBe(0);
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
