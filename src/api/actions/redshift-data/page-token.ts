import { statementInvalid } from '../../../redshift/statement-errors.ts';

/** Tokens of the next page: what the page begins after, in a form that nobody is tempted to take apart. */

/** Characters of a token that are looked at; those of ours are far shorter. */
const TOKEN_CHARACTERS_MAX = 1_024;

export function writeToken(parts: readonly string[]): string {
  return Buffer.from(JSON.stringify(parts)).toString('base64url');
}

/** The parts of a token that must have `count` of them; undefined for none. Throws ValidationException. */
export function readToken(token: string | undefined, count: number): readonly string[] | undefined {
  if (token === undefined || token === '') return undefined;
  const parts = token.length > TOKEN_CHARACTERS_MAX ? undefined : parse(token);
  if (parts?.length === count) return parts;
  throw statementInvalid('The NextToken is invalid.');
}

function parse(token: string): readonly string[] | undefined {
  try {
    const parts: unknown = JSON.parse(Buffer.from(token, 'base64url').toString());
    return Array.isArray(parts) && parts.every((part) => typeof part === 'string') ? parts : undefined;
  } catch {
    return undefined;
  }
}

/** A page of what was asked for with one more than `max`: its items, and the token if there are more. */
export function pageOf<T>(
  found: readonly T[],
  max: number,
  after: (last: T) => readonly string[],
): { readonly items: readonly T[]; readonly token: string | undefined } {
  const items = found.slice(0, max);
  const last = items.at(-1);
  return {
    items,
    token: found.length > max && last !== undefined ? writeToken(after(last)) : undefined,
  };
}
