/** What patterns are made of, once variables have their values. */

/** One character. */
export const ONE = 1;
/** One character that is no colon. */
export const ONE_IN_SEGMENT = 2;
/** Any run of characters. */
export const RUN = 3;
/** Any run without a colon. */
export const RUN_IN_SEGMENT = 4;

export type Wildcard = typeof ONE | typeof ONE_IN_SEGMENT | typeof RUN | typeof RUN_IN_SEGMENT;
/** A literal text, or a wildcard. */
export type Token = string | Wildcard;

export const COLON = 58;

/** Code units of the character at `at`: characters outside the basic plane have two. */
export function characterWidth(text: string, at: number): 1 | 2 {
  const high = text.charCodeAt(at);
  if (high < 0xd800 || high > 0xdbff) return 1;
  const low = text.charCodeAt(at + 1);
  return low >= 0xdc00 && low <= 0xdfff ? 2 : 1;
}
