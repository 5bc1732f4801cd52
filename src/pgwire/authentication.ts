import { cString, FieldReader, int32, message, protocolViolation } from './bytes.ts';
import { AUTHENTICATION_CODES, BACKEND_MESSAGES } from './codes.ts';

/**
 * The Authentication messages, in both directions: asked of clients, and answered to backends.
 * Source: PostgreSQL 18 manual, https://www.postgresql.org/docs/18/protocol-message-formats.html
 */

export type Authentication =
  | { readonly kind: 'ok' }
  | { readonly kind: 'cleartext-password' }
  | { readonly kind: 'md5-password'; readonly salt: Buffer }
  | { readonly kind: 'sasl'; readonly mechanisms: readonly string[] }
  | { readonly kind: 'sasl-continue'; readonly data: Buffer }
  | { readonly kind: 'sasl-final'; readonly data: Buffer }
  /** Kerberos, GSSAPI, SSPI and whatever may come: nothing that Keyshift answers. */
  | { readonly kind: 'other'; readonly code: number };

/** Mechanisms in one offer; PostgreSQL 18 offers at most three. */
const MECHANISMS_MAX = 32;

/** Reads what a backend asks for. Throws SqlError 08P01 if malformed. */
export function readAuthentication(payload: Buffer): Authentication {
  const fields = new FieldReader(payload, 'authentication request');
  const code = fields.int32();
  switch (code) {
    case AUTHENTICATION_CODES.ok:
      fields.end();
      return { kind: 'ok' };
    case AUTHENTICATION_CODES.cleartextPassword:
      fields.end();
      return { kind: 'cleartext-password' };
    case AUTHENTICATION_CODES.md5Password: {
      const salt = fields.bytes(4);
      fields.end();
      return { kind: 'md5-password', salt };
    }
    case AUTHENTICATION_CODES.sasl:
      return { kind: 'sasl', mechanisms: readMechanisms(fields) };
    case AUTHENTICATION_CODES.saslContinue:
      return { kind: 'sasl-continue', data: fields.rest() };
    case AUTHENTICATION_CODES.saslFinal:
      return { kind: 'sasl-final', data: fields.rest() };
    default:
      return { kind: 'other', code };
  }
}

function readMechanisms(fields: FieldReader): string[] {
  const mechanisms: string[] = [];
  for (;;) {
    const mechanism = fields.text();
    if (mechanism === '') break;
    if (mechanisms.length === MECHANISMS_MAX) {
      throw protocolViolation('invalid authentication request: too many mechanisms');
    }
    mechanisms.push(mechanism);
  }
  fields.end();
  return mechanisms;
}

export function writeAuthentication(request: Authentication): Buffer {
  switch (request.kind) {
    case 'ok':
      return authentication(AUTHENTICATION_CODES.ok);
    case 'cleartext-password':
      return authentication(AUTHENTICATION_CODES.cleartextPassword);
    case 'md5-password':
      return authentication(AUTHENTICATION_CODES.md5Password, request.salt);
    case 'sasl':
      return authentication(AUTHENTICATION_CODES.sasl, ...request.mechanisms.map(cString), cString(''));
    case 'sasl-continue':
      return authentication(AUTHENTICATION_CODES.saslContinue, request.data);
    case 'sasl-final':
      return authentication(AUTHENTICATION_CODES.saslFinal, request.data);
    case 'other':
      return authentication(request.code);
    default:
      return request satisfies never;
  }
}

function authentication(code: number, ...fields: readonly Uint8Array[]): Buffer {
  return message(BACKEND_MESSAGES.authentication, int32(code), ...fields);
}
