import { createHash, createPublicKey, type KeyObject } from 'node:crypto';
import { AwsError } from '../core/errors.ts';
import type { Iam } from './iam.ts';
import { addCredential, requireCredentialRoom, type UserCredential } from './user-credentials.ts';

/** SSH public keys: RSA keys in the form of SSH or in PEM, each of which can be had in both. */

const SSH_FORM = /^ssh-rsa[ \t]+([A-Za-z0-9+/]+={0,2})(?:[ \t][^\r\n]*)?[\r\n]*$/;
/** Bits. Source: IAM API Reference, UploadSSHPublicKey. */
const BITS_MIN = 2048;
/** OpenSSL takes no larger modulus for a signature. */
const BITS_MAX = 16_384;

/**
 * UploadSSHPublicKey. Throws NoSuchEntity, UnrecognizedPublicKeyEncoding, InvalidPublicKey, DuplicateSSHPublicKey,
 * and LimitExceeded at the sixth key.
 */
export async function uploadSshPublicKey(
  iam: Iam,
  accountId: string,
  userName: string,
  body: string,
): Promise<UserCredential> {
  const blob = toBlob(readKey(body));
  const fingerprint = fingerprintOf(blob);
  return addCredential(iam, accountId, 'ssh-public-key', userName, (_user, others) => {
    if (others.some((other) => other.fingerprint === fingerprint)) {
      throw new AwsError(
        'DuplicateSSHPublicKey',
        400,
        'The SSH public key is already associated with the user.',
      );
    }
    requireCredentialRoom(others, 'sshPublicKeysPerUser');
    return { body: `ssh-rsa ${blob.toString('base64')}`, fingerprint };
  });
}

/** A stored key as PEM (SubjectPublicKeyInfo). */
export function sshKeyToPem(body: string): string {
  return readKey(body).export({ type: 'spki', format: 'pem' }).toString();
}

function readKey(body: string): KeyObject {
  const [, blob] = SSH_FORM.exec(body) ?? [];
  if (blob === undefined && !body.trimStart().startsWith('-----BEGIN ')) {
    throw new AwsError(
      'UnrecognizedPublicKeyEncoding',
      400,
      'The public key encoding format is unsupported or unrecognized.',
    );
  }
  const key = blob === undefined ? fromPem(body) : fromBlob(Buffer.from(blob, 'base64'));
  const bits = key?.asymmetricKeyDetails?.modulusLength ?? 0;
  if (key?.asymmetricKeyType !== 'rsa' || bits < BITS_MIN || bits > BITS_MAX) {
    throw new AwsError(
      'InvalidPublicKey',
      400,
      `The public key is malformed or otherwise invalid: it must be an RSA key of at least ${BITS_MIN} bits.`,
    );
  }
  return key;
}

function fromPem(body: string): KeyObject | undefined {
  if (!/^-----BEGIN (RSA )?PUBLIC KEY-----/.test(body.trimStart())) return undefined;
  try {
    return createPublicKey(body.trim());
  } catch {
    return undefined;
  }
}

/** RFC 4253, section 6.6: the texts `ssh-rsa`, e, n, each after its length in four bytes. */
function fromBlob(blob: Buffer): KeyObject | undefined {
  const parts: Buffer[] = [];
  for (let at = 0; at < blob.length; ) {
    if (at + 4 > blob.length || parts.length === 3) return undefined;
    const end = at + 4 + blob.readUInt32BE(at);
    if (end > blob.length) return undefined;
    parts.push(blob.subarray(at + 4, end));
    at = end;
  }
  const [name, exponent, modulus] = parts;
  if (name?.toString('latin1') !== 'ssh-rsa' || exponent === undefined || modulus === undefined)
    return undefined;
  try {
    const jwk = {
      kty: 'RSA',
      e: exponent.toString('base64url'),
      n: withoutZeros(modulus).toString('base64url'),
    };
    return createPublicKey({ key: jwk, format: 'jwk' });
  } catch {
    return undefined;
  }
}

function toBlob(key: KeyObject): Buffer {
  const { e = '', n = '' } = key.export({ format: 'jwk' });
  const parts = [
    Buffer.from('ssh-rsa'),
    positive(Buffer.from(e, 'base64url')),
    positive(Buffer.from(n, 'base64url')),
  ];
  return Buffer.concat(parts.flatMap((part) => [uint32(part.length), part]));
}

/** RFC 4251, section 5, mpint: a number whose first bit is set has a zero byte before it. */
function positive(number: Buffer): Buffer {
  return (number[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.of(0), number]) : number;
}

function withoutZeros(number: Buffer): Buffer {
  return number.subarray(number.findIndex((byte) => byte !== 0));
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** MD5 is what the API shows, and what `ssh-keygen -l -E md5` prints; nothing rests on it. */
function fingerprintOf(blob: Buffer): string {
  return createHash('md5').update(blob).digest('hex').match(/../g)?.join(':') ?? '';
}
