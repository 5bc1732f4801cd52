import { remembered } from '../core/remembered.ts';
import { canonicalHeaderValue } from './canonical.ts';
import type { RawRequest } from './raw-request.ts';
import { incompleteSignature, signatureDoesNotMatch } from './signature-errors.ts';

/** Headers that decide what a request means or who sent it: two of one name are refused (CVE-2020-16250). */
const SINGLE = new Set([
  'authorization',
  'content-length',
  'content-type',
  'date',
  'host',
  ':authority',
  'transfer-encoding',
]);

/** Header values by lower-case name; several of one name are joined by commas, as the signature wants it. */
export type RequestHeaders = ReadonlyMap<string, string>;

const lowerCase = remembered((name) => name.toLowerCase());

/** Throws IncompleteSignature 400 for a second header of a name that may stand only once. */
export function requestHeaders(request: RawRequest): RequestHeaders {
  const headers = new Map<string, string>();
  for (const [rawName, value] of request.headers) {
    const name = lowerCase(rawName);
    const earlier = headers.get(name);
    if (earlier !== undefined && (SINGLE.has(name) || name.startsWith('x-amz-'))) {
      throw incompleteSignature(`The header '${name}' may be given only once.`);
    }
    headers.set(
      name,
      earlier === undefined ? value : `${canonicalHeaderValue(earlier)},${canonicalHeaderValue(value)}`,
    );
  }
  return headers;
}

/**
 * Refuses a request whose signature leaves out what it must cover: the host and every `x-amz-` header, the
 * session token excepted, which some clients add after signing.
 */
export function requireSigned(headers: RequestHeaders, signedHeaders: readonly string[]): void {
  if (!signedHeaders.includes('host') && !signedHeaders.includes(':authority')) {
    throw mustBeSigned("'Host' or ':authority'");
  }
  for (const name of headers.keys()) {
    if (!name.startsWith('x-amz-') || name === 'x-amz-security-token') continue;
    if (!signedHeaders.includes(name)) throw mustBeSigned(`'${name}'`);
  }
}

function mustBeSigned(what: string): Error {
  return signatureDoesNotMatch(`${what} must be a 'SignedHeader' in the AWS Authorization.`);
}
