import type { Clock } from '../core/clock.ts';
import { endsWithin } from '../core/ends-within.ts';
import { messageOf } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import { Turnstile } from '../core/turnstile.ts';
import type { Statement, StatementLogin, StatementPart } from '../redshift/statements.ts';
import { DatabaseSession, type GatewayDoor } from './database-session.ts';
import { failureOf, StatementFailure } from './failure-text.ts';
import type { KeptSessions } from './kept-sessions.ts';
import type { ResultPages } from './result-pages.ts';
import { type Ending, runParts } from './run-parts.ts';
import type { StatementRows } from './statement-rows.ts';

/** The statements that this node has to run: each waits for its turn, logs in, runs and is written down. */

/**
 * Statements of one cluster that run at a time on one node. An embedded server takes 200 connections, and most of them
 * are for other clients.
 */
const RUNNING_MAX = 25;
/** As on AWS. Source: Amazon Redshift Management Guide, "Considerations when calling the Amazon Redshift Data API". */
const STATEMENT_MS_MAX = 24 * 60 * 60 * 1000;
/** Between two requests to cancel one statement. */
const CANCEL_AGAIN_MS = 500;

interface Job {
  readonly cluster: string;
  readonly abort: AbortController;
  readonly done: Promise<void>;
  session: DatabaseSession | undefined;
}

export interface JobsDeps {
  readonly rows: StatementRows;
  readonly pages: ResultPages;
  readonly kept: KeptSessions;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The way to the gateway for the clusters of an account. */
  readonly door: (accountId: string) => GatewayDoor;
  /** Is told of statements that have ended. */
  readonly ended: (statement: Statement, ending: Ending) => Promise<void>;
}

/** Why a statement that was never canceled ends before its time. */
const STOPPED = 'Keyshift was stopped while the statement ran.';
const TOO_LONG = 'The statement ran for 24 hours, which is the longest that it may.';

export class Jobs {
  readonly #deps: JobsDeps;
  readonly #jobs = new Map<string, Job>();
  readonly #turns = new Turnstile(RUNNING_MAX);

  constructor(deps: JobsDeps) {
    this.#deps = deps;
  }

  /** How many of a cluster are under way or wait. */
  countOf(cluster: string): number {
    let count = 0;
    for (const job of this.#jobs.values()) if (job.cluster === cluster) count += 1;
    return count;
  }

  /** Whether this node runs a statement, or has it in its queue. */
  has(id: string): boolean {
    return this.#jobs.has(id);
  }

  /** Begins a statement; `login` opens its session, or else it runs in the one that is kept for it. */
  start(statement: Statement, login: StatementLogin | undefined): void {
    const cluster = clusterKey(statement.owner.accountId, statement.target.cluster);
    const abort = new AbortController();
    const tooLong = () => void this.cancel(statement.id, new StatementFailure(TOO_LONG));
    const timer = setTimeout(tooLong, STATEMENT_MS_MAX).unref();
    const job = { cluster, abort, done: Promise.resolve(), session: undefined };
    const done = this.#run(job, statement, login).finally(() => {
      clearTimeout(timer);
      this.#jobs.delete(statement.id);
      if (statement.sessionId !== undefined) this.#deps.kept.expectNoMore(statement.sessionId);
    });
    this.#jobs.set(statement.id, Object.assign(job, { done }));
  }

  /** Resolves when a statement that this node runs has ended, or after a while; false when this node does not run it. */
  async settled(id: string, ms: number): Promise<boolean> {
    const job = this.#jobs.get(id);
    if (job === undefined) return false;
    await endsWithin(job.done, ms);
    return true;
  }

  /** Ends a statement, if this node runs it. */
  async cancel(id: string, why: Error): Promise<boolean> {
    const job = this.#jobs.get(id);
    if (job === undefined) return false;
    const isFirst = !job.abort.signal.aborted;
    job.abort.abort(why);
    await job.session?.cancel();
    if (isFirst) void cancelAgain(job);
    return true;
  }

  /** Asks a database about itself. Rejects with the gateway's refusal, the server's, or why the wait for a turn ends. */
  async ask<T>(
    accountId: string,
    { target, login }: { readonly target: Statement['target']; readonly login: StatementLogin },
    signal: AbortSignal,
    work: (session: DatabaseSession) => Promise<T>,
  ): Promise<T> {
    const leave = await this.#turns.enter(clusterKey(accountId, target.cluster), signal);
    try {
      const session = await DatabaseSession.open({ door: this.#deps.door(accountId), target, login });
      try {
        return await work(session);
      } finally {
        await session.close();
      }
    } finally {
      leave();
    }
  }

  /** Ends everything, and waits until it is written down. */
  async close(): Promise<void> {
    const jobs = [...this.#jobs];
    await Promise.all(jobs.map(([id]) => this.cancel(id, new StatementFailure(STOPPED))));
    await Promise.all(jobs.map(([, { done }]) => done));
    await this.#deps.kept.closeAll();
  }

  /** Never rejects: a statement whose end cannot be written down is found by the sweep. */
  async #run(job: Job, statement: Statement, login: StatementLogin | undefined): Promise<void> {
    const { rows, logger } = this.#deps;
    try {
      const leave = await this.#turns
        .enter(job.cluster, job.abort.signal)
        .catch((error: unknown) => ({ error }));
      if (typeof leave !== 'function') return await this.#finish(statement, notBegun(job, leave.error));
      try {
        if (!(await rows.claim(statement.id))) return;
        await this.#finish(statement, await this.#inSession(job, statement, login));
      } finally {
        leave();
      }
    } catch (error) {
      logger.error({ statementId: statement.id, cause: messageOf(error), err: error }, 'a statement failed');
    }
  }

  async #inSession(job: Job, statement: Statement, login: StatementLogin | undefined): Promise<Ending> {
    const { rows, kept } = this.#deps;
    const { sessionId, id } = statement;
    try {
      const session =
        login === undefined ? kept.get(sessionId ?? '') : await this.#open(job, statement, login);
      if (session === undefined) throw new StatementFailure('Session is not available');
      job.session = session;
      const { pid } = session;
      const note = async (parts: readonly StatementPart[]): Promise<void> => {
        await rows.progress(id, 'STARTED', { error: undefined, pid, parts });
      };
      try {
        job.abort.signal.throwIfAborted();
        await note([]);
        return await runParts(this.#deps, session, statement, job.abort.signal, note);
      } finally {
        job.session = undefined;
        if (sessionId === undefined) await session.close();
      }
    } catch (error) {
      return notBegun(job, error);
    }
  }

  async #open(job: Job, statement: Statement, login: StatementLogin): Promise<DatabaseSession> {
    const { kept, door } = this.#deps;
    const { sessionId, target, order, owner } = statement;
    const session = await DatabaseSession.open({ door: door(owner.accountId), target, login });
    if (sessionId !== undefined)
      await kept.hold(sessionId, job.cluster, session, order.keepAliveSeconds ?? 0);
    return session;
  }

  async #finish(statement: Statement, ending: Ending): Promise<void> {
    const { rows, pages, kept, ended } = this.#deps;
    const { id, owner, sessionId } = statement;
    const bytes = ending.parts.reduce((sum, part) => sum + Math.max(0, part.bytes), 0);
    if (ending.status !== 'FINISHED' && !ending.parts.some(({ hasResult }) => hasResult))
      await pages.drop(id);
    // Before the end is told, so that whoever hears of it finds the session free.
    if (sessionId !== undefined) await kept.free(sessionId);
    await rows.progress(id, ending.status, ending, bytes);
    if (bytes > 0) await pages.makeRoom(owner.accountId, owner.ownerId);
    await ended(statement, ending);
  }
}

/** Until the statement has ended: PostgreSQL forgets a request that overtakes what it is to cancel. */
async function cancelAgain(job: Job): Promise<void> {
  while (!(await endsWithin(job.done, CANCEL_AGAIN_MS))) await job.session?.cancel();
}

function notBegun({ abort: { signal } }: Job, error: unknown): Ending {
  return { ...failureOf(signal, error), pid: undefined, parts: [] };
}

export const clusterKey = (accountId: string, cluster: string): string => `${accountId}/${cluster}`;
