import { LIMITS } from '../core/limits.ts';

/**
 * Connections of one gateway that have not finished their login, in all and by where they come from. When there are too
 * many in all, whoever has the most gives way, so that a few clients with very many cannot keep the others out.
 */
export class PendingLogins {
  /** The ends of those of a source, the oldest first. */
  readonly #bySource = new Map<string, Set<() => void>>();
  #all = 0;

  /**
   * Takes one in, which `end` ends if it must give way. Gives what takes it out again, or undefined when a limit is
   * reached.
   */
  enter(source: string, end: () => void): (() => void) | undefined {
    const own = this.#bySource.get(source)?.size ?? 0;
    if (own >= LIMITS.loginsPendingPerAddressMax) return undefined;
    if (this.#all >= LIMITS.loginsPendingMax && !this.#makeRoom(own)) return undefined;
    // Another object for each, whatever the caller gives.
    const mark = (): void => end();
    const present = this.#bySource.get(source);
    if (present === undefined) this.#bySource.set(source, new Set([mark]));
    else present.add(mark);
    this.#all++;
    return () => this.#leave(source, mark);
  }

  /** Ends the oldest of the source that has the most, unless the one that comes would then have as many. */
  #makeRoom(own: number): boolean {
    let most: [string, Set<() => void>] | undefined;
    for (const entry of this.#bySource) if (entry[1].size > (most?.[1].size ?? own + 1)) most = entry;
    if (most === undefined) return false;
    const [source, present] = most;
    const [oldest] = present;
    if (oldest === undefined) return false;
    this.#leave(source, oldest);
    oldest();
    return true;
  }

  #leave(source: string, mark: () => void): void {
    const present = this.#bySource.get(source);
    if (present?.delete(mark) !== true) return;
    this.#all--;
    if (present.size === 0) this.#bySource.delete(source);
  }
}
