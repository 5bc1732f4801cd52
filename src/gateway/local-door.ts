import { createServer, type Server, Socket } from 'node:net';
import { listenAt } from '../core/listen-at.ts';

/**
 * A way for this process to its own gateway: a connection of which the gateway is told by whom it was opened. The
 * session takes all the steps of any other one, and counts as coming from the address that the opener names.
 */

/** A connection that nobody in this process opened is closed after this. */
const STRANGER_MS_MAX = 2_000;
/** Connections waiting to be recognized. Those of this process are recognized within a turn of the event loop or two. */
const WAITING_MAX = 1_000;

type Take = (socket: Socket) => void;

export class LocalDoor {
  readonly #server: Server;
  /** By the port that a connection comes from, which no other has while it is open. */
  readonly #expected = new Map<number, Take>();
  readonly #waiting = new Map<number, Socket>();

  private constructor(server: Server) {
    this.#server = server;
    server.on('connection', (socket) => this.#arrived(socket));
  }

  static async open(): Promise<LocalDoor> {
    const server = createServer({ noDelay: true, allowHalfOpen: true });
    await listenAt(server, { host: '127.0.0.1', sharePorts: false }, 0);
    return new LocalDoor(server);
  }

  /** Where a socket of `socketTo` must be connected to. */
  get address(): { readonly host: string; readonly port: number } {
    const bound = this.#server.address();
    if (bound === null || typeof bound === 'string') throw new Error('the local door is closed');
    return { host: bound.address, port: bound.port };
  }

  /** A socket, not yet connected, whose other end is given to `take` when it is. */
  socketTo(take: Take): Socket {
    const socket = new Socket();
    socket.once('connect', () => {
      const port = socket.localPort;
      if (port === undefined) return;
      const waiting = this.#waiting.get(port);
      this.#waiting.delete(port);
      if (waiting !== undefined) take(waiting);
      else {
        this.#expected.set(port, take);
        socket.once('close', () => this.#expected.delete(port));
      }
    });
    return socket;
  }

  /** Takes no more connections; those that are open go on. */
  close(): void {
    this.#server.close();
    for (const socket of this.#waiting.values()) socket.destroy();
  }

  #arrived(socket: Socket): void {
    const port = socket.remotePort;
    socket.on('error', () => {});
    if (port === undefined || this.#waiting.size >= WAITING_MAX) {
      socket.destroy();
      return;
    }
    const take = this.#expected.get(port);
    this.#expected.delete(port);
    if (take !== undefined) {
      take(socket);
      return;
    }
    this.#waiting.set(port, socket);
    const timer = setTimeout(() => this.#turnAway(port, socket), STRANGER_MS_MAX);
    timer.unref();
    socket.once('close', () => this.#turnAway(port, socket));
  }

  #turnAway(port: number, socket: Socket): void {
    if (this.#waiting.get(port) !== socket) return;
    this.#waiting.delete(port);
    socket.destroy();
  }
}
