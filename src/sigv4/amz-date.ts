/** Dates of signed requests: `20150830T123600Z`, or the HTTP date of a `Date` header. */

const BASIC_LENGTH = '20150830T123600Z'.length;
const HTTP_DATE_LENGTH = 'Sun, 06 Nov 1994 08:49:37 GMT'.length;

/** The instant in ISO 8601 basic format, in whole seconds: `20150830T123600Z`. */
export function formatAmzDate(at: Date): string {
  const iso = at.toISOString();
  const time = iso.slice(11, 13) + iso.slice(14, 16) + iso.slice(17, 19);
  return `${iso.slice(0, 4)}${iso.slice(5, 7)}${iso.slice(8, 10)}T${time}Z`;
}

/** Reads ISO 8601 basic format; undefined if the text is not a real instant in exactly that form. */
export function parseAmzDate(text: string): Date | undefined {
  if (text.length !== BASIC_LENGTH || text.charAt(8) !== 'T' || text.charAt(15) !== 'Z') return undefined;
  const year = digits(text, 0, 4);
  const month = digits(text, 4, 6);
  const day = digits(text, 6, 8);
  const hour = digits(text, 9, 11);
  const minute = digits(text, 11, 13);
  const second = digits(text, 13, 15);
  if (!(hour <= 23 && minute <= 59 && second <= 59)) return undefined;
  const at = new Date(Date.UTC(year, month - 1, day, hour, minute, second));
  // A 31st of February would roll over, and so would a thirteenth month or a year before 100.
  const isReal = at.getUTCFullYear() === year && at.getUTCMonth() === month - 1 && at.getUTCDate() === day;
  return isReal ? at : undefined;
}

/** The number that the decimal digits from `start` to `end` stand for; NaN if one of them is no digit. */
function digits(text: string, start: number, end: number): number {
  let value = 0;
  for (let at = start; at < end; at++) {
    const digit = text.charCodeAt(at) - 48;
    if (digit < 0 || digit > 9) return Number.NaN;
    value = value * 10 + digit;
  }
  return value;
}

/** Reads a `Date` header: IMF-fixdate of RFC 9110, section 5.6.7, or ISO 8601 basic format. */
export function parseDateHeader(text: string): Date | undefined {
  if (text.length !== HTTP_DATE_LENGTH) return parseAmzDate(text);
  const at = new Date(text);
  return !Number.isNaN(at.getTime()) && at.toUTCString() === text ? at : undefined;
}
