import type { Clock } from '../core/clock.ts';
import type { AccountIndex } from '../policy/who-can/account-index.ts';
import type { Database } from '../store/database.ts';
import { loadAccount } from './load-account.ts';

/** Accounts held. An index of 10,000 users has some ten megabytes. */
const ACCOUNTS_MAX = 4;

/** The indexes of accounts, dropped when something of the account changes, and not held while changes cannot be heard. */
export class AccountIndexes {
  readonly #store: Database;
  readonly #clock: Clock;
  readonly #held = new Map<string, Promise<AccountIndex>>();
  #isHolding = false;

  constructor(store: Database, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  /** The index of an account as it is now. */
  of(accountId: string): Promise<AccountIndex> {
    const held = this.#held.get(accountId);
    if (held !== undefined) return held;
    const loading = loadAccount(this.#store, accountId, this.#clock.now());
    if (!this.#isHolding) return loading;
    const [oldest] = this.#held.size >= ACCOUNTS_MAX ? this.#held.keys() : [];
    if (oldest !== undefined) this.#held.delete(oldest);
    this.#held.set(accountId, loading);
    loading.catch(() => {
      if (this.#held.get(accountId) === loading) this.#held.delete(accountId);
    });
    return loading;
  }

  forget(accountId: string): void {
    this.#held.delete(accountId);
  }

  hearing(isHearing: boolean): void {
    this.#isHolding = isHearing;
    this.#held.clear();
  }
}
