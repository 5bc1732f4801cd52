import type { RandomBytes } from '../core/ids.ts';
import { provision, requireClientDatabase } from '../postgres/provision.ts';
import { roleIdOf } from '../postgres/role-id.ts';
import type { LoginAttempt } from './enter.ts';
import { makingRoom } from './making-room.ts';
import { warmLogin } from './obtain-backend.ts';
import type { ServedCluster } from './route.ts';
import type { Identity } from './verify.ts';
import type { WarmLogin } from './warm-backends.ts';

/** The step *provision*: which role a session runs as. */
export interface LoginRole {
  readonly role: string;
  /** Identifies the role, under whatever name. */
  readonly roleId: number;
  /** What a warm backend must be to serve the login. */
  readonly warm?: WarmLogin | undefined;
}

/**
 * The role to log in as: a password user's own; for a temporary login that of its user, or of its groups' session. Throws
 * SqlError as `provision` does.
 */
export function loginRole(
  deps: { readonly random: RandomBytes },
  cluster: ServedCluster,
  identity: Identity,
  attempt: LoginAttempt,
): Promise<LoginRole> {
  return makingRoom(cluster.warm, () => chooseRole(deps, cluster, identity, attempt));
}

async function chooseRole(
  deps: { readonly random: RandomBytes },
  cluster: ServedCluster,
  identity: Identity,
  attempt: LoginAttempt,
): Promise<LoginRole> {
  const { database } = attempt;
  if (identity.kind === 'password') {
    requireClientDatabase(database);
    return { role: identity.dbUser, roleId: await roleIdOf(cluster.access, identity.dbUser) };
  }
  const { dbUser, groups, autoCreate } = identity.login;
  const ignoredBackends = cluster.warm.processIds;
  const wanted = { dbUser, displayName: identity.loginName, groups, autoCreate, database, ignoredBackends };
  const provisioned = await provision(cluster.access, wanted);
  const { loginRole: role, loginRoleId: roleId } = provisioned;
  return { role, roleId, warm: warmLogin(deps, cluster, provisioned, attempt) };
}
