import { spawnSync } from 'node:child_process';
import type { TestContext } from 'vitest';

/** Unmodified programs that a test needs and a machine may lack. */

const found = new Map<string, boolean>();

/** Skips the test, loudly, where a program is missing; in CI, which installs it, the test fails instead. */
export function needs(context: TestContext, command: string, args: readonly string[] = ['--version']): void {
  const reason = missing(command, args);
  if (reason === undefined) return;
  if (process.env['CI'] === 'true') throw new Error(reason);
  skip(context, reason);
}

/** Why a program cannot be used, or undefined. `args` make it end at once. */
function missing(command: string, args: readonly string[]): string | undefined {
  const name = [command, ...args].join(' ');
  let isThere = found.get(name);
  if (isThere === undefined) {
    isThere = spawnSync(command, args, { stdio: 'ignore' }).status === 0;
    found.set(name, isThere);
  }
  return isThere ? undefined : `\`${name}\` does not run on this machine`;
}

/** Skips the test, loudly, also in CI: for what not every CI can have. */
export function skip(context: TestContext, reason: string): void {
  process.stderr.write(`SKIPPED: ${context.task.name}: ${reason}\n`);
  context.skip(reason);
}
