import { hkdfSync } from 'node:crypto';
import type { Clock } from '../core/clock.ts';
import { HmacKey } from '../core/hmac-key.ts';
import type { RandomBytes } from '../core/ids.ts';
import type { Store } from './database.ts';
import type { Sealer } from './sealer.ts';

const ROOT_KEY_BYTES = 32;

/** The versioned root keys, from which every other key is derived. Never leaves the control plane. */
export class Keyring {
  readonly #roots: ReadonlyMap<number, Buffer>;
  /** As many as there are purposes, which are the clusters of the installation. */
  readonly #derived = new Map<string, DerivedKeys>();
  /** The version that new secrets are made with. */
  readonly current: number;

  constructor(roots: ReadonlyMap<number, Buffer>) {
    this.#roots = roots;
    this.current = Math.max(...roots.keys());
  }

  /** A MAC key for one purpose, 32 bytes by HKDF-SHA-256 (RFC 5869), for every version. */
  derive(purpose: string): DerivedKeys {
    const known = this.#derived.get(purpose);
    if (known !== undefined) return known;
    const keys = new Map<number, HmacKey>();
    for (const [version, root] of this.#roots) {
      keys.set(version, new HmacKey(new Uint8Array(hkdfSync('sha256', root, Buffer.alloc(0), purpose, 32))));
    }
    const derived = { current: this.current, keys };
    this.#derived.set(purpose, derived);
    return derived;
  }

  /** The current key for one purpose. */
  key(purpose: string): HmacKey {
    const key = this.derive(purpose).keys.get(this.current);
    if (key === undefined) throw new Error('the keyring has no current key');
    return key;
  }
}

/** The keys of one purpose, by version. */
export interface DerivedKeys {
  readonly current: number;
  readonly keys: ReadonlyMap<number, HmacKey>;
}

/** Opens the keyring, and makes its first key in an empty store. */
export async function openKeyring(
  store: Store,
  sealer: Sealer,
  random: RandomBytes,
  clock: Clock,
): Promise<Keyring> {
  await store.query(
    'INSERT INTO keyshift.keyring (version, sealed, created_at) VALUES (1, $1, $2) ON CONFLICT DO NOTHING',
    [sealer.seal(random(ROOT_KEY_BYTES), context(1)), clock.now()],
  );
  const rows = await store.query<{ version: number; sealed: Buffer }>(
    'SELECT version, sealed FROM keyshift.keyring',
  );
  return new Keyring(
    new Map(rows.map((row) => [row.version, sealer.open(row.sealed, context(row.version))])),
  );
}

const context = (version: number): string => `keyshift/keyring/${version}`;
