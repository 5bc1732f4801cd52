import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ResultRow } from '../../../src/redshift/statements.ts';
import { bytesOf, PageCutter } from '../../../src/statements/result-pages.ts';

/** Cuts rows into pages as a result is. */
function pagesOf(rows: readonly ResultRow[]): (readonly ResultRow[])[] {
  const cutter = new PageCutter();
  const pages: (readonly ResultRow[])[] = [];
  for (const row of rows) {
    const full = cutter.add(row, bytesOf(row));
    if (full !== undefined) pages.push(full);
  }
  const rest = cutter.rest();
  if (rest.length > 0) pages.push(rest);
  return pages;
}

describe('a result in pages', () => {
  test('is the whole of it in its order, with no empty page, whatever its rows are', () => {
    const value = fc.option(fc.string({ maxLength: 20 }), { nil: null });
    const row = fc.array(value, { minLength: 1, maxLength: 4 });
    const property = fc.property(
      fc.array(row, { maxLength: 50 }),
      fc.integer({ min: 1, max: 900 }),
      (some, times) => {
        const rows = Array.from({ length: some.length * times }, (_, n) => some[n % some.length] ?? []);
        const pages = pagesOf(rows);
        expect(pages.flat()).toEqual(rows);
        expect(pages.every((page) => page.length > 0 && page.length <= 10_000)).toBe(true);
        // Only the last one may have room left.
        for (const page of pages.slice(0, -1)) {
          const bytes = page.reduce((sum, one) => sum + bytesOf(one), 0);
          expect(page.length === 10_000 || bytes >= 1024 * 1024).toBe(true);
        }
      },
    );
    fc.assert(property, { numRuns: 40 });
  });

  test.each([
    [9_999, [9_999]],
    [10_000, [10_000]],
    [10_001, [10_000, 1]],
    [20_000, [10_000, 10_000]],
    [0, []],
  ])('of %i short rows has pages of %j', (count, lengths) => {
    const rows = Array.from({ length: count }, (_, n) => [String(n)]);
    expect(pagesOf(rows).map((page) => page.length)).toEqual(lengths);
  });

  test('has pages of about a megabyte', () => {
    const row = ['x'.repeat(65_536)];
    const pages = pagesOf(Array.from({ length: 33 }, () => row));
    expect(pages.map((page) => page.length)).toEqual([16, 16, 1]);
  });

  test('counts bytes as UTF-8 has them, and none for a null', () => {
    expect(bytesOf(['é', null, '', '𝄞'])).toBe(6);
  });
});
