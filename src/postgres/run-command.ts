import { spawn } from 'node:child_process';

/** Runs short commands for the embedded server's set-up, under another user where asked, with every bound set. */

/** Bytes kept of each output stream: an error text is far shorter, and only its beginning is shown. */
const OUTPUT_BYTES_MAX = 64 * 1024;

export interface CommandOptions {
  readonly cwd?: string | undefined;
  /** The whole environment of the command; nothing is inherited. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Written to its standard input. */
  readonly input?: string | undefined;
  /** Run as this user. Needs root. */
  readonly runAs?: { readonly uid: number; readonly gid: number } | undefined;
  readonly timeoutMs: number;
}

export interface CommandResult {
  /** The exit status; undefined when the command could not be started, or was ended by a signal. */
  readonly status: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** Enough for `sh`, `id` and `ps`; the embedded binaries are called by their full paths. */
export const COMMAND_ENV: Readonly<Record<string, string>> = {
  PATH: '/usr/bin:/bin:/usr/sbin:/sbin',
  LC_ALL: 'C',
  TZ: 'UTC',
};

/** Runs a command to its end, or to its time limit. Never throws: a failure is in the result. */
export function runCommand(
  command: string,
  args: readonly string[],
  options: CommandOptions,
): Promise<CommandResult> {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      ...(options.runAs === undefined ? {} : { uid: options.runAs.uid, gid: options.runAs.gid }),
      env: { ...(options.env ?? COMMAND_ENV) },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    // Not the option `timeout`: its timer goes on after a command that could not be started, and holds up the exit.
    const timer = setTimeout(() => child.kill('SIGKILL'), options.timeoutMs);
    const end = (result: CommandResult): void => {
      clearTimeout(timer);
      resolve(result);
    };
    const stdout = collect(child.stdout);
    const stderr = collect(child.stderr);
    child.on('error', (error) => end({ status: undefined, stdout: stdout(), stderr: error.message }));
    child.on('close', (code) => end({ status: code ?? undefined, stdout: stdout(), stderr: stderr() }));
    // The command may end without reading its input.
    child.stdin.on('error', () => {});
    child.stdin.end(options.input ?? '');
  });
}

function collect(stream: NodeJS.ReadableStream): () => string {
  const chunks: Buffer[] = [];
  let size = 0;
  stream.on('data', (chunk: Buffer) => {
    const room = OUTPUT_BYTES_MAX - size;
    if (room <= 0) return;
    chunks.push(chunk.subarray(0, room));
    size += Math.min(room, chunk.length);
  });
  return () => Buffer.concat(chunks).toString('utf8');
}
