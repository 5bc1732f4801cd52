import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { markerAfter, type PageRequest, pageOfList } from '../../../src/iam/pages.ts';

const NAMES = fc.uniqueArray(
  fc.string({ minLength: 1, maxLength: 20 }).filter((name) => !name.includes('\0')),
  {
    maxLength: 30,
  },
);

const page = (request: PageRequest, list: readonly string[] = ['a', 'b', 'c']) =>
  pageOfList(request, (entry) => entry, list);

describe('pages', () => {
  test('taken one after the other are the whole list, each entry once', async () => {
    await fc.assert(
      fc.asyncProperty(NAMES, fc.integer({ min: 1, max: 7 }), async (names, maxItems) => {
        const seen: string[] = [];
        let marker: string | undefined;
        do {
          const { items, nextMarker } = await page({ marker, maxItems }, names);
          expect(items.length).toBeLessThanOrEqual(maxItems);
          seen.push(...items);
          marker = nextMarker;
        } while (marker !== undefined);
        expect(seen).toEqual([...names].sort());
      }),
    );
  });

  test('a last page that is full has no marker', async () => {
    expect((await page({ maxItems: 3 })).nextMarker).toBeUndefined();
    expect((await page({ maxItems: 2 })).nextMarker).toBeDefined();
  });

  test('have 100 entries unless asked for others', async () => {
    const list = Array.from({ length: 101 }, (_, index) => String(index));
    expect((await page({}, list)).items).toHaveLength(100);
    expect((await page({ maxItems: 1000 }, list)).items).toHaveLength(101);
  });

  test.each([0, -1, 1001, 1.5, Number.NaN])('of %d entries are refused', async (maxItems) => {
    await expect(page({ maxItems })).rejects.toMatchObject({ code: 'ValidationError', status: 400 });
  });

  test.each(['', '?', 'e30', 'bnVsbA', 'eyJhZnRlciI6MX0', 'x'.repeat(400)])(
    'after the marker %j are refused',
    async (marker) => {
      await expect(page({ marker })).rejects.toMatchObject({
        code: 'ValidationError',
        message: 'Invalid Marker.',
      });
    },
  );

  test('go on in the list that they began in, and in no other', async () => {
    const { nextMarker: marker } = await page({ list: 'users', maxItems: 1 });
    expect((await page({ list: 'users', marker })).items).toEqual(['b', 'c']);
    for (const list of ['groups', '', undefined]) {
      await expect(page({ list, marker })).rejects.toMatchObject({ message: 'Invalid Marker.' });
    }
  });

  test('have markers that clients may send, of every key that names something', () => {
    // A serial number of 256 characters without what all of them start with.
    expect(markerAfter('x'.repeat(234), 'x').length).toBeLessThanOrEqual(320);
  });

  test('with an entry of which nothing may be kept are refused', async () => {
    await expect(page({ marker: markerAfter('a\0') })).rejects.toMatchObject({ message: 'Invalid Marker.' });
  });
});
