import { messageOf } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import type { Reaped } from '../postgres/reap-session-roles.ts';

/** Removes the session roles of one cluster that nobody uses any more, for as long as this node serves it. */

/** Between two reaps. One that finds nothing is one query. */
const PAUSE_MS = 60_000;

export interface ReaperOptions {
  /** The cluster, for the log. */
  readonly identifier: string;
  /** Reaps once; between two roles it looks whether `signal` asks it to stop. */
  readonly reap: (signal: AbortSignal) => Promise<Reaped>;
  readonly logger: Logger;
}

/** Reaps at once, and again a minute after each reap. Does not keep the process alive. */
export class Reaper {
  readonly #options: ReaperOptions;
  readonly #closing = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #work: Promise<void>;

  constructor(options: ReaperOptions) {
    this.#options = options;
    this.#work = this.#reap();
  }

  /** Reaps now, or again if it is doing so: something has changed. */
  hurry(): void {
    if (this.#closing.signal.aborted) return;
    clearTimeout(this.#timer);
    this.#work = this.#work.then(() => this.#reap());
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
    if (signal.aborted) return;
    try {
      const { dropped, kept } = await reap(signal);
      if (dropped.length + kept.length > 0) {
        logger.debug({ cluster, dropped: dropped.length, kept: kept.length }, 'reaped session roles');
      }
    } catch (error) {
      logger.warn({ cluster, cause: messageOf(error) }, 'session roles could not be reaped');
    }
    if (signal.aborted) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.hurry(), PAUSE_MS).unref();
  }
}
