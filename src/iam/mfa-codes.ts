import { AwsError } from '../core/errors.ts';
import type { Database } from '../store/database.ts';
import { storable } from './entities.ts';
import type { Iam } from './iam.ts';
import { stepAt, stepOfCodes } from './totp.ts';

/**
 * Codes of MFA devices. A code is taken once: neither it nor an older one is taken again (RFC 6238 section 5.2,
 * CVE-2025-6014). Wrong codes are counted in the store, so that every node counts the same.
 */

/** Steps of 30 seconds to each side of the device's time for a code (RFC 6238 section 5.2). */
const VERIFY_STEPS = 1;
/** To each side of ours for two codes in a row, which set the device's time: 30 minutes. */
const SYNC_STEPS = 60;
/** Wrong codes in a quarter of an hour; then no code is looked at until it has passed. A guess hits 3 of 1,000,000. */
const FAILURES_MAX = 5;
const FAILURES_MS = 15 * 60_000;

export interface DeviceRow {
  serial: string;
  sealed_seed: Buffer;
  user_id: string | null;
  drift_steps: number;
  last_step: string;
  failures: number;
  failing_since: Date | null;
}

/** What a sealed seed is bound to, so that it opens in no other row. */
export const seedContext = (accountId: string, serial: string): string =>
  `keyshift/mfa-device/${accountId}/${serial}`;

/**
 * The second factor of a call of STS: the code of a device that is enabled for the caller. Returns when it was given.
 * Throws AccessDenied (403) for a wrong or used code, for too many, and for somebody else's device.
 */
export async function requireMfaCode(
  iam: Iam,
  { accountId, userId }: { readonly accountId: string; readonly userId: string },
  serial: string,
  code: string,
): Promise<Date> {
  const outcome = await iam.store.transaction(async (database) => {
    const device = await findDevice(database, accountId, serial);
    if (device === undefined || device.user_id === null || device.user_id !== userId) return 'no-device';
    return (await takeCodes(iam, database, accountId, device, [code])) ? 'taken' : 'refused';
  });
  // After the transaction, because a refusal has to be counted too.
  if (outcome === 'no-device') {
    throw mfaFailed(
      'unable to validate MFA code.  Please verify your MFA serial number is valid and associated with this user.',
    );
  }
  if (outcome === 'refused') throw mfaFailed('invalid MFA one time pass code. ', ' with');
  return iam.clock.now();
}

/**
 * Takes one code, or two of consecutive steps, which also tell how far off the device's clock is. Returns whether
 * they were right; counts them if not. Belongs into a transaction that commits either way.
 */
export async function takeCodes(
  iam: Iam,
  database: Database,
  accountId: string,
  device: DeviceRow,
  codes: readonly [string] | readonly [string, string],
): Promise<boolean> {
  const now = iam.clock.now();
  const { failures, failing_since: since } = device;
  const isFailing = since !== null && now.getTime() - since.getTime() < FAILURES_MS;
  if (isFailing && failures >= FAILURES_MAX) return false;
  const step = rightStep(iam, accountId, device, codes, stepAt(now));
  if (step === undefined) {
    await database.query(
      `UPDATE keyshift.iam_mfa_devices SET failures = $3, failing_since = $4
       WHERE account_id = $1 AND serial = $2`,
      [accountId, device.serial, isFailing ? failures + 1 : 1, isFailing ? since : now],
    );
    return false;
  }
  await database.query(
    `UPDATE keyshift.iam_mfa_devices
     SET last_step = $3, drift_steps = $4, failures = 0, failing_since = NULL
     WHERE account_id = $1 AND serial = $2`,
    [
      accountId,
      device.serial,
      step + codes.length - 1,
      codes.length === 2 ? driftOf(step + 1 - stepAt(now)) : device.drift_steps,
    ],
  );
  return true;
}

/** One step is what typing takes; only more of it is the device's clock. */
const driftOf = (steps: number): number => (Math.abs(steps) <= 1 ? 0 : steps);

function rightStep(
  iam: Iam,
  accountId: string,
  device: DeviceRow,
  codes: readonly string[],
  present: number,
): number | undefined {
  const seed = iam.sealer.open(device.sealed_seed, seedContext(accountId, device.serial));
  const isSync = codes.length === 2;
  const middle = isSync ? present : present + device.drift_steps;
  const steps = isSync ? SYNC_STEPS : VERIFY_STEPS;
  const first = Math.max(middle - steps, Number(device.last_step) + 1);
  return stepOfCodes(seed, codes, { first, last: middle + steps });
}

/** The device with exactly this serial number, locked until the transaction ends. */
export async function findDevice(
  database: Database,
  accountId: string,
  serial: string,
): Promise<DeviceRow | undefined> {
  const [row] = await database.query<DeviceRow>(
    `SELECT serial, sealed_seed, user_id, drift_steps, last_step, failures, failing_since
     FROM keyshift.iam_mfa_devices WHERE account_id = $1 AND serial = $2 FOR UPDATE`,
    [accountId, storable(serial)],
  );
  return row;
}

/** The texts that users search for, spaces included. */
function mfaFailed(reason: string, joint = ','): AwsError {
  return new AwsError('AccessDenied', 403, `MultiFactorAuthentication failed${joint} ${reason}`);
}
