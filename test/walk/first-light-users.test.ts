import { createHash, randomBytes } from 'node:crypto';
import type { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { call } from '../../src/client/index.ts';
import { Keyshift } from './support/keyshift.ts';
import { ask, issue, type Login, logIn, loginRefusal, refusalOf } from './support/logins.ts';
import { needs } from './support/programs.ts';
import { PsqlSession, psql } from './support/psql.ts';
import { ServerAdmin } from './support/server-admin.ts';

// "Create a database user and database groups" of the Redshift Cluster Management Guide: Redshift's own statements,
// through the gateway, by the master user and by a temporary login of it.

const MASTER: Login = { user: 'awsuser', password: 'Master-Password-1' };

let keyshift: Keyshift;
let admin: ServerAdmin;
/** A session of the master user by temporary credentials. */
let master: Client;

beforeAll(async () => {
  keyshift = await Keyshift.start();
  admin = await ServerAdmin.open(keyshift);
  const redshift = { name: 'redshift', version: '2012-12-01' } as const;
  const parameters = { ClusterIdentifier: 'examplecluster', MasterUserPassword: MASTER.password };
  await call(keyshift.root, redshift, 'ModifyCluster', parameters, new Date());
  master = await logIn(keyshift, await issue(keyshift, { dbUser: 'awsuser' }));
});

afterAll(async () => {
  await master?.end();
  await admin?.close();
  await keyshift?.close();
});

/** The password state of users: what they have, and whether it may be used. */
async function passwords(pattern: string): Promise<Record<string, string>> {
  const rows = await admin.query<{ name: string; state: string }>(
    `select rolname as name,
            case when rolpassword is null then 'none' else split_part(rolpassword, '$', 1) end ||
            case when rolvaliduntil = '-infinity' then ', disabled' else '' end as state
     from pg_authid where rolname ~ $1 order by 1`,
    [pattern],
  );
  return Object.fromEntries(rows.map((row) => [row.name, row.state]));
}

const simple = (sql: string) => master.query(sql);
/** As a statement of the extended protocol, with a name, as drivers send those that they repeat. */
const extended = (sql: string) =>
  master.query({ name: `statement ${sql}`.slice(0, 60), text: sql, values: [] });

describe('psql as the master user, whose password PostgreSQL checks through the gateway', () => {
  test('runs the statements of the guide as they are written', async (context) => {
    needs(context, 'psql');
    const session = new PsqlSession(keyshift, MASTER);
    try {
      for (const sql of [
        'create user guide_user password disable;',
        'alter user guide_user password disable;',
        'create group guide_group;',
        'grant usage on schema example to group guide_group;',
        'grant select on example.sales to group guide_group;',
        'alter group guide_group add user guide_user;',
      ]) {
        expect(await session.ask(sql), sql).toEqual({ stdout: '', stderr: '' });
      }
      const members = await session.ask(
        `select usename from pg_user u join pg_group g on u.usesysid = any (grolist) where groname = 'guide_group' and usename = 'guide_user';`,
      );
      expect(members.stdout).toBe('guide_user');
    } finally {
      await session.close();
    }
    expect(await passwords('^guide_user$')).toEqual({ guide_user: 'none, disabled' });
    const count = 'select count(*)::int as count from example.sales';
    const login = await issue(keyshift, { dbUser: 'guide_user' });
    expect(await ask(keyshift, login, count)).toEqual([{ count: 300 }]);
    const dropped = await psql(keyshift, MASTER, [
      'alter group guide_group drop user guide_user',
      'revoke all on example.sales from group guide_group',
      'revoke all on schema example from group guide_group',
      'drop group guide_group',
      'drop user guide_user',
    ]);
    expect(dropped).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(await loginRefusal(keyshift, login)).toMatchObject({
      code: '42704',
      message: 'user "IAM:guide_user" does not exist',
    });
  });

  test('is refused with a wrong password by PostgreSQL itself', async (context) => {
    const wrong = { ...MASTER, password: 'Master-Password-2' };
    expect(await loginRefusal(keyshift, wrong)).toMatchObject({
      code: '28P01',
      message: 'password authentication failed for user "awsuser"',
    });
    needs(context, 'psql');
    const result = await psql(keyshift, wrong, ['select 1']);
    expect(result).toMatchObject({ code: 2, stdout: '' });
    expect(result.stderr).toContain('FATAL:  password authentication failed for user "awsuser"');
  });

  test('learns the same of a user that does not exist', async () => {
    const refused = await loginRefusal(keyshift, { user: 'nobody_here', password: 'Master-Password-1' });
    expect(refused).toMatchObject({
      code: '28P01',
      message: 'password authentication failed for user "nobody_here"',
      detail: undefined,
    });
  });
});

describe.each([
  ['simple', simple, 's'],
  ['extended', extended, 'e'],
] as const)('the %s protocol', (_name, run, mark) => {
  const user = `user_${mark}`;
  const group = `group_${mark}`;

  test('creates and alters users without a password', async () => {
    expect((await run(`create user ${user} password disable`)).command).toBe('CREATE');
    expect(await passwords(`^${user}$`)).toEqual({ [user]: 'none, disabled' });
    await run(`alter user ${user} password 'Abcdefgh1'`);
    expect(await passwords(`^${user}$`)).toEqual({ [user]: 'SCRAM-SHA-256' });
    const login = { user, password: 'Abcdefgh1' };
    expect(await ask(keyshift, login, 'select current_user::text as who')).toEqual([{ who: user }]);
    await run(`alter user ${user} password disable`);
    expect(await passwords(`^${user}$`)).toEqual({ [user]: 'none, disabled' });
    expect(await loginRefusal(keyshift, login)).toMatchObject({ code: '28P01' });
    const temporary = await issue(keyshift, { dbUser: user });
    expect(await ask(keyshift, temporary, 'select current_user::text as who')).toEqual([{ who: user }]);
  });

  test('makes groups, fills them, grants to them and drops them', async () => {
    const read = 'select count(*)::int as count from example.sales';
    const login = await issue(keyshift, { dbUser: user });
    await run(`create group ${group} with user ${user}`);
    await run(`grant usage on schema example to group ${group}`);
    await run(`grant select on table example.sales to group ${group}`);
    expect(await ask(keyshift, login, read)).toEqual([{ count: 300 }]);
    await run(`alter group ${group} drop user ${user}`);
    expect(await refusalOf(ask(keyshift, login, read))).toMatchObject({ code: '42501' });
    await run(`alter group ${group} add user ${user}`);
    expect(await ask(keyshift, login, read)).toEqual([{ count: 300 }]);
    await run(`alter group ${group} rename to ${group}_2`);
    await run(`revoke all on table example.sales from group ${group}_2`);
    await run(`revoke all on schema example from group ${group}_2`);
    await run(`drop group ${group}_2`);
    await run(`drop user ${user}`);
    expect(await passwords(`^(${user}|${group}.*)$`)).toEqual({});
  });

  test('refuses to disable the password of a superuser', async () => {
    for (const sql of [
      'alter user awsuser password disable',
      `create user ${user}_super createuser password disable`,
    ]) {
      expect(await refusalOf(run(sql)), sql).toMatchObject({
        code: '0A000',
        message: 'cannot disable password of superuser',
        severity: 'ERROR',
      });
    }
    expect(await passwords(`^(awsuser|${user}_super)$`)).toEqual({ awsuser: 'SCRAM-SHA-256' });
    // The session goes on as after any failed statement.
    expect((await run('select 1 as n')).rows).toEqual([{ n: 1 }]);
  });

  test('checks new passwords as Redshift does', async () => {
    expect(await refusalOf(run(`create user ${user}_weak password 'short1A'`))).toMatchObject({
      code: '22023',
      message: 'password must be at least 8 characters long',
    });
    expect(await passwords(`^${user}_weak$`)).toEqual({});
  });
});

describe('a translated statement', () => {
  test('keeps its place among others and in a transaction', async () => {
    await refusalOf(master.query(`begin; create user in_transaction password disable; select 1/0; commit`));
    await master.query('rollback');
    expect(await passwords('^in_transaction$')).toEqual({});
    const results = (await master.query(
      `select 1 as one; create user in_batch password disable; select 2 as two`,
    )) as unknown as readonly { rows: unknown[] }[];
    expect(results.map((result) => result.rows)).toEqual([[{ one: 1 }], [], [{ two: 2 }]]);
    expect(await passwords('^in_batch$')).toEqual({ in_batch: 'none, disabled' });
    await master.query('drop user in_batch');
  });

  test('may hold comments and quoted names', async () => {
    await master.query('/* a comment */ create user -- and another\n  "Quoted" with password disable');
    expect(await passwords('^Quoted$')).toEqual({ Quoted: 'none, disabled' });
    await master.query('drop user if exists "Quoted", never_there');
    expect(await passwords('^Quoted$')).toEqual({});
  });

  test('is not looked for inside literals', async () => {
    const sql = `select 'create user x password disable' as text`;
    expect((await master.query(sql)).rows).toEqual([{ text: 'create user x password disable' }]);
  });
});

describe('a user whose password is disabled', () => {
  test('cannot enable it, not even inside a DO block', async () => {
    await master.query('create user locked password disable');
    const session = await logIn(keyshift, await issue(keyshift, { dbUser: 'locked' }));
    const password = 'Sneaky-Password-1';
    try {
      expect(await refusalOf(session.query(`alter user locked password '${password}'`))).toMatchObject({
        code: '42501',
        message: 'password of user "locked" is disabled',
      });
      expect(
        await refusalOf(
          session.query(`do $$ begin execute 'alter role locked valid until ''infinity'''; end $$`),
        ),
      ).toMatchObject({ code: '42501' });
      await session.query(`do $$ begin execute 'alter role locked password ''${password}'''; end $$`);
    } finally {
      await session.end();
    }
    expect(await passwords('^locked$')).toEqual({ locked: 'SCRAM-SHA-256, disabled' });
    expect(await loginRefusal(keyshift, { user: 'locked', password })).toMatchObject({
      code: '28P01',
      message: 'password authentication failed for user "locked"',
    });
    // A superuser sets one, and then it works.
    await master.query(`alter user locked password 'Given-Password-1'`);
    const given = { user: 'locked', password: 'Given-Password-1' };
    expect(await ask(keyshift, given, 'select 1 as n')).toEqual([{ n: 1 }]);
  });
});

describe('a password of which only a digest is given', () => {
  const password = 'Digested-Password-1';
  const salt = randomBytes(32);
  const digest = createHash('sha256').update(password).update(salt).digest('hex');
  const entered = (login: Login) => ask(keyshift, login, 'select current_user::text as name');

  test('lets in by the password, not by the digest, and everybody else as before', async () => {
    await master.query(`create user digested password 'sha256|${digest}|${salt.toString('hex')}'`);
    expect(await passwords('^digested$')).toEqual({ digested: 'SCRAM-SHA-256' });
    await master.query(`create user plain password 'sha256|${password}'`);
    const md5 = createHash('md5').update(`${password}Md 5`).digest('hex');
    await master.query(`create user "Md 5" password 'md5${md5}'`);
    for (const user of ['digested', 'plain', 'Md 5']) {
      expect(await entered({ user, password })).toEqual([{ name: user }]);
      for (const wrong of [digest, md5, `sha256|${password}`]) {
        expect(await loginRefusal(keyshift, { user, password: wrong }), wrong).toMatchObject({
          code: '28P01',
        });
      }
    }
  });

  test('goes when another one is set, as any password', async () => {
    await master.query(`alter user digested password 'Given-Password-1'`);
    expect(await loginRefusal(keyshift, { user: 'digested', password })).toMatchObject({ code: '28P01' });
    await entered({ user: 'digested', password: 'Given-Password-1' });
    await master.query(`alter user digested password 'sha256|${digest}|${salt.toString('hex')}'`);
    await entered({ user: 'digested', password });
    await master.query('alter user digested password disable');
    expect(await loginRefusal(keyshift, { user: 'digested', password })).toMatchObject({ code: '28P01' });
    await master.query('drop user digested, plain, "Md 5"');
  });
});

describe('the options of a user', () => {
  test('CONNECTION LIMIT counts sessions with and without groups together', async () => {
    await master.query('create user limited password disable connection limit 1');
    const plain = await issue(keyshift, { dbUser: 'limited' });
    const grouped = await issue(keyshift, { dbUser: 'limited', dbGroups: ['example_group'] });
    const open = await logIn(keyshift, grouped);
    for (const login of [plain, grouped]) {
      expect(await loginRefusal(keyshift, login)).toMatchObject({
        code: '53300',
        message: 'too many connections for role "limited"',
      });
    }
    await open.end();
    await master.query('alter user limited connection limit unlimited');
    await Promise.all([plain, grouped, plain].map((login) => ask(keyshift, login, 'select 1')));
  });

  test('SESSION TIMEOUT ends idle sessions, also those that have taken the setting off, and is told as a timeout', async () => {
    await master.query('create user idler session timeout 60');
    expect(await admin.query("select rolconfig from pg_roles where rolname = 'idler'")).toEqual([
      { rolconfig: ['idle_session_timeout=60s'] },
    ]);
    // The same setting, short enough for a test; nobody but a test gives it less than a minute.
    await admin.query("alter role idler set idle_session_timeout = '1s'");
    const ends = [
      { dbGroups: [], sql: 'select 1' },
      { dbGroups: ['example_group'], sql: 'select 1' },
      { dbGroups: [], sql: 'set idle_session_timeout = 0' },
      { dbGroups: ['example_group'], sql: "select set_config('idle_session_timeout', '0', false)" },
    ].map(async ({ dbGroups, sql }) => {
      const session = await logIn(keyshift, await issue(keyshift, { dbUser: 'idler', dbGroups }));
      const end = new Promise((resolve) => session.once('error', resolve));
      await session.query(sql);
      return end;
    });
    const told = { code: '57P05', message: 'terminating connection due to idle-session timeout' };
    for (const end of ends) expect(await end).toMatchObject(told);
    await expect
      .poll(
        async () =>
          (
            await master.query(
              "select timed_out, count(*)::int from stl_sessions where user_name like '%idler%' group by 1",
            )
          ).rows,
        { timeout: 20_000 },
      )
      .toEqual([{ timed_out: 1, count: 4 }]);
  });

  test('VALID UNTIL ends the password, not temporary logins', async () => {
    const login = { user: 'elapsed', password: 'Elapsed-Password-1' };
    await master.query(`create user elapsed password '${login.password}' valid until '2020-01-01'`);
    expect(await loginRefusal(keyshift, login)).toMatchObject({ code: '28P01' });
    expect(await ask(keyshift, await issue(keyshift, { dbUser: 'elapsed' }), 'select 1 as n')).toEqual([
      { n: 1 },
    ]);
    await master.query(`alter user elapsed valid until 'infinity'`);
    expect(await ask(keyshift, login, 'select 1 as n')).toEqual([{ n: 1 }]);
  });

  test('SET reaches sessions with and without groups', async () => {
    await master.query(`create user settled password disable`);
    await master.query(`alter user settled set search_path to example, public`);
    for (const dbGroups of [[], ['example_group']]) {
      const login = await issue(keyshift, { dbUser: 'settled', dbGroups });
      expect(await ask(keyshift, login, `select current_setting('search_path') as path`)).toEqual([
        { path: 'example, public' },
      ]);
    }
  });
});

describe("the master user's rank", () => {
  test('is that of a Redshift superuser, and not of one of PostgreSQL', async () => {
    expect((await master.query('select count(*)::int as count from example.sales')).rows).toEqual([
      { count: 300 },
    ]);
    for (const sql of [
      `copy (select 1) to program 'true'`,
      `select pg_read_file('/etc/passwd')`,
      'alter user awsuser superuser',
      'grant pg_execute_server_program to awsuser',
      'set session authorization keyshift_admin',
      'set role keyshift_admin',
      'alter role keyshift_admin login',
      "alter system set log_statement = 'all'",
      "load '/tmp/x.so'",
    ]) {
      expect(await refusalOf(master.query(sql)), sql).toMatchObject({ code: '42501' });
    }
  });

  test('can be given to others, who then manage what the first one made', async () => {
    await master.query(`create user second_super createuser password 'Second-Password-1'`);
    await master.query('create user of_first password disable');
    const second = await logIn(keyshift, { user: 'second_super', password: 'Second-Password-1' });
    try {
      await second.query('alter user of_first connection limit unlimited');
      await second.query('drop user of_first');
    } finally {
      await second.end();
    }
    await master.query('drop user second_super');
    expect(await passwords('^(second_super|of_first)$')).toEqual({});
  });
});
