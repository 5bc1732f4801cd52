import { hash } from 'node:crypto';
import { Secret } from '../core/secret.ts';
import type { CompiledPolicy } from '../policy/compile.ts';
import type { Database } from '../store/database.ts';
import { Held } from '../store/held.ts';
import type { DerivedKeys } from '../store/keyring.ts';
import type { Sealer } from '../store/sealer.ts';
import { secretContext } from './access-keys.ts';
import { storable } from './entities.ts';
import {
  CompiledPolicies,
  compileDocument,
  type Grants,
  loadGrants,
  loadManagedPolicies,
  loadRoot,
} from './load-principal.ts';
import { ownPrincipal, type Principal } from './principal.ts';
import type { SessionClaims } from './session-claims.ts';
import { sessionPrincipal } from './session-principal.ts';
import { openSession } from './session-token.ts';

/** An access key, whose it is and what its owner may do. */
export interface KnownAccessKey {
  readonly accountId: string;
  readonly accessKeyId: string;
  readonly secret: Secret;
  readonly active: boolean;
  readonly principal: Principal;
}

/** Temporary credentials, and who calls with them. */
export type KnownSession = {
  readonly accountId: string;
  readonly secret: Secret;
  readonly expiresAt: Date;
} & (
  | { readonly state: 'live'; readonly principal: Principal }
  /** Ended before its time: by a revocation, or because the role, user or key behind it is gone. */
  | { readonly state: 'revoked' | 'orphaned' }
);

interface KeyRow {
  account_id: string;
  user_id: string | null;
  sealed_secret: Buffer;
  status: string;
}

/** Keys, users, roles and sessions held in memory; an entry has some kilobytes. */
const KEYS_MAX = 10_000;
const OWNERS_MAX = 10_000;
const SESSIONS_MAX = 10_000;

/**
 * Finds who is behind an access key, from memory where it can. What is held of an account is dropped when
 * the account changes, and nothing is held while changes cannot be heard.
 */
export class Directory {
  readonly #store: Database;
  readonly #sealer: Sealer;
  readonly #compiled = new CompiledPolicies();
  readonly #keys = new Held<KnownAccessKey | undefined>(KEYS_MAX);
  readonly #owners = new Held<Grants | undefined>(OWNERS_MAX);
  readonly #sessions = new Held<KnownSession | undefined>(SESSIONS_MAX);
  readonly #sessionKeys: DerivedKeys;

  /** `sessionKeys` are derived for `SESSION_KEY_PURPOSE`. */
  constructor(store: Database, sealer: Sealer, sessionKeys: DerivedKeys) {
    this.#store = store;
    this.#sealer = sealer;
    this.#sessionKeys = sessionKeys;
  }

  /** The key with this id, or undefined. An inactive key is found too. */
  findAccessKey(accessKeyId: string): Promise<KnownAccessKey | undefined> {
    return this.#keys.get(
      accessKeyId,
      () => this.#loadKey(accessKeyId),
      (key) => key.accountId,
    );
  }

  /**
   * The session of temporary credentials, or undefined when the token is not one of ours for this key. An expired
   * or ended session is found too.
   */
  findSession(accessKeyId: string, token: Secret): Promise<KnownSession | undefined> {
    // What is held is found by a hash, so that memory holds no token as text that is used as a name.
    const name = `${accessKeyId}/${hash('sha256', token.reveal(), 'base64url')}`;
    return this.#sessions.get(
      name,
      () => this.#loadSession(accessKeyId, token),
      (session) => session.accountId,
    );
  }

  /** A user by its unique id, or undefined when it is gone. */
  async findUser(accountId: string, userId: string): Promise<Principal | undefined> {
    const owner = await this.#findOwner('user', accountId, userId);
    return owner && ownPrincipal(owner);
  }

  /** `id` is empty for the root user. */
  #findOwner(kind: Grants['kind'], accountId: string, id: string): Promise<Grants | undefined> {
    return this.#owners.get(
      `${kind}/${accountId}/${id}`,
      () =>
        kind === 'root'
          ? loadRoot(this.#store, this.#compiled, accountId)
          : loadGrants(this.#store, this.#compiled, kind, accountId, id),
      () => accountId,
    );
  }

  /** Drops what is held of an account, because something of it has changed. */
  forget(accountId: string): void {
    this.#keys.forget(accountId);
    this.#owners.forget(accountId);
    this.#sessions.forget(accountId);
  }

  /** Whether changes are being heard. Until the first time, and while not, everything is read from the store. */
  hearing(isHearing: boolean): void {
    this.#keys.holding(isHearing);
    this.#owners.holding(isHearing);
    this.#sessions.holding(isHearing);
  }

  async #loadKey(accessKeyId: string): Promise<KnownAccessKey | undefined> {
    const [row] = await this.#store.query<KeyRow>(
      `SELECT account_id, user_id, sealed_secret, status FROM keyshift.iam_access_keys
       WHERE access_key_id = $1`,
      [storable(accessKeyId)],
    );
    if (row === undefined) return undefined;
    const { account_id: accountId, user_id: userId } = row;
    const owner = await this.#findOwner(userId === null ? 'root' : 'user', accountId, userId ?? '');
    if (owner === undefined) return undefined;
    const secret = this.#sealer.open(row.sealed_secret, secretContext(accountId, accessKeyId));
    return {
      accountId,
      accessKeyId,
      secret: new Secret(secret.toString()),
      active: row.status === 'Active',
      principal: ownPrincipal(owner),
    };
  }

  async #loadSession(accessKeyId: string, token: Secret): Promise<KnownSession | undefined> {
    const opened = openSession(this.#sessionKeys, accessKeyId, token.reveal());
    if (opened === undefined) return undefined;
    const { claims, secret } = opened;
    const { accountId, expiresAt, issuedAt } = claims;
    const kind = claims.kind === 'role' ? 'role' : claims.ownerId === '' ? 'root' : 'user';
    const owner = await this.#findOwner(kind, accountId, claims.ownerId);
    const known = { accountId, secret, expiresAt };
    if (owner === undefined || !(await this.#isParentActive(claims))) return { ...known, state: 'orphaned' };
    const endedAt = owner.sessionsEndedAt;
    if (endedAt !== undefined && issuedAt <= endedAt) return { ...known, state: 'revoked' };
    const principal = sessionPrincipal(claims, owner, await this.#sessionPolicies(claims));
    return { ...known, state: 'live', principal };
  }

  /** Sessions of users live no longer than the key that they were asked for with. */
  async #isParentActive({ kind, parentKeyId, accountId }: SessionClaims): Promise<boolean> {
    if (kind === 'role') return true;
    const parent = await this.findAccessKey(parentKeyId);
    return parent?.active === true && parent.accountId === accountId;
  }

  async #sessionPolicies(claims: SessionClaims): Promise<readonly CompiledPolicy[] | undefined> {
    const { accountId, policy, policyArns } = claims;
    const managed = await loadManagedPolicies(this.#store, this.#compiled, accountId, policyArns);
    if (managed === undefined || policy === undefined) return managed;
    return [compileDocument({ kind: 'inline', id: 'session' }, policy), ...managed];
  }
}
