import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EXAMPLE } from '../../src/example.ts';
import { ask as call, makeUser, must, type Parameters, type Received } from './support/api.ts';
import { Keyshift } from './support/keyshift.ts';
import { ask, issue, type Login, loginRefusal } from './support/logins.ts';

// The connection and user logs of a cluster, from EnableLogging to the files, with a real Keyshift.

let keyshift: Keyshift;
let accountId: string;

const CLUSTER = { ClusterIdentifier: EXAMPLE.cluster };
/** A delivery comes five seconds after its first event; a busy machine takes longer. */
const DELIVERED = { timeout: 30_000, interval: 200 };

beforeAll(async () => {
  keyshift = await Keyshift.start();
  accountId = (await must(keyshift.root, 'sts', 'GetCallerIdentity')).texts('Account')[0] ?? '';
});
afterAll(async () => {
  await keyshift?.close();
});

const redshift = (action: string, parameters: Parameters = {}): Promise<Received> =>
  must(keyshift.root, 'redshift', action, { ...CLUSTER, ...parameters });
const status = () => redshift('DescribeLoggingStatus');

/** A session from its login to its end, of which the gateway hears a moment after its client. */
async function visit(login: Login): Promise<void> {
  await ask(keyshift, login, 'SELECT 1');
  await expect
    .poll(async () => (await must(keyshift.root, 'keyshift', 'ListSessions')).texts('member'))
    .toEqual([]);
}

/** The lines of a log in `bucket`, each as its fields. */
function lines(bucket: string, type: string): string[][] {
  const folder = join(keyshift.dataDir, 'logs', accountId);
  if (!existsSync(join(folder, bucket))) return [];
  const files = (readdirSync(join(folder, bucket), { recursive: true }) as string[])
    .filter((name) => name.includes(`_${EXAMPLE.cluster}_${type}_`))
    .sort();
  const text = files.map((name) => gunzipSync(readFileSync(join(folder, bucket, name))).toString()).join('');
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => line.split('|').map((field) => field.trim()));
}

const events = (bucket: string, user: string) =>
  lines(bucket, 'connectionlog')
    .filter((fields) => fields[6] === user)
    .map((fields) => fields[0]);

describe('Logging', () => {
  test('is off, may be asked for by those with the permission, and only for what there is', async () => {
    expect((await status()).texts('LoggingEnabled')).toEqual(['false']);
    const clerk = await makeUser(keyshift.root, 'clerk', {
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: 'redshift:DescribeLoggingStatus', Resource: '*' }],
    });
    const asClerk = (action: string) => call(clerk, 'redshift', action, { ...CLUSTER, BucketName: 'logs' });
    expect(await asClerk('DescribeLoggingStatus')).toMatchObject({ status: 200 });
    for (const action of ['EnableLogging', 'DisableLogging']) {
      expect(await asClerk(action)).toMatchObject({ status: 403, code: 'AccessDenied' });
    }
    const refused = async (more: Parameters) =>
      (await call(keyshift.root, 'redshift', 'EnableLogging', more)).code;
    expect(await refused({ ClusterIdentifier: 'nobody', BucketName: 'logs' })).toBe('ClusterNotFound');
    expect(await refused(CLUSTER)).toBe('InvalidS3BucketNameFault');
    expect(await refused({ ...CLUSTER, BucketName: '../..' })).toBe('InvalidS3BucketNameFault');
    expect(await refused({ ...CLUSTER, BucketName: 'logs', S3KeyPrefix: '../x' })).toBe(
      'InvalidS3KeyPrefixFault',
    );
    expect(await refused({ ...CLUSTER, BucketName: 'logs', LogDestinationType: 'cloudwatch' })).toBe(
      'UnsupportedOperation',
    );
    expect((await status()).texts('LoggingEnabled')).toEqual(['false']);
  });

  test('brings logins, refused logins, ends of sessions and new users to the files, and says so', async () => {
    await visit(await issue(keyshift));
    const enabled = await redshift('EnableLogging', { BucketName: 'audit', S3KeyPrefix: 'prod/' });
    expect([enabled.texts('LoggingEnabled'), enabled.texts('LastSuccessfulDeliveryTime')]).toEqual([
      ['true'],
      [],
    ]);
    const login = await issue(keyshift, { dbUser: 'newcomer', autoCreate: true });
    await visit(login);
    await loginRefusal(keyshift, { ...login, password: 'wrong' });
    await expect
      .poll(() => events('audit', login.user), DELIVERED)
      .toEqual(['authenticated', 'initiating session', 'disconnecting session', 'authentication failure']);
    // Nothing from before.
    expect(events('audit', `IAM:${EXAMPLE.dbUser}`)).toEqual([]);
    await expect
      .poll(() => lines('audit', 'userlog').map(([, name, , action]) => [name, action]), DELIVERED)
      .toEqual([['newcomer', 'create']]);
    await expect
      .poll(async () => (await status()).texts('LastSuccessfulDeliveryTime'), DELIVERED)
      .toHaveLength(1);
    const told = await status();
    expect(['BucketName', 'S3KeyPrefix', 'LogDestinationType'].map((name) => told.texts(name)[0])).toEqual([
      'audit',
      'prod/',
      's3',
    ]);
    expect(told.texts('LastFailureMessage')).toEqual([]);
  });

  test('goes on after a restart, which loses nothing', async () => {
    const login = await issue(keyshift, { dbUser: 'newcomer' });
    const before = events('audit', login.user).length;
    await ask(keyshift, login, 'SELECT 1');
    await keyshift.stop();
    expect(events('audit', login.user)).toHaveLength(before + 3);
    keyshift = await keyshift.again({ flags: [] });
    expect((await status()).texts('BucketName')).toEqual(['audit']);
    await visit(login);
    // Who changes where the logs go gets what there was before at the old place.
    await redshift('EnableLogging', { BucketName: 'audit-2' });
    expect(events('audit', login.user)).toHaveLength(before + 6);
  });

  test('that fails says why, until it works again; disabled, it brings what was before and nothing after', async () => {
    const inTheWay = join(keyshift.dataDir, 'logs', accountId, 'blocked');
    writeFileSync(inTheWay, '');
    const enabled = await redshift('EnableLogging', { BucketName: 'blocked' });
    expect(enabled.texts('LastSuccessfulDeliveryTime')).toEqual([]);
    const login = await issue(keyshift, { dbUser: 'newcomer' });
    await visit(login);
    await expect
      .poll(async () => (await status()).texts('LastFailureMessage')[0], DELIVERED)
      .toContain('is not a folder');
    expect((await status()).texts('LastFailureTime')).toHaveLength(1);
    rmSync(inTheWay);
    expect((await redshift('DisableLogging')).texts('LoggingEnabled')).toEqual(['false']);
    expect(events('blocked', login.user)).toHaveLength(3);
    await ask(keyshift, login, 'SELECT 1');
    await keyshift.stop();
    expect(events('blocked', login.user)).toHaveLength(3);
    keyshift = await keyshift.again({ flags: [] });
    expect((await status()).texts('LoggingEnabled')).toEqual(['false']);
  });
});
