import type { Clock } from '../core/clock.ts';
import { type Secret, sameBytes } from '../core/secret.ts';
import { formatAmzDate } from './amz-date.ts';
import {
  canonicalHeaderValue,
  canonicalQuery,
  canonicalRequest,
  queryParameters,
  stringToSign,
} from './canonical.ts';
import { sha256Hex } from './hash.ts';
import { type SigningKeyCache, signingKey } from './key.ts';
import type { RawRequest } from './raw-request.ts';
import { requestExpired, signatureDoesNotMatch } from './signature-errors.ts';
import type { SignedClaim } from './signed-claim.ts';

const UNSIGNED_PAYLOAD = 'UNSIGNED-PAYLOAD';
const MINUTE_MS = 60_000;

export interface ExpectedScope {
  /** Names of services that this endpoint answers for. */
  readonly services: ReadonlySet<string>;
  /** Undefined: any region. */
  readonly region: string | undefined;
}

export interface ScopeCheck {
  readonly expected: ExpectedScope;
  readonly clock: Clock;
  /** Minutes to each side of the present. */
  readonly windowMinutes: number;
}

export interface VerifyOptions extends ScopeCheck {
  readonly secret: Secret;
  readonly keys: SigningKeyCache;
}

/**
 * Checks everything about a claim that needs no secret: terminator, scope date, region, service, and time.
 * Throws SignatureDoesNotMatch 403, or RequestExpired 400 for a presigned request past its life.
 */
export function checkScope(claim: SignedClaim, options: ScopeCheck): void {
  const { scope } = claim;
  const { services, region } = options.expected;
  if (scope.terminator !== 'aws4_request') {
    throw signatureDoesNotMatch(
      `Credential should be scoped with a valid terminator: 'aws4_request', not '${scope.terminator}'.`,
    );
  }
  if (!services.has(scope.service)) {
    const names = [...services].map((name) => `'${name}'`).join(' or ');
    throw signatureDoesNotMatch(`Credential should be scoped to correct service: ${names}.`);
  }
  if (region !== undefined && scope.region !== region) {
    throw signatureDoesNotMatch(`Credential should be scoped to a valid region, not '${scope.region}'.`);
  }
  const day = claim.amzDate.slice(0, 8);
  if (scope.date !== day) {
    throw signatureDoesNotMatch(
      'Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: ' +
        `'${scope.date}' != '${day}', from '${claim.amzDate}'.`,
    );
  }
  checkTime(claim, options.clock, options.windowMinutes);
}

/**
 * Verifies that the owner of the secret sent exactly this request, now. `claim` must come from
 * `parseSignature(request)`. Throws SignatureDoesNotMatch 403 or RequestExpired 400; returns nothing when fine.
 */
export function verifySignature(claim: SignedClaim, request: RawRequest, options: VerifyOptions): void {
  checkScope(claim, options);
  const cached = options.keys.get(claim.accessKeyId, claim.scope, options.secret);
  const key = cached ?? signingKey(options.secret, claim.scope);
  const matches = candidates(claim, request).some((canonical) =>
    sameBytes(key.sign(stringToSign(claim.amzDate, claim.scope.text, sha256Hex(canonical))), claim.signature),
  );
  if (!matches) throw signatureDoesNotMatch();
  if (cached === undefined) options.keys.set(claim.accessKeyId, claim.scope, options.secret, key);
}

/** The canonical requests that the signature may be of: a presigned session token may have been added afterwards. */
function candidates(claim: SignedClaim, request: RawRequest): string[] {
  const parameters = queryParameters(request.query);
  const { method, path } = request;
  const headers = signedHeaderValues(claim);
  const bodyHash = checkedBodyHash(claim, request, parameters);
  const canonicalOf = (query: string): string => canonicalRequest({ method, path, query, headers, bodyHash });
  if (!claim.presigned) return [canonicalOf(canonicalQuery(parameters))];
  const query = canonicalQuery(parameters, ['X-Amz-Signature']);
  const withoutToken = canonicalQuery(parameters, ['X-Amz-Signature', 'X-Amz-Security-Token']);
  const queries = query === withoutToken ? [query] : [query, withoutToken];
  return queries.map(canonicalOf);
}

function signedHeaderValues(claim: SignedClaim): [string, string][] {
  return claim.signedHeaders.map((name) => {
    // HTTP/2 has `:authority` in the place of `host`.
    const value = claim.headers.get(name) ?? (name === 'host' ? claim.headers.get(':authority') : undefined);
    if (value === undefined) {
      throw signatureDoesNotMatch(`The signed header '${name}' is missing from the request.`);
    }
    return [name, canonicalHeaderValue(value)];
  });
}

/** The hash that the client signed: always the true one, except that a presigned request may sign no payload. */
function checkedBodyHash(
  claim: SignedClaim,
  request: RawRequest,
  parameters: readonly { readonly name: string; readonly value: string }[],
): string {
  const bodyHash = sha256Hex(request.body);
  const inQuery = parameters.find(({ name }) => name === 'X-Amz-Content-Sha256')?.value;
  const claimed = claim.headers.get('x-amz-content-sha256') ?? (claim.presigned ? inQuery : undefined);
  if (claimed === undefined || claimed === bodyHash) return bodyHash;
  // An unsigned body could carry any parameters, so there must be none.
  if (claimed === UNSIGNED_PAYLOAD && claim.presigned && request.body.length === 0) return UNSIGNED_PAYLOAD;
  throw signatureDoesNotMatch(
    "The value of 'x-amz-content-sha256' is not the SHA-256 of the request's body.",
  );
}

function checkTime(claim: SignedClaim, clock: Clock, windowMinutes: number): void {
  const windowMs = windowMinutes * MINUTE_MS;
  const at = claim.date.getTime();
  const presents = clock.presents().map((present) => present.getTime());
  const isCurrent = presents.some((present) => Math.abs(at - present) <= windowMs);
  if (isCurrent && claim.expiresSeconds === undefined) return;
  const now = clock.now();
  const text = (ms: number): string => formatAmzDate(new Date(ms));
  if (!presents.some((present) => at <= present + windowMs)) {
    const last = now.getTime() + windowMs;
    throw signatureDoesNotMatch(
      `Signature not yet current: ${text(at)} is still later than ${text(last)} ` +
        `(${formatAmzDate(now)} + ${windowMinutes} min.)`,
    );
  }
  if (claim.expiresSeconds !== undefined) {
    if (now.getTime() >= at + claim.expiresSeconds * 1000) throw requestExpired();
    return;
  }
  const first = now.getTime() - windowMs;
  throw signatureDoesNotMatch(
    `Signature expired: ${text(at)} is now earlier than ${text(first)} ` +
      `(${formatAmzDate(now)} - ${windowMinutes} min.)`,
  );
}
