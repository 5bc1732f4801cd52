import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { birthOf, isAlive, isPostgresOn } from '../../../src/postgres/process-table.ts';
import { runCommand } from '../../../src/postgres/run-command.ts';
import { openServerLog } from '../../../src/postgres/server-log.ts';
import { removeLinkDir, socketPath, socketPlace } from '../../../src/postgres/socket-directory.ts';
import { endSupervision, takeSupervision } from '../../../src/postgres/supervisor-record.ts';

const folder = mkdtempSync(join(tmpdir(), 'keyshift-files-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('the record of the supervisor', () => {
  const path = join(folder, 'supervisor.json');

  test('is taken once, by one living process, and can be given back', async () => {
    expect(await takeSupervision(path, '/data', '/tmp/x')).toEqual({ linkDir: undefined });
    await expect(takeSupervision(path, '/data', undefined)).rejects.toMatchObject({
      name: 'OperatorError',
      message: expect.stringContaining(String(process.pid)),
    });
    await endSupervision(path);
    await takeSupervision(path, '/data', undefined);
    await endSupervision(path);
    expect(existsSync(path)).toBe(false);
  });

  test.each([
    ['a dead process', { pid: 999_999_999, birth: 'x', linkDir: '/tmp/old' }, '/tmp/old'],
    ['another process of the same number', { pid: process.pid, birth: 'earlier' }, undefined],
    ['nobody', { pid: 'x' }, undefined],
    ['an empty birth', { pid: 999_999_999, birth: '' }, undefined],
  ])('of %s is taken over', async (_title, stored, linkDir) => {
    writeFileSync(path, JSON.stringify(stored));
    expect(await takeSupervision(path, '/data', undefined)).toEqual({ linkDir });
    expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ pid: process.pid });
    await endSupervision(path);
  });

  test('that a crash cut in half is taken over', async () => {
    writeFileSync(path, '{"pid": 1');
    expect(await takeSupervision(path, '/data', undefined)).toEqual({ linkDir: undefined });
    await endSupervision(path);
  });
});

describe('the server’s log', () => {
  test('is cut when it is long, keeps its end beside, and shows only what came since', () => {
    const path = join(folder, 'server.log');
    writeFileSync(path, `${'x'.repeat(9 * 1024 * 1024)}the end`);
    const log = openServerLog(path);
    expect(statSync(path).size).toBe(0);
    expect(statSync(`${path}.old`).size).toBe(1024 * 1024);
    expect(readFileSync(`${path}.old`, 'utf8').endsWith('the end')).toBe(true);
    expect(log.tail()).toBe('');
    writeSync(log.descriptor, 'first\n');
    writeSync(log.descriptor, 'second\n');
    expect(log.tail()).toBe('first\nsecond\n');
    log.close();
    const again = openServerLog(path);
    expect(again.tail()).toBe('');
    writeSync(again.descriptor, 'y'.repeat(5000));
    expect(again.tail()).toHaveLength(2048);
    again.close();
    expect(statSync(path).size).toBe(5013);
  });
});

describe('the way to the socket', () => {
  test('is the folder itself when that is short, and a private link when it is long', async () => {
    expect(await socketPlace('/short/data')).toEqual({ dir: '/short/data', linkDir: undefined });
    const long = join(folder, 'l'.repeat(100));
    const place = await socketPlace(long);
    expect(Buffer.byteLength(socketPath(place.dir))).toBeLessThanOrEqual(103);
    expect(statSync(place.linkDir ?? '').mode & 0o777).toBe(0o700);
    await removeLinkDir(place.linkDir);
    expect(existsSync(place.linkDir ?? '')).toBe(false);
  });

  test.each(['/etc', `${tmpdir()}/other`, `${tmpdir()}/keyshift-socket-x/../../etc`])(
    'a recorded %s is not removed',
    async (path) => {
      const mine = path.startsWith(`${tmpdir()}/other`);
      if (mine) writeFileSync(path, '');
      await removeLinkDir(path);
      expect(existsSync('/etc')).toBe(true);
      if (mine) {
        expect(existsSync(path)).toBe(true);
        rmSync(path);
      }
    },
  );
});

describe('processes', () => {
  test('are told apart by their birth, and a foreign one is never a server of ours', async () => {
    expect(isAlive(process.pid)).toBe(true);
    expect(isAlive(999_999_999)).toBe(false);
    expect(await birthOf(process.pid)).toBe(await birthOf(process.pid));
    expect(await birthOf(process.pid)).not.toBe(await birthOf(process.ppid));
    expect(await birthOf(999_999_999)).toBeUndefined();
    expect(await isPostgresOn(process.pid, process.cwd())).toBe(false);
  });

  test('that take too long or say too much are bounded', async () => {
    const slow = await runCommand('sleep', ['30'], { timeoutMs: 50 });
    expect(slow.status).toBeUndefined();
    const loud = await runCommand('sh', ['-c', 'head -c 300000 /dev/zero'], { timeoutMs: 5_000 });
    expect(loud).toMatchObject({ status: 0 });
    expect(loud.stdout).toHaveLength(64 * 1024);
    expect((await runCommand('no-such-program', [], { timeoutMs: 1_000 })).status).toBeUndefined();
    expect(await runCommand('cat', [], { input: 'echo', timeoutMs: 5_000 })).toMatchObject({
      stdout: 'echo',
    });
  });
});
