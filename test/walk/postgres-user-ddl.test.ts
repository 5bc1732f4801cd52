import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, type QueryResult } from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { systemRandom } from '../../src/core/ids.ts';
import { Secret } from '../../src/core/secret.ts';
import { userDdlRewriter } from '../../src/gateway/user-ddl.ts';
import type { EmbeddedServer } from '../../src/postgres/embedded.ts';
import { prepareDatabase } from '../../src/postgres/prepare-database.ts';
import { createMasterUser } from '../../src/postgres/prepare-server.ts';
import { provision } from '../../src/postgres/provision.ts';
import type { ServerAccess } from '../../src/postgres/server-access.ts';
import { startMasterServer } from './support/master-server.ts';

// Redshift's user DDL on a real server: sessions are opened as provisioning says, and what they run is what the relay
// would put in the place of their statements.

const folder = mkdtempSync(join(tmpdir(), 'keyshift-user-ddl-'));
const open: Client[] = [];
let server: EmbeddedServer;
let access: ServerAccess;
/** The first superuser, who was made with the cluster. */
let master: Session;

/** A session whose statements are translated. */
interface Session {
  readonly user: string;
  readonly client: Client;
  /** By the simple protocol. */
  run(sql: string): Promise<QueryResult>;
  /** By the extended protocol, which takes one statement only. */
  runExtended(sql: string): Promise<QueryResult>;
}

beforeAll(async () => {
  ({ server, access } = await startMasterServer(join(folder, 'cluster'), 'user-ddl'));
  master = await logIn('master');
  open.length = 0;
  await master.run('create group readers');
});

afterEach(async () => {
  await Promise.allSettled(open.splice(0).map((client) => client.end()));
});

afterAll(async () => {
  await master?.client.end();
  await access?.close();
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** A session by temporary credentials; the user is created if there is none. */
async function logIn(dbUser: string, groups: string[] = [], database = 'dev'): Promise<Session> {
  const wanted = { dbUser, displayName: `IAM:${dbUser}`, groups, autoCreate: true, database };
  return openSession((await provision(access, wanted)).loginRole, dbUser, database);
}

async function openSession(role: string, user: string, database = 'dev'): Promise<Session> {
  const client = new Client({ host: server.socketDir, port: server.port, user: role, database });
  client.on('error', () => {});
  const parameters: { name: string; value: string }[] = [];
  let processId = 0;
  const { connection } = client as unknown as { connection: NodeJS.EventEmitter };
  connection.on('parameterStatus', ({ parameterName: name, parameterValue: value }) =>
    parameters.push({ name, value }),
  );
  connection.on('backendKeyData', (message) => {
    processId = message.processID;
  });
  await client.connect();
  open.push(client);
  const rewrite = userDdlRewriter(
    { key: { processId, secretKey: Buffer.alloc(4) }, parameters },
    user,
    access,
  );
  const translated = async (sql: string): Promise<string> => (await rewrite(sql)) ?? sql;
  return {
    user,
    client,
    run: async (sql) => client.query(await translated(sql)),
    runExtended: async (sql) =>
      client.query({ text: await translated(sql), values: [], name: sql.slice(0, 60) }),
  };
}

async function asAdmin<Row extends object>(sql: string, values: unknown[] = [], database = 'postgres') {
  return (await access.admin(database).query<Row>(sql, values)).rows;
}

async function value(session: Session, sql: string): Promise<unknown> {
  return (await session.client.query({ text: sql, rowMode: 'array' })).rows[0]?.[0];
}

async function failure(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => 'no failure',
    (error: unknown) => error,
  );
}

/** Makes a superuser by Redshift's own words and logs in as it. */
async function superuser(name: string, by = master): Promise<Session> {
  await by.run(`create user ${name} createuser password 'Abcd12345'`);
  return logIn(name);
}

const rank = async (name: string) =>
  (
    await asAdmin<{ createrole: boolean; createdb: boolean; rank: string }>(
      `SELECT rolcreaterole AS createrole, rolcreatedb AS createdb,
         CASE WHEN rolsuper THEN 'superuser of PostgreSQL'
           WHEN pg_has_role(oid, 'keyshift_superuser', 'USAGE WITH ADMIN OPTION') THEN 'superuser'
           WHEN pg_has_role('keyshift_superuser', oid, 'USAGE WITH ADMIN OPTION') THEN 'user'
           ELSE 'nobody''s' END AS rank
       FROM pg_roles WHERE rolname = $1`,
      [name],
    )
  )[0];

const SUPERUSER = { createrole: true, createdb: true, rank: 'superuser' };
const ORDINARY = { createrole: false, createdb: false, rank: 'user' };

/** Whether SCRAM with this password gets in, in the database of password checks. */
async function passwordWorks(user: string, password: string): Promise<boolean> {
  const client = new Client({
    host: server.socketDir,
    port: server.port,
    user,
    password,
    database: 'keyshift_login',
  });
  client.on('error', () => {});
  const outcome = await client.connect().then(
    () => 'in',
    (error: { code?: string }) => error.code,
  );
  await client.end().catch(() => {});
  if (outcome !== 'in') expect(outcome).toBe('28P01');
  return outcome === 'in';
}

describe('promotion and demotion', () => {
  test('work on whoever made the user: a superuser, another one, a login, the administrator', async () => {
    const second = await superuser('second');
    await master.run("create user of_master password 'Abcd12345'");
    await second.run("create user of_second password 'Abcd12345'");
    await provision(access, {
      dbUser: 'of_login',
      displayName: 'IAM:of_login',
      groups: [],
      autoCreate: true,
      database: 'dev',
    });
    await asAdmin("CREATE ROLE of_nobody LOGIN PASSWORD 'Abcd12345'");
    await master.run("alter user of_login password 'Abcd12345'");
    for (const by of [master, second]) {
      for (const user of ['of_master', 'of_second', 'of_login', 'of_nobody']) {
        await by.run(`alter user ${user} createuser`);
        expect(await rank(user), user).toEqual(SUPERUSER);
        await by.run(`alter user ${user} nocreateuser`);
        expect(await rank(user), user).toEqual(ORDINARY);
      }
    }
  });

  test('work in both directions between the same two, any number of times', async () => {
    const one = await superuser('one');
    const two = await superuser('two', one);
    for (let round = 0; round < 3; round++) {
      await one.run('alter user two nocreateuser');
      await one.run('alter user two createuser');
      await two.run('alter user one nocreateuser');
      await two.run('alter user one createuser');
    }
    expect([await rank('one'), await rank('two')]).toEqual([SUPERUSER, SUPERUSER]);
    await one.run('alter user two nocreateuser createdb');
    expect(await rank('two')).toEqual({ createrole: false, createdb: true, rank: 'user' });
    await one.run('drop user two');
    await one.run('alter user one nocreateuser');
    expect(await rank('one')).toEqual(ORDINARY);
    expect(await failure(one.run('alter user one createuser'))).toMatchObject({ code: '42501' });
  });

  test('give the rights at once, and take them at once', async () => {
    const session = await logIn('risen');
    expect(await failure(session.run('create user made_by_risen'))).toMatchObject({ code: '42501' });
    await master.runExtended("alter user risen createuser password 'Abcd12345'");
    await session.runExtended('create user made_by_risen');
    await session.run('create group group_by_risen');
    await master.runExtended('alter user risen nocreateuser');
    for (const sql of [
      'create user again',
      'alter user made_by_risen createdb',
      'drop user made_by_risen',
      'alter group group_by_risen add user risen',
      'alter user risen createuser',
      "call keyshift.promote_user('risen')",
      "call keyshift.demote_user('master', false)",
      'set role keyshift_superuser',
    ]) {
      expect(await failure(session.run(sql)), sql).toMatchObject({ code: '42501' });
    }
    // What it made is there, in the care of the others.
    await master.run('alter group group_by_risen add user made_by_risen');
    await master.run('drop user made_by_risen, risen');
    await master.run('drop group group_by_risen');
  });

  test('can be done by a user who became a superuser while its session had groups', async () => {
    await master.run("create user lifted password 'Abcd12345'");
    const session = await logIn('lifted', ['readers']);
    await master.run('alter user lifted createuser');
    expect(await value(session, 'SELECT session_user::text')).toBe('IAM:lifted:readers');
    await master.run("create user by_lifted password 'Abcd12345'");
    await session.run('alter user by_lifted createuser');
    expect(await rank('by_lifted')).toEqual(SUPERUSER);
    await session.run('alter user lifted nocreateuser');
    expect(await rank('lifted')).toEqual(ORDINARY);
    expect(await failure(session.run('alter user by_lifted nocreateuser'))).toMatchObject({ code: '42501' });
    await master.run('drop user by_lifted');
  });

  test('in the extended protocol take one statement, whole or not at all', async () => {
    await master.runExtended("create user whole password 'Abcd12345'");
    expect(
      await failure(master.runExtended('alter user whole createuser session timeout 60 rename to readers')),
    ).toMatchObject({ code: '42710' });
    expect(await rank('whole')).toEqual(ORDINARY);
    await master.runExtended('alter user whole createuser session timeout 60 rename to part');
    expect(await rank('part')).toEqual(SUPERUSER);
    await master.runExtended('drop user part');
    expect(await rank('part')).toBeUndefined();
  });

  test('keep the memberships that a superuser has granted', async () => {
    const granter = await superuser('granter');
    await granter.run('create group of_granter');
    await granter.run('create user in_group');
    await granter.run('alter group of_granter add user in_group, granter');
    await granter.run("create user peer createuser password 'Abcd12345'");
    await master.run('alter user granter nocreateuser');
    const has = async (member: string, role: string) =>
      (await asAdmin(`SELECT pg_has_role('${member}', '${role}', 'USAGE') AS yes`))[0];
    expect(await has('in_group', 'of_granter')).toEqual({ yes: true });
    expect(await has('granter', 'of_granter')).toEqual({ yes: true });
    expect(await has('granter', 'in_group')).toEqual({ yes: false });
    expect(await rank('peer')).toEqual(SUPERUSER);
    expect(await rank('in_group')).toEqual(ORDINARY);
    await master.run('drop user granter, in_group, peer; drop group of_granter');
  });

  test.each([
    ['the administrator', 'keyshift_admin', '42939'],
    ['a role of PostgreSQL', 'pg_monitor', '42939'],
    ['the role of superusers', 'keyshift_superuser', '42939'],
    ['a group', 'readers', '42704'],
    ['nobody', 'nobody_here', '42704'],
    ['a session role', 'IAM:grouped:readers', '42939'],
    ['a superuser of PostgreSQL', 'mighty', '42939'],
    ['a role that may replicate', 'copier', '42939'],
  ])('are refused for %s', async (_title, name, code) => {
    await logIn('grouped', ['readers']);
    await asAdmin(`DO $$ BEGIN
      CREATE ROLE mighty LOGIN SUPERUSER; CREATE ROLE copier LOGIN REPLICATION;
      EXCEPTION WHEN duplicate_object THEN NULL; END $$`);
    for (const sql of [
      `call keyshift.promote_user('${name}')`,
      `call keyshift.demote_user('${name}', true)`,
    ]) {
      expect(await failure(master.client.query(sql)), sql).toMatchObject({ code });
    }
  });

  test('are refused for the only superuser', async () => {
    const { rows } = await master.client.query<{ name: string }>(
      `SELECT r.rolname AS name FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.member
       WHERE m.roleid = 'keyshift_superuser'::regrole AND r.rolname <> 'master'`,
    );
    for (const { name } of rows) await master.run(`alter user ${name} nocreateuser`);
    expect(await failure(master.run('alter user master nocreateuser'))).toMatchObject({
      code: '55006',
      message: 'user "master" is the only superuser',
      hint: expect.stringContaining('CREATEUSER'),
    });
    expect(await rank('master')).toEqual(SUPERUSER);
  });

  test('do not make superusers of others: whoever has the user’s rights must give them up first', async () => {
    await master.run("create user shared password 'Abcd12345'");
    await master.run('create role sharer login');
    await master.run('grant shared to sharer');
    expect(await failure(master.run('alter user shared createuser'))).toMatchObject({
      code: '55006',
      message: 'user "shared" cannot become a superuser because role "sharer" is a member of it',
      hint: 'Run REVOKE shared FROM sharer first.',
    });
    await master.run('revoke shared from sharer');
    await master.run('alter user shared createuser');
    expect(await asAdmin("SELECT pg_has_role('sharer', 'keyshift_superuser', 'MEMBER') AS yes")).toEqual([
      { yes: false },
    ]);
  });

  test('cannot be had by code that runs in a superuser’s session as somebody else', async () => {
    const sly = await logIn('sly');
    await sly.client.query(`
      CREATE FUNCTION public.climb() RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS
        $$ BEGIN CALL keyshift.promote_user('sly'); END $$;
      CREATE FUNCTION public.one(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN 1; END $$;
      CREATE TABLE public.bait (a int);
      INSERT INTO public.bait VALUES (1);
      CREATE INDEX ON public.bait (public.one(a));
      CREATE FUNCTION public.step() RETURNS void LANGUAGE plpgsql AS
        $$ BEGIN CALL keyshift.promote_user('sly'); END $$;
      CREATE OR REPLACE FUNCTION public.one(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS
        $$ BEGIN PERFORM public.step(); RETURN 1; END $$`);
    expect(await failure(master.client.query('SELECT public.climb()'))).toMatchObject({ code: '42501' });
    expect(await failure(master.client.query('ANALYZE public.bait'))).toMatchObject({ code: '42501' });
    const admin = access.admin('dev');
    expect(await failure(admin.query('REINDEX TABLE public.bait'))).toMatchObject({ code: '42501' });
    expect(await rank('sly')).toEqual(ORDINARY);
    await sly.client.query('DROP TABLE public.bait');
  });

  test('work in sessions that run as an ordinary user meanwhile only when they end that', async () => {
    await master.run("create user lowered password 'Abcd12345'");
    const session = await superuser('lowering');
    await session.client.query('SET ROLE lowered');
    expect(await failure(session.run('alter user lowered createuser'))).toMatchObject({ code: '42501' });
    await session.client.query('RESET ROLE');
    await session.run('alter user lowered createuser');
  });

  test('work in a database that was made from template0, for a password user too', async () => {
    await master.client.query('CREATE DATABASE bare TEMPLATE template0');
    const there = await openSession('master', 'master', 'bare');
    await there.run("create user in_bare createuser password 'Abcd12345'");
    expect(await rank('in_bare')).toEqual(SUPERUSER);
    await there.run('drop user in_bare');
    await there.client.end();
    await master.client.query('CREATE DATABASE squatted TEMPLATE template0');
    const squatted = await openSession('master', 'master', 'squatted');
    await squatted.client.query('CREATE SCHEMA keyshift');
    expect(await failure(squatted.run("create user nope createuser password 'Abcd12345'"))).toMatchObject({
      code: '55000',
      hint: expect.stringContaining('schema "keyshift"'),
    });
    // What needs no procedure works.
    await squatted.run('create user yes; drop user yes');
    await squatted.client.end();
  });
});

describe('one superuser', () => {
  test('alters another: password, options, settings, name', async () => {
    const target = await superuser('target');
    const second = await superuser('altering');
    for (const by of [master, second]) {
      await by.run("alter user target password 'Other12345'");
      expect(await passwordWorks('target', 'Other12345')).toBe(true);
      expect(await passwordWorks('target', 'Abcd12345')).toBe(false);
      await by.runExtended("alter user target valid until '2020-01-01' connection limit 7");
      expect(await passwordWorks('target', 'Other12345')).toBe(false);
      await by.run("alter user target valid until 'infinity' connection limit unlimited session timeout 90");
      await by.run('alter user target set search_path to readers, public');
      expect(await asAdmin("SELECT rolconnlimit, rolconfig FROM pg_roles WHERE rolname = 'target'")).toEqual([
        { rolconnlimit: -1, rolconfig: ['idle_session_timeout=90s', 'search_path=readers, public'] },
      ]);
      await by.run('alter user target reset all');
      await by.run('alter user target rename to renamed');
      expect(await passwordWorks('renamed', 'Other12345')).toBe(false);
      await by.run("alter user renamed rename to target password 'Abcd12345'");
      expect(await passwordWorks('target', 'Abcd12345')).toBe(true);
      expect(await rank('target')).toEqual(SUPERUSER);
    }
    // The open session of the altered one has stayed what it was.
    await target.run('create user by_target');
    await master.run('drop user by_target');
  });

  test('cannot give another one what PostgreSQL gives its own superusers only', async () => {
    await superuser('held');
    for (const sql of [
      'alter user held superuser',
      'alter user held replication',
      'alter user held bypassrls',
      'alter user held set session_preload_libraries to x',
      'alter user held set event_triggers to off',
      "alter user held set log_statement to 'none'",
    ]) {
      expect(await failure(master.run(sql)), sql).toMatchObject({ code: '42501' });
    }
    expect(await rank('held')).toEqual(SUPERUSER);
  });

  test('drops another one that has made users, groups and superusers and filled the groups', async () => {
    const maker = await superuser('maker');
    await maker.run('create user u1 password disable');
    await maker.run('create role u2 login');
    await maker.run("create user u3 createuser password 'Abcd12345'");
    await maker.run('create group g1 with user u1');
    await maker.run('alter group g1 add user u2, maker');
    await maker.run('alter group readers add user u1');
    await maker.run('create role g2');
    await maker.run('grant g2 to u1 with admin option');
    const u1 = await logIn('u1');
    await u1.run('grant g2 to u2');
    await maker.run('create role u4 login createrole');
    await maker.run('grant keyshift_superuser to u4 with admin option');

    const second = await superuser('dropping');
    await second.runExtended('drop user maker');
    expect(await rank('maker')).toBeUndefined();
    expect(
      await asAdmin(
        `SELECT m.roleid::regrole::text AS role, string_agg(DISTINCT m.member::regrole::text, ' ' ORDER BY m.member::regrole::text) AS members
         FROM pg_auth_members m WHERE m.roleid::regrole::text IN ('g1', 'g2') AND (m.inherit_option OR m.set_option)
           AND m.member <> 'keyshift_superuser'::regrole GROUP BY 1 ORDER BY 1`,
      ),
    ).toEqual([
      { role: 'g1', members: 'u1 u2' },
      { role: 'g2', members: 'u1 u2' },
    ]);
    for (const name of ['u1', 'u2']) expect(await rank(name), name).toMatchObject({ rank: 'user' });
    for (const name of ['u3', 'u4']) expect(await rank(name), name).toMatchObject({ rank: 'superuser' });
    // Nothing is left that only the dropped one could have managed.
    await second.run('alter group g1 drop user u1, u2');
    await second.run('alter group readers drop user u1');
    await second.run('drop user u3, u4, u1, u2');
    await second.run('drop group g1, g2');
    await master.run('drop user if exists dropping, maker');
  });

  test('does not drop one that owns something, nor itself', async () => {
    const owning = await superuser('owning');
    await owning.client.query('CREATE TABLE public.owned (a int)');
    expect(await failure(master.run('drop user owning'))).toMatchObject({
      code: '55006',
      message: 'user "owning" can\'t be dropped because the user owns some object',
      detail: expect.stringContaining('table owned'),
    });
    expect(await rank('owning')).toEqual(SUPERUSER);
    expect(await failure(owning.run('drop user owning'))).toMatchObject({ code: '55006' });
    await owning.client.query('DROP TABLE public.owned');
    await master.run('drop user owning');
  });

  test('does all this unseen: a failure, and a transaction that is rolled back, leave the rank alone', async () => {
    await superuser('steady');
    expect(await failure(master.run('alter user steady rename to readers'))).toMatchObject({ code: '42710' });
    expect(await rank('steady')).toEqual(SUPERUSER);
    await master.run("begin; alter user steady valid until '2020-01-01'");
    expect(await rank('steady')).toEqual(SUPERUSER);
    await master.run('rollback');
    expect(await passwordWorks('steady', 'Abcd12345')).toBe(true);
    await master.run('drop user steady');
  });

  test('is made of a user that was there when the cluster’s master user is made', async () => {
    const later = { name: 'later', password: new Secret('Later12345'), random: systemRandom };
    await logIn('later');
    await createMasterUser(access, later);
    expect(await rank('later')).toEqual(SUPERUSER);
    expect(await passwordWorks('later', 'Later12345')).toBe(true);
    await createMasterUser(access, later);
    expect(await rank('later')).toEqual(SUPERUSER);
  });
});

describe('what is in the way of DROP', () => {
  beforeAll(() => master.client.query('CREATE DATABASE empty'));

  test.each([
    ['user "need""ed"', 'user "need"ed"', 'drop user if exists nobody_here, "need""ed"'],
    ['group needed', 'group "needed"', 'drop group needed'],
  ])('of a %s is told in Redshift’s words, in this and in other databases', async (what, named, drop) => {
    const kind = what.split(' ')[0] ?? '';
    await master.client.query('CREATE TABLE public.guarded (a int)');
    await master.run(`create ${what}`);
    await master.client.query(`GRANT SELECT ON public.guarded TO ${what.slice(kind.length)}`);
    for (const run of [master.run, master.runExtended]) {
      expect(await failure(run(drop))).toMatchObject({
        code: '55006',
        message: `${named} can't be dropped because the ${kind} has a privilege on some object`,
        detail: 'privileges for table guarded',
      });
    }
    const elsewhere = await openSession('master', 'master', 'empty');
    expect(await failure(elsewhere.run(drop))).toMatchObject({
      code: '55006',
      message: `${named} can't be dropped because the ${kind} owns some object`,
      detail: '1 object in database dev',
    });
    await master.client.query('DROP TABLE public.guarded');
    await master.run(drop);
    expect(await failure(master.run(drop.replace('if exists nobody_here,', '')))).toMatchObject({
      code: '42704',
    });
  });
});

describe('the EXTERNALID of a user', () => {
  test('is kept through a new name, shown to superusers and to the user, and goes with the user', async () => {
    const shown = async () =>
      (
        await master.client.query({
          text: "SELECT usename, external_id FROM svl_user_info WHERE usename LIKE '%outside%'",
          rowMode: 'array',
        })
      ).rows;
    await master.run('create user "Azure outside" externalid "ABC\'123" password disable');
    expect(await shown()).toEqual([['Azure outside', "ABC'123"]]);
    await master.run('alter user "Azure outside" rename to outside');
    await master.runExtended('alter user outside externalid "XYZ 9"');
    expect(await shown()).toEqual([['outside', 'XYZ 9']]);
    const session = await logIn('outside', ['readers']);
    expect(await value(session, 'SELECT external_user_id FROM svv_user_info')).toBe('XYZ 9');
    expect(await failure(session.run('alter user outside externalid mine'))).toMatchObject({ code: '42501' });
    await master.run('drop user outside; create user outside');
    expect(await shown()).toEqual([['outside', null]]);
    await master.run('drop user outside');
  });
});

describe('a setting of a user that only Redshift has', () => {
  test('is there in the sessions of the user, with and without groups', async () => {
    await master.run("create user tagged; alter user tagged set query_group to 'night'");
    for (const groups of [[], ['readers']]) {
      const session = await logIn('tagged', groups);
      expect(await value(session, "SELECT current_setting('keyshift.query_group')")).toBe('night');
      await session.run(`alter user current_user set query_group to 'night'`);
    }
    await master.run('alter user tagged reset query_group');
    expect(await asAdmin("SELECT rolconfig FROM pg_roles WHERE rolname = 'tagged'")).toEqual([
      { rolconfig: null },
    ]);
    await master.run('drop user tagged');
  });
});

describe('a password that is disabled', () => {
  test.each([
    ['by a login that made the user', 'made_at_login', undefined],
    ['by CREATE USER … PASSWORD DISABLE', 'made_disabled', 'create user made_disabled password disable'],
    ['by CREATE USER without a password', 'made_without', 'create user made_without'],
  ])('%s stays so, whatever the user does', async (_title, name, sql) => {
    if (sql !== undefined) await master.run(sql);
    for (const session of [await logIn(name), await logIn(name, ['readers'])]) {
      const password = 'Abc12345x';
      expect(await failure(session.run(`alter user ${name} password '${password}'`))).toMatchObject({
        code: '42501',
        message: `password of user "${name}" is disabled`,
      });
      await session.client.query(
        `DO $$ BEGIN SET LOCAL ROLE ${name}; EXECUTE 'alter role ${name} password ''${password}'''; END $$`,
      );
      expect(
        await asAdmin(`SELECT rolpassword IS NOT NULL AS set FROM pg_authid WHERE rolname = $1`, [name]),
      ).toEqual([{ set: true }]);
      expect(await passwordWorks(name, password)).toBe(false);
      expect(await failure(session.client.query(`ALTER ROLE ${name} VALID UNTIL 'infinity'`))).toMatchObject({
        code: '42501',
      });
    }
    await master.run(`alter user ${name} password 'Given12345'`);
    expect(await passwordWorks(name, 'Given12345')).toBe(true);
    await master.run(`alter user ${name} password disable`);
    expect(await passwordWorks(name, 'Given12345')).toBe(false);
    await logIn(name);
  });

  test('is none that a superuser is made with', async () => {
    await master.run('create user still_disabled');
    expect(await failure(master.run('alter user still_disabled createuser'))).toMatchObject({
      code: '0A000',
      hint: 'Give the user a password in the same statement.',
    });
  });
});

describe('a user’s own settings in a session with groups', () => {
  test('are the user’s, whatever the session calls it', async () => {
    const session = await logIn('setter', ['readers']);
    await session.run("alter user setter set work_mem to '7MB'");
    await session.runExtended("alter user current_user set lock_timeout to '7s'");
    await session.run('ALTER USER session_user SET search_path TO "$user", readers');
    expect(await asAdmin("SELECT rolconfig FROM pg_roles WHERE rolname = 'setter'")).toEqual([
      { rolconfig: ['work_mem=7MB', 'lock_timeout=7s', 'search_path="$user", readers'] },
    ]);
    const next = await logIn('setter', ['readers']);
    expect(await value(next, 'SHOW work_mem')).toBe('7MB');
    expect(await value(next, 'SHOW search_path')).toBe(' setter, readers');
    await next.run('alter user setter reset all');
    expect(await asAdmin("SELECT rolconfig FROM pg_roles WHERE rolname = 'setter'")).toEqual([
      { rolconfig: null },
    ]);
  });

  test('are those that an ordinary user may have, and of no other user', async () => {
    const session = await logIn('setter', ['readers']);
    await master.run('create user neighbour');
    for (const sql of [
      "alter user setter set log_statement to 'none'",
      'alter user current_user set event_triggers to off',
      'alter user setter set session_preload_libraries to x',
      "alter user neighbour set work_mem to '1MB'",
      'alter user setter createdb',
      'alter user setter connection limit 5',
    ]) {
      expect(await failure(session.run(sql)), sql).toMatchObject({ code: '42501' });
    }
    for (const sql of ['alter user current_user createdb', 'alter user setter rename to setter2']) {
      expect(await failure(session.run(sql)), sql).toMatchObject({ code: '0A000' });
    }
    expect(await asAdmin("SELECT rolconfig FROM pg_roles WHERE rolname = 'setter'")).toEqual([
      { rolconfig: null },
    ]);
  });

  test('leave the session under the role that it had', async () => {
    const session = await logIn('setter', ['readers']);
    const now = () => value(session, "SELECT current_setting('role') || ' ' || current_user");
    expect(await now()).toBe('none IAM:setter:readers');
    await session.run("alter user setter set work_mem to '7MB'");
    expect(await now()).toBe('none IAM:setter:readers');
    await failure(session.run('alter user setter createdb'));
    expect(await now()).toBe('none IAM:setter:readers');
    await session.run("begin; set role setter; alter user setter set work_mem to '8MB'; select 1");
    expect(await now()).toBe('setter setter');
    await session.run('commit');
    expect(await now()).toBe('setter setter');
    await session.run("reset role; begin; alter user setter set work_mem to '8MB'");
    expect(await now()).toBe('none IAM:setter:readers');
    await session.run('commit');
    expect(await now()).toBe('none IAM:setter:readers');
  });

  test('and its password, which it may change unless that is disabled', async () => {
    await master.run("create user changing password 'Abcd12345'");
    const session = await logIn('changing', ['readers']);
    await session.runExtended("alter user changing password 'Other12345'");
    expect(await passwordWorks('changing', 'Other12345')).toBe(true);
    expect(await failure(session.run("alter user changing password 'weak'"))).toMatchObject({
      code: '22023',
    });
  });

  test('of names that would break out of careless quoting', async () => {
    for (const name of ['a"; reset role; --', "b' ; --", '$ks$', 'Ünï ☃']) {
      const session = await logIn(name, ['readers']);
      await session.run(`alter user "${name.replaceAll('"', '""')}" set work_mem to '9MB'`);
      expect(await asAdmin('SELECT rolconfig FROM pg_roles WHERE rolname = $1', [name])).toEqual([
        { rolconfig: ['work_mem=9MB'] },
      ]);
    }
  });
});

describe('who a session stands for', () => {
  test.each(['dev', 'copied', 'bare2'])('is told to everybody in the database %s', async (database) => {
    if (database === 'copied') await master.client.query('CREATE DATABASE copied');
    if (database === 'bare2') await master.client.query('CREATE DATABASE bare2 TEMPLATE template0');
    const ask = async (session: Session) => [
      await value(session, 'SELECT keyshift.session_user_name()::text'),
      await value(session, 'SELECT keyshift.session_groups()::text[]'),
    ];
    await master.run('create group askers_group');
    try {
      expect(await ask(await logIn('asker', [], database))).toEqual(['asker', []]);
      expect(await ask(await logIn('asker', ['readers', 'askers_group'], database))).toEqual([
        'asker',
        ['askers_group', 'readers'],
      ]);
      expect(await ask(await logIn('master', ['readers'], database))).toEqual(['master', []]);
      const lowered = await logIn('asker', ['readers'], database);
      await lowered.client.query('SET ROLE asker');
      expect(await ask(lowered)).toEqual(['asker', ['readers']]);
    } finally {
      await master.run('drop group askers_group');
    }
  });

  test('does not depend on default privileges, and not on who may call the rest', async () => {
    await asAdmin('ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON ROUTINES FROM PUBLIC', [], 'template1');
    await master.client.query('CREATE DATABASE strict');
    await asAdmin("COMMENT ON SCHEMA keyshift IS 'keyshift 1'", [], 'strict');
    await asAdmin('DROP FUNCTION keyshift.session_groups()', [], 'strict');
    // An older database is brought up to date.
    await prepareDatabase(access, 'strict');
    await asAdmin('ALTER DEFAULT PRIVILEGES GRANT EXECUTE ON ROUTINES TO PUBLIC', [], 'template1');
    const session = await logIn('asker', ['readers'], 'strict');
    expect(await value(session, 'SELECT keyshift.session_groups()::text[]')).toEqual(['readers']);
    for (const sql of [
      "SELECT keyshift.manageable_user('asker')",
      'CALL keyshift.keep_grants_of(10)',
      "CALL keyshift.promote_user('asker')",
      "CALL keyshift.demote_user('master', true)",
    ]) {
      expect(await failure(session.client.query(sql)), sql).toMatchObject({ code: '42501' });
    }
  });
});
