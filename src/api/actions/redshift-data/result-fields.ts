import type { ResultColumn, ResultRow } from '../../../redshift/statements.ts';
import type { Field } from '../../services/redshift-data.generated.ts';

/**
 * Values of a result in the two forms that they are given in.
 * Source: Amazon Redshift Management Guide, "Mapping JDBC data types when calling the Amazon Redshift Data API".
 */

type ToField = (text: string) => Field;

const exact: ToField = (text) => {
  const number = Number(text);
  return { longValue: Number.isSafeInteger(number) ? number : BigInt(text) };
};

/** Types that are no text, by the name that their column has. */
const FIELDS: ReadonlyMap<string, ToField> = new Map<string, ToField>([
  ['bool', (text) => ({ booleanValue: text === 't' })],
  ['int2', exact],
  ['int4', exact],
  ['int8', exact],
  ['oid', exact],
  // The value that four bytes hold, as JDBC widens it.
  ['float4', (text) => ({ doubleValue: Math.fround(Number(text)) })],
  ['float8', (text) => ({ doubleValue: Number(text) })],
  ['varbyte', (text) => ({ blobValue: Buffer.from(text.slice(2), 'hex') })],
  ['timestamp', (text) => ({ stringValue: WHOLE_SECOND.test(text) ? `${text}.0` : text })],
]);

/** As java.sql.Timestamp prints an instant without a fraction. */
const WHOLE_SECOND = /^\d+-\d\d-\d\d \d\d:\d\d:\d\d$/;

export function fieldsOf(row: ResultRow, columns: readonly ResultColumn[]): readonly Field[] {
  return row.map((text, n) => {
    if (text === null) return { isNull: true };
    const toField = FIELDS.get(columns[n]?.typeName ?? '');
    return toField === undefined ? { stringValue: text } : toField(text);
  });
}

/** A page as CSV, RFC 4180; the names of the columns stand before the first. A null is an empty field without quotes. */
export function csvOf(
  rows: readonly ResultRow[],
  columns: readonly ResultColumn[],
  isFirst: boolean,
): string {
  const lines = isFirst ? [columns.map(({ name }) => quoted(name)).join(',')] : [];
  for (const row of rows) lines.push(row.map((text, n) => csvField(text, columns[n])).join(','));
  return lines.map((line) => `${line}\r\n`).join('');
}

function csvField(text: string | null, column: ResultColumn | undefined): string {
  if (text === null) return '';
  if (column?.typeName === 'bool') return String(text === 't');
  // Else it would be a null.
  return text === '' ? '""' : quoted(text);
}

function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
