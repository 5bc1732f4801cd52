import { Secret } from '../core/secret.ts';
import type { Database } from '../store/database.ts';
import type { Sealer } from '../store/sealer.ts';
import { secretContext } from './access-keys.ts';
import { storable } from './entities.ts';
import { CompiledPolicies, loadRoot, loadUser } from './load-principal.ts';
import type { Principal } from './principal.ts';

/** An access key, whose it is and what its owner may do. */
export interface KnownAccessKey {
  readonly accountId: string;
  readonly accessKeyId: string;
  readonly secret: Secret;
  readonly active: boolean;
  readonly principal: Principal;
}

interface KeyRow {
  account_id: string;
  user_id: string | null;
  sealed_secret: Buffer;
  status: string;
}

/** Keys and users held in memory; an entry has some kilobytes. */
const KEYS_MAX = 10_000;
const USERS_MAX = 10_000;

/**
 * Finds who is behind an access key, from memory where it can. What is held of an account is dropped when
 * the account changes, and nothing is held while changes cannot be heard.
 */
export class Directory {
  readonly #store: Database;
  readonly #sealer: Sealer;
  readonly #compiled = new CompiledPolicies();
  readonly #keys = new Held<KnownAccessKey>(KEYS_MAX);
  readonly #users = new Held<Principal>(USERS_MAX);

  constructor(store: Database, sealer: Sealer) {
    this.#store = store;
    this.#sealer = sealer;
  }

  /** The key with this id, or undefined. An inactive key is found too. */
  findAccessKey(accessKeyId: string): Promise<KnownAccessKey | undefined> {
    return this.#keys.get(
      accessKeyId,
      () => this.#loadKey(accessKeyId),
      (key) => key.accountId,
    );
  }

  /** A user by its unique id, or undefined when it is gone. */
  findUser(accountId: string, userId: string): Promise<Principal | undefined> {
    return this.#users.get(
      `${accountId}/${userId}`,
      () => loadUser(this.#store, this.#compiled, accountId, userId),
      () => accountId,
    );
  }

  async #findRoot(accountId: string): Promise<Principal | undefined> {
    return this.#users.get(
      `${accountId}/root`,
      () => loadRoot(this.#store, this.#compiled, accountId),
      () => accountId,
    );
  }

  /** Drops what is held of an account, because something of it has changed. */
  forget(accountId: string): void {
    this.#keys.forget(accountId);
    this.#users.forget(accountId);
  }

  /** Whether changes are being heard. Until the first time, and while not, everything is read from the store. */
  hearing(isHearing: boolean): void {
    this.#keys.holding(isHearing);
    this.#users.holding(isHearing);
  }

  async #loadKey(accessKeyId: string): Promise<KnownAccessKey | undefined> {
    const [row] = await this.#store.query<KeyRow>(
      `SELECT account_id, user_id, sealed_secret, status FROM keyshift.iam_access_keys
       WHERE access_key_id = $1`,
      [storable(accessKeyId)],
    );
    if (row === undefined) return undefined;
    const { account_id: accountId, user_id: userId } = row;
    const principal =
      userId === null ? await this.#findRoot(accountId) : await this.findUser(accountId, userId);
    if (principal === undefined) return undefined;
    const secret = this.#sealer.open(row.sealed_secret, secretContext(accountId, accessKeyId));
    return {
      accountId,
      accessKeyId,
      secret: new Secret(secret.toString()),
      active: row.status === 'Active',
      principal,
    };
  }
}

interface Entry<T> {
  readonly value: Promise<T | undefined>;
  /** Undefined while it is being loaded; such an entry is dropped at any change. */
  accountId: string | undefined;
}

/**
 * Values held until their account changes. INVARIANT: an entry is in the map from the moment its load starts,
 * so that `forget` also drops what was read before the change but arrives after it.
 */
class Held<T> {
  readonly #max: number;
  readonly #entries = new Map<string, Entry<T>>();
  #isHolding = false;

  constructor(max: number) {
    this.#max = max;
  }

  get(
    key: string,
    load: () => Promise<T | undefined>,
    accountOf: (value: T) => string,
  ): Promise<T | undefined> {
    const held = this.#entries.get(key);
    if (held !== undefined) return held.value;
    if (!this.#isHolding) return load();
    const entry: Entry<T> = { value: load(), accountId: undefined };
    this.#add(key, entry);
    const drop = () => {
      if (this.#entries.get(key) === entry) this.#entries.delete(key);
    };
    entry.value.then((value) => {
      // What was not found is not held, or made-up keys would push the real ones out.
      if (value === undefined) drop();
      else entry.accountId = accountOf(value);
    }, drop);
    return entry.value;
  }

  forget(accountId: string): void {
    for (const [key, entry] of this.#entries) {
      if (entry.accountId === undefined || entry.accountId === accountId) this.#entries.delete(key);
    }
  }

  holding(isHolding: boolean): void {
    this.#isHolding = isHolding;
    this.#entries.clear();
  }

  /** The oldest makes room: which one hardly matters at this size. */
  #add(key: string, entry: Entry<T>): void {
    const [oldest] = this.#entries.size >= this.#max ? this.#entries.keys() : [];
    if (oldest !== undefined) this.#entries.delete(oldest);
    this.#entries.set(key, entry);
  }
}
