// The Keyshift that all clients run against: one process with the example and a clock that can be moved.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { call } from '../dist/client/call.js';
import { getClusterCredentials } from '../dist/client/index.js';
import { Secret } from '../dist/core/secret.js';

const CLI = join(import.meta.dirname, '..', 'dist', 'cli.js');
const READY_MS_MAX = 60_000;
const STOP_MS_MAX = 15_000;
/** The longest life of a credential. */
const LIFE_SECONDS = 3600;

export async function startKeyshift() {
  const dataDir = mkdtempSync(join(tmpdir(), 'keyshift-interop-'));
  const child = spawn(process.execPath, [CLI, 'start', '--example', '--test-clock'], {
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      KEYSHIFT_DATA_DIR: dataDir,
      KEYSHIFT_HTTP_PORT: '0',
      KEYSHIFT_HTTPS_PORT: '0',
      KEYSHIFT_GATEWAY_PORT: '0',
      KEYSHIFT_UNSAFE_NO_FSYNC: '1',
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const readyFile = join(dataDir, 'ready.json');
  const deadline = Date.now() + READY_MS_MAX;
  while (!existsSync(readyFile)) {
    if (child.exitCode !== null || Date.now() > deadline) throw new Error('Keyshift did not start');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const ready = JSON.parse(readFileSync(readyFile, 'utf8'));
  const text = readFileSync(join(dataDir, 'env.sh'), 'utf8');
  const variables = Object.fromEntries(
    [...text.matchAll(/^export (\w+)='(.*)'$/gm)].map(([, key, value]) => [key, value]),
  );
  const root = {
    url: ready.httpUrl,
    region: variables.AWS_REGION,
    accessKeyId: variables.AWS_ACCESS_KEY_ID,
    secretAccessKey: new Secret(variables.AWS_SECRET_ACCESS_KEY),
  };
  const user = await userWithRole(root);
  return {
    /** For programs: where the API is, as every AWS SDK takes it, and nothing of this machine's own settings. */
    environment: () => ({
      PATH: process.env.PATH,
      HOME: dataDir,
      ...variables,
      AWS_DEFAULT_REGION: root.region,
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_MAX_ATTEMPTS: '1',
      AWS_PAGER: '',
      SSL_CERT_FILE: ready.caFile,
      CHECKPOINT_DISABLE: '1',
      ...(process.env.KEYSHIFT_TF_PLUGIN_DIR === undefined
        ? {}
        : { KEYSHIFT_TF_PLUGIN_DIR: process.env.KEYSHIFT_TF_PLUGIN_DIR }),
    }),
    facts: (client) => facts(client, ready, root, user, dataDir),
    close: async () => {
      const exited = once(child, 'exit', { signal: AbortSignal.timeout(STOP_MS_MAX) });
      child.kill('SIGTERM');
      await exited;
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

const SERVICES = {
  iam: { name: 'iam', version: '2010-05-08' },
  sts: { name: 'sts', version: '2011-06-15' },
  keyshift: { name: 'keyshift', version: '2026-11-22' },
};
const ROLE = 'interop_role';

/** Makes a role that may log in, and a user who may do nothing but take it. Gives the user, as a caller. */
async function userWithRole(root) {
  const make = (action, parameters) => call(root, SERVICES.iam, action, parameters, new Date());
  const allow = (Action, Resource) =>
    JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action, Resource }] });
  const Principal = { AWS: 'arn:aws:iam::123456789012:root' };
  const trust = {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal, Action: 'sts:AssumeRole' }],
  };
  await make('CreateRole', { RoleName: ROLE, AssumeRolePolicyDocument: JSON.stringify(trust) });
  await make('PutRolePolicy', {
    RoleName: ROLE,
    PolicyName: 'logins',
    PolicyDocument: allow(['redshift:*', 'redshift-serverless:*'], '*'),
  });
  await make('CreateUser', { UserName: 'interop' });
  await make('PutUserPolicy', {
    UserName: 'interop',
    PolicyName: 'take_the_role',
    PolicyDocument: allow('sts:AssumeRole', `arn:aws:iam::123456789012:role/${ROLE}`),
  });
  const key = await make('CreateAccessKey', { UserName: 'interop' });
  const [accessKeyId] = key.texts('AccessKeyId');
  const [secret] = key.texts('SecretAccessKey');
  return { ...root, accessKeyId, secretAccessKey: new Secret(secret) };
}

/** Credentials of the role, as an AWS SDK gets them. */
async function assumeRole(user) {
  const RoleArn = `arn:aws:iam::123456789012:role/${ROLE}`;
  const request = { RoleArn, RoleSessionName: 'interop', DurationSeconds: '3600' };
  const answer = await call(user, SERVICES.sts, 'AssumeRole', request, new Date());
  const [accessKeyId] = answer.texts('AccessKeyId');
  const [secretAccessKey] = answer.texts('SecretAccessKey');
  const [sessionToken] = answer.texts('SessionToken');
  return { accessKeyId, secretAccessKey, sessionToken, dbUser: `IAMR:${ROLE}` };
}

/** What a program needs to know. Passwords are fresh for each client, because some clients move the clock. */
async function facts(client, ready, root, user, dataDir) {
  const request = { clusterIdentifier: 'examplecluster', dbUser: 'temp_creds_user', durationSeconds: 900 };
  const issue = async (more) => {
    const credentials = await getClusterCredentials(root, { ...request, ...more }, new Date());
    return { user: credentials.dbUser, password: credentials.dbPassword.reveal() };
  };
  const expired = await issue({ dbGroups: ['example_group'] });
  await call(root, SERVICES.keyshift, 'MoveClock', { BySeconds: '900' }, new Date());
  const newUser = `made_by_${client.toLowerCase().replace(/[^a-z0-9]+/g, '_')}`;
  return {
    client,
    endpoint: ready.httpUrl,
    endpointTls: ready.httpsUrl,
    host: ready.gatewayHost,
    port: ready.gatewayPort,
    region: root.region,
    cluster: 'examplecluster',
    database: 'exampledb',
    dbUser: 'temp_creds_user',
    dbGroup: 'example_group',
    newUser,
    caFile: ready.caFile,
    accessKeyId: root.accessKeyId,
    secretAccessKey: root.secretAccessKey.reveal(),
    accountId: '123456789012',
    session: await assumeRole(user),
    login: await issue({ dbGroups: ['example_group'], durationSeconds: LIFE_SECONDS }),
    newLogin: await issue({
      dbUser: newUser,
      autoCreate: true,
      dbGroups: ['example_group'],
      durationSeconds: LIFE_SECONDS,
    }),
    plainLogin: await issue({ durationSeconds: LIFE_SECONDS }),
    otherDatabase: await issue({ dbName: 'other', durationSeconds: LIFE_SECONDS }),
    expired,
    dataDir,
    // Moves the clock by what follows it, such as +900s.
    clock: `KEYSHIFT_DATA_DIR=${dataDir} ${process.execPath} ${CLI} clock`,
    otherCaFile: otherAuthority(dataDir),
  };
}

/** A certificate authority that has nothing to do with ours. */
function otherAuthority(dataDir) {
  const file = join(dataDir, 'other-ca.crt');
  if (!existsSync(file)) {
    const made = spawnSync(
      'openssl',
      [
        'req',
        '-x509',
        '-newkey',
        'rsa:2048',
        '-nodes',
        '-subj',
        '/CN=other',
        '-keyout',
        '/dev/null',
        '-out',
        file,
      ],
      { encoding: 'utf8' },
    );
    if (made.status !== 0) throw new Error(`openssl: ${made.stderr}`);
  }
  return file;
}
