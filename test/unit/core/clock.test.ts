import { describe, expect, test } from 'vitest';
import { epochSeconds, fixedClock, MovableClock, systemClock } from '../../../src/core/clock.ts';

const AT = new Date('2026-03-01T12:00:00.750Z');
/** Milliseconds between two readings of the clock on a busy machine. */
const SLACK_MS = 5_000;

describe('the system clock', () => {
  test('tells one present, the one that is', () => {
    const before = Date.now();
    const { presents } = systemClock;
    const told = [systemClock.now(), ...presents()];
    const after = Date.now();
    expect(told).toHaveLength(2);
    for (const at of told) {
      expect(at.getTime()).toBeGreaterThanOrEqual(before);
      expect(at.getTime()).toBeLessThanOrEqual(after);
    }
  });
});

describe('a fixed clock', () => {
  test('stands still, and nobody can push it through the dates it gave', () => {
    const clock = fixedClock(AT);
    clock.now().setFullYear(1999);
    clock.presents()[0]?.setFullYear(1999);
    expect(clock.now()).toEqual(AT);
    expect(clock.presents()).toEqual([AT]);
  });
});

describe('a movable clock', () => {
  test('that was not moved tells only the present', () => {
    const clock = new MovableClock();
    expect(clock.offsetMs).toBe(0);
    expect(clock.presents()).toHaveLength(1);
    expect(Math.abs(clock.now().getTime() - Date.now())).toBeLessThan(SLACK_MS);
  });

  test.each([900_000, -900_000, 1])(
    'moved by %d ms goes on from there, and knows the unmoved present',
    (ms) => {
      const clock = new MovableClock(60_000);
      clock.moveTo(ms);
      expect(clock.offsetMs).toBe(ms);
      expect(Math.abs(clock.now().getTime() - Date.now() - ms)).toBeLessThan(SLACK_MS);
      const [moved, unmoved, ...more] = clock.presents();
      expect(more).toEqual([]);
      expect(Math.abs((moved?.getTime() ?? 0) - Date.now() - ms)).toBeLessThan(SLACK_MS);
      expect(Math.abs((unmoved?.getTime() ?? 0) - Date.now())).toBeLessThan(SLACK_MS);
    },
  );

  test('moved back to no distance tells one present again', () => {
    const clock = new MovableClock(5_000);
    clock.moveTo(0);
    expect(clock.presents()).toHaveLength(1);
  });
});

describe('seconds since 1970', () => {
  test.each([
    ['1970-01-01T00:00:00.000Z', 0],
    ['1970-01-01T00:00:00.999Z', 0],
    ['1970-01-01T00:00:01.000Z', 1],
    ['1969-12-31T23:59:59.999Z', -1],
    ['2026-03-01T12:00:00.750Z', 1_772_366_400],
  ])('of %s are %d: whole ones, rounded down', (text, seconds) => {
    expect(epochSeconds(new Date(text))).toBe(seconds);
  });
});
