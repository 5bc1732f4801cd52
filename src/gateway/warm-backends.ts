import { dropOldest } from '../core/drop-oldest.ts';
import type { RandomBytes } from '../core/ids.ts';
import type { Backend } from './backend.ts';
import { type Proof, resetBackend } from './reset-backend.ts';

/**
 * The backends of one cluster whose sessions have ended well, until the next login of the same role, database and
 * startup settings. Opening one is most of what a login costs.
 *
 * INVARIANT: one is handed on only when it has proved, after its session, to be in the state in which a backend is that
 * nobody has used. That state is learned from such a backend, opened for it, for each kind of login.
 */

/**
 * Milliseconds that an idle one is kept. DROP DATABASE waits five seconds for other connections to end, so these must
 * be gone by then.
 */
const IDLE_MS_MAX = 4_000;
/** One that does not end by itself after Terminate is cut off: it has to finish what its session has asked. */
const TERMINATE_MS_MAX = 10_000;
/** Kinds of logins of which the state is known; one entry has about a kilobyte. */
const KINDS_MAX = 1_000;
/** Sessions of a kind that end differently, one after the other, before the state is learned anew. */
const DIFFERENCES_MAX = 3;
/** Sessions of one backend: what PostgreSQL's caches keep of each is not given back before it ends. */
const SESSIONS_MAX = 1_000;
/** Bytes of a backend's memory above which it is ended, so that no session pays for one before it. A new one has 2 MB. */
const BACKEND_BYTES_MAX = 32 * 1024 * 1024;

/** A login that a warm backend may serve, or whose backend may become one. */
export interface WarmLogin {
  /** Everything that decides what a new backend would be like: role, database, their settings, those of the client. */
  readonly kind: string;
  /** When the server read its configuration last, in seconds since 1970 by its own clock. */
  readonly configLoadedAt: number;
  /** Opens a new backend for the same. */
  readonly open: () => Promise<Backend>;
}

interface Idle {
  readonly backend: Backend;
  readonly proof: Proof;
  readonly timer: NodeJS.Timeout;
  readonly dropped: () => void;
}

/** The state of a kind, once it is learned, and how many sessions did not end in it. */
interface Kind {
  state: string | undefined;
  differences: number;
}

export class WarmBackends {
  readonly #countMax: number;
  readonly #random: RandomBytes;
  /** The one used last stands last: it is the one that the system's caches know best. */
  readonly #idle = new Map<string, Idle[]>();
  readonly #kinds = new Map<string, Kind>();
  readonly #sessions = new WeakMap<Backend, number>();
  /** Backends that are being reset, or are ending. */
  readonly #busy = new Set<Promise<unknown>>();
  #count = 0;
  /** Counts the calls of `clear`: what was there before one is not kept after it. */
  #clears = 0;
  #isClosed = false;

  /** `countMax`: how many at a time, with those that are being reset; 0 keeps none. */
  constructor(countMax: number, random: RandomBytes) {
    this.#countMax = countMax;
    this.#random = random;
  }

  /** Process ids of the idle ones, which belong to no session. */
  get processIds(): number[] {
    return [...this.#idle.values()].flat().map(({ backend }) => backend.key.processId);
  }

  /** Whether none has a connection to the server: none is idle, being reset, or ending. */
  get isEmpty(): boolean {
    return this.#count === 0 && this.#busy.size === 0;
  }

  /** One for that login, if there is one; it is the caller's from then on. */
  take(login: WarmLogin): Backend | undefined {
    for (;;) {
      const idle = this.#idle.get(login.kind)?.pop();
      if (idle === undefined) return undefined;
      this.#forget(login.kind, idle);
      // The configuration was read since: what new backends are like now is not known.
      if (login.configLoadedAt <= idle.proof.at) return idle.backend;
      void this.#end(idle.backend);
    }
  }

  /** Takes the backend of a session that has ended well. Resolves when it is kept, or on its way out. Never rejects. */
  keep(login: WarmLogin, backend: Backend): Promise<void> {
    const sessions = (this.#sessions.get(backend) ?? 0) + 1;
    this.#sessions.set(backend, sessions);
    if (this.#isClosed || this.#count >= this.#countMax || sessions >= SESSIONS_MAX)
      return this.#end(backend);
    this.#count++;
    return this.#track(this.#resetAndKeep(login, backend).finally(() => this.#count--));
  }

  /** Ends the idle ones, and waits until the server has let go of them. */
  async clear(): Promise<void> {
    this.#clears++;
    for (const idle of [...this.#idle.values()].flat()) idle.dropped();
    await Promise.all(this.#busy);
  }

  /** Keeps none from now on, and ends the idle ones. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.clear();
  }

  async #resetAndKeep(login: WarmLogin, backend: Backend): Promise<void> {
    const clears = this.#clears;
    const kind = this.#kindOf(login);
    if (kind === undefined) return this.#end(backend);
    const isLearning = kind.state === undefined;
    if (isLearning) void this.#end(backend);
    const fresh = isLearning ? await login.open().catch(() => undefined) : backend;
    if (fresh === undefined) return;
    const proof = await resetBackend(fresh, this.#random);
    if (isLearning) kind.state = proof?.state;
    const isRight = proof !== undefined && proof.state === kind.state && proof.bytes <= BACKEND_BYTES_MAX;
    if (isRight) kind.differences = 0;
    else if (++kind.differences >= DIFFERENCES_MAX) this.#kinds.delete(login.kind);
    if (!isRight || this.#isClosed || this.#clears !== clears) return this.#end(fresh);
    this.#keepIdle(login.kind, fresh, proof);
  }

  /** Undefined for a kind that is new: it is worth learning when it comes again. */
  #kindOf({ kind: name }: WarmLogin): Kind | undefined {
    const known = this.#kinds.get(name);
    this.#kinds.delete(name);
    dropOldest(this.#kinds, KINDS_MAX);
    this.#kinds.set(name, known ?? { state: undefined, differences: 0 });
    return known;
  }

  #keepIdle(kind: string, backend: Backend, proof: Proof): void {
    const { channel } = backend;
    const dropped = (): void => {
      this.#forget(kind, idle);
      void this.#end(backend);
    };
    const idle: Idle = { backend, proof, dropped, timer: setTimeout(dropped, IDLE_MS_MAX).unref() };
    const all = this.#idle.get(kind);
    if (all === undefined) this.#idle.set(kind, [idle]);
    else all.push(idle);
    this.#count++;
    // It has nothing to say unless it ends, or its settings change.
    channel.passTo(dropped);
    channel.socket.once('close', dropped);
    if (channel.socket.destroyed) dropped();
  }

  #forget(kind: string, idle: Idle): void {
    clearTimeout(idle.timer);
    const { channel } = idle.backend;
    channel.socket.removeListener('close', idle.dropped);
    channel.passTo(() => {});
    this.#count--;
    const all = this.#idle.get(kind) ?? [];
    const at = all.indexOf(idle);
    if (at >= 0) all.splice(at, 1);
    if (all.length === 0) this.#idle.delete(kind);
  }

  /** With Terminate, so that what its session may have asked for last is done, as without us. */
  #end({ channel }: Backend): Promise<void> {
    return this.#track(channel.takeLeave(TERMINATE_MS_MAX));
  }

  #track<T>(work: Promise<T>): Promise<T> {
    this.#busy.add(work);
    void work.finally(() => this.#busy.delete(work));
    return work;
  }
}
