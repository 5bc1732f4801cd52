import type { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { must } from './support/api.ts';
import { APP, CLUSTER, startWithExternal } from './support/external.ts';
import { Keyshift } from './support/keyshift.ts';
import { issue, logIn } from './support/logins.ts';
import { describeOn, type PostgresMajor, packageOf } from './support/postgres-versions.ts';
import { ServerAdmin } from './support/server-admin.ts';
import { SUPERUSER, TcpServer } from './support/tcp-server.ts';

// Sessions of one user with every set of two groups, side by side: what each may, and whose the things are that it makes.
// On the embedded PostgreSQL 18, and on external servers of the three versions.

const SETS: readonly (readonly string[])[] = [[], ['m_read'], ['m_write'], ['m_read', 'm_write']];

/** What a session may do only with a group: the rights that the group has, and those of the owner that it is. */
const MAY: readonly [statement: string, group: string][] = [
  ['select * from matrix.held', 'm_read'],
  ['insert into matrix.held values (1)', 'm_write'],
  ['truncate matrix.held', 'm_write'],
  [`select nextval('matrix.numbers')`, 'm_write'],
  ['select matrix.secret()', 'm_read'],
  ['create table matrix_groups.made_by_right (n int)', 'm_write'],
  ['select * from matrix.seen', 'm_read'],
  ['select * from matrix.parts', 'm_read'],
  ['insert into matrix.parts values (1)', 'm_write'],
  // Planned and not run: there is nothing at the other end.
  ['explain select * from matrix.away', 'm_read'],
  ['select matrix.definer()', 'm_read'],
  ['select lo_get(424242)', 'm_read'],
  [`select lo_put(424243, 0, 'x')`, 'm_write'],
  ['create temp table of_kind (k matrix.kind)', 'm_read'],
  ['select * from matrix_hidden.inside', 'm_read'],
  ['alter table matrix.owned add column m int', 'm_write'],
  ['grant select on matrix.owned to friend', 'm_write'],
  ['drop table matrix.owned', 'm_write'],
  ['alter default privileges for role m_write grant select on tables to friend', 'm_write'],
];

/** What nobody of them may, whatever the groups. */
const NOBODY_MAY: readonly string[] = [
  'drop table matrix.held',
  'alter table matrix.held add column x int',
  'alter default privileges for role matrix_owner grant all on tables to public',
  'set role m_read',
  'grant m_read to matrix_user',
  `select pg_read_file('PG_VERSION')`,
  `copy (select 1) to program 'true'`,
  `select lo_import('/etc/passwd')`,
  'create extension file_fdw',
  `alter role matrix_user superuser`,
  `alter system set work_mem = '1MB'`,
];

/** Kinds of objects: the statements that make one called `name`, and the word by which it is dropped. */
const KINDS: readonly [kind: string, make: (name: string) => string, word?: string][] = [
  ['table', (name) => `create table made.${name} (n serial primary key)`],
  [
    'partitions',
    (name) =>
      `create table made.${name} (n int) partition by range (n); create table made.${name}_1 partition of made.${name} for values from (0) to (9)`,
  ],
  ['view', (name) => `create view made.${name} as select 1 as n`, 'view'],
  [
    'materialized view',
    (name) => `create materialized view made.${name} as select 1 as n`,
    'materialized view',
  ],
  ['sequence', (name) => `create sequence made.${name}`, 'sequence'],
  [
    'definer function',
    (name) =>
      `create function made.${name}() returns name language sql security definer as 'select current_user'`,
    'function',
  ],
  ['procedure', (name) => `create procedure made.${name}() language sql as 'select 1'`, 'procedure'],
  ['type', (name) => `create type made.${name} as enum ('a')`, 'type'],
  ['range', (name) => `create type made.${name} as range (subtype = int)`, 'type'],
  ['domain', (name) => `create domain made.${name} as int`, 'domain'],
  ['collation', (name) => `create collation made.${name} from "C"`, 'collation'],
  [
    'search configuration',
    (name) => `create text search configuration made.${name} (copy = simple)`,
    'text search configuration',
  ],
  ['copy of a query', (name) => `create table made.${name} as select 1 as n`],
  ['foreign table', (name) => `create foreign table made.${name} (n int) server away`, 'foreign table'],
  ['large object', (name) => `select lo_create(0); create table made.${name} (n int)`],
  ['schema', (name) => `create schema ${name} create table inside (n int)`, 'schema'],
  ['foreign server', (name) => `create server ${name} foreign data wrapper postgres_fdw`, 'server'],
];

/** Kinds that stand in no schema. */
const OUTSIDE: ReadonlySet<string> = new Set(['schema', 'foreign server']);

/** The users, groups and objects, as the server's owner makes them. */
const contentOf = (database: string): string => `
  create role m_read; create role m_write; create role matrix_owner; create role friend;
  create role matrix_user login;
  create schema matrix; create schema matrix_groups; create schema made;
  create table matrix.held (n int); create sequence matrix.numbers;
  create function matrix.secret() returns int language sql as 'select 1';
  revoke all on function matrix.secret() from public;
  grant usage on schema matrix to m_read, m_write;
  grant usage, create on schema matrix_groups to m_write;
  grant select on matrix.held to m_read; grant execute on function matrix.secret() to m_read;
  grant insert, truncate on matrix.held to m_write; grant usage on sequence matrix.numbers to m_write;
  grant create, usage on schema made to matrix_user; grant create on database ${database} to matrix_user;
  create extension postgres_fdw; create server away foreign data wrapper postgres_fdw;
  grant usage on foreign server away to matrix_user;
  grant usage on foreign data wrapper postgres_fdw to matrix_user;
  create view matrix.seen as select 1 as n; create foreign table matrix.away (n int) server away;
  create table matrix.parts (n int) partition by range (n);
  create table matrix.parts_1 partition of matrix.parts for values from (0) to (9);
  create table matrix.private (n int); create table matrix.owned (n int); alter table matrix.owned owner to m_write;
  create function matrix.definer() returns bigint language sql security definer as 'select count(*) from matrix.private';
  create type matrix.kind as enum ('a');
  revoke all on type matrix.kind from public; revoke all on function matrix.definer() from public;
  create schema matrix_hidden; create table matrix_hidden.inside (n int);
  grant select on matrix_hidden.inside to public; grant usage on schema matrix_hidden to m_read;
  select lo_create(424242); grant select on large object 424242 to m_read;
  select lo_create(424243); grant select, update on large object 424243 to m_write;
  grant select on matrix.seen, matrix.parts, matrix.away to m_read; grant insert on matrix.parts to m_write;
  grant execute on function matrix.definer() to m_read; grant usage on type matrix.kind to m_read;
  alter default privileges for role matrix_user in schema made grant select on tables to friend`;

/** A Keyshift with one cluster, and the way to that cluster's server as its owner. */
interface Place {
  readonly keyshift: Keyshift;
  readonly cluster: string;
  readonly database: string;
  query<Row extends object>(sql: string, values?: readonly unknown[]): Promise<Row[]>;
  close(): Promise<void>;
}

async function embedded(): Promise<Place> {
  const keyshift = await Keyshift.start();
  const admin = await ServerAdmin.open(keyshift);
  return {
    ...{ keyshift, cluster: 'examplecluster', database: 'exampledb' },
    query: (sql, values) => admin.query(sql, values),
    close: async () => {
      await admin.close();
      await keyshift.close();
    },
  };
}

async function external(major: PostgresMajor): Promise<Place> {
  const server = await TcpServer.start({ packageDir: packageOf(major), connectionsMax: 150 });
  const keyshift = await startWithExternal(server.url(SUPERUSER));
  return {
    ...{ keyshift, cluster: CLUSTER, database: APP.database },
    query: (sql, values = []) => server.sql(sql, { values }),
    close: async () => {
      await keyshift.close();
      await server.close();
    },
  };
}

const outcomeOf = (client: Client, statement: string): Promise<string> =>
  client.query(statement).then(
    () => 'done',
    (error: { code: string }) => error.code,
  );

/** What PostgreSQL knows to be owned by session roles, or granted to them, other than memberships. */
const HELD_BY_SESSION_ROLES = `
  select d.classid::regclass::text as catalog, r.rolname as role
  from pg_shdepend d join pg_roles r on r.oid = d.refobjid
  where d.refclassid = 'pg_authid'::regclass and d.deptype in ('o', 'a') and r.rolname like 'IAM:%'`;

describeOn('PostgreSQL 18, embedded', 18, () => matrix(18, embedded));
describeOn('PostgreSQL 18, external', 18, () => matrix(18, () => external(18)));
describeOn('PostgreSQL 17, external', 17, () => matrix(17, () => external(17)));
describeOn('PostgreSQL 16, external', 16, () => matrix(16, () => external(16)));

function matrix(major: PostgresMajor, open: () => Promise<Place>): void {
  let place: Place;

  beforeAll(async () => {
    place = await open();
    await place.query(contentOf(place.database));
  });
  afterAll(() => place?.close());

  const enter = async (groups: readonly string[]): Promise<Client> => {
    const { keyshift, cluster, database } = place;
    const wanted = { clusterIdentifier: cluster, dbUser: 'matrix_user', dbGroups: groups };
    return logIn(keyshift, await issue(keyshift, wanted), { database });
  };

  const ownedByUser = async (): Promise<number> => {
    const [row] = await place.query<{ objects: number }>(
      `select count(*)::int as objects from pg_shdepend where refclassid = 'pg_authid'::regclass
       and refobjid = 'matrix_user'::regrole and deptype = 'o'`,
    );
    return row?.objects ?? 0;
  };

  const reconcile = () =>
    must(place.keyshift.root, 'keyshift', 'Reconcile', { ClusterIdentifier: place.cluster, Remove: 'true' });

  test('is the version that it should be', async () => {
    const [row] = await place.query<{ version: number }>(
      `select current_setting('server_version_num')::int / 10000 as version`,
    );
    expect(row).toEqual({ version: major });
  });

  test('a hundred sessions at once may each what its groups may, and nothing of the others', async () => {
    const sets = Array.from({ length: 100 }, (_, n) => SETS[n % SETS.length] ?? []);
    const clients = await Promise.all(sets.map(enter));
    const seen = await Promise.all(
      clients.map(async (client) => {
        const results: [string, string][] = [];
        // Each in a transaction that is undone, so that they do not wait for each other's locks for long.
        for (const [statement] of MAY) {
          const outcome = await outcomeOf(client, `begin; ${statement}; rollback`);
          if (outcome !== 'done') await client.query('rollback');
          results.push([statement, outcome]);
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

  test('a hundred sessions that make tables at once make them for the user', async () => {
    const sets = Array.from({ length: 100 }, (_, n) => SETS[n % SETS.length] ?? []);
    const clients = await Promise.all(sets.map(enter));
    const made = clients.map((client, n) =>
      outcomeOf(client, `create table made.at_once_${n} (n serial); alter table made.at_once_${n} add m int`),
    );
    expect(new Set(await Promise.all(made))).toEqual(new Set(['done']));
    expect(await place.query(HELD_BY_SESSION_ROLES)).toEqual([]);
    // Each drops what a session with other groups has made.
    const dropped = clients.map((client, n) =>
      outcomeOf(client, `drop table made.at_once_${(n + 1) % clients.length}`),
    );
    expect(new Set(await Promise.all(dropped))).toEqual(new Set(['done']));
    await Promise.all(clients.map((client) => client.end()));
  });

  describe.each(SETS.map((groups) => [groups.join() || 'no group', groups] as const))(
    'with %s',
    (_name, groups) => {
      const nameOf = (kind: string) => `${kind}_${groups.join('_')}`.replaceAll(/\W/g, '_');
      const others = groups.length === 0 ? ['m_read'] : [];

      test('what nobody may is refused', async () => {
        const client = await enter(groups);
        await outcomeOf(client, 'grant select on matrix.held to public');
        for (const statement of NOBODY_MAY)
          expect(['42501', '0A000'], statement).toContain(await outcomeOf(client, statement));
        await client.end();
      });

      test('everything that is made belongs to the user', async () => {
        const maker = await enter(groups);
        for (const [kind, make] of KINDS) {
          const before = await ownedByUser();
          expect(await outcomeOf(maker, make(nameOf(kind))), kind).toBe('done');
          expect(await place.query(HELD_BY_SESSION_ROLES), kind).toEqual([]);
          expect(await ownedByUser(), kind).toBeGreaterThan(before);
        }
        await maker.end();
      });

      test("the user's default privileges hold for it, and functions with definer's rights run as the user", async () => {
        for (const kind of ['table', 'view', 'partitions', 'foreign table', 'copy of a query']) {
          const [row] = await place.query<{ friend: boolean }>(
            `select has_table_privilege('friend', $1, 'select') as friend`,
            [`made.${nameOf(kind)}`],
          );
          expect(row, kind).toEqual({ friend: true });
        }
        const other = await enter(others);
        const called = await other.query(`select made.${nameOf('definer function')}()::text as who`);
        expect(called.rows).toEqual([{ who: 'matrix_user' }]);
        await other.end();
      });

      test('a session with other groups can alter, grant and drop it', async () => {
        const other = await enter(others);
        const table = `made.${nameOf('table')}`;
        for (const statement of [
          `alter table ${table} add column more text default 'x'`,
          `grant insert on ${table} to friend`,
          `insert into ${table} default values`,
          `alter type made.${nameOf('type')} add value 'b'`,
          `alter schema ${nameOf('schema')} rename to renamed`,
          `alter schema renamed rename to ${nameOf('schema')}`,
        ])
          expect(await outcomeOf(other, statement), statement).toBe('done');
        for (const [kind, , word = 'table'] of KINDS) {
          const name = OUTSIDE.has(kind) ? nameOf(kind) : `made.${nameOf(kind)}`;
          expect(await outcomeOf(other, `drop ${word} ${name} cascade`), kind).toBe('done');
        }
        await other.end();
      });
    },
  );

  test('a large object without other DDL belongs to the user once its session role is gone', async () => {
    const maker = await enter(['m_read']);
    const { rows } = await maker.query<{ id: number }>(`select lo_from_bytea(0, 'large') as id`);
    const read = `select convert_from(lo_get(${rows[0]?.id}), 'UTF8') as text`;
    await maker.end();
    await expect.poll(() => reconcile().then(() => place.query(HELD_BY_SESSION_ROLES))).toEqual([]);
    const other = await enter([]);
    expect((await other.query(read)).rows).toEqual([{ text: 'large' }]);
    await other.end();
  });

  test('no session role is left after reconcile, nor owns anything', async () => {
    await expect
      .poll(async () => {
        await reconcile();
        return place.query(`select rolname from pg_roles where rolname like 'IAM:%'`);
      })
      .toEqual([]);
    // PostgreSQL only warns of a grant by somebody who may not grant; nothing came of it.
    const [held] = await place.query<{ open: boolean }>(
      `select has_table_privilege('friend', 'matrix.held', 'select') as open`,
    );
    expect(held?.open).toBe(false);
  });
}
