import { once } from 'node:events';
import type { Socket } from 'node:net';
import { connect as connectTls, createSecureContext, type SecureContext, type TLSSocket } from 'node:tls';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { SqlError } from '../../../src/core/errors.ts';
import { Turnstile } from '../../../src/core/turnstile.ts';
import { type Channel, ConnectionEnded } from '../../../src/gateway/channel.ts';
import { type Opened, secure } from '../../../src/gateway/secure.ts';
import { writeCancelRequest, writeSslRequest, writeStartup } from '../../../src/pgwire/index.ts';
import { localhostCertificate } from './certificate.ts';
import { closeSockets, received, socketPair } from './loopback.ts';

const STARTUP = writeStartup(
  new Map([
    ['user', 'IAM:bob'],
    ['database', 'dev'],
  ]),
);
/** GSSENCRequest; PostgreSQL 18 manual, section 54.7. */
const GSS = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x30]);

let context: SecureContext;
let ca: string;

beforeAll(async () => {
  const made = await localhostCertificate();
  context = createSecureContext({ cert: made.certificate, key: made.key });
  ca = made.ca;
});
afterEach(closeSockets);

interface Opening {
  readonly client: Socket;
  readonly opened: Promise<Opened>;
  readonly channels: Channel[];
}

async function opening(): Promise<Opening> {
  const { server, client } = await socketPair();
  const channels: Channel[] = [];
  const handshakes = new Turnstile(1);
  const opened = secure(server, { context, handshakes, address: '' }, (channel) => channels.push(channel));
  opened.catch(() => {});
  return { client, opened, channels };
}

/** The next byte that the server sends in clear. */
async function answer(client: Socket): Promise<string> {
  for (;;) {
    const byte = client.read(1) as Buffer | null;
    if (byte !== null) return byte.toString();
    await once(client, 'readable');
  }
}

async function startTls(client: Socket, ALPNProtocols: string[] = []): Promise<TLSSocket> {
  const tls = connectTls({ socket: client, ca, servername: 'localhost', ALPNProtocols });
  tls.on('error', () => {});
  await once(tls, 'secureConnect');
  return tls;
}

const failure = (opened: Promise<Opened>): Promise<unknown> =>
  opened.then(
    () => undefined,
    (error: unknown) => error,
  );

describe('a connection without TLS', () => {
  test('is opened as such, for the caller to refuse', async () => {
    const { client, opened, channels } = await opening();
    client.write(STARTUP);
    const { secure: isSecure, packet, channel } = await opened;
    expect(isSecure).toBe(false);
    expect(packet).toMatchObject({ kind: 'startup', user: 'IAM:bob', database: 'dev' });
    expect(channels).toEqual([channel]);
  });

  test('may carry a cancel request', async () => {
    const { client, opened } = await opening();
    client.write(writeCancelRequest(42, Buffer.from('key!')));
    expect(await opened).toMatchObject({
      secure: false,
      packet: { kind: 'cancel', processId: 42, secretKey: Buffer.from('key!') },
    });
  });

  test('after GSSAPI was asked for and not given, is opened as such', async () => {
    const { client, opened } = await opening();
    client.write(GSS);
    expect(await answer(client)).toBe('N');
    client.write(STARTUP);
    expect(await opened).toMatchObject({ secure: false, packet: { kind: 'startup' } });
  });
});

describe('TLS that is asked for', () => {
  test('is given, and everything after it goes through it', async () => {
    const { client, opened, channels } = await opening();
    client.write(writeSslRequest());
    expect(await answer(client)).toBe('S');
    const tls = await startTls(client);
    expect(tls.authorized).toBe(true);
    tls.write(STARTUP);
    const { secure: isSecure, packet, channel } = await opened;
    expect(isSecure).toBe(true);
    expect(packet).toMatchObject({ kind: 'startup', user: 'IAM:bob' });
    expect(channels).toHaveLength(2);
    expect(channels[1]).toBe(channel);
    const told = received(tls as Socket);
    channel.end(Buffer.from('inside'));
    expect((await told).toString()).toBe('inside');
  });

  test('is given after GSSAPI was refused, and with ALPN as libpq sends it', async () => {
    const { client, opened } = await opening();
    client.write(GSS);
    expect(await answer(client)).toBe('N');
    client.write(writeSslRequest());
    expect(await answer(client)).toBe('S');
    const tls = await startTls(client, ['postgresql']);
    expect(tls.alpnProtocol).toBe('postgresql');
    tls.write(STARTUP);
    expect((await opened).secure).toBe(true);
  });

  test('may carry a cancel request', async () => {
    const { client, opened } = await opening();
    client.write(writeSslRequest());
    await answer(client);
    (await startTls(client)).write(writeCancelRequest(42, Buffer.from('key!')));
    expect(await opened).toMatchObject({ secure: true, packet: { kind: 'cancel', processId: 42 } });
  });

  test('is not given when bytes in clear stand behind the request, which would pass for secured ones', async () => {
    for (const early of [STARTUP, Buffer.of(0)]) {
      const { client, opened } = await opening();
      client.write(Buffer.concat([writeSslRequest(), early]));
      const error = await failure(opened);
      expect(error).toBeInstanceOf(SqlError);
      expect(error).toMatchObject({
        sqlState: '08P01',
        message: 'received unencrypted data after SSL request',
      });
      expect(client.bytesRead).toBe(0);
    }
  });

  test('nor is GSSAPI answered then', async () => {
    const { client, opened } = await opening();
    client.write(Buffer.concat([GSS, STARTUP]));
    expect(await failure(opened)).toMatchObject({ sqlState: '08P01' });
  });

  test('is not given a second time, inside itself', async () => {
    const { client, opened, channels } = await opening();
    client.write(writeSslRequest());
    await answer(client);
    (await startTls(client)).write(writeSslRequest());
    expect(await failure(opened)).toMatchObject({
      sqlState: '08P01',
      message: 'TLS was requested inside TLS',
    });
    expect(channels).toHaveLength(2);
  });
});

describe('TLS from the first byte', () => {
  test('is taken from a client that names the protocol', async () => {
    const { client, opened } = await opening();
    const tls = await startTls(client, ['postgresql']);
    tls.write(STARTUP);
    expect(await opened).toMatchObject({ secure: true, packet: { kind: 'startup', user: 'IAM:bob' } });
  });

  test('is not taken from one that names none, or another, or has TLS already', async () => {
    for (const protocols of [[], ['http/1.1'], ['h2', 'http/1.1']]) {
      const { client, opened } = await opening();
      void startTls(client, protocols).catch(() => {});
      expect(await failure(opened), protocols.join()).toBeInstanceOf(ConnectionEnded);
    }
    const { client, opened } = await opening();
    (await startTls(client, ['postgresql'])).write(writeSslRequest());
    expect(await failure(opened)).toMatchObject({ sqlState: '08P01' });
  });
});

describe('a client that keeps to no rule', () => {
  test('may not ask again and again', async () => {
    const { client, opened } = await opening();
    for (let asked = 0; asked < 3; asked++) {
      client.write(GSS);
      if (asked < 2) expect(await answer(client)).toBe('N');
    }
    const error = await failure(opened);
    expect(error).toBeInstanceOf(SqlError);
    expect(error).toMatchObject({ sqlState: '08P01' });
  });

  test.each([
    ['a length below the smallest', Buffer.from([0, 0, 0, 7, 0, 0, 0])],
    ['a length over the largest', Buffer.from([0, 0, 0x27, 0x15, 0, 3, 0, 0])],
    ['a request of HTTP', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
  ])('and sends %s is refused', async (_what, bytes) => {
    const { client, opened } = await opening();
    client.write(bytes);
    expect(await failure(opened)).toMatchObject({ sqlState: '08P01' });
  });

  test.each([
    ['at once', Buffer.alloc(0)],
    ['in the middle of a packet', STARTUP.subarray(0, 20)],
    ['in the middle of a handshake', Buffer.from([0x16, 3, 1, 2, 0, 1])],
  ])('and leaves %s is gone', async (_when, bytes) => {
    const { client, opened } = await opening();
    client.end(bytes);
    expect(await failure(opened)).toBeInstanceOf(ConnectionEnded);
  });

  test('and sends no TLS after it was given is gone', async () => {
    const { client, opened } = await opening();
    client.write(writeSslRequest());
    expect(await answer(client)).toBe('S');
    client.write(STARTUP);
    expect(await failure(opened)).toBeInstanceOf(ConnectionEnded);
  });
});
