import { connect } from 'node:net';
import type { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cancelRequest, password, query, startup, Wire } from '../hostile/wire.ts';
import { must, ask as send } from './support/api.ts';
import {
  APP,
  CLUSTER,
  healthOf,
  startWithExternal,
  temporary,
  withClustersFile,
} from './support/external.ts';
import { failingStart, type Keyshift } from './support/keyshift.ts';
import { ask, type Login, logIn, loginRefusal, newClient, refusalOf } from './support/logins.ts';
import { needs } from './support/programs.ts';
import { PsqlSession, psql } from './support/psql.ts';
import { SUPERUSER, TcpServer } from './support/tcp-server.ts';

// A PostgreSQL server that Keyshift did not start, registered by its URL: everything goes over TCP and every login by
// SCRAM, as on a managed service.

const ANALYST: Login = { user: 'analyst', password: 'Analyst-Password-1' };
const GATEWAY: Login = { user: 'gateway', password: 'Gateway-Password-1' };

const WHO = 'select current_user::text as me, session_user::text as session';

/** What the server's owner has on it before Keyshift comes. */
const CONTENT = `
  CREATE ROLE analyst LOGIN PASSWORD '${ANALYST.password}';
  CREATE ROLE sales_team;
  CREATE ROLE foreign_team;
  CREATE SCHEMA sales;
  CREATE TABLE sales.orders AS SELECT n AS id FROM generate_series(1, 5) n;
  GRANT USAGE ON SCHEMA sales TO sales_team;
  GRANT SELECT ON sales.orders TO sales_team;
  GRANT CREATE ON SCHEMA public TO analyst;
  ALTER ROLE analyst SET statement_timeout = '77s';
  ALTER ROLE analyst SET search_path = "$user", public, sales;
  ALTER ROLE analyst IN DATABASE app SET work_mem = '9MB'`;

/** A role as managed services give it: it makes roles, and may lend those that it was given with ADMIN. */
const MANAGED = `
  CREATE ROLE gateway LOGIN CREATEROLE PASSWORD '${GATEWAY.password}';
  GRANT CREATE ON DATABASE app TO gateway;
  GRANT analyst, sales_team TO gateway WITH ADMIN TRUE, INHERIT FALSE, SET FALSE`;

async function roleNames(server: TcpServer, pattern: string): Promise<string[]> {
  const rows = await server.sql<{ name: string }>(
    'SELECT rolname AS name FROM pg_roles WHERE rolname ~ $1 ORDER BY 1',
    { values: [pattern] },
  );
  return rows.map((row) => row.name);
}

async function ownerOf(server: TcpServer, table: string): Promise<string | undefined> {
  const [row] = await server.sql<{ owner: string }>(
    'SELECT pg_get_userbyid(relowner) AS owner FROM pg_class WHERE oid = $1::regclass',
    { values: [table] },
  );
  return row?.owner;
}

async function storedPassword(server: TcpServer, role: string): Promise<string | null | undefined> {
  const [row] = await server.sql<{ stored: string | null }>(
    'SELECT rolpassword AS stored FROM pg_authid WHERE rolname = $1',
    { values: [role] },
  );
  return row?.stored;
}

describe.each([
  ['a superuser', SUPERUSER, true],
  ['a role with CREATEROLE', GATEWAY, false],
] as const)('a cluster whose URL names %s', (_title, administrator, isSuperuser) => {
  let server: TcpServer;
  let keyshift: Keyshift;

  beforeAll(async () => {
    server = await TcpServer.start();
    await server.sql(CONTENT);
    if (!isSuperuser) {
      await server.sql(MANAGED);
      await server.sql('GRANT CREATE ON DATABASE postgres TO gateway');
    }
    keyshift = await startWithExternal(server.url(administrator));
  });

  afterAll(async () => {
    await keyshift?.close();
    await server?.close();
  });

  const asAnalyst = (dbGroups: readonly string[] = []) => temporary(keyshift, 'analyst', { dbGroups });

  test('tells at the start what is missing on the server, and only then', () => {
    const warning = /no event trigger can be made/;
    if (isSuperuser) expect(keyshift.output).not.toMatch(warning);
    else expect(keyshift.output).toMatch(warning);
  });

  test('is described like any other cluster', async () => {
    const described = await must(keyshift.root, 'redshift', 'DescribeClusters');
    expect(described.texts('ClusterIdentifier')).toEqual([CLUSTER]);
    expect(described.texts('ClusterStatus')).toEqual(['available']);
    expect(described.texts('DBName')).toEqual(['app']);
    expect(described.texts('Port')).toEqual([String(keyshift.ready.gatewayPort)]);
    expect(await healthOf(keyshift)).toEqual({ code: 200, clusters: { [CLUSTER]: true } });
  });

  test('gives a login without groups the user, and leaves its password alone', async () => {
    const before = await storedPassword(server, 'analyst');
    expect(before).toMatch(/^SCRAM-SHA-256\$/);
    const client = await logIn(keyshift, await asAnalyst(), APP);
    try {
      expect((await client.query(WHO)).rows).toEqual([{ me: 'analyst', session: 'IAM:analyst:' }]);
      await client.query('CREATE TABLE public.plain ()');
      await client.query('CREATE SEQUENCE public.plain_sequence');
      expect(await refusalOf(client.query('SELECT FROM sales.orders'))).toMatchObject({ code: '42501' });
      const functions =
        'select keyshift.session_user_name()::text as name, keyshift.session_groups()::text[] as groups';
      expect((await client.query(functions)).rows).toEqual([{ name: 'analyst', groups: [] }]);
      // It ends where it began.
      await client.query('RESET ROLE');
      expect((await client.query(WHO)).rows).toEqual([{ me: 'analyst', session: 'IAM:analyst:' }]);
    } finally {
      await client.end();
    }
    expect(await ownerOf(server, 'public.plain')).toBe('analyst');
    expect(await ownerOf(server, 'public.plain_sequence')).toBe('analyst');
    expect(await storedPassword(server, 'analyst')).toBe(before);
  });

  test("gives a group's rights to the session that asked for them, and to no other", async () => {
    const count = 'select count(*)::int as count from sales.orders';
    const withGroup = await logIn(keyshift, await asAnalyst(['sales_team']), APP);
    const without = await logIn(keyshift, await asAnalyst(), APP);
    try {
      expect((await withGroup.query(count)).rows).toEqual([{ count: 5 }]);
      expect((await withGroup.query(WHO)).rows[0]).toMatchObject({ session: 'IAM:analyst:sales_team' });
      expect(await refusalOf(without.query(count))).toMatchObject({ code: '42501' });
      expect(await refusalOf(withGroup.query('SET ROLE sales_team'))).toMatchObject({ code: '42501' });
      const groups = await withGroup.query('select keyshift.session_groups()::text[] as groups');
      expect(groups.rows).toEqual([{ groups: ['sales_team'] }]);
    } finally {
      await Promise.all([withGroup.end(), without.end()]);
    }
  });

  test('hands what a session with groups makes to its user, where event triggers are allowed', async () => {
    const client = await logIn(keyshift, await asAnalyst(['sales_team']), APP);
    try {
      await client.query('CREATE TABLE public.grouped (id serial)');
      expect(await ownerOf(server, 'public.grouped')).toBe(
        isSuperuser ? 'analyst' : 'IAM:analyst:sales_team',
      );
      // What is left to do by hand where they are not.
      await client.query('ALTER TABLE public.grouped OWNER TO analyst');
      await client.query('SET ROLE analyst');
      await client.query('CREATE TABLE public.as_analyst ()');
    } finally {
      await client.end();
    }
    expect(await ownerOf(server, 'public.grouped')).toBe('analyst');
    expect(await ownerOf(server, 'public.as_analyst')).toBe('analyst');
  });

  test("leaves out groups that the user has anyway, so that the session is the user's", async () => {
    await server.sql('CREATE ROLE own_team');
    await server.sql('GRANT own_team TO analyst');
    const login = await asAnalyst(['own_team']);
    expect(await ask(keyshift, login, WHO, APP)).toEqual([{ me: 'analyst', session: 'IAM:analyst:' }]);
  });

  test('creates a user who may be created, without a password', async () => {
    const login = await temporary(keyshift, 'fresh', { autoCreate: true, dbGroups: ['sales_team'] });
    expect(login.user).toBe('IAMA:fresh:sales_team');
    expect(await ask(keyshift, login, 'select count(*)::int as n from sales.orders', APP)).toEqual([
      { n: 5 },
    ]);
    expect(await storedPassword(server, 'fresh')).toBeNull();
    const plain = await temporary(keyshift, 'fresh');
    expect(await ask(keyshift, plain, WHO, APP)).toEqual([{ me: 'fresh', session: 'IAM:fresh:' }]);
    const missing = await temporary(keyshift, 'nobody_yet');
    expect(await loginRefusal(keyshift, missing, APP)).toMatchObject({
      code: '42704',
      message: 'user "IAM:nobody_yet" does not exist',
    });
  });

  test("gives the user's settings to its sessions, and does it once", async () => {
    const settings = `select current_setting('statement_timeout') as timeout, current_setting('work_mem') as memory,
      current_setting('search_path') as path`;
    const used = async (role: string) => {
      const rows = await server.sql<{ said: string }>(
        "SELECT shobj_description(oid, 'pg_authid') AS said FROM pg_roles WHERE rolname = $1",
        { values: [role] },
      );
      return rows[0]?.said;
    };
    for (const [groups, role] of [
      [[], 'IAM:analyst:'],
      [['sales_team'], 'IAM:analyst:sales_team'],
    ] as const) {
      const [row] = await ask<Record<string, string>>(keyshift, await asAnalyst(groups), settings, APP);
      expect(row).toMatchObject({ timeout: '77s', memory: '9MB' });
      expect(row?.['path']?.split(/,\s*/).map((name) => name.trim())).toEqual(['analyst', 'public', 'sales']);
      const said = await used(role);
      await ask(keyshift, await asAnalyst(groups), settings, APP);
      expect(await used(role)).toBe(said);
    }
    await server.sql(`ALTER ROLE analyst SET statement_timeout = '78s'`);
    const [changed] = await ask<Record<string, string>>(keyshift, await asAnalyst(), settings, APP);
    expect(changed).toMatchObject({ timeout: '78s' });
  });

  test('takes a password that a session gave its own role away again', async () => {
    const own = { user: 'IAM:analyst:', password: 'Sneaky-Password-1' };
    const client = await logIn(keyshift, await asAnalyst(), APP);
    try {
      await client.query('SET ROLE NONE');
      const later = client.query(`DO $$ BEGIN ALTER ROLE "IAM:analyst:" VALID UNTIL 'infinity'; END $$`);
      expect(await refusalOf(later)).toMatchObject({ code: '42501' });
      await client.query(`DO $$ BEGIN ALTER ROLE "IAM:analyst:" PASSWORD '${own.password}'; END $$`);
    } finally {
      await client.end();
    }
    // The next login finds its own password refused, and sets it anew.
    expect(await ask(keyshift, await asAnalyst(), 'select 1 as n', APP)).toEqual([{ n: 1 }]);
    expect(await refusalOf(server.sql('SELECT 1', own))).toMatchObject({ code: '28P01' });
    const [valid] = await server.sql<{ minutes: number }>(
      `SELECT extract(epoch FROM rolvaliduntil - now())::float / 60 AS minutes FROM pg_roles WHERE rolname = 'IAM:analyst:'`,
    );
    expect(valid?.minutes).toBeGreaterThan(44);
    expect(valid?.minutes).toBeLessThanOrEqual(60);
  });

  test('mends or replaces a session role that somebody changed', async () => {
    const login = await asAnalyst(['sales_team']);
    await ask(keyshift, login, 'select 1 as n', APP);
    await server.sql('GRANT foreign_team TO "IAM:analyst:sales_team"');
    const member = `select pg_has_role('foreign_team', 'MEMBER') as member`;
    expect(await ask(keyshift, login, member, APP)).toEqual([{ member: false }]);
    await server.sql('ALTER ROLE "IAM:analyst:sales_team" CREATEDB');
    const mayCreate = `select rolcreatedb as may from pg_roles where rolname = session_user`;
    expect(await ask(keyshift, login, mayCreate, APP)).toEqual([{ may: false }]);
    await server.sql(`ALTER ROLE "IAM:analyst:sales_team" SET work_mem = '64kB'`);
    expect(await ask(keyshift, login, 'show work_mem', APP)).toEqual([{ work_mem: '9MB' }]);
    await server.sql(`ALTER ROLE "IAM:analyst:sales_team" VALID UNTIL 'infinity'`);
    await ask(keyshift, login, 'select 1 as n', APP);
    const [valid] = await server.sql<{ soon: boolean }>(
      `SELECT rolvaliduntil < now() + interval '2 hours' AS soon FROM pg_roles WHERE rolname = 'IAM:analyst:sales_team'`,
    );
    expect(valid).toEqual({ soon: true });
  });

  test('lets a password user in by its own password, from libpq and from JavaScript', async (context) => {
    expect(await ask(keyshift, ANALYST, WHO, APP)).toEqual([{ me: 'analyst', session: 'analyst' }]);
    const wrong = { ...ANALYST, password: 'Analyst-Password-2' };
    expect(await loginRefusal(keyshift, wrong, APP)).toMatchObject({
      code: '28P01',
      message: 'password authentication failed for user "analyst"',
    });
    expect(await loginRefusal(keyshift, ANALYST, { database: 'no_such_database' })).toMatchObject({
      code: '3D000',
    });
    needs(context, 'psql');
    const right = await psql(keyshift, ANALYST, ['show work_mem', WHO], APP);
    expect(right).toEqual({ code: 0, stdout: '9MB\nanalyst|analyst\n', stderr: '' });
    const refused = await psql(keyshift, wrong, ['select 1'], APP);
    expect(refused).toMatchObject({ code: 2, stdout: '' });
    expect(refused.stderr).toContain('password authentication failed for user "analyst"');
  });

  test('gives the settings of the connection string to the session of a password user', async () => {
    const target = { ...APP, options: '-c statement_timeout=5s' };
    expect(await ask(keyshift, ANALYST, 'show statement_timeout', target)).toEqual([
      { statement_timeout: '5s' },
    ]);
    const temporaryLogin = await asAnalyst();
    expect(await ask(keyshift, temporaryLogin, 'show statement_timeout', target)).toEqual([
      { statement_timeout: '5s' },
    ]);
  });

  async function asRedshiftDriver(login: Login): Promise<Wire> {
    const wire = await Wire.openTls(keyshift);
    wire.send(startup({ user: login.user, database: 'app', client_protocol_version: '1' }));
    const request = await wire.message();
    expect([request.letter, request.body.readInt32BE()]).toEqual(['R', 3]);
    wire.send(password(login.password));
    return wire;
  }

  test('asks a Redshift driver for the password in clear text, and answers SCRAM in its place', async () => {
    const wire = await asRedshiftDriver(ANALYST);
    expect((await wire.greeting()).parameters.get('server_version')).toBe('8.0.2');
    wire.vanish();
    const wrong = await asRedshiftDriver({ ...ANALYST, password: 'Analyst-Password-2' });
    await expect(wrong.greeting()).rejects.toThrow('password authentication failed for user "analyst"');
  });

  test('asks another client for SCRAM, without a binding to a TLS connection that is not its own', async () => {
    const wire = await Wire.openTls(keyshift);
    wire.send(startup({ user: 'analyst', database: 'app' }));
    const request = await wire.message();
    expect(request.letter).toBe('R');
    expect(request.body.readInt32BE()).toBe(10);
    expect(request.body.subarray(4).toString()).toBe('SCRAM-SHA-256\0\0');
    wire.send(query('select 1'));
    expect((await wire.message()).letter).toBe('E');
    await wire.untilEnd();
  });

  test.each([
    ['the role of the URL', () => ({ user: administrator.user, password: administrator.password })],
    ['a session role', () => ({ user: 'keyshift_session', password: 'x' })],
  ])('lets nobody in as %s, not even with its password', async (_name, login) => {
    expect(await loginRefusal(keyshift, login(), APP)).toMatchObject({ code: '28P01' });
    const temporaryLogin = await send(keyshift.root, 'redshift', 'GetClusterCredentials', {
      ClusterIdentifier: CLUSTER,
      DbUser: login().user,
    });
    const [user = '', secret = ''] = [
      ...temporaryLogin.texts('DbUser'),
      ...temporaryLogin.texts('DbPassword'),
    ];
    expect(await loginRefusal(keyshift, { user, password: secret }, APP)).toMatchObject({
      code: '28000',
      message: `role "${login().user}" cannot be used with temporary credentials`,
    });
  });

  test('cancels a query for the client that has its key, and for no other', async () => {
    for (const login of [await asAnalyst(), ANALYST]) {
      const client = newClient(keyshift, login, APP) as Client & KeyHolder;
      await client.connect();
      const sleeping = refusalOf(client.query('select pg_sleep(120)'));
      await sleepingSoon();
      const wrongKey = Buffer.from('00000000', 'hex');
      await sendCancel(keyshift, cancelRequest(client.processID, wrongKey));
      expect(await isSleeping()).toBe(true);
      const key = Buffer.alloc(4);
      key.writeInt32BE(client.secretKey);
      await sendCancel(keyshift, cancelRequest(client.processID, key));
      expect(await sleeping).toMatchObject({ code: '57014' });
      await client.end();
    }
  });

  async function isSleeping(): Promise<boolean> {
    const found = await server.sql(
      `SELECT FROM pg_stat_activity WHERE query LIKE 'select pg_sleep%' AND state = 'active'`,
    );
    return found.length > 0;
  }

  async function sleepingSoon(): Promise<void> {
    await expect.poll(isSleeping).toBe(true);
  }

  test('ends the query of a client that vanishes', async () => {
    const client = newClient(keyshift, await asAnalyst(), APP);
    await client.connect();
    const sleeping = refusalOf(client.query('select pg_sleep(60)'));
    await sleepingSoon();
    client.connection.stream.destroy();
    await sleeping;
    await expect.poll(isSleeping, { timeout: 20_000 }).toBe(false);
  });

  test('serves psql, and cancels its query at Ctrl-C', async (context) => {
    needs(context, 'psql');
    const session = new PsqlSession(keyshift, await asAnalyst(['sales_team']), APP);
    try {
      expect(await session.ask('select count(*) from sales.orders;')).toEqual({ stdout: '5', stderr: '' });
      // A psql that reads a script ends with the statement that was canceled.
      const sleeping = refusalOf(session.ask('select pg_sleep(120);'));
      await sleepingSoon();
      session.interrupt();
      expect((await sleeping).message).toContain('canceling statement due to user request');
    } finally {
      await session.close();
    }
  });

  test('lends what was made through the gateway, in the words of Redshift', async () => {
    const maker = { user: 'maker', password: 'Maker-Password-1' };
    await server.sql(`CREATE ROLE maker LOGIN CREATEROLE PASSWORD '${maker.password}'`);
    const client = await logIn(keyshift, maker, APP);
    try {
      await client.query('create user made_user password disable');
      await client.query('create group made_group');
    } finally {
      await client.end();
    }
    await server.sql('GRANT USAGE ON SCHEMA sales TO made_group; GRANT SELECT ON sales.orders TO made_group');
    const login = await temporary(keyshift, 'made_user', { dbGroups: ['made_group'] });
    expect(await ask(keyshift, login, 'select count(*)::int as n from sales.orders', APP)).toEqual([
      { n: 5 },
    ]);
  });

  if (!isSuperuser) {
    test('says which right it lacks to lend a role or to copy a setting', async () => {
      expect(await loginRefusal(keyshift, await asAnalyst(['foreign_team']), APP)).toMatchObject({
        code: '42501',
        message: 'the rights of "foreign_team" cannot be given to a session',
        detail: expect.stringContaining('ADMIN option on the role "foreign_team"'),
      });
      expect(await roleNames(server, '^IAM:analyst:foreign')).toEqual([]);
      await server.sql(`ALTER ROLE fresh SET "tenant.id" = '7'`);
      const login = await temporary(keyshift, 'fresh');
      expect(await loginRefusal(keyshift, login, APP)).toMatchObject({
        code: '42501',
        message: 'the setting "tenant.id" of the user cannot be given to its session',
      });
      await server.sql('GRANT SET ON PARAMETER tenant.id TO gateway');
      expect(await ask(keyshift, login, `select current_setting('tenant.id') as id`, APP)).toEqual([
        { id: '7' },
      ]);
    });

    test('serves a database in which it may make nothing, without its functions', async () => {
      await server.sql('CREATE DATABASE closed');
      await server.sql('REVOKE CONNECT ON DATABASE closed FROM PUBLIC');
      await server.sql('GRANT CONNECT ON DATABASE closed TO analyst');
      const rows = await ask(keyshift, await asAnalyst(), WHO, { database: 'closed' });
      expect(rows).toEqual([{ me: 'analyst', session: 'IAM:analyst:' }]);
      expect(keyshift.output).toContain('a database lacks the SQL functions of Keyshift');
    });
  }

  test('goes on after the server was restarted, and says so while it is down', async () => {
    const client = await logIn(keyshift, await asAnalyst(), APP);
    await server.stop();
    expect(await refusalOf(client.query('select 1'))).toBeDefined();
    const login = await asAnalyst();
    for (const tried of [login, ANALYST]) {
      expect(await loginRefusal(keyshift, tried, APP)).toMatchObject({
        code: '57P03',
        message: 'the database server of this cluster cannot be reached',
      });
    }
    expect(await healthOf(keyshift)).toEqual({ code: 503, clusters: { [CLUSTER]: false } });
    await server.start();
    for (const tried of [login, ANALYST]) {
      expect(await ask(keyshift, tried, 'select 1 as n', APP)).toEqual([{ n: 1 }]);
    }
    expect(await healthOf(keyshift)).toEqual({ code: 200, clusters: { [CLUSTER]: true } });
  });

  test('keeps what is not its business out of the API, and forgets the server when it is deleted', async () => {
    const modified = await send(keyshift.root, 'redshift', 'ModifyCluster', {
      ClusterIdentifier: CLUSTER,
      MasterUserPassword: 'Master-Password-1',
    });
    expect(modified).toMatchObject({ status: 400, code: 'UnsupportedOperation' });
    expect(modified.message).toContain('external PostgreSQL server');
    for (const operation of ['PauseCluster', 'ResumeCluster', 'RebootCluster']) {
      const refused = await send(keyshift.root, 'redshift', operation, { ClusterIdentifier: CLUSTER });
      expect(refused, operation).toMatchObject({ status: 400, code: 'UnsupportedOperation' });
    }
    await must(keyshift.root, 'redshift', 'DeleteCluster', {
      ClusterIdentifier: CLUSTER,
      SkipFinalClusterSnapshot: 'true',
    });
    const gone = async () =>
      (await send(keyshift.root, 'redshift', 'DescribeClusters', { ClusterIdentifier: CLUSTER })).code;
    await expect.poll(gone).toBe('ClusterNotFound');
    expect(await server.sql('SELECT count(*)::int AS n FROM sales.orders')).toEqual([{ n: 5 }]);
  });
});

interface KeyHolder {
  readonly processID: number;
  readonly secretKey: number;
}

async function sendCancel(keyshift: Keyshift, packet: Buffer): Promise<void> {
  const socket = connect({ host: '127.0.0.1', port: keyshift.ready.gatewayPort });
  socket.on('error', () => {});
  socket.write(packet);
  socket.resume();
  await new Promise((resolve) => socket.once('close', resolve));
}

describe('a server that lets people in too easily', () => {
  let server: TcpServer;
  let keyshift: Keyshift;

  beforeAll(async () => {
    server = await TcpServer.start();
    await server.sql('CREATE ROLE trusting LOGIN');
    await server.sql(`CREATE ROLE talking LOGIN PASSWORD 'Talking-Password-1'`);
    await server.writeHba(
      [
        'host all trusting,"IAM:trusting:" 127.0.0.1/32 trust',
        'host all talking,"IAM:talking:" 127.0.0.1/32 password',
        'host all all 127.0.0.1/32 scram-sha-256',
        '',
      ].join('\n'),
    );
    await server.stop();
    await server.start();
    keyshift = await startWithExternal(server.url(SUPERUSER));
  });

  afterAll(async () => {
    await keyshift?.close();
    await server?.close();
  });

  test('is not believed when it asks for no password', async () => {
    expect(await server.sql('SELECT 1 AS n', { user: 'trusting', password: '' })).toEqual([{ n: 1 }]);
    const refusal = {
      code: '28000',
      message: 'the database server asked for no password; the login is refused',
    };
    expect(await loginRefusal(keyshift, { user: 'trusting', password: 'any' }, APP)).toMatchObject(refusal);
    expect(await loginRefusal(keyshift, await temporary(keyshift, 'trusting'), APP)).toMatchObject(refusal);
  });

  test('is told no password in clear text', async () => {
    const talking = { user: 'talking', password: 'Talking-Password-1' };
    expect(await server.sql('SELECT 1 AS n', talking)).toEqual([{ n: 1 }]);
    const refusal = {
      code: '28000',
      message: 'the database server asks for a password in a way that the gateway does not speak',
    };
    expect(await loginRefusal(keyshift, talking, APP)).toMatchObject(refusal);
    expect(await loginRefusal(keyshift, await temporary(keyshift, 'talking'), APP)).toMatchObject(refusal);
  });
});

describe('a server behind TLS', () => {
  let server: TcpServer;
  let keyshift: Keyshift;
  const verified = (host: string) =>
    server.url(
      SUPERUSER,
      host,
      `?sslmode=verify-full&sslrootcert=${encodeURIComponent(server.certificates?.caFile ?? '')}`,
    );

  beforeAll(async () => {
    server = await TcpServer.start({ tlsNames: ['localhost'] });
    await server.sql(CONTENT);
    keyshift = await startWithExternal(verified('localhost'));
  });

  afterAll(async () => {
    await keyshift?.close();
    await server?.close();
  });

  test('is entered encrypted, by temporary logins and by passwords', async (context) => {
    const isEncrypted = 'select ssl from pg_stat_ssl where pid = pg_backend_pid()';
    const login = await temporary(keyshift, 'analyst', { dbGroups: ['sales_team'] });
    for (const tried of [login, ANALYST]) {
      expect(await ask(keyshift, tried, isEncrypted, APP)).toEqual([{ ssl: true }]);
    }
    expect(await loginRefusal(keyshift, { ...ANALYST, password: 'Analyst-Password-2' }, APP)).toMatchObject({
      code: '28P01',
    });
    needs(context, 'psql');
    // libpq would take SCRAM passed through two TLS connections for an attack, and be right.
    expect(await psql(keyshift, ANALYST, [WHO], APP)).toEqual({
      code: 0,
      stdout: 'analyst|analyst\n',
      stderr: '',
    });
  });

  test('gets cancel requests too', async () => {
    const client = newClient(keyshift, await temporary(keyshift, 'analyst'), APP) as Client & KeyHolder;
    await client.connect();
    const sleeping = refusalOf(client.query('select pg_sleep(120)'));
    const key = Buffer.alloc(4);
    key.writeInt32BE(client.secretKey);
    let isEnded = false;
    sleeping.finally(() => {
      isEnded = true;
    });
    // One that comes before the statement runs is lost.
    const cancel = async (): Promise<boolean> => {
      await sendCancel(keyshift, cancelRequest(client.processID, key));
      return isEnded;
    };
    await expect.poll(cancel, { timeout: 60_000 }).toBe(true);
    expect(await sleeping).toMatchObject({ code: '57014' });
    await client.end();
  });

  test('is not entered under a name that its certificate does not have', async () => {
    const other = await startWithExternal(verified('127.0.0.1'));
    try {
      expect(other.output).toMatch(/does not match certificate/);
      expect(other.output).not.toContain(SUPERUSER.password);
      expect(await healthOf(other)).toEqual({ code: 503, clusters: { [CLUSTER]: false } });
      const login = await temporary(other, 'analyst');
      expect(await loginRefusal(other, login, APP)).toMatchObject({ code: '57P03' });
    } finally {
      await other.close();
    }
  });
});

describe('a clusters file', () => {
  let server: TcpServer;

  beforeAll(async () => {
    server = await TcpServer.start();
    await server.sql(CONTENT);
  });

  afterAll(async () => {
    await server?.close();
  });

  test.each([
    ['LOGIN', 'The role "poor" may not make roles on the server'],
    ['LOGIN CREATEROLE', 'The role "poor" may not make the schema keyshift in the database "postgres"'],
  ])('names a role with too few rights, which the log tells: %s', async (attributes, reason) => {
    const poor = { user: 'poor', password: 'Poor-Password-1' };
    await server.sql(`CREATE ROLE poor ${attributes} PASSWORD '${poor.password}'`);
    const keyshift = await startWithExternal(server.url(poor));
    try {
      expect(keyshift.output).toContain(JSON.stringify(reason).slice(1, -1));
      expect(keyshift.output).not.toContain(poor.password);
      expect(await healthOf(keyshift)).toEqual({ code: 503, clusters: { [CLUSTER]: false } });
    } finally {
      await keyshift.close();
      await server.sql('DROP ROLE poor');
    }
  });

  test('adds its server to the embedded clusters, and cannot take the name of one', async () => {
    const first = await startWithExternal(server.url(SUPERUSER), { flags: ['--example'] });
    try {
      const described = await must(first.root, 'redshift', 'DescribeClusters');
      expect(described.texts('ClusterIdentifier')).toEqual(['examplecluster', CLUSTER]);
      const [example, port] = described.texts('Port').map(Number);
      if (example === undefined || port === undefined) throw new Error('two ports must be described');
      const login = await temporary(first, 'analyst');
      expect(await ask(first, login, 'select 1 as n', { ...APP, port })).toEqual([{ n: 1 }]);
      expect(await loginRefusal(first, login, { database: 'exampledb', port: example })).toMatchObject({
        code: '28000',
        message: 'IAM authentication failed for user "IAM:analyst"',
      });
      await first.stop();
      const refused = await withClustersFile('examplecluster', server.url(SUPERUSER), (taken) =>
        failingStart({ dataDir: first.dataDir, ...taken }),
      );
      expect(refused.code).toBe(1);
      expect(refused.stderr).toContain(
        'the clusters file names examplecluster, but that is an embedded cluster',
      );
    } finally {
      await first.close();
    }
  });
});

describe('a server that is down when Keyshift starts', () => {
  test('is reached when it is up, without another start', async () => {
    const server = await TcpServer.start();
    await server.sql(CONTENT);
    await server.stop();
    const keyshift = await startWithExternal(server.url(SUPERUSER));
    try {
      expect(keyshift.output).toContain('the server of an external cluster cannot be used');
      expect(await healthOf(keyshift)).toEqual({ code: 503, clusters: { [CLUSTER]: false } });
      const login = await temporary(keyshift, 'analyst');
      for (const tried of [login, ANALYST]) {
        expect(await loginRefusal(keyshift, tried, APP)).toMatchObject({ code: '57P03' });
      }
      await server.start();
      const isUp = async (): Promise<number> => (await healthOf(keyshift)).code;
      await expect.poll(isUp, { timeout: 60_000, interval: 200 }).toBe(200);
      expect(await ask(keyshift, login, 'select 1 as n', APP)).toEqual([{ n: 1 }]);
    } finally {
      await keyshift.close();
      await server.close();
    }
  });
});
