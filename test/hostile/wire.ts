import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import type { Keyshift } from '../walk/support/keyshift.ts';
import type { Login } from '../walk/support/logins.ts';

/**
 * A client that sends whatever bytes it is told to and shows whatever comes back. Written from the PostgreSQL 18
 * manual, chapter 54, without a line of the gateway's own codec.
 */

const ANSWER_MS_MAX = 30_000;

export const PROTOCOL_30 = 3 << 16;
export const SSL_REQUEST = packet(int32(80877103));
export const GSS_REQUEST = packet(int32(80877104));

export interface Message {
  readonly letter: string;
  readonly body: Buffer;
}

export function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes;
}

export const cString = (text: string): Buffer => Buffer.from(`${text}\0`);

/** A packet without a letter. */
export function packet(...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  return Buffer.concat([int32(body.length + 4), body]);
}

export function message(letter: string, ...parts: readonly Buffer[]): Buffer {
  return Buffer.concat([Buffer.from(letter), packet(...parts)]);
}

export function startup(parameters: Readonly<Record<string, string>>, version = PROTOCOL_30): Buffer {
  const pairs = Object.entries(parameters).flatMap(([name, value]) => [cString(name), cString(value)]);
  return packet(int32(version), ...pairs, cString(''));
}

export const query = (sql: string): Buffer => message('Q', cString(sql));
export const password = (text: string): Buffer => message('p', cString(text));

export function cancelRequest(processId: number, key: Buffer): Buffer {
  return packet(int32(80877102), int32(processId), key);
}

/** Where to connect, when not to the port of the first cluster. */
interface Door {
  readonly port?: number;
  /** The host name for TLS; none if empty. */
  readonly serverName?: string;
  /** Of this machine, to come from another network. */
  readonly localAddress?: string;
}

/** The fields of an ErrorResponse by their letters. */
export function errorFields({ letter, body }: Message): Record<string, string> {
  if (letter !== 'E') throw new Error(`not an error but ${letter}`);
  const fields = body
    .toString()
    .split('\0')
    .filter((field) => field !== '');
  return Object.fromEntries(fields.map((field) => [field.charAt(0), field.slice(1)]));
}

export interface LoggedIn {
  readonly parameters: ReadonlyMap<string, string>;
  readonly processId: number;
  readonly key: Buffer;
  /** Body of NegotiateProtocolVersion, if it came. */
  readonly negotiated: Buffer | undefined;
}

export class Wire {
  readonly #keyshift: Keyshift;
  #socket: Socket;
  #received: Buffer = Buffer.alloc(0);
  #ended = false;
  readonly #waiting = new Set<() => void>();

  private constructor(keyshift: Keyshift, socket: Socket) {
    this.#keyshift = keyshift;
    this.#socket = socket;
    this.#listen();
  }

  /** A TCP connection to the gateway, on which nothing has been said. */
  static async open(
    keyshift: Keyshift,
    port: number = keyshift.ready.gatewayPort,
    localAddress?: string,
  ): Promise<Wire> {
    const from = localAddress === undefined ? {} : { localAddress };
    const socket = connect({ host: '127.0.0.1', port, noDelay: true, ...from });
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    return new Wire(keyshift, socket);
  }

  /** A connection inside TLS, asked for as every client does. */
  static async openTls(keyshift: Keyshift, door: Door = {}): Promise<Wire> {
    const wire = await Wire.open(keyshift, door.port, door.localAddress);
    wire.send(SSL_REQUEST);
    const answer = await wire.bytes(1);
    if (answer.toString() !== 'S') throw new Error(`SSLRequest was answered with ${answer.toString()}`);
    await wire.startTls(undefined, door.serverName);
    return wire;
  }

  /** A session that is logged in. */
  static async openSession(
    keyshift: Keyshift,
    login: Login,
    parameters: Readonly<Record<string, string>> = {},
    version: number = PROTOCOL_30,
    door: Door = {},
  ): Promise<{ readonly wire: Wire; readonly session: LoggedIn }> {
    const wire = await Wire.openTls(keyshift, door);
    wire.send(startup({ user: login.user, database: 'exampledb', ...parameters }, version));
    let request = await wire.message();
    let negotiated: Buffer | undefined;
    if (request.letter === 'v') {
      negotiated = request.body;
      request = await wire.message();
    }
    if (request.letter === 'E') throw new Error(errorFields(request)['M']);
    if (request.letter !== 'R' || request.body.readInt32BE() !== 3)
      throw new Error('no password was asked for');
    wire.send(password(login.password));
    return { wire, session: { ...(await wire.greeting()), negotiated } };
  }

  send(...parts: readonly Buffer[]): void {
    this.#socket.write(Buffer.concat(parts));
  }

  async startTls(alpn?: readonly string[], serverName = 'localhost'): Promise<void> {
    const plain = this.#socket;
    for (const event of ['data', 'close', 'end']) plain.removeAllListeners(event);
    const tls: TLSSocket = connectTls({
      socket: plain,
      ca: readFileSync(this.#keyshift.ready.caFile),
      servername: serverName,
      // The name chooses a cluster; which names the certificate has is another test's business.
      ...(serverName !== 'localhost' ? { checkServerIdentity: () => undefined } : {}),
      ...(alpn === undefined ? {} : { ALPNProtocols: [...alpn] }),
    });
    await new Promise<void>((resolve, reject) => {
      tls.once('secureConnect', resolve);
      tls.once('error', reject);
      tls.once('close', () => reject(new Error('closed during the TLS handshake')));
    });
    this.#socket = tls;
    this.#received = Buffer.alloc(0);
    this.#listen();
  }

  /** The names of the certificate that was shown. */
  get certificateNames(): string {
    return (this.#socket as TLSSocket).getPeerCertificate().subjectaltname ?? '';
  }

  get alpn(): string | false | null | undefined {
    return (this.#socket as TLSSocket).alpnProtocol;
  }

  /** The next `count` bytes. Fails when the connection ends before. */
  async bytes(count: number, ms: number = ANSWER_MS_MAX): Promise<Buffer> {
    const deadline = Date.now() + ms;
    while (this.#received.length < count) {
      if (this.#ended) throw new Error('the connection ended');
      if (Date.now() > deadline) throw new Error('no answer');
      await this.#change(deadline - Date.now());
    }
    const bytes = this.#received.subarray(0, count);
    this.#received = this.#received.subarray(count);
    return bytes;
  }

  async message(ms: number = ANSWER_MS_MAX): Promise<Message> {
    const head = await this.bytes(5, ms);
    const body = await this.bytes(head.readInt32BE(1) - 4, ms);
    return { letter: head.toString('latin1', 0, 1), body };
  }

  /** Whether something has arrived that was not read. */
  get hasArrived(): boolean {
    return this.#received.length > 0;
  }

  /** What was given to `send` and has not gone out, because the other side does not take it. */
  get unsentBytes(): number {
    return this.#socket.writableLength;
  }

  /** All messages up to and with the next ReadyForQuery; each must come within `ms`. */
  async answer(ms: number = ANSWER_MS_MAX): Promise<Message[]> {
    const messages: Message[] = [];
    do messages.push(await this.message(ms));
    while (messages.at(-1)?.letter !== 'Z');
    return messages;
  }

  /** What the server says after the password. Throws its error. */
  async greeting(): Promise<Omit<LoggedIn, 'negotiated'>> {
    const parameters = new Map<string, string>();
    let key: Buffer | undefined;
    for (;;) {
      const { letter, body } = await this.message();
      if (letter === 'E') throw new Error(errorFields({ letter, body })['M']);
      if (letter === 'S') {
        const [name = '', value = ''] = body.toString().split('\0');
        parameters.set(name, value);
      }
      if (letter === 'K') key = body;
      if (letter === 'Z') break;
    }
    if (key === undefined) throw new Error('no cancel key');
    return { parameters, processId: key.readInt32BE(), key: key.subarray(4) };
  }

  /** Everything that comes until the other side ends the connection, which it must do within `ms`. */
  async untilEnd(ms: number = ANSWER_MS_MAX): Promise<Buffer> {
    const deadline = Date.now() + ms;
    while (!this.#ended) {
      if (Date.now() > deadline) throw new Error('the connection did not end');
      await this.#change(deadline - Date.now());
    }
    return this.#received;
  }

  /** Stops taking bytes from the connection, so that the sender must wait. */
  pause(): void {
    this.#socket.pause();
  }

  /** Takes bytes again and forgets them until `count` have come. Gives how many did. */
  async discard(count: number): Promise<number> {
    let taken = this.#received.length;
    this.#received = Buffer.alloc(0);
    this.#socket.removeAllListeners('data');
    await new Promise<void>((resolve) => {
      this.#socket.on('data', (chunk: Buffer) => {
        taken += chunk.length;
        if (taken >= count) resolve();
      });
      this.#socket.once('close', () => resolve());
      this.#socket.resume();
    });
    return taken;
  }

  /** Ends the connection without a word, as a client that crashes. */
  vanish(): void {
    this.#socket.destroy();
  }

  #listen(): void {
    this.#socket.on('error', () => {});
    this.#socket.on('data', (chunk: Buffer) => {
      this.#received = Buffer.concat([this.#received, chunk]);
      this.#tell();
    });
    for (const event of ['end', 'close']) {
      this.#socket.on(event, () => {
        this.#ended = true;
        this.#tell();
      });
    }
  }

  #tell(): void {
    for (const wake of this.#waiting) wake();
  }

  #change(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, Math.max(ms, 1));
      this.#waiting.add(wake);
    });
  }
}
