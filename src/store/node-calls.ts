import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Client } from 'pg';
import { messageOf } from '../core/errors.ts';
import type { RandomBytes } from '../core/ids.ts';
import type { Logger } from '../core/logger.ts';
import type { Store } from './database.ts';

/**
 * How a node asks every node that shares the store, itself included: the question and the answers are rows, and a
 * notification says that there is a question. Who is there is known by advisory locks, which end with the connection
 * that holds them, however a node goes.
 */

/** The channel on which questions are announced by their id. */
export const CALLS_CHANNEL = 'keyshift_calls';

/** The first key of the locks; the second one is the node's number. "KEYS" in ASCII. */
export const PRESENCE_CLASS = 0x4b455953;
const NODE_NUMBER_MAX = 0x7fff_ffff;

/** A node that has not answered by then is counted as silent. */
const ANSWER_MS_MAX = 2_000;
/** Between two looks for answers. */
const LOOK_MS = 20;

/** A number that no other node is likely to have. */
export function newNodeNumber(random: RandomBytes): number {
  return random(4).readUInt32BE() & NODE_NUMBER_MAX;
}

/** Makes the node visible to others for as long as `client` is connected. */
export async function announcePresence(client: Client, node: number): Promise<void> {
  await client.query('SELECT pg_advisory_lock_shared($1, $2)', [PRESENCE_CLASS, node]);
}

export interface NodeAnswers {
  /** As JSON gives them back. This node's own is the first. */
  readonly answers: readonly unknown[];
  /** Nodes that are there and did not answer in time. */
  readonly silent: number;
}

export class NodeCalls {
  readonly #store: Store;
  readonly #node: number;
  readonly #answer: (question: unknown) => Promise<unknown>;
  readonly #logger: Logger;

  /** `answer` is asked with what `ask` was given, on this node and on others, as JSON gives it back. */
  constructor(store: Store, node: number, answer: (question: unknown) => Promise<unknown>, logger: Logger) {
    this.#store = store;
    this.#node = node;
    this.#answer = answer;
    this.#logger = logger;
  }

  /** Asks all nodes. Waits two seconds at most for the others. */
  async ask(question: unknown): Promise<NodeAnswers> {
    const others = await this.#others();
    if (others === 0) return { answers: [await this.#answer(question)], silent: 0 };
    const id = randomUUID();
    await this.#store.transaction(async (database) => {
      await database.query(
        "DELETE FROM keyshift.node_questions WHERE asked_at < now() - interval '1 minute'",
      );
      await database.query('INSERT INTO keyshift.node_questions (question_id, question) VALUES ($1, $2)', [
        id,
        JSON.stringify(question),
      ]);
      await database.query('SELECT pg_notify($1, $2)', [CALLS_CHANNEL, `${id}/${this.#node}`]);
    });
    const [own, given] = await Promise.all([this.#answer(question), this.#collect(id, others)]);
    await this.#store.query('DELETE FROM keyshift.node_questions WHERE question_id = $1', [id]);
    return { answers: [own, ...given], silent: Math.max(0, others - given.length) };
  }

  /** A question was announced. Never rejects: a question that cannot be answered is left so. */
  async asked(announcement: string): Promise<void> {
    const [id = '', asker = ''] = announcement.split('/');
    if (asker === String(this.#node)) return;
    try {
      const [row] = await this.#store.query<{ question: unknown }>(
        'SELECT question FROM keyshift.node_questions WHERE question_id = $1',
        [id],
      );
      if (row === undefined) return;
      const answer = await this.#answer(row.question);
      await this.#store.query('INSERT INTO keyshift.node_answers VALUES ($1, $2, $3)', [
        id,
        this.#node,
        JSON.stringify(answer ?? null),
      ]);
    } catch (error) {
      this.#logger.warn({ cause: messageOf(error) }, 'a question of another node could not be answered');
    }
  }

  /** The numbers of the nodes that are there; this one is, whatever the store knows of it. */
  async present(): Promise<ReadonlySet<number>> {
    const rows = await this.#store.query<{ node: string }>(
      `SELECT objid AS node FROM pg_locks
       WHERE locktype = 'advisory' AND classid = $1 AND objsubid = 2 AND granted
         AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
      [PRESENCE_CLASS],
    );
    return new Set([this.#node, ...rows.map(({ node }) => Number(node))]);
  }

  async #others(): Promise<number> {
    return (await this.present()).size - 1;
  }

  async #collect(id: string, count: number): Promise<unknown[]> {
    for (let waited = 0; ; waited += LOOK_MS) {
      const [row] = await this.#store.query<{ count: number }>(
        'SELECT count(*)::int AS count FROM keyshift.node_answers WHERE question_id = $1',
        [id],
      );
      if ((row?.count ?? 0) >= count || waited >= ANSWER_MS_MAX) break;
      await pause(LOOK_MS);
    }
    const rows = await this.#store.query<{ answer: unknown }>(
      'SELECT answer FROM keyshift.node_answers WHERE question_id = $1',
      [id],
    );
    return rows.map((row) => row.answer);
  }
}
