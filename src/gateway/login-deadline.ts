import type { Socket } from 'node:net';
import { SqlError } from '../core/errors.ts';
import { LIMITS } from '../core/limits.ts';
import type { Channel } from './channel.ts';

/** A client that does not take its refusal is cut off after this. */
const REFUSAL_MS_MAX = 1_000;

/**
 * One deadline for everything between accept and ReadyForQuery (Traefik CVE-2026-25949). When it passes, the
 * client's side stops being read and the server's is closed: whatever step waits for one of them fails, and the
 * others ask `require`.
 */
export class LoginDeadline {
  readonly #timer: NodeJS.Timeout;
  /** The client's channel, once its startup packet has been read: errors can be told from then on. */
  client: Channel | undefined;
  /** The connection to the server in use, once there is one. */
  #server: Channel | undefined;
  passed = false;
  /** Why the login is over before its time. */
  #abandoned: SqlError | undefined;
  #waitsForServer = false;
  #expire: (refusal: SqlError) => void = () => {};

  constructor(socket: Socket) {
    this.#timer = setTimeout(() => {
      this.passed = true;
      this.#expire(this.refusal);
      if (this.client === undefined) socket.destroy();
      else this.client.stopReading();
      this.#server?.destroy();
      setTimeout(() => socket.destroy(), REFUSAL_MS_MAX).unref();
    }, LIMITS.loginMsMax);
  }

  /** Takes a connection to the server, to close it when the deadline passes, or the login fails. */
  watch(server: Channel): void {
    this.#server = server;
    if (this.passed || this.#abandoned !== undefined) server.destroy();
  }

  /** Lets go of the connection to the server: it is somebody else's to close. */
  releaseServer(): void {
    this.#server = undefined;
  }

  /** Closes the connection to the server that is in use, if any. */
  closeServer(): void {
    this.#server?.destroy();
  }

  /** Throws when the deadline has passed, for steps that do not wait for the client. */
  require(): void {
    if (this.passed) throw this.refusal;
    if (this.#abandoned !== undefined) throw this.#abandoned;
  }

  /** Ends a login that must not be any more: whatever step waits for the server fails with `refusal`, now or later. */
  abandon(refusal: SqlError): void {
    this.#abandoned ??= refusal;
    this.#expire(refusal);
    this.#server?.destroy();
  }

  /**
   * Waits for the database server no longer than until the deadline: one that hangs would keep the client waiting for
   * as long as its statements may take. What the step may still do afterwards is nobody's any more.
   */
  async forServer<T>(work: Promise<T>): Promise<T> {
    this.#waitsForServer = true;
    const expired = new Promise<never>((_resolve, reject) => {
      this.#expire = reject;
      if (this.#abandoned !== undefined) reject(this.#abandoned);
    });
    try {
      return await Promise.race([work, expired]);
    } finally {
      if (!this.passed) this.#waitsForServer = false;
    }
  }

  /** What the client is told when the deadline has passed: it was slow itself, or the server was. */
  get refusal(): SqlError {
    return this.#waitsForServer
      ? new SqlError('57P03', 'the database server of this cluster does not answer', {
          hint: 'Try again later; the log of Keyshift and its /health tell more.',
        })
      : new SqlError('57014', 'canceling authentication due to timeout');
  }

  end(): void {
    clearTimeout(this.#timer);
  }
}
