import { readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { describe, expect, test } from 'vitest';
import * as library from '../../../src/policy/index.ts';
import { ROOT, readText } from '../../tidy/repository.ts';

/** `keyshift/policy` on its own: what it needs to run, and whether its page tells the truth. */

const ENTRY = 'src/policy/index.ts';

/** Every file that is loaded with `path`, and every import that is no file of ours. */
function importsOf(path: string, files = new Map<string, string>(), foreign: string[] = []) {
  if (files.has(path)) return { files, foreign };
  const text = readFileSync(ROOT + path, 'utf8');
  files.set(path, text);
  for (const [, target = ''] of text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)) {
    if (target.startsWith('.')) importsOf(posix.join(posix.dirname(path), target), files, foreign);
    else foreign.push(`${path} imports ${target}`);
  }
  return { files, foreign };
}

describe('the library', () => {
  const { files, foreign } = importsOf(ENTRY);

  test('is found with the files that it is made of', () => {
    expect(files.size).toBeGreaterThan(20);
    expect(files.has('src/policy/evaluate.ts')).toBe(true);
  });

  test('imports nothing but its own files and a few words of core', () => {
    expect(foreign).toEqual([]);
    const rooms = new Set([...files.keys()].map((path) => path.split('/')[1]));
    expect([...rooms].sort()).toEqual(['core', 'policy']);
  });

  test('uses nothing that only Node.js has, and does no I/O', () => {
    const outside =
      /\b(?:process|Buffer|require|__dirname|__filename|setImmediate|setTimeout|setInterval|fetch|console|performance|navigator|window|globalThis|crypto)\b\s*[.([]/;
    const found = [...files].flatMap(([path, text]) =>
      text
        .split('\n')
        .filter((line) => !/^\s*(?:\*|\/\/|\/\*)/.test(line) && outside.test(line))
        .map((line) => `${path}: ${line.trim()}`),
    );
    expect(found).toEqual([]);
    expect(outside.test("const text = Buffer.from('a');")).toBe(true);
  });
});

describe('the page of the library', () => {
  const page = readText('docs/policy-library.md');
  const examples = [...page.matchAll(/^## (.+)\n[\s\S]*?(?=^## |$(?![\s\S]))/gm)].flatMap(
    ([section, title = '']) =>
      [...section.matchAll(/```js\n([\s\S]*?)```/g)].map(([, code = '']) => [title, code] as const),
  );

  test('has examples', () => {
    expect(examples.length).toBeGreaterThanOrEqual(6);
  });

  test.each(examples)('prints what it says: %s', (_, code) => {
    const printed: string[] = [];
    const expected = [...code.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm)].map(([, text]) => text);
    const body = code.replace(/^import (\{[^}]+\}) from 'keyshift\/policy';$/gm, 'const $1 = library;');
    expect(body).not.toContain('import ');
    // The examples are text of this repository, and nothing of an outsider.
    const run = new Function('library', 'console', `'use strict';\n${body}`);
    run(library, { log: (...values: unknown[]) => printed.push(values.join(' ')) });
    expect(printed).toEqual(expected);
    expect(printed.length).toBeGreaterThan(0);
  });
});
