import {
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  openSync,
  readSync,
  renameSync,
  writeSync,
} from 'node:fs';

/**
 * The embedded server's log: PostgreSQL's standard error goes to a file by itself, so that it goes on when
 * Keyshift is gone, and the supervisor keeps the file short.
 */
export interface ServerLog {
  /** The descriptor that PostgreSQL writes to. */
  readonly descriptor: number;
  /** What was written since the log was opened, its last part only. */
  tail(): string;
  close(): void;
}

/** Past this size the file is cut; what it held last is kept beside it in `<path>.old`. */
const LOG_BYTES_MAX = 8 * 1024 * 1024;
const KEEP_BYTES = 1024 * 1024;
const TAIL_BYTES = 2048;
/** How often the size is looked at. */
const LOOK_MS = 30_000;

/** Opens the log for appending. The file is readable by its owner only. */
export function openServerLog(path: string): ServerLog {
  const flags = constants.O_RDWR | constants.O_CREAT | constants.O_APPEND | constants.O_NOFOLLOW;
  const descriptor = openSync(path, flags, 0o600);
  cutIfLong(descriptor, path);
  const from = fstatSync(descriptor).size;
  const timer = setInterval(() => cutIfLong(descriptor, path), LOOK_MS);
  timer.unref();
  return {
    descriptor,
    tail: () => readEnd(descriptor, from, TAIL_BYTES).toString('utf8'),
    close: () => {
      clearInterval(timer);
      closeSync(descriptor);
    },
  };
}

/** PostgreSQL appends, so after the cut it goes on at the new end. */
function cutIfLong(descriptor: number, path: string): void {
  if (fstatSync(descriptor).size <= LOG_BYTES_MAX) return;
  const fresh = `${path}.new`;
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW;
  const copy = openSync(fresh, flags, 0o600);
  writeSync(copy, readEnd(descriptor, 0, KEEP_BYTES));
  closeSync(copy);
  renameSync(fresh, `${path}.old`);
  ftruncateSync(descriptor, 0);
}

function readEnd(descriptor: number, from: number, bytesMax: number): Buffer {
  const { size } = fstatSync(descriptor);
  // A cut since the log was opened makes the file shorter than it was then.
  const start = Math.max(size - bytesMax, Math.min(from, size));
  const buffer = Buffer.alloc(size - start);
  const read = readSync(descriptor, buffer, 0, buffer.length, start);
  return buffer.subarray(0, read);
}
