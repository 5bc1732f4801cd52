import { malformedQueryString } from './signature-errors.ts';

/** Percent-encoding as Signature Version 4 wants it: only RFC 3986 unreserved characters stay, `%XX` in upper case. */

const UNRESERVED_ONLY = /^[A-Za-z0-9\-._~]*$/;
const UNRESERVED_BYTES = new Set(
  Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~'),
);
const ESCAPE = /%[0-9A-Fa-f]{2}|[\s\S]/g;

/** What each byte looks like when encoded. */
const ENCODED: readonly string[] = Array.from({ length: 256 }, (_, byte) =>
  UNRESERVED_BYTES.has(byte)
    ? String.fromCharCode(byte)
    : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`,
);

/** Encodes the UTF-8 bytes of a text. */
export function percentEncode(text: string): string {
  if (UNRESERVED_ONLY.test(text)) return text;
  let encoded = '';
  for (const byte of Buffer.from(text)) encoded += ENCODED[byte];
  return encoded;
}

/**
 * Brings one already encoded name or value of a query into the one canonical form: as if decoded (`+` is a
 * space) and encoded again. Throws MalformedQueryString 400 for a bad escape or a character that may not stand
 * in a URL.
 */
export function canonicalComponent(text: string): string {
  if (UNRESERVED_ONLY.test(text)) return text;
  return text.replace(ESCAPE, (piece) => {
    const code = piece.charCodeAt(0);
    if (piece.length === 3) return ENCODED[Number.parseInt(piece.slice(1), 16)] ?? '';
    if (piece === '+') return '%20';
    if (piece === '%' || code <= 0x20 || code >= 0x7f) {
      throw malformedQueryString('The query string contains a malformed percent-encoding or character.');
    }
    return ENCODED[code] ?? '';
  });
}

/**
 * The canonical path: empty, `.` and `..` segments resolved, every segment encoded once more than it was sent.
 * Throws nothing: a strange path merely gives a signature that does not match.
 */
export function canonicalPath(path: string): string {
  if (path === '/' || path === '') return '/';
  const segments: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '..') segments.pop();
    else if (segment !== '' && segment !== '.') segments.push(percentEncode(segment));
  }
  const closing = segments.length > 0 && path.endsWith('/') ? '/' : '';
  return `/${segments.join('/')}${closing}`;
}
