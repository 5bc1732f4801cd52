/** What the signature room sees of an HTTP request: the bytes as they came, nothing decoded. */
export interface RawRequest {
  readonly method: string;
  /** The path as sent, still percent-encoded. */
  readonly path: string;
  /** The query as sent, without the `?`; empty if there is none. */
  readonly query: string;
  /** Names and values in the order received, duplicates kept, one character a byte (as node's `rawHeaders`). */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Uint8Array;
}
