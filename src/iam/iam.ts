import type { Clock } from '../core/clock.ts';
import { AwsError } from '../core/errors.ts';
import type { RandomBytes } from '../core/ids.ts';
import { type Database, type Store, wasOverrun } from '../store/database.ts';
import type { DerivedKeys } from '../store/keyring.ts';
import type { Sealer } from '../store/sealer.ts';
import type { PasswordHasher } from './password-hasher.ts';
import type { AccountQuotas } from './quotas.ts';

/** What the functions of this room work with. */
export interface Iam {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly sealer: Sealer;
  readonly passwords: PasswordHasher;
  /** Undefined: AWS's. */
  readonly quotas?: AccountQuotas | undefined;
  /** Of session tokens, derived for `SESSION_KEY_PURPOSE`. */
  readonly sessionKeys: DerivedKeys;
}

/**
 * Runs `work` as one change of an account's identities: all of it or none, one change after the other, and
 * announced to every node when it is committed. `work` may run again, so it has no effect outside the store.
 * Throws ConcurrentModification when others changed the same rows at every try.
 */
export async function changeIdentities<T>(
  iam: Iam,
  accountId: string,
  work: (database: Database) => Promise<T>,
): Promise<T> {
  try {
    return await iam.store.transaction(async (database) => {
      await database.query('LOCK TABLE keyshift.iam_writers IN EXCLUSIVE MODE');
      const result = await work(database);
      await announceChange(database, accountId);
      return result;
    });
  } catch (error) {
    if (!wasOverrun(error)) throw error;
    throw new AwsError(
      'ConcurrentModification',
      409,
      'The request was rejected because multiple requests to change this object were submitted simultaneously. ' +
        'Wait a few minutes and submit your request again.',
      { cause: error },
    );
  }
}

/** Tells every node, when the transaction commits, to forget what it holds of the account. */
async function announceChange(database: Database, accountId: string): Promise<void> {
  await database.query("SELECT pg_notify('keyshift_changes', $1)", [accountId]);
}
