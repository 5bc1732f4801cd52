import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Clock } from '../core/clock.ts';
import {
  activeSessionsExceeded,
  activeStatementsExceeded,
  sessionBusy,
  sessionUnavailable,
  statementEnded,
  statementInvalid,
  waitingRequestsExceeded,
} from '../redshift/statement-errors.ts';
import {
  ACTIVE,
  type ResultRow,
  type SessionFilter,
  type Statement,
  type StatementFilter,
  type StatementLogin,
  type StatementOrder,
  type StatementOwner,
  type StatementSession,
  type Statements,
  type StatementTarget,
} from '../redshift/statements.ts';
import { askDatabase } from './ask-database.ts';
import { clusterKey, type Jobs } from './jobs.ts';
import type { KeptSessions } from './kept-sessions.ts';
import { requireParametersUsed } from './place-parameters.ts';
import type { ResultPages } from './result-pages.ts';
import type { SessionRows } from './session-rows.ts';
import type { StatementNodes } from './statement-nodes.ts';
import type { StatementRows } from './statement-rows.ts';

/** What the operations of the Data API ask: takes statements on, tells of them, and finds the node that runs them. */

/** As on AWS: statements of a cluster that run or wait. */
const ACTIVE_MAX = 500;
/** Sessions of a cluster that are kept open; AWS has 500, an embedded server 200 connections in all. */
const SESSIONS_MAX = 50;
/** Requests that wait for the end of one statement at a time; each holds a connection. */
const WAITING_MAX = 10;
/** Between two looks for the end of a statement that another node runs. */
const LOOK_MS = 200;

export interface StatementServiceDeps {
  readonly rows: StatementRows;
  readonly sessionRows: SessionRows;
  readonly pages: ResultPages;
  readonly kept: KeptSessions;
  readonly jobs: Jobs;
  readonly clock: Clock;
  readonly nodes: StatementNodes;
  /** This node's number among the others. */
  readonly node: number;
}

export class StatementService implements Statements {
  readonly #deps: StatementServiceDeps;
  /** Requests that wait, by statement. */
  readonly #waiting = new Map<string, number>();
  /** Statements that are being taken on, by cluster: they count before they are among the jobs. */
  readonly #arriving = new Map<string, number>();

  constructor(deps: StatementServiceDeps) {
    this.#deps = deps;
  }

  async repeated(owner: StatementOwner, order: StatementOrder): Promise<Statement | undefined> {
    if (order.clientToken === undefined) return undefined;
    const found = await this.#deps.rows.findByToken(owner, order.clientToken);
    if (found === undefined || found.order.fingerprint === order.fingerprint) return found;
    throw statementInvalid('The client token was used before, with other parameters.');
  }

  submit(
    owner: StatementOwner,
    target: StatementTarget,
    order: StatementOrder,
    login: StatementLogin,
  ): Promise<Statement> {
    const key = clusterKey(owner.accountId, target.cluster);
    return counted(this.#arriving, key, () => this.#submit(owner, target, order, login));
  }

  submitInSession(
    owner: StatementOwner,
    session: StatementSession,
    order: StatementOrder,
  ): Promise<Statement> {
    const key = clusterKey(owner.accountId, session.target.cluster);
    return counted(this.#arriving, key, () => this.#submitInSession(owner, session, order));
  }

  find(owner: StatementOwner, id: string): Promise<Statement | undefined> {
    return this.#deps.rows.find(owner, id);
  }

  async settled(owner: StatementOwner, id: string, seconds: number): Promise<Statement | undefined> {
    const { rows, jobs } = this.#deps;
    let found = await rows.find(owner, id);
    if (found === undefined || !ACTIVE.has(found.status)) return found;
    const waiting = this.#waiting.get(id) ?? 0;
    if (waiting >= WAITING_MAX) throw waitingRequestsExceeded(WAITING_MAX);
    return counted(this.#waiting, id, async () => {
      if (await jobs.settled(id, seconds * 1000)) return rows.find(owner, id);
      for (let waited = 0; waited < seconds * 1000; waited += LOOK_MS) {
        await pause(LOOK_MS);
        found = await rows.find(owner, id);
        if (found === undefined || !ACTIVE.has(found.status)) break;
      }
      return found;
    });
  }

  page(statement: Statement, part: number, page: number): Promise<readonly ResultRow[] | undefined> {
    return this.#deps.pages.read(statement.id, part, page);
  }

  async cancel(owner: StatementOwner, statement: Statement): Promise<void> {
    const { rows, nodes } = this.#deps;
    const { id } = statement;
    if (!ACTIVE.has(statement.status)) throw statementEnded(statement.status, id);
    await nodes.cancel(id);
    const now = await rows.find(owner, id);
    // It was too late: the statement had its effect.
    if (now !== undefined && !ACTIVE.has(now.status) && now.status !== 'ABORTED')
      throw statementEnded(now.status, id);
  }

  list(
    owner: StatementOwner,
    filter: StatementFilter,
    after: string | undefined,
    max: number,
  ): Promise<readonly Statement[]> {
    return this.#deps.rows.list(owner, filter, after, max);
  }

  session(owner: StatementOwner, id: string): Promise<StatementSession | undefined> {
    return this.#deps.sessionRows.find(owner, id);
  }

  sessions(
    owner: StatementOwner,
    filter: SessionFilter,
    after: string | undefined,
    max: number,
  ): Promise<readonly StatementSession[]> {
    return this.#deps.sessionRows.list(owner, filter, after, max);
  }

  ask(
    accountId: string,
    target: StatementTarget,
    login: StatementLogin,
    sql: string,
    values: readonly (string | number | null)[],
  ): Promise<readonly ResultRow[]> {
    return askDatabase(this.#deps.jobs, { accountId, target, login }, sql, values);
  }

  async #submit(
    owner: StatementOwner,
    target: StatementTarget,
    order: StatementOrder,
    login: StatementLogin,
  ): Promise<Statement> {
    requireParametersUsed(order);
    const sessionId = await this.#placeForSession(owner, target, order.keepAliveSeconds ?? 0);
    try {
      const { statement, isNew } = await this.#record(owner, target, order, sessionId);
      if (!isNew) {
        this.#giveBack(sessionId);
        return statement;
      }
      await this.#noteSession(statement);
      await this.#deps.nodes.run(statement, login);
      return statement;
    } catch (error) {
      this.#giveBack(sessionId);
      throw error;
    }
  }

  /** An id for a session that is to be kept, which counts from now on. Throws ActiveSessionsExceededException. */
  async #placeForSession(
    owner: StatementOwner,
    target: StatementTarget,
    keepAliveSeconds: number,
  ): Promise<string | undefined> {
    if (keepAliveSeconds === 0) return undefined;
    const { sessionRows, kept, node } = this.#deps;
    const key = clusterKey(owner.accountId, target.cluster);
    const elsewhere = await sessionRows.openElsewhere(owner.accountId, target.cluster, node);
    // INVARIANT: nothing is awaited between the count and the place, so of many at once no more find one than there are.
    if (kept.countOf(key) + elsewhere >= SESSIONS_MAX) throw activeSessionsExceeded(SESSIONS_MAX);
    const id = randomUUID();
    kept.expect(id, key);
    return id;
  }

  #giveBack(sessionId: string | undefined): void {
    if (sessionId !== undefined) this.#deps.kept.expectNoMore(sessionId);
  }

  async #noteSession({ id, owner, target, order, sessionId }: Statement): Promise<void> {
    if (sessionId === undefined) return;
    const { sessionRows, node, clock } = this.#deps;
    const createdAt = clock.now();
    await sessionRows.insert({
      id: sessionId,
      owner,
      target,
      keepAliveSeconds: order.keepAliveSeconds ?? 0,
      status: 'BUSY',
      statementId: id,
      node,
      createdAt,
      updatedAt: createdAt,
    });
  }

  async #submitInSession(
    owner: StatementOwner,
    session: StatementSession,
    order: StatementOrder,
  ): Promise<Statement> {
    const { sessionRows } = this.#deps;
    requireParametersUsed(order);
    if (session.status === 'CLOSED') throw sessionUnavailable();
    const isTaken = await sessionRows.take(session.id, order.keepAliveSeconds);
    if (!isTaken) {
      const now = await sessionRows.find(owner, session.id);
      throw now?.status === 'BUSY' ? sessionBusy() : sessionUnavailable();
    }
    const { statement, isNew } = await this.#record(owner, session.target, order, session.id).catch(
      async (error: unknown) => {
        await sessionRows.set(session.id, 'AVAILABLE');
        throw error;
      },
    );
    if (!isNew) {
      await sessionRows.set(session.id, 'AVAILABLE');
      return statement;
    }
    await sessionRows.runs(session.id, statement.id);
    await this.#deps.nodes.run(statement, undefined);
    return statement;
  }

  async #record(
    owner: StatementOwner,
    target: StatementTarget,
    order: StatementOrder,
    sessionId: string | undefined,
  ): Promise<{ readonly statement: Statement; readonly isNew: boolean }> {
    const { rows, jobs, clock } = this.#deps;
    const createdAt = clock.now();
    const key = clusterKey(owner.accountId, target.cluster);
    // What arrives counts itself.
    const here = jobs.countOf(key) + (this.#arriving.get(key) ?? 0);
    if (here + (await rows.activeElsewhere(owner.accountId, target.cluster)) > ACTIVE_MAX)
      throw activeStatementsExceeded(ACTIVE_MAX);
    const statement: Statement = {
      id: randomUUID(),
      owner,
      target,
      order,
      sessionId,
      status: 'SUBMITTED',
      error: undefined,
      createdAt,
      updatedAt: createdAt,
      pid: undefined,
      parts: [],
    };
    if (await rows.insert(statement)) return { statement, isNew: true };
    const repeated = await this.repeated(owner, order);
    if (repeated === undefined) throw new Error('a client token is taken by no statement');
    return { statement: repeated, isNew: false };
  }
}

/** Counts work under way by a key. */
async function counted<T>(counts: Map<string, number>, key: string, work: () => Promise<T>): Promise<T> {
  counts.set(key, (counts.get(key) ?? 0) + 1);
  try {
    return await work();
  } finally {
    const left = (counts.get(key) ?? 1) - 1;
    if (left === 0) counts.delete(key);
    else counts.set(key, left);
  }
}
