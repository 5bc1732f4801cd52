import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';

/**
 * The way to the embedded server's unix socket. PostgreSQL makes it in its own data directory, which only its
 * user and root can enter; the operating system's limit on the length of a socket's path is met by a short link.
 */

/** Bytes of `sun_path` less its closing zero: 108 on Linux, 104 on macOS. */
const SOCKET_PATH_BYTES_MAX = 103;
/** Only a part of the socket's name: the server listens on no TCP port. */
export const SOCKET_PORT = 5432;
const LINK_PREFIX = 'keyshift-socket-';

export interface SocketPlace {
  /** The folder to give to a PostgreSQL client as its host. */
  readonly dir: string;
  /** Our temporary folder with the link, when one was needed. */
  readonly linkDir: string | undefined;
}

export function socketPath(dir: string): string {
  return join(dir, `.s.PGSQL.${SOCKET_PORT}`);
}

/** Gives a path to `dataDir` that is short enough for a socket below it. */
export async function socketPlace(dataDir: string): Promise<SocketPlace> {
  if (Buffer.byteLength(socketPath(dataDir)) <= SOCKET_PATH_BYTES_MAX)
    return { dir: dataDir, linkDir: undefined };
  // Made 0700 under a name that cannot be foreseen, so nobody else can lay a link there.
  const linkDir = await mkdtemp(join(tmpdir(), LINK_PREFIX));
  await symlink(dataDir, join(linkDir, 's'));
  return { dir: join(linkDir, 's'), linkDir };
}

/** Removes a temporary folder that this or a dead process made. The path may come from a file: it is checked. */
export async function removeLinkDir(linkDir: string | undefined): Promise<void> {
  if (linkDir === undefined || dirname(linkDir) !== tmpdir() || !basename(linkDir).startsWith(LINK_PREFIX))
    return;
  await rm(linkDir, { recursive: true, force: true });
}
