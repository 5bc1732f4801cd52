import type { Clock } from '../core/clock.ts';
import type { AccountIndex } from '../policy/who-can/account-index.ts';
import type { Database } from '../store/database.ts';
import { Held } from '../store/held.ts';
import { loadAccount } from './load-account.ts';

/** Accounts held. An index of 10,000 users has some ten megabytes. */
const ACCOUNTS_MAX = 4;

/** The indexes of accounts, dropped when something of the account changes, and not held while changes cannot be heard. */
export class AccountIndexes {
  readonly #store: Database;
  readonly #clock: Clock;
  readonly #held = new Held<AccountIndex>(ACCOUNTS_MAX);

  constructor(store: Database, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  /** The index of an account as it is now. */
  of(accountId: string): Promise<AccountIndex> {
    return this.#held.get(
      accountId,
      () => loadAccount(this.#store, accountId, this.#clock.now()),
      () => accountId,
    );
  }

  forget(accountId: string): void {
    this.#held.forget(accountId);
  }

  hearing(isHearing: boolean): void {
    this.#held.holding(isHearing);
  }
}
