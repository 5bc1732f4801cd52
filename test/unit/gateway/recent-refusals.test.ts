import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { SqlError } from '../../../src/core/errors.ts';
import { RecentRefusals } from '../../../src/gateway/recent-refusals.ts';

const PLAIN = 'The gateway takes no login in clear text.';
const repeating = (reason: string): string =>
  `${PLAIN} The attempt over TLS just before was refused: ${reason}`;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterEach(() => {
  vi.useRealTimers();
});

const detail = (refusals: RecentRefusals, ip = '10.0.0.1', user = 'bob'): string | undefined =>
  refusals.refusalWithoutTls(ip, user).detail;

describe('the refusal of a login in clear text', () => {
  test('says that TLS is needed, and how to ask for it', () => {
    expect(new RecentRefusals().refusalWithoutTls('10.0.0.1', 'IAM:bob')).toMatchObject({
      sqlState: '28000',
      message: 'connection for user "IAM:bob" must use TLS',
      detail: PLAIN,
      hint: 'Connect with sslmode=verify-full, or at least sslmode=require.',
    });
  });

  test('repeats why the attempt over TLS just before was refused', () => {
    const refusals = new RecentRefusals();
    refusals.add('10.0.0.1', 'bob', new SqlError('28000', 'expired', { detail: 'at noon' }));
    expect(detail(refusals)).toBe(repeating('expired (at noon)'));
    refusals.add('10.0.0.1', 'bob', new SqlError('42704', 'no such user'));
    expect(detail(refusals)).toBe(repeating('no such user'));
  });

  test('repeats it to nobody else: not to another address, not for another user', () => {
    const refusals = new RecentRefusals();
    refusals.add('10.0.0.1', 'bob', new SqlError('28000', 'expired'));
    expect(detail(refusals, '10.0.0.2')).toBe(PLAIN);
    expect(detail(refusals, '10.0.0.1', 'Bob')).toBe(PLAIN);
    expect(detail(refusals, '10.0.0.1/bob', '')).toBe(PLAIN);
  });

  test('forgets it after ten seconds', () => {
    const refusals = new RecentRefusals();
    refusals.add('10.0.0.1', 'bob', new SqlError('28000', 'expired'));
    vi.advanceTimersByTime(9_999);
    expect(detail(refusals)).toBe(repeating('expired'));
    vi.advanceTimersByTime(1);
    expect(detail(refusals)).toBe(PLAIN);
  });

  test.each([
    ['the same', 'expired'],
    ['another', 'no such user'],
  ])('counts the seconds anew when it was refused again, for %s reason', (_which, reason) => {
    const refusals = new RecentRefusals();
    refusals.add('10.0.0.1', 'bob', new SqlError('28000', 'expired'));
    vi.advanceTimersByTime(9_000);
    refusals.add('10.0.0.1', 'bob', new SqlError('28000', reason));
    vi.advanceTimersByTime(9_999);
    expect(detail(refusals)).toBe(repeating(reason));
    vi.advanceTimersByTime(1);
    expect(detail(refusals)).toBe(PLAIN);
  });

  test('remembers a thousand, goes on telling those their newest reason, and takes others when there is room', () => {
    const refusals = new RecentRefusals();
    for (let at = 0; at < 1_000; at++) refusals.add('10.0.0.1', `u${at}`, new SqlError('28000', 'old'));
    refusals.add('10.0.0.1', 'one more', new SqlError('28000', 'old'));
    refusals.add('10.0.0.1', 'u7', new SqlError('28000', 'new'));
    expect(detail(refusals, '10.0.0.1', 'one more')).toBe(PLAIN);
    expect(detail(refusals, '10.0.0.1', 'u999')).toBe(repeating('old'));
    expect(detail(refusals, '10.0.0.1', 'u7')).toBe(repeating('new'));
    vi.advanceTimersByTime(10_000);
    expect(vi.getTimerCount()).toBe(0);
    refusals.add('10.0.0.1', 'one more', new SqlError('28000', 'old'));
    expect(detail(refusals, '10.0.0.1', 'one more')).toBe(repeating('old'));
  });
});
