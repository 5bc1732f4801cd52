import type { Clock } from '../core/clock.ts';
import type { Store } from '../store/database.ts';
import { PRESENCE_CLASS } from '../store/node-calls.ts';
import type { Credential } from './credential.ts';

/** What all nodes of a store know together about credentials in use: their sessions, and the networks they came from. */

/** Uses that wait to be told to the others; past it they are not, and each node still looks at its own. */
const NETWORKS_QUEUE_MAX = 10_000;

interface Use {
  readonly credential: Credential;
  readonly network: string;
  /** Is told from which networks it was used before, if this one is new to all nodes. */
  readonly found: (earlier: readonly string[]) => void;
}

export class CredentialUse {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #node: number;
  /** Sessions of this node that are counted. */
  readonly #counted = new Set<string>();
  #uses: Use[] = [];

  constructor(store: Store, clock: Clock, node: number) {
    this.#store = store;
    this.#clock = clock;
    this.#node = node;
  }

  /** Counts one more session with a credential, on all nodes. False: it has `sessionsMax` already. */
  async enter(sessionId: string, credential: Credential, sessionsMax: number): Promise<boolean> {
    this.#counted.add(sessionId);
    const [row] = await this.#store.query<{ entered: boolean }>(
      'SELECT keyshift.enter_credential_session($1, $2, $3, $4, $5, $6) AS entered',
      [sessionId, credential.credentialId, this.#node, credential.expiresAt, sessionsMax, PRESENCE_CLASS],
    );
    return row?.entered === true;
  }

  /** Ends the count of a session that may have been counted. What cannot be told now is told by `tidy`. */
  leave(sessionId: string): void {
    if (!this.#counted.delete(sessionId)) return;
    this.#store
      .query('DELETE FROM keyshift.credential_sessions WHERE session_id = $1', [sessionId])
      .catch(() => {});
  }

  /** Notes from where a credential is used; told to the other nodes by `settleNetworks`. */
  note(use: Use): void {
    if (this.#uses.length < NETWORKS_QUEUE_MAX) this.#uses.push(use);
  }

  /** Tells the other nodes what is new, and hears what they have seen. To be called every second. */
  async settleNetworks(): Promise<void> {
    const uses = [...this.#uses];
    if (uses.length === 0) return;
    const rows = await this.#store.query<{ place: number; earlier: string[] }>(
      'SELECT place, earlier FROM keyshift.note_credential_networks($1, $2, $3)',
      [
        uses.map(({ credential }) => credential.credentialId),
        uses.map(({ network }) => network),
        uses.map(({ credential }) => credential.expiresAt),
      ],
    );
    this.#uses = this.#uses.slice(uses.length);
    for (const { place, earlier } of rows) if (earlier.length > 0) uses[place - 1]?.found(earlier);
  }

  /** Removes what counts no more: sessions that ended unheard, and what is about credentials that have expired. */
  async tidy(): Promise<void> {
    const now = this.#clock.now();
    await this.#store.query(
      `DELETE FROM keyshift.credential_sessions WHERE expires_at < $1
         OR (node = $2 AND session_id <> ALL ($3))`,
      [now, this.#node, [...this.#counted]],
    );
    await this.#store.query('DELETE FROM keyshift.credential_networks WHERE expires_at < $1', [now]);
  }
}
