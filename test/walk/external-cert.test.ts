import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { APP, CLUSTER, healthOf, startWithExternal, temporary } from './support/external.ts';
import type { Keyshift } from './support/keyshift.ts';
import { ask, type Login, logIn, loginRefusal } from './support/logins.ts';
import { needs } from './support/programs.ts';
import { psql } from './support/psql.ts';
import { selfSigned } from './support/self-signed.ts';
import { TcpServer } from './support/tcp-server.ts';

// A PostgreSQL server that lets the gateway in by its client certificate, as any role: no secret of the server is kept.

const ANALYST: Login = { user: 'analyst', password: 'Analyst-Password-1' };
const WHO = 'select current_user::text as me, session_user::text as session';

const HBA = `
hostssl all            boss 127.0.0.1/32 scram-sha-256
hostssl keyshift_login all  127.0.0.1/32 scram-sha-256
hostssl all            all  127.0.0.1/32 cert map=keyshift
`;
/** As a role of the server's own makes roles on a managed service, or as a superuser. */
const GATEWAYS = [
  ['a superuser', 'CREATE ROLE gateway LOGIN SUPERUSER', true],
  [
    'a role with CREATEROLE',
    `CREATE ROLE gateway LOGIN CREATEROLE CREATEDB; GRANT CREATE ON DATABASE app, postgres TO gateway;
     GRANT analyst, sales_team TO gateway WITH ADMIN TRUE, INHERIT FALSE, SET FALSE`,
    false,
  ],
] as const;

describe.each(GATEWAYS)('entered by certificate as %s', (_title, makeGateway, isSuperuser) => {
  const folder = mkdtempSync(join(tmpdir(), 'keyshift-cert-'));
  let server: TcpServer;
  let keyshift: Keyshift;
  let otherFiles = '';

  beforeAll(async () => {
    const own = await selfSigned('keyshift-gateway');
    const other = await selfSigned('somebody-else');
    otherFiles = save('other', other);
    server = await TcpServer.start({
      tlsNames: ['localhost'],
      clientCa: `${own.certificate}\n${other.certificate}\n`,
      hba: HBA,
      ident: 'keyshift keyshift-gateway all\n',
    });
    await server.sql(`
      CREATE ROLE analyst LOGIN PASSWORD '${ANALYST.password}'; CREATE ROLE sales_team;
      CREATE SCHEMA sales; CREATE TABLE sales.orders AS SELECT n FROM generate_series(1, 5) n;
      GRANT USAGE ON SCHEMA sales TO sales_team; GRANT SELECT ON sales.orders TO sales_team;
      GRANT CREATE ON SCHEMA public TO analyst; ALTER ROLE analyst SET statement_timeout = '77s'`);
    await server.sql(makeGateway);
    keyshift = await startWithExternal(urlWith(save('gateway', own)));
  });
  afterAll(async () => {
    await keyshift?.close();
    await server?.close();
    rmSync(folder, { recursive: true });
  });

  function save(name: string, pair: { certificate: string; key: string }): string {
    const [certificate, key] = [join(folder, `${name}.crt`), join(folder, `${name}.key`)];
    writeFileSync(certificate, pair.certificate);
    writeFileSync(key, pair.key, { mode: 0o600 });
    return `sslcert=${encodeURIComponent(certificate)}&sslkey=${encodeURIComponent(key)}`;
  }
  const urlWith = (files: string): string => {
    const root = encodeURIComponent(server.certificates?.caFile ?? '');
    return `postgresql://gateway@localhost:${server.port}/postgres?sslrootcert=${root}&sslmode=verify-full&${files}`;
  };

  test('a login without groups is the user itself', async () => {
    expect(await healthOf(keyshift)).toEqual({ code: 200, clusters: { [CLUSTER]: true } });
    const client = await logIn(keyshift, await temporary(keyshift, 'analyst'), APP);
    expect((await client.query(WHO)).rows).toEqual([{ me: 'analyst', session: 'analyst' }]);
    expect((await client.query('show statement_timeout')).rows).toEqual([{ statement_timeout: '77s' }]);
    await client.query('CREATE TABLE public.plain ()');
    await client.end();
    const sql = `SELECT pg_get_userbyid(relowner) AS owner FROM pg_class WHERE relname = 'plain'`;
    expect(await server.sql(sql)).toEqual([{ owner: 'analyst' }]);
  });

  test("a group's rights are the session's that asked for them, and nothing stays with its role", async () => {
    const login = await temporary(keyshift, 'analyst', { dbGroups: ['sales_team'] });
    const client = await logIn(keyshift, login, APP);
    const count = await client.query('select count(*)::int as n from sales.orders');
    expect(count.rows).toEqual([{ n: 5 }]);
    await client.query('CREATE TABLE public.grouped ()');
    await client.end();
    const sql = `SELECT pg_get_userbyid(relowner) AS owner FROM pg_class WHERE relname = 'grouped'`;
    expect(await server.sql(sql)).toEqual([{ owner: isSuperuser ? 'analyst' : 'IAM:analyst:sales_team' }]);
  });

  test('a session cannot give its role a password that works without the gateway', async () => {
    const login = await temporary(keyshift, 'analyst', { dbGroups: ['sales_team'] });
    const client = await logIn(keyshift, login, APP);
    await client.query(
      `DO $$ BEGIN ALTER ROLE "IAM:analyst:sales_team" PASSWORD 'Sneaky-Password-1'; END $$`,
    );
    await client.end();
    const own = { user: 'IAM:analyst:sales_team', password: 'Sneaky-Password-1', database: 'keyshift_login' };
    await expect(server.sql('SELECT 1', own)).rejects.toMatchObject({ code: '28P01' });
    expect(await ask(keyshift, login, 'select 1 as n', APP)).toEqual([{ n: 1 }]);
  });

  test('a password is proved in a database made for it, and never as the gateway', async (context) => {
    expect(await ask(keyshift, ANALYST, WHO, APP)).toEqual([{ me: 'analyst', session: 'analyst' }]);
    const wrong = { ...ANALYST, password: 'Analyst-Password-2' };
    expect(await loginRefusal(keyshift, wrong, APP)).toMatchObject({ code: '28P01' });
    expect(await loginRefusal(keyshift, { user: 'gateway', password: '' }, APP)).toMatchObject({
      code: '28P01',
    });
    needs(context, 'psql');
    expect(await psql(keyshift, ANALYST, [WHO], APP)).toMatchObject({ stdout: 'analyst|analyst\n' });
  });

  test.runIf(isSuperuser)('another certificate does not open the server', async () => {
    const refused = await startWithExternal(urlWith(otherFiles));
    expect(await healthOf(refused)).toEqual({ code: 503, clusters: { [CLUSTER]: false } });
    const login = await temporary(refused, 'analyst');
    expect(await loginRefusal(refused, login, APP)).toMatchObject({ code: '57P03' });
    await refused.close();
  });

  test('a server that asks for a password after all is told none', async () => {
    await server.writeHba(HBA.replace('cert map=keyshift', 'scram-sha-256'));
    await server.sql('SELECT pg_reload_conf()');
    const login = await temporary(keyshift, 'analyst');
    await expect
      .poll(async () => loginRefusal(keyshift, login, APP).catch(() => undefined))
      .toMatchObject({ code: '08004', message: 'the database server asked the gateway for a password' });
  });
});
