import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { endsWithin } from '../core/ends-within.ts';
import { COMMAND_ENV } from './run-command.ts';
import type { ServerIdentity } from './server-identity.ts';

/**
 * Appends to a file of an embedded server as the server's own user, so that root never follows a link that this user
 * could have laid. The process that writes stays while there is something to write: starting one for each write cost the
 * gateway milliseconds, in which it did nothing else.
 */

/** Milliseconds without a write after which the process ends. */
const IDLE_MS_MAX = 2_000;
/** Milliseconds for a write, and for the process to end. */
const WRITE_MS_MAX = 10_000;
/** Characters kept of what the process complains of. */
const COMPLAINT_CHARACTERS_MAX = 1_000;

interface Options {
  /** The server's data directory; `file` is in a folder in it, which is made. */
  readonly directory: string;
  readonly file: `${string}/${string}`;
  readonly identity: ServerIdentity;
  /** Size from which on the file is put aside as `….1`, and begun anew. It may grow to twice that before. */
  readonly fileBytesMax: number;
}

interface Process {
  readonly child: ChildProcess;
  readonly complaint: () => string;
  /** Resolves with the exit status when it has ended. */
  readonly ended: Promise<number | null>;
}

export class FileAppender {
  readonly #options: Options;
  #process: Process | undefined;
  /** Bytes that the process has been given. */
  #bytes = 0;
  #idle: NodeJS.Timeout | undefined;

  constructor(options: Options) {
    this.#options = options;
  }

  /** Resolves when the process has taken the text. Rejects with its complaint; the next write tries with a new one. */
  async write(text: string): Promise<void> {
    clearTimeout(this.#idle);
    if (this.#bytes > this.#options.fileBytesMax) await this.end();
    this.#process ??= this.#start();
    const { child, complaint, ended } = this.#process;
    this.#bytes += Buffer.byteLength(text);
    const written = new Promise<void>((resolve, reject) => {
      child.stdin?.write(text, (error) => (error ? reject(error) : resolve()));
      void ended.then(() => reject(new Error('it has ended')));
    });
    const isWritten = await endsWithin(written, WRITE_MS_MAX).catch(() => false);
    if (!isWritten) {
      await this.end();
      throw new Error(complaint() || 'the process that writes has ended');
    }
    this.#idle = setTimeout(() => void this.end().catch(() => {}), IDLE_MS_MAX).unref();
  }

  /** Waits until everything is in the file. Rejects when it could not be written. The next write begins anew. */
  async end(): Promise<void> {
    clearTimeout(this.#idle);
    const process = this.#process;
    if (process === undefined) return;
    this.#process = undefined;
    this.#bytes = 0;
    process.child.stdin?.end();
    await endsWithin(process.ended, WRITE_MS_MAX);
    process.child.kill('SIGKILL');
    if ((await process.ended) !== 0)
      throw new Error(process.complaint() || 'the process that writes has ended');
  }

  #start(): Process {
    const { directory, file, identity, fileBytesMax } = this.#options;
    const script =
      `umask 077 && mkdir -p "\${1%/*}" && ` +
      `if [ -f "$1" ] && [ "$(wc -c < "$1")" -gt ${fileBytesMax} ]; then mv "$1" "$1.1"; fi && ` +
      `exec cat >> "$1"`;
    const { runAs } = identity;
    const child = spawn('/bin/sh', ['-c', script, 'sh', file], {
      cwd: directory,
      ...(runAs === undefined ? {} : { uid: runAs.uid, gid: runAs.gid }),
      env: { ...COMMAND_ENV },
      stdio: ['pipe', 'ignore', 'pipe'],
      // Out of the terminal's reach: an interrupt from the keyboard is for Keyshift, whose last lines are still to come.
      detached: true,
    });
    let complaint = '';
    child.stderr.on('data', (chunk) => {
      complaint = `${complaint}${chunk}`.slice(0, COMPLAINT_CHARACTERS_MAX);
    });
    child.stdin.on('error', () => {});
    const ended = once(child, 'close').then(
      () => child.exitCode,
      (error: Error) => {
        complaint = error.message;
        return null;
      },
    );
    return { child, complaint: () => complaint.trim(), ended };
  }
}
