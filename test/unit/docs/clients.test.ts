import { describe, expect, test } from 'vitest';
import { readText, readTexts } from '../../tidy/repository.ts';

/** The pages of docs/clients, whose strings `npm run interop` runs; what that needs of them is held here. */

const PAGES = new Map(
  [...readTexts('docs/clients', '.md')].map(([path, text]) => [path.replace(/^.*\/|\.md$/g, ''), text]),
);
const CLIENTS = readText('interop/clients.mjs');
const NAMED = new Map(
  [...(/PAGES = \{(.*?)\};/s.exec(CLIENTS)?.[1] ?? '').matchAll(/^ +'?([^':\n]+?)'?: '([\w-]+)'/gm)].map(
    ([, client = '', page = '']) => [client, page],
  ),
);

/** Not run by their strings: in no registry, or run by files of their own that the page describes. */
const WITHOUT_RUN = new Set(['README', 'redshift-odbc', 'pgbouncer', 'terraform']);

describe('the pages of clients', () => {
  test('are each run by a client of interop', () => {
    const run = new Set(NAMED.values());
    expect([...PAGES.keys()].filter((page) => !run.has(page) && !WITHOUT_RUN.has(page))).toEqual([]);
    expect([...run].filter((page) => !PAGES.has(page))).toEqual([]);
    expect(NAMED.size).toBeGreaterThan(10);
  });

  test('that are run have a code block, and their client a line in the table of clients', () => {
    for (const [client, page] of NAMED) {
      expect(PAGES.get(page), page).toMatch(/^```\w*\n.+?\n```$/ms);
      expect(CLIENTS).toContain(`'${client}'`);
    }
  });

  test('are all linked from the first one', () => {
    for (const page of PAGES.keys()) {
      if (page !== 'README') expect(PAGES.get('README')).toContain(`(${page}.md)`);
    }
  });

  test('say the port and the certificate in the one way that interop replaces', () => {
    const strings = [...NAMED.values()].flatMap((page) =>
      [...(PAGES.get(page) ?? '').matchAll(/^```\w*\n(.*?)\n```$/gms)].map(([, block = '']) => block),
    );
    for (const block of strings) expect(block).not.toMatch(/\/ca\.crt|localhost:(?!5439)\d/);
  });
});
