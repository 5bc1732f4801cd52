import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { call } from '../../src/client/index.ts';
import { LIMITS } from '../../src/core/limits.ts';
import { Keyshift } from '../walk/support/keyshift.ts';
import { ask, issue, type Login } from '../walk/support/logins.ts';
import { cString, errorFields, int32, message, PROTOCOL_30, password, query, startup, Wire } from './wire.ts';

// What a stranger can say between the startup packet and the end of the login.

let keyshift: Keyshift;
let login: Login;

beforeAll(async () => {
  keyshift = await Keyshift.start();
  login = await issue(keyshift, { dbName: 'exampledb' });
  const redshift = { name: 'redshift', version: '2012-12-01' } as const;
  const parameters = { ClusterIdentifier: 'examplecluster', MasterUserPassword: 'Master-Password-1' };
  await call(keyshift.root, redshift, 'ModifyCluster', parameters, new Date());
});

afterAll(async () => {
  await keyshift?.close();
});

const hello = () => startup({ user: login.user, database: 'exampledb' });

async function stillServes(): Promise<void> {
  expect(await ask(keyshift, login, 'select 1 as n')).toEqual([{ n: 1 }]);
}

/** What is refused before the startup packet is read: the code and the text. */
async function refused(wire: Wire): Promise<{ code: string | undefined; message: string | undefined }> {
  const fields = errorFields(await wire.message());
  expect(fields['S']).toBe('FATAL');
  await wire.untilEnd();
  return { code: fields['C'], message: fields['M'] };
}

describe('messages during the login', () => {
  async function asked(user = login.user): Promise<Wire> {
    const wire = await Wire.openTls(keyshift);
    wire.send(startup({ user, database: 'exampledb' }));
    const request = await wire.message();
    expect(request.letter).toBe('R');
    return wire;
  }

  test('other than a password are refused', async () => {
    for (const user of [login.user, 'awsuser']) {
      for (const bytes of [query('select 1'), message('X'), message('P', cString(''), cString('select 1'))]) {
        const wire = await asked(user);
        wire.send(bytes);
        expect(await refused(wire)).toEqual({ code: '08P01', message: 'expected a password response' });
      }
    }
    await stillServes();
  });

  test('with impossible lengths are refused before their bytes come', async () => {
    for (const length of [0, 3, LIMITS.loginMessageBytesMax + 1, 0x7fffffff, 0x80000000, 0xffffffff]) {
      const wire = await asked();
      wire.send(Buffer.from('p'), int32(length));
      expect(await refused(wire), String(length)).toEqual({
        code: '08P01',
        message: 'invalid message length',
      });
    }
  });

  test('with a password that has no end, or bytes after it, are refused', async () => {
    for (const body of [Buffer.from(login.password), Buffer.from(`${login.password}\0x`), Buffer.alloc(0)]) {
      const wire = await asked();
      wire.send(message('p', body));
      expect(['08P01', '28000']).toContain((await refused(wire)).code);
    }
  });

  test('cannot choose another way of SASL, nor skip it', async () => {
    for (const data of [
      Buffer.concat([cString('PLAIN'), int32(0)]),
      Buffer.concat([cString('SCRAM-SHA-256-PLUS'), int32(0)]),
      Buffer.concat([cString('SCRAM-SHA-256'), int32(0xffffffff)]),
      cString('Master-Password-1'),
      Buffer.alloc(0),
    ]) {
      const wire = await asked('awsuser');
      wire.send(message('p', data));
      for (;;) {
        const next = await wire.message();
        if (next.letter === 'R') {
          // A request to go on; never AuthenticationOk.
          expect(next.body.readInt32BE()).toBe(11);
          wire.send(message('p', Buffer.from('c=biws,r=x,p=AAAA')));
          continue;
        }
        expect(errorFields(next)['S']).toBe('FATAL');
        break;
      }
      await wire.untilEnd();
    }
    await stillServes();
  });

  test('that run ahead of the answers are not lost', async () => {
    const wire = await Wire.openTls(keyshift);
    wire.send(hello(), password(login.password), query('select 1'), query('select 2'));
    expect((await wire.message()).letter).toBe('R');
    await wire.greeting();
    for (let n = 1; n <= 2; n++) {
      const answer = await wire.answer();
      expect(answer.map(({ letter }) => letter)).toEqual(['T', 'D', 'C', 'Z']);
      expect(answer[1]?.body.toString('latin1').endsWith(String(n))).toBe(true);
    }
    wire.vanish();
  });

  test('that run too far ahead are refused', async () => {
    const wire = await Wire.openTls(keyshift);
    wire.send(hello(), Buffer.alloc(2 * 1024 * 1024, 'Q'));
    await wire.untilEnd();
    await stillServes();
  });
});

describe('startup parameters', () => {
  async function refusedWith(parameters: Readonly<Record<string, string>>) {
    const wire = await Wire.openTls(keyshift);
    wire.send(startup({ user: login.user, database: 'exampledb', ...parameters }));
    return refused(wire);
  }
  const unrecognized = (name: string) => ({
    code: '42704',
    message: `unrecognized configuration parameter "${name}"`,
  });

  test('that are not on the list are refused by name', async () => {
    for (const name of [
      'role',
      'session_authorization',
      'session_preload_libraries',
      'local_preload_libraries',
      'shared_preload_libraries',
      'session_replication_role',
      'event_triggers',
      'row_security',
      'log_statement',
      'temp_file_limit',
      'keyshift.user',
      'is_superuser',
      'client_connection_check_interval',
      'Role',
      'no_such_thing',
    ]) {
      expect(await refusedWith({ [name]: 'keyshift_admin' }), name).toEqual(unrecognized(name));
    }
  });

  test('cannot be smuggled in by options', async () => {
    for (const options of [
      '-c role=keyshift_admin',
      '-crole=keyshift_admin',
      '--role=keyshift_admin',
      ' \t-c\trole=keyshift_admin',
      '-c work_mem=1MB -c role=keyshift_admin',
      '-c ro\\le=keyshift_admin',
    ]) {
      expect(await refusedWith({ options }), options).toEqual(unrecognized('role'));
    }
    expect(await refusedWith({ options: '-c session-authorization=awsuser' })).toEqual(
      unrecognized('session_authorization'),
    );
    for (const options of ['-d 5', '-r /tmp/x', '-e', 'postgres', '-c', '-c role', '--']) {
      expect((await refusedWith({ options })).code, options).toBe('42601');
    }
  });

  test('cannot ask for replication', async () => {
    for (const replication of ['true', 'on', 'yes', '1', 'database', 'TRUE', 'tru']) {
      expect(await refusedWith({ replication }), replication).toEqual({
        code: '0A000',
        message: 'replication connections are not served by the gateway',
      });
    }
    expect((await refusedWith({ options: '-c replication=database' })).code).toBe('42704');
    const { wire } = await Wire.openSession(keyshift, login, { replication: 'false' });
    wire.vanish();
  });

  test('that are allowed reach the session', async () => {
    const { wire, session } = await Wire.openSession(keyshift, login, {
      application_name: 'a test',
      DateStyle: 'German, DMY',
      options: '-c search_path=example -c statement_timeout=12345',
    });
    expect(session.parameters.get('application_name')).toBe('a test');
    expect(session.parameters.get('DateStyle')).toBe('German, DMY');
    wire.send(query(`select current_setting('search_path') || ' ' || current_setting('statement_timeout')`));
    expect((await wire.answer())[1]?.body.toString('latin1')).toContain('example 12345ms');
    wire.vanish();
  });

  test('with a value that PostgreSQL refuses get its refusal', async () => {
    const wire = await Wire.openTls(keyshift);
    wire.send(startup({ user: login.user, database: 'exampledb', statement_timeout: 'soon' }));
    expect((await wire.message()).letter).toBe('R');
    wire.send(password(login.password));
    expect(await refused(wire)).toMatchObject({ code: '22023' });
  });
});

describe('a user name', () => {
  test('that is reserved is refused without PostgreSQL being asked, whatever it has for a password', async () => {
    for (const user of [
      'keyshift_admin',
      'Keyshift_Admin',
      'keyshift_superuser',
      'keyshift_session',
      'pg_monitor',
      'pg_read_all_data',
      'public',
      'none',
      'iam:awsuser',
      'x:y',
    ]) {
      const wire = await Wire.openTls(keyshift);
      wire.send(startup({ user, database: 'exampledb' }));
      expect(await refused(wire), user).toEqual({
        code: '28P01',
        message: `password authentication failed for user "${user}"`,
      });
    }
  });

  test('of a session role is a login name like any other, and its password is asked for', async () => {
    const grouped = await issue(keyshift, { dbGroups: ['example_group'] });
    await ask(keyshift, grouped, 'select 1');
    const wire = await Wire.openTls(keyshift);
    wire.send(startup({ user: grouped.user, database: 'exampledb' }));
    expect((await wire.message()).body.readInt32BE()).toBe(3);
    wire.send(password('guess'));
    expect(await refused(wire)).toMatchObject({
      code: '28000',
      message: `IAM authentication failed for user "${grouped.user}"`,
    });
  });

  test('with quotes and statements in it stays a name', async () => {
    for (const user of [
      '"',
      `a"; drop role awsuser; --`,
      'IAM:"; select 1',
      '$user',
      '+awsuser',
      '/^.*$',
      'all',
    ]) {
      const wire = await Wire.openTls(keyshift);
      // As a Redshift driver, which is asked for its password in clear text whoever it says it is.
      wire.send(startup({ user, database: 'exampledb', client_protocol_version: '2' }));
      for (;;) {
        const next = await wire.message();
        if (next.letter === 'E') {
          expect(['28P01', '28000'], user).toContain(errorFields(next)['C']);
          break;
        }
        expect(next.letter).toBe('R');
        expect(next.body.readInt32BE()).not.toBe(0);
        wire.send(password('guess'));
      }
      await wire.untilEnd();
    }
    await stillServes();
  });
});

describe('a Redshift driver', () => {
  const driver = {
    client_protocol_version: '2',
    driver_version: 'Redshift JDBC Driver 2.2.6',
    os_version: 'Linux',
    plugin_name: 'none',
  };

  test('is asked for a clear-text password, and told the version that its queries are for', async () => {
    for (const entering of [login, { user: 'awsuser', password: 'Master-Password-1' }]) {
      const { wire, session } = await Wire.openSession(keyshift, entering, driver);
      expect(session.parameters.get('server_version')).toBe('8.0.2');
      // By these its drivers would take other forms of rows, and other ways to ask for metadata.
      for (const name of [
        'server_protocol_version',
        'show_discovery',
        'datashare_enabled',
        'external_database',
      ])
        expect(session.parameters.has(name), name).toBe(false);
      wire.vanish();
    }
    const { wire, session } = await Wire.openSession(keyshift, login);
    expect(session.parameters.get('server_version')).toMatch(/^18(\.\d+)+$/);
    wire.vanish();
  });

  test('that offers compression is not told of it in a message that it does not know', async () => {
    const offer = { '_pq_.compression': 'lz4:1', ...driver };
    const { wire, session } = await Wire.openSession(keyshift, login, offer);
    expect(session.negotiated).toBeUndefined();
    wire.vanish();
    const newer = await Wire.openSession(keyshift, login, offer, PROTOCOL_30 + 9999);
    expect(newer.session.negotiated).toBeDefined();
    newer.wire.vanish();
  });

  test('is refused with a wrong password', async () => {
    for (const user of ['awsuser', 'nobody', 'keyshift_admin']) {
      const wrong = Wire.openSession(keyshift, { user, password: 'Wrong-Password-1' }, driver);
      await expect(wrong).rejects.toThrow(`password authentication failed for user "${user}"`);
    }
  });
});

describe('a startup packet without a database', () => {
  test('means the one named like the user, to the check of the credential and to PostgreSQL alike', async () => {
    const master = { user: 'awsuser', password: 'Master-Password-1' };
    const driver = { client_protocol_version: '2' };
    const first = await Wire.openSession(keyshift, master, driver);
    first.wire.send(query('create database awsuser'));
    expect((await first.wire.answer()).map(({ letter }) => letter)).toEqual(['C', 'Z']);
    first.wire.vanish();
    const { wire } = await Wire.openSession(keyshift, master, { ...driver, database: '' });
    wire.send(query('select current_database()'));
    expect((await wire.answer())[1]?.body.toString()).toContain('awsuser');
    wire.vanish();
    const enter = (bound: Login) => Wire.openSession(keyshift, bound, { database: '' });
    // One is bound to another database, the other to none: then PostgreSQL would look for it.
    await expect(enter(login)).rejects.toThrow('IAM authentication failed for user "IAM:temp_creds_user"');
    await expect(enter(await issue(keyshift))).rejects.toThrow(
      'database "IAM:temp_creds_user" does not exist',
    );
  });
});

describe('protocol versions', () => {
  const minorVersion = (body: Buffer) => [body.readUInt16BE(0), body.readUInt16BE(2), body.readInt32BE(4)];

  test('3.0 has cancel keys of 4 bytes, 3.2 longer ones', async () => {
    const old = await Wire.openSession(keyshift, login);
    expect(old.session.key).toHaveLength(4);
    expect(old.session.negotiated).toBeUndefined();
    const recent = await Wire.openSession(keyshift, login, {}, PROTOCOL_30 + 2);
    expect(recent.session.key).toHaveLength(32);
    expect(recent.session.negotiated).toBeUndefined();
    old.wire.vanish();
    recent.wire.vanish();
  });

  test('newer ones and unknown options are answered with what there is', async () => {
    const newer = await Wire.openSession(keyshift, login, {}, PROTOCOL_30 + 9999);
    expect(minorVersion(newer.session.negotiated ?? Buffer.alloc(8))).toEqual([3, 2, 0]);
    expect(newer.session.key).toHaveLength(32);
    newer.wire.vanish();
    const optional = await Wire.openSession(keyshift, login, { '_pq_.wanted': 'yes' });
    const body = optional.session.negotiated ?? Buffer.alloc(8);
    expect(minorVersion(body)).toEqual([3, 0, 1]);
    expect(body.subarray(8).toString()).toBe('_pq_.wanted\0');
    optional.wire.vanish();
  });
});

test('the process is the same one, and its log has no error', async () => {
  await stillServes();
  expect((await fetch(`${keyshift.ready.httpUrl}/health`)).status).toBe(200);
  expect(keyshift.output).not.toMatch(
    /"level":[56]0|a session failed|UnhandledPromise|TypeError|AssertionError/,
  );
});
