import { createHash } from 'node:crypto';
import { validationError } from './iam-errors.ts';

/**
 * Lists in pages: each page starts after the key that the last one ended with, so that nothing is skipped or
 * repeated when entries come and go between pages.
 */

/** What a client asks for. `marker` is what the page before gave. */
export interface PageRequest {
  /** Which list, with all that narrows it down: a marker is good for the same list only. */
  readonly list?: string | undefined;
  readonly marker?: string | undefined;
  readonly maxItems?: number | undefined;
}

export interface Page<T> {
  readonly items: readonly T[];
  /** Undefined on the last page. */
  readonly nextMarker: string | undefined;
}

/** IAM API Reference, parameter MaxItems. */
const ITEMS_DEFAULT = 100;
const ITEMS_MAX = 1000;
/** Source: IAM's service model, Marker. What is left of it for a key are 234 bytes. */
const MARKER_CHARACTERS_MAX = 320;
/** Enough to tell a mistake. A marker opens nothing: whoever makes one up may read the list anyway. */
const LIST_TAG_BYTES = 6;

/**
 * Reads one page. `read` gives at most `limit` entries whose key is greater than `after`, in the order of their
 * keys; `after` is the empty string for the first page. Throws ValidationError for a marker that is not ours.
 */
export async function readPage<T>(
  request: PageRequest,
  read: (after: string, limit: number) => Promise<readonly T[]>,
  keyOf: (entry: T) => string,
): Promise<Page<T>> {
  const size = request.maxItems ?? ITEMS_DEFAULT;
  if (!Number.isInteger(size) || size < 1 || size > ITEMS_MAX) {
    throw validationError(
      `1 validation error detected: Value '${size}' at 'maxItems' failed to satisfy constraint: ` +
        `Member must have value between 1 and ${ITEMS_MAX}`,
    );
  }
  const entries = await read(readMarker(request), size + 1);
  const items = entries.slice(0, size);
  const last = items.at(-1);
  const isTruncated = entries.length > size && last !== undefined;
  return { items, nextMarker: isTruncated ? markerAfter(keyOf(last), request.list) : undefined };
}

/** A page of a list that is in memory already; `keyOf` must be unique within it. */
export async function pageOfList<T>(
  request: PageRequest,
  keyOf: (entry: T) => string,
  list: readonly T[],
): Promise<Page<T>> {
  const keyed = list
    .map((entry) => ({ entry, key: keyOf(entry) }))
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  const page = await readPage(
    request,
    async (after, limit) => keyed.filter(({ key }) => key > after).slice(0, limit),
    ({ key }) => key,
  );
  return { items: page.items.map(({ entry }) => entry), nextMarker: page.nextMarker };
}

/** The marker of the page of a list that starts after this key: the list's tag and the key. */
export function markerAfter(after: string, list?: string): string {
  return Buffer.concat([listTag(list), Buffer.from(after)]).toString('base64url');
}

function readMarker({ marker, list }: PageRequest): string {
  if (marker === undefined) return '';
  const bytes = Buffer.from(marker.slice(0, MARKER_CHARACTERS_MAX), 'base64url');
  const after = bytes.subarray(LIST_TAG_BYTES).toString();
  // A zero byte never was in a key, and PostgreSQL would refuse it as text.
  if (markerAfter(after, list) !== marker || after.includes('\0')) throw invalidMarker();
  return after;
}

function listTag(list = ''): Buffer {
  return createHash('sha256').update(list).digest().subarray(0, LIST_TAG_BYTES);
}

const invalidMarker = () => validationError('Invalid Marker.');
