import { createPrivateKey, X509Certificate } from 'node:crypto';
import { AwsError } from '../core/errors.ts';
import type { Secret } from '../core/secret.ts';

/** Certificates in PEM as clients upload them: read, and matched with their keys. */

/** Certificates of one chain; real ones have three or four. */
const CHAIN_MAX = 20;
const BLOCK = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g;

/** The one certificate of a text in PEM. Throws MalformedCertificate. */
export function readCertificate(pem: string): X509Certificate {
  const [certificate, ...more] = readCertificates(pem);
  if (certificate === undefined || more.length > 0) throw malformed();
  return certificate;
}

/** Throws MalformedCertificate unless the text is certificates in PEM, one after the other, and nothing else. */
export function requireChain(pem: string): void {
  readCertificates(pem);
}

/** Throws InvalidCertificate when the certificate has ended. */
export function requireUnexpired(certificate: X509Certificate, now: Date): void {
  if (now < expiryOf(certificate)) return;
  throw new AwsError('InvalidCertificate', 400, 'The certificate has expired.');
}

/** When the certificate ends. */
export function expiryOf(certificate: X509Certificate): Date {
  return new Date(certificate.validTo);
}

/** Throws KeyPairMismatch unless the unencrypted key in PEM is the certificate's, MalformedCertificate if it is no key. */
export function requireMatchingKey(certificate: X509Certificate, key: Secret): void {
  if (certificate.checkPrivateKey(readKey(key))) return;
  throw new AwsError(
    'KeyPairMismatch',
    400,
    'The private key does not match the public key in the certificate.',
  );
}

function readKey(key: Secret) {
  try {
    return createPrivateKey(key.reveal());
  } catch {
    // What OpenSSL says of it might quote the key.
    throw new AwsError(
      'MalformedCertificate',
      400,
      'Unable to parse key; the private key must be unencrypted and in PEM format.',
    );
  }
}

function readCertificates(pem: string): X509Certificate[] {
  const blocks = pem.match(BLOCK) ?? [];
  const rest = pem.replaceAll(BLOCK, '').trim();
  if (blocks.length === 0 || blocks.length > CHAIN_MAX || rest !== '') throw malformed();
  try {
    return blocks.map((block) => new X509Certificate(block));
  } catch {
    throw malformed();
  }
}

const malformed = () =>
  new AwsError(
    'MalformedCertificate',
    400,
    'Unable to parse certificate. Please ensure the certificate is in PEM format.',
  );
