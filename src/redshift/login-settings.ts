import type { Store } from '../store/database.ts';
import { Held } from '../store/held.ts';

/** What an account has decided about all logins to its clusters. */
export interface LoginSettings {
  /** Sessions with temporary credentials end after so many seconds; policies can only ask for less. */
  readonly sessionSeconds: number | undefined;
  /** Whether sessions end when the credential expires that opened them. */
  readonly endSessionsAtExpiry: boolean;
  /** Whether credentials are revoked when what allowed them is taken from an IAM identity. */
  readonly revokeOnRemoval: boolean;
}

const DEFAULTS: LoginSettings = {
  sessionSeconds: undefined,
  endSessionsAtExpiry: false,
  revokeOnRemoval: false,
};

interface Row {
  session_seconds: number | null;
  end_sessions_at_expiry: boolean;
  revoke_on_removal: boolean;
}

/** Accounts whose settings are held. */
const ACCOUNTS_MAX = 1_000;

/** The settings of all accounts, held in memory and dropped when they change. */
export class AccountLoginSettings {
  readonly #store: Store;
  readonly #held = new Held<LoginSettings>(ACCOUNTS_MAX);

  constructor(store: Store) {
    this.#store = store;
  }

  /** Drops what is held of an account. */
  forget(accountId: string): void {
    this.#held.forget(accountId);
  }

  /** While changes are not heard, every question goes to the store. */
  hearing(isHearing: boolean): void {
    this.#held.holding(isHearing);
  }

  get(accountId: string): Promise<LoginSettings> {
    return this.#held.get(
      accountId,
      () => this.#load(accountId),
      () => accountId,
    );
  }

  async #load(accountId: string): Promise<LoginSettings> {
    const [row] = await this.#store.query<Row>(
      'SELECT * FROM keyshift.login_settings WHERE account_id = $1',
      [accountId],
    );
    return row === undefined ? DEFAULTS : fromRow(row);
  }

  /** Replaces them, for credentials that are issued from now on. */
  async put(accountId: string, settings: LoginSettings): Promise<void> {
    await this.#store.transaction(async (database) => {
      await database.query(
        `INSERT INTO keyshift.login_settings VALUES ($1, $2, $3, $4)
         ON CONFLICT (account_id) DO UPDATE SET session_seconds = excluded.session_seconds,
           end_sessions_at_expiry = excluded.end_sessions_at_expiry, revoke_on_removal = excluded.revoke_on_removal`,
        [accountId, settings.sessionSeconds ?? null, settings.endSessionsAtExpiry, settings.revokeOnRemoval],
      );
      await database.query("SELECT pg_notify('keyshift_changes', $1)", [accountId]);
    });
    this.forget(accountId);
  }
}

function fromRow(row: Row): LoginSettings {
  return {
    sessionSeconds: row.session_seconds ?? undefined,
    endSessionsAtExpiry: row.end_sessions_at_expiry,
    revokeOnRemoval: row.revoke_on_removal,
  };
}
