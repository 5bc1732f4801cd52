import { LIMITS } from '../core/limits.ts';
import { Turnstile } from '../core/turnstile.ts';
import { FailedLogins } from './failed-logins.ts';
import { PasswordProofs } from './password-proofs.ts';

/** What bounds clients of a node that are nobody yet, at all its listeners together. */
export interface StrangerLimits {
  /** TLS handshakes under way. */
  readonly handshakes: Turnstile;
  readonly failedLogins: FailedLogins;
  readonly passwordProofs: PasswordProofs;
}

/** The limits of a node on which nobody is yet. */
export function strangerLimits(): StrangerLimits {
  return {
    handshakes: new Turnstile(LIMITS.tlsHandshakesPerAddressMax),
    failedLogins: new FailedLogins(),
    passwordProofs: new PasswordProofs(),
  };
}
