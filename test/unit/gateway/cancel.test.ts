import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemRandom } from '../../../src/core/ids.ts';
import { CancelKeys } from '../../../src/gateway/cancel.ts';
import { readFirstPacket } from '../../../src/pgwire/index.ts';
import { openSocket, type ServerAccess } from '../../../src/postgres/server-access.ts';
import { closeSockets, listen, received } from './loopback.ts';

const BACKEND = { processId: 4711, secretKey: Buffer.from('the backend’s own key') };

/** What reached the fake backend: one packet a connection, after which it closes, as PostgreSQL does. */
let packets: Buffer[];
let port: number;

beforeEach(async () => {
  packets = [];
  port = await listen((socket) => {
    void received(socket, 16).then((bytes) => {
      packets.push(bytes.subarray(4));
      socket.end();
    });
  });
});
afterEach(closeSockets);

/** Only `connect` is asked of the access to the server. */
const access = (to: () => number = () => port) =>
  ({ connect: (_take) => openSocket(() => connect(to(), '127.0.0.1')) }) as Pick<
    ServerAccess,
    'connect'
  > as ServerAccess;

describe('the key that a client gets', () => {
  test.each([
    [0, 4],
    [1, 4],
    [2, 32],
    [3, 32],
  ])('in protocol 3.%d has %d bytes', (minorVersion, bytes) => {
    const key = new CancelKeys(systemRandom).issue(BACKEND, access(), minorVersion);
    expect(key.secretKey).toHaveLength(bytes);
  });

  test('has the process id of the backend, and nothing of its key', () => {
    const keys = new CancelKeys(systemRandom);
    const [one, two] = [keys.issue(BACKEND, access(), 2), keys.issue(BACKEND, access(), 2)];
    expect([one.processId, two.processId]).toEqual([4711, 4711]);
    expect(one.secretKey).not.toEqual(two.secretKey);
    expect(BACKEND.secretKey.includes(one.secretKey)).toBe(false);
  });

  test('comes from the chance it is given', () => {
    const seeded = new CancelKeys((count) => Buffer.alloc(count, 9));
    expect(seeded.issue(BACKEND, access(), 0).secretKey).toEqual(Buffer.alloc(4, 9));
  });
});

describe('a cancel request', () => {
  test.each([0, 2])(
    'with that key reaches the backend with its own, in protocol 3.%d',
    async (minorVersion) => {
      const keys = new CancelKeys(systemRandom);
      await keys.cancel(keys.issue(BACKEND, access(), minorVersion));
      expect(packets.map(readFirstPacket)).toEqual([{ kind: 'cancel', ...BACKEND }]);
    },
  );

  test('reaches the session of its key and no other', async () => {
    const keys = new CancelKeys(systemRandom);
    const other = { processId: 4711, secretKey: Buffer.from('another backend’s key') };
    keys.issue(BACKEND, access(), 2);
    await keys.cancel(keys.issue(other, access(), 2));
    expect(packets.map(readFirstPacket)).toEqual([{ kind: 'cancel', ...other }]);
  });

  test('with any other key reaches nothing', async () => {
    const keys = new CancelKeys(systemRandom);
    const key = keys.issue(BACKEND, access(), 2);
    const wrong = Buffer.from(key.secretKey);
    wrong.writeUInt8(wrong.readUInt8(31) ^ 1, 31);
    await keys.cancel({ ...key, secretKey: wrong });
    await keys.cancel({ ...key, processId: 4712 });
    await keys.cancel({ ...key, secretKey: key.secretKey.subarray(0, 31) });
    await keys.cancel({ ...key, secretKey: Buffer.concat([key.secretKey, Buffer.of(0)]) });
    await keys.cancel({ ...key, secretKey: Buffer.alloc(0) });
    await keys.cancel(BACKEND);
    await new CancelKeys(systemRandom).cancel(key);
    expect(packets).toEqual([]);
  });

  test('may come several times, and not after the session has ended', async () => {
    const keys = new CancelKeys(systemRandom);
    const key = keys.issue(BACKEND, access(), 2);
    await keys.cancel(key);
    await keys.cancel(key);
    expect(packets).toHaveLength(2);
    keys.drop(key);
    keys.drop(key);
    await keys.cancel(key);
    expect(packets).toHaveLength(2);
  });

  test('is done when the backend resets the connection', async () => {
    port = await listen((socket) => socket.once('data', () => socket.resetAndDestroy()));
    const keys = new CancelKeys(systemRandom);
    await keys.cancel(keys.issue(BACKEND, access(), 0));
    expect(packets).toEqual([]);
  });
});
