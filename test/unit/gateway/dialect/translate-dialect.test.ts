import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { loadModule, parseSync } from 'libpg-query';
import { beforeAll, describe, expect, test } from 'vitest';
import { translateDialect } from '../../../../src/gateway/dialect/translate-dialect.ts';
import { REDSHIFT_SETTINGS } from '../../../../src/postgres/redshift-settings.ts';

const VECTORS = new URL('../../../vectors/metadata/', import.meta.url);

beforeAll(async () => {
  await loadModule();
});

const isParsed = (sql: string): boolean => {
  try {
    parseSync(sql);
    return true;
  } catch {
    return false;
  }
};

describe('A text that begins with much white space and many comments', () => {
  const NOTHING = [' '.repeat(30), '/**/'.repeat(30), `-- ${' '.repeat(40)}\n`.repeat(30), '/* '.repeat(30)];
  // A pattern that tries all ways to divide these takes years.
  test.each(NOTHING)('is looked over once: %j', (nothing) => {
    const began = performance.now();
    expect(translateDialect(`${nothing}SELECT 1`)).toBeUndefined();
    expect(performance.now() - began).toBeLessThan(5_000);
  });

  test('is one about a setting all the same', () => {
    const before = `${' '.repeat(50)}/* a /* nested */ comment */${'--\n'.repeat(50)}`;
    expect(translateDialect(`${before}SET query_group TO 1`)).toBe(`${before}SET keyshift.query_group TO 1`);
  });
});

describe('Settings that only Redshift has', () => {
  test.each([
    ["SET query_group TO 'etl'", "SET keyshift.query_group TO 'etl'"],
    ["set Query_Group = 'etl';", "SET keyshift.query_group TO 'etl';"],
    [
      'SET SESSION enable_result_cache_for_session TO off',
      'SET SESSION keyshift.enable_result_cache_for_session TO off',
    ],
    ['SET LOCAL wlm_query_slot_count TO 3', 'SET LOCAL keyshift.wlm_query_slot_count TO 3'],
    ['SET readonly=1', 'SET default_transaction_read_only TO 1'],
    ['RESET query_group', 'RESET keyshift.query_group'],
    [
      '/* {"app": "dbt"} */ set query_group to \'x\'',
      '/* {"app": "dbt"} */ SET keyshift.query_group TO \'x\'',
    ],
    ["SET query_group TO 'a'; SELECT 1", "SET keyshift.query_group TO 'a'; SELECT 1"],
    ['SHOW readonly', "SELECT pg_catalog.current_setting('default_transaction_read_only') AS readonly"],
    [
      'SHOW query_group',
      "SELECT coalesce(nullif(pg_catalog.current_setting('keyshift.query_group', true), ''), 'unset') AS query_group",
    ],
  ])('%s', (sql, instead) => {
    expect(translateDialect(sql)).toBe(instead);
  });

  test.each([
    'SET search_path TO shop',
    'SET enable_seqscan TO off',
    'SHOW server_version',
    'SHOW ALL',
    'RESET ALL',
    'SET "query_group" TO 1',
    'SET query_group',
    'SELECT query_group',
    'SHOW query_group, more',
    "SET query_group TO 'a\\'b'",
    "UPDATE t SET query_group = 'x'",
    `SELECT 'SET query_group TO 1'`,
    'SHOW TABLES',
    'SHOW TABLES FROM SCHEMA a.b.c',
    'SHOW DATABASES FROM DATABASE x',
    'SHOW COLUMNS FROM TABLE',
    'SHOW CONSTRAINTS FROM TABLE t',
    'SHOW CONSTRAINTS PRIMARY KEYS FROM TABLE a.b.c.d',
    'SHOW GRANTS',
    'SHOW GRANTS ON TABLE t TO u',
    'SHOW GRANTS FOR ROLE',
    'SHOW GRANTS ON SCHEMA s FROM DATABASE d',
    'SHOW GRANTS ON FUNCTION f',
    'SHOW GRANTS ON FUNCTION f(int',
    'SHOW PARAMETERS OF FUNCTION f(int,)',
    'SHOW PARAMETERS OF FUNCTION f(int int) x',
    'SHOW FUNCTIONS FROM SCHEMA s LIKE s',
    'SHOW FUNCTIONS FROM SCHEMA s LIMIT $1',
    'SHOW TABLE',
    'SHOW TABLE a.b.c.d',
    'SHOW TABLE $1',
    'SHOW VIEW v w',
    'SHOW PROCEDURE p(int',
    'SHOW MODEL ALL',
  ])('%s stays as it is', (sql) => {
    expect(translateDialect(sql)).toBeUndefined();
  });

  test('every one of them can be set, shown and reset in words that PostgreSQL parses', () => {
    for (const name of REDSHIFT_SETTINGS.keys()) {
      for (const sql of [`SET ${name} TO 'x'`, `SHOW ${name}`, `RESET ${name}`, `SET ${name} TO DEFAULT`]) {
        const instead = translateDialect(sql) ?? '';
        expect(instead).toContain(`keyshift.${name}`);
        expect(isParsed(instead)).toBe(true);
      }
    }
  });
});

test('SQLAlchemy is told of relations whose owner is no user, such as the role of all superusers', () => {
  const asked = readFileSync(new URL('sqlalchemy-redshift/get-table-names.sql', VECTORS), 'utf8');
  expect(asked).not.toContain('LEFT JOIN pg_catalog.pg_user');
  const instead = translateDialect(asked) ?? '';
  expect(instead).toContain('LEFT JOIN pg_catalog.pg_user u ON u.usesysid = c.relowner');
  expect(instead).toContain(' JOIN pg_catalog.pg_user u ON u.usesysid = s.esowner');
  expect(instead).not.toContain('LEFT JOIN pg_catalog.pg_user u ON u.usesysid = s.esowner');
});

describe('SHOW of objects', () => {
  test.each([
    [
      'SHOW DATABASES',
      'SELECT database_name, database_owner, database_type, database_acl, database_options AS parameters, database_isolation_level FROM pg_catalog.svv_redshift_databases ORDER BY database_name',
    ],
    [
      "show schemas from database dev like 's%' limit 3;",
      "SELECT * FROM pg_catalog.svv_all_schemas WHERE database_name = 'dev' AND schema_name LIKE 's%' ORDER BY schema_name LIMIT 3;",
    ],
    [
      'SHOW TABLES FROM SCHEMA "My ""S".t',
      expect.stringMatching(
        /^SELECT database_name, .* FROM pg_catalog.svv_all_tables JOIN .* WHERE database_name = 'My "S' AND schema_name = 't' ORDER BY table_name$/,
      ),
    ],
    [
      "SHOW COLUMNS FROM TABLE orders LIKE 'i''d'",
      "SELECT *, NULL::text AS sort_key_type, NULL::int AS sort_key, NULL::int AS dist_key, 'none' AS encoding, NULL::text AS collation FROM pg_catalog.svv_all_columns WHERE table_name = 'orders' AND column_name LIKE 'i''d' ORDER BY ordinal_position",
    ],
    [
      'SHOW TABLE "Odd".t',
      `SELECT keyshift.shown_definition('"Odd"."t"'::pg_catalog.regclass, 'table') AS "Show Table DDL statement"`,
    ],
    [
      `SHOW VIEW "it's"`,
      `SELECT keyshift.shown_definition('"it''s"'::pg_catalog.regclass, 'view') AS "Show View DDL statement"`,
    ],
    [
      'SHOW PROCEDURE s.p(numeric(5, 2), "T")',
      `SELECT pg_catalog.pg_get_functiondef(oid) AS "Stored Procedure Definition" FROM keyshift.redshift_routines WHERE is_procedure AND oid = '"s"."p"(numeric(5, 2), "T")'::pg_catalog.regprocedure`,
    ],
  ])('%s', (sql, instead) => {
    expect(translateDialect(sql)).toEqual(instead);
    expect(isParsed(translateDialect(sql) ?? '')).toBe(true);
  });

  test.each([
    ['SHOW GRANTS ON DATABASE dev FOR PUBLIC', "object_name = 'dev' AND identity_type = 'public'"],
    ['SHOW GRANTS ON t LIMIT 5', "object_name = 't' ORDER BY schema_name"],
    ['SHOW GRANTS FOR "Bob" FROM DATABASE dev', "identity_name = 'Bob' AND current_database() = 'dev'"],
    ['SHOW GRANTS FOR ROLE r', "identity_name = 'r' AND identity_type = 'role'"],
    ['SHOW GRANTS ON TABLE $1.$2.$3', 'current_database() = $1 AND schema_name = $2 AND object_name = $3'],
    ['SHOW COLUMN GRANTS ON TABLE a.b LIKE $1', "object_name = 'b' AND column_name LIKE $1"],
    [
      'SHOW CONSTRAINTS FOREIGN KEYS EXPORTED FROM TABLE a.b',
      "WHERE pk_schema_name = 'a' AND pk_table_name = 'b'",
    ],
    ['SHOW CONSTRAINTS FOREIGN KEYS FROM TABLE a.b', "WHERE fk_schema_name = 'a' AND fk_table_name = 'b'"],
    ['SHOW PARAMETERS OF PROCEDURE s.p()', "argument_list = pg_catalog.concat_ws(', ') ORDER"],
    [
      'SHOW PARAMETERS OF FUNCTION $1.$2.$3($4, $5) LIKE $6;',
      "concat_ws(', ', pg_catalog.format_type(pg_catalog.to_regtype($4::text), NULL), pg_catalog.format_type(pg_catalog.to_regtype($5::text), NULL)) AND parameter_name LIKE $6",
    ],
    [
      'SHOW GRANTS ON FUNCTION s.f(timestamp with time zone, "it\'s")',
      `to_regtype('timestamp with time zone'), NULL), pg_catalog.format_type(pg_catalog.to_regtype('"it''s"'), NULL))`,
    ],
  ])('%s asks for just that', (sql, condition) => {
    const instead = translateDialect(sql) ?? '';
    expect(instead).toContain(condition);
    expect(isParsed(instead)).toBe(true);
  });
});

test('DBeaver’s query of the DDL of a table keeps its conditions, whatever they are', () => {
  const asked = readFileSync(new URL('dbeaver/table-ddl.sql', VECTORS), 'utf8');
  const instead = translateDialect(asked) ?? '';
  expect(instead).toMatch(/^SELECT \* FROM \(SELECT .* ddl\nWHERE schemaname=\$1 AND tablename=\$2$/);
  expect(translateDialect(asked.replace('schemaname=$1', "schemaname='a + b'"))).toContain(
    "schemaname='a + b'",
  );
  expect(translateDialect(`CREATE VIEW v AS ${asked}`)).toBeUndefined();
});

describe('Queries of drivers', () => {
  const files = readdirSync(VECTORS, { recursive: true })
    .map(String)
    .filter((path) => path.includes('/') && path.endsWith('.sql'));

  test.each(files)('%s can be parsed by PostgreSQL', (path) => {
    const sql = readFileSync(new URL(path, VECTORS), 'utf8');
    expect(isParsed(translateDialect(sql) ?? sql)).toBe(true);
  });

  test('some could not be parsed as they are', () => {
    const broken = files.filter((path) => !isParsed(readFileSync(new URL(path, VECTORS), 'utf8')));
    expect(broken.length).toBeGreaterThan(0);
  });

  const tables = readFileSync(new URL('redshift-jdbc/get-tables-schema-2.sql', VECTORS), 'utf8');
  const columns = readFileSync(new URL('redshift-jdbc/get-columns-schema-column.sql', VECTORS), 'utf8');

  test('are changed in nothing that an application has given', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.constantFrom(
            'AND TABLE_SCHEM LIKE',
            "'",
            '"',
            ' ',
            '1WHEN',
            'IS_AUTOINCREMENT AS IS_GENERATEDCOLUMN',
            'x',
          ),
        ),
        fc.constantFrom(tables, columns),
        (pieces, text) => {
          const literal = `'${pieces.join('').replaceAll("'", "''")}'`;
          const sql = text.replace("'shop'", () => literal);
          const instead = translateDialect(sql);
          expect(instead).toContain(literal);
          expect(isParsed(instead ?? '')).toBe(true);
        },
      ),
    );
  });

  test('stay as they are where quotes may mean something else', () => {
    for (const odd of ["E'\\''", '/* */', '$a$ $a$', '$$ $$']) {
      expect(translateDialect(tables.replace("'shop'", () => odd))).toBeUndefined();
    }
  });

  test('of anybody else stay as they are', () => {
    expect(
      translateDialect('SELECT a AS TABLE_SCHEM FROM t WHERE true AND TABLE_SCHEM LIKE $1'),
    ).toBeUndefined();
  });
});
