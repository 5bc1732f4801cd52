// reflect-metadata must be loaded before @peculiar/x509, which needs it and does not bring it.
import 'reflect-metadata';
import { createPrivateKey, webcrypto, X509Certificate } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
import * as x509 from '@peculiar/x509';
import { OperatorError } from './core/errors.ts';
import type { RandomBytes } from './core/ids.ts';
import { writePrivateFile, writePublicFile } from './data-directory.ts';

/** The certificate authority of an installation and the certificate of its listeners, both in PEM. */
export interface Certificates {
  readonly caFile: string;
  readonly ca: string;
  readonly certificate: string;
  readonly key: string;
}

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const DAY_MS = 24 * 60 * 60 * 1000;
const CA_DAYS = 3650;
/** The longest life that clients accept of a server certificate (CA/Browser Forum ballot SC31). */
const SERVER_DAYS = 397;
const RENEW_DAYS_BEFORE = 30;
/** Certificates begin an hour early, for clients whose clock is behind. */
const BACKDATE_MS = 60 * 60 * 1000;

/**
 * The certificates of the data folder: made at the first start, and the server's made anew when it is near
 * its end, lacks a name or goes with another key or authority. `now` is the system's time, never a moved one:
 * clients judge by their own clock. Throws OperatorError when the authority's key is needed and missing.
 */
export async function openCertificates(
  directory: string,
  names: readonly string[],
  now: Date,
  random: RandomBytes,
): Promise<Certificates> {
  x509.cryptoProvider.set(webcrypto);
  const caFile = join(directory, 'ca.crt');
  const caKeyFile = join(directory, 'ca.key');
  if (!existsSync(caFile)) await makeAuthority(caFile, caKeyFile, now, random);
  const certificateFile = join(directory, 'server.crt');
  const keyFile = join(directory, 'server.key');
  const files = { caFile, caKeyFile, certificateFile, keyFile };
  if (!isWhole(files) || needsRenewal(readFileSync(certificateFile, 'utf8'), names, now)) {
    if (!existsSync(caKeyFile)) {
      throw new OperatorError(
        `${caKeyFile} is missing, and the certificate of the server must be made anew: put it back, ` +
          `or remove ${caFile} to have a new certificate authority made, which clients must then be given`,
      );
    }
    await makeServer(files, names, now, random);
  }
  return {
    caFile,
    ca: readFileSync(caFile, 'utf8'),
    certificate: readFileSync(certificateFile, 'utf8'),
    key: readFileSync(keyFile, 'utf8'),
  };
}

async function makeAuthority(
  caFile: string,
  caKeyFile: string,
  now: Date,
  random: RandomBytes,
): Promise<void> {
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(random),
    name: `CN=Keyshift CA ${random(4).toString('hex')}`,
    notBefore: new Date(now.getTime() - BACKDATE_MS),
    notAfter: new Date(now.getTime() + CA_DAYS * DAY_MS),
    signingAlgorithm: ALGORITHM,
    keys: keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  writePrivateFile(caKeyFile, await privateKeyPem(keys.privateKey));
  writePublicFile(caFile, `${certificate.toString('pem')}\n`);
}

interface CertificateFiles {
  readonly caFile: string;
  readonly caKeyFile: string;
  readonly certificateFile: string;
  readonly keyFile: string;
}

/** Whether the certificate is there with its key and by our authority; a start that was killed may have left less. */
function isWhole({ caFile, certificateFile, keyFile }: CertificateFiles): boolean {
  if (!existsSync(certificateFile) || !existsSync(keyFile)) return false;
  const certificate = new X509Certificate(readFileSync(certificateFile));
  const authority = new X509Certificate(readFileSync(caFile));
  return (
    certificate.verify(authority.publicKey) &&
    certificate.checkPrivateKey(createPrivateKey(readFileSync(keyFile)))
  );
}

async function makeServer(
  files: CertificateFiles,
  names: readonly string[],
  now: Date,
  random: RandomBytes,
): Promise<void> {
  const authority = new x509.X509Certificate(readFileSync(files.caFile, 'utf8'));
  const signingKey = await importPrivateKey(readFileSync(files.caKeyFile, 'utf8'));
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(random),
    subject: 'CN=Keyshift',
    issuer: authority.subject,
    notBefore: new Date(now.getTime() - BACKDATE_MS),
    notAfter: new Date(now.getTime() + SERVER_DAYS * DAY_MS),
    signingAlgorithm: ALGORITHM,
    publicKey: keys.publicKey,
    signingKey: signingKey,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth], false),
      new x509.SubjectAlternativeNameExtension(names.map(generalName)),
      await x509.AuthorityKeyIdentifierExtension.create(authority.publicKey),
    ],
  });
  writePrivateFile(files.keyFile, await privateKeyPem(keys.privateKey));
  writePublicFile(files.certificateFile, `${certificate.toString('pem')}\n`);
}

function needsRenewal(pem: string, names: readonly string[], now: Date): boolean {
  const certificate = new x509.X509Certificate(pem);
  if (certificate.notAfter.getTime() - now.getTime() < RENEW_DAYS_BEFORE * DAY_MS) return true;
  const present = certificate.getExtension(x509.SubjectAlternativeNameExtension)?.names.toJSON() ?? [];
  const values = new Set(present.map((name) => name.value));
  return names.some((name) => !values.has(name));
}

function generalName(name: string): x509.JsonGeneralName {
  return { type: isIP(name) === 0 ? 'dns' : 'ip', value: name };
}

/** 16 random bytes, positive (RFC 5280 section 4.1.2.2). */
function serialNumber(random: RandomBytes): string {
  const bytes = random(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return bytes.toString('hex');
}

async function privateKeyPem(key: webcrypto.CryptoKey): Promise<string> {
  const der = await webcrypto.subtle.exportKey('pkcs8', key);
  return `${x509.PemConverter.encode(der, 'PRIVATE KEY')}\n`;
}

function importPrivateKey(pem: string): Promise<webcrypto.CryptoKey> {
  const [der] = x509.PemConverter.decode(pem);
  if (der === undefined) throw new Error('the file ca.key holds no key');
  return webcrypto.subtle.importKey('pkcs8', der, ALGORITHM, false, ['sign']);
}
