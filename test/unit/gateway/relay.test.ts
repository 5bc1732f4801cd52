import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connect as connectTls, createSecureContext, TLSSocket } from 'node:tls';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Certificates } from '../../../src/certificates.ts';
import { SqlError } from '../../../src/core/errors.ts';
import { Channel } from '../../../src/gateway/channel.ts';
import { relay } from '../../../src/gateway/relay.ts';
import { ServerChannel } from '../../../src/gateway/server-channel.ts';
import {
  writeParse,
  writeQuery,
  writeReadyForQuery,
  writeSync,
  writeTerminate,
} from '../../../src/pgwire/index.ts';
import { openSocket, readShared, type ServerAccess } from '../../../src/postgres/server-access.ts';
import { localhostCertificate } from './certificate.ts';
import { closeSockets, listen, received, socketPair } from './loopback.ts';

let certificates: Certificates;
beforeAll(async () => {
  certificates = await localhostCertificate();
});
afterEach(closeSockets);

const later = (ms = 20): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

type Rewrite = (sql: string) => Promise<string> | undefined;

/** How many listeners a server's socket has, by event. */
function countsOf({ socket }: ServerChannel): Record<string, number> {
  const names = ['close', 'end', 'drain', 'error', 'data', 'readable', 'finish'];
  return Object.fromEntries(names.map((name) => [name, socket.listenerCount(name)]));
}

/** A client inside TLS and a backend, both played by a test, with a relay between them. */
async function between(rewrite: Rewrite = () => undefined, leavesOpen = false) {
  const backends: Socket[] = [];
  const port = await listen((socket) => {
    socket.on('error', () => {});
    backends.push(socket);
  });
  const access: Pick<ServerAccess, 'connect'> = {
    connect: (take) => openSocket(() => connect({ port, host: '127.0.0.1', ...readShared(take) })),
  };
  const server = await ServerChannel.open(access as ServerAccess);
  const pair = await socketPair();
  const secureContext = createSecureContext({ cert: certificates.certificate, key: certificates.key });
  const inside = new TLSSocket(pair.server, { isServer: true, secureContext });
  const client = connectTls({ socket: pair.client, rejectUnauthorized: false });
  client.on('error', () => {});
  await once(client, 'secureConnect');
  while (backends.length === 0) await later(1);
  const [backend] = backends;
  if (backend === undefined) throw new Error('nobody connected');
  const ending = new AbortController();
  const channel = new Channel(inside);
  const listeners = countsOf(server);
  const done = relay({ client: channel, backend: server, rewrite, signal: ending.signal, leavesOpen });
  done.catch(() => {});
  return { client, backend, done, ending, inside, server, listeners };
}

/** Bytes of which every place can be told from every other. */
function pattern(bytes: number): Buffer {
  const all = Buffer.alloc(bytes);
  for (let at = 0; at + 4 <= bytes; at += 4) all.writeUInt32BE(at, at);
  return all;
}

describe('the relay', () => {
  test('gives a client that reads slowly every byte of the backend, though reads share a buffer', async () => {
    const { client, backend, inside } = await between();
    client.pause();
    // Small pieces, so that some come while one before them still waits to be sent.
    const all = pattern(32 * 1024 * 1024);
    const piece = 1024;
    let sent = 0;
    for (; sent < all.length && inside.writableLength < 8 * piece; sent += piece) {
      backend.write(all.subarray(sent, sent + piece));
      const before = inside.bytesWritten;
      for (let turn = 0; turn < 50 && inside.bytesWritten === before; turn++) {
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
    expect(inside.writableLength).toBeGreaterThan(0);
    const got = received(client, sent);
    client.resume();
    expect((await got).equals(all.subarray(0, sent))).toBe(true);
  });

  test('lets the backend wait while the client does not read', async () => {
    const { client, backend, inside } = await between();
    client.pause();
    backend.write(pattern(64 * 1024 * 1024));
    await later(200);
    expect(backend.writableLength).toBeGreaterThan(32 * 1024 * 1024);
    expect(inside.writableLength).toBeLessThan(1024 * 1024);
  });

  test('lets the client wait while the backend does not read', async () => {
    const { client, backend } = await between();
    backend.pause();
    const copyData = Buffer.concat([Buffer.from([0x64, 0, 0, 0x40, 4]), pattern(0x4000)]);
    for (let count = 0; count < 2_000; count++) client.write(copyData);
    await later(200);
    expect(client.writableLength).toBeGreaterThan(8 * 1024 * 1024);
    backend.resume();
    expect(await received(backend, 2_000 * copyData.length)).toHaveLength(2_000 * copyData.length);
  });

  test('keeps the order when a statement waits to be rewritten', async () => {
    let answer = (_sql: string): void => {};
    const { client, backend } = await between((sql) =>
      sql === 'set second'
        ? new Promise((resolve) => {
            answer = resolve;
          })
        : undefined,
    );
    const all = received(backend);
    const parse = { name: 'p', sql: 'third', rest: Buffer.of(0, 0) };
    client.write(
      Buffer.concat([writeQuery('first'), writeQuery('set second'), writeParse(parse), writeSync()]),
    );
    await later(50);
    client.write(writeQuery('fourth'));
    await later(50);
    answer('instead');
    await later(50);
    client.end(writeTerminate());
    expect(await all).toEqual(
      Buffer.concat([
        ...[writeQuery('first'), writeQuery('instead'), writeParse(parse), writeSync()],
        ...[writeQuery('fourth'), writeTerminate()],
      ]),
    );
  });

  test('adds no listener for each message while the backend does not read', async () => {
    const warnings: Error[] = [];
    const hear = (warning: Error): number => warnings.push(warning);
    process.on('warning', hear);
    const { client, backend } = await between();
    backend.pause();
    const many = Buffer.concat(Array.from({ length: 200 }, () => writeQuery('x'.repeat(2_000))));
    for (let count = 0; count < 40; count++) client.write(many);
    await later(200);
    process.removeListener('warning', hear);
    expect(warnings).toEqual([]);
  });
});

describe('a relay ends', () => {
  test('when the client ends, after its last message was passed on', async () => {
    const { client, backend, done } = await between();
    const all = received(backend);
    client.end(writeTerminate());
    await done;
    expect(await all).toEqual(writeTerminate());
  });

  test('when the backend ends, after the client was given what it said last', async () => {
    const { client, backend, done } = await between();
    const all = received(client);
    backend.end(pattern(4 * 1024 * 1024));
    await done;
    expect((await all).equals(pattern(4 * 1024 * 1024))).toBe(true);
  });

  test('when a rewrite fails, with its error, and leaves the client open to be told', async () => {
    const { client, backend, done, inside } = await between(() => Promise.reject(new Error('no')));
    const closed = once(backend, 'close');
    backend.resume();
    client.write(writeQuery('set any'));
    await expect(done).rejects.toThrow('no');
    await closed;
    expect(inside.writable).toBe(true);
  });

  test('with 08P01 when the client breaks the protocol', async () => {
    const { client, done } = await between();
    client.write(Buffer.from([0x51, 0xff, 0xff, 0xff, 0xff]));
    await expect(done).rejects.toMatchObject({ sqlState: '08P01' });
  });

  test('on both sides when it is ended from outside', async () => {
    const { client, backend, done, ending } = await between();
    const closed = Promise.all([once(client, 'close'), once(backend, 'close')]);
    client.resume();
    backend.resume();
    ending.abort();
    await done;
    await closed;
  });
});

describe('a backend is left open when its client takes leave', () => {
  const READY = writeReadyForQuery('idle');
  const untouched = (): undefined => undefined;

  /** The backend has answered a query with these bytes, and the client has them. */
  async function answered(bytes: Buffer) {
    const both = await between(untouched, true);
    both.client.write(writeQuery('set any'));
    await once(both.backend, 'data');
    const got = received(both.client, bytes.length);
    both.backend.write(bytes);
    await got;
    return both;
  }

  test('if it has nothing to do; what the client does then does not reach it', async () => {
    const { client, backend, done, inside } = await answered(READY);
    const reached: Buffer[] = [];
    backend.on('data', (chunk: Buffer) => reached.push(chunk));
    const gone = once(inside, 'close');
    client.write(Buffer.concat([writeTerminate(), writeQuery('later')]));
    expect(await done).toBe('open');
    client.destroy();
    await gone;
    expect(Buffer.concat(reached)).toHaveLength(0);
    expect(backend.readableEnded || backend.destroyed).toBe(false);
  });

  test('if nothing was asked of it', async () => {
    const { client, done } = await between(untouched, true);
    client.write(writeTerminate());
    expect(await done).toBe('open');
  });

  test('with no listener more than before, because it serves many', async () => {
    const { client, done, server, listeners } = await between(untouched, true);
    client.write(writeTerminate());
    await done;
    expect(countsOf(server)).toEqual(listeners);
  });

  test('if all that waited at the start was Terminate', async () => {
    const { client, done } = await answered(READY);
    for (const byte of writeTerminate()) client.write(Buffer.of(byte));
    expect(await done).toBe('open');
  });

  test.each([
    ['is in a transaction', writeReadyForQuery('transaction')],
    ['is in a transaction that failed', writeReadyForQuery('failed')],
    ['has said something after it was ready', Buffer.concat([READY, Buffer.from([0x4e, 0, 0, 0, 4])])],
    ['has not finished its word', READY.subarray(0, 5)],
  ])('but not if it %s', async (_title, bytes) => {
    const { client, backend, done } = await answered(bytes);
    const all = received(backend);
    client.end(writeTerminate());
    expect(await done).toBe('closed');
    expect(await all).toEqual(writeTerminate());
  });

  test('but not if it was asked something since', async () => {
    const { client, backend, done } = await answered(READY);
    const all = received(backend);
    client.end(Buffer.concat([writeQuery('more'), writeTerminate()]));
    expect(await done).toBe('closed');
    expect(await all).toEqual(Buffer.concat([writeQuery('more'), writeTerminate()]));
  });

  test('but not if it was ended from outside', async () => {
    const { client, backend, done, ending } = await answered(READY);
    ending.abort(new SqlError('57P01', 'over'));
    const all = received(backend);
    client.end(writeTerminate());
    expect(await done).toBe('closed');
    expect(await all).toEqual(writeTerminate());
  });
});
