/**
 * What the Data API asks a database about itself. Every name has its schema, because the user's search path is the
 * user's; $1 and the following begin after what a token names, and the last one is how many are wanted.
 */

/** Schemas of sessions' own temporary objects and of long values, which nobody asks for. */
const IS_SHOWN = `n.nspname OPERATOR(pg_catalog.!~) '^pg_(toast|temp_|toast_temp_)'`;

/** Databases that can be connected to; Keyshift's own empty one is for the gateway. */
export const DATABASES = `
  SELECT d.datname FROM pg_catalog.pg_database d
   WHERE d.datallowconn AND NOT d.datistemplate AND d.datname OPERATOR(pg_catalog.!~) '^keyshift_'
     AND d.datname OPERATOR(pg_catalog.<>) 'postgres'
     AND ($1::text IS NULL OR d.datname OPERATOR(pg_catalog.>) $1)
   ORDER BY d.datname LIMIT $2`;

export const SCHEMAS = `
  SELECT n.nspname FROM pg_catalog.pg_namespace n
   WHERE ${IS_SHOWN} AND ($1::text IS NULL OR n.nspname OPERATOR(pg_catalog.>) $1)
     AND ($2::text IS NULL OR n.nspname OPERATOR(pg_catalog.~~) $2)
   ORDER BY n.nspname LIMIT $3`;

const RELATIONS = `
  pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
   WHERE c.relkind OPERATOR(pg_catalog.=) ANY ('{r,p,v,m,f}') AND ${IS_SHOWN}
     AND ($1::text IS NULL OR ROW(n.nspname::text, c.relname::text) OPERATOR(pg_catalog.>) ROW($1, $2::text))`;

export const TABLES = `
  SELECT n.nspname, c.relname,
         CASE WHEN n.nspname OPERATOR(pg_catalog.=) ANY ('{pg_catalog,information_schema}') THEN 'SYSTEM ' ELSE '' END
         OPERATOR(pg_catalog.||)
         CASE WHEN c.relkind OPERATOR(pg_catalog.=) ANY ('{v,m}') THEN 'VIEW' ELSE 'TABLE' END
    FROM ${RELATIONS}
     AND ($3::text IS NULL OR n.nspname OPERATOR(pg_catalog.~~) $3)
     AND ($4::text IS NULL OR c.relname OPERATOR(pg_catalog.~~) $4)
   ORDER BY n.nspname::text, c.relname::text LIMIT $5`;

/** The columns of so many tables. */
export const COLUMNS = `
  SELECT t.nspname, t.relname, a.attname, a.atttypid, a.atttypmod, y.typname, a.attnotnull,
         pg_catalog.pg_get_expr(d.adbin, d.adrelid)
    FROM (SELECT c.oid, n.nspname, c.relname FROM ${RELATIONS}
             AND ($3::text IS NULL OR n.nspname OPERATOR(pg_catalog.=) $3)
             AND ($4::text IS NULL OR c.relname OPERATOR(pg_catalog.=) $4)
           ORDER BY n.nspname::text, c.relname::text LIMIT $5) t
    JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) t.oid
     AND a.attnum OPERATOR(pg_catalog.>) 0 AND NOT a.attisdropped
    JOIN pg_catalog.pg_type y ON y.oid OPERATOR(pg_catalog.=) a.atttypid
    LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid OPERATOR(pg_catalog.=) t.oid
     AND d.adnum OPERATOR(pg_catalog.=) a.attnum AND a.attgenerated OPERATOR(pg_catalog.=) ''
   ORDER BY t.nspname::text, t.relname::text, a.attnum`;
