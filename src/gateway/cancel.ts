import type { RandomBytes } from '../core/ids.ts';
import { type BackendKeyData, writeCancelRequest } from '../pgwire/index.ts';
import type { ServerAccess } from '../postgres/server-access.ts';

/** A cancel request has this long to reach the backend. */
const CANCEL_MS_MAX = 5_000;

/** Bytes of the key that a client gets: 4 in protocol 3.0 (all it can hold), 32 from 3.2 on. */
const keyBytes = (minorVersion: number): number => (minorVersion >= 2 ? 32 : 4);

interface Target {
  readonly backendKey: BackendKeyData;
  readonly access: ServerAccess;
}

/**
 * The sessions of this gateway by the key that cancels them. Clients get keys of ours, so a key is good for one
 * session through this gateway and for nothing else.
 */
export class CancelKeys {
  readonly #targets = new Map<string, Target>();
  readonly #random: RandomBytes;

  constructor(random: RandomBytes) {
    this.#random = random;
  }

  /** Makes the key of a session. The process id stays the backend's, as `pg_backend_pid()` shows it. */
  issue(backendKey: BackendKeyData, access: ServerAccess, minorVersion: number): BackendKeyData {
    const key = { processId: backendKey.processId, secretKey: this.#random(keyBytes(minorVersion)) };
    this.#targets.set(nameOf(key), { backendKey, access });
    return key;
  }

  drop(key: BackendKeyData): void {
    this.#targets.delete(nameOf(key));
  }

  /** Passes a cancel request on, if the key is one of ours; the client learns nothing either way. */
  async cancel(key: BackendKeyData): Promise<void> {
    const target = this.#targets.get(nameOf(key));
    if (target !== undefined) await sendCancel(target.access, target.backendKey);
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

function nameOf(key: BackendKeyData): string {
  return `${key.processId}/${key.secretKey.toString('hex')}`;
}
