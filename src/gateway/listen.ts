import { createServer, type Server, type Socket } from 'node:net';
import { plainAddress } from '../core/addresses.ts';
import { SqlError } from '../core/errors.ts';
import { LIMITS } from '../core/limits.ts';
import { PendingLogins } from './pending-logins.ts';
import { type GatewayDeps, runSession, type ServedCluster } from './session.ts';
import { SessionRecord } from './session-record.ts';

/** Milliseconds between probes of an idle connection; finds clients that vanished without a word. */
const KEEPALIVE_MS = 60_000;

/** The listener of one cluster: accepts connections within limits and gives each to `runSession`. */
export class GatewayListener {
  readonly #deps: GatewayDeps;
  readonly #cluster: ServedCluster;
  readonly #server: Server;
  readonly #sessions = new Map<Socket, { readonly abort: AbortController; readonly done: Promise<void> }>();
  readonly #pending = new PendingLogins();

  constructor(deps: GatewayDeps, cluster: ServedCluster) {
    this.#deps = deps;
    this.#cluster = cluster;
    this.#server = createServer(
      // A client that has nothing more to say may still wait for answers.
      { keepAlive: true, keepAliveInitialDelay: KEEPALIVE_MS, noDelay: true, allowHalfOpen: true },
      (socket) => this.#accept(socket),
    );
  }

  /** Rejects with the system's error when the port is taken. */
  async listen(host: string, port: number): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, host, () => resolve());
    });
    this.#server.on('error', (error) => {
      this.#deps.logger.error({ err: error, cluster: this.#cluster.identifier }, 'the gateway cannot accept');
    });
  }

  /** Stops accepting; sessions go on. */
  stopAccepting(): void {
    this.#server.close();
  }

  /** Ends all sessions and waits until they are recorded. */
  async close(): Promise<void> {
    this.stopAccepting();
    const sessions = [...this.#sessions.values()];
    for (const session of sessions) session.abort.abort();
    await Promise.all(sessions.map((session) => session.done));
  }

  /** Past a limit the connection is closed at once: an answer would cost what the limit is there to save. */
  #accept(socket: Socket): void {
    const address = plainAddress(socket.remoteAddress);
    if (this.#sessions.size >= LIMITS.sessionsMax || !this.#pending.enter(address)) {
      socket.destroy();
      return;
    }
    let isPending = true;
    const ready = (): void => {
      if (isPending) this.#pending.leave(address);
      isPending = false;
    };
    const abort = new AbortController();
    // A client that has not logged in has no session to be told of, and may be silent for as long as it likes.
    abort.signal.addEventListener('abort', () => {
      if (isPending && !(abort.signal.reason instanceof SqlError)) socket.destroy();
    });
    const record = new SessionRecord(this.#deps, this.#cluster, address);
    const done = runSession(this.#deps, this.#cluster, socket, record, abort, ready).finally(() => {
      ready();
      this.#sessions.delete(socket);
    });
    this.#sessions.set(socket, { abort, done });
  }
}
