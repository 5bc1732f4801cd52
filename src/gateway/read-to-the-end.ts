import type { Socket } from 'node:net';

/**
 * A backend that was terminated has said why, and closed. A statement that is written to it just then fails, and Node
 * ends a socket at once whose write has failed, with what was not read in it. So the end has to wait for the reading.
 */

/** What a write to a closed connection fails with. */
const CLOSED: ReadonlySet<string | undefined> = new Set(['EPIPE', 'ECONNRESET']);
/** Turns of the event loop, in each of which what has arrived is read. */
const TURNS = 3;
/** Milliseconds that a reader who has paused, because the client is slow, has for the rest. */
const PAUSED_MS_MAX = 1_000;

/** Lets the socket take in what the other side had sent before a write failed; then it ends as ever. */
export function readToTheEnd(socket: Socket): void {
  const destroy = socket.destroy.bind(socket);
  let isEnding = false;
  const endAfter = (turns: number, error: Error): void => {
    if (socket.destroyed) return;
    if (turns > 0) setImmediate(endAfter, turns - 1, error);
    else if (socket.isPaused()) setTimeout(() => destroy(error), PAUSED_MS_MAX).unref();
    else destroy(error);
  };
  socket.destroy = (error?: Error): Socket => {
    if (error === undefined || !isWriteToClosed(error)) return destroy(error);
    if (!isEnding) endAfter(TURNS, error);
    isEnding = true;
    return socket;
  };
}

function isWriteToClosed(error: NodeJS.ErrnoException): boolean {
  return error.syscall === 'write' && CLOSED.has(error.code);
}
