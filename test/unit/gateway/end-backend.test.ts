import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { silentLogger } from '../../../src/core/logger.ts';
import type { Backend } from '../../../src/gateway/backend.ts';
import { Channel } from '../../../src/gateway/channel.ts';
import { endBackend } from '../../../src/gateway/end-backend.ts';
import { ServerChannel } from '../../../src/gateway/server-channel.ts';
import type { ServerAccess } from '../../../src/postgres/server-access.ts';
import { closeSockets, socketPair } from './loopback.ts';

// The order in which a session is ended from outside: the query, then the backend, then the sockets.

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterEach(async () => {
  vi.useRealTimers();
  await closeSockets();
});

const settled = async () => {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
};

interface Played {
  readonly log: string[];
  readonly session: Parameters<typeof endBackend>[1];
  readonly access: ServerAccess;
}

/** A session and its server. `terminate` is what the server does when it is asked to terminate the backend. */
async function play(terminate: () => Promise<void>, reach = true): Promise<Played> {
  const log: string[] = [];
  const client = new Channel((await socketPair()).server);
  const backendPair = await socketPair();
  const opening = { connect: async () => backendPair.server };
  const channel = await ServerChannel.open(opening as unknown as ServerAccess);
  client.socket.once('close', () => log.push('client closed'));
  channel.socket.once('close', () => log.push('backend closed'));
  const access = {
    home: 'postgres',
    connect: async () => {
      if (!reach) throw new Error('unreachable');
      const pair = await socketPair();
      // As PostgreSQL does: it reads the request, sends the signal, and closes the connection.
      pair.client.once('data', (bytes: Buffer) => {
        log.push(`cancel ${bytes.readUInt32BE(8)} ${bytes.subarray(12).toString('hex')}`);
        pair.client.destroy();
      });
      return pair.server;
    },
    admin: (database: string) => ({
      query: async (sql: string, values: readonly unknown[]) => {
        log.push(`${database}: ${/pg_\w+backend/.exec(sql)?.[0]} ${values.join(' ')}`);
        await terminate();
      },
    }),
  };
  const key = { processId: 77, secretKey: Buffer.from('0a0b0c0d', 'hex') };
  const backend: Backend = { channel, key, notices: [], parameters: [] };
  return { log, session: { client, backend, roleId: 16400 }, access: access as unknown as ServerAccess };
}

const ASKED = ['cancel 77 0a0b0c0d', 'postgres: pg_terminate_backend 77 16400'];

describe('a session that is ended from outside', () => {
  test('has its query canceled, then its backend terminated, and only then its sockets closed', async () => {
    const { log, session, access } = await play(async () => {});
    await endBackend(access, session, silentLogger);
    await settled();
    expect(log).toEqual(ASKED);
    vi.advanceTimersByTime(999);
    await settled();
    expect(log).toEqual(ASKED);
    vi.advanceTimersByTime(1);
    await settled();
    expect(log).toEqual([...ASKED, 'backend closed']);
    vi.advanceTimersByTime(500);
    await settled();
    expect(log).toEqual([...ASKED, 'backend closed', 'client closed']);
  });

  test('loses its backend at once where the gateway may not terminate it', async () => {
    const { log, session, access } = await play(async () => {
      throw new Error('permission denied');
    });
    await endBackend(access, session, silentLogger);
    await settled();
    expect(log).toEqual([...ASKED, 'backend closed']);
  });

  test('loses its sockets within two seconds, whether the server hangs or cannot be reached', async () => {
    for (const reach of [true, false]) {
      const { log, session, access } = await play(() => new Promise(() => {}), reach);
      void endBackend(access, session, silentLogger);
      await settled();
      for (const ms of [1_000, 500]) {
        vi.advanceTimersByTime(ms);
        await settled();
      }
      expect(log).toEqual([...(reach ? ASKED : ASKED.slice(1)), 'backend closed', 'client closed']);
    }
  });
});
