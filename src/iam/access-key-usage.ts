import type { Database } from '../store/database.ts';
import type { LastUse } from './access-keys.ts';

/** Keys and roles whose use is remembered between two writes. Past it the use of further ones is not recorded. */
const KEYS_MAX = 10_000;

interface Noted extends LastUse {
  readonly accountId: string;
}

/**
 * Remembers when access keys and roles were used and writes it down now and then: a write for each request would cost
 * more than the request. What is lost when a node dies is the last interval of a fact that IAM, too, shows late.
 */
export class AccessKeyUsage {
  readonly #store: Database;
  #noted = new Map<string, Noted>();

  constructor(store: Database) {
    this.#store = store;
  }

  /** Notes that a key has signed a request, or the session of a role: by the key's id or the role's. */
  note(accountId: string, id: string, use: LastUse): void {
    if (this.#noted.size >= KEYS_MAX && !this.#noted.has(id)) return;
    this.#noted.set(id, { accountId, ...use });
  }

  /** Writes what was noted since the last time, in one statement. What could not be written is noted again. */
  async flush(): Promise<void> {
    const noted = this.#noted;
    if (noted.size === 0) return;
    this.#noted = new Map();
    try {
      await this.#write(noted);
    } catch (error) {
      for (const [id, use] of noted) if (!this.#noted.has(id)) this.note(use.accountId, id, use);
      throw error;
    }
  }

  async #write(noted: ReadonlyMap<string, Noted>): Promise<void> {
    const uses = [...noted.values()];
    const values = [
      uses.map(({ accountId }) => accountId),
      [...noted.keys()],
      uses.map(({ at }) => at),
      uses.map(({ service }) => service),
      uses.map(({ region }) => region),
    ];
    await this.#store.query(
      `WITH n AS (
         SELECT * FROM unnest($1::text[], $2::text[], $3::timestamptz[], $4::text[], $5::text[])
           AS n (account_id, id, at, service, region)
       ), roles AS (
         UPDATE keyshift.iam_roles r SET last_used_at = n.at, last_used_region = n.region FROM n
         WHERE r.account_id = n.account_id AND r.id = n.id AND (r.last_used_at IS NULL OR r.last_used_at < n.at)
       )
       UPDATE keyshift.iam_access_keys k
       SET last_used_at = n.at, last_used_service = n.service, last_used_region = n.region FROM n
       WHERE k.account_id = n.account_id AND k.access_key_id = n.id
         AND (k.last_used_at IS NULL OR k.last_used_at < n.at)`,
      values,
    );
  }
}
