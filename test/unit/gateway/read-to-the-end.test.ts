import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { readToTheEnd } from '../../../src/gateway/read-to-the-end.ts';
import { ServerChannel } from '../../../src/gateway/server-channel.ts';
import { openSocket, readShared, type ServerAccess } from '../../../src/postgres/server-access.ts';
import { removeFolders, temporaryFolder } from '../root/temporary.ts';

// A backend that says why it ends and closes, while a statement is on its way to it. Over a unix socket, as embedded
// servers are reached: there a write to a closed connection fails at once.

const LAST_WORDS = Buffer.alloc(100_000, 'terminating connection due to administrator command ');

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
  removeFolders();
});

/** A channel to a server that has said its last words and closed, of which nothing was read yet. */
async function toClosedServer(): Promise<{ readonly channel: ServerChannel; readonly path: string }> {
  const path = join(temporaryFolder(), 'socket');
  const accepted: Socket[] = [];
  const server = createServer((socket) => void accepted.push(socket));
  server.listen(path);
  await once(server, 'listening');
  closers.push(() => server.close());
  const access: Pick<ServerAccess, 'connect'> = {
    connect: (take) => openSocket(() => connect({ path, ...readShared(take) })),
  };
  const channel = await ServerChannel.open(access as ServerAccess);
  channel.socket.pause();
  while (accepted.length === 0) await new Promise((resolve) => setImmediate(resolve));
  const [socket] = accepted;
  socket?.end(LAST_WORDS);
  if (socket !== undefined) await once(socket, 'finish');
  socket?.destroy();
  return { channel, path };
}

test('what it had said arrives before the connection ends', async () => {
  const { channel } = await toClosedServer();
  const chunks: Buffer[] = [];
  const closed = new Promise((resolve) => channel.socket.once('close', resolve));
  channel.passTo((bytes) => chunks.push(Buffer.from(bytes)));
  channel.socket.write('select 1');
  channel.socket.write('select 2');
  await closed;
  expect(Buffer.concat(chunks).equals(LAST_WORDS)).toBe(true);
});

test('a reader that has paused gets a moment, and the connection ends all the same', async () => {
  const { channel } = await toClosedServer();
  const closed = new Promise((resolve) => channel.socket.once('close', resolve));
  channel.socket.write('select 1');
  await closed;
  expect(channel.socket.destroyed).toBe(true);
});

test('an end that is wanted, or that has another cause, does not wait', async () => {
  for (const error of [
    undefined,
    new Error('another'),
    Object.assign(new Error('read'), { code: 'ECONNRESET' }),
  ]) {
    const { path } = await toClosedServer();
    const socket = connect(path);
    socket.on('error', () => {});
    readToTheEnd(socket);
    socket.destroy(error);
    expect(socket.destroyed).toBe(true);
  }
});
