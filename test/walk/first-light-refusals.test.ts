import { setTimeout as sleep } from 'node:timers/promises';
import {
  CreateAccessKeyCommand,
  DeleteAccessKeyCommand,
  IAMClient,
  UpdateAccessKeyCommand,
} from '@aws-sdk/client-iam';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AwsError, call, type Endpoint, getClusterCredentials, Secret } from '../../src/client/index.ts';
import { Keyshift } from './support/keyshift.ts';
import { ask, issue, type Login, logIn, loginRefusal, type Target } from './support/logins.ts';
import { needs } from './support/programs.ts';
import { psql } from './support/psql.ts';
import { run } from './support/run.ts';

// Who does not get in, and in which words they are told. The texts are interfaces: drivers and people search for them.

const REDSHIFT = { name: 'redshift', version: '2012-12-01' } as const;

let keyshift: Keyshift;
let iam: IAMClient;
/** Good credentials for exampledb; each test shows that they are, or changes one thing. */
let login: Login;

beforeAll(async () => {
  keyshift = await Keyshift.start({ flags: ['--example', '--test-clock'] });
  login = await issue(keyshift, { dbName: 'exampledb' });
  const { url, region, accessKeyId, secretAccessKey } = keyshift.root;
  const credentials = { accessKeyId, secretAccessKey: secretAccessKey.reveal() };
  iam = new IAMClient({ endpoint: url, region, credentials });
});

afterAll(async () => {
  iam?.destroy();
  await keyshift?.close();
});

const failed = (user: string) => ({
  code: '28000',
  severity: 'FATAL',
  message: `IAM authentication failed for user "${user}"`,
});
const WRONG_PASSWORD =
  'Password authentication failed: it is not a temporary password for this user name and cluster.';

async function expectIn(entering: Login, target: Target = {}): Promise<void> {
  expect(await ask(keyshift, entering, 'select 1 as n', target)).toEqual([{ n: 1 }]);
}

async function awsRefusal(
  work: Promise<unknown>,
): Promise<{ code: string; status: number; message: string }> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof AwsError)) throw new Error(`no AwsError but ${String(error)}`);
  return { code: error.code, status: error.status, message: error.message };
}

describe('without TLS', () => {
  test('no login is taken, whatever the password', async () => {
    for (const user of [login.user, 'awsuser', 'nobody']) {
      expect(await loginRefusal(keyshift, { ...login, user }, { tls: false })).toEqual({
        code: '28000',
        severity: 'FATAL',
        message: `connection for user "${user}" must use TLS`,
        detail: 'The gateway takes no login in clear text.',
      });
    }
    await expectIn(login);
  });

  test('the second refusal tells the first reason, because sslmode=prefer shows only the second', async (context) => {
    const wrong = { user: 'IAM:repeats', password: 'wrong' };
    expect(await loginRefusal(keyshift, wrong)).toMatchObject(failed('IAM:repeats'));
    const { detail } = await loginRefusal(keyshift, wrong, { tls: false });
    expect(detail).toContain('IAM authentication failed for user "IAM:repeats"');
    needs(context, 'psql');
    const result = await psql(keyshift, wrong, ['select 1'], { sslmode: 'prefer' });
    expect(result.code).toBe(2);
    expect(result.stderr).toContain('IAM authentication failed for user "IAM:repeats"');
  });
});

describe('a password', () => {
  test('that is altered in any bit that matters opens nothing', async () => {
    const token = Buffer.from(login.password, 'base64url');
    // Version, flags, key, expiry, lifetime, id, database, principal, role, and bytes of the MAC.
    const bytes = [0, 1, 2, 3, 4, 7, 8, 9, 10, 21, 22, 29, 30, 34, 35, 39, 40, 55, token.length - 1];
    // At once, because one after the other each wrong password is told later than the one before.
    await Promise.all(
      bytes.map(async (byte) => {
        const altered = Buffer.from(token);
        altered.writeUInt8(altered.readUInt8(byte) ^ (byte % 2 === 0 ? 1 : 128), byte);
        const refused = await loginRefusal(keyshift, { ...login, password: altered.toString('base64url') });
        expect(refused, `byte ${byte}`).toEqual({ ...failed(login.user), detail: WRONG_PASSWORD });
      }),
    );
    await expectIn(login);
  });

  test('that is altered in a character of any class opens nothing', async () => {
    const { password } = login;
    const at = (pattern: RegExp): number => {
      const index = password.search(pattern);
      if (index === -1) throw new Error(`${pattern} is not in the password`);
      return index;
    };
    const replaced = (index: number, character: string): string =>
      password.slice(0, index) + character + password.slice(index + 1);
    const swapCase = (character: string): string =>
      character === character.toUpperCase() ? character.toLowerCase() : character.toUpperCase();
    const upper = at(/[A-Z]/);
    const lower = at(/[a-z]/);
    const altered = [
      replaced(upper, swapCase(password.charAt(upper))),
      replaced(lower, swapCase(password.charAt(lower))),
      replaced(at(/[0-8]/), '9'),
      replaced(0, password.charAt(0) === 'B' ? 'C' : 'B'),
      replaced(password.length - 1, password.endsWith('a') ? 'b' : 'a'),
      replaced(10, '+'),
      replaced(10, '='),
      replaced(10, 'é'),
      password.slice(0, -1),
      password.slice(1),
      `${password}A`,
      `${password}=`,
      ` ${password}`,
      `${password}\n`,
      password.toUpperCase(),
      password + password,
      'x',
      'x'.repeat(10_000),
      "' or 1=1 --",
    ];
    await Promise.all(
      altered.map(async (changed) => {
        expect(changed).not.toBe(password);
        const refused = await loginRefusal(keyshift, { ...login, password: changed });
        expect(refused, changed).toEqual({ ...failed(login.user), detail: WRONG_PASSWORD });
      }),
    );
    expect(await loginRefusal(keyshift, { ...login, password: '' })).toMatchObject({ code: '28000' });
    await expectIn(login);
  });

  test('of one login name opens no other', async () => {
    const grouped = await issue(keyshift, { dbName: 'exampledb', dbGroups: ['example_group'] });
    const created = await issue(keyshift, { dbName: 'exampledb', autoCreate: true });
    const master = await issue(keyshift, { dbName: 'exampledb', dbUser: 'awsuser' });
    const logins = [login, grouped, created, master];
    for (const own of logins) {
      await expectIn(own);
      for (const { user } of logins) {
        if (user === own.user) continue;
        expect(await loginRefusal(keyshift, { user, password: own.password })).toEqual({
          ...failed(user),
          detail: WRONG_PASSWORD,
        });
      }
    }
    for (const user of [
      'IAM:awsuser',
      'IAM:temp_creds_user:',
      'IAM:temp_creds_user:example_group',
      'IAM:temp_creds_user:awsuser',
      'IAMR:temp_creds_user',
      'IAM:Temp_creds_user',
      'IAM: temp_creds_user',
      'IAM:',
      'IAM:temp_creds_user\u200b',
    ]) {
      expect(await loginRefusal(keyshift, { ...login, user }), user).toEqual({
        ...failed(user),
        detail: WRONG_PASSWORD,
      });
    }
    // Without the prefix it is a password like any other, and PostgreSQL knows none.
    for (const user of ['temp_creds_user', 'iam:temp_creds_user', 'awsuser']) {
      expect(await loginRefusal(keyshift, { ...login, user }), user).toMatchObject({
        code: '28P01',
        message: `password authentication failed for user "${user}"`,
      });
    }
  });

  test('of another cluster opens nothing, though user, group and database are called the same', async () => {
    const parameters = {
      ClusterIdentifier: 'othercluster',
      NodeType: 'ra3.large',
      DBName: 'exampledb',
      MasterUsername: 'awsuser',
      MasterUserPassword: 'Other-Password-1',
    };
    await call(keyshift.root, REDSHIFT, 'CreateCluster', parameters, new Date());
    const port = await whenAvailable('othercluster');
    const request = { dbName: 'exampledb', dbUser: 'awsuser' } as const;
    const here = await issue(keyshift, request);
    const there = await issue(keyshift, { ...request, clusterIdentifier: 'othercluster' });
    await expectIn(here);
    await expectIn(there, { port });
    const refused = { ...failed('IAM:awsuser'), detail: WRONG_PASSWORD };
    expect(await loginRefusal(keyshift, there)).toEqual(refused);
    expect(await loginRefusal(keyshift, here, { port })).toEqual(refused);
  });

  async function whenAvailable(cluster: string): Promise<number> {
    for (let polls = 0; polls < 200; polls++) {
      const parameters = { ClusterIdentifier: cluster };
      const answer = await call(keyshift.root, REDSHIFT, 'DescribeClusters', parameters, new Date());
      const [status] = answer.texts('ClusterStatus');
      if (status === 'available') return Number(answer.texts('Port')[0]);
      expect(status).toBe('creating');
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error(`${cluster} did not become available`);
  }
});

describe('a database', () => {
  test('that the credentials do not name is refused, whether it exists or not', async () => {
    for (const database of ['postgres', 'no_such_database', 'EXAMPLEDB', 'exampledb ', 'keyshift_login']) {
      expect(await loginRefusal(keyshift, login, { database })).toEqual({
        ...failed(login.user),
        detail: `The credentials are not for the database "${database}".`,
      });
    }
  });

  test('that does not exist is told as PostgreSQL tells it', async () => {
    const everywhere = await issue(keyshift);
    await expectIn(everywhere);
    const there = await issue(keyshift, { dbName: 'no_such_database' });
    for (const [entering, database] of [
      [everywhere, 'no_such_database'],
      [there, 'no_such_database'],
      [everywhere, 'IAM:temp_creds_user'],
      [everywhere, 'x'.repeat(64)],
    ] as const) {
      expect(await loginRefusal(keyshift, entering, { database })).toEqual({
        code: '3D000',
        severity: 'FATAL',
        // PostgreSQL cuts names at 63 bytes before it looks for them.
        message: `database "${database.slice(0, 63)}" does not exist`,
        detail: undefined,
      });
    }
  });

  test('that is ours or a template is not there for anybody', async () => {
    const parameters = { ClusterIdentifier: 'examplecluster', MasterUserPassword: 'Master-Password-1' };
    await call(keyshift.root, REDSHIFT, 'ModifyCluster', parameters, new Date());
    const byPassword = { user: 'awsuser', password: 'Master-Password-1' };
    await expectIn(byPassword);
    const temporary = await issue(keyshift, { dbUser: 'awsuser' });
    for (const database of ['keyshift_login', 'template0', 'template1']) {
      for (const entering of [byPassword, temporary]) {
        const refused = await loginRefusal(keyshift, entering, { database });
        expect(refused, `${entering.user} ${database}`).toMatchObject({
          code: '3D000',
          message: `database "${database}" does not exist`,
        });
      }
    }
  });
});

describe('a user or group', () => {
  test('that does not exist is refused at login, not when credentials are issued', async () => {
    const nobody = await issue(keyshift, { dbUser: 'nobody' });
    expect(nobody.user).toBe('IAM:nobody');
    expect(await loginRefusal(keyshift, nobody)).toEqual({
      code: '42704',
      severity: 'FATAL',
      message: 'user "IAM:nobody" does not exist',
      detail: undefined,
    });
    for (const dbGroups of [['no_such_group'], ['example_group', 'no_such_group']]) {
      const refused = await loginRefusal(keyshift, await issue(keyshift, { dbGroups }));
      expect(refused).toMatchObject({ code: '42704', message: 'group "no_such_group" does not exist' });
    }
    // A user is no group, so nobody joins awsuser; and ours are nobody's to join.
    for (const group of [
      'awsuser',
      'keyshift_superuser',
      'keyshift_session',
      'pg_read_all_data',
      'pg_monitor',
    ]) {
      const refused = await loginRefusal(keyshift, await issue(keyshift, { dbGroups: [group] }));
      expect(refused).toMatchObject({ code: '42704', message: `group "${group}" does not exist` });
    }
  });

  test('is not told about before the password is proven', async () => {
    const refusals = await Promise.all(
      ['IAM:temp_creds_user', 'IAM:nobody', 'IAM:keyshift_admin'].flatMap((user) =>
        ['exampledb', 'no_such_database'].map((database) =>
          loginRefusal(keyshift, { user, password: 'wrong' }, { database }).then(
            ({ message, ...others }) => ({
              ...others,
              message: message.replace(user, '*'),
            }),
          ),
        ),
      ),
    );
    expect(new Set(refusals.map((refusal) => JSON.stringify(refusal)))).toHaveLength(1);
  });

  test('that is reserved is refused with good credentials too, and not created', async () => {
    for (const dbUser of [
      'keyshift_admin',
      'keyshift_superuser',
      'keyshift_session',
      'KEYSHIFT_new',
      'pg_monitor',
      'pg_new',
      'example_group',
    ]) {
      for (const autoCreate of [false, true]) {
        const refused = await loginRefusal(keyshift, await issue(keyshift, { dbUser, autoCreate }));
        expect(refused, dbUser).toMatchObject({ code: '28000', severity: 'FATAL' });
      }
    }
  });

  test('with a name that PostgreSQL would cut is refused when credentials are asked for', async () => {
    const requests = [
      ['DbUser', { dbUser: 'u'.repeat(64) }],
      ['DbName', { dbName: 'd'.repeat(64) }],
      ['DbGroups', { dbGroups: ['example_group', 'g'.repeat(64)] }],
    ] as const;
    for (const [parameter, request] of requests) {
      expect(await awsRefusal(issue(keyshift, request))).toEqual({
        code: 'InvalidParameterValue',
        status: 400,
        message:
          `${parameter} parameter must not be longer than 63 bytes: PostgreSQL would cut it, and the login ` +
          'would be that of another name.',
      });
    }
    const longest = 'u'.repeat(63);
    const created = await issue(keyshift, { dbUser: longest, autoCreate: true, dbGroups: ['example_group'] });
    expect(await ask(keyshift, created, 'select keyshift.session_user_name()::text as who')).toEqual([
      { who: longest },
    ]);
  });
});

describe('an access key', () => {
  const request = { clusterIdentifier: 'examplecluster', dbUser: 'temp_creds_user', dbName: 'exampledb' };

  test('that is inactive or deleted gets no credentials any more', async () => {
    const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName: 'alice' }));
    const alice: Endpoint = {
      ...keyshift.root,
      accessKeyId: AccessKey?.AccessKeyId ?? '',
      secretAccessKey: new Secret(AccessKey?.SecretAccessKey ?? ''),
    };
    const named = { UserName: 'alice', AccessKeyId: alice.accessKeyId };
    const get = () => getClusterCredentials(alice, request, new Date());
    const invalid = {
      code: 'InvalidClientTokenId',
      status: 403,
      message: 'The security token included in the request is invalid',
    };
    expect((await get()).dbUser).toBe('IAM:temp_creds_user');

    await iam.send(new UpdateAccessKeyCommand({ ...named, Status: 'Inactive' }));
    expect(await awsRefusal(get())).toEqual(invalid);
    await iam.send(new UpdateAccessKeyCommand({ ...named, Status: 'Active' }));
    expect((await get()).dbUser).toBe('IAM:temp_creds_user');
    await iam.send(new DeleteAccessKeyCommand(named));
    expect(await awsRefusal(get())).toEqual(invalid);
  });

  test('gets what its policy allows and nothing else', async () => {
    const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName: 'alice' }));
    const alice: Endpoint = {
      ...keyshift.root,
      accessKeyId: AccessKey?.AccessKeyId ?? '',
      secretAccessKey: new Secret(AccessKey?.SecretAccessKey ?? ''),
    };
    const all = { ...request, autoCreate: true, dbGroups: ['example_group'] };
    const allowed = await getClusterCredentials(alice, all, new Date());
    await expectIn({ user: allowed.dbUser, password: allowed.dbPassword.reveal() });
    const arn = 'arn:aws:redshift:us-west-2:123456789012';
    const denials = [
      [{ dbUser: 'awsuser' }, 'GetClusterCredentials', 'dbuser:examplecluster/awsuser'],
      [{ dbUser: 'Temp_creds_user' }, 'GetClusterCredentials', 'dbuser:examplecluster/Temp_creds_user'],
      [{ dbName: 'postgres' }, 'GetClusterCredentials', 'dbname:examplecluster/postgres'],
      [{ dbGroups: ['admins'] }, 'JoinGroup', 'dbgroup:examplecluster/admins'],
      [{ clusterIdentifier: 'nocluster' }, 'GetClusterCredentials', 'dbuser:nocluster/temp_creds_user'],
    ] as const;
    for (const [change, action, resource] of denials) {
      expect(await awsRefusal(getClusterCredentials(alice, { ...all, ...change }, new Date()))).toEqual({
        code: 'AccessDenied',
        status: 403,
        message:
          `User: arn:aws:iam::123456789012:user/alice is not authorized to perform: redshift:${action} on ` +
          `resource: ${arn}:${resource} because no identity-based policy allows the redshift:${action} action`,
      });
    }
  });
});

// From here on the clock is moved, for all of this Keyshift.
describe('credentials', () => {
  test('work one second before they expire and are refused one second after', async () => {
    const { credentials, open, now } = await inTheLastSecond();
    try {
      const expires = credentials.expiration.getTime();
      await sleep(Math.max(0, expires + 1_000 - now()));
      const refused = await loginRefusal(keyshift, credentials);
      expect(refused).toMatchObject({
        code: '28000',
        severity: 'FATAL',
        message: 'IAM Authentication token has expired',
      });
      const told = /^It expired at (\S+); the time here is (\S+)\.$/.exec(refused.detail ?? '');
      expect(told?.[1]).toBe(credentials.expiration.toISOString());
      // The server's time, which may not be the client's.
      expect(Math.abs(Date.parse(told?.[2] ?? '') - now())).toBeLessThan(10_000);
      // An open session outlives the credentials; new ones work.
      expect((await open.query('select 1 as n')).rows).toEqual([{ n: 1 }]);
      await expectIn(await issue(keyshift, { dbName: 'exampledb' }));
    } finally {
      await open.end();
    }
  });

  /**
   * Credentials that have just let somebody in one second before they expire, a session that was opened with them
   * long before, and the time of the moved clock.
   */
  async function inTheLastSecond() {
    for (let tries = 1; ; tries++) {
      const credentials = await issue(keyshift, { dbName: 'exampledb' });
      const expires = credentials.expiration.getTime();
      const open = await logIn(keyshift, credentials);
      const moved = await moveClock('+894s');
      const now = () => Date.now() + moved;
      // On a machine so busy that the second passes on the way, some more.
      await sleep(Math.max(0, expires - 1_000 * tries - now()));
      try {
        await expectIn(credentials);
        return { credentials, open, now };
      } catch (error) {
        await open.end();
        if (now() < expires || tries === 5) throw error;
      }
    }
  }

  test('that lie far in the past say so, if they are authentic', async () => {
    await moveClock('+1h');
    expect(await loginRefusal(keyshift, login)).toMatchObject({
      message: 'IAM Authentication token has expired',
    });
    const others = { ...login, user: 'IAM:awsuser' };
    expect(await loginRefusal(keyshift, others)).toEqual({ ...failed(others.user), detail: WRONG_PASSWORD });
    expect(await loginRefusal(keyshift, login, { database: 'postgres' })).toMatchObject({
      message: 'IAM Authentication token has expired',
    });
  });

  /** By the command of the CLI; gives the distance from the system's clock in milliseconds. */
  async function moveClock(by: string): Promise<number> {
    const cli = new URL('../../dist/cli.js', import.meta.url).pathname;
    const result = await run(process.execPath, [cli, 'clock', by], { KEYSHIFT_DATA_DIR: keyshift.dataDir });
    expect(result).toMatchObject({ code: 0, stderr: '' });
    const [, offset] = /\((\d+) seconds from the system's\)/.exec(result.stdout) ?? [];
    expect(Number(offset)).toBeGreaterThanOrEqual(894);
    return Number(offset) * 1000;
  }
});

test('no password is in the log', () => {
  expect(keyshift.output).toContain('Keyshift is ready.');
  expect(keyshift.output).not.toContain(login.password.slice(8, 40));
  expect(keyshift.output).not.toContain('Master-Password-1');
  expect(keyshift.output).not.toContain('Other-Password-1');
});
