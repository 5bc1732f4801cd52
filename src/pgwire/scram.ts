import { createHash, createHmac, pbkdf2 } from 'node:crypto';
import { promisify } from 'node:util';

import { SqlError } from '../core/errors.ts';
import type { RandomBytes } from '../core/ids.ts';
import { type Secret, sameBytes } from '../core/secret.ts';
import { protocolViolation } from './bytes.ts';
import { saslPrepared } from './saslprep.ts';

/**
 * SCRAM-SHA-256 as a client: the gateway proves a password to a backend for drivers that can only send it in
 * clear text, and verifies that the backend knows it too. No channel binding.
 * Source: RFC 5802, RFC 7677; PostgreSQL 18 manual, https://www.postgresql.org/docs/18/sasl-authentication.html
 */
export const SCRAM_MECHANISM = 'SCRAM-SHA-256';

/** Bytes of the two messages of the server. PostgreSQL's are under 200 (CVE-2026-6665: an unchecked length). */
const SERVER_MESSAGE_BYTES_MAX = 2_048;

/** Rounds of key derivation; PostgreSQL's default is 4,096. More than this is a backend that wants our time. */
const ITERATIONS_MAX = 1_000_000;

const NONCE_BYTES = 18;

/** RFC 5802 §5: "n,," says that the client does not bind to the TLS channel; its base64 is repeated at the end. */
const GS2_HEADER = 'n,,';

const SERVER_FIRST = /^r=([\x21-\x2b\x2d-\x7e]+),s=([A-Za-z0-9+/]+={0,2}),i=([1-9][0-9]{0,6})(?:,.*)?$/;
const SERVER_FINAL = /^v=([A-Za-z0-9+/]+={0,2})(?:,.*)?$/;

const deriveKey = promisify(pbkdf2);

/** One exchange: send `initial`, then `answer` to the server's first message, then `finish` with its last. */
export interface ScramExchange {
  /** Data of the SASLInitialResponse. */
  readonly initial: Buffer;
  /** Data of the SASLResponse to AuthenticationSASLContinue. Throws SqlError 08P01 for a message that breaks the rules. */
  answer(serverFirst: Buffer): Promise<Buffer>;
  /**
   * Verifies AuthenticationSASLFinal. Throws SqlError 08P01 if the server has not proved that it knows the
   * password, 28P01 if it says that ours is wrong. Without this call the backend is not authenticated.
   */
  finish(serverFinal: Buffer): void;
}

/**
 * `userName` is empty for PostgreSQL, which takes the name from the startup packet. `proofOf` gives what is proved
 * once the server has told its salt, if that is not the password itself.
 */
export function beginScram(
  password: Secret,
  random: RandomBytes,
  userName = '',
  proofOf: (password: Secret, salt: Buffer) => Secret = (same) => same,
): ScramExchange {
  const nonce = random(NONCE_BYTES).toString('base64');
  const clientFirst = `n=${userName.replaceAll('=', '=3D').replaceAll(',', '=2C')},r=${nonce}`;
  let expectedSignature: Buffer | undefined;
  return {
    initial: Buffer.from(GS2_HEADER + clientFirst, 'utf8'),
    async answer(serverFirst) {
      const offer = readServerFirst(serverFirst, nonce);
      const salted = await deriveKey(
        saslPrepared(proofOf(password, offer.salt).reveal()),
        offer.salt,
        offer.iterations,
        32,
        'sha256',
      );
      const withoutProof = `c=${Buffer.from(GS2_HEADER).toString('base64')},r=${offer.nonce}`;
      const authMessage = `${clientFirst},${offer.text},${withoutProof}`;
      const clientKey = hmac(salted, 'Client Key');
      const clientSignature = hmac(createHash('sha256').update(clientKey).digest(), authMessage);
      const proof = clientKey.map((byte, i) => byte ^ (clientSignature[i] ?? 0));
      expectedSignature = hmac(hmac(salted, 'Server Key'), authMessage);
      return Buffer.from(`${withoutProof},p=${Buffer.from(proof).toString('base64')}`, 'utf8');
    },
    finish(serverFinal) {
      const text = messageText(serverFinal);
      if (text.startsWith('e=')) throw new SqlError('28P01', 'the server refused the password');
      const signature = SERVER_FINAL.exec(text)?.[1];
      if (signature === undefined || expectedSignature === undefined) throw broken('last message');
      if (!sameBytes(Buffer.from(signature, 'base64'), expectedSignature)) {
        throw protocolViolation('the server did not prove that it knows the password');
      }
    },
  };
}

interface ServerFirst {
  readonly text: string;
  /** The client's nonce with the server's after it. */
  readonly nonce: string;
  readonly salt: Buffer;
  readonly iterations: number;
}

function readServerFirst(bytes: Buffer, clientNonce: string): ServerFirst {
  const text = messageText(bytes);
  const [, nonce = '', salt = '', iterations = ''] = SERVER_FIRST.exec(text) ?? [];
  if (!nonce.startsWith(clientNonce) || nonce.length === clientNonce.length) throw broken('first message');
  if (Number(iterations) > ITERATIONS_MAX) throw broken('iteration count');
  return { text, nonce, salt: Buffer.from(salt, 'base64'), iterations: Number(iterations) };
}

function messageText(bytes: Buffer): string {
  if (bytes.length > SERVER_MESSAGE_BYTES_MAX) throw broken('message length');
  return bytes.toString('latin1');
}

function broken(what: string): SqlError {
  return protocolViolation(`invalid SCRAM exchange: unacceptable ${what} of the server`);
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text, 'utf8').digest();
}
