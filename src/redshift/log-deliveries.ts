import type { Store } from '../store/database.ts';

/** How the delivery of each cluster's logs went last. In the store, because any node may be asked. */

interface ClusterName {
  readonly accountId: string;
  readonly identifier: string;
}

export interface LastDelivery {
  readonly succeededAt: Date | undefined;
  readonly failedAt: Date | undefined;
  readonly failure: string | undefined;
}

interface Row {
  succeeded_at: Date | null;
  failed_at: Date | null;
  failure: string | null;
}

export class LogDeliveries {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  async last(cluster: ClusterName): Promise<LastDelivery> {
    const [row] = await this.#store.query<Row>(
      `SELECT succeeded_at, failed_at, failure FROM keyshift.log_deliveries
       WHERE account_id = $1 AND cluster_identifier = $2`,
      [cluster.accountId, cluster.identifier],
    );
    return {
      succeededAt: row?.succeeded_at ?? undefined,
      failedAt: row?.failed_at ?? undefined,
      failure: row?.failure ?? undefined,
    };
  }

  /** A failure stays known, with its time, until logging is enabled anew. */
  async succeeded(cluster: ClusterName, at: Date): Promise<void> {
    await this.#put(cluster, 'succeeded_at', 'succeeded_at = excluded.succeeded_at', [at]);
  }

  async failed(cluster: ClusterName, at: Date, why: string): Promise<void> {
    const change = 'failed_at = excluded.failed_at, failure = excluded.failure';
    await this.#put(cluster, 'failed_at, failure', change, [at, why]);
  }

  /** Forgets them: what is told is about the logging that is enabled now. */
  async forget(cluster: ClusterName): Promise<void> {
    await this.#store.query(
      'DELETE FROM keyshift.log_deliveries WHERE account_id = $1 AND cluster_identifier = $2',
      [cluster.accountId, cluster.identifier],
    );
  }

  /** A cluster that is gone meanwhile has no row, and needs none. */
  async #put(
    cluster: ClusterName,
    columns: string,
    change: string,
    values: readonly unknown[],
  ): Promise<void> {
    const places = values.map((_, index) => `$${index + 3}`).join(', ');
    await this.#store.query(
      `INSERT INTO keyshift.log_deliveries (account_id, cluster_identifier, ${columns})
       SELECT account_id, cluster_identifier, ${places} FROM keyshift.clusters
       WHERE account_id = $1 AND cluster_identifier = $2
       ON CONFLICT (account_id, cluster_identifier) DO UPDATE SET ${change}`,
      [cluster.accountId, cluster.identifier, ...values],
    );
  }
}
