import { randomUUID } from 'node:crypto';
import type { Clock } from '../core/clock.ts';
import { OperatorError } from '../core/errors.ts';
import type { Store } from './database.ts';
import type { Sealer } from './sealer.ts';

/** What is true of the whole installation. */
export interface Installation {
  readonly id: string;
  readonly testClock: boolean;
  readonly clockOffsetMs: number;
}

interface Row {
  id: string;
  account_id: string;
  master_key_check: Buffer;
  test_clock: boolean;
  clock_offset_ms: string;
}

const CHECK_CONTEXT = 'keyshift/master-key-check';

/**
 * Reads the installation's row, or makes it at the first start.
 * Throws OperatorError when the master key is not the one the store was made with, or when `accountId` or `testClock`
 * differs from what the store was made with: whoever is the root user of the installation's own account rules over the
 * others, and a store whose time was moved is no place for real identities.
 */
export async function openInstallation(
  store: Store,
  sealer: Sealer,
  wanted: { readonly accountId: string; readonly testClock: boolean },
  clock: Clock,
): Promise<Installation> {
  await store.query(
    `INSERT INTO keyshift.installation (id, account_id, master_key_check, test_clock, created_at)
     VALUES ($1, $2, $3, $4, $5)
     -- An earlier version did not keep it, and may have broken off before it made the account.
     ON CONFLICT (only_one) DO UPDATE SET account_id = coalesce(installation.account_id, excluded.account_id)`,
    [
      randomUUID(),
      wanted.accountId,
      sealer.seal(Buffer.from(CHECK_CONTEXT), CHECK_CONTEXT),
      wanted.testClock,
      clock.now(),
    ],
  );
  const [row] = await store.query<Row>('SELECT * FROM keyshift.installation');
  if (row === undefined) throw new OperatorError('the store has lost its installation row: restore a backup');
  requireMasterKey(sealer, row.master_key_check);
  requireSameClock(wanted.testClock, row.test_clock);
  requireSameAccount(wanted.accountId, row.account_id);
  return { id: row.id, testClock: row.test_clock, clockOffsetMs: Number(row.clock_offset_ms) };
}

/** Keeps the moved clock's distance, so that a restart does not go back in time. */
export async function saveClockOffset(store: Store, offsetMs: number): Promise<void> {
  await store.query('UPDATE keyshift.installation SET clock_offset_ms = $1 WHERE test_clock', [offsetMs]);
}

function requireMasterKey(sealer: Sealer, check: Buffer): void {
  try {
    sealer.open(check, CHECK_CONTEXT);
  } catch (error) {
    throw new OperatorError(
      'the master key is not the one that this store was made with: ' +
        'give the right one in KEYSHIFT_MASTER_KEY or put the file master.key back',
      { cause: error },
    );
  }
}

function requireSameAccount(wanted: string, made: string): void {
  if (made === wanted) return;
  throw new OperatorError(
    `this installation was made for the account ${made}, not ${wanted}: set KEYSHIFT_ACCOUNT_ID to ${made}, ` +
      'and make other accounts with keyshift account create',
  );
}

function requireSameClock(wanted: boolean, made: boolean): void {
  if (wanted && !made) {
    throw new OperatorError(
      'this data directory was made without --test-clock: start without it, or choose another KEYSHIFT_DATA_DIR',
    );
  }
  if (!wanted && made) {
    throw new OperatorError(
      'this data directory was made with --test-clock: start with it, or choose another KEYSHIFT_DATA_DIR',
    );
  }
}
