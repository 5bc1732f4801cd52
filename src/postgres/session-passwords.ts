import type { HmacKey } from '../core/hmac-key.ts';
import type { RandomBytes } from '../core/ids.ts';
import { Secret } from '../core/secret.ts';
import { scramVerifier } from './scram-verifier.ts';

/**
 * The passwords of session roles on a server that asks every login for one. They are derived, not stored: every
 * node knows them, nobody else does, and another key makes all of them others.
 */
export interface SessionPasswords {
  of(role: string): Secret;
  /** What the server stores of it, with a new salt at each call. */
  verifierOf(role: string): string;
}

/** `key` serves this one purpose on this one server. */
export function sessionPasswords(key: HmacKey, random: RandomBytes): SessionPasswords {
  const of = (role: string): Secret => new Secret(key.sign(Buffer.from(role)).toString('base64url'));
  return { of, verifierOf: (role) => scramVerifier(of(role), random) };
}
