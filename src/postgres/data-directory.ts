import {
  chmod,
  lchown,
  lstat,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  rm,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, OperatorError } from '../core/errors.ts';
import type { EmbeddedBinaries } from './binaries.ts';
import { runCommand } from './run-command.ts';
import type { ServerIdentity } from './server-identity.ts';

/**
 * The folder of one embedded server. Ours: a marker file, the log, a record of the supervisor. PostgreSQL's:
 * `server`, which exists only when its initialization was completed, because it is made under another name
 * and then renamed.
 */
export interface DataLayout {
  readonly root: string;
  readonly marker: string;
  readonly server: string;
  readonly unfinished: string;
  readonly log: string;
  readonly supervisor: string;
}

const MARKER_TEXT = '{"keyshift":"embedded-postgres","format":1}\n';
const INITDB_MS_MAX = 300_000;
const WRITE_MS_MAX = 20_000;

/**
 * How the data directory is named to PostgreSQL, which is started inside it. On Linux the magic link works without
 * the right to search the folders above, for instance below one that `mktemp -d` made for root; every later
 * access of PostgreSQL is relative to its working directory.
 */
export function nameForServer(dataDir: string): string {
  return process.platform === 'linux' ? '/proc/self/cwd' : dataDir;
}

export function dataLayout(root: string): DataLayout {
  return {
    root,
    marker: join(root, 'keyshift-embedded.json'),
    server: join(root, 'server'),
    unfinished: join(root, 'server.unfinished'),
    log: join(root, 'server.log'),
    supervisor: join(root, 'supervisor.json'),
  };
}

/**
 * Takes a missing, empty or known folder as ours.
 * @throws OperatorError, with nothing changed, when it holds something else
 */
export async function claimDataDirectory(layout: DataLayout): Promise<void> {
  try {
    if ((await mkdir(layout.root, { recursive: true })) !== undefined) await chmod(layout.root, 0o700);
    if ((await lstat(layout.marker).catch(() => undefined))?.isFile()) return;
    if ((await readdir(layout.root)).length === 0) {
      await writeFile(layout.marker, MARKER_TEXT, { flag: 'wx', mode: 0o600 });
      return;
    }
  } catch (error) {
    throw new OperatorError(
      `The data directory ${layout.root} cannot be used (${messageOf(error)}): choose a folder that the user ` +
        'who runs Keyshift may write.',
      { cause: error },
    );
  }
  throw new OperatorError(
    `The folder ${layout.root} holds files that Keyshift did not make; nothing was changed. Choose an empty ` +
      'or a new folder as data directory.',
  );
}

/**
 * Makes the server's files if they are missing, and checks that the programs fit them.
 * @throws OperatorError when `initdb` fails or the files belong to another major version
 */
export async function ensureInitialized(
  layout: DataLayout,
  binaries: EmbeddedBinaries,
  identity: ServerIdentity,
  options: { superuser: string; durable: boolean },
): Promise<void> {
  if ((await lstat(layout.server).catch(() => undefined))?.isDirectory()) {
    await checkMajorVersion(layout, binaries);
    return;
  }
  // What an interrupted initialization left is worth nothing.
  await rm(layout.unfinished, { recursive: true, force: true });
  await mkdir(layout.unfinished);
  await chmod(layout.unfinished, 0o700);
  if (identity.runAs !== undefined) await lchown(layout.unfinished, identity.uid, identity.gid);
  const done = await runCommand(
    binaries.initdb,
    [
      ...['-D', nameForServer(layout.unfinished), '-U', options.superuser, '-A', 'peer', '-E', 'UTF8'],
      // Byte order and Unicode character classes, the same on every machine (PostgreSQL 18 manual, 23.1.4).
      ...['--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--no-instructions'],
      ...(options.durable ? [] : ['--no-sync']),
    ],
    { cwd: layout.unfinished, runAs: identity.runAs, env: binaries.env, timeoutMs: INITDB_MS_MAX },
  );
  if (done.status !== 0) {
    const reason = done.stderr.trim().split('\n').slice(0, 3).join(' ');
    throw new OperatorError(
      `The data directory ${layout.root} could not be initialized (${reason || 'initdb was interrupted'}): ` +
        'check that it lies on a local file system with free space, and start again.',
    );
  }
  await rename(layout.unfinished, layout.server);
  if (options.durable) await syncDirectory(layout.root);
}

async function checkMajorVersion(layout: DataLayout, binaries: EmbeddedBinaries): Promise<void> {
  const made = (await readFile(join(layout.server, 'PG_VERSION'), 'latin1')).trim();
  const running = binaries.version.split('.')[0];
  if (made === running) return;
  throw new OperatorError(
    `The data in ${layout.root} was made by PostgreSQL ${made}, but the embedded server is ${running}: ` +
      'install the version of Keyshift that made it, or move the data with pg_dump and pg_restore.',
  );
}

/**
 * Writes the rules of who may log in. They are written by the server's own user, so that root never follows
 * a link that this user could have laid.
 * @throws OperatorError when they cannot be written
 */
export async function writeAccessRules(
  layout: DataLayout,
  identity: ServerIdentity,
  rules: { hba: string; ident: string },
): Promise<void> {
  for (const [name, input] of [
    ['pg_hba.conf', rules.hba],
    ['pg_ident.conf', rules.ident],
  ] as const) {
    const done = await runCommand(
      '/bin/sh',
      ['-c', `umask 077 && cat > ${name}.new && mv ${name}.new ${name}`],
      {
        cwd: layout.server,
        runAs: identity.runAs,
        input,
        timeoutMs: WRITE_MS_MAX,
      },
    );
    if (done.status !== 0) {
      throw new OperatorError(
        `The file ${name} in ${layout.server} could not be written (${done.stderr.trim() || 'no reason given'}): ` +
          `check that the folder belongs to "${identity.name}" and has free space.`,
      );
    }
  }
}

async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
