import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ask, makeUser, must, plain, presigned, send, signed } from '../walk/support/api.ts';
import { Keyshift } from '../walk/support/keyshift.ts';
import { run } from '../walk/support/run.ts';
import { clusterServers, connect, loginFor, processesIn, sqlIn } from '../walk/support/servers.ts';
import { allow, assume, deviceOf, makeRole, trust, withCredentials } from '../walk/support/sessions.ts';

/**
 * Known secrets go through everything that takes or gives one, in good requests and in refused ones. Then every
 * place where something is written is searched for them, in each way that a text may be written in.
 */

const canary = (name: string): string => `Canary-${name}-${randomBytes(12).toString('hex')}!`;
// The master user's must do without some characters.
const sqlCanary = (name: string): string => `Canary${name}${randomBytes(12).toString('hex')}`;

const MASTER_KEY = randomBytes(32);
const secrets = new Map<string, string>([
  ['root secret', `${randomBytes(28).toString('base64')}`],
  ['login password', canary('login')],
  ['changed login password', canary('changed')],
  ['refused login password', 'canary-weak'.repeat(3)],
  ['master user password', sqlCanary('Master')],
  ['changed master user password', sqlCanary('Modified')],
  ['refused master user password', `${sqlCanary('Refused')}"`],
  ['SQL password', sqlCanary('Sql')],
  ['refused SQL password', sqlCanary('RefusedSql')],
]);
const secret = (name: string): string => {
  const found = secrets.get(name);
  if (found === undefined) throw new Error(`no secret ${name}`);
  return found;
};

let keyshift: Keyshift;
/** What the API has answered to calls that give no secret away. */
const answers: string[] = [];

beforeAll(async () => {
  keyshift = await Keyshift.start({
    environment: {
      KEYSHIFT_MASTER_KEY: MASTER_KEY.toString('hex'),
      KEYSHIFT_ROOT_ACCESS_KEY_ID: 'AKIACANARYCANARYCANA',
      KEYSHIFT_ROOT_SECRET_ACCESS_KEY: secret('root secret'),
      KEYSHIFT_LOG_LEVEL: 'debug',
    },
  });
});
afterAll(() => keyshift.close());

test('every operation that takes a secret does its work', { timeout: 60_000 }, async () => {
  const { root } = keyshift;
  expect(root.secretAccessKey.reveal()).toBe(secret('root secret'));
  const call = async (...args: Parameters<typeof ask>): Promise<number> => {
    const answer = await ask(...args);
    answers.push(answer.text);
    return answer.status;
  };

  const ann = await makeUser(root, 'ann', {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: 'iam:ChangePassword', Resource: '*' }],
  });
  secrets.set('secret access key', ann.secretAccessKey.reveal());
  const UserName = 'ann';
  expect(
    await call(root, 'iam', 'CreateLoginProfile', { UserName, Password: secret('refused login password') }),
  ).toBe(400);
  expect(
    await call(root, 'iam', 'CreateLoginProfile', { UserName, Password: secret('login password') }),
  ).toBe(200);
  expect(
    await call(root, 'iam', 'CreateLoginProfile', { UserName, Password: secret('login password') }),
  ).toBe(409);
  const change = { OldPassword: secret('login password'), NewPassword: secret('changed login password') };
  expect(await call(ann, 'iam', 'ChangePassword', change)).toBe(200);
  expect(await call(ann, 'iam', 'ChangePassword', change)).toBe(403);
  expect(
    await call(root, 'iam', 'UpdateLoginProfile', { UserName: 'nobody', Password: secret('login password') }),
  ).toBe(404);

  const cluster = {
    ClusterIdentifier: 'second',
    NodeType: 'ra3.large',
    MasterUsername: 'boss',
    MasterUserPassword: secret('master user password'),
  };
  const refused = { ...cluster, MasterUserPassword: secret('refused master user password') };
  expect(await call(root, 'redshift', 'CreateCluster', refused)).toBe(400);
  expect(await call(ann, 'redshift', 'CreateCluster', cluster)).toBe(403);
  expect(await call(root, 'redshift', 'CreateCluster', { ...cluster, MasterUsername: 'select' })).toBe(400);
  expect(await call(root, 'redshift', 'CreateCluster', cluster)).toBe(200);
  expect(await call(root, 'redshift', 'CreateCluster', cluster)).toBe(400);
  const modified = {
    ClusterIdentifier: 'examplecluster',
    MasterUserPassword: secret('changed master user password'),
  };
  expect(await call(root, 'redshift', 'ModifyCluster', modified)).toBe(200);
  // The second cluster's server is made behind the call.
  const status = async (): Promise<string[]> =>
    (await must(root, 'redshift', 'DescribeClusters')).texts('ClusterStatus');
  await expect.poll(status, { timeout: 30_000 }).toEqual(['available', 'available']);
});

test('temporary credentials and seeds of devices are given out, used and refused', async () => {
  const { root } = keyshift;
  const trusting = trust({ AWS: 'arn:aws:iam::123456789012:user/ann' });
  const role = await makeRole(root, 'canary', trusting, allow('redshift:*'));
  const made = await must(root, 'iam', 'CreateVirtualMFADevice', { VirtualMFADeviceName: 'canary' });
  const seed = Buffer.from(made.texts('Base32StringSeed')[0] ?? '', 'base64').toString();
  secrets.set('seed of a device', seed);
  secrets.set('seed as it is answered', made.texts('Base32StringSeed')[0] ?? '');
  const device = deviceOf(made);
  const enable = {
    UserName: 'ann',
    SerialNumber: device.serial,
    AuthenticationCode1: device.code(-2),
    AuthenticationCode2: device.code(-1),
  };
  for (const codes of [{ ...enable, AuthenticationCode2: '000000' }, enable, enable]) {
    answers.push((await ask(root, 'iam', 'EnableMFADevice', codes)).text);
  }
  const key = await must(root, 'iam', 'CreateAccessKey', { UserName: 'ann' });
  const ann = withCredentials(root, key);
  const session = await assume({ ...ann, sessionToken: undefined }, role);
  secrets.set('session token', session.sessionToken?.reveal() ?? '');
  secrets.set('secret of a session', session.secretAccessKey.reveal());
  expect(secret('session token')).toMatch(/^[\w-]{100,}$/);
  const request = { Action: 'GetCallerIdentity' };
  const sent = [
    signed(session, 'sts', request),
    presigned(session, 'sts', request, 60),
    signed(session, 'sts', { Action: 'GetSessionToken' }),
    signed({ ...session, accessKeyId: ann.accessKeyId }, 'sts', request),
    signed({ ...session, secretAccessKey: ann.secretAccessKey }, 'sts', request),
    signed(session, 'redshift', request),
    signed(session, 'sts', request, { at: new Date(0) }),
    presigned(session, 'sts', request, 0),
    { ...signed(session, 'sts', request), path: '/nowhere' },
  ];
  const statuses: number[] = [];
  for (const one of sent) {
    const answer = await send(root, one);
    statuses.push(answer.status);
    answers.push(answer.text);
  }
  expect(statuses).toEqual([200, 200, 403, 403, 403, 400, 403, 400, 404]);
});

test('secrets in requests that are broken in any way are refused', async () => {
  const { root } = keyshift;
  const Password = secret('login password');
  const parameters = { Action: 'CreateLoginProfile', UserName: 'ann', Password };
  const twice = `Action=CreateLoginProfile&Version=2010-05-08&Password=${Password}&Password=${Password}`;
  const requests = [
    plain(root, 'iam', parameters),
    { ...plain(root, 'iam', parameters), method: 'PUT' },
    { ...plain(root, 'iam', parameters), path: '/nowhere' },
    signed({ ...root, accessKeyId: 'AKIAIOSFODNN7EXAMPLE' }, 'iam', parameters),
    signed(root, 'iam', parameters, { at: new Date(0) }),
    signed(root, 'redshift', { ...parameters, Action: 'NoSuchOperation' }),
    signed(root, 'iam', {}, { with: { body: Buffer.from(twice) } }),
    signed(root, 'iam', { ...parameters, 'UserName.member.1': 'x', UserName: 'x'.repeat(200) }),
    signed(root, 'iam', { Action: 'CreateLoginProfile', 'Password.1': Password, UserName: 'ann' }),
    presigned(root, 'iam', parameters, 0),
  ];
  for (const request of requests) {
    const answer = await send(root, request);
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.status).toBeLessThan(500);
    answers.push(answer.text);
  }
});

test('secrets of logins go through the gateway', { timeout: 60_000 }, async () => {
  const login = await loginFor(keyshift, { groups: ['example_group'] });
  secrets.set('database password', login.password);
  await (await connect(keyshift, login)).end();
  await expect(connect(keyshift, { ...login, user: 'IAM:temp_creds_user' })).rejects.toThrow(
    'IAM authentication failed',
  );
  await expect(connect(keyshift, { ...login, user: 'temp_creds_user' })).rejects.toThrow();

  // The master user, by SCRAM, with the password that ModifyCluster has set.
  const boss = await connect(keyshift, { user: 'awsuser', password: secret('changed master user password') });
  await boss.query(`CREATE USER dora PASSWORD '${secret('SQL password')}'`);
  for (const statement of [
    `CREATE USER dora PASSWORD '${secret('refused SQL password')}'`,
    `ALTER USER nobody_knows PASSWORD '${secret('refused SQL password')}'`,
    `CREATE USER erna PASSWORD '${secret('refused SQL password')}' IN GROUP no_such_group`,
  ]) {
    await expect(boss.query(statement), statement.slice(0, 20)).rejects.toThrow();
  }
  await boss.end();
  const dora = { user: 'dora', password: secret('SQL password') };
  await (await connect(keyshift, dora)).end();
  await expect(connect(keyshift, { ...dora, password: secret('login password') })).rejects.toThrow(
    'password',
  );
});

test('no process has a secret in its arguments, and no server in its environment', () => {
  const servers = processesIn(keyshift.dataDir);
  expect(servers.length).toBeGreaterThan(5);
  const read = (pid: number, what: string): string => {
    try {
      return readFileSync(`/proc/${pid}/${what}`, 'utf8').replaceAll('\0', ' ');
    } catch {
      return '';
    }
  };
  const texts = [
    read(keyshift.pid, 'cmdline'),
    ...servers.flatMap((pid) => [read(pid, 'cmdline'), read(pid, 'environ')]),
  ].join('\n');
  expect(texts).toContain('postgres');
  expect(found(Buffer.from(texts))).toEqual([]);
});

test('no table of the store has one that can be read, nor any running statement', async () => {
  const store = join(keyshift.dataDir, 'store', 'server');
  const tables = await sqlIn<{ name: string }>(
    store,
    'postgres',
    "SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname = 'keyshift'",
  );
  expect(tables.length).toBeGreaterThan(8);
  for (const { name } of tables) {
    const rows = await sqlIn<{ text: string }>(
      store,
      'postgres',
      `SELECT to_jsonb(t)::text AS text FROM ${name} t`,
    );
    expect(found(Buffer.from(rows.map((row) => row.text).join('\n'))), name).toEqual([]);
  }
  for (const server of [store, ...clusterServers(keyshift.dataDir)]) {
    const activity = await sqlIn<{ query: string }>(server, 'postgres', 'SELECT query FROM pg_stat_activity');
    expect(found(Buffer.from(activity.map((row) => row.query).join('\n')))).toEqual([]);
  }
});

test('no answer, no line of the audit log, and no line of output has one', async () => {
  expect(found(Buffer.from(answers.join('\n')))).toEqual([]);
  const audit = await run(
    process.execPath,
    [new URL('../../dist/cli.js', import.meta.url).pathname, 'audit'],
    {
      KEYSHIFT_DATA_DIR: keyshift.dataDir,
    },
  );
  expect(audit.code).toBe(0);
  expect(audit.stdout).toContain('iam:CreateLoginProfile');
  expect(audit.stdout).toContain('"name" : "IAM:temp_creds_user:example_group"');
  expect(found(Buffer.from(audit.stdout))).toEqual([]);
  expect(keyshift.output).toContain('Keyshift is ready.');
  expect(found(Buffer.from(keyshift.output))).toEqual([]);
});

test('no file of the data folder has one, but env.sh the root key', { timeout: 60_000 }, async () => {
  await must(keyshift.root, 'sts', 'GetCallerIdentity');
  expect(await keyshift.stop()).toBe(0);
  expect(found(Buffer.from(keyshift.output))).toEqual([]);
  const holders: Record<string, string[]> = {};
  let bytes = 0;
  for (const name of readdirSync(keyshift.dataDir, { recursive: true, encoding: 'utf8' })) {
    const path = join(keyshift.dataDir, name);
    if (!statSync(path).isFile()) continue;
    const content = readFileSync(path);
    bytes += content.length;
    const inside = found(content);
    if (inside.length > 0) holders[name] = inside;
  }
  expect(bytes, 'the servers were searched too').toBeGreaterThan(50_000_000);
  // It is the place for it, and shows that the search finds what is there.
  expect(holders).toEqual({ 'env.sh': ['root secret'] });
});

/** The names of the secrets that stand in `content`, as text, in hexadecimal, in base64 or percent-encoded. */
function found(content: Buffer): string[] {
  return [...needles()]
    .filter(([, texts]) => texts.some((text) => content.includes(text)))
    .map(([name]) => name);
}

function* needles(): Generator<[string, (string | Buffer)[]]> {
  yield ['master key', [MASTER_KEY, ...written(MASTER_KEY)]];
  for (const [name, text] of secrets) {
    yield [name, [text, encodeURIComponent(text), ...written(Buffer.from(text))]];
  }
  const session = Buffer.from(secrets.get('session token') ?? '', 'base64url');
  if (session.length > 0)
    yield ['end of the session token', [session.subarray(50), session.subarray(50).toString('hex')]];
  const token = Buffer.from(secrets.get('database password') ?? '', 'base64url');
  if (token.length > 0)
    yield ['bytes of the database password', [token.subarray(40), token.subarray(40).toString('hex')]];
}

function written(bytes: Buffer): string[] {
  const hex = bytes.toString('hex');
  // Without its end, which depends on what follows.
  return [
    hex,
    hex.toUpperCase(),
    bytes.toString('base64').slice(0, -4),
    bytes.toString('base64url').slice(0, -4),
  ];
}
