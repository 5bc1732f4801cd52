import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type PeerCertificate } from 'node:tls';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openCertificates } from '../../src/certificates.ts';
import { systemRandom } from '../../src/core/ids.ts';
import { Wire } from '../hostile/wire.ts';
import { Keyshift } from './support/keyshift.ts';
import { issue, logIn } from './support/logins.ts';

// Certificates of the operator's own, changed while sessions are open.

let folder: string;
let keyshift: Keyshift;
const file = (name: string): string => join(folder, name);

/** One authority, as certificates are renewed in life; `names` tells which one it is. */
async function renew(...names: readonly string[]): Promise<void> {
  const made = await openCertificates(file('authority'), names, new Date(), systemRandom);
  writeFileSync(file('tls.crt'), made.certificate);
  writeFileSync(file('tls.key'), made.key, { mode: 0o600 });
  copyFileSync(made.caFile, file('ca.crt'));
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'keyshift-certificates-'));
  await mkdir(file('authority'));
  await renew('localhost', 'first.example.com');
  keyshift = await Keyshift.start({
    environment: {
      KEYSHIFT_TLS_CERTIFICATE: file('tls.crt'),
      KEYSHIFT_TLS_KEY: file('tls.key'),
      KEYSHIFT_TLS_AUTHORITY: file('ca.crt'),
    },
  });
});
afterAll(async () => {
  await keyshift?.close();
  await rm(folder, { recursive: true, force: true });
});

async function shownByApi(): Promise<string> {
  const socket = connect({
    host: '127.0.0.1',
    port: Number(new URL(keyshift.ready.httpsUrl).port),
    ca: readFileSync(file('ca.crt')),
    servername: 'localhost',
  });
  await new Promise((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject));
  const certificate: PeerCertificate = socket.getPeerCertificate();
  socket.destroy();
  return certificate.subjectaltname ?? '';
}

async function shownByGateway(): Promise<string> {
  const wire = await Wire.openTls(keyshift);
  const names = wire.certificateNames;
  wire.vanish();
  return names;
}

test('SIGHUP shows the new one to new connections, and open sessions go on', async () => {
  expect(keyshift.ready.caFile).toBe(file('ca.crt'));
  expect(await shownByGateway()).toContain('first.example.com');
  expect(await shownByApi()).toContain('first.example.com');
  const login = await issue(keyshift);
  const client = await logIn(keyshift, login);
  await client.query('CREATE TEMPORARY TABLE kept AS SELECT 7 AS x');
  await renew('localhost', 'second.example.com');
  process.kill(keyshift.pid, 'SIGHUP');
  await expect.poll(shownByGateway).toContain('second.example.com');
  await expect.poll(shownByApi).toContain('second.example.com');
  expect((await client.query('SELECT x FROM kept')).rows).toEqual([{ x: 7 }]);
  const other = await logIn(keyshift, login);
  expect((await other.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  await Promise.all([client.end(), other.end()]);
});

test('one that cannot be used is told in the log, and the last one is shown on', async () => {
  writeFileSync(file('tls.crt'), 'half a certif');
  process.kill(keyshift.pid, 'SIGHUP');
  await expect.poll(() => keyshift.output).toContain('the new certificate cannot be used');
  expect(await shownByGateway()).toContain('second.example.com');
  expect(await shownByApi()).toContain('second.example.com');
});

test('a change without a signal is seen by itself', async () => {
  await renew('localhost', 'third.example.com');
  await expect.poll(shownByGateway, { timeout: 60_000 }).toContain('third.example.com');
});
