import { describe, expect, test } from 'vitest';
import { readText } from '../../tidy/repository.ts';

/** docs/differences.md: one table, whose rows say where Keyshift differs from Redshift and what to do about it. */

interface Row {
  readonly where: string;
  readonly difference: string;
  readonly remedy: string;
}

const PAGE = readText('docs/differences.md');

/** The cells of each row below the rule of a table; a bar inside a cell is escaped. */
function cellsOf(page: string): string[][] {
  const lines = page.split('\n').filter((line) => line.startsWith('|'));
  return lines.slice(2).map((line) =>
    line
      .slice(1, -1)
      .split(/(?<!\\)\|/)
      .map((cell) => cell.trim()),
  );
}

const ROWS: readonly Row[] = cellsOf(PAGE).map(([where = '', difference = '', remedy = '']) => ({
  where,
  difference,
  remedy,
}));

/** What the API answers: the bullets of the page that is printed from the source. */
const ANSWERED = new Set(
  [...readText('docs/reference/operations.md').matchAll(/^- (\w+)$/gm)].map(([, name]) => name),
);

/** Operations that rows say are not answered, although they are. */
function answeredAfterAll(rows: readonly Row[]): string[] {
  return rows
    .filter(({ difference }) => /are not (?:answered|implemented)|is not there/.test(difference))
    .flatMap(({ difference }) => [...difference.matchAll(/`([A-Z][a-z]+[A-Z]\w+)`/g)])
    .map(([, name = '']) => name)
    .filter((name) => ANSWERED.has(name));
}

describe('the differences from Redshift', () => {
  test('are one table of three columns, and every cell is filled', () => {
    expect(PAGE.match(/^\| --- /gm)).toHaveLength(1);
    expect(PAGE).toContain('| Where | Difference | What to do |\n| --- | --- | --- |\n');
    const cells = cellsOf(PAGE);
    expect(cells.length).toBeGreaterThan(40);
    for (const row of cells) {
      expect(row, row.join(' ')).toHaveLength(3);
      expect(row.filter((cell) => cell === '')).toEqual([]);
    }
  });

  test('are told in sentences, each once, those of one place together', () => {
    for (const { difference, remedy } of ROWS) {
      expect(difference, difference).toMatch(/^[A-Z`].*\.$/);
      expect(remedy, remedy).toMatch(/^[A-Z`[].*\.$/);
    }
    expect(new Set(ROWS.map(({ difference }) => difference)).size).toBe(ROWS.length);
    const places = ROWS.map(({ where }) => where).filter((where, n, all) => where !== all[n - 1]);
    expect(places).toEqual([...new Set(places)]);
  });

  test('name no operation as missing that is answered', () => {
    const wrong = {
      where: 'Clusters',
      difference: '`DescribeClusters` and its like are not answered.',
      remedy: '',
    };
    expect(answeredAfterAll([wrong])).toEqual(['DescribeClusters']);
    expect(answeredAfterAll(ROWS)).toEqual([]);
  });

  test('have the numbers of the source', () => {
    const row = ROWS.find(({ difference }) => difference.includes('connections, where Redshift takes'));
    const [told] = /\d+/.exec(row?.difference ?? '') ?? [];
    expect(readText('src/gateway/fleet.ts')).toContain(`SERVER_CONNECTIONS_MAX = ${told};`);
  });
});
