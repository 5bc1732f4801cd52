import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';

/** A key for HMAC-SHA-256 (RFC 2104) that is used again and again, and that cannot be printed. */
export class HmacKey {
  readonly #key: KeyObject;

  constructor(key: Uint8Array) {
    this.#key = createSecretKey(key);
  }

  /** The code of `message`; of a text, each character is one byte. */
  sign(message: Uint8Array | string): Buffer {
    const hmac = createHmac('sha256', this.#key);
    return (typeof message === 'string' ? hmac.update(message, 'latin1') : hmac.update(message)).digest();
  }
}
