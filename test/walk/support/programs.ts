import { spawnSync } from 'node:child_process';
import type { TestContext } from 'vitest';

/** Unmodified programs that a test needs and a machine may lack. */

const found = new Map<string, boolean>();

/**
 * Skips the test, loudly, where a program is missing; in CI the test fails instead. `args` make the program
 * end at once.
 */
export function needs(context: TestContext, command: string, args: readonly string[] = ['--version']): void {
  const name = [command, ...args].join(' ');
  let isThere = found.get(name);
  if (isThere === undefined) {
    isThere = spawnSync(command, args, { stdio: 'ignore' }).status === 0;
    found.set(name, isThere);
  }
  if (isThere) return;
  const reason = `\`${name}\` does not run on this machine`;
  if (process.env['CI'] === 'true') throw new Error(reason);
  process.stderr.write(`SKIPPED: ${context.task.name}: ${reason}\n`);
  context.skip(reason);
}
