import { setTimeout as pause } from 'node:timers/promises';
import type { HmacKey } from '../core/hmac-key.ts';
import type { RandomBytes } from '../core/ids.ts';
import { type BackendKeyData, writeCancelRequest } from '../pgwire/index.ts';
import type { ServerAccess } from '../postgres/server-access.ts';
import { CancelGuesses } from './cancel-guesses.ts';

/** A cancel request has this long to reach the backend. */
const CANCEL_MS_MAX = 5_000;
/** Questions to the other nodes under way: each costs a few statements in the store. Past it a request is dropped. */
const QUESTIONS_MAX = 16;

/** Bytes of the key that a client gets: 4 in protocol 3.0 (all it can hold), 32 from 3.2 on. */
const keyBytes = (minorVersion: number): number => (minorVersion >= 2 ? 32 : 4);

interface Target {
  readonly backendKey: BackendKeyData;
  readonly access: ServerAccess;
  isUsed: boolean;
}

interface CancelOptions {
  readonly random: RandomBytes;
  /** The same on all nodes of a store: what a key is called is told between them, the key is not. */
  readonly nameKey: HmacKey;
  /** Has the other nodes look for the session of that key; resolves when they have. */
  readonly askOthers: (name: string) => Promise<void>;
}

/**
 * The sessions of this node by the key that cancels them. Clients get keys of ours, so a key is good for one session
 * and for nothing else, whichever node of the store it is brought to. It is looked up by its MAC, so the time that
 * takes tells nothing about a key that is nearly right.
 */
export class CancelKeys {
  readonly #targets = new Map<string, Target>();
  readonly #guesses = new CancelGuesses();
  readonly #options: CancelOptions;
  #questions = 0;

  constructor(options: CancelOptions) {
    this.#options = options;
  }

  /** Makes the key of a session. The process id stays the backend's, as `pg_backend_pid()` shows it. */
  issue(backendKey: BackendKeyData, access: ServerAccess, minorVersion: number): BackendKeyData {
    const { processId } = backendKey;
    for (;;) {
      const key = { processId, secretKey: this.#options.random(keyBytes(minorVersion)) };
      const name = this.#nameOf(key);
      // Backends of two servers may have one process id, and 4 bytes are few.
      if (this.#targets.has(name)) continue;
      this.#targets.set(name, { backendKey, access, isUsed: false });
      return key;
    }
  }

  /** Ends the use of a key. Whether a request with it was passed on, and may still be on its way. */
  drop(key: BackendKeyData): boolean {
    const name = this.#nameOf(key);
    const isUsed = this.#targets.get(name)?.isUsed ?? false;
    this.#targets.delete(name);
    return isUsed;
  }

  /**
   * Passes a cancel request on: to the backend, or to the other nodes when the session is not on this one. The client
   * learns nothing either way. An address that brings many keys that nobody has must wait with each.
   */
  async cancel(key: BackendKeyData, address: string): Promise<void> {
    await pause(this.#guesses.delayMs(address));
    const name = this.#nameOf(key);
    if (await this.cancelNamed(name)) return;
    this.#guesses.failed(address);
    if (this.#questions >= QUESTIONS_MAX) return;
    this.#questions++;
    try {
      await this.#options.askOthers(name);
    } finally {
      this.#questions--;
    }
  }

  /** Cancels what the session of that key runs, if it is on this node. */
  async cancelNamed(name: string): Promise<boolean> {
    const target = this.#targets.get(name);
    if (target === undefined) return false;
    target.isUsed = true;
    await sendCancel(target.access, target.backendKey);
    return true;
  }

  #nameOf({ processId, secretKey }: BackendKeyData): string {
    return this.#options.nameKey.sign(`${processId}/${secretKey.toString('hex')}`).toString('hex');
  }
}

/** Cancels what a backend runs. Resolves when the server has been told, or could not be. */
export async function sendCancel(access: ServerAccess, key: BackendKeyData): Promise<void> {
  const socket = await access.connect(() => {}).catch(() => undefined);
  if (socket === undefined) return;
  socket.setTimeout(CANCEL_MS_MAX, () => socket.destroy());
  await new Promise<void>((resolve) => {
    socket.once('close', () => resolve());
    socket.on('error', () => {});
    // PostgreSQL closes the connection once the signal is sent, which is what the client waits for too.
    socket.resume();
    socket.write(writeCancelRequest(key.processId, key.secretKey));
  });
}
