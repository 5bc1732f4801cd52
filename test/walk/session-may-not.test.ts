import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ADMIN_ROLE } from '../../src/postgres/embedded.ts';
import { removeLinkDir, SOCKET_PORT, socketPlace } from '../../src/postgres/socket-directory.ts';
import { Keyshift } from './support/keyshift.ts';
import { issue, logIn, loginRefusal, refusalOf } from './support/logins.ts';
import { ServerAdmin } from './support/server-admin.ts';

// What a session may not do, clause by clause, tried in a session with a group and in one without, by a user who has no
// rights of its own: only the group has.

let keyshift: Keyshift;
let admin: ServerAdmin;
let grouped: Client;
let alone: Client;

const DB_USER = 'mallory';
const ROLE = '"IAM:mallory:holders"';
/** Refused because no password was asked for, or because the socket is out of reach. */
const NO_CONNECTION = /^(?:2F003|08001|42501)$/;

const enter = async (dbGroups: readonly string[] = [], dbUser = DB_USER): Promise<Client> =>
  logIn(keyshift, await issue(keyshift, { dbUser, dbGroups, autoCreate: true }));

beforeAll(async () => {
  keyshift = await Keyshift.start();
  admin = await ServerAdmin.open(keyshift);
  await admin.query(`
    CREATE ROLE holders; CREATE ROLE others; CREATE ROLE below; GRANT below TO holders WITH ADMIN TRUE;
    CREATE TABLE public.secret (n int); INSERT INTO public.secret VALUES (42); GRANT SELECT ON public.secret TO holders;
    CREATE TABLE public.lent (n int); GRANT SELECT ON public.lent TO holders WITH GRANT OPTION;
    CREATE TABLE public.owned (n int); ALTER TABLE public.owned OWNER TO holders;
    CREATE TABLE public.taken (n int); ALTER TABLE public.taken OWNER TO holders`);
  grouped = await enter(['holders']);
  alone = await enter();
  await enter(['others'], 'somebody').then((client) => client.end());
});
afterAll(async () => {
  await Promise.allSettled([grouped?.end(), alone?.end()]);
  await admin?.close();
  await keyshift?.close();
});

const outcomeOf = (client: Client, statement: string): Promise<string> =>
  client.query(statement).then(
    () => 'done',
    (error: { code: string }) => error.code,
  );

/** Each statement in both sessions, alone and hidden in a block. Every one must be refused as not permitted. */
async function expectRefused(statements: readonly string[], codes = /^(?:42501|0LP01)$/): Promise<void> {
  for (const client of [grouped, alone]) {
    for (const statement of statements) {
      expect(await outcomeOf(client, statement), statement).toMatch(codes);
      const hidden = `DO $hidden$ BEGIN EXECUTE $text$${statement}$text$; END $hidden$`;
      expect(await outcomeOf(client, hidden), hidden).toMatch(codes);
    }
  }
}

describe('a session may not', () => {
  test('set a password that opens anything, its own or that of another', async () => {
    const password = 'Stolen-Password-1';
    await expectRefused([
      `ALTER ROLE somebody PASSWORD '${password}'`,
      `ALTER ROLE "IAM:somebody:others" PASSWORD '${password}'`,
      `ALTER ROLE awsuser PASSWORD '${password}'`,
      `ALTER ROLE ${ADMIN_ROLE} PASSWORD '${password}'`,
      `ALTER ROLE CURRENT_USER VALID UNTIL 'infinity'`,
      'UPDATE pg_authid SET rolpassword = NULL',
    ]);
    // PostgreSQL lets everybody set the password of the role that it runs as, but not the date until which it is good.
    for (const client of [grouped, alone])
      await client.query(`DO $$ BEGIN ALTER ROLE CURRENT_USER PASSWORD '${password}'; END $$`);
    for (const user of [DB_USER, 'IAM:mallory', 'IAM:mallory:holders', 'IAMA:mallory:holders'])
      expect((await loginRefusal(keyshift, { user, password })).code, user).toMatch(/^28(?:000|P01)$/);
    await enter(['holders']).then((client) => client.end());
    expect(await admin.query(`SELECT rolpassword FROM pg_authid WHERE oid = '${ROLE}'::regrole`)).toEqual([
      { rolpassword: null },
    ]);
  });

  test('set local_preload_libraries and the like for the sessions to come', async () => {
    await expectRefused([
      `ALTER ROLE CURRENT_USER SET session_preload_libraries = 'auto_explain'`,
      `ALTER ROLE CURRENT_USER SET session_replication_role = 'replica'`,
      `ALTER ROLE CURRENT_USER SET event_triggers = off`,
      `ALTER ROLE CURRENT_USER SET dynamic_library_path = '/tmp'`,
      `ALTER ROLE CURRENT_USER SET log_statement = 'none'`,
      `ALTER ROLE awsuser SET search_path = 'evil'`,
      `ALTER ROLE "IAM:somebody:others" SET search_path = 'evil'`,
      `ALTER DATABASE exampledb SET local_preload_libraries = 'x'`,
      `ALTER ROLE ALL SET local_preload_libraries = 'x'`,
    ]);
    // What PostgreSQL lets everybody set for its own role does nothing to a session through the gateway: it would keep
    // the user out, as there is no such library; and a session role has no settings but those of its user.
    for (const client of [grouped, alone]) {
      await client.query(`DO $$ BEGIN
        ALTER ROLE CURRENT_USER SET local_preload_libraries = 'no_such_library';
        ALTER ROLE CURRENT_USER SET role = 'holders';
      END $$`);
    }
    await grouped.query(`ALTER ROLE ${ROLE} SET work_mem = '1GB'`);
    for (const [groups, user] of [
      [[], 'mallory'],
      [['holders'], 'IAM:mallory:holders'],
    ] as const) {
      const client = await enter(groups);
      const { rows } =
        await client.query(`SELECT session_user::text AS session, current_user::text AS current,
        current_setting('local_preload_libraries') AS libraries, current_setting('work_mem') AS memory`);
      expect(rows).toEqual([{ session: user, current: user, libraries: '', memory: '4MB' }]);
      await client.end();
    }
    await alone.query('ALTER ROLE CURRENT_USER RESET ALL');
  });

  test('set role beyond its membership', async () => {
    const roles = [
      'holders',
      'below',
      'others',
      'somebody',
      'awsuser',
      'keyshift_superuser',
      'keyshift_session',
    ];
    await expectRefused(
      [...roles, ADMIN_ROLE, 'pg_read_all_data', '"IAM:somebody:others"'].flatMap((role) => [
        `SET ROLE ${role}`,
        `SET SESSION AUTHORIZATION ${role}`,
      ]),
    );
    expect(await outcomeOf(alone, `SET ROLE ${ROLE}`)).toBe('42501');
  });

  test("reach other sessions' roles", async () => {
    await expectRefused([
      'GRANT "IAM:somebody:others" TO mallory',
      'GRANT keyshift_session TO mallory',
      'GRANT holders TO mallory',
      'REVOKE others FROM "IAM:somebody:others"',
      'DROP ROLE "IAM:somebody:others"',
      'ALTER ROLE "IAM:somebody:others" NOLOGIN',
      'ALTER ROLE "IAM:somebody:others" RENAME TO mine',
      `COMMENT ON ROLE "IAM:somebody:others" IS '{}'`,
      `COMMENT ON ROLE ${ROLE} IS '{"user": 10, "groups": []}'`,
      'REASSIGN OWNED BY "IAM:somebody:others" TO mallory',
    ]);
    const other = await enter(['others'], 'somebody');
    const { rows } = await other.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    await expectRefused([
      `SELECT pg_terminate_backend(${rows[0]?.pid})`,
      `SELECT pg_cancel_backend(${rows[0]?.pid})`,
    ]);
    expect((await other.query('SELECT 1 AS n')).rows).toEqual([{ n: 1 }]);
    await other.end();
  });

  test('reach server files or programs', async () => {
    await expectRefused(
      [
        `COPY (SELECT 1) TO PROGRAM 'true'`,
        `COPY public.owned FROM PROGRAM 'true'`,
        `COPY (SELECT 1) TO '/tmp/keyshift-stolen'`,
        `COPY public.owned FROM '/etc/passwd'`,
        `SELECT pg_read_file('PG_VERSION')`,
        `SELECT pg_read_binary_file('/etc/passwd')`,
        `SELECT pg_ls_dir('.')`,
        `SELECT pg_stat_file('PG_VERSION')`,
        'SELECT pg_ls_logdir()',
        `SELECT lo_import('/etc/passwd')`,
        `SELECT lo_export(1, '/tmp/keyshift-stolen')`,
        `LOAD '/tmp/library.so'`,
        `CREATE FUNCTION public.native() RETURNS int LANGUAGE c AS '/tmp/library.so', 'f'`,
        'CREATE LANGUAGE plpython3u',
        'CREATE EXTENSION file_fdw',
        'CREATE EXTENSION dblink',
        'CREATE EXTENSION postgres_fdw',
        `ALTER SYSTEM SET archive_command = 'true'`,
        'SELECT pg_reload_conf()',
        `CREATE TABLESPACE stolen LOCATION '/tmp'`,
        `SELECT pg_create_physical_replication_slot('stolen')`,
        `CREATE SUBSCRIPTION stolen CONNECTION 'host=/tmp' PUBLICATION x`,
        'CHECKPOINT',
      ],
      // A language that the server has not is not found before rights are looked at.
      /^(?:42501|0A000|25001)$/,
    );
  });

  test('reach the store, or the server itself beside the gateway, with an extension that can connect either', async () => {
    await admin.query(`CREATE EXTENSION postgres_fdw; CREATE EXTENSION dblink;
      GRANT USAGE ON FOREIGN DATA WRAPPER postgres_fdw TO mallory`);
    const store = join(keyshift.dataDir, 'store', 'server');
    const [cluster = ''] = readdirSync(join(keyshift.dataDir, 'clusters'));
    for (const folder of [store, join(keyshift.dataDir, 'clusters', cluster, 'server')]) {
      const { dir, linkDir } = await socketPlace(folder);
      const target = `host=${dir} port=${SOCKET_PORT} user=${ADMIN_ROLE} dbname=postgres`;
      // The server lets the process in without asking for a password, and such a connection is not for users.
      await expectRefused(
        [
          `SELECT * FROM dblink('${target}', 'SELECT 1') AS t(n int)`,
          `SELECT dblink_connect('${target} password=x')`,
        ],
        NO_CONNECTION,
      );
      await alone.query(`CREATE SERVER away FOREIGN DATA WRAPPER postgres_fdw
          OPTIONS (host '${dir}', port '${SOCKET_PORT}', dbname 'postgres');
        CREATE USER MAPPING FOR mallory SERVER away OPTIONS (user '${ADMIN_ROLE}', password 'x');
        CREATE FOREIGN TABLE public.away (n int) SERVER away OPTIONS (schema_name 'pg_catalog', table_name 'pg_authid')`);
      expect(await outcomeOf(alone, 'SELECT * FROM public.away')).toMatch(NO_CONNECTION);
      expect(
        await outcomeOf(
          alone,
          `ALTER USER MAPPING FOR mallory SERVER away OPTIONS (ADD password_required 'false')`,
        ),
      ).toBe('42501');
      await alone.query('DROP SERVER away CASCADE');
      await removeLinkDir(linkDir);
    }
    await admin.query('DROP EXTENSION postgres_fdw; DROP EXTENSION dblink');
  });

  test('reach the databases that are the gateway’s, or touch what it keeps in others', async () => {
    for (const database of ['keyshift_login', 'template0', 'template1', 'keyshift_anything']) {
      const login = await issue(keyshift, { dbUser: DB_USER });
      expect((await loginRefusal(keyshift, login, { database })).code, database).toBe('3D000');
    }
    await expectRefused([
      'ALTER SCHEMA keyshift OWNER TO mallory',
      'DROP SCHEMA keyshift CASCADE',
      'CREATE TABLE keyshift.mine (n int)',
      'DROP EVENT TRIGGER keyshift_hand_to_user',
      'ALTER EVENT TRIGGER keyshift_hand_to_user DISABLE',
      `CREATE OR REPLACE FUNCTION keyshift.session_groups() RETURNS name[] LANGUAGE sql AS 'SELECT NULL::name[]'`,
      'DROP FUNCTION keyshift.session_user_name()',
      `SELECT keyshift.apply_default_privileges('r', 'TABLE public.secret', 10, 0)`,
      `CALL keyshift.promote_user('mallory')`,
    ]);
    // Roles are changed under a lock of a table there, which others can neither take nor look at.
    const home = await logIn(keyshift, await issue(keyshift, { dbUser: DB_USER }), { database: 'postgres' });
    for (const statement of [
      'BEGIN; LOCK TABLE keyshift.role_change',
      'ROLLBACK; SELECT FROM keyshift.role_change',
      'CREATE TABLE keyshift.mine (n int)',
      'ALTER DATABASE postgres ALLOW_CONNECTIONS false',
    ])
      expect(await outcomeOf(home, statement), statement).toBe('42501');
    await home.end();
  });

  test('hand on what it may only through its group, in anything that outlives it', async () => {
    for (const [statement, outcome] of [
      ['GRANT SELECT ON public.secret TO mallory', 'done'],
      ['GRANT SELECT ON public.secret TO PUBLIC', 'done'],
      ['GRANT holders TO mallory', '42501'],
      ['CREATE VIEW public.by_view AS SELECT n FROM public.secret', 'done'],
      ['CREATE MATERIALIZED VIEW public.by_copy AS SELECT n FROM public.secret', 'done'],
      [
        `CREATE FUNCTION public.by_function() RETURNS SETOF int LANGUAGE sql SECURITY DEFINER AS 'SELECT n FROM public.secret'`,
        'done',
      ],
      [
        `CREATE PROCEDURE public.by_procedure() LANGUAGE plpgsql SECURITY DEFINER AS 'BEGIN PERFORM n FROM public.secret; END'`,
        'done',
      ],
      ['CREATE TABLE public.by_rule (n int)', 'done'],
      ['CREATE RULE by_rule AS ON INSERT TO public.by_rule DO INSTEAD SELECT n FROM public.secret', 'done'],
      [
        `CREATE FUNCTION public.at_insert() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS 'BEGIN PERFORM n FROM public.secret; RETURN NEW; END'`,
        'done',
      ],
      ['CREATE TABLE public.by_trigger (n int)', 'done'],
      [
        'CREATE TRIGGER at_insert BEFORE INSERT ON public.by_trigger EXECUTE FUNCTION public.at_insert()',
        'done',
      ],
      ['CREATE TABLE public.by_key (n int REFERENCES public.secret (n))', '42501'],
    ] as const)
      expect(await outcomeOf(grouped, statement), statement).toMatch(
        outcome === '42501' ? /^42(?:501|830)$/ : /^done$/,
      );
    for (const statement of [
      'SELECT * FROM public.secret',
      'SELECT * FROM public.by_view',
      'REFRESH MATERIALIZED VIEW public.by_copy',
      'SELECT * FROM public.by_function()',
      'CALL public.by_procedure()',
      'INSERT INTO public.by_rule VALUES (1)',
      'INSERT INTO public.by_trigger VALUES (1)',
      'GRANT below TO mallory',
    ])
      expect(await outcomeOf(alone, statement), statement).toBe('42501');
  });
});

describe('what PostgreSQL allows the owner, which a session of the group is meanwhile', () => {
  test('is told in the guide, and nothing more', async () => {
    const afterwards = async (statement: string): Promise<string> => outcomeOf(alone, statement);
    for (const [deed, effect] of [
      ['CREATE TABLE public.copied AS SELECT n FROM public.secret', 'SELECT n FROM public.copied'],
      ['GRANT SELECT ON public.lent TO mallory', 'SELECT n FROM public.lent'],
      ['GRANT SELECT ON public.owned TO mallory', 'SELECT n FROM public.owned'],
      ['ALTER TABLE public.taken OWNER TO mallory', 'DROP TABLE public.taken'],
      ['GRANT below TO mallory', 'SET ROLE below; RESET ROLE'],
    ] as const) {
      expect(await afterwards(effect), effect).not.toBe('done');
      expect(await outcomeOf(grouped, deed), deed).toBe('done');
      expect(await afterwards(effect), effect).toBe('done');
    }
    // The default privileges of the group are for what the group makes.
    await grouped.query('ALTER DEFAULT PRIVILEGES FOR ROLE holders GRANT SELECT ON TABLES TO mallory');
    await grouped.query('CREATE TABLE public.of_mallory (n int)');
    expect((await refusalOf(alone.query('SELECT n FROM public.secret'))).code).toBe('42501');
  });
});

test('the log has no error', () => {
  expect(keyshift.output).not.toMatch(
    /"level":[56]0|a session failed|UnhandledPromise|TypeError|AssertionError/,
  );
});
