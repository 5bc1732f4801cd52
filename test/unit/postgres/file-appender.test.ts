import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { FileAppender } from '../../../src/postgres/file-appender.ts';

const folder = mkdtempSync(join(tmpdir(), 'keyshift-appender-'));
afterAll(() => rmSync(folder, { recursive: true }));

const identity = { uid: 0, gid: 0, name: 'somebody', ownName: 'somebody', runAs: undefined };
const appender = (file: `${string}/${string}`, fileBytesMax = 1_000_000) =>
  new FileAppender({ directory: folder, file, identity, fileBytesMax });
const text = (file: string): string => readFileSync(join(folder, file), 'utf8');

describe('A file of an embedded server', () => {
  test('has all that was written, in order, by one process or by several', async () => {
    const log = appender('a/log');
    const long = `${'x'.repeat(300_000)}\n`;
    for (const line of ['one\n', long, 'two\n']) await log.write(line);
    await log.end();
    await log.write('three\n');
    await log.end();
    expect(text('a/log')).toBe(`one\n${long}two\nthree\n`);
  });

  test('is put aside when it is larger than it may be', async () => {
    const log = appender('b/log', 5);
    for (const line of ['123456\n', 'next\n']) await log.write(line);
    await log.end();
    expect([text('b/log.1'), text('b/log')]).toEqual(['123456\n', 'next\n']);
  });

  test('is not begun where nothing is written', async () => {
    await appender('c/log').end();
    expect(existsSync(join(folder, 'c'))).toBe(false);
  });

  test('that cannot be written is told, and tried again with the next write', async () => {
    writeFileSync(join(folder, 'd'), 'in the way');
    const log = appender('d/log');
    // The process may end before the write, or after it.
    const failure = log.write('one\n').then(() => log.end());
    await expect(failure).rejects.toThrow(/d.*exist|d.*directory/i);
    rmSync(join(folder, 'd'));
    await log.write('two\n');
    await log.end();
    expect(text('d/log')).toBe('two\n');
  });

  test('of a directory that is gone is told so', async () => {
    const log = new FileAppender({
      ...{ directory: join(folder, 'gone'), file: 'e/log', identity, fileBytesMax: 100 },
    });
    await expect(log.write('one\n').then(() => log.end())).rejects.toThrow('ENOENT');
  });
});
