import type { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { must } from './support/api.ts';
import { Keyshift } from './support/keyshift.ts';
import { type Login, logIn } from './support/logins.ts';
import { ServerAdmin } from './support/server-admin.ts';
import { loginFor } from './support/servers.ts';

// Sessions of one user with every set of two groups, side by side: what each may, and whose the things are that it makes.
// On the embedded PostgreSQL 18.

const MASTER: Login = { user: 'awsuser', password: 'Master-Password-1' };
const SETS: readonly (readonly string[])[] = [[], ['m_read'], ['m_write'], ['m_read', 'm_write']];

/** By group set, what a session may do to the table that the groups have rights on. */
const MAY: readonly [statement: string, group: string][] = [
  ['select * from matrix.held', 'm_read'],
  ['insert into matrix.held values (1)', 'm_write'],
  ['truncate matrix.held', 'm_write'],
  [`select nextval('matrix.numbers')`, 'm_write'],
  ['select matrix.secret()', 'm_read'],
  ['create table matrix_groups.made_by_right (n int); drop table matrix_groups.made_by_right', 'm_write'],
];

/** What nobody of them may, whatever the groups. */
const NOBODY_MAY: readonly string[] = [
  'drop table matrix.held',
  'alter table matrix.held add column x int',
  'alter default privileges for role awsuser grant all on tables to public',
  'set role m_read',
  'grant m_read to matrix_user',
  `select pg_read_file('PG_VERSION')`,
  `copy (select 1) to program 'true'`,
  `select lo_import('/etc/passwd')`,
  'create extension file_fdw',
  `alter role matrix_user superuser`,
  `alter system set work_mem = '1MB'`,
];

/** Kinds of objects, by the statements that make one called `name`. */
const KINDS: readonly [kind: string, make: (name: string) => string][] = [
  ['table', (name) => `create table ${name} (n serial primary key)`],
  [
    'partitions',
    (name) =>
      `create table ${name} (n int) partition by range (n); create table ${name}_1 partition of ${name} for values from (0) to (9)`,
  ],
  ['view', (name) => `create view ${name} as select 1 as n`],
  ['materialized view', (name) => `create materialized view ${name} as select 1 as n`],
  ['sequence', (name) => `create sequence ${name}`],
  [
    'function with its definer’s rights',
    (name) => `create function ${name}() returns name language sql security definer as 'select current_user'`,
  ],
  ['type', (name) => `create type ${name} as enum ('a')`],
  ['domain', (name) => `create domain ${name} as int`],
  ['schema', (name) => `create schema ${name} create table inside (n int)`],
  ['copy of a query', (name) => `create table ${name} as select 1 as n`],
  ['large object', (name) => `select lo_create(0); create table ${name} (n int)`],
];

let keyshift: Keyshift;
let admin: ServerAdmin;

beforeAll(async () => {
  keyshift = await Keyshift.start();
  admin = await ServerAdmin.open(keyshift);
  const parameters = { ClusterIdentifier: 'examplecluster', MasterUserPassword: MASTER.password };
  await must(keyshift.root, 'redshift', 'ModifyCluster', parameters);
  const master = await logIn(keyshift, MASTER);
  await master.query(`
    create group m_read; create group m_write; create user matrix_user password disable; create user friend password disable;
    create schema matrix; create schema matrix_groups; create schema made;
    create table matrix.held (n int); create sequence matrix.numbers;
    create function matrix.secret() returns int language sql as 'select 1'; revoke all on function matrix.secret() from public;
    grant usage on schema matrix to group m_read, group m_write;
    grant usage on schema matrix_groups to group m_write; grant create on schema matrix_groups to group m_write;
    grant select on matrix.held to group m_read; grant execute on function matrix.secret() to group m_read;
    grant insert, truncate on matrix.held to group m_write; grant usage on sequence matrix.numbers to group m_write;
    grant create, usage on schema made to matrix_user; grant create on database exampledb to matrix_user`);
  await master.end();
  const user = await logIn(keyshift, await loginFor(keyshift, { dbUser: 'matrix_user' }));
  await user.query('alter default privileges in schema made grant select on tables to friend');
  await user.end();
});
afterAll(async () => {
  await admin?.close();
  await keyshift?.close();
});

const enter = async (groups: readonly string[]): Promise<Client> =>
  logIn(keyshift, await loginFor(keyshift, { dbUser: 'matrix_user', groups }));

const outcomeOf = (client: Client, statement: string): Promise<string> =>
  client.query(statement).then(
    () => 'done',
    (error: { code: string }) => error.code,
  );

describe('a hundred sessions of one user, with four sets of groups, at once', () => {
  test('may each what its groups may, and nothing of the others', async () => {
    const sets = Array.from({ length: 100 }, (_, n) => SETS[n % SETS.length] ?? []);
    const clients = await Promise.all(sets.map(enter));
    const seen = await Promise.all(
      clients.map(async (client) => {
        const results: [string, string][] = [];
        // Each in a transaction that is undone, so that they do not wait for each other's locks for long.
        for (const [statement] of MAY) {
          await client.query('begin');
          results.push([statement, await outcomeOf(client, statement)]);
          await client.query('rollback');
        }
        return results;
      }),
    );
    for (const [n, results] of seen.entries()) {
      const groups = sets[n] ?? [];
      const expected = MAY.map(([statement, group]) => [
        statement,
        groups.includes(group) ? 'done' : '42501',
      ]);
      expect(results, groups.join()).toEqual(expected);
    }
    await Promise.all(clients.map((client) => client.end()));
  });
});

describe.each(SETS.map((groups) => [groups.join() || 'no group', groups] as const))(
  'with %s',
  (_name, groups) => {
    test('what nobody may is refused', async () => {
      const client = await enter(groups);
      await outcomeOf(client, 'grant select on matrix.held to public');
      for (const statement of NOBODY_MAY)
        expect(['42501', '0A000'], statement).toContain(await outcomeOf(client, statement));
      await client.end();
    });

    test.each(KINDS)(
      'a %s belongs to the user, and a session with other groups can alter and drop it',
      async (kind, make) => {
        const name = `made.${`${kind}_${groups.join('_')}`.replaceAll(/\W/g, '_').slice(0, 40)}`;
        const isSchema = kind === 'schema';
        const maker = await enter(groups);
        await maker.query(make(isSchema ? name.slice(5) : name));
        await maker.query('select 1; comment on schema made is null').catch(() => {});
        const strangers = await admin.query(
          `select from pg_shdepend d join pg_roles r on r.oid = d.refobjid
       where d.refclassid = 'pg_authid'::regclass and d.deptype in ('o', 'a') and r.rolname like 'IAM:%' and d.classid <> 'pg_largeobject'::regclass`,
        );
        expect(strangers).toEqual([]);
        if (kind === 'table') {
          const [row] = await admin.query<{ friend: boolean }>(
            `select has_table_privilege('friend', $1, 'select') as friend`,
            [name],
          );
          expect(row?.friend).toBe(true);
        }
        await maker.end();
        const other = await enter(groups.length === 0 ? ['m_read'] : []);
        const word = {
          view: 'view',
          'materialized view': 'materialized view',
          sequence: 'sequence',
          type: 'type',
          domain: 'domain',
          schema: 'schema',
        }[kind];
        const what = kind.startsWith('function') ? 'function' : (word ?? 'table');
        expect(await outcomeOf(other, `drop ${what} ${isSchema ? name.slice(5) : name} cascade`)).toBe(
          'done',
        );
        await other.end();
      },
    );
  },
);

test('no session role is left after reconcile, nor owns anything', async () => {
  await expect
    .poll(async () => {
      await must(keyshift.root, 'keyshift', 'Reconcile', {
        ClusterIdentifier: 'examplecluster',
        Remove: 'true',
      });
      return admin.query(`select rolname from pg_roles where rolname like 'IAM:%'`);
    })
    .toEqual([]);
  // PostgreSQL only warns of a grant by somebody who may not grant; nothing came of it.
  const [held] = await admin.query<{ open: boolean }>(
    `select has_table_privilege('friend', 'matrix.held', 'select') as open`,
  );
  expect(held?.open).toBe(false);
});
