import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { translateDialect } from '../../src/gateway/dialect/translate-dialect.ts';
import type { EmbeddedServer } from '../../src/postgres/embedded.ts';
import { prepareDatabase } from '../../src/postgres/prepare-database.ts';
import { prepareServer } from '../../src/postgres/prepare-server.ts';
import { provision } from '../../src/postgres/provision.ts';
import type { ServerAccess } from '../../src/postgres/server-access.ts';
import { SYSTEM_TABLES } from '../../src/postgres/system-tables.ts';
import { UserLog } from '../../src/postgres/user-log.ts';
import { startMasterServer } from './support/master-server.ts';

/** The system tables of Amazon Redshift in an embedded server: their columns, their rows, and who sees which. */

const VECTORS = new URL('../vectors/system-tables/columns.json', import.meta.url);
const { documented, undocumented, wider } = JSON.parse(readFileSync(VECTORS, 'utf8')) as {
  documented: Record<string, { page: string; columns: string[] }>;
  undocumented: Record<string, string[]>;
  wider: Record<string, string[]>;
};

const folder = mkdtempSync(join(tmpdir(), 'keyshift-system-tables-'));
const open: Client[] = [];
let server: EmbeddedServer;
let access: ServerAccess;
let master: Client;
let alice: Client;
let bob: Client;
let bobAsAnalyst: Client;

const SCHEMA = `
  CREATE SCHEMA shop;
  CREATE TABLE shop.customers (
    id integer PRIMARY KEY, name varchar(40) NOT NULL, balance numeric(12, 2) DEFAULT 0, since timestamp, note text
  );
  COMMENT ON TABLE shop.customers IS 'who buys';
  COMMENT ON COLUMN shop.customers.name IS 'as on the invoice';
  CREATE TABLE shop.orders (id bigint PRIMARY KEY, customer integer REFERENCES shop.customers, code char(8), placed date);
  CREATE VIEW shop.debtors AS SELECT id, name FROM shop.customers WHERE balance < 0;
  CREATE MATERIALIZED VIEW shop.totals AS SELECT customer, count(*) AS orders FROM shop.orders GROUP BY customer;
  CREATE FUNCTION shop.twice(n integer) RETURNS integer LANGUAGE sql AS 'SELECT 2 * n';
  CREATE PROCEDURE shop.clean() LANGUAGE sql AS 'DELETE FROM shop.orders';
  COMMENT ON FUNCTION shop.twice(integer) IS 'doubles';
  INSERT INTO shop.customers VALUES (1, 'Ada', -5), (2, 'Bo', 7);
  ANALYZE shop.customers;
  GRANT USAGE ON SCHEMA shop TO GROUP analysts;
  GRANT SELECT ON shop.customers TO GROUP analysts;
  GRANT SELECT, INSERT ON shop.orders TO alice WITH GRANT OPTION;
  GRANT USAGE ON SCHEMA shop TO alice;
  GRANT UPDATE (note) ON shop.customers TO alice;
  CREATE SCHEMA hidden;
  CREATE TABLE hidden.plans (id integer);`;

beforeAll(async () => {
  ({ server, access } = await startMasterServer(join(folder, 'cluster'), 'tables'));
  master = await connectAs('master');
  await master.query(
    "CREATE ROLE alice LOGIN CONNECTION LIMIT 7 VALID UNTIL '2030-01-01' ADMIN keyshift_superuser;" +
      'CREATE ROLE bob LOGIN ADMIN keyshift_superuser; CREATE GROUP analysts ADMIN keyshift_superuser;' +
      "CREATE GROUP idle USER alice; ALTER ROLE alice SET idle_session_timeout = '300s';" +
      "ALTER ROLE bob VALID UNTIL '-infinity';",
  );
  await master.query(SCHEMA);
  alice = await connectAs('alice');
  bob = await connectAs('bob');
  const { loginRole } = await provision(access, {
    dbUser: 'bob',
    displayName: 'IAM:bob',
    groups: ['analysts'],
    autoCreate: false,
    database: 'dev',
  });
  bobAsAnalyst = await connectAs(loginRole);
});

afterAll(async () => {
  await Promise.allSettled(open.map((client) => client.end()));
  await access?.close();
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function connectAs(user: string, database = 'dev'): Promise<Client> {
  const client = new Client({ host: server.socketDir, port: server.port, user, database });
  client.on('error', () => {});
  await client.connect();
  open.push(client);
  return client;
}

/** Rows as arrays, which are shorter to write down. */
async function rows(client: Client, text: string): Promise<unknown[][]> {
  return (await client.query({ text, rowMode: 'array' })).rows;
}

async function values(client: Client, text: string): Promise<unknown[]> {
  return (await rows(client, text)).map(([value]) => value);
}

/** How the documents write a type that PostgreSQL writes in another way. */
function asDocumented(type: string): string {
  return type
    .replace('character varying', 'varchar')
    .replace(/^character\b/, 'char')
    .replace('timestamp without time zone', 'timestamp')
    .replace('timestamp with time zone', 'timestamptz');
}

describe('The columns of', () => {
  const expected = new Map([
    ...Object.entries(documented).map(([name, { columns }]) => [name, columns] as const),
    ...Object.entries(undocumented),
  ]);

  test('every system table are written down', () => {
    expect([...expected.keys()].sort()).toEqual(SYSTEM_TABLES.map(({ name }) => name));
  });

  test.each([...expected])('%s are those of the documents', async (name, columns) => {
    const found = await rows(
      master,
      `SELECT a.attname, format_type(a.atttypid, a.atttypmod) FROM pg_attribute a
       WHERE a.attrelid = 'pg_catalog.${name}'::regclass AND a.attnum > 0 ORDER BY a.attnum`,
    );
    const widened = new Map((wider[name] ?? []).map((column) => [column, 'text']));
    expect(found.map(([column, type]) => `${column} ${asDocumented(String(type))}`)).toEqual(
      columns.map((column) => {
        const [word = ''] = column.split(' ');
        return widened.has(word) ? `${word} ${widened.get(word)}` : column;
      }),
    );
  });
});

describe('Who may read', () => {
  const forSuperusers = SYSTEM_TABLES.filter(({ visible }) => visible.startsWith('superusers'));

  test('every table can be read by a superuser, and without a schema whatever the search path', async () => {
    await master.query("SET search_path = ''");
    for (const { name } of SYSTEM_TABLES) await master.query(`SELECT * FROM ${name}`);
    await master.query('RESET search_path');
  });

  test('tables for superusers are refused to others, the rest is not', async () => {
    expect(forSuperusers.length).toBeGreaterThan(2);
    for (const { name, visible } of SYSTEM_TABLES) {
      const reading = alice.query(`SELECT * FROM ${name}`);
      if (visible.startsWith('superusers')) await expect(reading).rejects.toMatchObject({ code: '42501' });
      else await reading;
    }
  });

  test('a superuser can let others read them', async () => {
    await master.query('GRANT SELECT ON svv_table_info TO alice');
    expect(await values(alice, 'SELECT "table" FROM svv_table_info')).toEqual(['customers']);
    await master.query('REVOKE SELECT ON svv_table_info FROM alice');
  });

  test('no ordinary user can replace or drop one, or make another in pg_catalog', async () => {
    for (const client of [master, alice]) {
      for (const statement of [
        'CREATE OR REPLACE VIEW pg_catalog.svv_tables AS SELECT 1',
        'DROP VIEW pg_catalog.svv_tables',
        'CREATE VIEW pg_catalog.svv_mine AS SELECT 1',
        'ALTER VIEW pg_catalog.svv_tables OWNER TO alice',
      ]) {
        await expect(client.query(statement)).rejects.toThrow();
      }
    }
  });
});

describe('The rows of', () => {
  test('svv_tables are those one may use', async () => {
    const sql =
      "SELECT table_schema, table_name, table_type, remarks FROM svv_tables WHERE table_schema IN ('shop', 'hidden') ORDER BY 1, 2";
    const customers = ['shop', 'customers', 'BASE TABLE', 'who buys'];
    const orders = ['shop', 'orders', 'BASE TABLE', null];
    expect(await rows(master, sql)).toEqual([
      ['hidden', 'plans', 'BASE TABLE', null],
      customers,
      ['shop', 'debtors', 'VIEW', null],
      orders,
      ['shop', 'totals', 'VIEW', null],
    ]);
    expect(await rows(alice, sql)).toEqual([customers, orders]);
    expect(await rows(bob, sql)).toEqual([]);
    expect(await rows(bobAsAnalyst, sql)).toEqual([customers]);
  });

  test('svv_columns, svv_all_columns and svv_redshift_columns say the types of columns', async () => {
    const where = "table_name = 'customers' ORDER BY ordinal_position";
    expect(
      await rows(
        alice,
        `SELECT column_name, data_type, character_maximum_length, numeric_precision, numeric_scale, is_nullable,
           column_default, remarks FROM svv_columns WHERE ${where}`,
      ),
    ).toEqual([
      ['id', 'integer', null, 32, 0, 'NO', null, null],
      ['name', 'character varying', 40, null, null, 'NO', null, 'as on the invoice'],
      ['balance', 'numeric', null, 12, 2, 'YES', '0', null],
      ['since', 'timestamp without time zone', null, null, null, 'YES', null, null],
      ['note', 'text', null, null, null, 'YES', null, null],
    ]);
    expect(
      await rows(alice, `SELECT column_name, data_type FROM svv_all_columns WHERE ${where}`),
    ).toContainEqual(['name', 'character varying']);
    expect(
      await rows(alice, `SELECT column_name, data_type FROM svv_redshift_columns WHERE ${where}`),
    ).toContainEqual(['name', 'character varying(40)']);
  });

  test('svv_all_tables and svv_redshift_tables tell views from tables', async () => {
    for (const table of ['svv_all_tables', 'svv_redshift_tables']) {
      const kinds = await rows(
        master,
        `SELECT table_name, table_type FROM ${table} WHERE schema_name = 'shop' ORDER BY 1`,
      );
      expect(kinds).toEqual([
        ['customers', 'TABLE'],
        ['debtors', 'VIEW'],
        ['orders', 'TABLE'],
        ['totals', 'VIEW'],
      ]);
    }
    expect(
      await values(master, "SELECT table_type FROM svv_all_tables WHERE table_name = 'pg_class'"),
    ).toEqual(['SYSTEM TABLE']);
  });

  test('svv_all_schemas and svv_redshift_schemas are those one may use, without ours', async () => {
    const sql = 'SELECT schema_name FROM svv_all_schemas ORDER BY 1';
    expect(await values(master, sql)).toEqual([
      'hidden',
      'information_schema',
      'pg_catalog',
      'public',
      'shop',
    ]);
    expect(await values(bob, sql)).toEqual(['information_schema', 'pg_catalog', 'public']);
    expect(await values(bobAsAnalyst, sql.replace('_all_', '_redshift_'))).toContain('shop');
  });

  test('svv_redshift_databases are those of the users', async () => {
    expect(await values(alice, 'SELECT database_name FROM svv_redshift_databases')).toEqual(['dev']);
  });

  test('svv_table_info has tables with rows in them', async () => {
    expect(await rows(master, 'SELECT schema, "table", tbl_rows, size FROM svv_table_info')).toEqual([
      ['shop', 'customers', '2', '1'],
    ]);
  });

  test('pg_table_def follows the search path', async () => {
    expect(await values(alice, "SELECT tablename FROM pg_table_def WHERE tablename = 'orders'")).toEqual([]);
    await alice.query('SET search_path = shop');
    expect(
      await rows(alice, `SELECT "column", type, "notnull" FROM pg_table_def WHERE tablename = 'orders'`),
    ).toEqual([
      ['id', 'bigint', true],
      ['customer', 'integer', false],
      ['code', 'character(8)', false],
      ['placed', 'date', false],
    ]);
    await alice.query('RESET search_path');
  });

  test('functions and procedures are told apart', async () => {
    expect(
      await rows(
        master,
        "SELECT function_name, function_type, argument_type, result_type FROM svv_redshift_functions WHERE schema_name = 'shop' ORDER BY 1",
      ),
    ).toEqual([
      ['clean', 'STORED PROCEDURE', '', ''],
      ['twice', 'REGULAR FUNCTION', 'integer', 'integer'],
    ]);
    expect(
      await rows(bob, "SELECT proname, prokind FROM pg_proc_info WHERE proname IN ('clean', 'twice')"),
    ).toEqual([
      ['twice', 'f'],
      ['clean', 'p'],
    ]);
  });

  test('materialized views have a table of their own', async () => {
    expect(await values(master, 'SELECT trim(name) FROM svv_mv_info')).toEqual(['totals']);
    expect(await values(master, 'SELECT trim(name) FROM stv_mv_info')).toEqual(['totals']);
  });

  test('privileges are those that were granted, to oneself, to groups of the session and to everybody', async () => {
    const sql = `SELECT relation_name, privilege_type, identity_name, identity_type, admin_option
      FROM svv_relation_privileges WHERE namespace_name = 'shop' ORDER BY 1, 2`;
    const ofAnalysts = ['customers', 'SELECT', 'analysts', 'group', false];
    const ofAlice = [
      ['orders', 'INSERT', 'alice', 'user', true],
      ['orders', 'SELECT', 'alice', 'user', true],
    ];
    expect(await rows(master, sql)).toEqual([ofAnalysts, ...ofAlice]);
    expect(await rows(alice, sql)).toEqual(ofAlice);
    expect(await rows(bob, sql)).toEqual([]);
    expect(await rows(bobAsAnalyst, sql)).toEqual([ofAnalysts]);
    expect(
      await rows(
        alice,
        'SELECT column_name, privilege_type, identity_name FROM svv_column_privileges WHERE namespace_name = $$shop$$',
      ),
    ).toEqual([['note', 'UPDATE', 'alice']]);
    expect(
      await rows(
        bobAsAnalyst,
        "SELECT privilege_type, identity_name FROM svv_schema_privileges WHERE namespace_name = 'shop'",
      ),
    ).toEqual([['USAGE', 'analysts']]);
  });
});

describe('SHOW TABLE', () => {
  const shown = (name: string) =>
    values(master, translateDialect(`SHOW TABLE ${name}`) ?? '').then(([text]) => String(text));

  test('gives the statement that makes a table of any kind again', async () => {
    const admin = access.admin('dev');
    await admin.query(
      'CREATE FOREIGN DATA WRAPPER far; CREATE SERVER away FOREIGN DATA WRAPPER far; GRANT USAGE ON FOREIGN SERVER away TO master',
    );
    await master.query(`CREATE SCHEMA "Odd ones"; SET search_path = "Odd ones";
      CREATE TABLE parent (id bigint GENERATED ALWAYS AS IDENTITY, "Big Name" varchar(10) COLLATE "C" DEFAULT 'it''s',
        twice bigint GENERATED ALWAYS AS (3 * 2) STORED, n serial, gone int, CHECK (n > 0), UNIQUE (id, n), PRIMARY KEY (id));
      ALTER TABLE parent DROP COLUMN gone;
      CREATE UNLOGGED TABLE child (more int[] NOT NULL, at timestamptz(3)) INHERITS (parent);
      CREATE TABLE parts (d date, parent bigint REFERENCES parent ON DELETE CASCADE) PARTITION BY RANGE (d);
      CREATE TABLE parts_2026 PARTITION OF parts FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
      CREATE FOREIGN TABLE afar (a int NOT NULL, b text) SERVER away OPTIONS (path 'it''s', mode 'r');
      CREATE TABLE nothing ()`);
    for (const name of ['nothing', 'afar', 'parts_2026', 'parts', 'child', 'parent']) {
      const text = await shown(`"Odd ones".${name}`);
      const sequences = name === 'parent' ? 'ALTER SEQUENCE parent_n_seq OWNED BY NONE;' : '';
      await master.query(
        `BEGIN; ${sequences} DROP ${name === 'afar' ? 'FOREIGN ' : ''}TABLE ${name} CASCADE`,
      );
      await master.query(text);
      expect(await shown(name), name).toBe(text);
      await master.query('ROLLBACK');
    }
    await master.query('DROP SCHEMA "Odd ones" CASCADE; RESET search_path');
    await admin.query('DROP FOREIGN DATA WRAPPER far CASCADE');
  });

  test('and SHOW VIEW are of what one may know of, and of nothing else', async () => {
    for (const [sql, code] of [
      ['SHOW TABLE shop.nowhere', '42P01'],
      ['SHOW TABLE other.shop.orders', '0A000'],
      ['SHOW TABLE shop.debtors', '42809'],
      ['SHOW VIEW shop.orders', '42809'],
      ['SHOW PROCEDURE shop.nothing', '42883'],
    ] as const) {
      await expect(master.query(translateDialect(sql) ?? ''), sql).rejects.toMatchObject({ code });
    }
    await expect(bob.query(translateDialect('SHOW TABLE pg_catalog.pg_class') ?? '')).resolves.toBeDefined();
    await expect(alice.query(translateDialect('SHOW TABLE hidden.plans') ?? '')).rejects.toMatchObject({
      code: '42501',
    });
    expect(await rows(bob, translateDialect('SHOW FUNCTIONS FROM SCHEMA shop') ?? '')).toEqual([]);
    expect(await rows(alice, translateDialect('SHOW GRANTS FOR analysts') ?? '')).toEqual([]);
    expect(
      await rows(bob, translateDialect('SHOW CONSTRAINTS PRIMARY KEYS FROM TABLE shop.orders') ?? ''),
    ).toEqual([]);
  });
});

describe('Users and groups', () => {
  test('a group has its permanent members, without those of sessions, and no group is ours or PostgreSQL’s', async () => {
    expect(
      await rows(
        bob,
        'SELECT groname, ARRAY(SELECT usename::text FROM pg_user WHERE usesysid = ANY (grolist)) FROM pg_group ORDER BY 1',
      ),
    ).toEqual([
      ['analysts', []],
      ['idle', ['alice']],
    ]);
    expect(await values(bob, 'SELECT cardinality(grolist) FROM pg_group ORDER BY groname')).toEqual([0, 1]);
  });

  test('pg_user has users, with the rank that they have here, and the roles of sessions only for themselves', async () => {
    const sql = 'SELECT usename, usesuper, usecatupd, valuntil FROM pg_user ORDER BY 1';
    const until = new Date('2030-01-01T00:00:00Z');
    const users = [
      ['alice', false, false, until],
      ['bob', false, false, null],
      ['keyshift_admin', true, true, null],
      ['master', true, false, Number.POSITIVE_INFINITY],
    ];
    expect(await rows(alice, sql)).toEqual(users);
    expect(await values(bobAsAnalyst, 'SELECT usename FROM pg_user WHERE usename = current_user')).toEqual([
      'IAM:bob:analysts',
    ]);
  });

  test('superusers see everybody’s options, others their own', async () => {
    const sql =
      'SELECT user_name, superuser, connection_limit, session_timeout FROM svv_user_info ORDER BY 1';
    const ofAlice = ['alice', false, '7', 300];
    const ofBob = ['bob', false, 'UNLIMITED', 0];
    expect(await rows(master, sql)).toEqual([ofAlice, ofBob, ['master', true, 'UNLIMITED', 0]]);
    expect(await rows(alice, sql)).toEqual([ofAlice]);
    expect(await rows(bobAsAnalyst, sql)).toEqual([ofBob]);
    expect(
      await rows(master, 'SELECT usename, useconnlimit, sessiontimeout FROM svl_user_info ORDER BY 1'),
    ).toContainEqual(['alice', '7', 300]);
    expect(await rows(master, 'SELECT usename, useconnlimit FROM pg_user_info ORDER BY 1')).toContainEqual([
      'alice',
      '7',
    ]);
  });
});

describe('The log of connections', () => {
  const line = (event: string, dbUser: string, at: Date, more: object = {}) =>
    server.systemLog.append('connections', {
      event,
      at: at.toISOString(),
      remoteHost: '127.0.0.1',
      remotePort: 50123,
      pid: 4711,
      database: 'dev',
      loginName: `IAM:${dbUser}`,
      dbUser,
      authMethod: 'IAM AssumeUser',
      durationUs: 0,
      tlsVersion: 'TLSv1.3',
      ...more,
    });

  test('is read by superusers, in every database; of ends of sessions others see their own', async () => {
    const now = Date.now();
    line('authenticated', 'alice', new Date(now - 2_000));
    line('disconnecting session', 'alice', new Date(now - 1_000), { durationUs: 1_000_000 });
    line('disconnecting session', 'bob', new Date(now), {
      applicationName: 'na\u00efve \u0000 \ud83d\ude00 \ud83d',
    });
    line('authenticated', 'bob', new Date(now - 8 * 24 * 3_600_000));
    const sql =
      'SELECT trim(event), username, trim(authmethod), trim(sslversion) FROM stl_connection_log ORDER BY recordtime';
    const tls = ['IAM AssumeUser', 'TLSv1.3'];
    await expect
      .poll(() => rows(master, sql), { timeout: 20_000 })
      .toEqual([
        ['authenticated', 'IAM:alice', ...tls],
        ['disconnecting session', 'IAM:alice', ...tls],
        ['disconnecting session', 'IAM:bob', ...tls],
      ]);
    expect(
      await values(
        master,
        'SELECT trim(application_name) FROM sys_connection_log WHERE application_name IS NOT NULL',
      ),
    ).toEqual(['na\u00efve \ufffd \ud83d\ude00 \ufffd']);
    const sessions =
      'SELECT user_name, endtime - starttime = interval $$1 second$$, timed_out FROM stl_sessions ORDER BY 1';
    const ofAlice = ['IAM:alice', true, 2];
    expect(await rows(master, sessions)).toEqual([ofAlice, ['IAM:bob', false, 2]]);
    expect(await rows(alice, sessions)).toEqual([ofAlice]);
    expect(await rows(bobAsAnalyst, sessions)).toEqual([['IAM:bob', false, 2]]);
  });

  test('a user with SYSLOG ACCESS UNRESTRICTED sees the sessions of others, and nothing that is for superusers', async () => {
    await master.query('GRANT keyshift_syslog TO alice');
    expect(await values(alice, 'SELECT user_name FROM stl_sessions ORDER BY 1')).toEqual([
      'IAM:alice',
      'IAM:bob',
    ]);
    expect(await values(alice, 'SELECT syslog_access FROM svv_user_info ORDER BY user_name')).toEqual([
      'UNRESTRICTED',
      'RESTRICTED',
      'UNRESTRICTED',
    ]);
    await expect(alice.query('SELECT FROM stl_connection_log')).rejects.toMatchObject({ code: '42501' });
    await expect(alice.query('GRANT keyshift_syslog TO bob')).rejects.toMatchObject({ code: '42501' });
    await master.query('REVOKE keyshift_syslog FROM alice');
    expect(await values(alice, 'SELECT user_name FROM stl_sessions ORDER BY 1')).toEqual(['IAM:alice']);
  });

  test('gives nothing away by the functions behind it', async () => {
    for (const call of ["keyshift.system_log('connections')", 'keyshift.ended_sessions()']) {
      await expect(alice.query(`SELECT ${call}`)).rejects.toMatchObject({ code: '42501' });
    }
    const own = await values(
      alice,
      "SELECT DISTINCT entry ->> 'dbUser' FROM keyshift.system_log_of_user('connections') entry",
    );
    expect(own).toEqual(['alice']);
  });

  test('open sessions are shown to superusers, and everybody’s own', async () => {
    const sql = "SELECT DISTINCT user_name, timeout_sec FROM stv_sessions WHERE db_name = 'dev' ORDER BY 1";
    expect(await rows(master, sql)).toEqual([
      ['IAM:bob:analysts', 0],
      ['alice', 300],
      ['bob', 0],
      ['master', 0],
    ]);
    expect(await rows(alice, sql)).toEqual([['alice', 300]]);
    expect(await rows(bobAsAnalyst, sql)).toEqual([
      ['IAM:bob:analysts', 0],
      ['bob', 0],
    ]);
  });
});

describe('The log of users', () => {
  test('has each change that was committed, as the example of Amazon’s page, and is for superusers', async () => {
    const log = new UserLog(access, systemClock, (event) => server.systemLog.append('users', { ...event }));
    for (const statement of [
      'CREATE ROLE userlog1 LOGIN ADMIN keyshift_superuser',
      "CALL keyshift.promote_user('userlog1')",
      "CALL keyshift.demote_user('userlog1', true)",
      'ALTER ROLE userlog1 RENAME TO userlog2',
      "BEGIN; CREATE ROLE never LOGIN; ALTER ROLE userlog2 VALID UNTIL '2030-01-01'; ROLLBACK",
      "ALTER ROLE userlog2 VALID UNTIL '2031-02-03 04:05:06Z'",
      "ALTER ROLE userlog2 VALID UNTIL 'infinity'",
      'CREATE GROUP nobodys',
      'DROP GROUP nobodys',
      'DROP ROLE userlog2',
    ]) {
      await log.look();
      await master.query(statement);
    }
    await log.close();
    const sql = `SELECT username, oldusername, trim(action), usecreatedb, usesuper, usecatupd, valuntil::text, xid IS NULL
      FROM stl_userlog ORDER BY recordtime`;
    await expect
      .poll(() => rows(master, sql), { timeout: 20_000 })
      .toEqual([
        ['userlog1', '', 'create', 0, 0, 0, null, false],
        ['userlog1', '', 'alter', 1, 1, 0, null, false],
        ['userlog1', '', 'alter', 1, 0, 0, null, false],
        ['userlog2', 'userlog1', 'rename', 1, 0, 0, null, false],
        ['userlog2', '', 'alter', 1, 0, 0, '2031-02-03 04:05:06', false],
        ['userlog2', '', 'alter', 1, 0, 0, 'infinity', false],
        ['userlog2', '', 'drop', 1, 0, 0, 'infinity', true],
      ]);
    expect(await values(master, 'SELECT DISTINCT is_superuser FROM sys_userlog ORDER BY 1')).toEqual([0, 1]);
    for (const table of ['stl_userlog', 'sys_userlog']) {
      await expect(alice.query(`SELECT FROM ${table}`)).rejects.toMatchObject({ code: '42501' });
    }
  });
});

describe('A database', () => {
  test('that a user makes has the tables too, and one from template0 once it is prepared', async () => {
    await master.query('CREATE DATABASE more');
    const more = await connectAs('alice', 'more');
    expect(await values(more, "SELECT table_name FROM svv_tables WHERE table_name = 'svv_tables'")).toEqual([
      'svv_tables',
    ]);
    await master.query('CREATE DATABASE bare TEMPLATE template0');
    const bare = await connectAs('alice', 'bare');
    await expect(bare.query('SELECT FROM svv_tables')).rejects.toMatchObject({ code: '42P01' });
    await bare.end();
    await prepareServer(access);
    expect(await values(await connectAs('alice', 'bare'), 'SELECT count(*)::int FROM svv_roles')).toEqual([
      0,
    ]);
  });

  test('with tables of an older version is brought up to date, and what users had granted stays', async () => {
    await master.query('GRANT SELECT ON svv_table_info TO alice');
    const admin = access.admin('dev');
    await admin.query("COMMENT ON VIEW keyshift.redshift_relations IS 'older'");
    await admin.query(
      'CREATE OR REPLACE VIEW pg_catalog.svv_external_schemas AS SELECT NULL::oid AS esoid, NULL::smallint AS eskind, ' +
        "'x'::name AS schemaname, NULL::int AS esowner, NULL::text AS databasename, NULL::text AS esoptions",
    );
    expect(await values(alice, 'SELECT schemaname FROM svv_external_schemas')).toEqual(['x']);
    await prepareDatabase(access, 'dev');
    expect(await values(alice, 'SELECT schemaname FROM svv_external_schemas')).toEqual([]);
    await alice.query('SELECT FROM svv_table_info');
  });

  test('whose old tables have other columns gets the new ones; if a user’s view stands on an old one it stays', async () => {
    const admin = access.admin('more');
    const age = () => admin.query("COMMENT ON VIEW keyshift.redshift_relations IS 'older'");
    await admin.query(
      'BEGIN; SET LOCAL allow_system_table_mods = on; DROP VIEW pg_catalog.svv_roles;' +
        "CREATE VIEW pg_catalog.svv_roles AS SELECT 'old' AS word; GRANT SELECT ON pg_catalog.svv_roles TO PUBLIC; COMMIT",
    );
    const more = await connectAs('alice', 'more');
    await more.query('CREATE VIEW mine AS SELECT word FROM svv_roles');
    await age();
    await prepareDatabase(access, 'more');
    expect(await values(more, 'SELECT word FROM mine')).toEqual(['old']);
    await more.query('DROP VIEW mine');
    await prepareDatabase(access, 'more');
    expect(await values(more, 'SELECT role_name FROM svv_roles')).toEqual([]);
  });
});
