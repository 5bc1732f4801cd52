import { createCipheriv, createDecipheriv } from 'node:crypto';
import type { RandomBytes } from '../core/ids.ts';

/** Encrypts what must be recovered later (secret access keys, the root keyring) before it goes to the store. */
export interface Sealer {
  /** `context` names what is sealed and for whom; `open` must give the same text. */
  seal(plain: Uint8Array, context: string): Buffer;
  /** Throws when the bytes were not sealed with this key and context, or were changed. */
  open(sealed: Uint8Array, context: string): Buffer;
}

const VERSION = 1;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
export const MASTER_KEY_BYTES = 32;

/**
 * A sealer with AES-256-GCM under the master key. Layout: version, nonce, tag, ciphertext.
 * The nonce is random (NIST SP 800-38D 8.2.2), good for 2^32 sealings under one key.
 */
export function masterKeySealer(masterKey: Buffer, random: RandomBytes): Sealer {
  return {
    seal(plain, context) {
      const nonce = random(NONCE_BYTES);
      const cipher = createCipheriv('aes-256-gcm', masterKey, nonce).setAAD(Buffer.from(context));
      const body = Buffer.concat([cipher.update(plain), cipher.final()]);
      return Buffer.concat([Buffer.of(VERSION), nonce, cipher.getAuthTag(), body]);
    },
    open(sealed, context) {
      if (sealed[0] !== VERSION || sealed.length < 1 + NONCE_BYTES + TAG_BYTES) {
        throw new Error('sealed bytes have an unknown form');
      }
      const nonce = sealed.subarray(1, 1 + NONCE_BYTES);
      const tag = sealed.subarray(1 + NONCE_BYTES, 1 + NONCE_BYTES + TAG_BYTES);
      const decipher = createDecipheriv('aes-256-gcm', masterKey, nonce, { authTagLength: TAG_BYTES });
      decipher.setAAD(Buffer.from(context)).setAuthTag(tag);
      return Buffer.concat([decipher.update(sealed.subarray(1 + NONCE_BYTES + TAG_BYTES)), decipher.final()]);
    },
  };
}
