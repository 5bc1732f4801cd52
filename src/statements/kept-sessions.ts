import type { Clock } from '../core/clock.ts';
import type { DatabaseSession } from './database-session.ts';
import type { SessionRows } from './session-rows.ts';

/** The sessions of this node that stay open between statements, until they have been idle for as long as was asked for. */

/** As on AWS: after a day a session is closed, whatever it does. */
const SESSION_MS_MAX = 24 * 60 * 60 * 1000;

interface Kept {
  readonly session: DatabaseSession;
  readonly cluster: string;
  readonly openedAt: Date;
  keepAliveSeconds: number;
  /** Undefined while a statement runs. */
  idleSince: Date | undefined;
}

export class KeptSessions {
  readonly #rows: SessionRows;
  readonly #clock: Clock;
  readonly #node: number;
  readonly #kept = new Map<string, Kept>();
  /** Sessions that have a place and are not open yet, with the key of their cluster. */
  readonly #expected = new Map<string, string>();

  constructor(rows: SessionRows, clock: Clock, node: number) {
    this.#rows = rows;
    this.#clock = clock;
    this.#node = node;
  }

  get(id: string): DatabaseSession | undefined {
    return this.#kept.get(id)?.session;
  }

  /** How many of a cluster are open or will be; `cluster` is its key. */
  countOf(cluster: string): number {
    let count = 0;
    for (const kept of this.#kept.values()) if (kept.cluster === cluster) count += 1;
    for (const expected of this.#expected.values()) if (expected === cluster) count += 1;
    return count;
  }

  /** Keeps a place for a session that is to be opened: between asking for one and having it, others ask too. */
  expect(id: string, cluster: string): void {
    this.#expected.set(id, cluster);
  }

  /** Gives the place back, unless the session has been opened. */
  expectNoMore(id: string): void {
    this.#expected.delete(id);
  }

  /** Takes a session that has just been opened, for the statement that it was opened for. */
  async hold(id: string, cluster: string, session: DatabaseSession, keepAliveSeconds: number): Promise<void> {
    const openedAt = this.#clock.now();
    this.#expected.delete(id);
    this.#kept.set(id, { session, cluster, openedAt, keepAliveSeconds, idleSince: undefined });
    // A row that could not be changed is changed when somebody next asks for the session.
    session.onEnd(() => this.close(id).catch(() => {}));
    await this.#rows.heldBy(id, this.#node);
  }

  /** A statement begins in it. */
  busy(id: string, keepAliveSeconds: number | undefined): void {
    const kept = this.#kept.get(id);
    if (kept === undefined) return;
    kept.idleSince = undefined;
    kept.keepAliveSeconds = keepAliveSeconds ?? kept.keepAliveSeconds;
  }

  /** A statement has ended in it: it is free, or closed if it is not to be kept. */
  async free(id: string): Promise<void> {
    const kept = this.#kept.get(id);
    if (kept === undefined || kept.session.hasEnded || kept.keepAliveSeconds === 0) return this.close(id);
    kept.idleSince = this.#clock.now();
    await this.#rows.set(id, 'AVAILABLE');
  }

  /** Closes it, whether it is held here or was never opened. */
  async close(id: string): Promise<void> {
    const kept = this.#kept.get(id);
    this.#kept.delete(id);
    await kept?.session.close();
    await this.#rows.set(id, 'CLOSED');
  }

  /** Closes what has been idle, or open, for too long. */
  async closeOverdue(): Promise<void> {
    const now = this.#clock.now().getTime();
    const overdue = [...this.#kept].filter(([, { openedAt, idleSince, keepAliveSeconds }]) => {
      const isIdle = idleSince !== undefined && now - idleSince.getTime() >= keepAliveSeconds * 1000;
      return isIdle || now - openedAt.getTime() >= SESSION_MS_MAX;
    });
    await Promise.all(overdue.map(([id]) => this.close(id)));
  }

  async closeAll(): Promise<void> {
    await Promise.all([...this.#kept.keys()].map((id) => this.close(id)));
  }
}
