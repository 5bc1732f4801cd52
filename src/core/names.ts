import { LIMITS } from './limits.ts';

/**
 * Rules for names of database users, groups and databases.
 * Source: GetClusterCredentials reference (DbUser, DbName, DbGroups); Redshift "Reserved words".
 */

const RESERVED_WORDS = new Set(
  `AES128 AES256 ALL ALLOWOVERWRITE ANALYSE ANALYZE AND ANY ARRAY AS ASC AUTHORIZATION AZ64 BACKUP BETWEEN
  BINARY BLANKSASNULL BOTH BYTEDICT BZIP2 CASE CAST CHECK COLLATE COLUMN CONSTRAINT CREATE CREDENTIALS CROSS
  CURRENT_DATE CURRENT_TIME CURRENT_TIMESTAMP CURRENT_USER CURRENT_USER_ID DEFAULT DEFERRABLE DEFLATE DEFRAG
  DELTA DELTA32K DESC DISABLE DISTINCT DO ELSE EMPTYASNULL ENABLE ENCODE ENCRYPT ENCRYPTION END EXCEPT EXPLICIT
  FALSE FOR FOREIGN FREEZE FROM FULL GLOBALDICT256 GLOBALDICT64K GRANT GROUP GZIP HAVING IDENTITY IGNORE ILIKE IN
  INITIALLY INNER INTERSECT INTERVAL INTO IS ISNULL JOIN LANGUAGE LEADING LEFT LIKE LIMIT LOCALTIME LOCALTIMESTAMP
  LUN LUNS LZO LZOP MINUS MOSTLY16 MOSTLY32 MOSTLY8 NATURAL NEW NOT NOTNULL NULL NULLS OFF OFFLINE OFFSET OID OLD
  ON ONLY OPEN OR ORDER OUTER OVERLAPS PARALLEL PARTITION PERCENT PERMISSIONS PIVOT PLACING PRIMARY RAW READRATIO
  RECOVER REFERENCES REJECTLOG RESORT RESPECT RESTORE RIGHT SELECT SESSION_USER SIMILAR SNAPSHOT SOME SYSDATE SYSTEM
  TABLE TAG TDES TEXT255 TEXT32K THEN TIMESTAMP TO TOP TRAILING TRUE TRUNCATECOLUMNS UNION UNIQUE UNNEST UNPIVOT
  USER USING VERBOSE WALLET WHEN WHERE WITH WITHOUT`
    .split(/\s+/)
    .filter((word) => word !== ''),
);

const USER_OR_DATABASE = /^[A-Za-z][A-Za-z0-9_+.@-]{0,63}$/;
const GROUP = /^[a-z][a-z0-9_+.@-]{0,63}$/;

/** What is wrong with a name, or undefined if nothing is. Compared whole and ignoring case for reserved words. */
export type NameProblem = 'form' | 'reserved' | 'too-long-for-postgresql';

/** Checks the name of a database user as GetClusterCredentials takes it. */
export function dbUserNameProblem(name: string): NameProblem | undefined {
  if (!USER_OR_DATABASE.test(name)) return 'form';
  return reservedOrTooLong(name);
}

/** Checks the name of a database. */
export function dbNameProblem(name: string): NameProblem | undefined {
  if (!USER_OR_DATABASE.test(name)) return 'form';
  return reservedOrTooLong(name);
}

/** Checks the name of a database group: like a user's, but in lower case. */
export function dbGroupNameProblem(name: string): NameProblem | undefined {
  if (!GROUP.test(name)) return 'form';
  return reservedOrTooLong(name);
}

function reservedOrTooLong(name: string): NameProblem | undefined {
  const upper = name.toUpperCase();
  if (upper === 'PUBLIC' || RESERVED_WORDS.has(upper)) return 'reserved';
  // Every character of these names is one byte.
  return name.length > LIMITS.postgresNameBytesMax ? 'too-long-for-postgresql' : undefined;
}

/** As IAM allows names of users, roles and sessions. */
const IAM_USER = /^IAMR?:[\w+=,.@-]{1,64}$/;

/**
 * Whether a name is that of a database user who stands for an IAM user or role: `IAM:name` or `IAMR:name`. It can
 * log in only with credentials that were issued to just that identity.
 */
export function isIamUserName(name: string): boolean {
  return IAM_USER.test(name);
}

/**
 * Names that no client may use or take over: PostgreSQL's own (`pg_…`, `public`, `none`) and ours
 * (`keyshift_…`, and everything with a colon, which are session roles and IAM login names).
 */
export function isReservedRoleName(name: string): boolean {
  const lower = name.toLowerCase();
  return (
    lower.startsWith('pg_') ||
    lower.startsWith('keyshift_') ||
    lower === 'public' ||
    lower === 'none' ||
    name.includes(':')
  );
}

/** The longest beginning that has at most `bytesMax` bytes and ends between two characters. */
export function cutToBytes(text: string, bytesMax: number): string {
  let cut = '';
  let bytes = 0;
  for (const character of text) {
    bytes += Buffer.byteLength(character);
    if (bytes > bytesMax) break;
    cut += character;
  }
  return cut;
}
