import { SqlError } from '../core/errors.ts';
import type { OpenSession } from '../postgres/open-sessions.ts';

/**
 * Holds sessions to the SESSION TIMEOUT of their users. PostgreSQL does that itself, by a setting that a session may
 * take off itself; what then stays idle is ended here, a little later.
 */

/** Between two looks, in milliseconds. */
const LOOK_MS = 5_000;
/** How much longer than its timeout a session is left to PostgreSQL, in seconds. */
const GRACE_SECONDS = 2;

/** PostgreSQL's own words. */
export const IDLE_TIMEOUT = new SqlError('57P05', 'terminating connection due to idle-session timeout');

export interface IdleSessionsOptions {
  readonly sessions: () => Promise<readonly OpenSession[]>;
  /** Ends the session of a backend. */
  readonly end: (pid: number) => void;
}

export class IdleSessions {
  readonly #options: IdleSessionsOptions;
  /** The timeout that each session began with, by its backend: a new one is for new sessions. */
  #timeouts: ReadonlyMap<string, number> = new Map();
  #timer: NodeJS.Timeout;
  #looking: Promise<void> = Promise.resolve();
  #isClosed = false;

  /** Begins to watch. Does not keep the process alive. */
  constructor(options: IdleSessionsOptions) {
    this.#options = options;
    this.#timer = this.#wait();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#looking;
  }

  #wait(): NodeJS.Timeout {
    const look = async (): Promise<void> => {
      // What cannot be seen now, because the server restarts, is seen later.
      await this.#look().catch(() => {});
      if (!this.#isClosed) this.#timer = this.#wait();
    };
    return setTimeout(() => {
      this.#looking = look();
    }, LOOK_MS).unref();
  }

  async #look(): Promise<void> {
    const timeouts = new Map<string, number>();
    for (const { pid, began, timeout: now, idle } of await this.#options.sessions()) {
      const key = `${pid} ${began}`;
      const timeout = this.#timeouts.get(key) ?? now;
      timeouts.set(key, timeout);
      if (timeout > 0 && idle > timeout + GRACE_SECONDS) this.#options.end(pid);
    }
    this.#timeouts = timeouts;
  }
}
