import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { ConnectionEnded } from '../../../src/gateway/channel.ts';
import { ServerChannel } from '../../../src/gateway/server-channel.ts';
import { writeQuery } from '../../../src/pgwire/index.ts';
import { openSocket, readShared, type ServerAccess } from '../../../src/postgres/server-access.ts';
import { closeSockets, listen } from './loopback.ts';

afterEach(closeSockets);

const later = (ms = 20): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const sqlOf = ({ payload }: { payload: Buffer }): string => payload.subarray(0, -1).toString();

/** A channel to a server that a test plays. */
async function opened() {
  const servers: Socket[] = [];
  const port = await listen((socket) => {
    socket.on('error', () => {});
    servers.push(socket);
  });
  const access: Pick<ServerAccess, 'connect'> = {
    connect: (take) => openSocket(() => connect({ port, host: '127.0.0.1', ...readShared(take) })),
  };
  const channel = await ServerChannel.open(access as ServerAccess);
  while (servers.length === 0) await later(1);
  const [server] = servers;
  if (server === undefined) throw new Error('nobody connected');
  return { channel, server };
}

describe('messages of a server', () => {
  test('are read one after the other, however they arrive', async () => {
    const { channel, server } = await opened();
    server.write(Buffer.concat([writeQuery('one'), writeQuery('two')]));
    expect(sqlOf(await channel.frame())).toBe('one');
    expect(sqlOf(await channel.frame())).toBe('two');
    const reading = channel.frame();
    for (const byte of writeQuery('three')) {
      server.write(Buffer.of(byte));
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(sqlOf(await reading)).toBe('three');
  });

  test('stay what they were when other connections read into the same buffer', async () => {
    const [first, second] = [await opened(), await opened()];
    first.server.write(writeQuery('of the first'));
    const frame = await first.channel.frame();
    second.server.write(writeQuery('OF THE OTHER'));
    expect(sqlOf(await second.channel.frame())).toBe('OF THE OTHER');
    expect(sqlOf(frame)).toBe('of the first');
  });

  test('that nobody waits for stay in the network, but for one read', async () => {
    const { channel, server } = await opened();
    const flood = Buffer.alloc(16 * 1024 * 1024, writeQuery('more'));
    server.write(flood);
    await channel.frame();
    await later(100);
    expect(channel.waitingBytes).toBeLessThanOrEqual(2 * 64 * 1024);
    expect(server.writableLength).toBeGreaterThan(0);
  });

  test('go to whoever takes them from then on, first those that were not read', async () => {
    const { channel, server } = await opened();
    server.write(Buffer.concat([writeQuery('one'), Buffer.from('early')]));
    await channel.frame();
    let taken = '';
    channel.passTo((bytes) => {
      taken += bytes.toString();
    });
    server.write(' and late');
    while (taken.length < 14) await later(1);
    expect(taken).toBe('early and late');
  });
});

describe('a server that ended', () => {
  test('fails the read that waits and every later one', async () => {
    const { channel, server } = await opened();
    const reading = channel.frame();
    server.end();
    await expect(reading).rejects.toThrow(ConnectionEnded);
    await expect(channel.frame()).rejects.toThrow(ConnectionEnded);
  });

  test('gives what arrived whole before, and nothing of a part', async () => {
    const { channel, server } = await opened();
    server.end(Buffer.concat([writeQuery('one'), writeQuery('two').subarray(0, -1)]));
    expect(sqlOf(await channel.frame())).toBe('one');
    await expect(channel.frame()).rejects.toThrow(ConnectionEnded);
  });

  test('by a reset, or by us, fails the read under way', async () => {
    const { channel, server } = await opened();
    const reading = channel.frame();
    server.resetAndDestroy();
    await expect(reading).rejects.toThrow(ConnectionEnded);
    const other = await opened();
    const waiting = other.channel.frame();
    other.channel.destroy();
    await expect(waiting).rejects.toThrow(ConnectionEnded);
  });

  test('being read fails when the reading is stopped, now and later', async () => {
    const { channel, server } = await opened();
    const reading = channel.frame();
    await later();
    channel.stopReading();
    await expect(reading).rejects.toThrow(ConnectionEnded);
    server.write(writeQuery('one'));
    await later();
    await expect(channel.frame()).rejects.toThrow(ConnectionEnded);
  });
});
