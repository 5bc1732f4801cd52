import { readFile, rm, writeFile } from 'node:fs/promises';
import { codeOf, OperatorError } from '../core/errors.ts';
import { birthOf } from './process-table.ts';

/**
 * Who looks after a data directory: a file that names the Keyshift process, so that a second one never stops
 * the server of a first that is alive. A process that is gone, or whose number went to another, counts for nothing.
 */
export interface SupervisorRecord {
  /** The folder of the short link to the server's socket, when the process made one. */
  readonly linkDir: string | undefined;
}

interface Stored {
  readonly pid: number;
  readonly birth: string;
  readonly linkDir?: string;
}

/** Between finding a dead process's record and replacing it another may do the same; then we look again. */
const TRIES_MAX = 5;

/**
 * Writes this process into the record at `path`, and returns what a dead predecessor left in it.
 * @throws OperatorError when a living process holds it
 */
export async function takeSupervision(
  path: string,
  root: string,
  linkDir: string | undefined,
): Promise<SupervisorRecord> {
  const own: Stored = {
    pid: process.pid,
    birth: (await birthOf(process.pid)) ?? '',
    ...(linkDir === undefined ? {} : { linkDir }),
  };
  let left: SupervisorRecord = { linkDir: undefined };
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    try {
      await writeFile(path, JSON.stringify(own), { flag: 'wx', mode: 0o600 });
      return left;
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error;
    }
    const stored = parse(await readFile(path, 'utf8').catch(() => ''));
    if (stored !== undefined && (await birthOf(stored.pid)) === stored.birth) {
      throw new OperatorError(
        `Another Keyshift process (${stored.pid}) runs the PostgreSQL server in ${root}: stop it first, or ` +
          'choose another data directory.',
      );
    }
    if (stored !== undefined) left = { linkDir: stored.linkDir };
    await rm(path, { force: true });
  }
  throw new OperatorError(`Other Keyshift processes are starting in ${root} at this moment: start again.`);
}

/** Removes the record, when the server has been stopped. */
export async function endSupervision(path: string): Promise<void> {
  await rm(path, { force: true });
}

function parse(text: string): Stored | undefined {
  try {
    const read: unknown = JSON.parse(text);
    if (typeof read !== 'object' || read === null || !('pid' in read) || !('birth' in read)) return undefined;
    if (!Number.isSafeInteger(read.pid) || typeof read.birth !== 'string' || read.birth === '')
      return undefined;
    const linkDir = 'linkDir' in read && typeof read.linkDir === 'string' ? { linkDir: read.linkDir } : {};
    return { pid: Number(read.pid), birth: read.birth, ...linkDir };
  } catch {
    // A crash may have left half a record: nobody's.
    return undefined;
  }
}
