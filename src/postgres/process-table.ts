import { readFile, stat } from 'node:fs/promises';
import { COMMAND_ENV, runCommand } from './run-command.ts';

/**
 * Looks at processes by number without trusting the number alone: the operating system uses it again, and a
 * foreign process must never be taken for ours, let alone be signaled.
 */

const LOOK_MS_MAX = 5_000;

/** Whether a process of this number exists, whoever owns it. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/**
 * A text that differs between two processes that had the same number: on Linux the boot and the start time
 * in clock ticks after it (proc(5), /proc/pid/stat, field 22), elsewhere the start time that `ps` prints.
 * Undefined when there is no such process.
 */
export async function birthOf(pid: number): Promise<string | undefined> {
  if (process.platform !== 'linux') {
    const ps = await runCommand('ps', ['-o', 'lstart=', '-p', String(pid)], { timeoutMs: LOOK_MS_MAX });
    return ps.status === 0 && ps.stdout.trim() !== '' ? ps.stdout.trim() : undefined;
  }
  try {
    const line = await readFile(`/proc/${pid}/stat`, 'latin1');
    const boot = (await readFile('/proc/sys/kernel/random/boot_id', 'latin1')).trim();
    // The second field is the program's name in parentheses, which may itself hold spaces and parentheses.
    const ticks = line.slice(line.lastIndexOf(')') + 2).split(' ')[19];
    return ticks === undefined ? undefined : `${boot} ${ticks}`;
  } catch {
    return undefined;
  }
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
