import type { SessionRows } from './session-rows.ts';
import type { StatementRows } from './statement-rows.ts';

/** Ends what has been left behind, by a node that is gone or by one that could not write down an end, and removes what is older than a day. */

const LEFT_BEHIND =
  'The node of Keyshift that ran the statement has gone away. Whether the statement had its effect is not known.';

const NOT_WRITTEN =
  'The end of the statement could not be written down. Whether it had its effect is not known.';

export interface SweepDeps {
  readonly rows: StatementRows;
  readonly sessionRows: SessionRows;
  /** This node's number, and what of its own it still has to do. */
  readonly node: number;
  readonly runs: (statementId: string) => boolean;
  readonly holds: (sessionId: string) => boolean;
  /** The nodes that are there. */
  readonly present: () => Promise<ReadonlySet<number>>;
}

export class StatementSweep {
  readonly #deps: SweepDeps;
  /** Nodes that were missed at the last look: one that only lost its connection for a moment is there at the next. */
  #missed: ReadonlySet<number> | undefined;
  /** Statements and sessions of this node that it knew nothing of at the last look. */
  #lost: ReadonlySet<string> = new Set();

  constructor(deps: SweepDeps) {
    this.#deps = deps;
  }

  /** The first look, when this node starts, believes what it sees. */
  async look(): Promise<void> {
    const { rows, sessionRows, present } = this.#deps;
    const [statements, sessions, nodes] = [await rows.active(), await sessionRows.open(), await present()];
    const missing = new Set(
      [...statements, ...sessions].map(({ node }) => node).filter((node) => !nodes.has(node)),
    );
    const gone = (node: number): boolean => missing.has(node) && (this.#missed?.has(node) ?? true);
    // Before the end of a statement is told, its session is closed.
    for (const { id, node } of sessions) if (gone(node)) await sessionRows.set(id, 'CLOSED');
    for (const { id, node } of statements) if (gone(node)) await rows.abandon(id, LEFT_BEHIND);
    this.#missed = missing;
    await this.#endLost(statements, sessions);
    await rows.removeOld();
    await sessionRows.removeOld();
  }
  /** One that is just being taken on, or ends just now, is not lost: it must be so at two looks. */
  async #endLost(
    statements: readonly { readonly id: string; readonly node: number }[],
    sessions: readonly { readonly id: string; readonly node: number; readonly isWanted: boolean }[],
  ): Promise<void> {
    const { rows, sessionRows, node, runs, holds } = this.#deps;
    const lostStatements = statements.filter((one) => one.node === node && !runs(one.id));
    const lostSessions = sessions.filter((one) => one.node === node && !one.isWanted && !holds(one.id));
    for (const { id } of lostSessions) if (this.#lost.has(id)) await sessionRows.set(id, 'CLOSED');
    for (const { id } of lostStatements) if (this.#lost.has(id)) await rows.abandon(id, NOT_WRITTEN);
    this.#lost = new Set([...lostStatements, ...lostSessions].map(({ id }) => id));
  }
}
