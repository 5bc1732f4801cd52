import type { Clock } from '../core/clock.ts';
import type { RandomBytes } from '../core/ids.ts';
import type { Database, Store } from '../store/database.ts';
import type { DerivedKeys } from '../store/keyring.ts';
import type { Sealer } from '../store/sealer.ts';
import type { PasswordHasher } from './password-hasher.ts';

/** What the functions of this room work with. */
export interface Iam {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly sealer: Sealer;
  readonly passwords: PasswordHasher;
  /** Of session tokens, derived for `SESSION_KEY_PURPOSE`. */
  readonly sessionKeys: DerivedKeys;
}

/**
 * Runs `work` as one change of an account's identities: all of it or none, one change after the other, and
 * announced to every node when it is committed. `work` may run again, so it has no effect outside the store.
 */
export async function changeIdentities<T>(
  iam: Iam,
  accountId: string,
  work: (database: Database) => Promise<T>,
): Promise<T> {
  return iam.store.transaction(async (database) => {
    await database.query('LOCK TABLE keyshift.iam_writers IN EXCLUSIVE MODE');
    const result = await work(database);
    await announceChange(database, accountId);
    return result;
  });
}

/** Tells every node, when the transaction commits, to forget what it holds of the account. */
async function announceChange(database: Database, accountId: string): Promise<void> {
  await database.query("SELECT pg_notify('keyshift_changes', $1)", [accountId]);
}
