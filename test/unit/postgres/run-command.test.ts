import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { runCommand } from '../../../src/postgres/run-command.ts';

/** Far longer than any command here. */
const LONG_MS = 20_000;
const folder = mkdtempSync(join(tmpdir(), 'keyshift-command-'));
afterAll(() => rmSync(folder, { recursive: true }));

const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;

describe('A command', () => {
  test('tells its status and both outputs, and is given its input', async () => {
    const result = await runCommand('/bin/sh', ['-c', 'cat; echo bad >&2; exit 3'], {
      input: 'good',
      timeoutMs: LONG_MS,
    });
    expect(result).toEqual({ status: 3, stdout: 'good', stderr: 'bad\n' });
  });

  test('that takes too long is killed', async () => {
    const result = await runCommand('/bin/sh', ['-c', 'exec sleep 20'], { timeoutMs: 50 });
    expect(result.status).toBeUndefined();
  });

  test.each([
    ['is not there', join(folder, 'nothing')],
    ['is no program', join(folder, 'text')],
  ])('that %s says so, and leaves no timer that holds up the exit', async (_, command) => {
    writeFileSync(join(folder, 'text'), 'no program', { mode: 0o600 });
    const before = timers();
    const result = await runCommand(command, [], { timeoutMs: LONG_MS });
    expect(result).toMatchObject({ status: undefined, stderr: expect.stringMatching(/ENOENT|EACCES/) });
    expect(timers()).toBeLessThanOrEqual(before);
  });
});
