import type { RandomBytes } from '../core/ids.ts';
import {
  BACKEND_MESSAGES,
  type Frame,
  FrameReader,
  readCommandComplete,
  readDataRow,
  readParameterStatus,
  readReadyForQuery,
  writeQuery,
} from '../pgwire/index.ts';
import type { Backend } from './backend.ts';

/** Takes a backend back to its beginning, and has it prove that it is there. See postgres/sql/prove-reset.sql. */

/** What a reset backend says of itself. */
export interface Proof {
  /** What must be the same in a backend that nobody has used. */
  readonly state: string;
  /** When it was proved, in seconds since 1970 by the server's clock. */
  readonly at: number;
  /** What the backend's process holds in memory. */
  readonly bytes: number;
}

/** A reset takes under a millisecond. Longer means that it waits for something, or still works for its session. */
const RESET_MS_MAX = 1_000;
const NONCE_BYTES = 16;

/**
 * Resets a backend that has nothing to do. Undefined unless it answers exactly as it must: whatever else it says is an
 * answer to its session, or means that something is left. Nothing that a session can make it say stands in for the
 * proof, which repeats a nonce. What was written is read in its order, so a later message cannot come between.
 */
export function resetBackend(backend: Backend, random: RandomBytes): Promise<Proof | undefined> {
  const { channel } = backend;
  const { socket } = channel;
  const nonce = random(NONCE_BYTES).toString('hex');
  const answers = new FrameReader();
  const proof = new ExactAnswers(backend, nonce);
  return new Promise((resolve) => {
    const end = (result: Proof | undefined): void => {
      clearTimeout(timer);
      socket.removeListener('close', fail);
      channel.passTo(() => {});
      resolve(result);
    };
    const fail = (): void => end(undefined);
    const timer = setTimeout(fail, RESET_MS_MAX);
    socket.once('close', fail);
    if (socket.destroyed) fail();
    channel.passTo((bytes) => {
      try {
        answers.push(Buffer.from(bytes));
        for (let frame = answers.frame(); frame !== undefined; frame = answers.frame()) proof.take(frame);
      } catch {
        // A message that is not allowed here, or is none at all.
        fail();
        return;
      }
      if (proof.given !== undefined) end(answers.waitingBytes === 0 ? proof.given : undefined);
    });
    // RESET ROLE: DISCARD ALL ends in no role, and a session may begin with one (ALTER ROLE … SET role). The counts
    // of the process must be told before they can be zeroed.
    channel.write(
      writeQuery('DISCARD ALL'),
      writeQuery('RESET ROLE; SELECT pg_catalog.pg_stat_force_next_flush()'),
      writeQuery(`SELECT keyshift.prove_reset('${nonce}')`),
    );
  });
}

const ROW = [BACKEND_MESSAGES.rowDescription, BACKEND_MESSAGES.dataRow] as const;
const DONE = BACKEND_MESSAGES.commandComplete;
const READY = BACKEND_MESSAGES.readyForQuery;

/** The messages that a reset is answered with, and the text of each CommandComplete. */
const ANSWERS: readonly (readonly [code: number, tag?: string])[] = [
  ...([[DONE, 'DISCARD ALL'], [READY]] as const),
  ...([[DONE, 'RESET'], [ROW[0]], [ROW[1]], [DONE, 'SELECT 1'], [READY]] as const),
  ...([[ROW[0]], [ROW[1]], [DONE, 'SELECT 1'], [READY]] as const),
];

/** Takes the answers to a reset one by one. Throws for the first that is another. */
class ExactAnswers {
  readonly #backend: Backend;
  readonly #nonce: string;
  #taken = 0;
  #proof: Proof | undefined;

  constructor(backend: Backend, nonce: string) {
    this.#backend = backend;
    this.#nonce = nonce;
  }

  /** Once all the answers are there. */
  get given(): Proof | undefined {
    return this.#taken === ANSWERS.length ? this.#proof : undefined;
  }

  take({ code, payload }: Frame): void {
    // A reported setting that is at its beginning again.
    if (code === BACKEND_MESSAGES.parameterStatus) {
      this.#requireAsAtLogin(payload);
      return;
    }
    const [expected, tag] = ANSWERS[this.#taken] ?? [];
    if (code !== expected) throw new Error('another message');
    if (tag !== undefined && readCommandComplete(payload) !== tag) throw new Error('another command');
    if (code === READY && readReadyForQuery(payload) !== 'idle') throw new Error('not idle');
    if (code === BACKEND_MESSAGES.dataRow) this.#proof = this.#read(payload);
    this.#taken++;
  }

  #requireAsAtLogin(payload: Buffer): void {
    const { name, value } = readParameterStatus(payload);
    const first = this.#backend.parameters.find((parameter) => parameter.name === name);
    if (first?.value !== value) throw new Error('another setting');
  }

  /** The first row is that of a function without a result, and says nothing. */
  #read(payload: Buffer): Proof | undefined {
    const [text] = readDataRow(payload);
    if (text === undefined || text === null || text.length === 0) return undefined;
    const said = JSON.parse(text.toString()) as { nonce: string; at: number; bytes: number; state: string };
    if (said.nonce !== this.#nonce) throw new Error('another proof');
    return { state: said.state, at: said.at, bytes: said.bytes };
  }
}
