import { redshiftArn } from '../core/arn.ts';
import type { Clock } from '../core/clock.ts';
import { codeOf } from '../core/errors.ts';
import type { Database, Store } from '../store/database.ts';
import { Held } from '../store/held.ts';
import {
  clusterAlreadyExists,
  clusterNotFound,
  clusterQuotaExceeded,
  invalidClusterState,
} from './errors.ts';
import { LogDeliveries } from './log-deliveries.ts';
import type { Logging } from './logging.ts';
import type { ParameterValue } from './parameters.ts';
import type { Tag } from './tags.ts';

export type ClusterStatus =
  | 'creating'
  | 'available'
  | 'modifying'
  | 'rebooting'
  | 'pausing'
  | 'paused'
  | 'resuming'
  | 'deleting'
  | 'failed';

/** A cluster as the store keeps it. */
export interface Cluster {
  readonly accountId: string;
  readonly identifier: string;
  readonly kind: 'embedded' | 'external';
  readonly status: ClusterStatus;
  /** Folder below the data directory; empty for an external cluster. */
  readonly directory: string;
  /** Port of its gateway listener. */
  readonly port: number;
  readonly masterUsername: string;
  readonly databaseName: string;
  readonly settings: ClusterSettings;
  readonly createdAt: Date;
}

/** How a cluster is set up. What is optional may be absent in rows that an earlier version wrote. */
export interface ClusterSettings {
  readonly nodeType: string;
  readonly numberOfNodes: number;
  readonly preferredMaintenanceWindow: string;
  readonly tags: readonly Tag[];
  /** `default.redshift-1.0` if absent. */
  readonly parameterGroup?: string;
  /** Of the parameter group, as they were when the server started last. */
  readonly appliedParameters?: readonly ParameterValue[];
  readonly iamRoles?: readonly string[];
  /** Absent while EnableLogging is not asked for. */
  readonly logging?: Logging;
  readonly defaultIamRole?: string;
  /** What has no effect here, and is given back as it was sent. Only the API's rows know its members. */
  readonly described?: Readonly<Record<string, unknown>>;
}

interface Row {
  account_id: string;
  cluster_identifier: string;
  kind: Cluster['kind'];
  status: ClusterStatus;
  directory: string;
  port: number;
  master_username: string;
  database_name: string;
  settings: ClusterSettings;
  created_at: Date;
}

export const clusterArn = (region: string, cluster: { accountId: string; identifier: string }): string =>
  redshiftArn(region, cluster.accountId, 'cluster', cluster.identifier);

/** Accounts whose clusters are held in memory. */
const ACCOUNTS_MAX = 1_000;

/** The clusters of all accounts in the store, with the rows held in memory and dropped when they change. */
export class Clusters {
  readonly logDeliveries: LogDeliveries;
  readonly #store: Store;
  readonly #held = new Held<readonly Cluster[]>(ACCOUNTS_MAX);

  constructor(store: Store) {
    this.#store = store;
    this.logDeliveries = new LogDeliveries(store);
  }

  /** Drops what is held of an account: its clusters changed. */
  forget(accountId: string): void {
    this.#held.forget(accountId);
  }

  /** While changes are not heard, every question goes to the store. */
  hearing(isHearing: boolean): void {
    this.#held.holding(isHearing);
  }

  /** All clusters of an account, by identifier. */
  list(accountId: string): Promise<readonly Cluster[]> {
    return this.#held.get(
      accountId,
      () => this.#load(accountId),
      () => accountId,
    );
  }

  async #load(accountId: string): Promise<readonly Cluster[]> {
    const rows = await this.#store.query<Row>(
      'SELECT * FROM keyshift.clusters WHERE account_id = $1 ORDER BY cluster_identifier COLLATE "C"',
      [accountId],
    );
    return rows.map(fromRow);
  }

  /** The cluster of that identifier, exact in case. Throws ClusterNotFound. */
  async get(accountId: string, identifier: string): Promise<Cluster> {
    const cluster = await this.find(accountId, identifier);
    if (cluster === undefined) throw clusterNotFound(identifier);
    return cluster;
  }

  /** The same, or undefined. */
  async find(accountId: string, identifier: string): Promise<Cluster | undefined> {
    return (await this.list(accountId)).find((cluster) => cluster.identifier === identifier);
  }

  /** Every cluster of every account, for the node that serves them. */
  async all(): Promise<readonly Cluster[]> {
    const rows = await this.#store.query<Row>('SELECT * FROM keyshift.clusters ORDER BY port');
    return rows.map(fromRow);
  }

  /** Adds a cluster, if the account then has at most `max`. Throws ClusterAlreadyExists, ClusterQuotaExceeded. */
  async insert(
    cluster: Omit<Cluster, 'createdAt'>,
    clock: Clock,
    max = Number.POSITIVE_INFINITY,
  ): Promise<void> {
    const values = [
      cluster.accountId,
      cluster.identifier,
      cluster.kind,
      cluster.status,
      cluster.directory,
      cluster.port,
      cluster.masterUsername,
      cluster.databaseName,
      JSON.stringify(cluster.settings),
      clock.now(),
    ];
    try {
      await this.#change(cluster.accountId, async (database) => {
        await database.query(
          'INSERT INTO keyshift.clusters VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)',
          values,
        );
        const [row] = await database.query<{ count: number }>(
          'SELECT count(*)::int AS count FROM keyshift.clusters WHERE account_id = $1',
          [cluster.accountId],
        );
        if ((row?.count ?? 0) > max) throw clusterQuotaExceeded();
      });
    } catch (error) {
      if (codeOf(error) === '23505') throw clusterAlreadyExists();
      throw error;
    }
  }

  /** Moves a cluster from one of the states `from` to `to`. Throws ClusterNotFound or InvalidClusterState. */
  async setStatus(
    cluster: { readonly accountId: string; readonly identifier: string },
    from: readonly ClusterStatus[],
    to: ClusterStatus,
  ): Promise<void> {
    const moved = await this.#change(cluster.accountId, (database) =>
      database.query(
        `UPDATE keyshift.clusters SET status = $4
         WHERE account_id = $1 AND cluster_identifier = $2 AND status = ANY ($3) RETURNING 1 AS moved`,
        [cluster.accountId, cluster.identifier, from, to],
      ),
    );
    if (moved.length > 0) return;
    const current = await this.get(cluster.accountId, cluster.identifier);
    throw invalidClusterState(`Cluster ${cluster.identifier} is in state ${current.status}.`);
  }

  /** Changes the settings of a cluster, worked out from the present ones, and gives the cluster then. Throws ClusterNotFound. */
  async changeSettings(
    cluster: { readonly accountId: string; readonly identifier: string },
    change: (settings: ClusterSettings) => ClusterSettings,
  ): Promise<Cluster> {
    const { accountId, identifier } = cluster;
    return this.#change(accountId, async (database) => {
      const where = 'WHERE account_id = $1 AND cluster_identifier = $2';
      const [row] = await database.query<Row>(`SELECT * FROM keyshift.clusters ${where}`, [
        accountId,
        identifier,
      ]);
      if (row === undefined) throw clusterNotFound(identifier);
      const settings = change(row.settings);
      await database.query(`UPDATE keyshift.clusters SET settings = $3 ${where}`, [
        accountId,
        identifier,
        JSON.stringify(settings),
      ]);
      return fromRow({ ...row, settings });
    });
  }

  /** Gives a cluster another port; a cluster that has it, of whatever account, gets the old one of this. */
  async setPort(cluster: { readonly port: number }, port: number): Promise<void> {
    const moved = await this.#store.transaction(async (database) => {
      const rows = await database.query<{ account_id: string }>(
        `UPDATE keyshift.clusters SET port = CASE port WHEN $1 THEN $2::integer ELSE $1 END
         WHERE port IN ($1, $2) RETURNING account_id`,
        [port, cluster.port],
      );
      const accounts = new Set(rows.map(({ account_id: accountId }) => accountId));
      for (const accountId of accounts) await announce(database, accountId);
      return accounts;
    });
    for (const accountId of moved) this.forget(accountId);
  }

  async remove(cluster: { readonly accountId: string; readonly identifier: string }): Promise<void> {
    await this.#change(cluster.accountId, (database) =>
      database.query('DELETE FROM keyshift.clusters WHERE account_id = $1 AND cluster_identifier = $2', [
        cluster.accountId,
        cluster.identifier,
      ]),
    );
  }

  async #change<T>(accountId: string, work: (database: Database) => Promise<T>): Promise<T> {
    const result = await this.#store.transaction(async (database) => {
      const done = await work(database);
      await announce(database, accountId);
      return done;
    });
    this.forget(accountId);
    return result;
  }
}

async function announce(database: Database, accountId: string): Promise<void> {
  await database.query("SELECT pg_notify('keyshift_changes', $1)", [accountId]);
}

function fromRow(row: Row): Cluster {
  return {
    accountId: row.account_id,
    identifier: row.cluster_identifier,
    kind: row.kind,
    status: row.status,
    directory: row.directory,
    port: row.port,
    masterUsername: row.master_username,
    databaseName: row.database_name,
    settings: row.settings,
    createdAt: row.created_at,
  };
}
