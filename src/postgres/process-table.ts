import { readFileSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { codeOf } from '../core/errors.ts';
import { COMMAND_ENV, runCommand } from './run-command.ts';

/**
 * Looks at processes by number without trusting the number alone: the operating system uses it again, and a
 * foreign process must never be taken for ours, let alone be signaled.
 */

const LOOK_MS_MAX = 5_000;

/** Whether a process of this number runs, whoever owns it. One that has ended and waits for its parent does not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
  // In a container whose first process does not reap, an ended orphan stays a zombie for ever.
  return process.platform !== 'linux' || stateOf(readStatus(pid)) !== 'Z';
}

/** The fields of /proc/pid/stat after the program's name, which may itself hold spaces and parentheses. */
function readStatus(pid: number): readonly string[] {
  try {
    const line = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return line.slice(line.lastIndexOf(')') + 2).split(' ');
  } catch {
    return [];
  }
}

/** Field 3 of proc(5). */
const stateOf = (fields: readonly string[]): string | undefined => fields[0];

/** Field 22 of proc(5): the start, in clock ticks after boot. */
const startOf = (fields: readonly string[]): string | undefined => fields[19];

/**
 * A text that differs between two processes that had the same number: on Linux the boot and the start time
 * in clock ticks after it, elsewhere the start time that `ps` prints.
 * Undefined when there is no such process.
 */
export async function birthOf(pid: number): Promise<string | undefined> {
  if (process.platform !== 'linux') {
    const ps = await runCommand('ps', ['-o', 'lstart=', '-p', String(pid)], { timeoutMs: LOOK_MS_MAX });
    return ps.status === 0 && ps.stdout.trim() !== '' ? ps.stdout.trim() : undefined;
  }
  const fields = readStatus(pid);
  const ticks = startOf(fields);
  if (ticks === undefined || stateOf(fields) === 'Z') return undefined;
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'latin1').catch(() => '');
  return `${boot.trim()} ${ticks}`;
}

/** Whether the process is a postmaster whose data directory is `dataDir`. */
export async function isPostgresOn(pid: number, dataDir: string): Promise<boolean> {
  if (!isAlive(pid)) return false;
  if (process.platform !== 'linux') {
    const ps = await runCommand('ps', ['-ww', '-o', 'command=', '-p', String(pid)], {
      env: COMMAND_ENV,
      timeoutMs: LOOK_MS_MAX,
    });
    return /\bpostgres\b/.test(ps.stdout) && ps.stdout.includes(dataDir);
  }
  try {
    // PostgreSQL changes into its data directory at start (PostgreSQL 18, ChangeToDataDir).
    const [cwd, wanted] = [await stat(`/proc/${pid}/cwd`), await stat(dataDir)];
    const name = (await readFile(`/proc/${pid}/comm`, 'latin1')).trim();
    return name === 'postgres' && cwd.dev === wanted.dev && cwd.ino === wanted.ino;
  } catch {
    return false;
  }
}

/** Waits until the process is gone. Returns whether it is. */
export async function waitForEnd(pid: number, waitMs: number): Promise<boolean> {
  const stepMs = 20;
  for (let waited = 0; waited < waitMs; waited += stepMs) {
    if (!isAlive(pid)) return true;
    await new Promise((resolve) => setTimeout(resolve, stepMs));
  }
  return !isAlive(pid);
}
