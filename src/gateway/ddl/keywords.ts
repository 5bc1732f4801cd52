/**
 * Words that are no name of a role unless quoted. A statement that uses one as a name is wrong, and PostgreSQL
 * says so better than we could.
 * Source: PostgreSQL 18 manual, https://www.postgresql.org/docs/18/sql-keywords-appendix.html, column "reserved".
 */
export const RESERVED_KEYWORDS: ReadonlySet<string> = new Set(
  `all analyse analyze and any array as asc asymmetric both case cast check collate column constraint create
  current_catalog current_date current_role current_time current_timestamp current_user default deferrable desc
  distinct do else end except false fetch for foreign from grant group having in initially intersect into lateral
  leading limit localtime localtimestamp not null offset on only or order placing primary references returning select
  session_user some symmetric system_user table then to trailing true union unique user using variadic when where
  window with`.split(/\s+/),
);

/** Keywords that stand for whoever runs the statement. */
export const CURRENT_ROLE_KEYWORDS: ReadonlySet<string> = new Set([
  'current_user',
  'current_role',
  'session_user',
]);
