/** Dates of date conditions. Source: W3C note "Date and Time Formats", which IAM names; and epoch seconds. */

const W3C =
  /^(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(?:(Z)|([+-])(\d\d):(\d\d))?)?)?)?$/i;
const EPOCH_SECONDS = /^\d{1,12}$/;

/**
 * Milliseconds since 1970 of a W3C date (`2017`, `2017-07`, `2017-07-01`, `2017-07-01T12:00Z`, with seconds
 * and fractions) or of epoch seconds; undefined if `text` is neither. Four digits are a year. A time without
 * a zone is UTC. Fractions beyond the millisecond are dropped.
 */
export function parseInstant(text: string): number | undefined {
  const found = W3C.exec(text);
  if (found === null) return EPOCH_SECONDS.test(text) ? Number(text) * 1000 : undefined;
  const [, year, month = '1', day = '1', hour = '0', minute = '0', second = '0', fraction = '0'] = found;
  const [zoneSign, zoneHour = '0', zoneMinute = '0'] = found.slice(9);
  const fits =
    within(month, 1, 12) &&
    within(day, 1, daysInMonth(Number(year), Number(month))) &&
    within(hour, 0, 23) &&
    within(minute, 0, 59) &&
    within(second, 0, 59) &&
    within(zoneHour, 0, 23) &&
    within(zoneMinute, 0, 59);
  if (!fits) return undefined;
  // setUTCFullYear, because Date.UTC takes the years 0 to 99 for 1900 to 1999.
  const date = new Date(0);
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  date.setUTCHours(Number(hour), Number(minute), Number(second), Number(fraction.padEnd(3, '0').slice(0, 3)));
  const zoneMinutes = Number(zoneHour) * 60 + Number(zoneMinute);
  return date.getTime() - (zoneSign === '-' ? -zoneMinutes : zoneMinutes) * 60_000;
}

function within(digits: string, least: number, most: number): boolean {
  const value = Number(digits);
  return value >= least && value <= most;
}

function daysInMonth(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return [4, 6, 9, 11].includes(month) ? 30 : 31;
}
