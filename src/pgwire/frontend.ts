import assert from 'node:assert/strict';

import { Secret } from '../core/secret.ts';
import { cString, FieldReader, int32, message, packet, protocolViolation, utf8Text } from './bytes.ts';
import { CLIENT_MESSAGES, REQUEST_CODES } from './codes.ts';

/**
 * The messages of a client: read by the gateway from its clients, written by it to its backends. Readers take
 * the payload (what follows the length); writers give the whole message.
 * Source: PostgreSQL 18 manual, https://www.postgresql.org/docs/18/protocol-message-formats.html
 */

const NUL = Buffer.of(0);

/** StartupMessage. Texts with a NUL are a broken program: they were read from the wire, which cannot hold one. */
export function writeStartup(parameters: ReadonlyMap<string, string>, minorVersion: 0 | 2 = 0): Buffer {
  const code = minorVersion === 0 ? REQUEST_CODES.protocol30 : REQUEST_CODES.protocol32;
  const fields = [int32(code)];
  for (const [name, value] of parameters) {
    assert(name !== '' && !name.includes('\0') && !value.includes('\0'));
    fields.push(cString(name), cString(value));
  }
  return packet(...fields, NUL);
}

export function writeSslRequest(): Buffer {
  return packet(int32(REQUEST_CODES.ssl));
}

export function writeCancelRequest(processId: number, secretKey: Buffer): Buffer {
  return packet(int32(REQUEST_CODES.cancel), int32(processId), secretKey);
}

/** PasswordMessage. Throws SqlError 08P01 unless it is one UTF-8 text; an empty password is the caller's to judge. */
export function readPassword(payload: Buffer): Secret {
  const text = wholeText(payload);
  if (text === undefined) throw protocolViolation('invalid password packet');
  return new Secret(text);
}

export function writePassword(password: Secret): Buffer {
  return message(CLIENT_MESSAGES.password, cString(password.reveal()));
}

export interface SaslInitialResponse {
  readonly mechanism: string;
  /** Undefined when the client leaves the first word to the server. */
  readonly data: Buffer | undefined;
}

/** SASLInitialResponse. Throws SqlError 08P01 if malformed. */
export function readSaslInitialResponse(payload: Buffer): SaslInitialResponse {
  const fields = new FieldReader(payload, 'SASL initial response');
  const mechanism = fields.text();
  const length = fields.int32();
  const data = length === -1 ? undefined : fields.bytes(length);
  fields.end();
  return { mechanism, data };
}

export function writeSaslInitialResponse({ mechanism, data }: SaslInitialResponse): Buffer {
  const fields = data === undefined ? [int32(-1)] : [int32(data.length), data];
  return message(CLIENT_MESSAGES.password, cString(mechanism), ...fields);
}

/** SASLResponse: the payload is the mechanism's own, whole. */
export function writeSaslResponse(data: Buffer): Buffer {
  return message(CLIENT_MESSAGES.password, data);
}

/**
 * The text of a Query, or undefined if it is not one UTF-8 text with its terminator. Such a message is for
 * PostgreSQL to judge: it knows the client's encoding and refuses a NUL inside.
 */
export function readQuery(payload: Buffer): string | undefined {
  return wholeText(payload);
}

export function writeQuery(sql: string): Buffer {
  assert(!sql.includes('\0'));
  return message(CLIENT_MESSAGES.query, cString(sql));
}

export interface Parse {
  /** Name of the prepared statement, empty for the unnamed one. */
  readonly name: string;
  readonly sql: string;
  /** The parameter types, as sent. */
  readonly rest: Buffer;
}

/** A Parse message, or undefined if name and text are not two UTF-8 texts with their terminators. */
export function readParse(payload: Buffer): Parse | undefined {
  const nameEnd = payload.indexOf(0);
  const sqlEnd = nameEnd < 0 ? -1 : payload.indexOf(0, nameEnd + 1);
  if (sqlEnd < 0) return undefined;
  const name = utf8Text(payload.subarray(0, nameEnd));
  const sql = utf8Text(payload.subarray(nameEnd + 1, sqlEnd));
  if (name === undefined || sql === undefined) return undefined;
  return { name, sql, rest: payload.subarray(sqlEnd + 1) };
}

export function writeParse({ name, sql, rest }: Parse): Buffer {
  assert(!name.includes('\0') && !sql.includes('\0'));
  return message(CLIENT_MESSAGES.parse, cString(name), cString(sql), rest);
}

export function writeSync(): Buffer {
  return message(CLIENT_MESSAGES.sync);
}

export function writeTerminate(): Buffer {
  return message(CLIENT_MESSAGES.terminate);
}

function wholeText(payload: Buffer): string | undefined {
  if (payload.length === 0 || payload.indexOf(0) !== payload.length - 1) return undefined;
  return utf8Text(payload.subarray(0, -1));
}
