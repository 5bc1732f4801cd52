import type { Secret } from '../core/secret.ts';
import { formatAmzDate } from './amz-date.ts';
import {
  ALGORITHM,
  canonicalHeaderValue,
  canonicalQuery,
  canonicalRequest,
  queryParameters,
  stringToSign,
} from './canonical.ts';
import { sha256Hex } from './hash.ts';
import { signingKey } from './key.ts';
import { percentEncode } from './percent.ts';
import type { RawRequest } from './raw-request.ts';

/** Signs requests, for Keyshift's own client and for tests. */

export interface SigningOptions {
  readonly accessKeyId: string;
  readonly secret: Secret;
  readonly sessionToken?: Secret | undefined;
  readonly region: string;
  readonly service: string;
  readonly at: Date;
}

/** Headers that a proxy may add or change on the way, so that they must not be signed. */
const UNSIGNABLE = new Set([
  'authorization',
  'connection',
  'expect',
  'transfer-encoding',
  'user-agent',
  'x-amzn-trace-id',
]);

/**
 * Gives the request with `X-Amz-Date`, `Authorization` and, for temporary credentials, `X-Amz-Security-Token`
 * added. The request must have a `host` header.
 */
export function signRequest(request: RawRequest, options: SigningOptions): RawRequest {
  const amzDate = formatAmzDate(options.at);
  const headers = [...request.headers, ['x-amz-date', amzDate] as const];
  if (options.sessionToken !== undefined) {
    headers.push(['x-amz-security-token', options.sessionToken.reveal()]);
  }
  const signed = signableHeaders(headers);
  const signature = signatureOf({ ...request, headers }, signed, amzDate, options);
  const authorization =
    `${ALGORITHM} Credential=${options.accessKeyId}/${scopeText(amzDate, options)}, ` +
    `SignedHeaders=${signed.map(([name]) => name).join(';')}, Signature=${signature}`;
  return { ...request, headers: [...headers, ['authorization', authorization]] };
}

/** Gives the request with the signature in its query; good for `expiresSeconds` from `options.at`. */
export function presignRequest(
  request: RawRequest,
  options: SigningOptions & { readonly expiresSeconds: number },
): RawRequest {
  const amzDate = formatAmzDate(options.at);
  const signed = signableHeaders(request.headers);
  const added: [string, string][] = [
    ['X-Amz-Algorithm', ALGORITHM],
    ['X-Amz-Credential', `${options.accessKeyId}/${scopeText(amzDate, options)}`],
    ['X-Amz-Date', amzDate],
    ['X-Amz-Expires', String(options.expiresSeconds)],
    ['X-Amz-SignedHeaders', signed.map(([name]) => name).join(';')],
  ];
  if (options.sessionToken !== undefined) {
    added.push(['X-Amz-Security-Token', options.sessionToken.reveal()]);
  }
  const addedQuery = added.map(([name, value]) => `${name}=${percentEncode(value)}`).join('&');
  const query = request.query === '' ? addedQuery : `${request.query}&${addedQuery}`;
  const signature = signatureOf({ ...request, query }, signed, amzDate, options);
  return { ...request, query: `${query}&X-Amz-Signature=${signature}` };
}

function signatureOf(
  request: RawRequest,
  signed: readonly (readonly [string, string])[],
  amzDate: string,
  options: SigningOptions,
): string {
  const canonical = canonicalRequest({
    method: request.method,
    path: request.path,
    query: canonicalQuery(queryParameters(request.query)),
    headers: signed,
    bodyHash: sha256Hex(request.body),
  });
  const key = signingKey(options.secret, { ...options, date: amzDate.slice(0, 8) });
  return key.sign(stringToSign(amzDate, scopeText(amzDate, options), sha256Hex(canonical))).toString('hex');
}

function signableHeaders(headers: RawRequest['headers']): [string, string][] {
  const values = new Map<string, string>();
  for (const [rawName, rawValue] of headers) {
    const name = rawName.toLowerCase();
    if (UNSIGNABLE.has(name)) continue;
    const value = canonicalHeaderValue(rawValue);
    const earlier = values.get(name);
    values.set(name, earlier === undefined ? value : `${earlier},${value}`);
  }
  return [...values].sort(([a], [b]) => (a < b ? -1 : 1));
}

function scopeText(amzDate: string, options: SigningOptions): string {
  return `${amzDate.slice(0, 8)}/${options.region}/${options.service}/aws4_request`;
}
