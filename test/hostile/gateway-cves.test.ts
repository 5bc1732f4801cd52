import { createHash } from 'node:crypto';
import { lstatSync, readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { keyshiftData } from '../../src/api/services/keyshift.ts';
import type { Endpoint } from '../../src/client/call.ts';
import { LIMITS } from '../../src/core/limits.ts';
import { mendedBy } from '../../src/postgres/known-holes.ts';
import { ask, makeUser, must, send, signed } from '../walk/support/api.ts';
import { Keyshift } from '../walk/support/keyshift.ts';
import { issue, type Login, logIn, loginRefusal, refusalOf } from '../walk/support/logins.ts';
import { ServerAdmin } from '../walk/support/server-admin.ts';
import { errorFields, int32, message, query, SSL_REQUEST, startup, Wire } from './wire.ts';

// Holes that others had at the wire, one test for each by its number. Each is tried on a real gateway, as whoever found it
// would have.

const MASTER: Login = { user: 'awsuser', password: 'Master-Password-1' };

let keyshift: Keyshift;
let admin: ServerAdmin;
let login: Login;
let nobody: Endpoint;

beforeAll(async () => {
  keyshift = await Keyshift.start({ flags: ['--example', '--test-clock'] });
  admin = await ServerAdmin.open(keyshift);
  login = await issue(keyshift, { dbName: 'exampledb' });
  nobody = await makeUser(keyshift.root, 'nobody');
  await must(keyshift.root, 'redshift', 'ModifyCluster', {
    ClusterIdentifier: 'examplecluster',
    MasterUserPassword: MASTER.password,
  });
});
afterAll(async () => {
  await admin?.close();
  await keyshift?.close();
});

async function stillServes(): Promise<void> {
  const client = await logIn(keyshift, login);
  expect((await client.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
  await client.end();
}

describe('a password that is over', () => {
  test('CVE-2025-2291 (PgBouncer): a password past VALID UNTIL opens nothing', async () => {
    const master = await logIn(keyshift, MASTER);
    await master.query(`create user dated password 'Dated-Password1' valid until '2999-01-01'`);
    await (await logIn(keyshift, { user: 'dated', password: 'Dated-Password1' })).end();
    await master.query(`alter user dated valid until '2001-01-01'`);
    await master.end();
    expect((await loginRefusal(keyshift, { user: 'dated', password: 'Dated-Password1' })).code).toBe('28P01');
  });

  test('CVE-2025-2291: a temporary one is good one second before it expires, and not at that second', async () => {
    let moved = 0;
    const move = async (seconds: number): Promise<void> => {
      await must(keyshift.root, 'keyshift', 'MoveClock', { BySeconds: String(seconds) });
      moved += seconds;
    };
    const inTheLastSeconds = async (seconds: number): Promise<Login> => {
      const fresh = await issue(keyshift, { durationSeconds: 900 });
      const left = (): number => fresh.expiration.getTime() - Date.now() - moved * 1_000;
      await move(Math.floor(left() / 1000) - seconds);
      try {
        await (await logIn(keyshift, fresh)).end();
      } catch (error) {
        // On a machine so busy that the seconds pass on the way, some more.
        if (left() > 0 || seconds > 10) throw error;
        return inTheLastSeconds(2 * seconds);
      }
      await move(seconds + 1);
      return fresh;
    };
    const fresh = await inTheLastSeconds(2);
    expect((await loginRefusal(keyshift, fresh)).message).toBe('IAM Authentication token has expired');
    expect((await loginRefusal(keyshift, fresh, { database: 'postgres' })).code).toBe('28000');
    login = await issue(keyshift, { dbName: 'exampledb', durationSeconds: 3600 });
    expect((await loginRefusal(keyshift, { ...login, user: 'IAM:awsuser' })).code).toBe('28000');
    expect((await loginRefusal(keyshift, login, { database: 'keyshift_login' })).code).toBe('28000');
  });
});

describe('a password that was ended or is another’s', () => {
  test('CVE-2025-2291: a revoked one is refused, and one that is issued afterwards is not', async () => {
    const wanted = { dbUser: 'revoked_one', autoCreate: true, dbName: 'exampledb' };
    const ended = await issue(keyshift, wanted);
    await (await logIn(keyshift, ended)).end();
    // Times of issue are whole seconds.
    await must(keyshift.root, 'keyshift', 'MoveClock', { BySeconds: '2' });
    await must(keyshift.root, 'keyshift', 'RevokeAccess', { DbUser: 'revoked_one' });
    expect((await loginRefusal(keyshift, ended)).code).toBe('28000');
    await must(keyshift.root, 'keyshift', 'MoveClock', { BySeconds: '2' });
    await (await logIn(keyshift, await issue(keyshift, wanted))).end();
    expect((await loginRefusal(keyshift, ended)).code).toBe('28000');
  });

  test('CVE-2025-2291: one of another user, of other groups or with one bit changed is refused', async () => {
    const own = await issue(keyshift, { dbName: 'exampledb' });
    const others = [
      'IAM:awsuser',
      'IAMA:temp_creds_user',
      'IAM:temp_creds_user:example_group',
      'temp_creds_user',
    ];
    for (const user of others)
      expect((await loginRefusal(keyshift, { ...own, user })).code, user).toMatch(/^28(000|P01)$/);
    const bytes = Buffer.from(own.password, 'base64url');
    // Few, because wrong passwords are told later and later.
    for (const bit of [0, 20, bytes.length * 4, bytes.length * 8 - 1]) {
      const changed = Buffer.from(bytes);
      changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      const refused = await loginRefusal(keyshift, { ...own, password: changed.toString('base64url') });
      expect(refused.code, `bit ${bit}`).toBe('28000');
    }
    await (await logIn(keyshift, own)).end();
  });
});

describe('a startup packet that attacks', () => {
  test('CVE-2025-12819 (PgBouncer): a search_path of the client runs no code of its schema during the login', async () => {
    const master = await logIn(keyshift, MASTER);
    await master.query(`
      create schema if not exists evil;
      grant usage on schema evil to public;
      create table evil.ran (who text);
      grant insert on evil.ran to public;
      create function evil.pg_has_role(oid, oid, text) returns boolean language plpgsql as
        $$begin insert into evil.ran values (current_user); return true; end$$;
      create function evil.lower(text) returns text language plpgsql as
        $$begin insert into evil.ran values (current_user); return $1; end$$;
      create function evil.now() returns timestamptz language plpgsql as
        $$begin insert into evil.ran values (current_user); return 'now'; end$$;
      create function evil.shobj_description(oid, name) returns text language plpgsql as
        $$begin insert into evil.ran values (current_user); return '{}'; end$$;`);
    const grouped = await issue(keyshift, { dbGroups: ['example_group'] });
    for (const path of ['evil,pg_catalog', '"$user",evil,pg_catalog']) {
      const { wire } = await Wire.openSession(keyshift, grouped, { search_path: path });
      wire.send(
        query(
          'create table public.made_here (n int); drop table public.made_here; select keyshift.session_user_name()',
        ),
      );
      expect((await wire.answer()).filter(({ letter }) => letter === 'E')).toEqual([]);
      wire.vanish();
    }
    expect((await master.query('select * from evil.ran')).rows).toEqual([]);
    await master.query('drop schema evil cascade');
    await master.end();
    for (const name of [
      'session_preload_libraries',
      'local_preload_libraries',
      'role',
      'session_authorization',
      'ignore_system_indexes',
    ]) {
      const wire = await Wire.openTls(keyshift);
      wire.send(startup({ user: login.user, database: 'exampledb', [name]: 'x' }));
      expect(errorFields(await wire.message())['C'], name).toBe('42704');
    }
  });

  test('CVE-2012-4575 (PgBouncer): a long database name, or user name, stops nothing', async () => {
    for (const length of [63, 64, 127, 5_000]) {
      for (const parameters of [
        { user: login.user, database: 'd'.repeat(length) },
        { user: `IAM:${'u'.repeat(length)}`, database: 'exampledb' },
        { user: 'u'.repeat(length), database: 'exampledb' },
      ]) {
        const wire = await Wire.openTls(keyshift);
        wire.send(startup(parameters));
        expect(['R', 'E']).toContain((await wire.message()).letter);
        wire.vanish();
      }
    }
    await stillServes();
  });

  test('CVE-2015-6817 (PgBouncer): an unknown user is nobody, never a user of the service', async () => {
    const unknown = await issue(keyshift, { dbUser: 'never_made' });
    expect(await loginRefusal(keyshift, unknown)).toMatchObject({
      code: '42704',
      message: 'user "IAM:never_made" does not exist',
    });
    for (const user of [
      'never_made',
      'keyshift_admin',
      'keyshift_superuser',
      'postgres',
      'keyshift_session',
    ]) {
      expect((await loginRefusal(keyshift, { user, password: 'x' })).code).toBe('28P01');
    }
  });
});

describe('lengths that lie', () => {
  test('CVE-2026-6664 and CVE-2026-6665 (PgBouncer): lengths that overflow are refused before and after the login', async () => {
    for (const length of [0, 3, 0x7fffffff, 0x80000000, 0xfffffffb, 0xffffffff]) {
      const before = await Wire.openTls(keyshift);
      before.send(int32(length), int32(3 << 16));
      expect((await before.untilEnd()).toString('latin1')).toContain('08P01');
      const { wire } = await Wire.openSession(keyshift, login);
      wire.send(Buffer.from('Q'), int32(length), Buffer.from('select 1\0'));
      // A length that PostgreSQL itself might take is its to refuse.
      if (length !== 0x7fffffff) expect((await wire.untilEnd()).toString('latin1')).toContain('08P01');
      wire.vanish();
    }
    await stillServes();
  });

  test('CVE-2026-4427 (pgproto3): negative counts and lengths of fields inside messages harm nobody', async () => {
    const minus = Buffer.from([0xff, 0xff]);
    const hostile = [
      message('P', Buffer.from('\0select 1\0'), minus, int32(25)),
      message('B', Buffer.from('\0\0'), minus, minus, int32(0xffffffff)),
      message('B', Buffer.from('\0\0\0\0'), Buffer.from([0, 1]), int32(0x80000000), Buffer.from([0, 0])),
      message('F', int32(0xffffffff), minus, minus),
      message('p', int32(0xffffffff)),
    ];
    for (const bytes of hostile) {
      const { wire } = await Wire.openSession(keyshift, login);
      wire.send(bytes, message('S'));
      const first = await wire.message().catch(() => undefined);
      if (first !== undefined) expect(['E', '1', '2', 'Z']).toContain(first.letter);
      wire.vanish();
    }
    await stillServes();
  });
});

describe('the switch to TLS', () => {
  test('CVE-2021-3935 (PgBouncer): what was sent in clear before it never counts as sent inside', async () => {
    const wire = await Wire.open(keyshift);
    wire.send(SSL_REQUEST, startup({ user: login.user, database: 'exampledb' }));
    const told = await wire.untilEnd();
    expect(told.toString('latin1')).toContain('received unencrypted data after SSL request');
    expect(told.at(0)).toBe('E'.charCodeAt(0));
  });

  test('CVE-2026-25949 (Traefik): SSLRequest and then silence is cut off at the one deadline', async () => {
    const began = Date.now();
    const wire = await Wire.open(keyshift);
    wire.send(SSL_REQUEST);
    expect((await wire.bytes(1)).toString()).toBe('S');
    await wire.untilEnd(25_000);
    expect(Date.now() - began).toBeLessThan(21_500);
  }, 30_000);

  test('CVE-2026-7776 (Boundary): handshakes that are begun and left hold up nobody else, and end in seconds', async () => {
    const began = Date.now();
    const sockets = await Promise.all(
      Array.from({ length: 100 }, async () => {
        const socket = connect({
          host: '127.0.0.1',
          port: keyshift.ready.gatewayPort,
          localAddress: '127.0.3.1',
        });
        socket.on('error', () => {});
        await new Promise((resolve) => socket.once('connect', resolve));
        // A TLS record of which only the head comes.
        socket.write(Buffer.concat([SSL_REQUEST]));
        await new Promise((resolve) => socket.once('data', resolve));
        socket.write(Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01]));
        return socket;
      }),
    );
    const closes = sockets
      .slice(0, 32)
      .map((socket) => new Promise((resolve) => socket.once('close', resolve)));
    const served = stillServes().then(() => 'served');
    expect(await Promise.race([served, ...closes.map((close) => close.then(() => 'cut off'))])).toBe(
      'served',
    );
    await Promise.all(closes);
    // Not only at the deadline of the whole login.
    expect(Date.now() - began).toBeLessThan(LIMITS.loginMsMax - 1_000);
    for (const socket of sockets) socket.destroy();
  }, 60_000);
});

describe('what an administrator may', () => {
  test('CVE-2026-6667 (PgBouncer): no operation of Keyshift is without its permission', async () => {
    const inputs: Record<string, Record<string, string>> = {
      KillSession: { SessionId: crypto.randomUUID() },
      RevokeAccess: { DbUser: 'x' },
      MoveClock: { BySeconds: '1' },
      PutAccountGuardrail: { PolicyDocument: '{}' },
    };
    for (const operation of Object.keys(keyshiftData.operations)) {
      const answer = await ask(nobody, 'keyshift', operation, inputs[operation] ?? {});
      // What needs more of its input says so only to those who may.
      if (answer.code !== 'ValidationError')
        expect([operation, answer.code]).toEqual([operation, 'AccessDenied']);
    }
  });

  test('CVE-2020-16250 (Vault): a signed call cannot be forwarded to another service, host, operation or time', async () => {
    const call = signed(nobody, 'sts', { Action: 'GetCallerIdentity' });
    expect((await send(keyshift.root, call)).status).toBe(200);
    const without = (name: string) => call.headers.filter(([header]) => header.toLowerCase() !== name);
    const changes = [
      { ...call, headers: [...without('host'), ['host', 'elsewhere.example']] as typeof call.headers },
      { ...call, body: Buffer.from('Action=ListUsers&Version=2010-05-08') },
      { ...call, query: 'Action=GetCallerIdentity' },
      { ...call, headers: [...call.headers, ['x-amz-security-token', 'x']] as typeof call.headers },
      { ...call, headers: [...call.headers, ['host', 'elsewhere.example']] as typeof call.headers },
      { ...call, headers: without('x-amz-date') },
    ];
    for (const [n, changed] of changes.entries()) {
      expect((await send(keyshift.root, changed)).status, `change ${n}`).toBeGreaterThanOrEqual(400);
    }
    const late = signed(
      nobody,
      'sts',
      { Action: 'GetCallerIdentity' },
      { at: new Date(Date.now() - 16 * 60_000 - 3_600_000) },
    );
    expect((await send(keyshift.root, late)).status).toBeGreaterThanOrEqual(400);
    const forIam = signed(nobody, 'iam', { Action: 'ListUsers' }, { service: 'sts' });
    expect((await send(keyshift.root, forIam)).status).toBe(403);
  });

  test('CVE-2021-38553 (Vault): nothing of the data folder is open to others', () => {
    const open: string[] = [];
    const look = (path: string): void => {
      const status = lstatSync(path);
      if (status.isSymbolicLink() || status.isSocket()) return;
      // For clients to read: certificates, where the ports are, what the folder is. Folders that lead there may be passed.
      const isPublic =
        /\.(?:crt|pem)$|\/(?:KEYSHIFT|ready\.json|clusters)$/.test(path) || path === keyshift.dataDir;
      if ((status.mode & (isPublic ? 0o022 : 0o077)) !== 0) open.push(`${path} ${status.mode.toString(8)}`);
      if (status.isDirectory()) for (const name of readdirSync(path)) look(join(path, name));
    };
    look(keyshift.dataDir);
    expect(open).toEqual([]);
  });
});

describe('names', () => {
  test('CVE-2026-39946 (OpenBao): names that are read from the catalog are quoted, whatever is in them', async () => {
    const master = await logIn(keyshift, MASTER);
    const evil = `a"; drop table public.victim; --`;
    const quoted = `"${evil.replaceAll('"', '""')}"`;
    await master.query(`create table public.victim (n int)`);
    await master.query(`create role ${quoted}`);
    await master.query(`create schema ${quoted}`);
    await master.query(`grant create, usage on schema ${quoted} to temp_creds_user`);
    await master
      .query(
        `alter default privileges for role temp_creds_user in schema ${quoted} grant select on tables to ${quoted}`,
      )
      .catch(() => {});
    const plain = await logIn(keyshift, login);
    await plain.query(`alter default privileges in schema ${quoted} grant select on tables to ${quoted}`);
    await plain.end();
    const grouped = await logIn(keyshift, await issue(keyshift, { dbGroups: ['example_group'] }));
    await grouped.query(`create table ${quoted}.${quoted} (${quoted} serial)`);
    await grouped.query(`create function ${quoted}.${quoted}(int) returns int language sql as 'select 1'`);
    await grouped.query(`create type ${quoted}.t as enum (${`'${evil}'`})`);
    await grouped.end();
    const [owner] = await admin.query<{ owner: string; acl: string }>(
      `select relowner::regrole::text as owner, relacl::text as acl from pg_class where relname = $1 and relkind = 'r'`,
      [evil],
    );
    expect(owner?.owner).toBe('temp_creds_user');
    expect(owner?.acl).toContain('=r/temp_creds_user');
    expect(await admin.query('select from public.victim')).toEqual([]);
    await master.end();
  });

  test('CVE-2025-6011 (Vault), CVE-2026-6478 (PostgreSQL): a refusal tells nothing of whether the user is there', async () => {
    const wrong = 'x'.repeat(96);
    const shape = async (user: string, password: string) => {
      const { code, message: text, detail } = await loginRefusal(keyshift, { user, password });
      return [code, text.replaceAll(user, 'U'), detail?.replaceAll(user, 'U')];
    };
    for (const password of [wrong, '', 'short', createHash('sha512').update('x').digest('hex')]) {
      if (password === '') continue;
      expect(await shape('IAM:temp_creds_user', password)).toEqual(
        await shape('IAM:nobody_at_all', password),
      );
      expect(await shape('IAM:keyshift_admin', password)).toEqual(await shape('IAM:nobody_at_all', password));
    }
    expect(await shape('awsuser', 'Wrong-Password-1')).toEqual(
      await shape('nobody_at_all', 'Wrong-Password-1'),
    );
  });
});

describe('one user under several names', () => {
  const LONGEST = 'n'.repeat(63);
  const password = 'Long-Password-1';

  test('CVE-2025-6013 and CVE-2025-54998 (Vault): a name that PostgreSQL cuts is its user’s to whoever looks, revokes or counts', async () => {
    const master = await logIn(keyshift, MASTER);
    await master.query(`create user ${LONGEST} password '${password}'`);
    await master.end();
    const sessions = async () =>
      (await must(keyshift.root, 'keyshift', 'ListSessions')).texts('member').join();
    for (const user of [LONGEST, `${LONGEST}x`, `${LONGEST}\u00e9`]) {
      const client = await logIn(keyshift, { user, password });
      expect((await client.query('select session_user::text as name')).rows).toEqual([{ name: LONGEST }]);
      expect(await sessions(), user).toContain(`"${LONGEST}"`);
      expect(await sessions(), user).not.toContain(`${LONGEST}x`);
      const ended = new Promise<string>((resolve) =>
        client.on('error', (error: Error & { code?: string }) => resolve(error.code ?? '')),
      );
      await must(keyshift.root, 'keyshift', 'RevokeAccess', { DbUser: LONGEST });
      await ended;
      await client.end().catch(() => {});
    }
    for (let n = 0; n < 6; n++) await loginRefusal(keyshift, { user: `${LONGEST}${n}`, password: 'Wrong-1' });
    const began = Date.now();
    expect((await loginRefusal(keyshift, { user: LONGEST, password: 'Wrong-1' })).code).toBe('28P01');
    expect(Date.now() - began).toBeGreaterThan(450);
  });

  test('CVE-2025-6004 (Vault): another case, spaces or another form of a name is another user, and opens nothing', async () => {
    for (const user of [
      'AWSUSER',
      'awsuser ',
      ' awsuser',
      'awsuser\t',
      'Awsuser',
      'awsuser\u200b',
      'a\u0077suser\u0301',
    ])
      expect((await loginRefusal(keyshift, { user, password: MASTER.password })).code, user).toBe('28P01');
    for (const user of [
      login.user.toLowerCase(),
      `${login.user} `,
      login.user.toUpperCase(),
      ` ${login.user}`,
    ])
      expect((await loginRefusal(keyshift, { ...login, user })).code, user).toMatch(/^28(000|P01)$/);
    await stillServes();
  });

  test('the name of a database that PostgreSQL cuts is the database of the session, of its record and of its credential', async () => {
    const name = 'd'.repeat(63);
    await admin.query(`create database ${name}`);
    const bound = await issue(keyshift, { dbName: name });
    for (const database of [name, `${name}x`]) {
      const client = await logIn(keyshift, bound, { database });
      expect((await client.query('select current_database()::text as name')).rows).toEqual([{ name }]);
      const sessions = async (): Promise<object[]> =>
        (await must(keyshift.root, 'keyshift', 'ListSessions'))
          .texts('member')
          .map((text) => JSON.parse(text));
      // One that has ended is on the list for a moment more.
      await expect.poll(sessions).toMatchObject([{ database: name }]);
      await client.end();
    }
    expect((await loginRefusal(keyshift, bound, { database: name.slice(1) })).code).toBe('28000');
  });
});

describe('who a session is', () => {
  test('CVE-2024-10978 (PostgreSQL): no SET, RESET or DISCARD makes it another', async () => {
    const grouped = await logIn(keyshift, await issue(keyshift, { dbGroups: ['example_group'] }));
    const who = async () =>
      (
        await grouped.query(
          'select session_user as s, keyshift.session_user_name() as u, keyshift.session_groups()::text as g',
        )
      ).rows[0];
    const before = await who();
    expect(before).toMatchObject({ u: 'temp_creds_user', g: '{example_group}' });
    for (const statement of [
      'set session authorization keyshift_admin',
      'set session authorization default',
      'set role keyshift_admin',
      'set role keyshift_superuser',
      'set role example_group',
      'set local role awsuser',
      'set role none',
      'reset role',
      'reset session authorization',
      'reset all',
      'discard all',
      `do $$begin execute 'set session authorization awsuser'; end$$`,
      `create function pg_temp.other() returns void language sql set role = 'keyshift_admin' as 'select 1'; select pg_temp.other()`,
      `select set_config('session_authorization', 'keyshift_admin', false)`,
      `select set_config('role', 'keyshift_admin', false)`,
    ]) {
      await grouped.query(statement).catch(() => {});
      const { current } = (await grouped.query<{ current: string }>('select current_user as current'))
        .rows[0] ?? { current: '' };
      expect(['temp_creds_user', before?.s], statement).toContain(current);
      expect(await who(), statement).toEqual(before);
    }
    // Its own user it may be: it is a member. Then the groups are gone.
    await grouped.query('set role temp_creds_user');
    expect((await refusalOf(grouped.query('select * from example.sales'))).code).toBe('42501');
    await grouped.end();
  });

  test('CVE-2026-6460 and others (PostgreSQL): a server that lacks their fix is told of when it starts', async () => {
    const [found] = await admin.query<{ server_version: string }>('show server_version');
    const mended = mendedBy(found?.server_version ?? '');
    const told = keyshift.output
      .split('\n')
      .filter((line) => line.includes('this PostgreSQL has known holes'));
    expect(told).toHaveLength(mended === undefined ? 0 : 1);
    for (const line of told) expect(JSON.parse(line)).toMatchObject({ mended });
  });
});

test('the process is the same one, and its log has no error', async () => {
  await stillServes();
  expect(keyshift.output).not.toMatch(
    /"level":[56]0|a session failed|UnhandledPromise|TypeError|AssertionError/,
  );
});
