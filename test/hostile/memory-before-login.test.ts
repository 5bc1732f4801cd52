import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { LIMITS } from '../../src/core/limits.ts';
import { Keyshift } from '../walk/support/keyshift.ts';
import { issue, type Login } from '../walk/support/logins.ts';
import { SSL_REQUEST, startup } from './wire.ts';

// What a connection costs that has TLS and is asked for its password, beside what it costs a server of nothing but
// Node's own TLS, which needs 30 KiB of Node 20 and 50 to 60 of Node 24.

const KIB = 1024;
/** As many as get in at once, less some for the first ones. */
const ADDRESSES = 3;
const EACH = Math.floor((LIMITS.loginsPendingMax - 100) / ADDRESSES);
const FIRST = 60;

/** It asks for a password as the gateway does, and reads on. */
const BARE_SERVER = `
const { createServer } = require('node:net');
const { createSecureContext, TLSSocket } = require('node:tls');
const { readFileSync } = require('node:fs');
const [cert, key] = process.argv.slice(1).map((file) => readFileSync(file));
const secureContext = createSecureContext({ cert, key, ecdhCurve: 'X25519:P-256' });
const server = createServer((socket) => {
  socket.on('error', () => {});
  socket.once('data', () => {
    const secured = new TLSSocket(socket, { isServer: true, secureContext });
    secured.on('error', () => {});
    secured.on('data', () => secured.write(Buffer.of(82, 0, 0, 0, 8, 0, 0, 0, 3)));
    socket.write('S');
  });
});
server.listen(0, '127.0.0.1', 2000, () => process.stdout.write(String(server.address().port)));
`;

interface Target {
  readonly port: number;
  readonly pid: number;
}

let keyshift: Keyshift;
let login: Login;
const open: Socket[] = [];
const ends: (() => void)[] = [];

beforeAll(async () => {
  keyshift = await Keyshift.start();
  login = await issue(keyshift);
});
afterAll(async () => {
  for (const socket of open.splice(0)) socket.destroy();
  for (const end of ends) end();
  await keyshift?.close();
});

// Resident memory is read from /proc.
test.runIf(process.platform === 'linux')(
  'a connection before login costs at most 64 KiB, or 16 more than bare TLS where that alone takes over 48',
  async () => {
    const gateway = await bytesEach({ port: keyshift.ready.gatewayPort, pid: keyshift.pid });
    const bare = await bytesEach(await bareServer());
    process.stdout.write(
      `memory of a connection before login: ${Math.round(gateway / KIB)} KiB; bare TLS: ${Math.round(bare / KIB)} KiB\n`,
    );
    expect(gateway).toBeLessThanOrEqual(Math.max(64 * KIB, bare + 16 * KIB));
  },
);

/** Resident memory for each of the many connections that wait, once the first have brought in the code. */
async function bytesEach({ port, pid }: Target): Promise<number> {
  await waitAtOnce(port, 4, FIRST);
  const before = residentBytes(pid);
  for (let address = 1; address <= ADDRESSES; address++) await waitAtOnce(port, address, EACH);
  const bytes = (residentBytes(pid) - before) / (ADDRESSES * EACH);
  for (const socket of open.splice(0)) socket.destroy();
  return bytes;
}

async function waitAtOnce(port: number, address: number, count: number): Promise<void> {
  await Promise.all(Array.from({ length: count }, () => wait(port, `127.0.3.${address}`)));
}

/** Goes as far as the question for the password. */
async function wait(port: number, localAddress: string): Promise<void> {
  const socket = connect({ host: '127.0.0.1', port, localAddress });
  open.push(socket);
  socket.on('error', () => {});
  await once(socket, 'connect');
  socket.write(SSL_REQUEST);
  await once(socket, 'data');
  const secured = connectTls({ socket, ca: readFileSync(keyshift.ready.caFile), servername: 'localhost' });
  secured.on('error', () => {});
  await once(secured, 'secureConnect');
  secured.write(startup({ user: login.user, database: 'exampledb' }));
  await once(secured, 'data');
}

/** With the gateway's own Node and certificate. */
async function bareServer(): Promise<Target> {
  const files = ['server.crt', 'server.key'].map((file) => join(keyshift.dataDir, file));
  const child = spawn(process.execPath, ['-e', BARE_SERVER, ...files], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  ends.push(() => child.kill('SIGKILL'));
  const [port] = (await once(child.stdout, 'data')) as [Buffer];
  return { port: Number(port.toString()), pid: child.pid ?? 0 };
}

const residentBytes = (pid: number): number =>
  Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * KIB;
