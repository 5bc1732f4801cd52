/** Prepares a password for SCRAM the way PostgreSQL does. */

/** RFC 3454, table C.1.2: spaces that become an ordinary one. */
const OTHER_SPACES = /[\u00a0\u1680\u2000-\u200b\u202f\u205f\u3000]/gu;

/** RFC 3454, table B.1: characters that vanish. */
const NOTHING = /\u00ad|\u034f|\u1806|[\u180b-\u180d]|[\u200c\u200d]|\u2060|[\ufe00-\ufe0f]|\ufeff/gu;

/** RFC 3454, tables C.2.1 to C.9 (control, private use, non-character, surrogate, tagging and the like). */
const PROHIBITED = new RegExp(
  [
    '[\\u0000-\\u001f\\u007f-\\u009f]',
    '\\u06dd|\\u070f|\\u180e|[\\u200c-\\u200f\\u2028-\\u202e\\u2060-\\u2063\\u206a-\\u206f]',
    '[\\u0340\\u0341\\u2ff0-\\u2ffb\\ufeff\\ufff9-\\uffff]',
    '[\\p{Co}\\p{Cs}\\p{Noncharacter_Code_Point}]',
    '[\\u{1d173}-\\u{1d17a}\\u{e0001}\\u{e0020}-\\u{e007f}]',
  ].join('|'),
  'u',
);

/**
 * The bytes that enter SCRAM's key derivation for `password`: RFC 4013 (SASLprep), and the password as it is
 * where SASLprep refuses it, as PostgreSQL does on both of its sides. Two of its refusals are not made here,
 * because the tables are not at hand: code points unassigned in Unicode 3.2, and mixtures of writing
 * directions. Such a password differs only if normalization also changes it.
 * Source: RFC 4013; RFC 7677 §1; PostgreSQL 18, pg_saslprep.
 */
export function saslPrepared(password: string): Buffer {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: ASCII is meant, all of it.
  if (/^[\u0000-\u007f]*$/.test(password)) return Buffer.from(password, 'utf8');
  const mapped = password.replace(OTHER_SPACES, ' ').replace(NOTHING, '').normalize('NFKC');
  return Buffer.from(mapped === '' || PROHIBITED.test(mapped) ? password : mapped, 'utf8');
}
