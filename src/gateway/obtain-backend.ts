import type { RandomBytes } from '../core/ids.ts';
import type { Provisioned } from '../postgres/provision.ts';
import type { ServerAccess } from '../postgres/server-access.ts';
import type { Backend } from './backend.ts';
import { type LoginAttempt, openBackend } from './enter.ts';
import { makingRoom } from './making-room.ts';
import type { ServerChannel } from './server-channel.ts';
import type { WarmBackends, WarmLogin } from './warm-backends.ts';

/** The step *backend*: one that is warm, or a new one. */

interface Cluster {
  readonly access: ServerAccess;
  readonly warm: WarmBackends;
}

interface Chance {
  readonly random: RandomBytes;
}

/**
 * The login that a warm backend may serve; undefined for one that must have a new backend. On external servers all
 * must: what their administrators let libraries keep in a process is not ours to know.
 */
export function warmLogin(
  deps: Chance,
  { access }: Cluster,
  provisioned: Provisioned,
  attempt: LoginAttempt,
): WarmLogin | undefined {
  const { loginRole, loginState, configLoadedAt } = provisioned;
  if (access.way !== 'peer' || loginState === null) return undefined;
  const { database, settings } = attempt;
  const sorted = [...settings].sort(([one], [other]) => (one < other ? -1 : 1));
  const kind = JSON.stringify([loginState, loginRole, database, sorted]);
  const open = () => openBackend(deps, access, loginRole, { ...attempt, onServer: () => {} }, undefined);
  return { kind, configLoadedAt, open };
}

/** The backend of a login. Throws the server's own error as SqlError. */
export async function obtainBackend(
  deps: Chance,
  { access, warm }: Cluster,
  role: string,
  attempt: LoginAttempt,
  login: WarmLogin | undefined,
  proved: ServerChannel | undefined,
): Promise<Backend> {
  const kept = login === undefined ? undefined : warm.take(login);
  if (kept !== undefined) {
    attempt.onServer(kept.channel);
    return kept;
  }
  if (proved !== undefined) return openBackend(deps, access, role, attempt, proved);
  return makingRoom(warm, () => openBackend(deps, access, role, attempt, undefined));
}
