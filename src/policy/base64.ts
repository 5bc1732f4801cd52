/** Base64 of binary conditions, in plain ECMAScript because this room also runs in browsers. Source: RFC 4648 §4. */

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

/** The bytes as a text of one character per byte; undefined if `text` is not padded base64. */
export function decodeBase64(text: string): string | undefined {
  if (text.length % 4 !== 0 || !BASE64.test(text)) return undefined;
  let bytes = '';
  let bits = 0;
  let bitCount = 0;
  for (const character of text) {
    if (character === '=') break;
    bits = ((bits << 6) | ALPHABET.indexOf(character)) & 0xffff;
    bitCount += 6;
    if (bitCount < 8) continue;
    bitCount -= 8;
    bytes += String.fromCharCode((bits >> bitCount) & 0xff);
  }
  return bytes;
}
