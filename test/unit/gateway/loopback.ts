import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** Real sockets over loopback, for tests of what depends on how bytes arrive. */

export interface SocketPair {
  /** The accepted side. */
  readonly server: Socket;
  readonly client: Socket;
}

const open = new Set<{ end(): Promise<void> }>();

/** Ends everything that `socketPair` and `listen` opened; to be called after each test. */
export async function closeSockets(): Promise<void> {
  const ending = [...open];
  open.clear();
  for (const one of ending) await one.end();
}

export async function socketPair(): Promise<SocketPair> {
  const accepted: Socket[] = [];
  const port = await listen((socket) => accepted.push(socket));
  const client = connect(port, '127.0.0.1');
  client.on('error', () => {});
  await once(client, 'connect');
  while (accepted.length === 0) await new Promise((resolve) => setImmediate(resolve));
  const [server] = accepted;
  if (server === undefined) throw new Error('nothing was accepted');
  open.add({ end: async () => void client.destroy() });
  return { server, client };
}

/** A listener on a free port, whose connections end with it. */
export async function listen(accept: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    accept(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  open.add({
    end: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  });
  return (server.address() as AddressInfo).port;
}

/** Everything that a socket receives until it ends, or until `bytes` are there. */
export function received(socket: Socket, bytes = Number.POSITIVE_INFINITY): Promise<Buffer> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const done = (): void => resolve(Buffer.concat(chunks));
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      length += chunk.length;
      if (length >= bytes) done();
    });
    socket.once('end', done);
    socket.once('close', done);
  });
}
