import { USER_DDL_VERBS } from './ddl/translate.ts';
import { DRIVER_QUERY_MARKS } from './dialect/driver-queries.ts';
import { SETTING_VERBS } from './dialect/translate-dialect.ts';

/**
 * Tells by one look whether a text could be one that is rewritten, before it is decoded. The signs are those by which
 * the rewriters themselves let nearly all texts pass, and all of them are ASCII, so the bytes may be read as Latin-1.
 */

const ANYWHERE = new RegExp([...USER_DDL_VERBS, ...DRIVER_QUERY_MARKS].join('|'), 'i');
/** What begins with anything but a letter, such as a comment, may have one of these words after it. */
const AT_THE_BEGINNING = new RegExp(`^(?:[^a-z]|${SETTING_VERBS.join('|')})`, 'i');

/** False only for a text that every rewriter leaves as it is; `text` is its bytes read as Latin-1. */
export function mayBeRewritten(text: string): boolean {
  return AT_THE_BEGINNING.test(text) || ANYWHERE.test(text);
}
