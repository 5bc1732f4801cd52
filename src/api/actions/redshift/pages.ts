import { invalidParameterValue } from '../../../redshift/errors.ts';

/** One page of a list, as every Describe operation of Redshift gives it. */

const RECORDS_MIN = 20;
const RECORDS_MAX = 100;

interface PageInput {
  readonly MaxRecords?: number | undefined;
  readonly Marker?: string | undefined;
}

export interface Page<T> {
  readonly items: readonly T[];
  /** To be spread into the answer: the marker of the next page, where there is one. */
  readonly next: { readonly Marker?: string };
}

/** The page of `all`, which is ordered by `key`; a marker is the key of the last one before. Throws InvalidParameterValue. */
export function onePage<T>(all: readonly T[], input: PageInput, key: (item: T) => string): Page<T> {
  const max = input.MaxRecords ?? RECORDS_MAX;
  if (max < RECORDS_MIN || max > RECORDS_MAX) {
    throw invalidParameterValue(`MaxRecords must be between ${RECORDS_MIN} and ${RECORDS_MAX}.`);
  }
  const { Marker: marker = '' } = input;
  const after = marker === '' ? all : all.filter((item) => key(item) > marker);
  const items = after.slice(0, max);
  const last = items.at(-1);
  return { items, next: after.length > max && last !== undefined ? { Marker: key(last) } : {} };
}
