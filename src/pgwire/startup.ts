import { SqlError } from '../core/errors.ts';
import { FieldReader, protocolViolation, utf8Text } from './bytes.ts';
import { REQUEST_CODES } from './codes.ts';

/**
 * The first packet of a connection, which has no letter: what the client wants, and who it says it is.
 * Source: PostgreSQL 18 manual, https://www.postgresql.org/docs/18/protocol-flow.html#PROTOCOL-FLOW-START-UP
 */

export type FirstPacket =
  | { readonly kind: 'ssl' }
  | { readonly kind: 'gss' }
  | { readonly kind: 'cancel'; readonly processId: number; readonly secretKey: Buffer }
  | StartupPacket;

export interface StartupPacket {
  readonly kind: 'startup';
  /** The minor version that the client asks for; the major one is 3. */
  readonly minorVersion: number;
  readonly user: string;
  /** As sent; undefined when absent or empty, which to PostgreSQL means the name of the user. */
  readonly database: string | undefined;
  /** All other parameters, but for protocol options. */
  readonly parameters: ReadonlyMap<string, string>;
  /** Names of the protocol options (`_pq_.…`), none of which exist in PostgreSQL 18. */
  readonly protocolOptions: readonly string[];
}

/** What to answer to a client that asks for more of the protocol than there is. */
export interface ProtocolNegotiation {
  /** The minor version in use from here on. */
  readonly minorVersion: number;
  readonly unknownOptions: readonly string[];
  /** Whether NegotiateProtocolVersion must be sent, before or right after the request for authentication. */
  readonly mustTell: boolean;
}

/** PostgreSQL 18: a cancel key has 4 bytes in protocol 3.0 and up to 256 from 3.2 on. */
const CANCEL_KEY_BYTES_MIN = 4;
const CANCEL_KEY_BYTES_MAX = 256;

const PROTOCOL_OPTION_PREFIX = '_pq_.';

/**
 * Reads the first packet, given without its length (its size has been checked by the reader of frames).
 * Throws SqlError 08P01 for a malformed packet, 0A000 for another protocol, 28000 if no user is named.
 */
export function readFirstPacket(body: Buffer): FirstPacket {
  const fields = new FieldReader(body, 'startup packet');
  const code = fields.uint32();
  switch (code) {
    case REQUEST_CODES.ssl:
      fields.end();
      return { kind: 'ssl' };
    case REQUEST_CODES.gssEncryption:
      fields.end();
      return { kind: 'gss' };
    case REQUEST_CODES.cancel:
      return readCancel(fields);
    default:
      return readStartup(code, fields);
  }
}

function readCancel(fields: FieldReader): FirstPacket {
  const processId = fields.int32();
  const secretKey = fields.rest();
  if (secretKey.length < CANCEL_KEY_BYTES_MIN || secretKey.length > CANCEL_KEY_BYTES_MAX) {
    throw protocolViolation('invalid startup packet: the cancel key has an impossible length');
  }
  return { kind: 'cancel', processId, secretKey };
}

function readStartup(code: number, fields: FieldReader): StartupPacket {
  const majorVersion = code >>> 16;
  const minorVersion = code & 0xffff;
  if (majorVersion !== 3) {
    throw new SqlError(
      '0A000',
      `unsupported frontend protocol ${majorVersion}.${minorVersion}: server supports 3.0 to 3.2`,
    );
  }
  const parameters = readParameters(fields);
  const protocolOptions = [...parameters.keys()].filter((name) => name.startsWith(PROTOCOL_OPTION_PREFIX));
  for (const name of protocolOptions) parameters.delete(name);
  const user = parameters.get('user') ?? '';
  const database = parameters.get('database') ?? '';
  parameters.delete('user');
  parameters.delete('database');
  if (user === '') throw new SqlError('28000', 'no PostgreSQL user name specified in startup packet');
  return {
    kind: 'startup',
    minorVersion,
    user,
    database: database === '' ? undefined : database,
    parameters,
    protocolOptions,
  };
}

/** A name given twice is refused: two readers could take different ones for the truth. */
function readParameters(fields: FieldReader): Map<string, string> {
  const parameters = new Map<string, string>();
  for (;;) {
    const name = readText(fields);
    if (name === '') break;
    if (parameters.has(name)) {
      throw protocolViolation('invalid startup packet: a parameter is given twice');
    }
    parameters.set(name, readText(fields));
  }
  fields.end();
  return parameters;
}

function readText(fields: FieldReader): string {
  const text = utf8Text(fields.untilNul());
  if (text === undefined) throw protocolViolation('invalid startup packet: names and values must be UTF-8');
  return text;
}

/** Which version the two sides share, given the highest minor version that this side speaks. */
export function negotiateProtocol(startup: StartupPacket, highestMinor: number): ProtocolNegotiation {
  const minorVersion = Math.min(startup.minorVersion, highestMinor);
  return {
    minorVersion,
    unknownOptions: startup.protocolOptions,
    mustTell: minorVersion < startup.minorVersion || startup.protocolOptions.length > 0,
  };
}
