import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { ROOT, readTexts } from '../../tidy/repository.ts';

/** The pages of docs/clients, whose strings `npm run interop` runs, and the table of what it tries with each client. */

interface Client {
  readonly name: string;
  readonly scenarios: readonly string[];
  /** Scenarios that are not tried, each with the reason. */
  readonly without: Readonly<Record<string, string>>;
}

interface Clients {
  readonly CLIENTS: readonly Client[];
  readonly PAGES: Readonly<Record<string, string>>;
  readonly WITHOUT_PROGRAM: Readonly<Record<string, string>>;
}

const load = (file: string) => import(pathToFileURL(`${ROOT}interop/${file}`).href);
const { CLIENTS, PAGES, WITHOUT_PROGRAM }: Clients = await load('clients.mjs');
const { SCENARIOS }: { readonly SCENARIOS: Readonly<Record<string, string>> } = await load('scenarios.mjs');

const TEXTS = new Map(
  [...readTexts('docs/clients', '.md')].map(([path, text]) => [path.replace(/^.*\/|\.md$/g, ''), text]),
);
const blocksOf = (page: string): string[] =>
  [...(TEXTS.get(page) ?? '').matchAll(/^```\w*\n(.*?)\n```$/gms)].map(([, block = '']) => block);

describe('the pages of clients', () => {
  test('are each run by a client of interop, but for that of a driver that no registry has', () => {
    const run = new Set(Object.values(PAGES));
    const others = [...TEXTS.keys()].filter((page) => !run.has(page));
    expect(others.sort()).toEqual(['README', 'redshift-odbc']);
    expect([...run].filter((page) => !TEXTS.has(page))).toEqual([]);
  });

  test('that are run have a code block, and their client tries what is documented', () => {
    expect(Object.keys(PAGES).length).toBeGreaterThan(14);
    for (const [name, page] of Object.entries(PAGES)) {
      expect(blocksOf(page), page).not.toEqual([]);
      expect(CLIENTS.find((client) => client.name === name)?.scenarios, name).toContain('documented');
    }
  });

  test('are all linked from the first one', () => {
    for (const page of TEXTS.keys()) {
      if (page !== 'README') expect(TEXTS.get('README')).toContain(`(${page}.md)`);
    }
  });

  test('say the port and the certificate in the one way that interop replaces', () => {
    for (const page of Object.values(PAGES)) {
      for (const block of blocksOf(page)) expect(block).not.toMatch(/\/ca\.crt|localhost:(?!5439|8443)\d/);
    }
  });
});

describe('the matrix of interop', () => {
  test('tries every scenario with every client, or says why not', () => {
    const names = Object.keys(SCENARIOS);
    for (const { name, scenarios, without } of CLIENTS) {
      expect([...scenarios, ...Object.keys(without)].sort(), name).toEqual([...names].sort());
      for (const why of Object.values(without)) expect(why, name).toMatch(/^[a-z].{9,}[^.]$/);
      expect(scenarios.length, name).toBeGreaterThan(0);
    }
  });

  test('has every scenario with some client, and names the clients that nobody can run', () => {
    const tried = new Set(CLIENTS.flatMap(({ scenarios }) => scenarios));
    expect(Object.keys(SCENARIOS).filter((scenario) => !tried.has(scenario))).toEqual([]);
    expect(Object.keys(WITHOUT_PROGRAM)).toEqual(['Redshift ODBC', 'paws for R']);
  });
});
