import { createServer, type Server, type Socket } from 'node:net';
import { plainAddress, sourceOf } from '../core/addresses.ts';
import { SqlError } from '../core/errors.ts';
import { LIMITS } from '../core/limits.ts';
import { type Binding, listenAt } from '../core/listen-at.ts';
import { PendingLogins } from './pending-logins.ts';
import type { Route, ServedCluster } from './route.ts';
import { type GatewayDeps, runSession } from './session.ts';
import { SessionRecord } from './session-record.ts';

/** Milliseconds between probes of an idle connection; finds clients that vanished without a word. */
const KEEPALIVE_MS = 60_000;

interface Session {
  readonly record: SessionRecord;
  readonly end: () => void;
  readonly done: Promise<void>;
}

/** The listener of one port: accepts connections within limits and gives each to `runSession`. */
export class GatewayListener {
  readonly #deps: GatewayDeps;
  readonly #route: Route;
  readonly #server: Server;
  readonly #sessions = new Map<Socket, Session>();
  readonly #pending = new PendingLogins();

  constructor(deps: GatewayDeps, route: Route) {
    this.#deps = deps;
    this.#route = route;
    this.#server = createServer(
      // A client that has nothing more to say may still wait for answers.
      { keepAlive: true, keepAliveInitialDelay: KEEPALIVE_MS, noDelay: true, allowHalfOpen: true },
      (socket) => this.accept(socket, plainAddress(socket.remoteAddress)),
    );
  }

  /** Rejects with the system's error when the port is taken. */
  async listen(binding: Binding, port: number): Promise<void> {
    await listenAt(this.#server, binding, port);
    this.#server.on('error', (error) => {
      const cluster = this.#route.cluster?.identifier;
      this.#deps.logger.error({ err: error, cluster, port }, 'the gateway cannot accept');
    });
  }

  /** Stops accepting; sessions go on. */
  stopAccepting(): void {
    this.#server.close();
  }

  /** Ends all sessions and waits until they are recorded. */
  async close(): Promise<void> {
    this.stopAccepting();
    await endAll([...this.#sessions.values()]);
  }

  /** Ends the sessions of one cluster, and waits until they are recorded. */
  async endSessionsOf({
    accountId,
    identifier,
  }: Pick<ServedCluster, 'accountId' | 'identifier'>): Promise<void> {
    const sessions = [...this.#sessions.values()];
    await endAll(
      sessions.filter(({ record }) => record.accountId === accountId && record.cluster === identifier),
    );
  }

  /**
   * Serves a connection that counts as coming from `address`. Past a limit it is closed at once: an answer would cost
   * what the limit is there to save.
   */
  accept(socket: Socket, address: string): void {
    const abort = new AbortController();
    const leave =
      this.#sessions.size >= LIMITS.sessionsMax
        ? undefined
        : this.#pending.enter(sourceOf(address), () => abort.abort());
    if (leave === undefined) {
      socket.destroy();
      return;
    }
    let isPending = true;
    const ready = (): void => {
      leave();
      isPending = false;
    };
    // A client that has not logged in has no session to be told of, and may be silent for as long as it likes.
    abort.signal.addEventListener('abort', () => {
      if (isPending && !(abort.signal.reason instanceof SqlError)) socket.destroy();
    });
    const record = new SessionRecord(this.#deps, address);
    const done = runSession(this.#deps, this.#route, socket, record, abort, ready).finally(() => {
      ready();
      this.#sessions.delete(socket);
    });
    const end = (): void => abort.abort(isPending ? undefined : shutdown());
    this.#sessions.set(socket, { record, end, done });
  }
}

async function endAll(sessions: readonly Session[]): Promise<void> {
  for (const session of sessions) session.end();
  await Promise.all(sessions.map(({ done }) => done));
}

/** In PostgreSQL's own words. Most sessions hear it from their server, which stops first if it is ours. */
const shutdown = (): SqlError => new SqlError('57P01', 'terminating connection due to administrator command');
