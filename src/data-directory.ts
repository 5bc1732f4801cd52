import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { messageOf, OperatorError } from './core/errors.ts';
import type { RandomBytes } from './core/ids.ts';
import { MASTER_KEY_BYTES } from './store/sealer.ts';

/** The folder that holds everything of a node, and what lies where in it. */
export interface DataDirectory {
  readonly root: string;
  readonly store: string;
  readonly clusters: string;
  /** What EnableLogging delivers. */
  readonly logs: string;
  readonly envFile: string;
  readonly readyFile: string;
}

/** Written first, so that a folder of somebody else is never taken for ours. */
const MARKER = 'KEYSHIFT';
const MARKER_TEXT = 'keyshift data directory, format 1\n';
/** Others may pass through (the embedded server of a root installation runs as another user) but not list. */
const DIRECTORY_MODE = 0o711;

/**
 * Opens the data folder, making it at the first start. Throws OperatorError, and changes nothing, when the
 * folder is somebody else's or cannot be written.
 */
export function openDataDirectory(path: string): DataDirectory {
  const root = resolve(path);
  try {
    mkdirSync(root, { recursive: true, mode: DIRECTORY_MODE });
    accessSync(root, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new OperatorError(
      `the data directory ${root} cannot be written (${messageOf(error)}): ` +
        'give this user access to it, or choose another with KEYSHIFT_DATA_DIR',
      { cause: error },
    );
  }
  claim(root);
  return {
    root,
    store: join(root, 'store'),
    clusters: join(root, 'clusters'),
    logs: join(root, 'logs'),
    envFile: join(root, 'env.sh'),
    readyFile: join(root, 'ready.json'),
  };
}

/** The paths of a data folder that exists, for commands that speak to a running Keyshift. */
export function existingDataDirectory(path: string): DataDirectory {
  const root = resolve(path);
  if (!existsSync(join(root, MARKER))) {
    throw new OperatorError(
      `${root} is not a Keyshift data directory: set KEYSHIFT_DATA_DIR to the one in use`,
    );
  }
  return openDataDirectory(root);
}

/**
 * The master key from the file master.key, which is made at the first start: when the store is new.
 * Throws OperatorError when it is missing, has not 32 bytes or can be read by others.
 */
export function openMasterKeyFile(
  directory: DataDirectory,
  isStoreNew: boolean,
  random: RandomBytes,
): Buffer {
  const file = masterKeyFile(directory.root);
  if (!isStoreNew) requireMasterKeyFile(directory.root);
  else if (!existsSync(file)) writePrivateFile(file, `${random(MASTER_KEY_BYTES).toString('hex')}\n`);
  if ((statSync(file).mode & 0o077) !== 0) {
    throw new OperatorError(`others may read ${file}: make it private with chmod 600 ${file}`);
  }
  return parseMasterKey(readFileSync(file, 'utf8').trim(), file);
}

/** For a store that is not new. Throws OperatorError when the data folder, which may not exist, has no master key. */
export function requireMasterKeyFile(path: string): void {
  const file = masterKeyFile(resolve(path));
  if (existsSync(file)) return;
  throw new OperatorError(
    `${file} is missing, and without it the secrets in the store cannot be read: ` +
      'put it back, or give the key in KEYSHIFT_MASTER_KEY',
  );
}

const masterKeyFile = (root: string): string => join(root, 'master.key');

/** Writes a whole file that only this user may read; it appears complete or not at all. */
export function writePrivateFile(file: string, text: string): void {
  writeFile(file, text, 0o600);
}

/** Writes a whole file that everybody may read. */
export function writePublicFile(file: string, text: string): void {
  writeFile(file, text, 0o644);
}

function writeFile(file: string, text: string, mode: number): void {
  const draft = `${file}.new`;
  rmSync(draft, { force: true });
  writeFileSync(draft, text, { mode, flag: 'wx', flush: true });
  chmodSync(draft, mode);
  renameSync(draft, file);
}

function claim(root: string): void {
  const marker = join(root, MARKER);
  if (existsSync(marker)) {
    if (readFileSync(marker, 'utf8') === MARKER_TEXT) return;
    throw new OperatorError(
      `${root} was made by another version of Keyshift: start that version, or choose another KEYSHIFT_DATA_DIR`,
    );
  }
  // A crash between writing the marker and putting it in place leaves its draft.
  if (readdirSync(root).some((name) => name !== `${MARKER}.new`)) {
    throw new OperatorError(
      `${root} holds files that are not Keyshift's: choose an empty or new folder with KEYSHIFT_DATA_DIR`,
    );
  }
  chmodSync(root, DIRECTORY_MODE);
  writePublicFile(marker, MARKER_TEXT);
}

/** Throws OperatorError when the text has not 32 bytes. `source` names where it comes from. */
export function parseMasterKey(text: string, source: string): Buffer {
  // Whole forms only: a key that was cut short must not be taken for another one.
  if (/^[0-9a-fA-F]{64}$/.test(text)) return Buffer.from(text, 'hex');
  if (/^[A-Za-z0-9+/]{43}=$/.test(text)) return Buffer.from(text, 'base64');
  throw new OperatorError(
    `${source} must hold ${MASTER_KEY_BYTES} bytes, as 64 hexadecimal digits or in base64`,
  );
}
