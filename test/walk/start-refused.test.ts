import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ask, makeUser, must } from './support/api.ts';
import { FakePostgres } from './support/fake-postgres.ts';
import { failingStart, Keyshift, launch, type StartOptions } from './support/keyshift.ts';
import { processesGone, snapshot, sqlIn } from './support/servers.ts';

/**
 * Starts that cannot be: one clear sentence with the remedy on standard error, a failing exit code, and nothing
 * made or changed.
 */

const isRoot = process.getuid?.() === 0;
const NOBODY = { uid: 65_534, gid: 65_534 };

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'keyshift-refused-'));
  await chmod(folder, 0o755);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

let folders = 0;
/** A place for data that a refused start must not even make. */
const neverMade = (): string => join(folder, `never-made-${folders++}`);

/** Starts what must fail, and gives its one sentence. */
async function refused(options: StartOptions & { readonly dataDir: string }): Promise<string> {
  const { code, output, stderr } = await failingStart({ flags: [], ...options });
  expect(code, output).toBe(1);
  expect(output, 'nothing on standard output').toBe(stderr);
  expect(stderr).toMatch(/^keyshift: [^\n]+\n$/);
  expect(stderr.length).toBeLessThan(500);
  expect(await processesGone(options.dataDir)).toEqual([]);
  return stderr.trim();
}

describe.concurrent('a setting that cannot be', () => {
  const CASES: readonly [string, Record<string, string>, RegExp][] = [
    [
      'a port in words',
      { KEYSHIFT_HTTP_PORT: 'http' },
      /KEYSHIFT_HTTP_PORT must be a whole number from 0 to 65535/,
    ],
    [
      'a port too high',
      { KEYSHIFT_HTTPS_PORT: '65536' },
      /KEYSHIFT_HTTPS_PORT must be a whole number from 0 to 65535/,
    ],
    ['a negative port', { KEYSHIFT_HTTP_PORT: '-1' }, /KEYSHIFT_HTTP_PORT must be .* but it is "-1"/],
    [
      'a cluster port that drivers cannot hold',
      { KEYSHIFT_GATEWAY_PORT: '32768' },
      /KEYSHIFT_GATEWAY_PORT must be a whole number from 0 to 32767/,
    ],
    [
      'an account of 11 digits',
      { KEYSHIFT_ACCOUNT_ID: '12345678901' },
      /KEYSHIFT_ACCOUNT_ID must be 12 digits/,
    ],
    [
      'an account with hyphens',
      { KEYSHIFT_ACCOUNT_ID: '1234-5678-9012' },
      /KEYSHIFT_ACCOUNT_ID must be 12 digits/,
    ],
    [
      'a region with a space',
      { KEYSHIFT_REGION: 'us west' },
      /KEYSHIFT_REGION must be a region name such as us-west-2/,
    ],
    ['half a root key', { KEYSHIFT_ROOT_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE' }, /must be set together/],
    [
      'a root key id that is no id',
      { KEYSHIFT_ROOT_ACCESS_KEY_ID: 'root', KEYSHIFT_ROOT_SECRET_ACCESS_KEY: 'x'.repeat(40) },
      /KEYSHIFT_ROOT_ACCESS_KEY_ID must be 16 to 128 letters/,
    ],
    [
      'a short root secret',
      { KEYSHIFT_ROOT_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE', KEYSHIFT_ROOT_SECRET_ACCESS_KEY: 'secret1' },
      /KEYSHIFT_ROOT_SECRET_ACCESS_KEY must have at least 8 characters/,
    ],
    [
      'a short master key',
      { KEYSHIFT_MASTER_KEY: 'abcdef' },
      /KEYSHIFT_MASTER_KEY must hold 32 bytes, as 64 hexadecimal digits or in base64/,
    ],
    [
      'no log level',
      { KEYSHIFT_LOG_LEVEL: 'loud' },
      /KEYSHIFT_LOG_LEVEL must be debug, info, warn or error, but it is "loud"/,
    ],
    [
      'no minutes',
      { KEYSHIFT_SIGNATURE_WINDOW_MINUTES: '0' },
      /KEYSHIFT_SIGNATURE_WINDOW_MINUTES must be a whole number from 1 to 1440/,
    ],
    [
      'neither on nor off',
      { KEYSHIFT_UNSAFE_NO_FSYNC: 'maybe' },
      /KEYSHIFT_UNSAFE_NO_FSYNC must be 1 or 0, but it is "maybe"/,
    ],
    [
      'an address that this machine has not',
      { KEYSHIFT_HOST: '203.0.113.7' },
      /203\.0\.113\.7.*set KEYSHIFT_HOST/,
    ],
    ['an address that is none', { KEYSHIFT_HOST: 'no such host' }, /no such host.*set KEYSHIFT_HOST/],
    [
      'a clusters file that is not there',
      { KEYSHIFT_CLUSTERS_FILE: '/nonexistent.json' },
      /the clusters file \/nonexistent\.json cannot be read .*correct KEYSHIFT_CLUSTERS_FILE/,
    ],
    [
      'a database URL that is none',
      { KEYSHIFT_DATABASE_URL: 'mysql://keyshift:geheim@127.0.0.1/x' },
      /KEYSHIFT_DATABASE_URL must be a URL such as postgresql:/,
    ],
    [
      'a database URL that cannot be read',
      { KEYSHIFT_DATABASE_URL: 'postgresql://keyshift:geheim@127.0.0.1:99999/x' },
      /cannot be reached \(Invalid URL\).*correct KEYSHIFT_DATABASE_URL/,
    ],
  ];

  test.each(CASES)('%s', async (_title, environment, sentence) => {
    const dataDir = neverMade();
    const text = await refused({ dataDir, environment });
    expect(text).toMatch(sentence);
    for (const [name, value] of Object.entries(environment)) {
      if (/SECRET|MASTER/.test(name)) expect(text).not.toContain(value);
      expect(text).not.toContain('geheim');
    }
    expect(existsSync(dataDir)).toBe(false);
  });

  const FILES: readonly [string, string, RegExp][] = [
    ['no JSON', '{"clusters": [', /cannot be read/],
    ['an unknown member', '{"clusters": [], "cluster": 1}', /is not right at cluster/],
    ['no variable', '{"clusters": [{"identifier": "a"}]}', /is not right at clusters\.0\.urlVariable/],
    [
      'a variable that is not set',
      '{"clusters": [{"identifier": "a", "urlVariable": "NOT_SET"}]}',
      /NOT_SET is not set: it must hold the URL of the cluster a/,
    ],
  ];
  test.each(FILES)('a clusters file with %s', async (_title, text, sentence) => {
    const dataDir = neverMade();
    const file = `${dataDir}.json`;
    await writeFile(file, text);
    expect(await refused({ dataDir, environment: { KEYSHIFT_CLUSTERS_FILE: file } })).toMatch(sentence);
    expect(existsSync(dataDir)).toBe(false);
  });

  test('a flag that does not exist is refused with the ones that do', async () => {
    const dataDir = neverMade();
    const { code, stderr } = await failingStart({ dataDir, flags: ['--exmaple'] });
    expect(code).toBe(1);
    expect(stderr).toContain("unknown option '--exmaple'");
    expect(stderr).toContain('--example');
    expect(existsSync(dataDir)).toBe(false);
  });
});

describe('a port', () => {
  test.each(['KEYSHIFT_HTTP_PORT', 'KEYSHIFT_HTTPS_PORT', 'KEYSHIFT_GATEWAY_PORT'])(
    '%s that is in use',
    async (setting) => {
      const server = createServer();
      const port = await listenLow(server);
      const dataDir = neverMade();
      const text = await refused({ dataDir, environment: { [setting]: String(port) } });
      expect(text).toMatch(
        new RegExp(
          `port ${port} on 127\\.0\\.0\\.1 cannot be used .*EADDRINUSE.*or set ${setting} to another port`,
        ),
      );
      expect(existsSync(dataDir)).toBe(false);
      server.close();
    },
  );

  test('that two listeners were given', async () => {
    const server = createServer();
    const port = String(await listenLow(server));
    await new Promise((resolve) => server.close(resolve));
    const dataDir = neverMade();
    const environment = { KEYSHIFT_HTTP_PORT: port, KEYSHIFT_HTTPS_PORT: port };
    expect(await refused({ dataDir, environment })).toMatch(/KEYSHIFT_HTTP_PORT and KEYSHIFT_HTTPS_PORT/);
    expect(existsSync(dataDir)).toBe(false);
  });
});

describe.concurrent('a data folder', () => {
  test('that holds the files of somebody else is left as it is', async () => {
    const dataDir = join(folder, 'foreign');
    await mkdir(join(dataDir, 'store'), { recursive: true, mode: 0o750 });
    await writeFile(join(dataDir, 'store', 'thesis.txt'), 'two years of work');
    const before = snapshot(dataDir);
    expect(await refused({ dataDir })).toMatch(
      /holds files that are not Keyshift's: choose an empty or new folder with KEYSHIFT_DATA_DIR$/,
    );
    expect(snapshot(dataDir)).toEqual(before);
  });

  test('of another format is left as it is', async () => {
    const dataDir = join(folder, 'newer');
    await mkdir(dataDir);
    await writeFile(join(dataDir, 'KEYSHIFT'), 'keyshift data directory, format 2\n');
    const before = snapshot(dataDir);
    expect(await refused({ dataDir })).toMatch(/was made by another version of Keyshift/);
    expect(snapshot(dataDir)).toEqual(before);
  });

  test('that is a file is left as it is', async () => {
    const dataDir = join(folder, 'file');
    await writeFile(dataDir, 'a file');
    expect(await refused({ dataDir })).toMatch(/cannot be written .*choose another with KEYSHIFT_DATA_DIR/);
    expect(await readFile(dataDir, 'utf8')).toBe('a file');
  });

  test('that this user may not write is left as it is', async () => {
    const dataDir = join(folder, 'locked');
    await mkdir(dataDir, { mode: 0o555 });
    const as = isRoot ? { as: NOBODY } : {};
    for (const place of [dataDir, join(dataDir, 'inside')]) {
      expect(await refused({ dataDir: place, ...as })).toMatch(
        /cannot be written .*give this user access to it, or choose another with KEYSHIFT_DATA_DIR$/,
      );
    }
    expect(Object.keys(snapshot(dataDir))).toEqual([dataDir]);
  });
});

describe.concurrent("the store's PostgreSQL", () => {
  test('that is down', async () => {
    const server = createServer();
    const port = await listenLow(server);
    await new Promise((resolve) => server.close(resolve));
    const dataDir = neverMade();
    const url = `postgresql://keyshift:s3cret-of-the-store@127.0.0.1:${port}/keyshift`;
    const text = await refused({ dataDir, environment: { KEYSHIFT_DATABASE_URL: url } });
    expect(text).toMatch(
      /the store's PostgreSQL cannot be reached .*ECONNREFUSED.*start it, or correct KEYSHIFT_DATABASE_URL$/,
    );
    expect(text).not.toContain('s3cret-of-the-store');
    expect(existsSync(dataDir)).toBe(false);
  });

  test('that is too old', async () => {
    const fake = await FakePostgres.listen('150014');
    const dataDir = neverMade();
    const environment = { KEYSHIFT_DATABASE_URL: `postgresql://keyshift@127.0.0.1:${fake.port}/keyshift` };
    expect(await refused({ dataDir, environment })).toMatch(
      /the store's PostgreSQL is version 15, but 16 or newer is needed: upgrade it, or point KEYSHIFT_DATABASE_URL at another server$/,
    );
    expect(fake.statements, 'and it is only asked').toEqual(['SHOW server_version_num']);
    expect(existsSync(dataDir)).toBe(false);
    await fake.close();
  });

  test('that does not answer', async () => {
    const server = createServer(() => {});
    const port = await listenLow(server);
    const dataDir = neverMade();
    const url = `postgresql://keyshift@127.0.0.1:${port}/keyshift`;
    expect(await refused({ dataDir, environment: { KEYSHIFT_DATABASE_URL: url } })).toMatch(
      /cannot be reached .*timeout/,
    );
    expect(existsSync(dataDir)).toBe(false);
    server.close();
  });
});

describe('data that a good start has made', () => {
  /** PostgreSQL's own files change whenever it runs, so only ours are compared. */
  const ours = (dataDir: string) => snapshot(dataDir, ['server', 'server.log']);
  let dataDir: string;
  let before: Record<string, string>;

  beforeAll(async () => {
    dataDir = join(folder, 'good');
    const keyshift = await Keyshift.start({ dataDir, flags: [] });
    expect(await keyshift.stop()).toBe(0);
    before = ours(dataDir);
    expect(Object.keys(before)).toContain(join(dataDir, 'master.key'));
  });

  /** Makes something wrong, and right again after the start has been refused; the data must be what it was. */
  async function whileWrong(
    wrong: () => Promise<() => Promise<void>>,
    options: Partial<StartOptions> = {},
  ): Promise<string> {
    const right = await wrong();
    try {
      const wrongBefore = ours(dataDir);
      const text = await refused({ dataDir, ...options });
      expect(ours(dataDir), text).toEqual(wrongBefore);
      return text;
    } finally {
      await right();
      expect(ours(dataDir)).toEqual(before);
    }
  }
  const nothing = async () => async () => {};
  const masterKey = (): string => join(dataDir, 'master.key');
  const withMasterKey = (text: string) => async () => {
    const kept = await readFile(masterKey());
    await writeFile(masterKey(), text);
    return () => writeFile(masterKey(), kept);
  };
  const NOT_THE_ONE =
    /the master key is not the one that this store was made with: give the right one in KEYSHIFT_MASTER_KEY or put the file master\.key back$/;

  test('another master key in the environment', async () => {
    const environment = { KEYSHIFT_MASTER_KEY: 'ab'.repeat(32) };
    expect(await whileWrong(nothing, { environment })).toMatch(NOT_THE_ONE);
  });

  test('another master key in the file', async () => {
    expect(await whileWrong(withMasterKey(`${'cd'.repeat(32)}\n`))).toMatch(NOT_THE_ONE);
  });

  test('half a master key in the file', async () => {
    expect(await whileWrong(withMasterKey(`${'cd'.repeat(16)}\n`))).toMatch(/master\.key must hold 32 bytes/);
  });

  test('no master key: none is made in its place', async () => {
    const away = async () => {
      await rename(masterKey(), join(folder, 'kept.key'));
      return () => rename(join(folder, 'kept.key'), masterKey());
    };
    expect(await whileWrong(away)).toMatch(/master\.key is missing.*KEYSHIFT_MASTER_KEY/);
  });

  test('a master key that others may read', async () => {
    const open = async () => {
      await chmod(masterKey(), 0o644);
      return () => chmod(masterKey(), 0o600);
    };
    expect(await whileWrong(open)).toMatch(
      /others may read .*master\.key: make it private with chmod 600 .*master\.key$/,
    );
  });

  test('a clock that can be moved, where it could not be', async () => {
    expect(await whileWrong(nothing, { flags: ['--test-clock'] })).toMatch(
      /this data directory was made without --test-clock: start without it, or choose another KEYSHIFT_DATA_DIR$/,
    );
  });

  test('a clock that cannot be moved, where it could be', async () => {
    const other = join(folder, 'test-clock');
    const keyshift = await Keyshift.start({ dataDir: other, flags: ['--test-clock'] });
    expect(await keyshift.stop()).toBe(0);
    expect(await refused({ dataDir: other })).toMatch(
      /this data directory was made with --test-clock: start with it, or choose another KEYSHIFT_DATA_DIR$/,
    );
  });

  test('a root key that is the key of a user, or of the root user of another account', async () => {
    const other = join(folder, 'root-keys');
    const secret = 'x'.repeat(40);
    const withKey = (accessKeyId: string, more: Record<string, string> = {}) => ({
      dataDir: other,
      flags: [],
      environment: {
        KEYSHIFT_ROOT_ACCESS_KEY_ID: accessKeyId,
        KEYSHIFT_ROOT_SECRET_ACCESS_KEY: secret,
        ...more,
      },
    });
    const keyshift = await Keyshift.start(withKey('AKIAROOTROOTROOTROOT'));
    const ann = await makeUser(keyshift.root, 'ann');
    const made = await must(keyshift.root, 'keyshift', 'CreateAccount', { AccountId: '999999999999' });
    expect(await keyshift.stop()).toBe(0);
    const left = ours(other);
    const sentence = /belongs to a user or to another account.*give another KEYSHIFT_ROOT_ACCESS_KEY_ID$/;
    expect(await refused(withKey(ann.accessKeyId))).toMatch(sentence);
    expect(await refused(withKey(made.texts('AccessKeyId')[0] ?? ''))).toMatch(sentence);
    const account = { KEYSHIFT_ACCOUNT_ID: '999999999999' };
    expect(await refused(withKey('AKIAROOTROOTROOTROOT', account))).toMatch(
      /made for the account 123456789012, not 999999999999: set KEYSHIFT_ACCOUNT_ID to 123456789012/,
    );
    expect(ours(other)).toEqual(left);
  });

  test.runIf(isRoot)('of another user', async () => {
    const text = await whileWrong(nothing, { as: NOBODY });
    expect(text).toMatch(/cannot be written .*give this user access to it/);
  });

  test('a second Keyshift on the same data: the first goes on undisturbed', async () => {
    const first = await Keyshift.start({ dataDir, flags: [] });
    const files = ours(dataDir);
    for (const environment of [{}, { KEYSHIFT_HTTP_PORT: new URL(first.ready.httpUrl).port }]) {
      const { code, output, stderr } = await failingStart({ dataDir, flags: [], environment });
      expect([code, output]).toEqual([1, stderr]);
      expect(stderr).toMatch(/^keyshift: [^\n]+\n$/);
      expect(stderr).toMatch(
        'KEYSHIFT_HTTP_PORT' in environment
          ? /stop the program that uses it/
          : new RegExp(
              `Another Keyshift process \\(${first.pid}\\) .*stop it first, or choose another data directory`,
            ),
      );
      expect(ours(dataDir)).toEqual(files);
      expect((await ask(first.root, 'sts', 'GetCallerIdentity')).status).toBe(200);
    }
    expect(await first.stop()).toBe(0);
  });

  test('a schema that is newer than the program', async () => {
    const running = await Keyshift.start({ dataDir, flags: [] });
    await sqlIn(
      join(dataDir, 'store', 'server'),
      'postgres',
      "INSERT INTO keyshift.migrations (version, name) VALUES (9999, 'future')",
    );
    expect(await running.stop()).toBe(0);
    const left = ours(dataDir);
    expect(await refused({ dataDir })).toMatch(
      /the store has schema version 9999, but this Keyshift knows only \d+: install the newer Keyshift that made it, or restore a backup from before its upgrade$/,
    );
    expect(ours(dataDir)).toEqual(left);
  });
});

test('a start that is broken off leaves no server behind, and the next one succeeds', async () => {
  const dataDir = join(folder, 'broken-off');
  for (const waitMs of [300, 900, 1_800]) {
    const { child } = launch({ dataDir, flags: ['--example'] });
    const ended = new Promise((resolve) => child.once('exit', resolve));
    await new Promise((resolve) => setTimeout(resolve, waitMs));
    child.kill('SIGTERM');
    await ended;
    expect(await processesGone(dataDir), `stopped after ${waitMs} ms`).toEqual([]);
  }
  const keyshift = await Keyshift.start({ dataDir });
  expect((await ask(keyshift.root, 'sts', 'GetCallerIdentity')).status).toBe(200);
  expect(await keyshift.stop()).toBe(0);
});

let nextPort = 21_000;

/** A port that any listener may have, a cluster's too. */
async function listenLow(server: ReturnType<typeof createServer>): Promise<number> {
  // Counted on, so that a port that was given back is not given to another test.
  for (; nextPort < 22_000; ) {
    const port = nextPort++;
    const isListening = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => resolve(true));
    });
    if (isListening) return (server.address() as AddressInfo).port;
  }
  throw new Error('no port is free');
}
