import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Keyshift } from '../walk/support/keyshift.ts';
import { issue, type Login } from '../walk/support/logins.ts';
import { needs } from '../walk/support/programs.ts';
import { psql } from '../walk/support/psql.ts';
import { type RunResult, run } from '../walk/support/run.ts';

// The ways in which people hand a temporary login to psql, and through it to all that is built on libpq.

const WHO = 'select keyshift.session_user_name(), keyshift.session_groups()';

let folder: string;
let keyshift: Keyshift;
let login: Login;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'keyshift-psql-'));
  keyshift = await Keyshift.start();
  login = await issue(keyshift, { dbName: 'exampledb', dbGroups: ['example_group'] });
});
beforeEach((context) => needs(context, 'psql'));
afterAll(async () => {
  await keyshift?.close();
  await rm(folder, { recursive: true, force: true });
});

/** psql with a connection string, and nothing from elsewhere but the certificate. */
function connect(conninfo: string, environment: Readonly<Record<string, string>> = {}): Promise<RunResult> {
  return run('psql', ['-XAt', conninfo, '-c', WHO], {
    HOME: folder,
    PGSSLROOTCERT: keyshift.ready.caFile,
    ...environment,
  });
}

const IN = { code: 0, stdout: 'temp_creds_user|{example_group}\n', stderr: '' };
const address = () => `localhost:${keyshift.ready.gatewayPort}/exampledb?sslmode=verify-full`;
const encoded = () => encodeURIComponent(login.user);

describe('psql logs in', () => {
  test('by a URI whose user name is encoded (IAM%3A…)', async () => {
    expect(encoded()).toBe('IAM%3Atemp_creds_user%3Aexample_group');
    expect(await connect(`postgresql://${encoded()}@${address()}`, { PGPASSWORD: login.password })).toEqual(
      IN,
    );
  });

  test('by a URI with the password in it, as it is', async () => {
    expect(await connect(`postgres://${encoded()}:${login.password}@${address()}`)).toEqual(IN);
  });

  test('by environment variables', async () => {
    const environment = {
      PGHOST: 'localhost',
      PGPORT: String(keyshift.ready.gatewayPort),
      PGDATABASE: 'exampledb',
      PGUSER: login.user,
      PGPASSWORD: login.password,
      PGSSLMODE: 'verify-full',
    };
    expect(await connect('', environment)).toEqual(IN);
  });

  test('by a password file, where colons are escaped', async () => {
    const file = join(folder, 'pgpass');
    const user = login.user.replaceAll(':', '\\:');
    await writeFile(file, `localhost:*:exampledb:${user}:${login.password}\n`);
    await chmod(file, 0o600);
    const uri = `postgresql://${encoded()}@${address()}`;
    expect(await connect(uri, { PGPASSFILE: file })).toEqual(IN);
  });

  test('by a service file', async () => {
    const file = join(folder, 'service.conf');
    const { gatewayPort } = keyshift.ready;
    await writeFile(
      file,
      `[keyshift]\nhost=localhost\nport=${gatewayPort}\ndbname=exampledb\nuser=${login.user}\nsslmode=verify-full\n`,
    );
    const environment = { PGSERVICEFILE: file, PGPASSWORD: login.password };
    expect(await connect('service=keyshift', environment)).toEqual(IN);
  });

  test('with each sslmode that uses TLS, and by address', async () => {
    for (const sslmode of ['prefer', 'require', 'verify-ca', 'verify-full']) {
      for (const host of ['localhost', '127.0.0.1']) {
        const conninfo = `host=${host} port=${keyshift.ready.gatewayPort} dbname=exampledb user=${login.user} sslmode=${sslmode}`;
        expect(await connect(conninfo, { PGPASSWORD: login.password }), `${host} ${sslmode}`).toEqual(IN);
      }
    }
  });
});

test('psql is told about a login in clear text', async () => {
  const result = await psql(keyshift, login, [WHO], { sslmode: 'disable' });
  expect(result).toMatchObject({ code: 2, stdout: '' });
  expect(result.stderr).toContain(`FATAL:  connection for user "${login.user}" must use TLS`);
  expect(result.stderr).toContain('HINT:  Connect with sslmode=verify-full, or at least sslmode=require.');
});

test('psql with sslmode=prefer, which shows only the refusal of its second attempt, sees the reason of the first', async () => {
  const refusals = [
    [await issue(keyshift, { dbName: 'other' }), 'The credentials are not for the database "exampledb".'],
    [{ ...login, password: 'wrong' }, 'Password authentication failed: it is not a temporary password'],
  ] as const;
  for (const [refused, reason] of refusals) {
    const result = await psql(keyshift, refused, [WHO], { sslmode: 'prefer' });
    expect(result).toMatchObject({ code: 2, stdout: '' });
    const second = result.stderr.slice(result.stderr.indexOf('must use TLS'));
    expect(second).toContain(
      'The attempt over TLS just before was refused: IAM authentication failed for user',
    );
    expect(second).toContain(reason);
  }
});

test('psql does not trust another certificate', async () => {
  const wrong = join(folder, 'wrong.crt');
  await writeFile(wrong, '');
  const result = await psql(keyshift, login, [WHO], { environment: { PGSSLROOTCERT: wrong } });
  expect(result).toMatchObject({ code: 2, stdout: '' });
});

test('the commands of psql that read the catalog work', async () => {
  const commands = [
    '\\conninfo',
    '\\dt example.*',
    '\\d example.sales',
    '\\dn',
    '\\du',
    '\\df',
    '\\dp example.*',
  ];
  const result = await psql(keyshift, login, commands);
  expect(result).toMatchObject({ code: 0, stderr: '' });
  expect(result.stdout).toContain('example|sales|table|keyshift_superuser');
});
