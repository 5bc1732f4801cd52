import { cString, FieldReader, int16, int32, message, protocolViolation } from './bytes.ts';
import { BACKEND_MESSAGES } from './codes.ts';

/**
 * The messages of a backend around a login and a query, in both directions. The backend is not trusted with
 * lengths either: readers throw SqlError 08P01 for whatever is malformed.
 * Source: PostgreSQL 18 manual, https://www.postgresql.org/docs/18/protocol-message-formats.html
 */

export interface ParameterStatus {
  readonly name: string;
  readonly value: string;
}

export function readParameterStatus(payload: Buffer): ParameterStatus {
  const fields = new FieldReader(payload, 'parameter status');
  const name = fields.text();
  const value = fields.lenientText();
  fields.end();
  return { name, value };
}

export function writeParameterStatus({ name, value }: ParameterStatus): Buffer {
  return message(BACKEND_MESSAGES.parameterStatus, cString(name), cString(value));
}

/** What a CancelRequest must present: 4 bytes of key in protocol 3.0, up to 256 from 3.2 on. */
export interface BackendKeyData {
  readonly processId: number;
  readonly secretKey: Buffer;
}

const SECRET_KEY_BYTES_MIN = 4;
const SECRET_KEY_BYTES_MAX = 256;

export function readBackendKeyData(payload: Buffer): BackendKeyData {
  const fields = new FieldReader(payload, 'backend key data');
  const processId = fields.int32();
  const secretKey = fields.rest();
  if (secretKey.length < SECRET_KEY_BYTES_MIN || secretKey.length > SECRET_KEY_BYTES_MAX) {
    throw protocolViolation('invalid backend key data: the key has an impossible length');
  }
  return { processId, secretKey };
}

export function writeBackendKeyData({ processId, secretKey }: BackendKeyData): Buffer {
  return message(BACKEND_MESSAGES.backendKeyData, int32(processId), secretKey);
}

/** `failed` is a transaction that must be rolled back. */
export type TransactionStatus = 'idle' | 'transaction' | 'failed';

const STATUS_LETTERS: ReadonlyMap<TransactionStatus, number> = new Map([
  ['idle', 0x49], // I
  ['transaction', 0x54], // T
  ['failed', 0x45], // E
]);

export function readReadyForQuery(payload: Buffer): TransactionStatus {
  const fields = new FieldReader(payload, 'ready for query');
  const letter = fields.byte();
  fields.end();
  for (const [status, code] of STATUS_LETTERS) if (code === letter) return status;
  throw protocolViolation('invalid ready for query: unknown transaction status');
}

export function writeReadyForQuery(status: TransactionStatus): Buffer {
  return message(BACKEND_MESSAGES.readyForQuery, Buffer.of(STATUS_LETTERS.get(status) ?? 0));
}

/** The tag, for example `CREATE ROLE` or `SELECT 3`. */
export function readCommandComplete(payload: Buffer): string {
  const fields = new FieldReader(payload, 'command complete');
  const tag = fields.text();
  fields.end();
  return tag;
}

export function writeCommandComplete(tag: string): Buffer {
  return message(BACKEND_MESSAGES.commandComplete, cString(tag));
}

/** The newest minor version that the backend speaks, and the protocol options it does not know. */
export interface ProtocolOffer {
  readonly minorVersion: number;
  readonly unknownOptions: readonly string[];
}

/** A client asks for at most as many options as fit into its startup packet, at six bytes each. */
const UNKNOWN_OPTIONS_MAX = 2_000;

export function readNegotiateProtocolVersion(payload: Buffer): ProtocolOffer {
  const fields = new FieldReader(payload, 'protocol negotiation');
  // PostgreSQL 18 sends the whole version here, older ones the same, whatever the manual once said.
  const minorVersion = fields.uint32() & 0xffff;
  const count = fields.int32();
  if (count < 0 || count > UNKNOWN_OPTIONS_MAX) {
    throw protocolViolation('invalid protocol negotiation: impossible number of options');
  }
  const unknownOptions = Array.from({ length: count }, () => fields.text());
  fields.end();
  return { minorVersion, unknownOptions };
}

export function writeNegotiateProtocolVersion({ minorVersion, unknownOptions }: ProtocolOffer): Buffer {
  return message(
    BACKEND_MESSAGES.negotiateProtocolVersion,
    int32((3 << 16) | minorVersion),
    int32(unknownOptions.length),
    ...unknownOptions.map(cString),
  );
}

/** The columns of one row; null is SQL's null. A negative length but for -1 is refused (CVE-2026-4427). */
export function readDataRow(payload: Buffer): (Buffer | null)[] {
  const fields = new FieldReader(payload, 'data row');
  const count = fields.int16();
  if (count < 0) throw protocolViolation('invalid data row: impossible number of columns');
  const columns = Array.from({ length: count }, () => {
    const length = fields.int32();
    return length === -1 ? null : fields.bytes(length);
  });
  fields.end();
  return columns;
}

export function writeDataRow(columns: readonly (Buffer | null)[]): Buffer {
  const fields = columns.flatMap((column) =>
    column === null ? [int32(-1)] : [int32(column.length), column],
  );
  return message(BACKEND_MESSAGES.dataRow, int16(columns.length), ...fields);
}
