import type { Clock } from '../core/clock.ts';
import { messageOf } from '../core/errors.ts';
import type { RandomBytes } from '../core/ids.ts';
import type { Logger } from '../core/logger.ts';
import { disarmOrphans } from '../postgres/disarm-orphans.ts';
import type { EmbeddedServer } from '../postgres/embedded.ts';
import { openSessions } from '../postgres/open-sessions.ts';
import { type Reconciled, reapSessionRoles, reconcileSessionRoles } from '../postgres/reap-session-roles.ts';
import type { ServerAccess } from '../postgres/server-access.ts';
import { type UserEvent, UserLog } from '../postgres/user-log.ts';
import { IdleSessions } from './idle-sessions.ts';
import { KeepTrying } from './keep-trying.ts';
import { Reaper } from './reaper.ts';
import { WarmBackends } from './warm-backends.ts';

/** Milliseconds between two tries to reach a server that was down at the start. */
const REACH_AGAIN_MS = 30_000;

export interface LinkOptions {
  readonly clock: Clock;
  /** Takes what changes of the users of an embedded server. */
  readonly noteUser: (event: UserEvent) => void;
  /** Ends the session of a backend that has been idle for too long. */
  readonly endIdle: (pid: number) => void;
  readonly logger: Logger;
  readonly random: RandomBytes;
  /** See warm-backends.ts. */
  readonly warmBackendsMax: number;
}

/** The server behind one listener, and what is done to it in the background. */
export class ServerLink {
  readonly warm: WarmBackends;
  readonly #identifier: string;
  readonly #options: LinkOptions;
  #access: ServerAccess | undefined;
  #server: EmbeddedServer | undefined;
  #reaper: Reaper | undefined;
  #userLog: UserLog | undefined;
  #idleSessions: IdleSessions | undefined;
  #reaching: KeepTrying | undefined;

  constructor(identifier: string, options: LinkOptions) {
    this.#identifier = identifier;
    this.#options = options;
    this.warm = new WarmBackends(options.warmBackendsMax, options.random);
  }

  /** Undefined while an external server has not been reached for the first time. */
  get access(): ServerAccess | undefined {
    return this.#access;
  }

  /** Undefined for an external server, whose users are not watched. */
  get userLog(): UserLog | undefined {
    return this.#userLog;
  }

  /** Whether the server ends with the link. */
  get ownsServer(): boolean {
    return this.#server !== undefined;
  }

  /** Takes a server that is prepared. `server` is given when it is ours to stop. */
  take(access: ServerAccess, server: EmbeddedServer | undefined): void {
    const reap = async (signal: AbortSignal) => {
      await disarmOrphans(access);
      return reapSessionRoles(access, { signal });
    };
    const reaper = new Reaper({ identifier: this.#identifier, reap, logger: this.#options.logger });
    this.#access = access;
    this.#server = server;
    this.#reaper = reaper;
    if (server === undefined) return;
    this.#userLog = new UserLog(access, this.#options.clock, (event) => {
      this.#options.noteUser(event);
      // Sessions of the user that have groups are not to keep the rights of these.
      if (event.action === 'drop') reaper.hurry();
    });
    const sessions = () => openSessions(access);
    this.#idleSessions = new IdleSessions({ sessions, end: this.#options.endIdle });
  }

  /** Opens an external server, now or when it is up. Resolves after the first try, however it went. */
  reach(open: () => Promise<ServerAccess>): Promise<void> {
    const facts = { cluster: this.#identifier };
    const work = async (): Promise<void> => {
      this.take(await open(), undefined);
      this.#options.logger.info(facts, 'the server of an external cluster is ready');
    };
    this.#reaching = new KeepTrying(REACH_AGAIN_MS, work, (error) => {
      this.#options.logger.error(
        { ...facts, reason: messageOf(error) },
        'the server of an external cluster cannot be used; its logins are refused until it can',
      );
    });
    return this.#reaching.start();
  }

  /** Whether the server answers now. */
  async isAnswering(): Promise<boolean> {
    const access = this.#access;
    if (access === undefined) return false;
    return access
      .admin(access.home)
      .query('SELECT 1')
      .then(
        () => true,
        () => false,
      );
  }

  /** See `reconcileSessionRoles`. A role that only warm backends use is not in use. Undefined as for `access`. */
  async reconcile(remove: boolean): Promise<Reconciled | undefined> {
    const access = this.#access;
    if (access === undefined) return undefined;
    await this.warm.clear();
    return reconcileSessionRoles(access, remove);
  }

  /** Leaves the server, and stops it if it is ours. */
  async close(): Promise<void> {
    await this.warm.close();
    await this.#reaching?.stop();
    await this.#reaper?.close();
    await this.#idleSessions?.close();
    await this.#userLog?.close();
    await this.#access?.close();
    await this.#server?.stop();
  }
}
