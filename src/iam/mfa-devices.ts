import { mfaArn, userArn } from '../core/arn.ts';
import { base32 } from '../core/base32.ts';
import { AwsError } from '../core/errors.ts';
import { Secret } from '../core/secret.ts';
import type { Database } from '../store/database.ts';
import { quotaInForce } from './account-quotas.ts';
import { type EntityName, requireEntity } from './entities.ts';
import { changeIdentities, type Iam } from './iam.ts';
import { alreadyExists, deleteConflict, invalidInput, noSuchEntity, quotaExceeded } from './iam-errors.ts';
import { requireName, requirePath } from './member-checks.ts';
import { findDevice, seedContext, takeCodes } from './mfa-codes.ts';
import { type Page, type PageRequest, readPage } from './pages.ts';
import { QUOTAS } from './quotas.ts';
import { addTags, removeAllTags, requireTags, type Tag } from './tags.ts';

/** Virtual MFA devices: programs that show one-time codes made from a seed that is given out once. */
export interface MfaDevice {
  /** The ARN of the device. */
  readonly serial: string;
  /** Undefined while it is enabled for nobody. */
  readonly enabledAt: Date | undefined;
  readonly user:
    | {
        readonly id: string;
        readonly name: string;
        readonly path: string;
        readonly arn: string;
        readonly createdAt: Date;
      }
    | undefined;
}

export interface NewDevice {
  readonly deviceName: string;
  readonly path?: string | undefined;
  readonly tags?: readonly Tag[] | undefined;
}

interface ListedRow {
  serial: string;
  enabled_at: Date | null;
  user_id: string | null;
  name: string | null;
  path: string | null;
  created_at: Date | null;
}

/** 320 bits, as AWS's seeds have; RFC 4226 section 4 asks for 160. */
const SEED_BYTES = 40;
/** What a serial number may have where a call names one. Source: IAM's service model, serialNumberType. */
const SERIAL_CHARACTERS_MAX = 256;

const LISTED = `SELECT d.serial, d.enabled_at, d.user_id, u.name, u.path, u.created_at
  FROM keyshift.iam_mfa_devices d
  LEFT JOIN keyshift.iam_users u ON u.account_id = d.account_id AND u.id = d.user_id`;

/** CreateVirtualMFADevice. The seed, in base32, is given out this once. Throws EntityAlreadyExists, LimitExceeded, InvalidInput, ValidationError. */
export async function createMfaDevice(
  iam: Iam,
  accountId: string,
  { deviceName, path = '/', tags = [] }: NewDevice,
): Promise<{ readonly serial: string; readonly seed: Secret }> {
  requireName('virtualMFADeviceName', deviceName);
  requirePath(path);
  requireTags(tags);
  const serial = mfaArn(accountId, path, deviceName);
  if (serial.length > SERIAL_CHARACTERS_MAX) {
    throw invalidInput(
      `The serial number ${serial} would have more than ${SERIAL_CHARACTERS_MAX} characters.`,
    );
  }
  const seed = iam.random(SEED_BYTES);
  await changeIdentities(iam, accountId, async (database) => {
    const made = await database.query(
      `INSERT INTO keyshift.iam_mfa_devices (account_id, serial, sealed_seed, created_at) VALUES ($1, $2, $3, $4)
       ON CONFLICT (account_id, folded) DO NOTHING RETURNING serial`,
      [accountId, serial, iam.sealer.seal(seed, seedContext(accountId, serial)), iam.clock.now()],
    );
    if (made.length === 0) {
      throw alreadyExists('MFADevice entity at the same path and name already exists.');
    }
    await requireDeviceRoom(iam, database, accountId);
    await addTags(database, accountId, serial, tags);
  });
  return { serial, seed: new Secret(base32(seed)) };
}

/** Throws LimitExceeded past the quota, which is that of users. Source: IAM User Guide, "IAM and AWS STS quotas". */
async function requireDeviceRoom(iam: Iam, database: Database, accountId: string): Promise<void> {
  const max = await quotaInForce(iam, database, accountId, 'users');
  const [row] = await database.query<{ count: number }>(
    "SELECT count::int AS count FROM keyshift.iam_counts WHERE account_id = $1 AND thing = 'iam_mfa_devices'",
    [accountId],
  );
  if (row !== undefined && row.count > max) throw quotaExceeded('VirtualMFADevicesPerAccount', max);
}

/** DeleteVirtualMFADevice. Throws NoSuchEntity, and DeleteConflict while it is enabled for somebody. */
export async function deleteMfaDevice(iam: Iam, accountId: string, serial: string): Promise<void> {
  await changeIdentities(iam, accountId, async (database) => {
    const device = await requireDevice(database, accountId, serial);
    if (device.user_id !== null) {
      throw deleteConflict('MFA VirtualDevice in use. Must deactivate first.');
    }
    await removeAllTags(database, accountId, device.serial);
    await database.query('DELETE FROM keyshift.iam_mfa_devices WHERE account_id = $1 AND serial = $2', [
      accountId,
      device.serial,
    ]);
  });
}

/** Two codes in a row, the later one last. */
export type TwoCodes = readonly [string, string];

/**
 * EnableMFADevice. Throws NoSuchEntity, EntityAlreadyExists for a device in use, LimitExceeded past 8 devices, and
 * InvalidAuthenticationCode (403).
 */
export async function enableMfaDevice(
  iam: Iam,
  accountId: string,
  userName: string,
  serial: string,
  codes: TwoCodes,
): Promise<void> {
  await withCodes(iam, accountId, codes, serial, async (database) => {
    const user = await requireEntity(database, accountId, owner(userName));
    const device = await requireDevice(database, accountId, serial);
    if (device.user_id !== null) throw alreadyExists('MFA Device is already in use.');
    await database.query(
      'UPDATE keyshift.iam_mfa_devices SET user_id = $3, enabled_at = $4 WHERE account_id = $1 AND serial = $2',
      [accountId, device.serial, user.id, iam.clock.now()],
    );
    const enabled = await database.query(
      'SELECT 1 FROM keyshift.iam_mfa_devices WHERE account_id = $1 AND user_id = $2',
      [accountId, user.id],
    );
    if (enabled.length > QUOTAS.mfaDevicesPerUser) {
      throw quotaExceeded('MFADevicesPerUser', QUOTAS.mfaDevicesPerUser);
    }
  });
}

/** ResyncMFADevice. Throws NoSuchEntity, and InvalidAuthenticationCode (403). */
export async function resyncMfaDevice(
  iam: Iam,
  accountId: string,
  userName: string,
  serial: string,
  codes: TwoCodes,
): Promise<void> {
  await withCodes(iam, accountId, codes, serial, async (database) => {
    await requireDeviceOf(database, accountId, userName, serial);
  });
}

/** DeactivateMFADevice. Throws NoSuchEntity, also when it is somebody else's. */
export async function deactivateMfaDevice(
  iam: Iam,
  accountId: string,
  userName: string,
  serial: string,
): Promise<void> {
  await changeIdentities(iam, accountId, async (database) => {
    const device = await requireDeviceOf(database, accountId, userName, serial);
    await database.query(
      'UPDATE keyshift.iam_mfa_devices SET user_id = NULL, enabled_at = NULL WHERE account_id = $1 AND serial = $2',
      [accountId, device.serial],
    );
  });
}

/** ListMFADevices, by serial number. Throws NoSuchEntity. */
export async function listMfaDevices(
  iam: Iam,
  accountId: string,
  userName: string,
  request: PageRequest,
): Promise<Page<MfaDevice>> {
  const { id } = await requireEntity(iam.store, accountId, owner(userName));
  return listDevices(iam, accountId, request, 'd.user_id = $4', [id]);
}

/** ListVirtualMFADevices, by serial number. `isAssigned` undefined: all. */
export async function listVirtualMfaDevices(
  iam: Iam,
  accountId: string,
  isAssigned: boolean | undefined,
  request: PageRequest,
): Promise<Page<MfaDevice>> {
  const condition = '($4::boolean IS NULL OR (d.user_id IS NOT NULL) = $4)';
  return listDevices(iam, accountId, request, condition, [isAssigned ?? null]);
}

/** GetMFADevice. Throws NoSuchEntity, also when it is not `userName`'s. */
export async function getMfaDevice(
  iam: Iam,
  accountId: string,
  serial: string,
  userName: string | undefined,
): Promise<MfaDevice> {
  const user =
    userName === undefined ? undefined : await requireEntity(iam.store, accountId, owner(userName));
  const [row] = await iam.store.query<ListedRow>(`${LISTED} WHERE d.account_id = $1 AND d.serial = $2`, [
    accountId,
    serial,
  ]);
  if (row === undefined || (user !== undefined && row.user_id !== user.id)) throw noSuchDevice(serial);
  return deviceOf(accountId, row);
}

async function listDevices(
  iam: Iam,
  accountId: string,
  request: PageRequest,
  condition: string,
  values: readonly unknown[],
): Promise<Page<MfaDevice>> {
  // What all serial numbers have in common is left out of the marker, which has room for the rest.
  const start = mfaArn(accountId, '/', '').toLowerCase();
  const page = await readPage(
    request,
    (after, limit) =>
      iam.store.query<ListedRow>(
        `${LISTED} WHERE d.account_id = $1 AND d.folded > $2 AND ${condition} ORDER BY d.folded LIMIT $3`,
        [accountId, after === '' ? '' : start + after, limit, ...values],
      ),
    (row) => row.serial.toLowerCase().slice(start.length),
  );
  return { ...page, items: page.items.map((row) => deviceOf(accountId, row)) };
}

/** Does `work` if the codes are right. What it changes is undone if they are not, and the failure is counted. */
async function withCodes(
  iam: Iam,
  accountId: string,
  codes: TwoCodes,
  serial: string,
  work: (database: Database) => Promise<void>,
): Promise<void> {
  const areRight = await changeIdentities(iam, accountId, async (database) => {
    const device = await requireDevice(database, accountId, serial);
    if (!(await takeCodes(iam, database, accountId, device, codes))) return false;
    await work(database);
    return true;
  });
  if (areRight) return;
  throw new AwsError('InvalidAuthenticationCode', 403, 'Authentication code for device is not valid.');
}

export async function requireDevice(database: Database, accountId: string, serial: string) {
  const device = await findDevice(database, accountId, serial);
  if (device === undefined) throw noSuchDevice(serial);
  return device;
}

async function requireDeviceOf(database: Database, accountId: string, userName: string, serial: string) {
  const user = await requireEntity(database, accountId, owner(userName));
  const device = await requireDevice(database, accountId, serial);
  if (device.user_id !== user.id) throw noSuchEntity('MFA Device invalid for user.');
  return device;
}

function deviceOf(accountId: string, row: ListedRow): MfaDevice {
  const { serial, enabled_at: enabledAt, user_id: id, name, path, created_at: createdAt } = row;
  const isUsed = id !== null && name !== null && path !== null && createdAt !== null;
  return {
    serial,
    enabledAt: enabledAt ?? undefined,
    user: isUsed ? { id, name, path, arn: userArn(accountId, path, name), createdAt } : undefined,
  };
}

const owner = (name: string): EntityName => ({ kind: 'user', name });

const noSuchDevice = (serial: string) =>
  noSuchEntity(`VirtualMFADevice with serial number ${serial} doesn't exist.`);
