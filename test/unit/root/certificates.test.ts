import { spawnSync } from 'node:child_process';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { copyFileSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { openCertificates } from '../../../src/certificates.ts';
import { OperatorError } from '../../../src/core/errors.ts';
import { systemRandom } from '../../../src/core/ids.ts';
import { removeFolders, temporaryFolder } from './temporary.ts';

afterEach(removeFolders);

const DAY_MS = 24 * 60 * 60 * 1000;
const NOW = new Date('2026-03-01T12:00:00Z');
const NAMES = ['localhost', 'db.example.com', '127.0.0.1', '::1'];
const HAS_OPENSSL = spawnSync('openssl', ['version']).status === 0;

const days = (count: number): Date => new Date(NOW.getTime() + count * DAY_MS);

async function open(folder: string, now: Date = NOW, names: readonly string[] = NAMES) {
  const made = await openCertificates(folder, names, now, systemRandom);
  return { ...made, authority: new X509Certificate(made.ca), server: new X509Certificate(made.certificate) };
}

describe('the certificates', () => {
  test('are a chain: an authority, and a server that it has signed and whose key is there', async () => {
    const { authority, server, key, caFile, ca } = await open(temporaryFolder());
    expect(authority.ca).toBe(true);
    expect(authority.verify(authority.publicKey)).toBe(true);
    expect(authority.subject).toMatch(/^CN=Keyshift CA [0-9a-f]{8}$/);
    expect(server.ca).toBe(false);
    expect(server.checkIssued(authority)).toBe(true);
    expect(server.verify(authority.publicKey)).toBe(true);
    expect(server.checkPrivateKey(createPrivateKey(key))).toBe(true);
    expect(readFileSync(caFile, 'utf8')).toBe(ca);
  });

  test.runIf(HAS_OPENSSL)(
    'are accepted by OpenSSL for a server of that name, and for no other name',
    async () => {
      const folder = temporaryFolder();
      await open(folder);
      const verify = (...check: string[]) =>
        spawnSync('openssl', [
          'verify',
          '-x509_strict',
          '-purpose',
          'sslserver',
          '-attime',
          String(NOW.getTime() / 1000),
          '-CAfile',
          join(folder, 'ca.crt'),
          ...check,
          join(folder, 'server.crt'),
        ]);
      for (const name of ['localhost', 'db.example.com']) {
        const { status, stderr } = verify('-verify_hostname', name);
        expect(status, stderr.toString()).toBe(0);
      }
      for (const address of ['127.0.0.1', '::1']) expect(verify('-verify_ip', address).status).toBe(0);
      expect(verify('-verify_hostname', 'other.example.com').status).not.toBe(0);
      expect(verify('-verify_ip', '127.0.0.2').status).not.toBe(0);
      expect(verify('-purpose', 'sslclient').status).not.toBe(0);
    },
  );

  test('are for exactly the names given', async () => {
    const { server } = await open(temporaryFolder());
    expect(server.checkHost('localhost')).toBe('localhost');
    expect(server.checkHost('db.example.com')).toBe('db.example.com');
    expect(server.checkIP('127.0.0.1')).toBe('127.0.0.1');
    expect(server.checkIP('::1')).toBe('::1');
    for (const name of ['example.com', 'x.localhost', 'Keyshift', '127.0.0.1']) {
      expect(server.checkHost(name), name).toBeUndefined();
    }
    expect(server.checkIP('127.0.0.2')).toBeUndefined();
    expect(server.subjectAltName).toBe(
      'DNS:localhost, DNS:db.example.com, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1',
    );
    expect(server.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']);
  });

  test('begin an hour early; the server’s lasts 397 days, which is what clients take, the authority’s ten years', async () => {
    const { authority, server } = await open(temporaryFolder());
    const hourBefore = NOW.getTime() - 60 * 60 * 1000;
    expect([Date.parse(authority.validFrom), Date.parse(server.validFrom)]).toEqual([hourBefore, hourBefore]);
    expect(Date.parse(server.validTo)).toBe(days(397).getTime());
    expect(Date.parse(authority.validTo)).toBe(days(3650).getTime());
  });

  test('have positive serial numbers of their own, also when chance gives the extremes', async () => {
    for (const byte of [0x00, 0x7f, 0x80, 0xff]) {
      const random = (count: number) => Buffer.alloc(count, byte);
      const made = await openCertificates(temporaryFolder(), NAMES, NOW, random);
      const { serialNumber } = new X509Certificate(made.certificate);
      expect(serialNumber).toMatch(/^[4-7][0-9A-F]{31}$/);
    }
    const [one, other] = [await open(temporaryFolder()), await open(temporaryFolder())];
    const numbers = [one.authority, one.server, other.authority, other.server].map(
      (made) => made.serialNumber,
    );
    expect(new Set(numbers).size).toBe(4);
    expect(one.authority.subject).not.toBe(other.authority.subject);
  });

  test('have keys that only their owner may read', async () => {
    const folder = temporaryFolder();
    await open(folder);
    expect(readdirSync(folder).sort()).toEqual(['ca.crt', 'ca.key', 'server.crt', 'server.key']);
    const mode = (name: string): number => statSync(join(folder, name)).mode & 0o777;
    expect([mode('ca.key'), mode('server.key')]).toEqual([0o600, 0o600]);
    expect([mode('ca.crt'), mode('server.crt')]).toEqual([0o644, 0o644]);
  });
});

describe('a later start', () => {
  test('finds what is there, up to thirty days before its end and with all names', async () => {
    const folder = temporaryFolder();
    const first = await open(folder);
    for (const [now, names] of [
      [NOW, NAMES],
      [days(367), NAMES],
      [days(1), ['::1', 'localhost']],
      [days(1), ['127.0.0.1']],
    ] as const) {
      const later = await open(folder, now, names);
      expect(later.certificate).toBe(first.certificate);
      expect(later.key).toBe(first.key);
      expect(later.ca).toBe(first.ca);
    }
  });

  test.each<[string, Date, readonly string[]]>([
    ['within thirty days of its end', new Date(days(367).getTime() + 1000), NAMES],
    ['after its end', days(400), NAMES],
    ['when it lacks a name', NOW, [...NAMES, 'new.example.com']],
    ['when it lacks an address', NOW, [...NAMES, '10.0.0.1']],
  ])('makes the server’s anew %s, by the same authority', async (_when, now, names) => {
    const folder = temporaryFolder();
    const first = await open(folder);
    const later = await open(folder, now, names);
    expect(later.ca).toBe(first.ca);
    expect(later.server.serialNumber).not.toBe(first.server.serialNumber);
    expect(later.key).not.toBe(first.key);
    expect(later.server.verify(first.authority.publicKey)).toBe(true);
    expect(later.server.checkPrivateKey(createPrivateKey(later.key))).toBe(true);
    expect(Date.parse(later.server.validTo)).toBe(now.getTime() + 397 * DAY_MS);
    for (const name of names) expect(later.server.checkHost(name) ?? later.server.checkIP(name)).toBe(name);
    expect(statSync(join(folder, 'server.key')).mode & 0o777).toBe(0o600);
  });

  test('mends what a start that was killed has left: a new key beside the old certificate, or no key', async () => {
    const [folder, other] = [temporaryFolder(), temporaryFolder()];
    const first = await open(folder);
    await open(other);
    copyFileSync(join(other, 'server.key'), join(folder, 'server.key'));
    const mended = await open(folder);
    expect(mended.server.checkPrivateKey(createPrivateKey(mended.key))).toBe(true);
    expect(mended.ca).toBe(first.ca);
    rmSync(join(folder, 'server.key'));
    const again = await open(folder);
    expect(again.server.checkPrivateKey(createPrivateKey(again.key))).toBe(true);
    rmSync(join(folder, 'ca.crt'));
    const anew = await open(folder);
    expect(anew.ca).not.toBe(first.ca);
    expect(anew.server.verify(anew.authority.publicKey)).toBe(true);
  });

  test('needs no key of the authority until it must sign, and then says what to do', async () => {
    const folder = temporaryFolder();
    const first = await open(folder);
    rmSync(join(folder, 'ca.key'));
    expect((await open(folder)).certificate).toBe(first.certificate);
    const refused = open(folder, days(390));
    await expect(refused).rejects.toThrow(OperatorError);
    await expect(refused).rejects.toThrow('ca.key is missing');
    expect(readFileSync(join(folder, 'server.crt'), 'utf8')).toBe(first.certificate);
  });
});
