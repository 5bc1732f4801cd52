import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LocalDoor } from '../../../src/gateway/local-door.ts';

let door: LocalDoor;
beforeAll(async () => {
  door = await LocalDoor.open();
});
afterAll(() => door.close());

/** What somebody hears who says `word` to whoever took the connection, who repeats it. */
async function heard(word: string): Promise<string> {
  const socket = door.socketTo((other) => other.on('data', (bytes) => other.end(`${word}/${bytes}`)));
  socket.connect(door.address.port, door.address.host);
  await once(socket, 'connect');
  socket.write(word);
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

describe('the door of a process to its own gateway', () => {
  test('gives each connection to the one that it was opened for', async () => {
    const words = Array.from({ length: 50 }, (_, n) => `word${n}`);
    expect(await Promise.all(words.map(heard))).toEqual(words.map((word) => `${word}/${word}`));
  });

  test('closes a connection that nobody in the process opened, without a word', async () => {
    const taken: Socket[] = [];
    // One that is never connected gets nobody's connection.
    door.socketTo((socket) => taken.push(socket));
    const stranger = connect(door.address.port, door.address.host);
    const chunks: Buffer[] = [];
    for await (const chunk of stranger) chunks.push(chunk as Buffer);
    expect(chunks).toEqual([]);
    expect(taken).toEqual([]);
  });
});
