import type { ScalarKind } from '../services/table.ts';

/** Reads single values of the query protocol; a string is its own value. */

export type DecodedScalar =
  | { readonly ok: true; readonly value: number | boolean | Date | Uint8Array }
  | { readonly ok: false; readonly problem: string };

const INTEGER = /^[+-]?\d{1,16}$/;
const INT32_MAX = 2 ** 31 - 1;
const DECIMAL = /^[+-]?\d{1,20}(?:\.\d{1,20})?(?:[eE][+-]?\d{1,3})?$/;
const ISO_8601 = /^(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d:\d\d)(\.\d{1,9})?(Z|[+-]\d\d:?\d\d)?)?$/;
const EPOCH_SECONDS = /^\d{1,11}(?:\.\d{1,9})?$/;
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

/** Reads `text` as a value of `kind`; the problem is a part of a sentence. */
export function decodeScalar(kind: Exclude<ScalarKind, 'string'>, text: string): DecodedScalar {
  switch (kind) {
    case 'boolean':
      return decodeBoolean(text);
    case 'integer':
      return decodeNumber(text, INTEGER, INT32_MAX, 'it must be an integer');
    case 'long':
      return decodeNumber(text, INTEGER, Number.MAX_SAFE_INTEGER, 'it must be an integer');
    case 'double':
      return decodeNumber(text, DECIMAL, Number.MAX_VALUE, 'it must be a number');
    case 'timestamp':
      return decodeTimestamp(text);
    case 'blob':
      return BASE64.test(text) && text.length % 4 === 0
        ? { ok: true, value: Buffer.from(text, 'base64') }
        : { ok: false, problem: 'it must be base64' };
    default:
      return kind satisfies never;
  }
}

function decodeBoolean(text: string): DecodedScalar {
  const lower = text.toLowerCase();
  if (lower === 'true') return { ok: true, value: true };
  if (lower === 'false') return { ok: true, value: false };
  return { ok: false, problem: 'it must be true or false' };
}

function decodeNumber(text: string, form: RegExp, max: number, problem: string): DecodedScalar {
  const value = form.test(text) ? Number(text) : Number.NaN;
  // Adding zero makes -0 an ordinary zero.
  return value >= -max - 1 && value <= max ? { ok: true, value: value + 0 } : { ok: false, problem };
}

function decodeTimestamp(text: string): DecodedScalar {
  const problem = 'it must be a time in ISO 8601 format';
  if (EPOCH_SECONDS.test(text)) return { ok: true, value: new Date(Math.floor(Number(text) * 1000)) };
  const parts = ISO_8601.exec(text);
  if (parts === null) return { ok: false, problem };
  const [, day = '', time = '00:00:00', fraction = '', rawZone = 'Z'] = parts;
  // An ECMAScript date has milliseconds and a colon in the zone.
  const zone = rawZone.length === 5 ? `${rawZone.slice(0, 3)}:${rawZone.slice(3)}` : rawZone;
  const value = new Date(`${day}T${time}${fraction.slice(0, 4)}${zone}`);
  // A 31st of February would roll over.
  const real = new Date(`${day}T00:00:00Z`);
  const fine = !Number.isNaN(value.getTime()) && real.toISOString().startsWith(day);
  return fine ? { ok: true, value } : { ok: false, problem };
}
