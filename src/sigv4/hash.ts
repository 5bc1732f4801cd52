import * as crypto from 'node:crypto';

/** SHA-256 and HMAC-SHA-256 over texts whose characters stand for one byte each. */

/** SHA-256 in lower-case hexadecimal. */
export function sha256Hex(data: Uint8Array | string): string {
  // Header values reach us as latin1; the client signed those bytes, not their UTF-8 encoding.
  return crypto.hash('sha256', typeof data === 'string' ? Buffer.from(data, 'latin1') : data, 'hex');
}

export function hmac(key: Uint8Array | string, data: string): Buffer {
  return crypto.createHmac('sha256', key).update(data).digest();
}
