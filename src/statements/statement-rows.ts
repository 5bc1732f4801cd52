import type { Clock } from '../core/clock.ts';
import { codeOf } from '../core/errors.ts';
import {
  ACTIVE,
  type Statement,
  type StatementFilter,
  type StatementOrder,
  type StatementOwner,
  type StatementPart,
  type StatementStatus,
} from '../redshift/statements.ts';
import type { Database } from '../store/database.ts';
import type { Sealer } from '../store/sealer.ts';

/**
 * Statements in the store. What they say and what came of them is sealed; who, where, when and how far they are is not.
 * A statement that has ended is forgotten a day later, with its results.
 */

/** As on AWS. Source: Amazon Redshift Management Guide, "Considerations when calling the Amazon Redshift Data API". */
export const RETENTION_MS = 24 * 60 * 60 * 1000;
const CLIENT_TOKEN_MS = 8 * 60 * 60 * 1000;

/** Of a row whose statement has not ended. */
export const ACTIVE_SQL = `status IN (${[...ACTIVE].map((status) => `'${status}'`).join(', ')})`;
const UNIQUE_VIOLATION = '23505';

/** The sealed part that changes. */
export interface Outcome {
  readonly error: string | undefined;
  readonly pid: number | undefined;
  readonly parts: readonly StatementPart[];
}

interface Row {
  readonly id: string;
  readonly accountId: string;
  readonly ownerId: string;
  readonly userId: string;
  readonly principalArn: string;
  readonly sessionId: string | null;
  readonly cluster: string;
  readonly workgroup: string | null;
  readonly database: string;
  readonly dbUser: string;
  readonly status: StatementStatus;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly sealedOrder: Buffer;
  readonly sealedOutcome: Buffer | null;
}

const COLUMNS = `statement_id AS id, account_id AS "accountId", owner_id AS "ownerId", user_id AS "userId",
  principal_arn AS "principalArn", session_id AS "sessionId", cluster, workgroup, database, db_user AS "dbUser", status,
  created_at AS "createdAt", updated_at AS "updatedAt", sealed_order AS "sealedOrder", sealed_outcome AS "sealedOutcome"`;

export interface StatementRowsDeps {
  readonly store: Database;
  readonly sealer: Sealer;
  readonly clock: Clock;
  /** This node's number among the others. */
  readonly node: number;
}

export class StatementRows {
  readonly #deps: StatementRowsDeps;

  constructor(deps: StatementRowsDeps) {
    this.#deps = deps;
  }

  /** False when the owner has a statement with this token already. */
  async insert(statement: Statement): Promise<boolean> {
    const { id, owner, target, order } = statement;
    const { store, sealer, node } = this.#deps;
    const token = order.clientToken ?? null;
    if (token !== null) await this.#forgetToken(owner, token);
    try {
      await store.query(
        `INSERT INTO keyshift.data_statements (statement_id, account_id, owner_id, user_id, principal_arn, client_token,
           name, session_id, cluster, workgroup, database, db_user, status, node, created_at, updated_at, sealed_order)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $15, $16)`,
        [
          id,
          owner.accountId,
          owner.ownerId,
          owner.userId,
          owner.principalArn,
          token,
          order.name ?? null,
          statement.sessionId ?? null,
          target.cluster,
          target.workgroup ?? null,
          target.database,
          target.dbUser,
          statement.status,
          node,
          statement.createdAt,
          sealer.seal(Buffer.from(JSON.stringify(order)), contextOf(id, 'order')),
        ],
      );
      return true;
    } catch (error) {
      if (codeOf(error) === UNIQUE_VIOLATION) return false;
      throw error;
    }
  }

  async find(owner: StatementOwner, id: string): Promise<Statement | undefined> {
    const [row] = await this.#deps.store.query<Row>(
      `SELECT ${COLUMNS} FROM keyshift.data_statements
       WHERE statement_id = $1 AND account_id = $2 AND owner_id = $3 AND (${ACTIVE_SQL} OR updated_at > $4)`,
      [id, owner.accountId, owner.ownerId, this.#oldest(RETENTION_MS)],
    );
    return row === undefined ? undefined : this.#toStatement(row);
  }

  /** For the node that is to run it. */
  async findAny(id: string): Promise<Statement | undefined> {
    const [row] = await this.#deps.store.query<Row>(
      `SELECT ${COLUMNS} FROM keyshift.data_statements WHERE statement_id = $1`,
      [id],
    );
    return row === undefined ? undefined : this.#toStatement(row);
  }

  async findByToken(owner: StatementOwner, token: string): Promise<Statement | undefined> {
    const [row] = await this.#deps.store.query<Row>(
      `SELECT ${COLUMNS} FROM keyshift.data_statements
       WHERE account_id = $1 AND owner_id = $2 AND client_token = $3 AND created_at > $4`,
      [owner.accountId, owner.ownerId, token, this.#oldest(CLIENT_TOKEN_MS)],
    );
    return row === undefined ? undefined : this.#toStatement(row);
  }

  /** The newest first, after the one of the id `after`. */
  async list(
    owner: StatementOwner,
    filter: StatementFilter,
    after: string | undefined,
    max: number,
  ): Promise<Statement[]> {
    const rows = await this.#deps.store.query<Row>(
      `SELECT ${COLUMNS} FROM keyshift.data_statements
       WHERE account_id = $1 AND owner_id = $2 AND (${ACTIVE_SQL} OR updated_at > $3)
         AND ($4 = 'ALL' OR status = $4) AND ($5::text IS NULL OR starts_with(name, $5))
         AND ($6::text IS NULL OR (cluster = $6 AND workgroup IS NULL)) AND ($7::text IS NULL OR workgroup = $7)
         AND ($8::text IS NULL OR database = $8) AND ($9::text IS NULL OR user_id = $9)
         AND ($10::text IS NULL OR (created_at, statement_id) <
           (SELECT a.created_at, a.statement_id FROM keyshift.data_statements a WHERE a.statement_id = $10
              AND a.account_id = $1 AND a.owner_id = $2))
       ORDER BY created_at DESC, statement_id DESC LIMIT $11`,
      [
        owner.accountId,
        owner.ownerId,
        this.#oldest(RETENTION_MS),
        filter.status,
        filter.namePrefix ?? null,
        filter.cluster ?? null,
        filter.workgroup ?? null,
        filter.database ?? null,
        filter.userId ?? null,
        after ?? null,
        max,
      ],
    );
    return rows.map((row) => this.#toStatement(row));
  }

  /** How many statements of a cluster other nodes have to run. */
  async activeElsewhere(accountId: string, cluster: string): Promise<number> {
    const [row] = await this.#deps.store.query<{ count: number }>(
      `SELECT count(*)::int AS count FROM keyshift.data_statements
       WHERE account_id = $1 AND cluster = $2 AND node <> $3 AND ${ACTIVE_SQL}`,
      [accountId, cluster, this.#deps.node],
    );
    return row?.count ?? 0;
  }

  /** Takes a statement for this node. False when another has it, or it has ended. */
  async claim(id: string): Promise<boolean> {
    const rows = await this.#deps.store.query(
      `UPDATE keyshift.data_statements SET status = 'PICKED', node = $2, updated_at = $3
       WHERE statement_id = $1 AND status = 'SUBMITTED' RETURNING 1`,
      [id, this.#deps.node, this.#deps.clock.now()],
    );
    return rows.length > 0;
  }

  /** Notes how far a statement is. False when it has ended meanwhile, which nothing undoes. */
  async progress(
    id: string,
    status: StatementStatus,
    outcome: Outcome,
    keptBytes: number | undefined = undefined,
  ): Promise<boolean> {
    const { store, sealer, clock } = this.#deps;
    const rows = await store.query(
      `UPDATE keyshift.data_statements SET status = $2, sealed_outcome = $3, updated_at = $4,
         kept_bytes = coalesce($5, kept_bytes)
       WHERE statement_id = $1 AND ${ACTIVE_SQL} RETURNING 1`,
      [
        id,
        status,
        sealer.seal(Buffer.from(JSON.stringify(outcome)), contextOf(id, 'outcome')),
        clock.now(),
        keptBytes ?? null,
      ],
    );
    return rows.length > 0;
  }

  /** Ends what has an active status and runs on none of the nodes that are there. Gives how many. */
  async abandon(id: string, error: string): Promise<void> {
    const found = await this.findAny(id);
    if (found === undefined) return;
    const parts = found.parts.map((part) =>
      part.status === 'STARTED' ? { ...part, status: 'FAILED' as const } : part,
    );
    await this.progress(id, 'FAILED', { error, pid: found.pid, parts });
  }

  /** Statements with an active status, by the nodes that have them. */
  async active(): Promise<{ readonly id: string; readonly node: number }[]> {
    const rows = await this.#deps.store.query<{ id: string; node: string }>(
      `SELECT statement_id AS id, node FROM keyshift.data_statements WHERE ${ACTIVE_SQL}`,
    );
    return rows.map(({ id, node }) => ({ id, node: Number(node) }));
  }

  async removeOld(): Promise<void> {
    const { store } = this.#deps;
    await store.query(`DELETE FROM keyshift.data_statements WHERE NOT (${ACTIVE_SQL}) AND updated_at <= $1`, [
      this.#oldest(RETENTION_MS),
    ]);
  }

  async #forgetToken(owner: StatementOwner, token: string): Promise<void> {
    await this.#deps.store.query(
      `UPDATE keyshift.data_statements SET client_token = NULL
       WHERE account_id = $1 AND owner_id = $2 AND client_token = $3 AND created_at <= $4`,
      [owner.accountId, owner.ownerId, token, this.#oldest(CLIENT_TOKEN_MS)],
    );
  }

  #oldest(ms: number): Date {
    return new Date(this.#deps.clock.now().getTime() - ms);
  }

  #toStatement(row: Row): Statement {
    const { sealer } = this.#deps;
    const { id, accountId, ownerId, userId, principalArn, cluster, database, dbUser } = row;
    // Both were written by this class.
    const order = JSON.parse(String(sealer.open(row.sealedOrder, contextOf(id, 'order')))) as StatementOrder;
    const outcome = row.sealedOutcome === null ? undefined : this.#outcome(id, row.sealedOutcome);
    return {
      id,
      owner: { accountId, ownerId, userId, principalArn },
      target: { cluster, workgroup: row.workgroup ?? undefined, database, dbUser },
      order,
      sessionId: row.sessionId ?? undefined,
      status: row.status,
      error: outcome?.error,
      createdAt: row.createdAt,
      updatedAt: row.updatedAt,
      pid: outcome?.pid,
      parts: outcome?.parts ?? [],
    };
  }

  #outcome(id: string, sealed: Buffer): Outcome {
    const read = JSON.parse(String(this.#deps.sealer.open(sealed, contextOf(id, 'outcome')))) as Outcome;
    return { ...read, parts: read.parts.map((part) => ({ ...part, updatedAt: new Date(part.updatedAt) })) };
  }
}

const contextOf = (id: string, what: 'order' | 'outcome'): string => `keyshift/statement/${id}/${what}`;
