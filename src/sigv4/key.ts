import { HmacKey } from '../core/hmac-key.ts';
import { LIMITS } from '../core/limits.ts';
import type { Secret } from '../core/secret.ts';
import { hmac } from './hash.ts';
import type { CredentialScope } from './signed-claim.ts';

/** Derives the key of one day, region and service. Source: IAM User Guide, "Create a signed AWS API request", step 4. */
export function signingKey(
  secret: Secret,
  scope: Pick<CredentialScope, 'date' | 'region' | 'service'>,
): HmacKey {
  const day = hmac(`AWS4${secret.reveal()}`, scope.date);
  return new HmacKey(hmac(hmac(hmac(day, scope.region), scope.service), 'aws4_request'));
}

interface Entry {
  /** What the key was derived from. */
  readonly secret: Secret;
  readonly key: HmacKey;
}

/**
 * Signing keys of recent requests. An entry answers only for the very secret it was derived from, so a changed
 * secret never meets an old key. Full, it forgets the oldest entry.
 */
export class SigningKeyCache {
  readonly #entries = new Map<string, Entry>();
  readonly #max: number;

  constructor(max: number = LIMITS.signingKeyCacheMax) {
    this.#max = max;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(accessKeyId: string, scope: CredentialScope, secret: Secret): HmacKey | undefined {
    const entry = this.#entries.get(nameOf(accessKeyId, scope));
    if (entry === undefined) return undefined;
    const same = entry.secret === secret || entry.secret.equals(secret.reveal());
    return same ? entry.key : undefined;
  }

  /** Only for keys with which a signature was verified: a stranger must not be able to fill the cache. */
  set(accessKeyId: string, scope: CredentialScope, secret: Secret, key: HmacKey): void {
    const name = nameOf(accessKeyId, scope);
    this.#entries.delete(name);
    if (this.#entries.size >= this.#max) {
      const oldest = this.#entries.keys().next();
      if (!oldest.done) this.#entries.delete(oldest.value);
    }
    this.#entries.set(name, { secret, key });
  }
}

// No part can hold a slash: the credential was split at slashes.
function nameOf(accessKeyId: string, scope: CredentialScope): string {
  return `${accessKeyId}/${scope.text}`;
}
