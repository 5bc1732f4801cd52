import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { HmacKey } from '../../../src/core/hmac-key.ts';
import { type RandomBytes, systemRandom } from '../../../src/core/ids.ts';
import { CancelKeys } from '../../../src/gateway/cancel.ts';
import { CancelGuesses } from '../../../src/gateway/cancel-guesses.ts';
import { readFirstPacket } from '../../../src/pgwire/index.ts';
import { openSocket, type ServerAccess } from '../../../src/postgres/server-access.ts';
import { closeSockets, listen, received } from './loopback.ts';

const BACKEND = { processId: 4711, secretKey: Buffer.from('the backend’s own key') };

/** What reached the fake backend: one packet a connection, after which it closes, as PostgreSQL does. */
let packets: Buffer[];
let port: number;

beforeEach(async () => {
  packets = [];
  asked = [];
  port = await listen((socket) => {
    void received(socket, 16).then((bytes) => {
      packets.push(bytes.subarray(4));
      socket.end();
    });
  });
});
afterEach(closeSockets);

const ADDRESS = '198.51.100.7';
/** What other nodes were asked for. */
let asked: string[];

function newKeys(random: RandomBytes = systemRandom): CancelKeys {
  return new CancelKeys({
    random,
    nameKey: new HmacKey(Buffer.alloc(32, 7)),
    askOthers: async (name) => void asked.push(name),
  });
}

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
    const key = newKeys().issue(BACKEND, access(), minorVersion);
    expect(key.secretKey).toHaveLength(bytes);
  });

  test('has the process id of the backend, and nothing of its key', () => {
    const keys = newKeys();
    const [one, two] = [keys.issue(BACKEND, access(), 2), keys.issue(BACKEND, access(), 2)];
    expect([one.processId, two.processId]).toEqual([4711, 4711]);
    expect(one.secretKey).not.toEqual(two.secretKey);
    expect(BACKEND.secretKey.includes(one.secretKey)).toBe(false);
  });

  test('comes from the chance it is given', () => {
    const seeded = newKeys((count) => Buffer.alloc(count, 9));
    expect(seeded.issue(BACKEND, access(), 0).secretKey).toEqual(Buffer.alloc(4, 9));
  });
});

describe('a cancel request', () => {
  test.each([0, 2])(
    'with that key reaches the backend with its own, in protocol 3.%d',
    async (minorVersion) => {
      const keys = newKeys();
      await keys.cancel(keys.issue(BACKEND, access(), minorVersion), ADDRESS);
      expect(packets.map(readFirstPacket)).toEqual([{ kind: 'cancel', ...BACKEND }]);
    },
  );

  test('reaches the session of its key and no other', async () => {
    const keys = newKeys();
    const other = { processId: 4711, secretKey: Buffer.from('another backend’s key') };
    keys.issue(BACKEND, access(), 2);
    await keys.cancel(keys.issue(other, access(), 2), ADDRESS);
    expect(packets.map(readFirstPacket)).toEqual([{ kind: 'cancel', ...other }]);
  });

  test('with any other key reaches nothing', async () => {
    const keys = newKeys();
    const key = keys.issue(BACKEND, access(), 2);
    const wrong = Buffer.from(key.secretKey);
    wrong.writeUInt8(wrong.readUInt8(31) ^ 1, 31);
    await keys.cancel({ ...key, secretKey: wrong }, ADDRESS);
    await keys.cancel({ ...key, processId: 4712 }, ADDRESS);
    await keys.cancel({ ...key, secretKey: key.secretKey.subarray(0, 31) }, ADDRESS);
    await keys.cancel({ ...key, secretKey: Buffer.concat([key.secretKey, Buffer.of(0)]) }, ADDRESS);
    await keys.cancel({ ...key, secretKey: Buffer.alloc(0) }, ADDRESS);
    await keys.cancel(BACKEND, ADDRESS);
    await newKeys().cancel(key, ADDRESS);
    expect(packets).toEqual([]);
  });

  test('may come several times, and not after the session has ended', async () => {
    const keys = newKeys();
    const key = keys.issue(BACKEND, access(), 2);
    await keys.cancel(key, ADDRESS);
    await keys.cancel(key, ADDRESS);
    expect(packets).toHaveLength(2);
    keys.drop(key);
    keys.drop(key);
    await keys.cancel(key, ADDRESS);
    expect(packets).toHaveLength(2);
  });

  test('is done when the backend resets the connection', async () => {
    port = await listen((socket) => socket.once('data', () => socket.resetAndDestroy()));
    const keys = newKeys();
    await keys.cancel(keys.issue(BACKEND, access(), 0), ADDRESS);
    expect(packets).toEqual([]);
  });
});

describe('a key of another node', () => {
  test('is looked for there by a name that does not tell it', async () => {
    const [here, there] = [newKeys(), newKeys()];
    const key = there.issue(BACKEND, access(), 2);
    await here.cancel(key, ADDRESS);
    const [name = '', ...more] = asked;
    expect(more).toEqual([]);
    expect(name).toMatch(/^[0-9a-f]{64}$/);
    expect(name).not.toContain(key.secretKey.toString('hex').slice(0, 8));
    expect(packets).toEqual([]);
    expect(await there.cancelNamed(name)).toBe(true);
    expect(packets.map(readFirstPacket)).toEqual([{ kind: 'cancel', ...BACKEND }]);
    expect(await here.cancelNamed(name)).toBe(false);
  });

  test('is not looked for when it is known here', async () => {
    const keys = newKeys();
    await keys.cancel(keys.issue(BACKEND, access(), 0), ADDRESS);
    expect(asked).toEqual([]);
  });

  test('is dropped when too many are being looked for', async () => {
    let answer = (): void => {};
    const answered = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const keys = new CancelKeys({
      random: systemRandom,
      nameKey: new HmacKey(Buffer.alloc(32, 7)),
      askOthers: async (name) => {
        asked.push(name);
        await answered;
      },
    });
    // From as many addresses, so that none has to wait.
    const requests = Array.from({ length: 17 }, (_, at) => keys.cancel(BACKEND, `198.51.100.${at}`));
    await requests[16];
    expect(asked).toHaveLength(16);
    answer();
    await Promise.all(requests);
    await keys.cancel(BACKEND, ADDRESS);
    expect(asked).toHaveLength(17);
  });
});

describe('keys that nobody has', () => {
  test('make their address wait from the twentieth on, longer and longer, for a minute', () => {
    let now = 1_000;
    const guesses = new CancelGuesses(() => now);
    for (let guess = 0; guess < 19; guess++) guesses.failed(ADDRESS);
    expect(guesses.delayMs(ADDRESS)).toBe(0);
    const delays = Array.from({ length: 5 }, () => {
      guesses.failed(ADDRESS);
      return guesses.delayMs(ADDRESS);
    });
    expect(delays).toEqual([250, 500, 1_000, 2_000, 2_000]);
    expect(guesses.delayMs('198.51.100.8')).toBe(0);
    now += 59_999;
    expect(guesses.delayMs(ADDRESS)).toBe(2_000);
    now += 1;
    expect(guesses.delayMs(ADDRESS)).toBe(0);
    guesses.failed(ADDRESS);
    expect(guesses.delayMs(ADDRESS)).toBe(0);
  });

  test('are counted for ten thousand addresses, and the oldest makes room', () => {
    const guesses = new CancelGuesses(() => 0);
    for (let guess = 0; guess < 20; guess++) guesses.failed('oldest');
    for (let address = 0; address < 9_999; address++) guesses.failed(String(address));
    expect(guesses.delayMs('oldest')).toBe(250);
    guesses.failed('one more');
    expect(guesses.delayMs('oldest')).toBe(0);
  });
});
