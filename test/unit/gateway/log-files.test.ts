import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { LogFiles } from '../../../src/gateway/log-files.ts';

/** The files that EnableLogging asks for. */

const CLUSTER = { accountId: '111122223333', identifier: 'sales', region: 'us-east-1' };
const LOGGING = { bucket: 'logs', prefix: 'p', since: '' };
const BELOW = '111122223333/logs/p/AWSLogs/111122223333/redshift/us-east-1';
const named = (time: string) => `111122223333_redshift_us-east-1_sales_userlog_${time}.gz`;

let folder: string;
let root: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'keyshift-log-files-'));
  root = join(folder, 'logs');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const files = () =>
  (readdirSync(join(root, BELOW), { recursive: true }) as string[])
    .filter((name) => name.endsWith('.gz'))
    .sort();
const read = (name: string) => gunzipSync(readFileSync(join(root, BELOW, name))).toString();
const log = (bytesMax?: number) => new LogFiles(root, CLUSTER, 'userlog', bytesMax);
const at = (time: string) => new Date(`${time}:00Z`);

describe('A log', () => {
  test('has one file an hour, which grows, and a new one after a restart', async () => {
    const first = log();
    await first.append(LOGGING, 'one\n', at('2026-03-01T10:05'));
    await first.append(LOGGING, 'two\n', at('2026-03-01T10:59'));
    await first.append(LOGGING, 'three\n', at('2026-03-02T11:00'));
    await log().append(LOGGING, 'four\n', at('2026-03-02T11:00'));
    await log().append(LOGGING, 'five\n', at('2026-03-02T11:01'));
    const names = [
      `2026/03/01/${named('2026-03-01T10:05')}`,
      `2026/03/02/${named('2026-03-02T11:00')}`,
      `2026/03/02/${named('2026-03-02T11:01')}`,
    ];
    expect(files()).toEqual(names);
    expect(names.map(read)).toEqual(['one\ntwo\n', 'three\nfour\n', 'five\n']);
  });

  test('loses its oldest files when all are too large, but never the one in use, nor those of others', async () => {
    const other = join(
      root,
      BELOW,
      '2026/01/01',
      '111122223333_redshift_us-east-1_other_userlog_2026-01-01T00:00.gz',
    );
    mkdirSync(dirname(other), { recursive: true });
    writeFileSync(other, 'x'.repeat(1000));
    const small = log(60);
    for (const hour of ['10', '11', '12'])
      await small.append(LOGGING, `${hour}\n`, at(`2026-03-01T${hour}:00`));
    expect(files().filter((name) => name.includes('sales'))).toEqual([
      `2026/03/01/${named('2026-03-01T11:00')}`,
      `2026/03/01/${named('2026-03-01T12:00')}`,
    ]);
    await log(1).append(LOGGING, 'more\n', at('2026-03-01T13:00'));
    expect(files()).toEqual([
      '2026/01/01/111122223333_redshift_us-east-1_other_userlog_2026-01-01T00:00.gz',
      `2026/03/01/${named('2026-03-01T13:00')}`,
    ]);
  });

  test.each(['111122223333', '111122223333/logs', '111122223333/logs/p', `${BELOW}/2026/03`])(
    'does not follow a link at %s',
    async (place) => {
      const outside = join(folder, 'outside');
      mkdirSync(outside);
      mkdirSync(dirname(join(root, place)), { recursive: true });
      symlinkSync(outside, join(root, place));
      await expect(log().append(LOGGING, 'one\n', at('2026-03-01T10:00'))).rejects.toThrow('is not a folder');
      expect(readdirSync(outside)).toEqual([]);
    },
  );

  test('does not write through a file that is a link', async () => {
    const victim = join(folder, 'victim');
    writeFileSync(victim, 'mine');
    mkdirSync(join(root, BELOW, '2026/03/01'), { recursive: true });
    symlinkSync(victim, join(root, BELOW, '2026/03/01', named('2026-03-01T10:00')));
    await expect(log().append(LOGGING, 'one\n', at('2026-03-01T10:00'))).rejects.toMatchObject({
      code: 'ELOOP',
    });
    expect(readFileSync(victim, 'utf8')).toBe('mine');
  });

  test('says why it cannot be written, and goes on when it can', async () => {
    writeFileSync(root, 'a file');
    const files = log();
    await expect(files.append(LOGGING, 'one\n', at('2026-03-01T10:00'))).rejects.toThrow();
    rmSync(root);
    await files.append(LOGGING, 'one\n', at('2026-03-01T10:00'));
    expect(read(`2026/03/01/${named('2026-03-01T10:00')}`)).toBe('one\n');
  });
});
