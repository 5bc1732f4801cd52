import { connect, type Socket } from 'node:net';
import { systemRandom } from '../../../src/core/ids.ts';
import type { Backend } from '../../../src/gateway/backend.ts';
import { ServerChannel } from '../../../src/gateway/server-channel.ts';
import {
  FrameReader,
  readQuery,
  writeCommandComplete,
  writeDataRow,
  writeReadyForQuery,
} from '../../../src/pgwire/index.ts';
import { openSocket, readShared, type ServerAccess } from '../../../src/postgres/server-access.ts';
import { listen } from './loopback.ts';

/** A backend that a test plays: it answers a reset, rightly unless told otherwise. */

/** What it says after a reset; the texts of prove-reset.sql. */
export interface Said {
  readonly state?: string;
  readonly at?: number;
  readonly bytes?: number;
}

/** The answers to a reset, one buffer for each message, which a test may change. */
export type Answers = (nonce: string) => Buffer[];

const ROW_DESCRIPTION = Buffer.from([0x54, 0, 0, 0, 6, 0, 0]);
const READY = writeReadyForQuery('idle');

export function rightAnswers({ state = 'fresh', at = 1_000, bytes = 2_000_000 }: Said = {}): Answers {
  return (nonce) => [
    ...[writeCommandComplete('DISCARD ALL'), READY],
    ...[writeCommandComplete('RESET'), ROW_DESCRIPTION, writeDataRow([Buffer.alloc(0)])],
    ...[writeCommandComplete('SELECT 1'), READY],
    ...[ROW_DESCRIPTION, writeDataRow([Buffer.from(JSON.stringify({ nonce, at, bytes, state }))])],
    ...[writeCommandComplete('SELECT 1'), READY],
  ];
}

export interface Played {
  readonly backend: Backend;
  /** The server's side. */
  readonly server: Socket;
  /** Everything that was asked of it, in order; `bye` is Terminate. */
  readonly asked: readonly string[];
  isEnded: boolean;
}

let processId = 100;

/** Opens one. `answers` is what it says when it is asked for the proof. */
export async function playedBackend(answers: Answers = rightAnswers()): Promise<Played> {
  const servers: Socket[] = [];
  const asked: string[] = [];
  const port = await listen((socket) => {
    const reader = new FrameReader();
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) => {
      reader.push(Buffer.from(chunk));
      for (let frame = reader.frame(); frame !== undefined; frame = reader.frame()) {
        const sql = readQuery(frame.payload) ?? 'bye';
        asked.push(sql);
        const nonce = /prove_reset\('(\w+)'\)/.exec(sql)?.[1];
        if (nonce !== undefined) socket.write(Buffer.concat(answers(nonce)));
      }
    });
    socket.on('end', () => socket.end());
    servers.push(socket);
  });
  const access: Pick<ServerAccess, 'connect'> = {
    connect: (take) => openSocket(() => connect({ port, host: '127.0.0.1', ...readShared(take) })),
  };
  const channel = await ServerChannel.open(access as ServerAccess);
  while (servers.length === 0) await new Promise((resolve) => setImmediate(resolve));
  const [server] = servers;
  if (server === undefined) throw new Error('nobody connected');
  const key = { processId: ++processId, secretKey: systemRandom(4) };
  const backend = { channel, key, notices: [], parameters: [{ name: 'TimeZone', value: 'UTC' }] };
  const played: Played = { backend, server, asked, isEnded: false };
  channel.socket.once('close', () => {
    played.isEnded = true;
  });
  return played;
}
