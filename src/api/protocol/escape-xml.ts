/** Printable ASCII without the characters that XML wants escaped. */
const PLAIN = /^[ !#-%(-;=?-~]*$/;
/** Everything that must not stand as it is, or not at all. */
const SPECIAL = /[&<>"'\r\p{Cc}\p{Cs}\ufffe\uffff]/gu;

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
  ['"', '&quot;'],
  ["'", '&#39;'],
  // A reader would turn a bare carriage return into a line feed.
  ['\r', '&#xD;'],
  ['\n', '\n'],
  ['\t', '\t'],
]);

/**
 * Escapes text for element content. Characters that XML 1.0 cannot hold in any form (most control characters,
 * lone surrogates, U+FFFE and U+FFFF) become U+FFFD. Source: XML 1.0, section 2.2.
 */
export function escapeXml(text: string): string {
  if (PLAIN.test(text)) return text;
  return text.replace(SPECIAL, (character) => {
    // The control characters from U+007F to U+009F are allowed.
    if (character >= '\u007f' && character <= '\u009f') return character;
    return ESCAPES.get(character) ?? '\ufffd';
  });
}
