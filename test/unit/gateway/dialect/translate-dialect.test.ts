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
    expect(performance.now() - began).toBeLessThan(200);
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
      `SELECT database_name, schema_name, table_name, table_type, table_acl, remarks FROM pg_catalog.svv_all_tables WHERE database_name = 'My "S' AND schema_name = 't' ORDER BY table_name`,
    ],
    [
      "SHOW COLUMNS FROM TABLE orders LIKE 'i''d'",
      "SELECT * FROM pg_catalog.svv_all_columns WHERE table_name = 'orders' AND column_name LIKE 'i''d' ORDER BY ordinal_position",
    ],
  ])('%s', (sql, instead) => {
    expect(translateDialect(sql)).toBe(instead);
    expect(isParsed(instead)).toBe(true);
  });
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
