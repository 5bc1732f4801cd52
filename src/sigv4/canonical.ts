import { LIMITS } from '../core/limits.ts';
import { canonicalComponent, canonicalPath } from './percent.ts';
import { malformedQueryString } from './signature-errors.ts';

/**
 * The canonical request of Signature Version 4.
 * Source: IAM User Guide, "Create a signed AWS API request", step 1.
 */

export const ALGORITHM = 'AWS4-HMAC-SHA256';

/** One parameter of a query, both parts in canonical percent-encoding. */
export interface CanonicalParameter {
  readonly name: string;
  readonly value: string;
}

/**
 * Splits a raw query and brings every part into canonical encoding, so that what is signed is what is decoded
 * later: `+` is a space. Throws MalformedQueryString 400, also past the limit of parameters.
 */
export function queryParameters(query: string): CanonicalParameter[] {
  const parameters: CanonicalParameter[] = [];
  let start = 0;
  while (start < query.length) {
    let end = query.indexOf('&', start);
    if (end === -1) end = query.length;
    if (end > start) {
      if (parameters.length >= LIMITS.requestParametersMax) {
        throw malformedQueryString(`The query has more than ${LIMITS.requestParametersMax} parameters.`);
      }
      parameters.push(parameter(query.slice(start, end)));
    }
    start = end + 1;
  }
  return parameters;
}

/** Sorts and joins parameters; those with a name in `without` are left out. */
export function canonicalQuery(
  parameters: readonly CanonicalParameter[],
  without: readonly string[] = [],
): string {
  if (parameters.length === 0) return '';
  return parameters
    .filter(({ name }) => !without.includes(name))
    .sort(byNameThenValue)
    .map(({ name, value }) => `${name}=${value}`)
    .join('&');
}

/** Trims a header value and turns runs of spaces into one. */
export function canonicalHeaderValue(value: string): string {
  const single = value.includes('  ') || value.includes('\t') ? value.replace(/[ \t]+/g, ' ') : value;
  return single.slice(single.startsWith(' ') ? 1 : 0, single.endsWith(' ') ? -1 : undefined);
}

export interface CanonicalParts {
  readonly method: string;
  readonly path: string;
  /** Already canonical. */
  readonly query: string;
  /** Lower-case names with canonical values, in the order of the signed header list. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly bodyHash: string;
}

export function canonicalRequest(parts: CanonicalParts): string {
  let text = `${parts.method}\n${canonicalPath(parts.path)}\n${parts.query}\n`;
  let names = '';
  for (const [name, value] of parts.headers) {
    text += `${name}:${value}\n`;
    names += names === '' ? name : `;${name}`;
  }
  return `${text}\n${names}\n${parts.bodyHash}`;
}

/** `scope` is `date/region/service/aws4_request`. */
export function stringToSign(amzDate: string, scope: string, canonicalHash: string): string {
  return `${ALGORITHM}\n${amzDate}\n${scope}\n${canonicalHash}`;
}

function parameter(text: string): CanonicalParameter {
  const equals = text.indexOf('=');
  return equals === -1
    ? { name: canonicalComponent(text), value: '' }
    : { name: canonicalComponent(text.slice(0, equals)), value: canonicalComponent(text.slice(equals + 1)) };
}

function byNameThenValue(a: CanonicalParameter, b: CanonicalParameter): number {
  if (a.name !== b.name) return a.name < b.name ? -1 : 1;
  if (a.value !== b.value) return a.value < b.value ? -1 : 1;
  return 0;
}
