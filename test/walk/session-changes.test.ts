import type { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SessionReport } from '../../src/api/actions/keyshift/deps.ts';
import { must } from './support/api.ts';
import { Keyshift } from './support/keyshift.ts';
import { issue, type Login, logIn, loginRefusal, newClient, refusalOf } from './support/logins.ts';
import { ServerAdmin } from './support/server-admin.ts';

// Users and groups that are renamed, dropped or made again while sessions of them are open: what the sessions are then,
// what the login names lead to, and what is left.

const CLUSTER = 'examplecluster';

let keyshift: Keyshift;
let admin: ServerAdmin;

beforeAll(async () => {
  keyshift = await Keyshift.start();
  admin = await ServerAdmin.open(keyshift);
});
afterAll(async () => {
  await admin?.close();
  await keyshift?.close();
});

/** A user and a group, by names of their own, and a table that only the group may read. */
async function make(user: string, group: string): Promise<{ readonly table: string }> {
  const table = `public.of_${group}`;
  await admin.query(`CREATE ROLE ${user} LOGIN ADMIN keyshift_superuser; CREATE ROLE ${group};
    CREATE TABLE ${table} (n int); GRANT SELECT ON ${table} TO ${group}`);
  return { table };
}

/** A session without groups, one with the group, and the credentials of both. */
async function enter(dbUser: string, group: string) {
  const [alone, grouped] = [
    await issue(keyshift, { dbUser }),
    await issue(keyshift, { dbUser, dbGroups: [group] }),
  ];
  const sessions = { alone: await logIn(keyshift, alone), grouped: await logIn(keyshift, grouped) };
  return { ...sessions, credentials: { alone, grouped } satisfies Record<string, Login> };
}

const whoIs = async (client: Client): Promise<unknown> =>
  (
    await client.query(
      'SELECT keyshift.session_user_name()::text AS "user", keyshift.session_groups()::text[] AS groups',
    )
  ).rows[0];

const outcomeOf = (client: Client, statement: string): Promise<string> =>
  client.query(statement).then(
    () => 'done',
    (error: { code: string }) => error.code,
  );

const ownerOf = async (table: string): Promise<string | undefined> =>
  (
    await admin.query<{ owner: string }>(
      'SELECT pg_get_userbyid(relowner)::text AS owner FROM pg_class WHERE oid = to_regclass($1)',
      [table],
    )
  )[0]?.owner;

const reconcile = () =>
  must(keyshift.root, 'keyshift', 'Reconcile', { ClusterIdentifier: CLUSTER, Remove: 'true' });

/** Session roles of a user, by the beginning of their names, and what any session role owns or was granted. */
const left = (user: string) =>
  admin.query(
    `SELECT rolname::text AS role FROM pg_roles WHERE rolname LIKE $1
     UNION ALL
     SELECT r.rolname::text FROM pg_shdepend d JOIN pg_roles r ON r.oid = d.refobjid
     WHERE d.refclassid = 'pg_authid'::regclass AND d.deptype IN ('o', 'a') AND r.rolname LIKE 'IAM:%'`,
    [`IAM:${user}:%`],
  );

async function end(...clients: readonly Client[]): Promise<void> {
  await Promise.allSettled(clients.map((client) => client.end()));
}

describe('a user who is renamed', () => {
  test('is the same user to open sessions, which own and may what they did', async () => {
    const { table } = await make('bob', 'bobs');
    const { alone, grouped, credentials } = await enter('bob', 'bobs');
    await admin.query('ALTER ROLE bob RENAME TO robert');
    expect(await whoIs(alone)).toEqual({ user: 'robert', groups: [] });
    expect(await whoIs(grouped)).toEqual({ user: 'robert', groups: ['bobs'] });
    expect(await outcomeOf(alone, `SELECT FROM ${table}`)).toBe('42501');
    expect(await outcomeOf(grouped, `SELECT FROM ${table}`)).toBe('done');
    await alone.query('CREATE TABLE public.by_robert (n int)');
    await grouped.query(
      'CREATE TABLE public.by_roberts_group (n serial); ALTER TABLE public.by_robert ADD m int',
    );
    expect([await ownerOf('public.by_robert'), await ownerOf('public.by_roberts_group')]).toEqual([
      'robert',
      'robert',
    ]);
    // The old name is nobody's, whatever credentials there are for it.
    for (const login of [credentials.alone, credentials.grouped]) {
      expect(await loginRefusal(keyshift, login)).toMatchObject({
        severity: 'FATAL',
        code: '42704',
        message: `user "${login.user}" does not exist`,
      });
    }
    const next = await enter('robert', 'bobs');
    expect(await whoIs(next.grouped)).toEqual({ user: 'robert', groups: ['bobs'] });
    expect(await outcomeOf(next.grouped, 'DROP TABLE public.by_roberts_group, public.by_robert')).toBe(
      'done',
    );
    await end(alone, grouped, next.alone, next.grouped);
    await expect.poll(() => reconcile().then(() => left('bob'))).toEqual([]);
  });

  test('leaves the name to another, who has nothing of the sessions of before', async () => {
    const { table } = await make('carol', 'carols');
    const before = await enter('carol', 'carols');
    await before.grouped.query('CREATE TABLE public.of_first (n int)');
    await admin.query(
      'ALTER ROLE carol RENAME TO caroline; CREATE ROLE carol LOGIN ADMIN keyshift_superuser',
    );
    // A credential is for a name: it now leads to the other one.
    const after = {
      alone: await logIn(keyshift, before.credentials.alone),
      grouped: await logIn(keyshift, before.credentials.grouped),
    };
    for (const client of [after.alone, after.grouped]) {
      expect(await whoIs(client)).toMatchObject({ user: 'carol' });
      expect(await outcomeOf(client, 'SELECT FROM public.of_first')).toBe('42501');
      expect(await outcomeOf(client, 'SET ROLE caroline')).toBe('42501');
    }
    await after.grouped.query('CREATE TABLE public.of_second (n int)');
    await before.grouped.query('CREATE TABLE public.of_first_again (n int)');
    expect(
      await Promise.all(['of_first', 'of_first_again', 'of_second'].map((t) => ownerOf(`public.${t}`))),
    ).toEqual(['caroline', 'caroline', 'carol']);
    for (const client of [before.alone, before.grouped]) {
      expect(await whoIs(client)).toMatchObject({ user: 'caroline' });
      expect(await outcomeOf(client, 'SELECT FROM public.of_second')).toBe('42501');
      expect(await outcomeOf(client, 'SELECT FROM public.of_first')).toBe('done');
    }
    expect(await outcomeOf(before.grouped, `SELECT FROM ${table}`)).toBe('done');
    await end(before.alone, before.grouped, after.alone, after.grouped);
    await expect.poll(() => reconcile().then(() => left('carol'))).toEqual([]);
  });

  test('is killed all the same, in a statement that takes no cancel', async () => {
    await make('dora', 'doras');
    const { alone, grouped } = await enter('dora', 'doras');
    const pids = await Promise.all([alone, grouped].map(pidOf));
    const ends = [alone, grouped].map((client) => refusalOf(stubborn(client)));
    await expect.poll(() => running(pids)).toBe(2);
    await admin.query('ALTER ROLE dora RENAME TO dorothy; CREATE ROLE dora LOGIN ADMIN keyshift_superuser');
    await issue(keyshift, { dbUser: 'dora', dbGroups: ['doras'] })
      .then((login) => logIn(keyshift, login))
      .then(end);
    for (const SessionId of await sessionsOf(pids))
      await must(keyshift.root, 'keyshift', 'KillSession', { SessionId, Reason: 'a test' });
    for (const refusal of await Promise.all(ends)) expect(refusal).toMatchObject({ code: '57P01' });
    await expect.poll(() => running(pids), { timeout: 3_000 }).toBe(0);
  });
});

/** Runs until its backend is terminated: it catches cancel requests, and does not look for its client. */
async function stubborn(client: Client): Promise<void> {
  await client.query('SET client_connection_check_interval = 0');
  await client.query(`DO $$ BEGIN LOOP
    BEGIN PERFORM pg_sleep(60); EXCEPTION WHEN query_canceled THEN NULL; END;
  END LOOP; END $$`);
}

const pidOf = async (client: Client): Promise<number> =>
  (await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')).rows[0]?.pid ?? 0;

const running = async (pids: readonly number[]): Promise<number> =>
  (await admin.query(`SELECT FROM pg_stat_activity WHERE pid = ANY ($1) AND wait_event = 'PgSleep'`, [pids]))
    .length;

async function sessionsOf(pids: readonly number[]): Promise<readonly string[]> {
  const answer = await must(keyshift.root, 'keyshift', 'ListSessions');
  return answer
    .texts('member')
    .map((line) => JSON.parse(line) as SessionReport)
    .filter(({ backendPid }) => backendPid !== null && pids.includes(backendPid))
    .map(({ sessionId }) => sessionId);
}

/** Waits until the user log knows a user: of one that comes and goes within its second it hears nothing. */
const known = (user: string) =>
  expect
    .poll(() => admin.query('SELECT FROM pg_catalog.stl_userlog WHERE username = $1', [user]))
    .not.toHaveLength(0);

describe('a user who is dropped', () => {
  test('takes every right from open sessions, those of the group too, and they make nothing more', async () => {
    const { table } = await make('erik', 'eriks');
    const { alone, grouped, credentials } = await enter('erik', 'eriks');
    await known('erik');
    expect(await outcomeOf(grouped, `SELECT FROM ${table}`)).toBe('done');
    await admin.query('DROP ROLE erik');
    await expect.poll(() => outcomeOf(grouped, `SELECT FROM ${table}`)).toBe('42501');
    expect(await whoIs(grouped)).toMatchObject({ user: null });
    expect(await outcomeOf(grouped, 'CREATE TABLE public.by_nobody (n int)')).toBe('42704');
    expect(await outcomeOf(alone, `SELECT FROM ${table}`)).not.toBe('done');
    expect(await outcomeOf(alone, 'CREATE TABLE public.by_nobody (n int)')).not.toBe('done');
    expect(await ownerOf('public.by_nobody')).toBeUndefined();
    for (const login of [credentials.alone, credentials.grouped]) {
      expect(await loginRefusal(keyshift, login)).toMatchObject({
        severity: 'FATAL',
        code: '42704',
        message: `user "${login.user}" does not exist`,
      });
    }
    await end(alone, grouped);
    await expect.poll(() => reconcile().then(() => left('erik'))).toEqual([]);
  });

  test('and is made again gives the old sessions nothing, and gets nothing of them', async () => {
    const { table } = await make('fred', 'freds');
    const before = await enter('fred', 'freds');
    await known('fred');
    await admin.query('DROP ROLE fred; CREATE ROLE fred LOGIN ADMIN keyshift_superuser');
    const after = await logIn(keyshift, before.credentials.grouped);
    await after.query('CREATE TABLE public.by_new_fred (n int)');
    expect(await ownerOf('public.by_new_fred')).toBe('fred');
    for (const client of [before.alone, before.grouped]) {
      expect(await outcomeOf(client, 'SELECT FROM public.by_new_fred')).not.toBe('done');
      expect(await outcomeOf(client, 'SET ROLE fred')).not.toBe('done');
    }
    expect(await outcomeOf(after, `SELECT FROM ${table}`)).toBe('done');
    await expect.poll(() => outcomeOf(before.grouped, `SELECT FROM ${table}`)).toBe('42501');
    await end(before.alone, before.grouped, after);
    await expect.poll(() => reconcile().then(() => left('fred'))).toEqual([]);
  });

  test('leaves a large object of a session to the superusers of the cluster', async () => {
    await make('gina', 'ginas');
    const { grouped, alone } = await enter('gina', 'ginas');
    const { rows } = await grouped.query<{ id: number }>('SELECT lo_create(0) AS id');
    await admin.query('DROP ROLE gina');
    await end(alone, grouped);
    await expect.poll(() => reconcile().then(() => left('gina'))).toEqual([]);
    expect(
      await admin.query(
        'SELECT lomowner::regrole::text AS owner FROM pg_largeobject_metadata WHERE oid = $1',
        [rows[0]?.id],
      ),
    ).toEqual([{ owner: 'keyshift_superuser' }]);
  });
});

describe('a group', () => {
  test('that is renamed is the same group to open sessions, and its old name is nobody’s', async () => {
    const { table } = await make('hugo', 'hugos');
    const { grouped, alone, credentials } = await enter('hugo', 'hugos');
    await admin.query('ALTER ROLE hugos RENAME TO hugos_new');
    expect(await whoIs(grouped)).toEqual({ user: 'hugo', groups: ['hugos_new'] });
    expect(await outcomeOf(grouped, `SELECT FROM ${table}`)).toBe('done');
    expect(await loginRefusal(keyshift, credentials.grouped)).toMatchObject({
      severity: 'FATAL',
      code: '42704',
      message: 'group "hugos" does not exist',
    });
    // Another group of the old name: the old credential names that one now.
    await admin.query('CREATE ROLE hugos');
    const other = await logIn(keyshift, credentials.grouped);
    expect(await whoIs(other)).toEqual({ user: 'hugo', groups: ['hugos'] });
    expect(await outcomeOf(other, `SELECT FROM ${table}`)).toBe('42501');
    expect(await outcomeOf(grouped, `SELECT FROM ${table}`)).toBe('done');
    await end(grouped, alone, other);
    await expect.poll(() => reconcile().then(() => left('hugo'))).toEqual([]);
  });

  test('that is dropped takes its rights from open sessions at once', async () => {
    const { table } = await make('ines', 'ineses');
    const { grouped, alone, credentials } = await enter('ines', 'ineses');
    const refused = await refusalOf(admin.query('DROP ROLE ineses'));
    expect(refused.code).toBe('2BP01');
    await admin.query(`REVOKE ALL ON ${table} FROM ineses; GRANT SELECT ON ${table} TO PUBLIC`);
    await admin.query(`DROP ROLE ineses; REVOKE SELECT ON ${table} FROM PUBLIC`);
    expect(await whoIs(grouped)).toEqual({ user: 'ines', groups: [] });
    expect(await outcomeOf(grouped, `SELECT FROM ${table}`)).toBe('42501');
    await grouped.query('CREATE TABLE public.by_ines (n int)');
    expect(await ownerOf('public.by_ines')).toBe('ines');
    expect(await loginRefusal(keyshift, credentials.grouped)).toMatchObject({
      code: '42704',
      message: 'group "ineses" does not exist',
    });
    await (await logIn(keyshift, credentials.alone)).end();
    await end(grouped, alone);
    await expect.poll(() => reconcile().then(() => left('ines'))).toEqual([]);
  });
});

describe('a warm backend', () => {
  test('of a user who was renamed is not given to the next one of the name', async () => {
    await make('jan', 'jans');
    const login = await issue(keyshift, { dbUser: 'jan' });
    for (let n = 0; n < 3; n++) await end(await logIn(keyshift, login));
    await admin.query('ALTER ROLE jan RENAME TO johann; CREATE ROLE jan LOGIN ADMIN keyshift_superuser');
    await admin.query('CREATE TABLE public.of_johann (n int); ALTER TABLE public.of_johann OWNER TO johann');
    const client = newClient(keyshift, login);
    await client.connect();
    expect(await whoIs(client)).toEqual({ user: 'jan', groups: [] });
    expect(await outcomeOf(client, 'SELECT FROM public.of_johann')).toBe('42501');
    await client.end();
  });
});

test('the log has no error', () => {
  expect(keyshift.output).not.toMatch(
    /"level":[56]0|a session failed|UnhandledPromise|TypeError|AssertionError/,
  );
});
