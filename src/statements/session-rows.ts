import type { Clock } from '../core/clock.ts';
import type {
  SessionFilter,
  SessionStatus,
  StatementOwner,
  StatementSession,
} from '../redshift/statements.ts';
import type { Database } from '../store/database.ts';
import { ACTIVE_SQL, RETENTION_MS } from './statement-rows.ts';

/** Sessions that are kept between statements, in the store: which node holds the connection, and how it is used. */

interface Row {
  readonly id: string;
  readonly accountId: string;
  readonly ownerId: string;
  readonly userId: string;
  readonly cluster: string;
  readonly workgroup: string | null;
  readonly database: string;
  readonly dbUser: string;
  readonly keepAliveSeconds: number;
  readonly status: SessionStatus;
  readonly statementId: string | null;
  readonly node: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

const COLUMNS = `session_id AS id, account_id AS "accountId", owner_id AS "ownerId", user_id AS "userId", cluster,
  workgroup, database, db_user AS "dbUser", keep_alive_seconds AS "keepAliveSeconds", status,
  statement_id AS "statementId", node, created_at AS "createdAt", updated_at AS "updatedAt"`;

export class SessionRows {
  readonly #store: Database;
  readonly #clock: Clock;

  constructor(store: Database, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  async insert(session: StatementSession): Promise<void> {
    const { id, owner, target } = session;
    await this.#store.query(
      `INSERT INTO keyshift.data_sessions (session_id, account_id, owner_id, user_id, cluster, workgroup, database,
         db_user, keep_alive_seconds, status, statement_id, node, created_at, updated_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13)`,
      [
        id,
        owner.accountId,
        owner.ownerId,
        owner.userId,
        target.cluster,
        target.workgroup ?? null,
        target.database,
        target.dbUser,
        session.keepAliveSeconds,
        session.status,
        session.statementId ?? null,
        session.node,
        session.createdAt,
      ],
    );
  }

  async find(owner: StatementOwner, id: string): Promise<StatementSession | undefined> {
    const [row] = await this.#store.query<Row>(
      `SELECT ${COLUMNS} FROM keyshift.data_sessions WHERE session_id = $1 AND account_id = $2 AND owner_id = $3`,
      [id, owner.accountId, owner.ownerId],
    );
    return row === undefined ? undefined : toSession(row);
  }

  /** How many of a cluster other nodes hold. */
  async openElsewhere(accountId: string, cluster: string, node: number): Promise<number> {
    const [row] = await this.#store.query<{ count: number }>(
      `SELECT count(*)::int AS count FROM keyshift.data_sessions
       WHERE account_id = $1 AND cluster = $2 AND node <> $3 AND status <> 'CLOSED'`,
      [accountId, cluster, node],
    );
    return row?.count ?? 0;
  }

  /** The newest first, after the one of the id `after`. Closed ones for a day. */
  async list(
    owner: StatementOwner,
    filter: SessionFilter,
    after: string | undefined,
    max: number,
  ): Promise<StatementSession[]> {
    const rows = await this.#store.query<Row>(
      `SELECT ${COLUMNS} FROM keyshift.data_sessions
       WHERE account_id = $1 AND owner_id = $2 AND status = ANY ($3)
         AND ($4::text IS NULL OR (cluster = $4 AND workgroup IS NULL)) AND ($5::text IS NULL OR workgroup = $5)
         AND ($6::text IS NULL OR database = $6) AND ($7::text IS NULL OR user_id = $7)
         AND ($8::text IS NULL OR (created_at, session_id) <
           (SELECT a.created_at, a.session_id FROM keyshift.data_sessions a WHERE a.session_id = $8
              AND a.account_id = $1 AND a.owner_id = $2))
       ORDER BY created_at DESC, session_id DESC LIMIT $9`,
      [
        owner.accountId,
        owner.ownerId,
        filter.statuses,
        filter.cluster ?? null,
        filter.workgroup ?? null,
        filter.database ?? null,
        filter.userId ?? null,
        after ?? null,
        max,
      ],
    );
    return rows.map(toSession);
  }

  /** Takes a session for a statement. False when it runs one, or is closed. */
  async take(id: string, keepAliveSeconds: number | undefined): Promise<boolean> {
    const rows = await this.#store.query(
      `UPDATE keyshift.data_sessions SET status = 'BUSY', updated_at = $2,
         keep_alive_seconds = coalesce($3, keep_alive_seconds)
       WHERE session_id = $1 AND status = 'AVAILABLE' RETURNING 1`,
      [id, this.#clock.now(), keepAliveSeconds ?? null],
    );
    return rows.length > 0;
  }

  /** Notes which node holds the connection. */
  async heldBy(id: string, node: number): Promise<void> {
    await this.#store.query('UPDATE keyshift.data_sessions SET node = $2 WHERE session_id = $1', [id, node]);
  }

  /** Names the statement that a session was taken for. */
  async runs(id: string, statementId: string): Promise<void> {
    await this.#store.query('UPDATE keyshift.data_sessions SET statement_id = $2 WHERE session_id = $1', [
      id,
      statementId,
    ]);
  }

  /** A closed session stays closed. */
  async set(id: string, status: SessionStatus): Promise<void> {
    await this.#store.query(
      `UPDATE keyshift.data_sessions SET status = $2, statement_id = NULL, updated_at = $3
       WHERE session_id = $1 AND status <> 'CLOSED'`,
      [id, status, this.#clock.now()],
    );
  }

  /** Sessions that are open, by the nodes that hold them, and whether a statement is to run, or runs, in each. */
  async open(): Promise<{ readonly id: string; readonly node: number; readonly isWanted: boolean }[]> {
    const rows = await this.#store.query<{ id: string; node: string; isWanted: boolean }>(
      `SELECT session_id AS id, node, EXISTS (SELECT FROM keyshift.data_statements d
         WHERE d.statement_id = s.statement_id AND d.${ACTIVE_SQL}) AS "isWanted"
       FROM keyshift.data_sessions s WHERE status <> 'CLOSED'`,
    );
    return rows.map(({ id, node, isWanted }) => ({ id, node: Number(node), isWanted }));
  }

  async removeOld(): Promise<void> {
    const oldest = new Date(this.#clock.now().getTime() - RETENTION_MS);
    await this.#store.query(
      `DELETE FROM keyshift.data_sessions WHERE status = 'CLOSED' AND updated_at <= $1`,
      [oldest],
    );
  }
}

function toSession(row: Row): StatementSession {
  const { id, accountId, ownerId, userId, cluster, database, dbUser, keepAliveSeconds, status } = row;
  return {
    id,
    owner: { accountId, ownerId, userId },
    target: { cluster, workgroup: row.workgroup ?? undefined, database, dbUser },
    keepAliveSeconds,
    status,
    statementId: row.statementId ?? undefined,
    node: Number(row.node),
    createdAt: row.createdAt,
    updatedAt: row.updatedAt,
  };
}
