/**
 * Lets the queries by which Redshift's drivers read metadata run on PostgreSQL. The drivers write what only Redshift
 * takes: aliases of the same SELECT in WHERE and beside it, set-returning functions in CASE, `1WHEN`, its own columns. Known
 * pieces of known queries are written in another way that means the same, and one query is replaced as a whole; no
 * other text is touched.
 * Source: RedshiftDatabaseMetaData.java of the Redshift JDBC driver, cursor.py of redshift_connector, dialect.py of
 * sqlalchemy-redshift, RedshiftQueries.java of DBeaver, whose texts test/vectors/metadata holds.
 */
interface DriverQuery {
  /** A piece that only this query has. */
  readonly sign: string;
  /** What is written in the place of the first find, the second, and so on; the last also for all further ones. */
  readonly repairs: readonly (readonly [find: RegExp, ...instead: string[]])[];
}

/** The column of that name in the first half of the query, about results, and in the second, about arguments. */
const COLUMN_NAMES = [
  "CAST('' AS VARCHAR(256))",
  'CASE WHEN proallargtypes IS NULL THEN proargnames[pos+1] ELSE proargnames[pos] END',
];

/** A number is no condition to PostgreSQL. */
const WHERE_ONE = [/\bwhere 1 AND\b/gi, 'WHERE true AND'] as const;

const DRIVER_QUERIES: readonly DriverQuery[] = [
  {
    // getTables with a pattern of schemas.
    sign: 'FROM pg_catalog.pg_namespace n, pg_catalog.pg_class c ',
    repairs: [
      [/\bAND TABLE_SCHEM LIKE\b/g, 'AND n.nspname LIKE'],
      [/\bAND TABLE_NAME LIKE\b/g, 'AND c.relname LIKE'],
    ],
  },
  {
    // getColumns. The column before says YES only for a default that PostgreSQL never has.
    sign: 'IS_AUTOINCREMENT AS IS_GENERATEDCOLUMN',
    repairs: [
      [/\bIS_AUTOINCREMENT AS IS_GENERATEDCOLUMN\b/g, "'NO' AS IS_GENERATEDCOLUMN"],
      [/(\d)(?=(?:WHEN|THEN|ELSE|END)\b)/g, '$1 '],
    ],
  },
  {
    // getProcedureColumns and getFunctionColumns: a number for each argument that a function can have.
    sign: 'generate_series(array_lower(proargnames, 1)',
    repairs: [
      [
        /\bCASE WHEN \(proallargtypes IS NULL\)\s+THEN generate_series\([^;]*?\bEND AS pos\s+FROM pg_catalog\.pg_proc_info p\b/g,
        'pos FROM pg_catalog.generate_series(0, 100) AS pos',
      ],
      [/\bAND COLUMN_NAME LIKE\b/g, ...COLUMN_NAMES.map((name) => `AND ${name} LIKE`)],
      // Lengths of arguments of procedures, which PostgreSQL does not keep.
      [/(?<!\bAS )\bPROBIN_BYTES\b/g, 'NULL::integer'],
    ],
  },
  {
    // sqlalchemy-redshift: tables and views.
    sign: 'CASE c.reldiststyle',
    repairs: [
      [/\bc\.reldiststyle\b/g, 'NULL::integer'],
      // What a role owns that is no user, such as that of all superusers, is there too.
      [/\bJOIN (?=pg_catalog\.pg_user u ON u\.usesysid = c\.relowner)/g, 'LEFT JOIN '],
      [/\bAND schema =/g, 'AND n.nspname =', 'AND s.schemaname ='],
      [/\bAND relname =/g, 'AND c.relname =', 'AND t.tablename ='],
      WHERE_ONE,
    ],
  },
  {
    // sqlalchemy-redshift: columns, in the three kinds of relations that Redshift has.
    sign: 'format_encoding(att.attencodingtype::integer)',
    repairs: [
      [/\bformat_encoding\(att\.attencodingtype::integer\)/g, "'none'::text"],
      [/\batt\.attisdistkey\b/g, 'false'],
      [/\batt\.attsortkeyord\b/g, '0'],
      [/\badsrc,/g, 'pg_catalog.pg_get_expr(ad.adbin, ad.adrelid) AS adsrc,'],
      [/\bAND schema =/g, 'AND n.nspname =', 'AND view_schema =', 'AND s.schemaname ='],
      [/\bAND table_name =/g, 'AND c.relname =', 'AND view_name =', 'AND c.tablename ='],
      WHERE_ONE,
    ],
  },
  {
    // sqlalchemy-redshift: constraints.
    sign: 'pg_catalog.pg_get_constraintdef(t.oid, true)::varchar(512) as condef',
    repairs: [
      [/\bAND schema =/g, 'AND n.nspname =', 'AND s.schemaname ='],
      [/\bAND table_name =/g, 'AND c.relname =', 'AND c.tablename ='],
      WHERE_ONE,
    ],
  },
];

/** What stands only in DBeaver's query for DDL, see below. */
const DDL_QUERY_MARK = 'ORDER BY table_id,schemaname, tablename, seq';
/** What every query of theirs has, one of these, and hardly any other text. */
const MARKS: readonly string[] = ['_SCHEM', '"schema_oid"'];
/** A text without any of these stays as it is. */
export const DRIVER_QUERY_MARKS: readonly string[] = [...MARKS, DDL_QUERY_MARK];
/** What stands between these is never changed: it may be what an application was given. */
const QUOTED = /('(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n\r]*)/;
/** Texts in which quotes may mean something else. */
const UNSURE = /\\'|\/\*|\$(?:[A-Za-z_]\w*)?\$/;

/**
 * The query behind DBeaver's tab with the DDL of a table, up to its conditions. It writes DDL by joining texts with `+`,
 * and what it writes, with encodings and distribution styles, PostgreSQL would not take.
 */
const DDL_QUERY = {
  begin: /^\s*SELECT\s+table_id\s+,REGEXP_REPLACE \(schemaname, '\^zzzzzzzz', ''\) AS schemaname\s/,
  end: ` ${DDL_QUERY_MARK}\n)`,
  instead:
    'SELECT * FROM (SELECT table_id, schemaname, tablename, seq, ddl FROM keyshift.redshift_table_ddl ORDER BY table_id, seq) ddl',
} as const;

function portDdlQuery(sql: string): string | undefined {
  const at = sql.lastIndexOf(DDL_QUERY.end);
  if (at < 0 || !DDL_QUERY.begin.test(sql)) return undefined;
  return DDL_QUERY.instead + sql.slice(at + DDL_QUERY.end.length);
}

/** The text to run instead, or undefined for one that stays as it is. */
export function portDriverQuery(sql: string): string | undefined {
  const ddl = portDdlQuery(sql);
  if (ddl !== undefined) return ddl;
  if (!MARKS.some((mark) => sql.includes(mark)) || UNSURE.test(sql)) return undefined;
  const query = DRIVER_QUERIES.find(({ sign }) => sql.includes(sign));
  if (query === undefined) return undefined;
  const found = new Map<RegExp, number>();
  return sql
    .split(QUOTED)
    .map((piece, index) => (index % 2 === 1 ? piece : repaired(piece, query, found)))
    .join('');
}

/** `found` counts the finds so far, because the pieces of a text come one after the other. */
function repaired(piece: string, { repairs }: DriverQuery, found: Map<RegExp, number>): string {
  return repairs.reduce(
    (text, [find, ...instead]) =>
      text.replaceAll(find, (_whole, ...groups: unknown[]) => {
        const count = found.get(find) ?? 0;
        found.set(find, count + 1);
        const replacement = instead[Math.min(count, instead.length - 1)] ?? '';
        return replacement.replace('$1', String(groups[0]));
      }),
    piece,
  );
}
