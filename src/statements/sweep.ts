import type { SessionRows } from './session-rows.ts';
import type { StatementRows } from './statement-rows.ts';

/** Ends what a node has left behind that is gone, and removes what is older than a day. */

const LEFT_BEHIND =
  'The node of Keyshift that ran the statement has gone away. Whether the statement had its effect is not known.';

export interface SweepDeps {
  readonly rows: StatementRows;
  readonly sessionRows: SessionRows;
  /** The nodes that are there. */
  readonly present: () => Promise<ReadonlySet<number>>;
}

export class StatementSweep {
  readonly #deps: SweepDeps;
  /** Nodes that were missed at the last look: one that only lost its connection for a moment is there at the next. */
  #missed: ReadonlySet<number> | undefined;

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
    await rows.removeOld();
    await sessionRows.removeOld();
  }
}
