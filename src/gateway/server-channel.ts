import { writeTerminate } from '../pgwire/index.ts';
import type { ServerAccess, TakeBytes } from '../postgres/server-access.ts';
import { Channel, ConnectionEnded } from './channel.ts';
import { readToTheEnd } from './read-to-the-end.ts';

/**
 * The database server's side of a connection. Its bytes come in calls, in a buffer that is read into again after the
 * call: at login they are copied out, and the relay writes them on at once.
 */
export class ServerChannel extends Channel {
  #take: TakeBytes = (bytes) => this.#keep(bytes);
  #arrived = (): void => {};

  /** Opens a connection to a server; the next thing to send is the startup packet. */
  static async open(access: ServerAccess): Promise<ServerChannel> {
    let take: TakeBytes = () => {};
    const channel = new ServerChannel(await access.connect((bytes) => take(bytes)));
    take = (bytes) => channel.#take(bytes);
    readToTheEnd(channel.socket);
    return channel;
  }

  /** From now on gives everything that arrives, beginning with what was not read, to `take`, until `close`. */
  passTo(take: TakeBytes): void {
    const rest = this.rest();
    this.#take = take;
    if (rest.length > 0) take(rest);
    this.socket.resume();
  }

  /**
   * Ends the session with Terminate, and waits until the server has closed the connection: only then has it room for
   * another. One that does not within the limit, in milliseconds, is cut off.
   */
  takeLeave(msMax: number): Promise<void> {
    const { socket } = this;
    if (socket.destroyed) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(() => socket.destroy(), msMax);
      socket.once('close', () => {
        clearTimeout(timer);
        resolve();
      });
      this.passTo(() => {});
      socket.end(writeTerminate());
    });
  }

  override stopReading(): void {
    this.stopped = true;
    this.#arrived();
  }

  /** A server that says more than is asked for has to wait. */
  #keep(bytes: Buffer): void {
    if (this.stopped) return;
    this.reader.push(Buffer.from(bytes));
    this.socket.pause();
    this.#arrived();
  }

  protected override async readMore(): Promise<void> {
    const { socket } = this;
    if (this.stopped || socket.destroyed || socket.readableEnded) throw new ConnectionEnded();
    const waiting = this.reader.waitingBytes;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        socket.removeListener('end', done).removeListener('close', done);
        resolve();
      };
      this.#arrived = done;
      socket.on('end', done).on('close', done);
      socket.resume();
    });
    if (this.reader.waitingBytes === waiting) throw new ConnectionEnded();
  }
}
