import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { EXAMPLE } from '../../src/example.ts';
import { makeAccount, type SecondAccount } from '../walk/support/accounts.ts';
import { makeUser, must } from '../walk/support/api.ts';
import { Keyshift } from '../walk/support/keyshift.ts';
import { needs } from '../walk/support/programs.ts';
import { psql } from '../walk/support/psql.ts';
import { run } from '../walk/support/run.ts';
import { allow, makeRole, trust } from '../walk/support/sessions.ts';

// Two accounts as people with the AWS CLI see them: a profile of one takes on a role of the other, up to a login.

const FIRST = '123456789012';
const ROLE = `arn:aws:iam::${FIRST}:role/visitor`;

let keyshift: Keyshift;
let second: SecondAccount;
let folder: string;

beforeAll(async () => {
  keyshift = await Keyshift.start();
  second = await makeAccount(keyshift);
  const bob = await makeUser(second.root, 'bob', allow('sts:AssumeRole', ROLE));
  const condition = { StringEquals: { 'sts:ExternalId': 'both-know-it' } };
  await makeRole(
    keyshift.root,
    'visitor',
    trust({ AWS: `arn:aws:iam::${second.accountId}:root` }, condition),
    allow(['redshift:GetClusterCredentials', 'redshift:CreateClusterUser', 'iam:GetRole']),
  );
  folder = await mkdtemp(join(tmpdir(), 'keyshift-accounts-'));
  const keys = `aws_access_key_id = ${bob.accessKeyId}\naws_secret_access_key = ${bob.secretAccessKey.reveal()}\n`;
  const role = `role_arn = ${ROLE}\nsource_profile = bob\nrole_session_name = bob\n`;
  await writeFile(
    join(folder, 'config'),
    `[profile bob]\n${keys}[profile visitor]\n${role}external_id = both-know-it\n[profile guessing]\n${role}`,
  );
});
afterAll(async () => {
  await keyshift?.close();
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
});

function aws(profile: string, ...args: readonly string[]) {
  const { AWS_ACCESS_KEY_ID: _id, AWS_SECRET_ACCESS_KEY: _secret, ...others } = keyshift.environment;
  const environment = { ...others, AWS_CONFIG_FILE: join(folder, 'config'), HOME: folder };
  return run('aws', ['--profile', profile, ...args, '--output', 'json'], environment);
}

test('the CLI takes on a role of the other account, and gets a login there', async (context) => {
  needs(context, 'aws');
  const own = await aws('bob', 'sts', 'get-caller-identity');
  expect(JSON.parse(own.stdout)).toMatchObject({ Account: second.accountId });
  const got = await aws(
    'visitor',
    ...['redshift', 'get-cluster-credentials', '--cluster-identifier', EXAMPLE.cluster],
    ...['--db-user', EXAMPLE.dbUser, '--db-name', EXAMPLE.database],
  );
  expect(got.stderr).toBe('');
  const { DbUser: user = '', DbPassword: password = '' } = JSON.parse(got.stdout) as Record<string, string>;
  const asked = await psql(keyshift, { user, password }, ['select keyshift.session_user_name()']);
  expect(asked).toMatchObject({ code: 0, stdout: `${EXAMPLE.dbUser}\n` });
  const sessions = await must(keyshift.root, 'keyshift', 'GetAuditEvents', { MaxItems: '1000' });
  expect(sessions.text).toContain(`arn:aws:sts::${FIRST}:assumed-role/visitor/bob`);
});

test('the CLI tells who may not, and finds nothing of the other account in its own', async (context) => {
  needs(context, 'aws');
  const guessing = await aws('guessing', 'sts', 'get-caller-identity');
  expect(guessing.code).not.toBe(0);
  expect(guessing.stderr).toContain(
    `An error occurred (AccessDenied) when calling the AssumeRole operation: User: arn:aws:iam::${second.accountId}:user/bob ` +
      `is not authorized to perform: sts:AssumeRole on resource: ${ROLE}`,
  );
  const missing = await aws('bob', 'iam', 'get-role', '--role-name', 'visitor');
  expect(missing.stderr).toContain('AccessDenied');
  await must(second.root, 'iam', 'PutUserPolicy', {
    UserName: 'bob',
    PolicyName: 'more',
    PolicyDocument: JSON.stringify(allow('*')),
  });
  const notFound = await aws('bob', 'iam', 'get-role', '--role-name', 'visitor');
  expect(notFound.stderr).toContain('(NoSuchEntity)');
  const clusters = await aws('bob', 'redshift', 'describe-clusters');
  expect(JSON.parse(clusters.stdout)).toEqual({ Clusters: [] });
});
