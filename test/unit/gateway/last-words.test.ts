import { connect, createServer, type Socket } from 'node:net';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { SqlError } from '../../../src/core/errors.ts';
import { LastWords, withReason } from '../../../src/gateway/last-words.ts';
import { readComplaint, writeErrorResponse, writeReadyForQuery } from '../../../src/pgwire/index.ts';

const REASON = new SqlError('57P01', 'terminating connection: the access of this session was revoked', {
  detail: 'Reason: left the team',
});
const POSTGRESQL = writeErrorResponse(
  'FATAL',
  new SqlError('57P01', 'terminating connection due to administrator command'),
);

describe('the last message of a session that is ended', () => {
  test('is exchanged for the reason, and nothing before it changes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3_000 }), (before) => {
        const bytes = Buffer.concat([before, POSTGRESQL]);
        const after = withReason(bytes, REASON);
        expect(after.subarray(0, before.length)).toEqual(Buffer.from(before));
        expect(readComplaint(after.subarray(before.length + 5))).toMatchObject({
          sqlState: '57P01',
          message: REASON.message,
          detail: REASON.detail,
        });
      }),
    );
  });

  test('follows the end of a statement, where the backend said nothing of its own', () => {
    for (const state of ['idle', 'transaction', 'failed'] as const) {
      const bytes = Buffer.concat([Buffer.from('D\0\0\0\x06\0\0'), writeReadyForQuery(state)]);
      const after = withReason(bytes, REASON);
      expect(after.subarray(0, bytes.length)).toEqual(bytes);
      expect(readComplaint(after.subarray(bytes.length + 5)).message).toBe(REASON.message);
    }
  });

  test.each<[string, Buffer]>([
    ['nothing', Buffer.alloc(0)],
    ['the end of a statement that is cut', writeReadyForQuery('idle').subarray(0, -1)],
    ['a message that is cut', POSTGRESQL.subarray(0, -1)],
    ['bytes behind it', Buffer.concat([POSTGRESQL, Buffer.of(0)])],
    ['an error of another kind', writeErrorResponse('FATAL', new SqlError('08P01', 'no'))],
    ['rows only', Buffer.from('D\0\0\0\x06\0\0')],
  ])('is left alone where there is %s', (_what, bytes) => {
    expect(withReason(bytes, REASON)).toEqual(bytes);
  });
});

describe('the last words', () => {
  const open: Socket[] = [];
  afterEach(() => {
    for (const socket of open.splice(0)) socket.destroy();
  });

  /** Two ends of a connection. */
  async function pair(): Promise<[Socket, Socket]> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    const accepted = new Promise<Socket>((resolve) => server.once('connection', resolve));
    const near = connect(address.port, '127.0.0.1');
    const far = await accepted;
    server.close();
    open.push(near, far);
    return [near, far];
  }

  test('follow everything that the backend has said before, however much that is', async () => {
    const [backend, postgres] = await pair();
    const [client, gatewaySide] = await pair();
    const received: Buffer[] = [];
    client.on('data', (chunk: Buffer) => received.push(chunk));
    const rows = Buffer.alloc(300_000, 'x');
    const words = new LastWords(gatewaySide, REASON);
    backend.on('data', (chunk: Buffer) => words.take(chunk));
    const closed = new Promise((resolve) => backend.once('close', resolve));
    postgres.end(Buffer.concat([rows, POSTGRESQL]));
    await closed;
    words.finish();
    gatewaySide.end();
    await new Promise((resolve) => client.once('close', resolve));
    const all = Buffer.concat(received);
    expect(all.subarray(0, rows.length).equals(rows)).toBe(true);
    expect(readComplaint(all.subarray(rows.length + 5)).message).toBe(REASON.message);
  });
});
