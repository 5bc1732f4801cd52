import { SqlError } from '../../../src/core/errors.ts';

/** Helpers of the codec's tests. */

/** A message as the manual describes it, written without the code under test. */
export function messageBytes(code: number, payload: Uint8Array): Buffer {
  const bytes = Buffer.alloc(payload.length + 5);
  bytes.writeUInt8(code);
  bytes.writeUInt32BE(payload.length + 4, 1);
  bytes.set(payload, 5);
  return bytes;
}

/** Cuts `stream` into chunks of the given sizes; what is left is the last one. */
export function cut(stream: Buffer, sizes: readonly number[]): Buffer[] {
  const chunks: Buffer[] = [];
  let at = 0;
  for (const size of sizes) {
    chunks.push(Buffer.from(stream.subarray(at, at + size)));
    at += size;
  }
  chunks.push(Buffer.from(stream.subarray(at)));
  return chunks;
}

/** The SQLSTATE of the SqlError that `act` throws; another error, or none, gives its own word. */
export function sqlStateOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    return error instanceof SqlError ? error.sqlState : `untyped error: ${String(error)}`;
  }
  return 'nothing was thrown';
}
