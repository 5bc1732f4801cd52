import { stat } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { OperatorError } from '../core/errors.ts';
import { runCommand } from './run-command.ts';

/**
 * Who runs the embedded server: PostgreSQL refuses to run as root, so Keyshift as root drops to the owner of
 * the data, else to the user `keyshift`, else to `nobody`; an ordinary user runs it as itself.
 */
export interface ServerIdentity {
  readonly uid: number;
  readonly gid: number;
  readonly name: string;
  /** Set when commands must be started under this user, because Keyshift itself runs as root. */
  readonly runAs: { readonly uid: number; readonly gid: number } | undefined;
  /** The operating system's name of the Keyshift process, by which PostgreSQL's `peer` method knows it. */
  readonly ownName: string;
}

/** In this order; the first that exists on the machine. */
const UNPRIVILEGED_USERS = ['keyshift', 'nobody'] as const;
const LOOKUP_MS_MAX = 5_000;

/**
 * Chooses the user that runs PostgreSQL. `places` are folders whose owner decides, the first that exists and
 * does not belong to root wins.
 * @throws OperatorError when no user fits, with the remedy
 */
export async function chooseIdentity(places: readonly string[]): Promise<ServerIdentity> {
  const own = ownUser();
  const owner = await firstOwner(places);
  if (own.uid !== 0) {
    if (owner !== undefined && owner.uid !== own.uid) {
      throw new OperatorError(
        `The folder ${owner.place} belongs to user id ${owner.uid}, but Keyshift runs as "${own.name}": ` +
          'run Keyshift as its owner, or choose another data directory.',
      );
    }
    return { ...own, runAs: undefined, ownName: own.name };
  }
  const found = owner === undefined ? await unprivilegedUser() : await namedOwner(owner);
  return { ...found, runAs: { uid: found.uid, gid: found.gid }, ownName: own.name };
}

function ownUser(): { uid: number; gid: number; name: string } {
  try {
    const { uid, gid, username } = userInfo();
    return { uid, gid, name: username };
  } catch {
    throw new OperatorError(
      'The user that runs Keyshift has no entry in the user database, which the embedded PostgreSQL needs: ' +
        'run Keyshift as a named user, or set KEYSHIFT_DATABASE_URL to an external PostgreSQL.',
    );
  }
}

async function firstOwner(
  places: readonly string[],
): Promise<{ place: string; uid: number; gid: number } | undefined> {
  for (const place of places) {
    try {
      const { uid, gid } = await stat(place);
      if (uid !== 0) return { place, uid, gid };
    } catch {
      // It does not exist yet, so it has no owner.
    }
  }
  return undefined;
}

async function namedOwner(owner: { place: string; uid: number; gid: number }) {
  const name = await runCommand('id', ['-un', String(owner.uid)], { timeoutMs: LOOKUP_MS_MAX });
  if (name.status === 0) return { uid: owner.uid, gid: owner.gid, name: name.stdout.trim() };
  throw new OperatorError(
    `The folder ${owner.place} belongs to user id ${owner.uid}, which has no name on this machine, and the ` +
      'embedded PostgreSQL needs one: add that user, or change the owner.',
  );
}

async function unprivilegedUser() {
  for (const name of UNPRIVILEGED_USERS) {
    const uid = await runCommand('id', ['-u', name], { timeoutMs: LOOKUP_MS_MAX });
    const gid = await runCommand('id', ['-g', name], { timeoutMs: LOOKUP_MS_MAX });
    if (uid.status === 0 && gid.status === 0 && Number(uid.stdout) !== 0) {
      return { uid: Number(uid.stdout), gid: Number(gid.stdout), name };
    }
  }
  throw new OperatorError(
    'PostgreSQL cannot run as root, and this machine has no user "keyshift" or "nobody": create the user ' +
      '"keyshift", run Keyshift as an ordinary user, or set KEYSHIFT_DATABASE_URL to an external PostgreSQL.',
  );
}
