import { remembered } from '../core/remembered.ts';
import { Secret } from '../core/secret.ts';
import { formatAmzDate, parseAmzDate, parseDateHeader } from './amz-date.ts';
import { ALGORITHM, type CanonicalParameter, queryParameters } from './canonical.ts';
import type { RawRequest } from './raw-request.ts';
import { type RequestHeaders, requestHeaders, requireSigned } from './request-headers.ts';
import { incompleteSignature, missingAuthenticationToken } from './signature-errors.ts';
import type { CredentialScope, SignedClaim } from './signed-claim.ts';

/**
 * First step of authentication: finds the claim in the Authorization header or in the query.
 * Source: IAM User Guide, "Authentication methods" of Signature Version 4.
 */

/** Seconds; S3's documented maximum of seven days, which the other services share. */
const PRESIGNED_SECONDS_MAX = 604_800;
/** Seconds, when a presigned request does not say. */
const PRESIGNED_SECONDS_DEFAULT = 900;
/** Signed headers of one request; SDKs sign under 20. */
const SIGNED_HEADERS_MAX = 100;
/** Characters of a credential (`id/date/region/service/aws4_request`); real ones are under 80. */
const CREDENTIAL_LENGTH_MAX = 512;

const SIGNATURE = /^[0-9a-f]{64}$/;
const HEADER_NAME = /^:?[a-z0-9!#$%&'*+.^_`|~-]+$/;
const CREDENTIAL_PARAMETERS = new Set(['X-Amz-Algorithm', 'X-Amz-Credential', 'X-Amz-Signature']);

/**
 * Finds who a request claims to be from. Throws MissingAuthenticationToken 403, IncompleteSignature 400 with
 * the name of what is missing, SignatureDoesNotMatch 403 if the signature does not cover what it must.
 */
export function parseSignature(request: RawRequest): SignedClaim {
  const headers = requestHeaders(request);
  const parameters = queryParameters(request.query);
  const authorization = headers.get('authorization');
  const inQuery = parameters.some(({ name }) => CREDENTIAL_PARAMETERS.has(name));
  if (authorization !== undefined && inQuery) {
    throw incompleteSignature(
      'Give either an Authorization header or signature parameters in the query, not both.',
    );
  }
  if (authorization === undefined && !inQuery) throw missingAuthenticationToken();
  const claim =
    authorization === undefined
      ? fromQuery(parameters, headers)
      : fromHeader(authorization, parameters, headers);
  requireSigned(headers, claim.signedHeaders);
  return claim;
}

function fromHeader(
  authorization: string,
  parameters: readonly CanonicalParameter[],
  headers: RequestHeaders,
): SignedClaim {
  const fields = authorizationFields(authorization);
  const credential = fields.get('Credential');
  const signedHeaders = fields.get('SignedHeaders');
  const signature = fields.get('Signature');
  const amzDateText = headers.get('x-amz-date');
  const dateText = amzDateText ?? headers.get('date');
  if (!credential || !signature || !signedHeaders || !dateText) {
    throw incompleteSignature(whatIsMissing({ credential, signature, signedHeaders, dateText }));
  }
  const { accessKeyId, scope } = parseCredential(credential);
  const { date, amzDate } = parseDate(dateText, amzDateText === undefined ? parseDateHeader : parseAmzDate);
  return {
    accessKeyId,
    scope,
    date,
    amzDate,
    headers,
    signedHeaders: parseSignedHeaders(signedHeaders),
    signature: parseSignatureBytes(signature),
    presigned: false,
    expiresSeconds: undefined,
    sessionToken: sessionToken(parameters, headers),
  };
}

function whatIsMissing(found: {
  readonly credential: string | undefined;
  readonly signature: string | undefined;
  readonly signedHeaders: string | undefined;
  readonly dateText: string | undefined;
}): string {
  const missing: string[] = [];
  if (!found.credential) missing.push(`Authorization header requires 'Credential' parameter.`);
  if (!found.signature) missing.push(`Authorization header requires 'Signature' parameter.`);
  if (!found.signedHeaders) missing.push(`Authorization header requires 'SignedHeaders' parameter.`);
  if (!found.dateText) {
    missing.push(`Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.`);
  }
  return missing.join(' ');
}

function fromQuery(parameters: readonly CanonicalParameter[], headers: RequestHeaders): SignedClaim {
  const algorithm = only(parameters, 'X-Amz-Algorithm');
  const credential = only(parameters, 'X-Amz-Credential');
  const signature = only(parameters, 'X-Amz-Signature');
  const signedHeaders = only(parameters, 'X-Amz-SignedHeaders');
  const dateText = only(parameters, 'X-Amz-Date');
  if (!algorithm || !credential || !signature || !signedHeaders || !dateText) {
    const missing = Object.entries({
      'X-Amz-Algorithm': algorithm,
      'X-Amz-Credential': credential,
      'X-Amz-Signature': signature,
      'X-Amz-SignedHeaders': signedHeaders,
      'X-Amz-Date': dateText,
    }).filter(([, value]) => !value);
    throw incompleteSignature(
      missing.map(([name]) => `AWS query-string parameters must include '${name}'.`).join(' '),
    );
  }
  if (algorithm !== ALGORITHM) throw incompleteSignature(`Unsupported AWS 'algorithm'; use '${ALGORITHM}'.`);
  return {
    ...parseCredential(credential),
    ...parseDate(dateText, parseAmzDate),
    headers,
    signedHeaders: parseSignedHeaders(signedHeaders),
    signature: parseSignatureBytes(signature),
    presigned: true,
    expiresSeconds: parseExpires(only(parameters, 'X-Amz-Expires')),
    sessionToken: sessionToken(parameters, headers),
  };
}

/** Reads `AWS4-HMAC-SHA256 Credential=…, SignedHeaders=…, Signature=…`; the spaces after commas may be missing. */
function authorizationFields(authorization: string): Map<string, string> {
  const space = authorization.indexOf(' ');
  if (space === -1 || authorization.slice(0, space) !== ALGORITHM) {
    throw incompleteSignature(`Unsupported AWS 'algorithm' in the Authorization header; use '${ALGORITHM}'.`);
  }
  const fields = new Map<string, string>();
  for (let end = space; end < authorization.length; ) {
    const start = end + 1;
    end = authorization.indexOf(',', start);
    if (end === -1) end = authorization.length;
    const field = authorization.slice(start, end).trim();
    const equals = field.indexOf('=');
    const name = field.slice(0, equals);
    if (equals === -1 || fields.has(name)) {
      throw incompleteSignature(
        `'${ALGORITHM}' in the Authorization header must be followed by different 'name=value' pairs.`,
      );
    }
    fields.set(name, field.slice(equals + 1));
  }
  return fields;
}

const parseCredential = remembered((credential): { accessKeyId: string; scope: CredentialScope } => {
  const parts = credential.length > CREDENTIAL_LENGTH_MAX ? [] : credential.split('/');
  const [accessKeyId, date, region, service, terminator] = parts;
  if (parts.length !== 5 || !accessKeyId || !date || !region || !service || !terminator) {
    throw incompleteSignature(
      'Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/aws4_request.',
    );
  }
  const text = credential.slice(accessKeyId.length + 1);
  return { accessKeyId, scope: { date, region, service, terminator, text } };
});

function parseDate(
  text: string,
  parse: (text: string) => Date | undefined,
): Pick<SignedClaim, 'date' | 'amzDate'> {
  const date = parse(text);
  if (date === undefined) {
    throw incompleteSignature("Date must be in ISO-8601 'basic format', e.g. 20150830T123600Z.");
  }
  return { date, amzDate: parse === parseAmzDate ? text : formatAmzDate(date) };
}

const parseSignedHeaders = remembered((text): readonly string[] => {
  const names = text.split(';', SIGNED_HEADERS_MAX + 1);
  const fine =
    names.length <= SIGNED_HEADERS_MAX &&
    names.every((name, n) => HEADER_NAME.test(name) && (n === 0 || (names[n - 1] ?? '') < name));
  if (!fine) {
    throw incompleteSignature(
      "'SignedHeaders' must be different header names in lower case, sorted, joined by ';'.",
    );
  }
  return names;
});

function parseSignatureBytes(text: string): Uint8Array {
  return SIGNATURE.test(text) ? Buffer.from(text, 'hex') : Buffer.alloc(0);
}

function parseExpires(text: string | undefined): number {
  if (text === undefined) return PRESIGNED_SECONDS_DEFAULT;
  const seconds = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (seconds < 1 || seconds > PRESIGNED_SECONDS_MAX) {
    throw incompleteSignature(
      `'X-Amz-Expires' must be a number of seconds from 1 to ${PRESIGNED_SECONDS_MAX}.`,
    );
  }
  return seconds;
}

function sessionToken(
  parameters: readonly CanonicalParameter[],
  headers: RequestHeaders,
): Secret | undefined {
  const inHeader = headers.get('x-amz-security-token');
  const inQuery = only(parameters, 'X-Amz-Security-Token');
  if (inHeader !== undefined && inQuery !== undefined) {
    throw incompleteSignature("'X-Amz-Security-Token' may be given only once.");
  }
  const token = inHeader ?? inQuery;
  return token === undefined ? undefined : new Secret(token);
}

/** The decoded value of a parameter that may stand at most once. */
function only(parameters: readonly CanonicalParameter[], name: string): string | undefined {
  if (parameters.length === 0) return undefined;
  const found = parameters.filter((parameter) => parameter.name === name);
  if (found.length > 1) throw incompleteSignature(`'${name}' may be given only once in the query.`);
  const value = found[0]?.value;
  if (value === undefined) return undefined;
  try {
    return decodeURIComponent(value);
  } catch {
    throw incompleteSignature(`'${name}' is not valid UTF-8.`);
  }
}
