import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemRandom } from '../../src/core/ids.ts';
import { silentLogger } from '../../src/core/logger.ts';
import { Secret } from '../../src/core/secret.ts';
import type { EmbeddedServer } from '../../src/postgres/embedded.ts';
import { prepareDatabase } from '../../src/postgres/prepare-database.ts';
import { createDatabase, prepareServer, setPassword } from '../../src/postgres/prepare-server.ts';
import { type ProvisionRequest, provision } from '../../src/postgres/provision.ts';
import { reapSessionRoles } from '../../src/postgres/reap-session-roles.ts';
import { embeddedAccess, type ServerAccess } from '../../src/postgres/server-access.ts';
import { startMasterServer } from './support/master-server.ts';

const folder = mkdtempSync(join(tmpdir(), 'keyshift-sessions-'));
const open: Client[] = [];
let server: EmbeddedServer;
let access: ServerAccess;

beforeAll(async () => {
  ({ server, access } = await startMasterServer(join(folder, 'cluster'), 'sessions'));
  await admin('CREATE ROLE readers', 'CREATE ROLE writers', 'CREATE ROLE keepers');
});

afterAll(async () => {
  await Promise.allSettled(open.map((client) => client.end()));
  await access?.close();
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function admin(...statements: string[]): Promise<void> {
  for (const statement of statements) await access.admin('postgres').query(statement);
}

async function inDev<Row extends object>(sql: string, values: unknown[] = []): Promise<Row[]> {
  return (await access.admin('dev').query<Row>(sql, values)).rows;
}

function request(
  dbUser: string,
  groups: string[] = [],
  more: Partial<ProvisionRequest> = {},
): ProvisionRequest {
  return { dbUser, displayName: `IAM:${dbUser}`, groups, autoCreate: false, database: 'dev', ...more };
}

async function connectAs(role: string, database = 'dev'): Promise<Client> {
  const client = new Client({ host: server.socketDir, port: server.port, user: role, database });
  client.on('error', () => {});
  await client.connect();
  open.push(client);
  return client;
}

async function login(
  dbUser: string,
  groups: string[] = [],
  more: Partial<ProvisionRequest> = {},
): Promise<Client> {
  const wanted = request(dbUser, groups, { autoCreate: true, ...more });
  return connectAs((await provision(access, wanted)).loginRole, wanted.database);
}

async function value(client: Client, sql: string): Promise<unknown> {
  const result = await client.query({ text: sql, rowMode: 'array' });
  return result.rows[0]?.[0];
}

async function failure(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => 'no failure',
    (error: unknown) => error,
  );
}

const owner = async (table: string): Promise<unknown> =>
  (
    await inDev<{ o: string }>(
      'SELECT pg_get_userbyid(relowner) AS o FROM pg_class WHERE oid = $1::regclass',
      [table],
    )
  )[0]?.o;

describe('who may log in, and as what', () => {
  test('a user who exists and asks for no groups logs in as itself', async () => {
    await admin('CREATE ROLE plain LOGIN');
    const found = await provision(access, request('plain'));
    expect(found).toMatchObject({ loginRole: 'plain', created: false });
    expect(found.loginRoleId).toBeGreaterThan(16383);
  });

  test('a user who does not exist is created when asked, without a password and only once', async () => {
    expect(await provision(access, request('fresh', [], { autoCreate: true }))).toMatchObject({
      created: true,
    });
    expect(await provision(access, request('fresh', [], { autoCreate: true }))).toMatchObject({
      created: false,
    });
    const rows = await inDev(
      'SELECT rolpassword, rolcanlogin, rolcreaterole FROM pg_authid WHERE rolname = $1',
      ['fresh'],
    );
    expect(rows).toEqual([{ rolpassword: null, rolcanlogin: true, rolcreaterole: false }]);
  });

  test('groups that the user belongs to anyway need no role of their own', async () => {
    await admin('CREATE ROLE member LOGIN', 'GRANT readers TO member');
    expect((await provision(access, request('member', ['readers']))).loginRole).toBe('member');
    expect((await provision(access, request('member', ['writers', 'readers']))).loginRole).toBe(
      'IAM:member:readers,writers',
    );
  });

  test('a superuser is unaffected by groups', async () => {
    expect((await provision(access, request('master', ['readers']))).loginRole).toBe('master');
  });

  test.each([
    [
      'a missing database',
      request('plain', [], { database: 'nowhere' }),
      '3D000',
      'database "nowhere" does not exist',
    ],
    [
      'a template database',
      request('plain', [], { database: 'template1' }),
      '3D000',
      'database "template1" does not exist',
    ],
    [
      'the database of password checks',
      request('plain', [], { database: 'keyshift_login' }),
      '3D000',
      'database "keyshift_login" does not exist',
    ],
    ['a missing user', request('nobody_here'), '42704', 'user "IAM:nobody_here" does not exist'],
    [
      'a missing group',
      request('plain', ['readers', 'no_group']),
      '42704',
      'group "no_group" does not exist',
    ],
    ['a user in place of a group', request('plain', ['master']), '42704', 'group "master" does not exist'],
    [
      'a role of PostgreSQL in place of a group',
      request('plain', ['pg_read_all_data']),
      '42704',
      'group "pg_read_all_data" does not exist',
    ],
    [
      'our mark in place of a group',
      request('plain', ['keyshift_session']),
      '42704',
      'group "keyshift_session" does not exist',
    ],
    [
      'a name of 64 bytes',
      request('u'.repeat(64), [], { autoCreate: true }),
      '42622',
      `identifier "${'u'.repeat(64)}" is too long`,
    ],
    ['a group as user', request('readers'), '28000', 'role "readers" is not permitted to log in'],
    [
      'our administrator',
      request('keyshift_admin'),
      '28000',
      'role "keyshift_admin" cannot be used with temporary credentials',
    ],
    [
      'a reserved name that is free',
      request('pg_new', [], { autoCreate: true }),
      '28000',
      'role "pg_new" cannot be used with temporary credentials',
    ],
    [
      'a name with a colon',
      request('IAM:x:y', [], { autoCreate: true }),
      '28000',
      'role "IAM:x:y" cannot be used with temporary credentials',
    ],
  ])('%s is refused', async (_title, wanted, sqlState, message) => {
    expect(await failure(provision(access, wanted))).toMatchObject({ name: 'SqlError', sqlState, message });
  });

  test('a PostgreSQL superuser and a replication role are refused', async () => {
    await admin('CREATE ROLE mighty LOGIN SUPERUSER', 'CREATE ROLE copier LOGIN REPLICATION');
    expect(await failure(provision(access, request('mighty')))).toMatchObject({ sqlState: '28000' });
    expect(await failure(provision(access, request('copier')))).toMatchObject({ sqlState: '28000' });
  });

  test('a name of 63 bytes is taken', async () => {
    const name = 'v'.repeat(63);
    expect((await provision(access, request(name, ['readers'], { autoCreate: true }))).loginRole).toMatch(
      /^IAM:v+#[0-9a-f]{32}$/,
    );
    expect((await provision(access, request(name))).loginRole).toBe(name);
  });

  test('nothing is created when a group is missing', async () => {
    await failure(provision(access, request('never_made', ['no_group'], { autoCreate: true })));
    expect(await inDev('SELECT FROM pg_roles WHERE rolname = $1', ['never_made'])).toHaveLength(0);
  });

  test('a connection limit counts the sessions of the user and of its session roles together', async () => {
    await admin('CREATE ROLE limited LOGIN CONNECTION LIMIT 2');
    const first = await login('limited');
    await login('limited', ['readers']);
    const refused = { sqlState: '53300', message: 'too many connections for role "limited"' };
    expect(await failure(provision(access, request('limited')))).toMatchObject(refused);
    expect(await failure(provision(access, request('limited', ['writers'])))).toMatchObject(refused);
    const warm = [Number(await value(first, 'SELECT pg_backend_pid()'))];
    expect(await provision(access, request('limited', [], { ignoredBackends: warm }))).toMatchObject({
      created: false,
    });
  });

  test('hostile names are only names', async () => {
    for (const name of [
      'a"; DROP ROLE plain; --',
      "b'; DROP ROLE plain; --",
      'c\\',
      '$user',
      'Ünï ☃',
      'two\nlines',
    ]) {
      await admin(`CREATE ROLE "${name.replaceAll('"', '""')} group"`);
      const client = await login(name, [`${name} group`]);
      expect(await value(client, 'SELECT keyshift.session_user_name()')).toBe(name);
      expect(await value(client, 'SELECT keyshift.session_groups()::text[]')).toEqual([`${name} group`]);
      await client.query('CREATE TABLE mine_of_hostile (a int); DROP TABLE mine_of_hostile');
      await client.end();
    }
    expect(await inDev('SELECT FROM pg_roles WHERE rolname = $1', ['plain'])).toHaveLength(1);
  });

  test('groups whose names hold a separator never share a session role', async () => {
    await admin('CREATE ROLE "x,y"', 'CREATE ROLE x', 'CREATE ROLE y', 'CREATE ROLE sep LOGIN');
    const one = await provision(access, request('sep', ['x,y']));
    const two = await provision(access, request('sep', ['x', 'y']));
    expect(two.loginRole).toBe('IAM:sep:x,y');
    expect(one.loginRole).not.toBe(two.loginRole);
  });
});

describe('two sessions of one user with different groups', () => {
  test('never see each other’s rights, and neither leaves them to the user', async () => {
    await inDev('CREATE TABLE public.secret_r (a int)');
    await inDev('CREATE TABLE public.secret_w (a int)');
    await inDev('GRANT SELECT ON public.secret_r TO readers');
    await inDev('GRANT SELECT ON public.secret_w TO writers');
    const reader = await login('pair', ['readers']);
    const writer = await login('pair', ['writers']);
    const alone = await login('pair');
    expect(await value(reader, 'SELECT count(*)::int FROM secret_r')).toBe(0);
    expect(await value(writer, 'SELECT count(*)::int FROM secret_w')).toBe(0);
    for (const [client, table] of [
      [reader, 'secret_w'],
      [writer, 'secret_r'],
      [alone, 'secret_r'],
      [alone, 'secret_w'],
    ] as const) {
      expect(await failure(client.query(`SELECT FROM ${table}`))).toMatchObject({ code: '42501' });
    }
  });

  test('cannot become a group, another session role, or our administrator', async () => {
    const client = await login('pair', ['readers']);
    await login('pair', ['writers']);
    for (const role of [
      'readers',
      '"IAM:pair:writers"',
      'keyshift_admin',
      'keyshift_session',
      'keyshift_superuser',
    ]) {
      expect(await failure(client.query(`SET ROLE ${role}`))).toMatchObject({ code: '42501' });
      expect(await failure(client.query(`SET SESSION AUTHORIZATION ${role}`))).toMatchObject({
        code: '42501',
      });
    }
    await client.query('SET ROLE pair');
    expect(await failure(client.query('SELECT FROM secret_r'))).toMatchObject({ code: '42501' });
    await client.query('RESET ROLE');
    expect(await value(client, 'SELECT session_user::text')).toBe('IAM:pair:readers');
  });

  test('cannot change whom they stand for', async () => {
    const client = await login('pair', ['readers']);
    expect(await failure(client.query(`COMMENT ON ROLE "IAM:pair:readers" IS '{"user": 10}'`))).toMatchObject(
      { code: '42501' },
    );
    expect(await failure(client.query('GRANT keyshift_session TO pair'))).toMatchObject({ code: '42501' });
    expect(await failure(client.query('DROP EVENT TRIGGER keyshift_hand_to_user'))).toMatchObject({
      code: '42501',
    });
    expect(await failure(client.query('SET event_triggers = off'))).toMatchObject({ code: '42501' });
    expect(await failure(client.query('SET session_replication_role = replica'))).toMatchObject({
      code: '42501',
    });
    expect(await failure(client.query('DROP SCHEMA keyshift CASCADE'))).toMatchObject({ code: '42501' });
    expect(
      await failure(client.query(`SELECT keyshift.apply_default_privileges('r', 'TABLE x', 10, 0)`)),
    ).toMatchObject({ code: '42501' });
  });

  test('a superuser of the cluster cannot forge a session role', async () => {
    const master = await connectAs('master');
    await master.query('CREATE ROLE "IAM:forged:x" LOGIN');
    await master.query(`COMMENT ON ROLE "IAM:forged:x" IS '{"user": 10, "groups": []}'`);
    expect(await failure(master.query('GRANT keyshift_session TO "IAM:forged:x"'))).toMatchObject({
      code: '42501',
    });
    expect(await failure(master.query(`COMMENT ON ROLE "IAM:pair:readers" IS '{}'`))).toMatchObject({
      code: '42501',
    });
    expect(await failure(master.query('GRANT "IAM:pair:readers" TO master'))).toMatchObject({
      code: '42501',
    });
    const forged = await connectAs('IAM:forged:x');
    await forged.query('CREATE TABLE forged_table (a int)');
    expect(await owner('public.forged_table')).toBe('IAM:forged:x');
    await admin('CREATE ROLE forged LOGIN', 'CREATE ROLE "x2"');
    await master.query('CREATE ROLE "IAM:forged:x2" LOGIN');
    expect(await failure(provision(access, request('forged', ['x2'])))).toMatchObject({ sqlState: '42710' });
  });

  test('a superuser of the cluster can neither become PostgreSQL’s, nor read files, nor run programs', async () => {
    const master = await connectAs('master');
    for (const attempt of [
      'ALTER ROLE master SUPERUSER',
      'CREATE ROLE s SUPERUSER',
      'SET ROLE keyshift_admin',
      'GRANT keyshift_admin TO master',
      'GRANT pg_execute_server_program TO master',
      "COPY pg_class TO PROGRAM 'id'",
      "SELECT pg_read_file('PG_VERSION')",
      'ALTER SYSTEM SET fsync = off',
      'ALTER ROLE keyshift_admin PASSWORD NULL',
      'DROP DATABASE postgres',
      "UPDATE pg_authid SET rolsuper = true WHERE rolname = 'master'",
      'INSERT INTO pg_auth_members SELECT * FROM pg_auth_members',
      'DELETE FROM pg_db_role_setting',
      'ALTER EVENT TRIGGER keyshift_hand_to_user DISABLE',
      'CREATE OR REPLACE FUNCTION keyshift.session_groups() RETURNS name[] LANGUAGE sql RETURN NULL',
      'DROP FUNCTION keyshift.hand_to_user() CASCADE',
      "ALTER DATABASE dev SET session_replication_role = 'replica'",
      'ALTER ROLE master SET event_triggers = off',
    ]) {
      expect(await failure(master.query(attempt)), attempt).toMatchObject({
        code: expect.stringMatching(/^42501|0LP01|42809$/),
      });
    }
  });
});

describe('what a session with groups makes', () => {
  test('belongs to the database user, whatever it is', async () => {
    await admin('GRANT CREATE ON DATABASE dev TO writers');
    const client = await login('maker', ['writers']);
    await client.query(`
      CREATE SCHEMA made CREATE TABLE inside (a int) CREATE VIEW seen AS SELECT 1 AS one;
      CREATE TABLE made.t (id serial PRIMARY KEY, n int GENERATED ALWAYS AS IDENTITY, x text) ;
      CREATE TABLE made.parts (a int) PARTITION BY RANGE (a);
      CREATE TABLE made.part1 PARTITION OF made.parts FOR VALUES FROM (0) TO (10);
      CREATE INDEX ON made.t (x);
      CREATE TABLE made.ctas AS SELECT 1 AS a;
      SELECT 1 AS a INTO made.into_table;
      CREATE VIEW made.v AS SELECT 1 AS a;
      CREATE MATERIALIZED VIEW made.m AS SELECT 1 AS a;
      CREATE SEQUENCE made.s;
      CREATE FUNCTION made.f() RETURNS int LANGUAGE sql AS 'SELECT 1';
      CREATE PROCEDURE made.p() LANGUAGE sql AS 'SELECT 1';
      CREATE AGGREGATE made.a (int) (SFUNC = int4pl, STYPE = int);
      CREATE TYPE made.composite AS (a int);
      CREATE TYPE made.enum AS ENUM ('a');
      CREATE TYPE made.range AS RANGE (SUBTYPE = int);
      CREATE DOMAIN made.d AS int;
      CREATE OPERATOR made.+% (LEFTARG = int, RIGHTARG = int, FUNCTION = int4pl);
      CREATE COLLATION made.c (PROVIDER = builtin, LOCALE = 'C');
      CREATE CONVERSION made.conv FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8;
      CREATE TEXT SEARCH DICTIONARY made.dict (TEMPLATE = simple);
      CREATE TEXT SEARCH CONFIGURATION made.conf (PARSER = "default");
      CREATE STATISTICS made.st ON id, x FROM made.t;
      CREATE TEMP TABLE scratch (id serial, a int);
      ALTER TABLE made.t ADD COLUMN more serial;
      ALTER TABLE made.ctas OWNER TO CURRENT_USER;
      INSERT INTO made.t (x) VALUES ('works');
      INSERT INTO scratch (a) VALUES (1);
    `);
    const left = await inDev<{ what: string }>(
      `SELECT pg_describe_object(classid, objid, 0) AS what FROM pg_shdepend
       WHERE refobjid = '"IAM:maker:writers"'::regrole AND refclassid = 'pg_authid'::regclass`,
    );
    expect(left).toEqual([]);
    const kinds = await inDev<{ class: string; owned: number }>(
      `SELECT classid::regclass::text AS class, count(*)::int AS owned FROM pg_shdepend
       WHERE refobjid = 'maker'::regrole AND refclassid = 'pg_authid'::regclass AND deptype = 'o' GROUP BY 1 ORDER BY 1`,
    );
    expect(kinds.map((kind) => kind.class)).toEqual([
      'pg_class',
      'pg_collation',
      'pg_conversion',
      'pg_namespace',
      'pg_operator',
      'pg_proc',
      'pg_statistic_ext',
      'pg_ts_config',
      'pg_ts_dict',
      'pg_type',
    ]);
    expect(await value(client, 'SELECT count(*)::int FROM scratch')).toBe(1);
    await client.query('DROP SCHEMA made CASCADE');
  });

  test('can be used by the user alone, and by a session with other groups', async () => {
    const one = await login('maker', ['writers']);
    await one.query('CREATE TABLE shared_table (a int)');
    const two = await login('maker', ['readers']);
    await two.query('INSERT INTO shared_table VALUES (1); ALTER TABLE shared_table ADD b int');
    const alone = await login('maker');
    await alone.query('GRANT SELECT ON shared_table TO plain; DROP TABLE shared_table');
  });

  test('gets the user’s default privileges, as if the user had made it', async () => {
    const alone = await login('giver');
    await admin('GRANT CREATE ON DATABASE dev TO giver');
    await alone.query(`
      CREATE SCHEMA given;
      ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO readers;
      ALTER DEFAULT PRIVILEGES IN SCHEMA given GRANT INSERT ON TABLES TO readers WITH GRANT OPTION;
      ALTER DEFAULT PRIVILEGES GRANT USAGE ON SEQUENCES TO readers;
      ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
      ALTER DEFAULT PRIVILEGES REVOKE USAGE ON TYPES FROM PUBLIC;
      ALTER DEFAULT PRIVILEGES GRANT USAGE ON SCHEMAS TO readers;
    `);
    const statements = (prefix: string) => `
      CREATE TABLE given.${prefix}_t (id serial);
      CREATE VIEW given.${prefix}_v AS SELECT 1 AS a;
      CREATE TABLE public.${prefix}_t (a int);
      CREATE FUNCTION given.${prefix}_f() RETURNS int LANGUAGE sql AS 'SELECT 1';
      CREATE TYPE given.${prefix}_y AS ENUM ('a');
      CREATE DOMAIN given.${prefix}_d AS int;
      CREATE SCHEMA ${prefix}_n;`;
    await alone.query(statements('own'));
    const grouped = await login('giver', ['writers']);
    await grouped.query(statements('grp'));
    const acls = (prefix: string) =>
      inDev(
        `SELECT replace(name, $1, '') AS name, acl FROM (
           SELECT relname::text AS name, ARRAY(SELECT unnest(relacl)::text ORDER BY 1) AS acl FROM pg_class WHERE relname LIKE $2
           UNION ALL SELECT proname, ARRAY(SELECT unnest(proacl)::text ORDER BY 1) FROM pg_proc WHERE proname LIKE $2
           UNION ALL SELECT typname, ARRAY(SELECT unnest(typacl)::text ORDER BY 1) FROM pg_type WHERE typname LIKE $2 AND typrelid = 0 AND typelem = 0
           UNION ALL SELECT nspname, ARRAY(SELECT unnest(nspacl)::text ORDER BY 1) FROM pg_namespace WHERE nspname LIKE $2
         ) all_of_them ORDER BY 1, 2`,
        [prefix, `${prefix}\\_%`],
      );
    const own = await acls('own');
    expect(own).toHaveLength(8);
    expect(JSON.stringify(own)).toContain('readers=a*r/giver');
    expect(await acls('grp')).toEqual(own);
  });

  test('default privileges need the user’s name, and say so', async () => {
    const client = await login('giver', ['writers']);
    expect(
      await failure(client.query('ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO plain')),
    ).toMatchObject({
      code: '0A000',
      hint: 'Write ALTER DEFAULT PRIVILEGES FOR ROLE giver.',
    });
    await client.query('ALTER DEFAULT PRIVILEGES FOR ROLE giver GRANT SELECT ON TABLES TO plain');
  });

  test('in a database that a user made from template0, too', async () => {
    const master = await connectAs('master');
    await master.query('CREATE DATABASE bare TEMPLATE template0');
    const client = await login('maker', ['writers'], { database: 'bare' });
    await client.query('CREATE TABLE bare_table (a int)');
    expect(await value(client, `SELECT tableowner::text FROM pg_tables WHERE tablename = 'bare_table'`)).toBe(
      'maker',
    );
    await client.end();
  });

  test('in a database that is made later, before anybody has logged in to it: template1 has the event trigger', async () => {
    const { loginRole } = await provision(access, request('maker', ['writers'], { autoCreate: true }));
    const master = await connectAs('master');
    await master.query('CREATE DATABASE made_later');
    const client = await connectAs(loginRole, 'made_later');
    await client.query('CREATE TABLE later_table (a int)');
    expect(
      await value(client, `SELECT tableowner::text FROM pg_tables WHERE tablename = 'later_table'`),
    ).toBe('maker');
    expect(await value(client, 'SELECT keyshift.session_user_name()::text')).toBe('maker');
    await client.end();
  });

  test('a foreign schema of our name stops the login with a clear word', async () => {
    const master = await connectAs('master');
    await master.query('CREATE DATABASE squatted TEMPLATE template0');
    const there = await connectAs('master', 'squatted');
    await there.query('CREATE SCHEMA keyshift');
    expect(await failure(provision(access, request('plain', [], { database: 'squatted' })))).toMatchObject({
      sqlState: '55000',
      hint: expect.stringContaining('schema "keyshift"'),
    });
    await there.query('DROP SCHEMA keyshift');
    expect(await provision(access, request('plain', [], { database: 'squatted' }))).toMatchObject({
      loginRole: 'plain',
    });
  });

  test('a large object goes to the user at the next command or when the role is reaped', async () => {
    const client = await login('lob', ['keepers']);
    const id = await value(client, 'SELECT lo_create(0)::int');
    await client.end();
    await reapUntil('IAM:lob:keepers');
    expect(
      await inDev('SELECT pg_get_userbyid(lomowner)::text AS o FROM pg_largeobject_metadata WHERE oid = $1', [
        id,
      ]),
    ).toEqual([{ o: 'lob' }]);
  });
});

async function reapUntil(role: string): Promise<void> {
  // The backend of a closed connection may be listed for a moment.
  for (let tries = 0; tries < 1_000; tries++) {
    const reaped = await reapSessionRoles(access, { unusedSeconds: 0 });
    if (reaped.dropped.includes(role)) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`${role} was not reaped`);
}

describe('the settings of a session with groups', () => {
  test('are the user’s, and "$user" means the database user', async () => {
    await admin(
      'CREATE ROLE tuned LOGIN',
      "ALTER ROLE tuned SET work_mem = '7MB'",
      'ALTER ROLE tuned SET search_path = "$user", public, "odd, name"',
      "ALTER ROLE tuned IN DATABASE dev SET statement_timeout = '77s'",
    );
    await inDev('CREATE SCHEMA tuned AUTHORIZATION tuned');
    const client = await login('tuned', ['readers']);
    expect(await value(client, 'SHOW work_mem')).toBe('7MB');
    expect(await value(client, 'SHOW statement_timeout')).toBe('77s');
    expect(await value(client, 'SELECT current_schemas(false)::text[]')).toEqual(['tuned', 'public']);
    expect(await value(client, 'SHOW search_path')).toBe(' tuned, public, "odd, name"');
  });

  test('follow the user’s at the next login', async () => {
    const first = await login('follower', ['readers']);
    expect(await value(first, 'SHOW search_path')).toBe(' follower, public');
    await admin("ALTER ROLE follower SET lock_timeout = '5s'", 'ALTER ROLE follower CONNECTION LIMIT 9');
    const second = await login('follower', ['readers']);
    expect(await value(second, 'SHOW lock_timeout')).toBe('5s');
    await admin('ALTER ROLE follower RESET ALL', "ALTER DATABASE dev SET search_path = '$user', pg_catalog");
    const third = await login('follower', ['readers']);
    expect(await value(third, 'SHOW lock_timeout')).toBe('0');
    expect(await value(third, 'SHOW search_path')).toBe(' follower, pg_catalog');
    await admin('ALTER DATABASE dev RESET search_path');
    const limits = await inDev('SELECT rolconnlimit FROM pg_roles WHERE rolname = $1', [
      'IAM:follower:readers',
    ]);
    expect(limits).toEqual([{ rolconnlimit: 9 }]);
  });

  test('that a session changed for its own role are put back, and so is a password', async () => {
    const client = await login('changer', ['readers']);
    await client.query(`ALTER ROLE "IAM:changer:readers" SET work_mem = '1GB'`);
    await client.query(`ALTER ROLE "IAM:changer:readers" PASSWORD 'Abcdefgh1'`);
    const again = await login('changer', ['readers']);
    expect(await value(again, 'SHOW work_mem')).toBe('4MB');
    expect(
      await inDev('SELECT rolpassword FROM pg_authid WHERE rolname = $1', ['IAM:changer:readers']),
    ).toEqual([{ rolpassword: null }]);
  });
});

describe('a session role that is not as it must be', () => {
  test('is mended when memberships were added or taken away', async () => {
    await provision(access, request('mended', ['readers'], { autoCreate: true }));
    const master = await connectAs('master');
    await admin('GRANT writers TO "IAM:mended:readers"', 'REVOKE readers FROM "IAM:mended:readers"');
    await admin('CREATE ROLE by_master', 'GRANT by_master TO master WITH ADMIN TRUE');
    await master.query('GRANT by_master TO "IAM:mended:readers"');
    await provision(access, request('mended', ['readers']));
    const rows = await inDev<{ g: string; set: boolean }>(
      `SELECT roleid::regrole::text AS g, inherit_option AS inherit, set_option AS set FROM pg_auth_members
       WHERE member = '"IAM:mended:readers"'::regrole ORDER BY 1`,
    );
    expect(rows).toEqual([
      { g: 'keyshift_session', inherit: false, set: false },
      { g: 'mended', inherit: true, set: true },
      { g: 'readers', inherit: true, set: false },
    ]);
  });

  test('is set aside when the user was dropped and made again: an open session gains nothing', async () => {
    const before = await provision(access, request('reborn', ['readers'], { autoCreate: true }));
    const old = await connectAs(before.loginRole);
    await admin('DROP ROLE reborn', 'CREATE ROLE reborn LOGIN');
    await inDev('CREATE TABLE public.of_reborn (a int)');
    await inDev('ALTER TABLE public.of_reborn OWNER TO reborn');
    const after = await provision(access, request('reborn', ['readers']));
    expect(after.loginRole).toBe(before.loginRole);
    expect(after.loginRoleId).not.toBe(before.loginRoleId);
    expect(await failure(old.query('SELECT FROM of_reborn'))).toMatchObject({ code: '42501' });
    expect(await failure(old.query('CREATE TABLE orphan (a int)'))).toMatchObject({ code: '42704' });
    const fresh = await connectAs(after.loginRole);
    await fresh.query('SELECT FROM of_reborn');
  });

  test('is set aside when a group was dropped and made again', async () => {
    await admin('CREATE ROLE phoenix');
    const before = await provision(access, request('bird', ['phoenix'], { autoCreate: true }));
    await admin('DROP ROLE phoenix', 'CREATE ROLE phoenix');
    const after = await provision(access, request('bird', ['phoenix']));
    expect(after.loginRoleId).not.toBe(before.loginRoleId);
  });
});

describe('at the same time', () => {
  test('twenty logins of one new user with the same groups make one user and one session role', async () => {
    const all = await Promise.all(
      Array.from({ length: 20 }, () =>
        provision(access, request('crowd', ['readers', 'writers'], { autoCreate: true })),
      ),
    );
    expect(new Set(all.map((one) => one.loginRole))).toEqual(new Set(['IAM:crowd:readers,writers']));
    expect(new Set(all.map((one) => one.loginRoleId)).size).toBe(1);
    expect(all.filter((one) => one.created)).toHaveLength(1);
  });

  test('twenty different users are all made, while others change roles without our lock', async () => {
    const noise = (async () => {
      for (let i = 0; i < 30; i++) {
        await inDev('GRANT keepers TO plain');
        await inDev('REVOKE keepers FROM plain');
      }
    })();
    const all = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        provision(access, request(`many${i}`, ['keepers'], { autoCreate: true })),
      ),
    );
    await noise;
    expect(new Set(all.map((one) => one.loginRole)).size).toBe(20);
  });

  test('two processes find their way', async () => {
    const other = embeddedAccess(server, silentLogger);
    try {
      const both = await Promise.all(
        [access, other, access, other].map((one) =>
          provision(one, request('two_nodes', ['readers'], { autoCreate: true })),
        ),
      );
      expect(both.filter((one) => one.created)).toHaveLength(1);
    } finally {
      await other.close();
    }
  });
});

describe('an ordinary user', () => {
  test('cannot hold up the logins of others', async () => {
    const client = await login('blocker', [], { database: 'postgres' });
    expect(await failure(client.query('BEGIN; LOCK TABLE keyshift.role_change'))).toMatchObject({
      code: '42501',
    });
    await client.query('ROLLBACK');
    expect(await failure(client.query('SELECT FROM keyshift.role_change'))).toMatchObject({ code: '42501' });
    expect(await failure(client.query('BEGIN; LOCK TABLE pg_event_trigger'))).toMatchObject({
      code: '42501',
    });
  });
});

describe('the reaper', () => {
  test('leaves a role that has a session or was used lately, and drops one that does neither', async () => {
    const client = await login('idle', ['readers']);
    const role = 'IAM:idle:readers';
    expect((await reapSessionRoles(access, { unusedSeconds: 0 })).dropped).not.toContain(role);
    await client.query('CREATE TABLE kept_by_user (a int)');
    await client.query(`GRANT SELECT ON kept_by_user TO "${role}"`);
    await client.end();
    expect((await reapSessionRoles(access)).dropped).not.toContain(role);
    await reapUntil(role);
    expect(await inDev('SELECT FROM pg_roles WHERE rolname = $1', [role])).toHaveLength(0);
    expect(await owner('public.kept_by_user')).toBe('idle');
  });

  test('drops a role whose user is gone at once', async () => {
    await provision(access, request('leaver', ['readers'], { autoCreate: true }));
    await admin('DROP ROLE leaver');
    expect((await reapSessionRoles(access)).dropped).toContain('IAM:leaver:readers');
  });

  test('goes on after more roles than one look shows, and stops when asked', async () => {
    const strays = 105;
    await admin(`DO $$ BEGIN
      FOR i IN 1 .. ${strays} LOOP
        EXECUTE format('CREATE ROLE %I', 'IAM:gone:' || i);
        EXECUTE format('GRANT keyshift_session TO %I', 'IAM:gone:' || i);
      END LOOP;
    END $$`);
    const gone = (names: readonly string[]) => names.filter((name) => name.startsWith('IAM:gone:')).length;
    expect(await reapSessionRoles(access, { signal: AbortSignal.abort() })).toEqual({
      dropped: [],
      kept: [],
    });
    expect(gone((await reapSessionRoles(access)).dropped)).toBe(strays);
  });

  test('waits for nobody who holds a lock on what a role has left', async () => {
    const client = await login('locked_lob', ['keepers']);
    const id = await value(client, 'SELECT lo_create(0)::int');
    await client.end();
    const holder = await access.admin('dev').connect();
    try {
      await holder.query(`BEGIN; GRANT SELECT ON LARGE OBJECT ${id} TO plain`);
      const role = 'IAM:locked_lob:keepers';
      await expect
        .poll(async () => (await reapSessionRoles(access, { unusedSeconds: 0 })).kept, { timeout: 20_000 })
        .toContain(role);
      await holder.query('COMMIT');
      await reapUntil(role);
    } finally {
      holder.release(true);
    }
  });

  test('and logins of the same role at the same time never fail', async () => {
    const role = 'IAM:racer:readers';
    await provision(access, request('racer', ['readers'], { autoCreate: true }));
    const outcomes = await Promise.all(
      Array.from({ length: 30 }, async (_, i) => {
        if (i % 3 === 0) return (await reapSessionRoles(access, { unusedSeconds: 0 })).dropped.length >= 0;
        return (await provision(access, request('racer', ['readers']))).loginRole === role;
      }),
    );
    expect(outcomes).not.toContain(false);
  });
});

describe('the server', () => {
  test('checks passwords in a database where nothing else can be done', async () => {
    await setPassword(access, { name: 'master', password: new Secret('Other12345'), random: systemRandom });
    const attempt = (password: string, database = 'keyshift_login', user = 'master') =>
      new Client({ host: server.socketDir, port: server.port, user, password, database });
    const right = attempt('Other12345');
    open.push(right);
    await right.connect();
    expect(await value(right, 'SHOW transaction_read_only')).toBe('on');
    const plain = attempt('Plain12345', 'keyshift_login', 'plain');
    await setPassword(access, { name: 'plain', password: new Secret('Plain12345'), random: systemRandom });
    open.push(plain);
    await plain.connect();
    await plain.query('SET default_transaction_read_only = off');
    for (const sql of ['CREATE TABLE public.t (a int)', 'CREATE TEMP TABLE t (a int)', 'CREATE SCHEMA s']) {
      expect(await failure(plain.query(sql)), sql).toMatchObject({ code: '42501' });
    }
    expect(await failure(attempt('Master12345').connect())).toMatchObject({ code: '28P01' });
    const fresh = new Client({
      host: server.socketDir,
      port: server.port,
      user: 'fresh',
      password: 'x',
      database: 'keyshift_login',
    });
    expect(await failure(fresh.connect())).toMatchObject({ code: '28P01' });
  });

  test('refuses a new password of a user that does not exist', async () => {
    const missing = { name: 'missing', password: new Secret('x'), random: systemRandom };
    expect(await failure(setPassword(access, missing))).toMatchObject({ sqlState: '42704' });
  });

  test('is prepared any number of times', async () => {
    await prepareServer(access);
    await prepareDatabase(access, 'dev');
    expect(await failure(createDatabase(access, 'dev'))).toMatchObject({ sqlState: '42P04' });
  });

  test('lets users drop a database that we have looked into', async () => {
    const master = await connectAs('master');
    await master.query('CREATE DATABASE short_lived');
    await provision(access, request('plain', [], { database: 'short_lived' }));
    // Ours are gone well before an idle connection would be.
    const ours = "SELECT count(*)::int AS n FROM pg_stat_activity WHERE datname = 'short_lived'";
    await expect.poll(async () => (await inDev<{ n: number }>(ours))[0]?.n, { timeout: 1_500 }).toBe(0);
    await master.query('DROP DATABASE short_lived');
  });
});
