import { AwsError } from '../core/errors.ts';
import { invalidParameterValue, unsupportedOperation } from './errors.ts';

/** What EnableLogging asks for, what may be asked, and where the files of a log are. */

export const LOG_TYPES = ['connectionlog', 'userlog'] as const;
export type LogType = (typeof LOG_TYPES)[number];

/** As a cluster's settings keep it. */
export interface Logging {
  readonly bucket: string;
  readonly prefix?: string;
  /** As they were asked for; all if absent. */
  readonly exports?: readonly LogType[];
  /** Nothing earlier is delivered, as ISO 8601. */
  readonly since: string;
}

export interface WantedLogging {
  readonly bucket: string | undefined;
  readonly prefix: string | undefined;
  readonly destination: string | undefined;
  readonly exports: readonly string[] | undefined;
}

/**
 * Amazon S3 User Guide, "General purpose bucket naming rules". A bucket is a folder here, so this and the rules of the
 * prefix are also what keeps a path from leaving it.
 */
const BUCKET = /^(?!.*\.\.)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
const ADDRESS = /^\d+\.\d+\.\d+\.\d+$/;
/** Redshift API Reference, EnableLogging, S3KeyPrefix: length in characters, and which ones. */
const PREFIX_LENGTH_MAX = 256;
const PREFIX = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;
/** Bytes of a name in a folder on the usual file systems. */
const FOLDER_BYTES_MAX = 255;

/** Throws InvalidS3BucketNameFault, InvalidS3KeyPrefixFault, InvalidParameterValue, UnsupportedOperation. */
export function requireLogging(wanted: WantedLogging, now: Date): Logging {
  requireDestination(wanted.destination);
  const { bucket = '', prefix = '' } = wanted;
  if (!BUCKET.test(bucket) || ADDRESS.test(bucket)) {
    throw new AwsError(
      'InvalidS3BucketNameFault',
      400,
      'BucketName must have 3 to 63 lowercase letters, digits, periods and hyphens, begin and end with a letter or ' +
        'digit, have no two periods in a row, and not look like an IP address.',
    );
  }
  requirePrefix(prefix);
  const exports = requireExports(wanted.exports ?? []);
  return {
    bucket,
    ...(prefix === '' ? {} : { prefix }),
    ...(exports.length === 0 ? {} : { exports }),
    since: now.toISOString(),
  };
}

function requireDestination(destination: string | undefined): void {
  if (destination === undefined || destination === 's3') return;
  if (destination !== 'cloudwatch' && destination !== 's3table') {
    throw invalidParameterValue('LogDestinationType must be s3 or cloudwatch.');
  }
  throw unsupportedOperation(
    `Keyshift delivers logs as files in its data directory, as to a bucket: LogDestinationType must be s3, not ${destination}.`,
  );
}

function requirePrefix(prefix: string): void {
  const folders = prefix.replace(/\/$/, '').split('/');
  const isPath = folders.every(
    (name) =>
      name !== '' && name !== '.' && name !== '..' && Buffer.byteLength(name, 'utf8') <= FOLDER_BYTES_MAX,
  );
  if (prefix === '' || (isPath && PREFIX.test(prefix) && prefix.length <= PREFIX_LENGTH_MAX)) return;
  throw new AwsError(
    'InvalidS3KeyPrefixFault',
    400,
    `S3KeyPrefix must have at most ${PREFIX_LENGTH_MAX} letters, digits, spaces and the characters _ . : / = + - @, ` +
      'and be a path of folders: not begin with a slash, and have no empty part, "." or "..".',
  );
}

function requireExports(names: readonly string[]): readonly LogType[] {
  const exports: LogType[] = [];
  for (const name of names) {
    if (name === 'useractivitylog') {
      throw unsupportedOperation(
        'Keyshift does not keep the texts of statements: LogExports may have connectionlog and userlog.',
      );
    }
    const type = LOG_TYPES.find((known) => known === name);
    if (type === undefined) {
      throw invalidParameterValue(
        'LogExports may have connectionlog, userlog and useractivitylog, the last of which is not supported.',
      );
    }
    if (!exports.includes(type)) exports.push(type);
  }
  return exports;
}

export interface LoggedCluster {
  readonly accountId: string;
  readonly identifier: string;
  readonly region: string;
}

/**
 * The folder of an account's log files below that of all logs. The account leads, so that no prefix of one account is
 * in the way of another's files.
 */
export function logFolder(cluster: LoggedCluster, logging: Logging): readonly string[] {
  const { accountId, region } = cluster;
  const prefix = (logging.prefix ?? '').split('/').filter((name) => name !== '');
  return [accountId, logging.bucket, ...prefix, 'AWSLogs', accountId, 'redshift', region];
}

/** Folder of the day, and name, of a file that is begun at `at`. Source: Management Guide, "Database audit logging". */
export function logFile(
  cluster: LoggedCluster,
  type: LogType,
  at: Date,
): { day: readonly string[]; name: string } {
  const time = at.toISOString();
  return { day: time.slice(0, 10).split('-'), name: `${logFileStart(cluster, type)}${time.slice(0, 16)}.gz` };
}

/** How the names of all files of a log begin. No other cluster's do: identifiers have no underscore. */
export const logFileStart = (cluster: LoggedCluster, type: LogType): string =>
  `${cluster.accountId}_redshift_${cluster.region}_${cluster.identifier}_${type}_`;
