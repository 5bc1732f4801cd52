import { AwsError } from '../core/errors.ts';

/**
 * Tags of clusters and of what is kept beside them. Keys are told apart by case.
 * Source: Amazon Redshift Management Guide, "Tag resources in Amazon Redshift", requirements.
 */
export interface Tag {
  readonly key: string;
  readonly value: string;
}

const KEY = /^(?!aws:)[\p{L}\p{Z}\p{N}_.:/=+\-@]{1,128}$/iu;
const VALUE = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]{0,256}$/u;
const TAGS_MAX = 50;

/** The tags with more, where one with the same key replaces the old one. Throws InvalidTagFault and TagLimitExceededFault. */
export function withTags(tags: readonly Tag[], more: readonly Tag[]): readonly Tag[] {
  for (const { key, value } of more) {
    if (!KEY.test(key) || !VALUE.test(value)) throw invalidTag();
  }
  const all = new Map([...tags, ...more].map(({ key, value }) => [key, value]));
  if (all.size > TAGS_MAX) {
    throw new AwsError('TagLimitExceededFault', 400, `A resource can have at most ${TAGS_MAX} tags.`);
  }
  return [...all].map(([key, value]) => ({ key, value }));
}

/** The tags without those of some keys. A key that is not there is no error. Throws InvalidTagFault for AWS's own. */
export function withoutTags(tags: readonly Tag[], keys: readonly string[]): readonly Tag[] {
  if (!keys.every((key) => KEY.test(key))) throw invalidTag();
  const gone = new Set(keys);
  return tags.filter(({ key }) => !gone.has(key));
}

function invalidTag(): AwsError {
  return new AwsError(
    'InvalidTagFault',
    400,
    'A tag needs a key of 1 to 128 and a value of up to 256 letters, digits, spaces or the characters ' +
      '_ . : / = + - @, and its key must not begin with aws:.',
  );
}
