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

  constructor(socket: Socket) {
    this.#timer = setTimeout(() => {
      this.passed = true;
      if (this.client === undefined) socket.destroy();
      else this.client.stopReading();
      this.#server?.destroy();
      setTimeout(() => socket.destroy(), REFUSAL_MS_MAX).unref();
    }, LIMITS.loginMsMax);
  }

  /** Takes a connection to the server, to close it when the deadline passes, or the login fails. */
  watch(server: Channel): void {
    this.#server = server;
    if (this.passed) server.destroy();
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
    if (this.passed) throw new SqlError('57014', 'canceling authentication due to timeout');
  }

  end(): void {
    clearTimeout(this.#timer);
  }
}
