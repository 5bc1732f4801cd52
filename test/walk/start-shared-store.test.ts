import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Endpoint } from '../../src/client/call.ts';
import { silentLogger } from '../../src/core/logger.ts';
import { type EmbeddedServer, startEmbedded } from '../../src/postgres/embedded.ts';
import { ask, makeUser, must } from './support/api.ts';
import { failingStart, Keyshift } from './support/keyshift.ts';

/** Two Keyshifts that keep their state in one PostgreSQL server, which neither of them has started. */

const MASTER_KEY = '5a'.repeat(32);

let folder: string;
let server: EmbeddedServer;
let first: Keyshift;
let second: Keyshift;

const options = (name: string, more: Record<string, string> = {}) => ({
  dataDir: join(folder, name),
  flags: [],
  environment: {
    KEYSHIFT_DATABASE_URL: `postgresql://keyshift_admin@/postgres?host=${encodeURIComponent(server.socketDir)}`,
    ...more,
  },
});
const withKey = (name: string) => options(name, { KEYSHIFT_MASTER_KEY: MASTER_KEY });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'keyshift-shared-'));
  server = await startEmbedded({
    dataDir: join(folder, 'postgres'),
    name: 'keyshift-shared',
    durable: false,
    maxConnections: 50,
    logger: silentLogger,
  });
  first = await Keyshift.start(withKey('first'));
  second = await Keyshift.start(withKey('second'));
});
afterAll(async () => {
  await Promise.all([first.stop(), second.stop()]);
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

const on = (keyshift: Keyshift, endpoint: Endpoint): Endpoint => ({
  ...endpoint,
  url: keyshift.ready.httpUrl,
});
const who = (keyshift: Keyshift, endpoint: Endpoint) =>
  ask(on(keyshift, endpoint), 'sts', 'GetCallerIdentity');

test('they have one root key, and no store of their own', () => {
  expect(first.root.accessKeyId).toBe(second.root.accessKeyId);
  expect(first.root.secretAccessKey.reveal()).toBe(second.root.secretAccessKey.reveal());
  for (const keyshift of [first, second]) {
    expect(existsSync(join(keyshift.dataDir, 'store'))).toBe(false);
    expect(existsSync(join(keyshift.dataDir, 'master.key'))).toBe(false);
  }
});

test('what one changes counts for the other: users, policies, keys', async () => {
  const ann = await makeUser(first.root, 'ann');
  expect((await who(second, ann)).texts('Arn')).toEqual(['arn:aws:iam::123456789012:user/ann']);
  expect((await ask(on(second, ann), 'iam', 'ListUsers')).code).toBe('AccessDenied');
  const allowed = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'iam:*', Resource: '*' }] };
  await must(first.root, 'iam', 'PutUserPolicy', {
    UserName: 'ann',
    PolicyName: 'all',
    PolicyDocument: JSON.stringify(allowed),
  });
  // The other node is told of it by the store; that takes a moment, and less than a second where it is not busy.
  const soon = { interval: 10 };
  await expect.poll(async () => (await ask(on(second, ann), 'iam', 'ListUsers')).status, soon).toBe(200);
  await must(second.root, 'iam', 'UpdateAccessKey', {
    UserName: 'ann',
    AccessKeyId: ann.accessKeyId,
    Status: 'Inactive',
  });
  expect((await who(second, ann)).code).toBe('InvalidClientTokenId');
  await expect.poll(async () => (await who(first, ann)).code, soon).toBe('InvalidClientTokenId');
});

test('their audit log is one', async () => {
  const answer = await who(first, { ...first.root, accessKeyId: 'AKIAIOSFODNN7EXAMPLE' });
  const [requestId = 'none'] = answer.texts('RequestId');
  const events = await must(second.root, 'keyshift', 'GetAuditEvents', { MaxItems: '500' });
  expect(events.text).toContain(requestId);
});

test('another node without the master key is refused, and nothing is made for it', async () => {
  const { code, stderr } = await failingStart(options('third'));
  expect(code).toBe(1);
  expect(stderr).toMatch(
    /^keyshift: .*third\/master\.key is missing.*give the key in KEYSHIFT_MASTER_KEY\n$/,
  );
  expect(existsSync(join(folder, 'third'))).toBe(false);
});

test('another node with a wrong master key is refused', async () => {
  const { code, stderr } = await failingStart(options('third', { KEYSHIFT_MASTER_KEY: 'a5'.repeat(32) }));
  expect(code).toBe(1);
  expect(stderr).toMatch(/^keyshift: the master key is not the one that this store was made with[^\n]*\n$/);
  expect((await who(first, first.root)).status).toBe(200);
});

test('one that ends does not disturb the other', async () => {
  expect(await second.stop()).toBe(0);
  expect((await who(first, first.root)).status).toBe(200);
  second = await second.again(withKey('second'));
  expect((await who(second, second.root)).status).toBe(200);
});
