/** Dates of signed requests: `20150830T123600Z`, or the HTTP date of a `Date` header. */

const BASIC = /^\d{8}T\d{6}Z$/;
const HTTP_DATE_LENGTH = 'Sun, 06 Nov 1994 08:49:37 GMT'.length;

/** The instant in ISO 8601 basic format, in whole seconds: `20150830T123600Z`. */
export function formatAmzDate(at: Date): string {
  const iso = at.toISOString();
  const time = iso.slice(11, 13) + iso.slice(14, 16) + iso.slice(17, 19);
  return `${iso.slice(0, 4)}${iso.slice(5, 7)}${iso.slice(8, 10)}T${time}Z`;
}

/** Reads ISO 8601 basic format; undefined if the text is not a real instant in exactly that form. */
export function parseAmzDate(text: string): Date | undefined {
  if (!BASIC.test(text)) return undefined;
  const part = (start: number, end: number): number => Number(text.slice(start, end));
  const at = new Date(
    Date.UTC(part(0, 4), part(4, 6) - 1, part(6, 8), part(9, 11), part(11, 13), part(13, 15)),
  );
  // A 31st of February would roll over, so the instant must print as it was read.
  return formatAmzDate(at) === text ? at : undefined;
}

/** Reads a `Date` header: IMF-fixdate of RFC 9110, section 5.6.7, or ISO 8601 basic format. */
export function parseDateHeader(text: string): Date | undefined {
  if (text.length !== HTTP_DATE_LENGTH) return parseAmzDate(text);
  const at = new Date(text);
  return !Number.isNaN(at.getTime()) && at.toUTCString() === text ? at : undefined;
}
