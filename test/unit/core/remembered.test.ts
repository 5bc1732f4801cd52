import { describe, expect, test } from 'vitest';
import { remembered } from '../../../src/core/remembered.ts';

/** A function that gives a new object each time, and what it was asked. */
function counted() {
  const asked: string[] = [];
  const make = remembered((text) => {
    asked.push(text);
    return { text };
  });
  return { asked, make };
}

describe('a remembered function', () => {
  test('is asked once for each text', () => {
    const { asked, make } = counted();
    const first = make('a');
    expect(first).toEqual({ text: 'a' });
    expect(make('a')).toBe(first);
    expect(make('b')).toEqual({ text: 'b' });
    expect(asked).toEqual(['a', 'b']);
  });

  test('takes texts for what they are, also half a surrogate pair', () => {
    const { make } = counted();
    for (const text of ['', '\ud800', '\u0000', 'ä', '__proto__']) {
      expect(make(text)).toEqual({ text });
      expect(make(text)).toBe(make(text));
    }
  });

  test('does not keep what was thrown', () => {
    let fails = true;
    const make = remembered((text) => {
      if (fails) throw new Error('not now');
      return text;
    });
    expect(() => make('a')).toThrow('not now');
    fails = false;
    expect(make('a')).toBe('a');
  });

  test.each([
    [256, 1],
    [257, 2],
  ])('is asked for a text of %i characters %i times of two', (length, times) => {
    const { asked, make } = counted();
    make('x'.repeat(length));
    make('x'.repeat(length));
    expect(asked).toHaveLength(times);
  });

  test('keeps at most a thousand results', () => {
    const { asked, make } = counted();
    for (let n = 0; n < 1000; n++) make(`text ${n}`);
    make('text 0');
    expect(asked).toHaveLength(1000);
    make('one more');
    make('text 0');
    expect(asked).toHaveLength(1002);
  });
});
