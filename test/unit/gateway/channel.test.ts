import { afterEach, describe, expect, test } from 'vitest';
import { SqlError } from '../../../src/core/errors.ts';
import { Channel, ConnectionEnded } from '../../../src/gateway/channel.ts';
import { writeQuery, writeSslRequest, writeStartup } from '../../../src/pgwire/index.ts';
import { closeSockets, received, socketPair } from './loopback.ts';

afterEach(closeSockets);

const later = (ms = 20): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function channel() {
  const { server, client } = await socketPair();
  return { channel: new Channel(server), client };
}

const sqlOf = ({ payload }: { payload: Buffer }): string => payload.subarray(0, -1).toString();

describe('messages', () => {
  test('are read one after the other, however they arrive', async () => {
    const { channel: side, client } = await channel();
    client.write(Buffer.concat([writeQuery('one'), writeQuery('two')]));
    expect(sqlOf(await side.frame())).toBe('one');
    expect(side.waitingBytes).toBe(writeQuery('two').length);
    expect(sqlOf(await side.frame())).toBe('two');
    expect(side.waitingBytes).toBe(0);
    const pieces = writeQuery('three');
    const reading = side.frame();
    for (const byte of pieces) {
      client.write(Buffer.of(byte));
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(sqlOf(await reading)).toBe('three');
  });

  test('without a letter are read as packets, and a look at the first byte takes nothing', async () => {
    const { channel: side, client } = await channel();
    const peeked = side.peek();
    client.write(Buffer.concat([writeSslRequest(), writeStartup(new Map([['user', 'bob']]))]));
    expect(await peeked).toBe(0);
    expect(await side.peek()).toBe(0);
    expect((await side.startupPacket()).readUInt32BE(0)).toBe(80_877_103);
    expect((await side.startupPacket()).readUInt32BE(0)).toBe(196_608);
  });

  test('that were not read are given to whoever reads on', async () => {
    const { channel: side, client } = await channel();
    client.write(Buffer.concat([writeQuery('one'), Buffer.from('rest')]));
    await side.frame();
    expect(side.rest().toString()).toBe('rest');
    expect(side.waitingBytes).toBe(0);
    expect(side.rest()).toHaveLength(0);
  });

  test('of an impossible length are refused', async () => {
    const { channel: side, client } = await channel();
    client.write(Buffer.from([0x51, 0x7f, 0xff, 0xff, 0xff]));
    await expect(side.frame()).rejects.toThrow(SqlError);
  });

  test('are sent together and in order', async () => {
    const { channel: side, client } = await channel();
    const all = received(client);
    side.write(Buffer.from('a'));
    side.write(Buffer.from('b'), Buffer.from('c'));
    side.write();
    side.end(Buffer.from('d'), Buffer.from('e'));
    expect((await all).toString()).toBe('abcde');
  });
});

describe('a connection that ended', () => {
  test('fails the read that waits and every later one', async () => {
    const { channel: side, client } = await channel();
    const reading = side.frame();
    client.end();
    await expect(reading).rejects.toThrow(ConnectionEnded);
    await expect(side.frame()).rejects.toThrow(ConnectionEnded);
    await expect(side.peek()).rejects.toThrow(ConnectionEnded);
    await expect(side.startupPacket()).rejects.toThrow(ConnectionEnded);
  });

  test('gives what arrived whole before, and nothing of a part', async () => {
    const { channel: side, client } = await channel();
    client.end(Buffer.concat([writeQuery('one'), writeQuery('two').subarray(0, -1)]));
    expect(sqlOf(await side.frame())).toBe('one');
    await expect(side.frame()).rejects.toThrow(ConnectionEnded);
  });

  test('by a reset ends nothing but itself', async () => {
    const { channel: side, client } = await channel();
    const reading = side.frame();
    client.resetAndDestroy();
    await expect(reading).rejects.toThrow(ConnectionEnded);
    side.write(Buffer.from('nobody reads this'));
    side.end(Buffer.from('nor this'));
    await later();
  });

  test('by us fails the read under way', async () => {
    const { channel: side } = await channel();
    const reading = side.frame();
    side.destroy();
    await expect(reading).rejects.toThrow(ConnectionEnded);
  });
});

describe('a channel that is no longer read', () => {
  test('fails the read under way and every later one, and still tells why', async () => {
    const { channel: side, client } = await channel();
    const all = received(client);
    const reading = side.frame();
    await later();
    side.stopReading();
    await expect(reading).rejects.toThrow(ConnectionEnded);
    client.write(writeQuery('one'));
    await later();
    await expect(side.frame()).rejects.toThrow(ConnectionEnded);
    side.end(Buffer.from('why'));
    expect((await all).toString()).toBe('why');
  });
});
