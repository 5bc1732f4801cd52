import { Secret } from '../core/secret.ts';
import type { Statement, StatementLogin } from '../redshift/statements.ts';
import type { Sealer } from '../store/sealer.ts';
import type { Jobs } from './jobs.ts';
import type { KeptSessions } from './kept-sessions.ts';
import type { StatementRows } from './statement-rows.ts';

/** Which node runs a statement: this one, if it serves the cluster or holds the session, or another that does. */

/** A canceled statement is given so long to end, so that the answer can tell whether it was too late. */
const CANCEL_MS = 1_500;

/** What a node asks the others about statements. */
export type StatementQuestion =
  | { readonly kind: 'run'; readonly id: string; readonly login: string | null }
  | { readonly kind: 'cancel'; readonly id: string };

export interface StatementNodesDeps {
  readonly rows: StatementRows;
  readonly kept: KeptSessions;
  readonly jobs: Jobs;
  readonly sealer: Sealer;
  /** Whether this node has a gateway in front of the cluster. */
  readonly serves: (accountId: string, cluster: string) => boolean;
  /** Asks every node, this one too. */
  readonly askNodes: (question: StatementQuestion) => Promise<readonly unknown[]>;
}

export class StatementNodes {
  readonly #deps: StatementNodesDeps;

  constructor(deps: StatementNodesDeps) {
    this.#deps = deps;
  }

  /** Begins a statement where it can run; without a login in the session that is kept for it. */
  async run(statement: Statement, login: StatementLogin | undefined): Promise<void> {
    const { askNodes, rows } = this.#deps;
    if (this.#start(statement, login)) return;
    const sealed = login === undefined ? null : this.#seal(statement.id, login);
    const answers = await askNodes({ kind: 'run', id: statement.id, login: sealed });
    // It is open on another node now, or will never be.
    if (statement.sessionId !== undefined) this.#deps.kept.expectNoMore(statement.sessionId);
    if (answers.includes(true)) return;
    const why =
      login === undefined
        ? 'Session is not available'
        : 'No node of this installation serves the cluster at the moment.';
    await rows.abandon(statement.id, why);
    if (statement.sessionId !== undefined) await this.#deps.kept.close(statement.sessionId);
  }

  /** Ends a statement on whichever node runs it. Resolves when it has ended, or been told to. */
  async cancel(id: string): Promise<void> {
    if (!(await this.#cancelHere(id))) await this.#deps.askNodes({ kind: 'cancel', id });
  }

  /** What this node answers when a node asks all. */
  async answer(question: StatementQuestion): Promise<boolean> {
    switch (question.kind) {
      case 'run':
        return this.#runAsked(question.id, question.login);
      case 'cancel':
        return this.#cancelHere(question.id);
      default:
        return question satisfies never;
    }
  }

  async #runAsked(id: string, sealed: string | null): Promise<boolean> {
    const statement = await this.#deps.rows.findAny(id);
    if (statement === undefined || statement.status !== 'SUBMITTED') return false;
    return this.#start(statement, sealed === null ? undefined : this.#open(id, sealed));
  }

  #start(statement: Statement, login: StatementLogin | undefined): boolean {
    const { kept, jobs, serves } = this.#deps;
    const { sessionId = '', order, owner, target } = statement;
    if (login === undefined) {
      if (kept.get(sessionId) === undefined) return false;
      kept.busy(sessionId, order.keepAliveSeconds);
    } else if (!serves(owner.accountId, target.cluster)) return false;
    jobs.start(statement, login);
    return true;
  }

  async #cancelHere(id: string): Promise<boolean> {
    const { jobs } = this.#deps;
    if (!(await jobs.cancel(id, new Error('the statement was canceled')))) return false;
    await jobs.settled(id, CANCEL_MS);
    return true;
  }

  /** A password leaves this node only like this: to one of the same installation, for a statement that it takes over. */
  #seal(id: string, { loginName, password, sourceIp }: StatementLogin): string {
    const plain = JSON.stringify({ loginName, password: password.reveal(), sourceIp });
    return this.#deps.sealer.seal(Buffer.from(plain), contextOf(id)).toString('base64');
  }

  #open(id: string, sealed: string): StatementLogin {
    const plain = this.#deps.sealer.open(Buffer.from(sealed, 'base64'), contextOf(id));
    const read = JSON.parse(String(plain)) as { loginName: string; password: string; sourceIp: string };
    return { ...read, password: new Secret(read.password) };
  }
}

const contextOf = (id: string): string => `keyshift/statement/${id}/login`;
