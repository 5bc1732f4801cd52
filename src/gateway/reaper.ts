import { messageOf } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import type { Reaped } from '../postgres/reap-session-roles.ts';

/** Removes the session roles of one cluster that nobody uses any more, for as long as this node serves it. */

/** Between two reaps. A role is only reaped an hour after its last use, so more often would find nothing more. */
const PAUSE_MS = 600_000;

export interface ReaperOptions {
  /** The cluster, for the log. */
  readonly identifier: string;
  /** Reaps once; between two roles it looks whether `signal` asks it to stop. */
  readonly reap: (signal: AbortSignal) => Promise<Reaped>;
  readonly logger: Logger;
}

/** Reaps at once, and again ten minutes after each reap. Does not keep the process alive. */
export class Reaper {
  readonly #options: ReaperOptions;
  readonly #closing = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #work: Promise<void>;

  constructor(options: ReaperOptions) {
    this.#options = options;
    this.#work = this.#reap();
  }

  /** Reaps no more. Waits for the role that is being removed, so that none is left half removed. */
  async close(): Promise<void> {
    this.#closing.abort();
    clearTimeout(this.#timer);
    await this.#work;
  }

  async #reap(): Promise<void> {
    const { identifier: cluster, reap, logger } = this.#options;
    const { signal } = this.#closing;
    try {
      const { dropped, kept } = await reap(signal);
      if (dropped.length + kept.length > 0) {
        logger.debug({ cluster, dropped: dropped.length, kept: kept.length }, 'reaped session roles');
      }
    } catch (error) {
      logger.warn({ cluster, cause: messageOf(error) }, 'session roles could not be reaped');
    }
    if (signal.aborted) return;
    this.#timer = setTimeout(() => {
      this.#work = this.#reap();
    }, PAUSE_MS).unref();
  }
}
