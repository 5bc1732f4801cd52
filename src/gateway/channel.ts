import type { Socket } from 'node:net';
import { type Frame, FrameReader } from '../pgwire/index.ts';

/** The other side ended the connection; there is nobody to answer. */
export class ConnectionEnded extends Error {
  constructor() {
    super('the connection ended');
    this.name = 'ConnectionEnded';
  }
}

/**
 * One side of a connection before the relay: messages are read one after the other by one reader, never in an
 * event handler, so that no two of them can be handled at once.
 */
export class Channel {
  readonly socket: Socket;
  protected readonly reader = new FrameReader();
  protected stopped = false;

  constructor(socket: Socket) {
    this.socket = socket;
    // Errors surface at the next read or write; without a listener they would end the process.
    socket.on('error', () => {});
  }

  /** Bytes that arrived beyond the message read last. */
  get waitingBytes(): number {
    return this.reader.waitingBytes;
  }

  /** The next byte without taking it. Throws ConnectionEnded. */
  async peek(): Promise<number> {
    for (;;) {
      const byte = this.reader.peek();
      if (byte !== undefined) return byte;
      await this.readMore();
    }
  }

  /** The next packet that has no letter. Throws SqlError 08P01 or ConnectionEnded. */
  async startupPacket(): Promise<Buffer> {
    for (;;) {
      const packet = this.reader.startupPacket();
      if (packet !== undefined) return packet;
      await this.readMore();
    }
  }

  /** The next message. Throws SqlError 08P01 or ConnectionEnded. */
  async frame(): Promise<Frame> {
    for (;;) {
      const frame = this.reader.frame();
      if (frame !== undefined) return frame;
      await this.readMore();
    }
  }

  /** Takes out what has arrived and was not read, for whoever reads on. */
  rest(): Buffer {
    return this.reader.rest();
  }

  write(...messages: readonly Buffer[]): void {
    if (this.socket.writable)
      this.socket.write(messages.length === 1 ? (messages[0] ?? '') : Buffer.concat(messages));
  }

  /** Sends what was written and ends the connection. */
  end(...messages: readonly Buffer[]): void {
    this.write(...messages);
    this.socket.destroySoon();
  }

  /** Lets the read under way, and every later one, fail with ConnectionEnded; writing still works. */
  stopReading(): void {
    this.stopped = true;
    this.socket.emit('readable');
  }

  destroy(): void {
    this.socket.destroy();
  }

  /** Puts what arrives next into the reader. Throws ConnectionEnded. */
  protected async readMore(): Promise<void> {
    for (;;) {
      if (this.stopped) throw new ConnectionEnded();
      const chunk: unknown = this.socket.read();
      if (Buffer.isBuffer(chunk)) return this.reader.push(chunk);
      if (this.socket.destroyed || this.socket.readableEnded) throw new ConnectionEnded();
      await readable(this.socket);
    }
  }
}

function readable(socket: Socket): Promise<void> {
  const events = ['readable', 'end', 'close'] as const;
  return new Promise((resolve) => {
    const done = (): void => {
      for (const event of events) socket.removeListener(event, done);
      resolve();
    };
    for (const event of events) socket.on(event, done);
  });
}
