import { connect } from 'node:net';
import { afterEach, expect, test, vi } from 'vitest';
import { SqlError } from '../../../src/core/errors.ts';
import { HmacKey } from '../../../src/core/hmac-key.ts';
import { systemRandom } from '../../../src/core/ids.ts';
import { silentLogger } from '../../../src/core/logger.ts';
import { Channel } from '../../../src/gateway/channel.ts';
import { type LoginAttempt, openBackend, provePassword } from '../../../src/gateway/enter.ts';
import { canPassThrough } from '../../../src/gateway/password.ts';
import {
  type Authentication,
  writeAuthentication,
  writeBackendKeyData,
  writeErrorResponse,
  writeReadyForQuery,
} from '../../../src/pgwire/index.ts';
import {
  openSocket,
  readShared,
  type ServerAccess,
  type TakeBytes,
} from '../../../src/postgres/server-access.ts';
import { sessionPasswords } from '../../../src/postgres/session-passwords.ts';
import { closeSockets, listen, socketPair } from './loopback.ts';

// Servers that do not keep to the order of a login, played by a script: one answer for each message of the gateway.

const SCRAM: Authentication = { kind: 'sasl', mechanisms: ['SCRAM-SHA-256'] };
const READY = [writeBackendKeyData({ processId: 7, secretKey: Buffer.alloc(4) }), writeReadyForQuery('idle')];

afterEach(closeSockets);

interface Played {
  readonly access: ServerAccess;
  /** What the gateway sent after its startup packet. */
  readonly heard: () => string;
}

/** `script` has what the server says to the startup packet, and to each message after it. */
async function play(
  way: 'peer' | 'scram',
  script: readonly ((message: string) => readonly Buffer[] | 'end')[],
): Promise<Played> {
  const heard: string[] = [];
  const port = await listen((socket) => {
    const answers = [...script];
    let isStarted = false;
    socket.on('error', () => {});
    socket.on('data', (bytes) => {
      const text = bytes.toString('latin1');
      if (isStarted) heard.push(text);
      isStarted = true;
      const answer = answers.shift()?.(text) ?? [];
      if (answer === 'end') socket.end();
      else socket.write(Buffer.concat([...answer]));
    });
  });
  const common = {
    connect: (take: TakeBytes) => openSocket(() => connect({ host: '127.0.0.1', port, ...readShared(take) })),
    admin: () => {
      throw new Error('not asked for here');
    },
    startupSettings: new Map<string, string>(),
    ownRole: 'boss',
    isSuperuser: true,
    home: 'postgres',
    prepared: new Set<number>(),
    logger: silentLogger,
    close: async () => {},
  };
  const passwords = sessionPasswords(new HmacKey(Buffer.alloc(32, 1)), systemRandom);
  const access: ServerAccess =
    way === 'peer' ? { way, ...common } : { way, ...common, sessionPasswords: passwords };
  return { access, heard: () => heard.join('') };
}

const attempt: LoginAttempt = {
  user: 'analyst',
  database: 'app',
  source: '127.0.0.1',
  settings: new Map(),
  isRedshiftDriver: false,
  onServer: () => {},
};

const warm = { isEmpty: true, clear: async () => {} };

const enter = (access: ServerAccess) =>
  openBackend({ random: systemRandom }, access, 'IAM:analyst', attempt, undefined);

const says =
  (...requests: readonly Authentication[]) =>
  (): readonly Buffer[] =>
    requests.map(writeAuthentication);
const isReadyAfter =
  (...requests: readonly Authentication[]) =>
  (): readonly Buffer[] => [...requests.map(writeAuthentication), ...READY];

test('a server that trusts the gateway is entered', async () => {
  const { access, heard } = await play('peer', [isReadyAfter({ kind: 'ok' })]);
  expect((await enter(access)).key.processId).toBe(7);
  expect(heard()).toBe('');
});

test.each<[string, Authentication]>([
  ['clear text', { kind: 'cleartext-password' }],
  ['MD5', { kind: 'md5-password', salt: Buffer.alloc(4) }],
  ['SCRAM', SCRAM],
])('a server that should trust the gateway and asks for %s gets nothing', async (_name, request) => {
  const { access, heard } = await play('peer', [says(request)]);
  await expect(enter(access)).rejects.toMatchObject({ sqlState: '08004' });
  expect(heard()).toBe('');
});

test('a server that should ask for a password and does not is not believed', async () => {
  const { access } = await play('scram', [isReadyAfter({ kind: 'ok' })]);
  await expect(enter(access)).rejects.toMatchObject({
    sqlState: '28000',
    message: 'the database server asked for no password; the login is refused',
  });
});

test.each<[string, Authentication]>([
  ['clear text', { kind: 'cleartext-password' }],
  ['MD5', { kind: 'md5-password', salt: Buffer.alloc(4) }],
  ['another mechanism', { kind: 'sasl', mechanisms: ['OAUTHBEARER'] }],
  ['Kerberos', { kind: 'other', code: 2 }],
])('a server that asks for the password by %s gets nothing', async (_name, request) => {
  const { access, heard } = await play('scram', [says(request)]);
  await expect(enter(access)).rejects.toMatchObject({
    sqlState: '28000',
    message: 'the database server asks for a password in a way that the gateway does not speak',
  });
  expect(heard()).toBe('');
});

test.each<[string, readonly Authentication[]]>([
  ['lets in at once', [{ kind: 'ok' }]],
  ['sends its last word first', [{ kind: 'sasl-final', data: Buffer.from('v=AAAA') }]],
  ['asks again', [SCRAM]],
])('a server that asks for SCRAM and then %s is refused', async (_name, requests) => {
  const { access } = await play('scram', [says(SCRAM), isReadyAfter(...requests)]);
  await expect(enter(access)).rejects.toMatchObject({
    sqlState: '08P01',
    message: 'the database server left the order of the password exchange',
  });
});

/** A server that takes any proof: what it says first is right, because it repeats the client's nonce. */
function playGullible(...last: readonly Authentication[]): Promise<Played> {
  const first = (message: string): readonly Buffer[] => {
    const nonce = /r=([^,]+)$/.exec(message)?.[1];
    const data = Buffer.from(`r=${nonce}more,s=${Buffer.alloc(16).toString('base64')},i=4096`);
    return [writeAuthentication({ kind: 'sasl-continue', data })];
  };
  return play('scram', [says(SCRAM), first, isReadyAfter(...last)]);
}

test('a server that takes any proof and shows none of its own is refused', async () => {
  const { access } = await playGullible({ kind: 'ok' });
  await expect(enter(access)).rejects.toMatchObject({
    sqlState: '08P01',
    message: 'the database server left the order of the password exchange',
  });
});

test('a server that takes any proof and shows a false one is refused', async () => {
  const signature = `v=${Buffer.alloc(32, 3).toString('base64')}`;
  const { access } = await playGullible({ kind: 'sasl-final', data: Buffer.from(signature) }, { kind: 'ok' });
  await expect(enter(access)).rejects.toMatchObject({
    sqlState: '08P01',
    message: 'the server did not prove that it knows the password',
  });
});

test('a server that ends the connection is an error of its own', async () => {
  const { access } = await play('scram', [() => 'end']);
  await expect(enter(access)).rejects.toMatchObject({ sqlState: '08006' });
});

test("the server's own refusal is passed on", async () => {
  const refusal = new SqlError('53300', 'too many connections for role "x"');
  const { access } = await play('scram', [() => [writeErrorResponse('FATAL', refusal)]]);
  await expect(enter(access)).rejects.toMatchObject({ sqlState: '53300', message: refusal.message });
});

test('roles of the gateway are refused before the server hears of them', async () => {
  const { access } = await play('scram', []);
  const connects = vi.spyOn(access, 'connect');
  const client = new Channel((await socketPair()).server);
  for (const user of ['boss', 'keyshift_superuser', 'IAM:analyst', 'pg_monitor']) {
    const proving = provePassword({ random: systemRandom }, { access, warm }, client, { ...attempt, user });
    await expect(proving).rejects.toMatchObject({
      sqlState: '28P01',
      message: `password authentication failed for user "${user}"`,
    });
  }
  expect(connects).not.toHaveBeenCalled();
});

test('a database of PostgreSQL is none, before any password is asked for', async () => {
  const { access } = await play('scram', []);
  const client = new Channel((await socketPair()).server);
  for (const database of ['template1', 'template0', 'keyshift_login']) {
    const proving = provePassword({ random: systemRandom }, { access, warm }, client, {
      ...attempt,
      database,
    });
    await expect(proving).rejects.toMatchObject({ sqlState: '3D000' });
  }
});

test('a server that binds passwords to its TLS connection cannot be answered by a client', () => {
  expect(canPassThrough({ kind: 'sasl', mechanisms: ['SCRAM-SHA-256'] })).toBe(true);
  expect(canPassThrough({ kind: 'sasl', mechanisms: ['SCRAM-SHA-256-PLUS', 'SCRAM-SHA-256'] })).toBe(false);
});

/** A message of any letter, with the length that it claims to have. */
function raw(letter: string, body: Buffer, length: number = body.length + 4): Buffer {
  const head = Buffer.alloc(5);
  head.write(letter, 'latin1');
  head.writeUInt32BE(length >>> 0, 1);
  return Buffer.concat([head, body]);
}

const serverFirst = (text: (nonce: string) => string) => (message: string) => [
  writeAuthentication({
    kind: 'sasl-continue',
    data: Buffer.from(text(/r=([^,]+)$/.exec(message)?.[1] ?? '')),
  }),
];
const SALT = Buffer.alloc(16).toString('base64');

test.each<[string, readonly ((message: string) => readonly Buffer[])[]]>([
  ['CVE-2026-6664: a length below its own four bytes', [() => [raw('R', Buffer.alloc(8), 3)]]],
  ['CVE-2026-6664: a length that overflows', [() => [raw('R', Buffer.alloc(8), 0xffff_ffff)]]],
  ['CVE-2026-6664: a length beyond what a login needs', [() => [raw('R', Buffer.alloc(8), 0x00ff_ffff)]]],
  ['an authentication request without its code', [() => [raw('R', Buffer.alloc(2))]]],
  ['rows before it has let anybody in', [() => [raw('D', Buffer.alloc(2))]]],
  ['a greeting before any authentication', [() => READY]],
  ['bytes of no protocol', [() => [Buffer.from('HTTP/1.1 200 OK\r\n\r\n')]]],
  [
    'CVE-2026-6665: a SCRAM message that is too long',
    [says(SCRAM), serverFirst((nonce) => `r=${nonce}${'x'.repeat(20_000)},s=${SALT},i=4096`)],
  ],
  [
    'a SCRAM message with the nonce of somebody else',
    [says(SCRAM), serverFirst(() => `r=another,s=${SALT},i=4096`)],
  ],
  [
    'a SCRAM message with no more than our nonce',
    [says(SCRAM), serverFirst((nonce) => `r=${nonce},s=${SALT},i=4096`)],
  ],
  [
    'iterations that take for ever',
    [says(SCRAM), serverFirst((nonce) => `r=${nonce}x,s=${SALT},i=4000000000`)],
  ],
  ['iterations that are no number', [says(SCRAM), serverFirst((nonce) => `r=${nonce}x,s=${SALT},i=-1`)]],
  [
    'an extension that it says is needed',
    [says(SCRAM), serverFirst((nonce) => `m=x,r=${nonce}x,s=${SALT},i=4096`)],
  ],
])('a hostile server that sends %s is refused, and gets no proof', async (_name, script) => {
  const { access, heard } = await play('scram', script);
  await expect(enter(access)).rejects.toBeInstanceOf(SqlError);
  expect(heard()).not.toContain('p=');
});

test.each<[string, Buffer]>([
  ['without an end', raw('E', Buffer.from('SFATAL\0C28P01\0Mno'))],
  ['without a field', raw('E', Buffer.alloc(0))],
  ['with an empty field only', raw('E', Buffer.from('\0'))],
  ['with the same field a thousand times', raw('E', Buffer.from(`${'Mx\0'.repeat(1_000)}\0`))],
])('CVE-2026-6666: an error %s is an error, and nothing breaks', async (_name, bytes) => {
  const { access } = await play('scram', [() => [bytes]]);
  await expect(enter(access)).rejects.toBeInstanceOf(SqlError);
});

test('a hostile server that never stops greeting is left', async () => {
  const notices = Array.from({ length: 250 }, () => raw('N', Buffer.from('SNOTICE\0C00000\0Mx\0\0')));
  const { access } = await play('peer', [() => [writeAuthentication({ kind: 'ok' }), ...notices]]);
  await expect(enter(access)).rejects.toMatchObject({ sqlState: '08P01' });
});
