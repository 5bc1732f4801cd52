import { readFile, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { OperatorError } from '../core/errors.ts';
import { isPostgresOn, waitForEnd } from './process-table.ts';

/** A PostgreSQL server that outlived its supervisor is stopped, so that the new supervisor is its parent. */

/** PostgreSQL 18 manual, 18.5: SIGINT is a fast shutdown, SIGQUIT an immediate one (recovery at next start). */
const FAST_MS_MAX = 10_000;
const IMMEDIATE_MS_MAX = 5_000;
const CONNECT_MS_MAX = 2_000;

export type Leftover = 'none' | 'stale-file' | 'stopped';

/**
 * Stops the server that `postmaster.pid` names, if that process really is a PostgreSQL server on this data
 * directory; removes its lock files if there is none. Never signals any other process.
 * @throws OperatorError when the server does not stop, or one answers that this process cannot see
 */
export async function stopLeftover(dataDir: string, socketPath: string): Promise<Leftover> {
  const pidFile = join(dataDir, 'postmaster.pid');
  const pid = await readPid(pidFile);
  if (pid !== undefined && (await isPostgresOn(pid, dataDir))) {
    process.kill(pid, 'SIGINT');
    if (await waitForEnd(pid, FAST_MS_MAX)) return 'stopped';
    if (await isPostgresOn(pid, dataDir)) process.kill(pid, 'SIGQUIT');
    if (await waitForEnd(pid, IMMEDIATE_MS_MAX)) return 'stopped';
    throw new OperatorError(
      `A PostgreSQL server (process ${pid}) is left in ${dataDir} and does not stop: end it and start again.`,
    );
  }
  // A server in another container has a process number that means nothing here, but its socket answers.
  if (await answers(socketPath)) {
    throw new OperatorError(
      `Another PostgreSQL server is running in ${dataDir}, perhaps in another container: stop it first.`,
    );
  }
  // PostgreSQL itself would refuse to start while any process of its user has the number in one of these. In a
  // container numbers come back at every start.
  await rm(pidFile, { force: true });
  await rm(`${socketPath}.lock`, { force: true });
  return pid === undefined ? 'none' : 'stale-file';
}

/** The content of `postmaster.pid`, line by line; undefined when there is none. */
export async function readPostmasterFile(pidFile: string): Promise<readonly string[] | undefined> {
  const text = await readFile(pidFile, 'utf8').catch(() => undefined);
  return text?.split('\n');
}

/** The first line; a minus sign before it marks PostgreSQL's single-user mode. */
async function readPid(pidFile: string): Promise<number | undefined> {
  const lines = await readPostmasterFile(pidFile);
  if (lines === undefined) return undefined;
  const pid = Math.abs(Number(lines[0]));
  return Number.isSafeInteger(pid) && pid > 1 ? pid : 0;
}

function answers(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path: socketPath });
    const end = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(CONNECT_MS_MAX, () => end(true));
    socket.on('connect', () => end(true));
    socket.on('error', () => end(false));
  });
}
