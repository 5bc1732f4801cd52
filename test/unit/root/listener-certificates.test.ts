import { X509Certificate } from 'node:crypto';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { openCertificates } from '../../../src/certificates.ts';
import { OperatorError } from '../../../src/core/errors.ts';
import { systemRandom } from '../../../src/core/ids.ts';
import type { Logger } from '../../../src/core/logger.ts';
import { ListenerCertificates, type ShownCertificate } from '../../../src/listener-certificates.ts';
import { removeFolders, temporaryFolder } from './temporary.ts';

afterEach(removeFolders);

const DAY_MS = 24 * 60 * 60 * 1000;
const NOW = new Date('2026-03-01T12:00:00Z');

/** A pair of files as an operator keeps them, made anew by `renew`. */
async function operatorsFiles() {
  const folder = temporaryFolder();
  const files = { certificate: join(folder, 'tls.crt'), key: join(folder, 'tls.key'), authority: undefined };
  const renew = async (...parts: readonly ('certificate' | 'key')[]): Promise<void> => {
    const made = await openCertificates(temporaryFolder(), ['db.example.com'], NOW, systemRandom);
    for (const part of parts) writeFileSync(files[part], made[part]);
  };
  await renew('certificate', 'key');
  return { files, renew };
}

async function open(more: Partial<Parameters<typeof ListenerCertificates.open>[0]>) {
  const errors: string[] = [];
  const logger: Logger = {
    debug: () => {},
    info: () => {},
    warn: () => {},
    error: (_facts, message) => void errors.push(message),
  };
  const certificates = await ListenerCertificates.open({
    directory: temporaryFolder(),
    files: undefined,
    names: ['localhost'],
    now: () => NOW,
    random: systemRandom,
    logger,
    ...more,
  });
  const told: ShownCertificate[] = [];
  certificates.onChange((shown) => told.push(shown));
  return { certificates, told, errors };
}

const validTo = ({ certificate }: ShownCertificate): number =>
  Date.parse(new X509Certificate(certificate).validTo);

describe("a certificate of Keyshift's own", () => {
  test('is made anew thirty days before its end, while listeners listen, under the same authority', async () => {
    let now = NOW;
    const { certificates, told } = await open({ now: () => now });
    const first = certificates.shown;
    const authority = readFileSync(certificates.caFile ?? '', 'utf8');
    now = new Date(validTo(first) - 30 * DAY_MS);
    await certificates.look();
    expect(told).toEqual([]);
    now = new Date(validTo(first) - 30 * DAY_MS + 1000);
    await certificates.look();
    expect(told).toHaveLength(1);
    expect(certificates.shown).toBe(told[0]);
    expect(validTo(certificates.shown)).toBeGreaterThan(validTo(first) + 300 * DAY_MS);
    expect(readFileSync(certificates.caFile ?? '', 'utf8')).toBe(authority);
  });

  test('gets a name once, whoever asks at the same time', async () => {
    const { certificates, told } = await open({});
    const names = ['a.example.com', 'b.example.com', 'a.example.com'];
    await Promise.all(names.map((name) => certificates.addName(name)));
    const shown = new X509Certificate(certificates.shown.certificate);
    for (const name of ['localhost', ...names]) expect(shown.checkHost(name)).toBe(name);
    const count = told.length;
    await certificates.addName('a.example.com');
    expect(told).toHaveLength(count);
  });
});

describe("an operator's certificate", () => {
  test('is shown, and shown anew when its files change', async () => {
    const { files, renew } = await operatorsFiles();
    const { certificates, told } = await open({ files });
    expect(certificates.shown.certificate).toBe(readFileSync(files.certificate, 'utf8'));
    expect(certificates.caFile).toBeUndefined();
    await certificates.look();
    expect(told).toEqual([]);
    await renew('certificate', 'key');
    await certificates.look();
    expect(told.map(({ certificate }) => certificate)).toEqual([readFileSync(files.certificate, 'utf8')]);
  });

  test('that does not go with its key is not shown; it is told once, and again when it is another fault', async () => {
    const { files, renew } = await operatorsFiles();
    const { certificates, told, errors } = await open({ files });
    const good = certificates.shown;
    await renew('certificate');
    await certificates.look();
    await certificates.look();
    expect(errors).toHaveLength(1);
    writeFileSync(files.certificate, 'no certificate');
    await certificates.look();
    expect(errors).toHaveLength(2);
    expect([certificates.shown, told]).toEqual([good, []]);
    await renew('certificate', 'key');
    await certificates.look();
    expect(told).toHaveLength(1);
  });

  test('that cannot be used keeps Keyshift from starting', async () => {
    const { files } = await operatorsFiles();
    copyFileSync(files.certificate, files.key);
    await expect(open({ files })).rejects.toThrow(OperatorError);
    await expect(open({ files: { ...files, key: '/nowhere/tls.key' } })).rejects.toThrow('/nowhere/tls.key');
  });
});
