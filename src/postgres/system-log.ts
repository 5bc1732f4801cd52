import { messageOf } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import type { DataLayout } from './data-directory.ts';
import { FileAppender } from './file-appender.ts';
import type { ServerIdentity } from './server-identity.ts';

/**
 * What has happened on an embedded server, for its system tables (STL_CONNECTION_LOG and its kin): lines of JSON in
 * files that PostgreSQL itself reads (sql/redshift-ground.sql), because no table is in all databases. The audit log is
 * the record that counts; this one may lose its last lines in a crash.
 */
export type SystemLogKind = 'connections' | 'users';

/** Bytes of one file, up to twice as many; there are two of each kind, and queries read both. */
const FILE_BYTES_MAX = 4 * 1024 * 1024;
/** Lines that wait to be written. Far more than a second brings; what is beyond is dropped, and the log says so. */
const WAITING_LINES_MAX = 10_000;
/** Between two writes, in milliseconds. */
const WRITE_GAP_MS = 200;
const KINDS = ['connections', 'users'] as const satisfies readonly SystemLogKind[];

export class SystemLog {
  readonly #files: Readonly<Record<SystemLogKind, FileAppender>>;
  readonly #logger: Logger;
  #waiting: { readonly kind: SystemLogKind; readonly line: string }[] = [];
  #writing: Promise<void> | undefined;
  #isClosing = false;

  constructor(layout: DataLayout, identity: ServerIdentity, logger: Logger) {
    const fileOf = (kind: SystemLogKind): FileAppender =>
      new FileAppender({
        ...{ directory: layout.server, file: `keyshift/${kind}`, identity },
        fileBytesMax: FILE_BYTES_MAX,
      });
    this.#files = { connections: fileOf('connections'), users: fileOf('users') };
    this.#logger = logger;
  }

  /** Adds an event; it is in the file soon after. */
  append(kind: SystemLogKind, event: Readonly<Record<string, unknown>>): void {
    if (this.#isClosing) return;
    if (this.#waiting.length >= WAITING_LINES_MAX) {
      this.#logger.warn(
        { kind },
        'the system log of a cluster loses events: they come faster than they are written',
      );
      return;
    }
    this.#waiting.push({ kind, line: toLine(event) });
    this.#writing ??= this.#writeAll();
  }

  /** Waits until everything that was added is written; nothing is taken afterwards. */
  async close(): Promise<void> {
    this.#isClosing = true;
    await this.#writing;
    for (const kind of KINDS) await this.#files[kind].end().catch((error) => this.#complain(error));
  }

  async #writeAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      // What comes in the same turn of the event loop goes with it.
      await new Promise((next) => setImmediate(next));
      const lines = this.#waiting;
      this.#waiting = [];
      for (const kind of KINDS) {
        const text = lines.filter((entry) => entry.kind === kind).map(({ line }) => line);
        if (text.length > 0) await this.#write(kind, text.join(''));
      }
      if (!this.#isClosing) await new Promise((next) => setTimeout(next, WRITE_GAP_MS));
    }
    this.#writing = undefined;
  }

  async #write(kind: SystemLogKind, text: string): Promise<void> {
    await this.#files[kind].write(text).catch((error) => this.#complain(error));
  }

  #complain(error: unknown): void {
    this.#logger.warn({ reason: messageOf(error) }, 'the system log of a cluster cannot be written');
  }
}

/** Everything beyond ASCII is escaped, so that a database of any encoding reads it. PostgreSQL's jsonb takes no U+0000. */
function toLine(event: Readonly<Record<string, unknown>>): string {
  const json = JSON.stringify(event).replaceAll('\\u0000', '\\ufffd');
  if (!NEEDS_ESCAPES.test(json)) return `${json}\n`;
  return `${json.replace(/[^\x20-\x7e]/g, escaped).replace(/\\ud[89a-f][0-9a-f]{2}/g, pairOrMark)}\n`;
}

const NEEDS_ESCAPES = /[^\x20-\x7e]|\\ud/;

const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** Halves of surrogate pairs that stand alone were cut somewhere; jsonb refuses them. */
function pairOrMark(half: string, offset: number, json: string): string {
  const isHigh = half[3] === '8' || half[3] === '9' || half[3] === 'a' || half[3] === 'b';
  const other = isHigh ? json.slice(offset + 6, offset + 12) : json.slice(Math.max(0, offset - 6), offset);
  return (isHigh ? /^\\ud[c-f]/ : /^\\ud[89ab]/).test(other) ? half : '\\ufffd';
}
