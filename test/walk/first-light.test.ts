import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Keyshift } from './support/keyshift.ts';
import { ask, issue, type Login, logIn, refusalOf } from './support/logins.ts';
import { needs } from './support/programs.ts';
import { PsqlSession, psql } from './support/psql.ts';
import { type RunResult, run } from './support/run.ts';
import { ServerAdmin } from './support/server-admin.ts';

// The steps of the Redshift Cluster Management Guide, "Generating IAM database credentials using the Amazon
// Redshift CLI or API", with the names that it uses, against `keyshift start --example`.

const COUNT = 'select count(*)::int as count from example.sales';
const DENIED = { code: '42501', message: 'permission denied for schema example' };

let folder: string;
let keyshift: Keyshift;
let admin: ServerAdmin;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'keyshift-light-'));
  keyshift = await Keyshift.start({ dataDir: join(folder, 'keyshift-data') });
  admin = await ServerAdmin.open(keyshift);
});

afterAll(async () => {
  await admin?.close();
  await keyshift?.close();
  await rm(folder, { recursive: true, force: true });
});

/** A line of shell, in a new shell that has loaded env.sh and knows nothing else of Keyshift. */
function inShell(line: string): Promise<RunResult> {
  return run('sh', ['-c', `cd "$1" && . keyshift-data/env.sh && ${line}`, 'sh', folder], { HOME: folder });
}

interface CliOutput {
  readonly DbUser: string;
  readonly DbPassword: string;
  readonly Expiration: string;
}

async function getClusterCredentials(line: string): Promise<CliOutput> {
  const result = await inShell(line);
  expect(result).toMatchObject({ code: 0, stderr: '' });
  return JSON.parse(result.stdout) as CliOutput;
}

describe('the commands of the guide, with an unmodified AWS CLI and psql', () => {
  let plain: Login;
  let withGroup: Login;

  test('the first gives a login for an existing user', async (context) => {
    needs(context, 'aws');
    const before = Date.now();
    const output = await getClusterCredentials(
      'aws redshift get-cluster-credentials --cluster-identifier examplecluster --db-user temp_creds_user --db-name exampledb --duration-seconds 3600',
    );
    expect(Object.keys(output).sort()).toEqual(['DbPassword', 'DbUser', 'Expiration']);
    expect(output.DbUser).toBe('IAM:temp_creds_user');
    expect(output.DbPassword).toMatch(/^[A-Za-z0-9_-]{40,127}$/);
    expect(output.Expiration).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    const lifetime = Date.parse(output.Expiration) - before;
    expect(lifetime).toBeGreaterThan(3_598_000);
    expect(lifetime).toBeLessThan(3_630_000);
    plain = { user: output.DbUser, password: output.DbPassword };
  });

  // The guide prints this one with typographic dashes.
  test('the second gives a login with auto-create and a group', async (context) => {
    needs(context, 'aws');
    const output = await getClusterCredentials(
      'aws redshift get-cluster-credentials --cluster-identifier examplecluster --db-user temp_creds_user --auto-create --db-name exampledb --db-groups example_group --duration-seconds 3600',
    );
    expect(output.DbUser).toBe('IAMA:temp_creds_user:example_group');
    withGroup = { user: output.DbUser, password: output.DbPassword };
    expect(withGroup.password).not.toBe(plain.password);
  });

  test('psql logs in with each over verified TLS, both at once, and only the second reads example.sales', async (context) => {
    needs(context, 'aws');
    needs(context, 'psql');
    const first = new PsqlSession(keyshift, plain);
    const second = new PsqlSession(keyshift, withGroup);
    try {
      expect((await first.ask('select current_user, session_user;')).stdout).toBe(
        'temp_creds_user|temp_creds_user',
      );
      for (let round = 0; round < 2; round++) {
        expect((await second.ask(`${COUNT};`)).stdout).toBe('300');
        const denied = await first.ask(`${COUNT};`);
        expect(denied.stdout).toBe('');
        expect(denied.stderr).toContain('ERROR:  42501: permission denied for schema example');
      }
      await first.ask('create table made_by_first (n int);');
      await second.ask('create table made_by_second (n int);');
      expect((await second.ask('insert into made_by_first values (1) returning n;')).stdout).toBe('1');
      expect((await first.ask('insert into made_by_second values (2) returning n;')).stdout).toBe('2');
      // The group did not come to the user, nor go from the second session, by anything of this.
      expect((await first.ask(`${COUNT};`)).stderr).toContain('42501');
      expect((await second.ask(`${COUNT};`)).stdout).toBe('300');
      expect((await first.ask('\\conninfo')).stdout).toContain('"IAM:temp_creds_user" on host "localhost"');
    } finally {
      await first.close();
      await second.close();
    }
    const owners = await admin.query(
      `select tablename, tableowner from pg_tables where tablename ~ '^made_by' order by 1`,
    );
    expect(owners).toEqual([
      { tablename: 'made_by_first', tableowner: 'temp_creds_user' },
      { tablename: 'made_by_second', tableowner: 'temp_creds_user' },
    ]);
  });

  test('a password in a connection string as printed works', async (context) => {
    needs(context, 'aws');
    needs(context, 'psql');
    const result = await inShell(
      `psql -XAt "host=localhost port=${keyshift.ready.gatewayPort} dbname=exampledb user=${withGroup.user} ` +
        `password=${withGroup.password} sslmode=verify-full" -c '${COUNT}'`,
    );
    expect(result).toEqual({ code: 0, stdout: '300\n', stderr: '' });
  });
});

describe('sessions with and without a group', () => {
  test('are apart while both are open, through node-postgres', async () => {
    const first = await logIn(keyshift, await issue(keyshift, { dbName: 'exampledb' }));
    const second = await logIn(
      keyshift,
      await issue(keyshift, { dbName: 'exampledb', autoCreate: true, dbGroups: ['example_group'] }),
    );
    try {
      const [denied, counted] = await Promise.all([refusalOf(first.query(COUNT)), second.query(COUNT)]);
      expect(denied).toMatchObject(DENIED);
      expect(counted.rows).toEqual([{ count: 300 }]);
      await second.query('create table from_pg (id serial primary key, t text)');
      await second.query('create index on from_pg (t)');
      await second.query('create view from_pg_view as select * from from_pg');
      const owners = await admin.query<{ owner: string }>(
        `select distinct relowner::regrole::text as owner from pg_class where relname like 'from_pg%'`,
      );
      expect(owners).toEqual([{ owner: 'temp_creds_user' }]);
      // What the session with the group made belongs to the user, and so to the session without it.
      await first.query(`insert into from_pg (t) values ('x')`);
      await first.query('drop view from_pg_view');
      await first.query('drop table from_pg');
    } finally {
      await first.end();
      await second.end();
    }
  });

  test('tell by functions who they are and which groups they joined', async () => {
    const sql = 'select keyshift.session_user_name() as who, keyshift.session_groups()::text[] as groups';
    const plain = await ask(keyshift, await issue(keyshift), sql);
    const grouped = await ask(keyshift, await issue(keyshift, { dbGroups: ['example_group'] }), sql);
    expect(plain).toEqual([{ who: 'temp_creds_user', groups: [] }]);
    expect(grouped).toEqual([{ who: 'temp_creds_user', groups: ['example_group'] }]);
  });

  test('name their groups in the order of the request, once each, and join all of them', async () => {
    await admin.query('create role auditors nologin');
    const dbGroups = ['example_group', 'auditors', 'example_group'];
    const login = await issue(keyshift, { dbGroups });
    expect(login.user).toBe('IAM:temp_creds_user:example_group,auditors');
    const sql = 'select keyshift.session_groups()::text[] as groups';
    expect(await ask(keyshift, login, sql)).toEqual([{ groups: ['auditors', 'example_group'] }]);
  });

  test('leave the permanent members of the group as they were', async () => {
    await ask(keyshift, await issue(keyshift, { dbGroups: ['example_group'] }), COUNT);
    const members = await admin.query<{ member: string }>(
      `select member::regrole::text as member from pg_auth_members
       where roleid = 'example_group'::regrole and member in (select oid from pg_roles where rolname !~ '[:]')`,
    );
    expect(members).toEqual([{ member: 'keyshift_superuser' }]);
    expect(await refusalOf(ask(keyshift, await issue(keyshift), COUNT))).toMatchObject(DENIED);
  });

  test('cannot become another, nor take the group along', async () => {
    const session = await logIn(keyshift, await issue(keyshift, { dbGroups: ['example_group'] }));
    try {
      for (const sql of [
        'set role example_group',
        'set role keyshift_superuser',
        'set session authorization temp_creds_user',
        'set session authorization awsuser',
        'grant example_group to temp_creds_user',
        'grant select on example.sales to temp_creds_user',
      ]) {
        const before = await session.query(`${COUNT}`);
        expect(before.rows).toEqual([{ count: 300 }]);
        // PostgreSQL answers a grant of a right that one may not pass on with a warning.
        if (sql.startsWith('grant select')) await session.query(sql);
        else expect(await refusalOf(session.query(sql)), sql).toMatchObject({ code: '42501' });
      }
      // The user itself is allowed: it has fewer rights.
      await session.query('set role temp_creds_user');
      expect(await refusalOf(session.query(COUNT))).toMatchObject(DENIED);
    } finally {
      await session.end();
    }
    expect(await refusalOf(ask(keyshift, await issue(keyshift), COUNT))).toMatchObject(DENIED);
  });
});

describe('a new user', () => {
  const request = { dbUser: 'newcomer', dbName: 'exampledb', autoCreate: true } as const;
  const rolesNamed = (name: string) =>
    admin.query<{ name: string; password: string | null; until: string | null; attributes: boolean }>(
      `select rolname as name, rolpassword as password, rolvaliduntil::text as until,
              rolsuper or rolcreaterole or rolcreatedb or rolreplication or rolbypassrls as attributes
       from pg_authid where rolname = $1`,
      [name],
    );

  test('appears at the first login, not when credentials are issued', async () => {
    const login = await issue(keyshift, request);
    expect(login.user).toBe('IAMA:newcomer');
    expect(await rolesNamed('newcomer')).toEqual([]);
    expect(await ask(keyshift, login, 'select current_user::text as who')).toEqual([{ who: 'newcomer' }]);
    expect(await rolesNamed('newcomer')).toEqual([
      { name: 'newcomer', password: null, until: '-infinity', attributes: false },
    ]);
  });

  test('has only what PUBLIC has', async () => {
    const login = await issue(keyshift, request);
    const session = await logIn(keyshift, login);
    try {
      expect(await refusalOf(session.query(COUNT))).toMatchObject(DENIED);
      await session.query('create table mine as select 1 as n');
      await session.query('drop table mine');
      for (const sql of [
        'create user another',
        'create group others',
        'create schema s',
        'create database d',
      ]) {
        expect(await refusalOf(session.query(sql)), sql).toMatchObject({ code: '42501' });
      }
      expect(await refusalOf(session.query("copy (select 1) to program 'true'"))).toMatchObject({
        code: '42501',
      });
    } finally {
      await session.end();
    }
    const memberOf = await admin.query(
      `select roleid::regrole::text from pg_auth_members where member = 'newcomer'::regrole`,
    );
    expect(memberOf).toEqual([]);
  });

  test('stays, so that later logins need no auto-create', async () => {
    expect(
      await ask(keyshift, await issue(keyshift, { ...request, autoCreate: false }), 'select 1 as n'),
    ).toEqual([{ n: 1 }]);
  });

  test('joins the groups of its first login for that session', async () => {
    const dbGroups = ['example_group'];
    const login = await issue(keyshift, { dbUser: 'newcomer2', autoCreate: true, dbGroups });
    expect(login.user).toBe('IAMA:newcomer2:example_group');
    expect(await ask(keyshift, login, COUNT)).toEqual([{ count: 300 }]);
    expect(
      await refusalOf(ask(keyshift, await issue(keyshift, { dbUser: 'newcomer2' }), COUNT)),
    ).toMatchObject(DENIED);
  });

  test('is made once by many first logins at the same time', async () => {
    const login = await issue(keyshift, { dbUser: 'crowd', autoCreate: true, dbGroups: ['example_group'] });
    const answers = await Promise.all(Array.from({ length: 12 }, () => ask(keyshift, login, COUNT)));
    expect(answers).toEqual(Array.from({ length: 12 }, () => [{ count: 300 }]));
    expect(await rolesNamed('crowd')).toHaveLength(1);
  });

  test('gets no password by giving itself one', async (context) => {
    const session = await logIn(keyshift, await issue(keyshift, request));
    try {
      await session.query(`do $$ begin execute $s$alter role newcomer password 'Secret12345'$s$; end $$`);
    } finally {
      await session.end();
    }
    const refused = await refusalOf(logIn(keyshift, { user: 'newcomer', password: 'Secret12345' }));
    expect(refused).toMatchObject({
      code: '28P01',
      message: 'password authentication failed for user "newcomer"',
    });
    needs(context, 'psql');
    const result = await psql(keyshift, { user: 'newcomer', password: 'Secret12345' }, ['select 1']);
    expect(result.code).toBe(2);
    expect(result.stderr).toContain('password authentication failed for user "newcomer"');
  });
});
