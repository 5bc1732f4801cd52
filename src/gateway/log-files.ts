import { constants } from 'node:fs';
import { lstat, mkdir, open, readdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import {
  type LoggedCluster,
  type Logging,
  type LogType,
  logFile,
  logFileStart,
  logFolder,
} from '../redshift/logging.ts';

/**
 * The files of one log of a cluster: gzip, begun anew every hour and when they are large, the oldest removed when all of
 * them are too large. Each delivery is a gzip member of its own, so a file can be read at any time.
 */

/** Bytes of one file; what is unpacked from it fits into memory easily. */
const FILE_BYTES_MAX = 16 * 1024 * 1024;
/** Bytes of all files of one log: some million logins. A disk that is full would end the cluster itself. */
const LOG_BYTES_MAX = 256 * 1024 * 1024;
const FOLDER_MODE = 0o700;
const FILE_MODE = 0o600;

const compress = promisify(gzip);

interface OpenFile {
  readonly path: string;
  readonly hour: string;
}

export class LogFiles {
  readonly #root: string;
  readonly #cluster: LoggedCluster;
  readonly #type: LogType;
  readonly #bytesMax: number;
  #file: OpenFile | undefined;

  /** `root` is the folder of all logs. */
  constructor(root: string, cluster: LoggedCluster, type: LogType, bytesMax = LOG_BYTES_MAX) {
    this.#root = root;
    this.#cluster = cluster;
    this.#type = type;
    this.#bytesMax = bytesMax;
  }

  /** Appends lines, durably. Rejects when they cannot be written, and then nothing of them is in the file. */
  async append(logging: Logging, text: string, now: Date): Promise<void> {
    const folder = logFolder(this.#cluster, logging);
    const { day, name } = logFile(this.#cluster, this.#type, now);
    const hour = [...folder, now.toISOString().slice(0, 13)].join('/');
    const isNew = this.#file?.hour !== hour;
    const path =
      this.#file === undefined || isNew
        ? join(await this.#folder([...folder, ...day]), name)
        : this.#file.path;
    const bytes = await appendMember(path, await compress(text));
    this.#file = bytes > FILE_BYTES_MAX ? undefined : { path, hour };
    if (isNew || bytes > FILE_BYTES_MAX) await this.#removeOldest(join(this.#root, ...folder), path);
  }

  /** Makes a folder, one level after the other. Throws when one is there that is no folder but a link to one. */
  async #folder(names: readonly string[]): Promise<string> {
    await mkdir(this.#root, { recursive: true, mode: FOLDER_MODE });
    let path = this.#root;
    for (const name of names) {
      path = join(path, name);
      await mkdir(path, { mode: FOLDER_MODE }).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'EEXIST') throw error;
      });
      if (!(await lstat(path)).isDirectory()) throw new Error(`${path} is not a folder`);
    }
    return path;
  }

  async #removeOldest(folder: string, current: string): Promise<void> {
    const start = logFileStart(this.#cluster, this.#type);
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile() && entry.name.startsWith(start));
    // The names end with the time, the newest first.
    const newestFirst = files.sort((one, other) => (one.name < other.name ? 1 : -1));
    let bytes = 0;
    for (const { parentPath, name } of newestFirst) {
      const path = join(parentPath, name);
      bytes += (await lstat(path)).size;
      if (bytes > this.#bytesMax && path !== current) await unlink(path);
    }
  }
}

/** Gives the size of the file then. A file that is a link is refused. */
async function appendMember(path: string, member: Buffer): Promise<number> {
  const { O_APPEND, O_CREAT, O_NOFOLLOW, O_WRONLY } = constants;
  const file = await open(path, O_APPEND | O_CREAT | O_NOFOLLOW | O_WRONLY, FILE_MODE);
  try {
    const { size } = await file.stat();
    try {
      await file.writeFile(member);
      await file.datasync();
    } catch (error) {
      // On a disk that is full a part may have been written, which would spoil what comes after it.
      await file.truncate(size).catch(() => {});
      throw error;
    }
    return size + member.length;
  } finally {
    await file.close();
  }
}
