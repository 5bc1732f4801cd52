import type { Database } from '../store/database.ts';
import { changeIdentities, type Iam } from './iam.ts';
import { invalidInput, limitExceeded, validationError } from './iam-errors.ts';
import { type Page, type PageRequest, pageOfList } from './pages.ts';
import { QUOTAS } from './quotas.ts';

/**
 * Tags of users and customer managed policies. Keys are unique ignoring case and keep the case they came with.
 * Source: IAM User Guide, "Tags for IAM resources".
 */
export interface Tag {
  readonly key: string;
  readonly value: string;
}

const KEY = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]{1,128}$/u;
const VALUE = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]{0,256}$/u;

/** Whose tags: its unique id, once it has been found. */
type FindOwner = (database: Database) => Promise<{ readonly id: string }>;

/** Adds tags, or replaces those with the same key. Throws InvalidInput, LimitExceeded, ValidationError. */
export async function tagEntity(
  iam: Iam,
  accountId: string,
  findOwner: FindOwner,
  tags: readonly Tag[],
): Promise<void> {
  requireTags(tags);
  await changeIdentities(iam, accountId, async (database) => {
    const { id } = await findOwner(database);
    await addTags(database, accountId, id, tags);
  });
}

/** Removes tags by their keys, in any case. A key that is not there is no error. */
export async function untagEntity(
  iam: Iam,
  accountId: string,
  findOwner: FindOwner,
  keys: readonly string[],
): Promise<void> {
  await changeIdentities(iam, accountId, async (database) => {
    const { id } = await findOwner(database);
    const folded = keys.filter((key) => KEY.test(key)).map(foldTagKey);
    await database.query(
      'DELETE FROM keyshift.iam_tags WHERE account_id = $1 AND owner_id = $2 AND folded = ANY($3)',
      [accountId, id, folded],
    );
  });
}

export async function listTags(
  iam: Iam,
  accountId: string,
  findOwner: FindOwner,
  request: PageRequest,
): Promise<Page<Tag>> {
  const { id } = await findOwner(iam.store);
  const tags = await tagsOf(iam.store, accountId, id);
  // Markers are shorter than a key may be, so a page is continued by position; two digits hold the quota.
  const numbered = tags.map((tag, index) => ({ tag, index: String(index + 1).padStart(2, '0') }));
  const page = await pageOfList(request, ({ index }) => index, numbered);
  return { ...page, items: page.items.map(({ tag }) => tag) };
}

export async function tagsOf(database: Database, accountId: string, ownerId: string): Promise<Tag[]> {
  return database.query<Tag & object>(
    `SELECT key, value FROM keyshift.iam_tags WHERE account_id = $1 AND owner_id = $2
     ORDER BY folded COLLATE "C"`,
    [accountId, ownerId],
  );
}

/** Writes checked tags of an entity, inside its change. Throws LimitExceeded past 50. */
export async function addTags(
  database: Database,
  accountId: string,
  ownerId: string,
  tags: readonly Tag[],
): Promise<void> {
  if (tags.length === 0) return;
  await database.query(
    `INSERT INTO keyshift.iam_tags (account_id, owner_id, folded, key, value)
     SELECT $1, $2, * FROM unnest($3::text[], $4::text[], $5::text[])
     ON CONFLICT (account_id, owner_id, folded) DO UPDATE SET key = excluded.key, value = excluded.value`,
    [
      accountId,
      ownerId,
      tags.map(({ key }) => foldTagKey(key)),
      tags.map(({ key }) => key),
      tags.map(({ value }) => value),
    ],
  );
  if ((await tagsOf(database, accountId, ownerId)).length > QUOTAS.tagsPerEntity) {
    throw limitExceeded('The number of tags has reached the maximum limit.');
  }
}

export async function removeAllTags(database: Database, accountId: string, ownerId: string): Promise<void> {
  await database.query('DELETE FROM keyshift.iam_tags WHERE account_id = $1 AND owner_id = $2', [
    accountId,
    ownerId,
  ]);
}

/** Throws ValidationError for a key or value of the wrong form, InvalidInput for two keys that differ in case only. */
export function requireTags(tags: readonly Tag[]): void {
  for (const { key, value } of tags) {
    if (!KEY.test(key)) throw wrongTag(key, 'key', 128);
    if (!VALUE.test(value)) throw wrongTag(value, 'value', 256);
    if (foldTagKey(key).startsWith('aws:')) {
      throw invalidInput('Tag keys that start with aws: are reserved for use by AWS.');
    }
  }
  if (new Set(tags.map(({ key }) => foldTagKey(key))).size < tags.length) {
    throw invalidInput('Duplicate tag keys found. Please note that Tag keys are case insensitive.');
  }
  if (tags.length > QUOTAS.tagsPerEntity) {
    throw limitExceeded('The number of tags has reached the maximum limit.');
  }
}

/** A tag key as it is compared. */
export const foldTagKey = (key: string): string => key.toLowerCase();

function wrongTag(found: string, part: 'key' | 'value', max: number) {
  return validationError(
    `1 validation error detected: Value '${found}' at 'tags.member.${part}' failed to satisfy constraint: ` +
      `Member must have at most ${max} characters and satisfy regular expression pattern: ` +
      '[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*',
  );
}
