// biome-ignore-all lint/suspicious/noTemplateCurlyInString: policy variables look like templates.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { IAMClient, ListUsersCommand } from '@aws-sdk/client-iam';
import { GetClusterCredentialsCommand, RedshiftClient } from '@aws-sdk/client-redshift';
import {
  AssumeRoleCommand,
  GetCallerIdentityCommand,
  GetFederationTokenCommand,
  GetSessionTokenCommand,
  STSClient,
} from '@aws-sdk/client-sts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Endpoint } from '../../src/client/call.ts';
import { makeUser, must } from '../walk/support/api.ts';
import { Keyshift } from '../walk/support/keyshift.ts';
import { needs } from '../walk/support/programs.ts';
import { psql } from '../walk/support/psql.ts';
import { type RunResult, run } from '../walk/support/run.ts';
import { allow, type Device, enableDevice, makeRole, trust } from '../walk/support/sessions.ts';

// Roles as people use them: profiles of the AWS CLI, boto3 and the SDK for JavaScript, up to a login with psql.

const ACCOUNT = '123456789012';
const ROLE = `arn:aws:iam::${ACCOUNT}:role/team/analyst`;

let keyshift: Keyshift;
let ann: Endpoint;
let device: Device;
let folder: string;

beforeAll(async () => {
  keyshift = await Keyshift.start();
  const { root } = keyshift;
  ann = await makeUser(root, 'ann', allow('sts:GetFederationToken'));
  device = await enableDevice(root, 'ann');
  const user = { AWS: `arn:aws:iam::${ACCOUNT}:user/ann` };
  await makeRole(root, 'analyst', trust(user, {}, ['sts:AssumeRole', 'sts:TagSession']), undefined, {
    Path: '/team/',
    'Tags.member.1.Key': 'team',
    'Tags.member.1.Value': 'example_group',
  });
  const [id] = (await must(root, 'iam', 'GetRole', { RoleName: 'analyst' })).texts('RoleId');
  const redshift = (kind: string) => `arn:aws:redshift:*:${ACCOUNT}:${kind}:examplecluster`;
  const policy = {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Action: ['redshift:GetClusterCredentials', 'redshift:CreateClusterUser'],
        Resource: `${redshift('dbuser')}/\${redshift:DbUser}`,
        Condition: { StringEquals: { 'aws:userid': `${id}:\${redshift:DbUser}@example.com` } },
      },
      {
        Effect: 'Allow',
        Action: 'redshift:GetClusterCredentials',
        Resource: `${redshift('dbname')}/exampledb`,
      },
      {
        Effect: 'Allow',
        Action: 'redshift:JoinGroup',
        Resource: `${redshift('dbgroup')}/\${aws:PrincipalTag/team}`,
      },
    ],
  };
  const PolicyDocument = JSON.stringify(policy);
  await must(root, 'iam', 'PutRolePolicy', { RoleName: 'analyst', PolicyName: 'logins', PolicyDocument });
  const guarded = trust(user, { Bool: { 'aws:MultiFactorAuthPresent': 'true' } });
  await makeRole(root, 'guarded', guarded, allow('iam:ListUsers'));
  folder = await mkdtemp(join(tmpdir(), 'keyshift-profiles-'));
  await writeFile(
    join(folder, 'config'),
    `[profile ann]
aws_access_key_id = ${ann.accessKeyId}
aws_secret_access_key = ${ann.secretAccessKey.reveal()}
[profile analyst]
role_arn = ${ROLE}
source_profile = ann
role_session_name = ann@example.com
[profile guarded]
role_arn = arn:aws:iam::${ACCOUNT}:role/guarded
source_profile = ann
mfa_serial = ${device.serial}
`,
  );
});
afterAll(async () => {
  await keyshift?.close();
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
});

/** What env.sh sets, with the profiles in the place of the root key. */
function environment(): Record<string, string> {
  const { AWS_ACCESS_KEY_ID: _id, AWS_SECRET_ACCESS_KEY: _secret, ...others } = keyshift.environment;
  // Credentials of profiles are kept below HOME.
  return {
    ...others,
    AWS_CONFIG_FILE: join(folder, 'config'),
    AWS_EC2_METADATA_DISABLED: 'true',
    HOME: folder,
  };
}

describe('the AWS CLI', () => {
  // Without a terminal of its own, so that a code is read from standard input.
  const aws = (args: readonly string[], input = ''): Promise<RunResult> =>
    run('setsid', ['-w', 'aws', ...args, '--output', 'json'], environment(), input);
  const GET = [
    'redshift',
    'get-cluster-credentials',
    '--cluster-identifier',
    'examplecluster',
    '--auto-create',
  ];

  test('takes a role on by its profile and gets a login, with which psql logs in', async (context) => {
    needs(context, 'aws');
    needs(context, 'setsid');
    const who = await aws(['--profile', 'analyst', 'sts', 'get-caller-identity']);
    expect(who.stderr).toBe('');
    expect(JSON.parse(who.stdout)).toMatchObject({
      Account: ACCOUNT,
      Arn: `arn:aws:sts::${ACCOUNT}:assumed-role/analyst/ann@example.com`,
    });
    const got = await aws([
      ...['--profile', 'analyst', ...GET, '--db-user', 'ann', '--db-name', 'exampledb'],
      ...['--db-groups', 'example_group'],
    ]);
    expect(got.stderr).toBe('');
    const { DbUser: user, DbPassword: password } = JSON.parse(got.stdout) as Record<string, string>;
    expect(user).toBe('IAMA:ann:example_group');
    const login = { user: user ?? '', password: password ?? '' };
    const asked = await psql(keyshift, login, [
      'select keyshift.session_user_name()',
      'select count(*) > 0 from example.sales',
    ]);
    expect(asked).toMatchObject({ code: 0, stdout: 'ann\nt\n' });
  });

  test('is refused another user, another group and another database', async (context) => {
    needs(context, 'aws');
    needs(context, 'setsid');
    const refused = async (...args: string[]): Promise<string> => {
      const { code, stderr } = await aws(['--profile', 'analyst', ...GET, ...args]);
      expect(code).not.toBe(0);
      return stderr.trim();
    };
    const start = `User: arn:aws:sts::${ACCOUNT}:assumed-role/analyst/ann@example.com is not authorized to perform:`;
    expect(await refused('--db-user', 'bob')).toContain(
      `${start} redshift:GetClusterCredentials on resource: `,
    );
    expect(await refused('--db-user', 'ann', '--db-groups', 'admins')).toContain(
      `${start} redshift:JoinGroup`,
    );
    expect(await refused('--db-user', 'ann', '--db-name', 'other')).toContain('dbname:examplecluster/other');
  });

  test('asks for the code of a device and takes the role on with it', async (context) => {
    needs(context, 'aws');
    needs(context, 'setsid');
    const args = ['--profile', 'guarded', 'iam', 'list-users', '--query', 'Users[].UserName'];
    const wrong = await aws(args, '000000\n');
    expect(wrong.code).not.toBe(0);
    expect(wrong.stderr).toContain('MultiFactorAuthentication failed with invalid MFA one time pass code.');
    const right = await aws(args, `${device.code()}\n`);
    expect(right.code, right.stderr).toBe(0);
    expect(JSON.parse(right.stdout)).toContain('ann');
  });
});

describe('boto3', () => {
  const python = (script: string): Promise<RunResult> => run('python3', ['-c', script], environment());

  test('takes roles on by profile and by call, and parses every answer', async (context) => {
    needs(context, 'python3', ['-c', 'import boto3']);
    const { code, stdout, stderr } = await python(`
import boto3, json
role = boto3.Session(profile_name='analyst')
out = [role.client('sts').get_caller_identity()['Arn']]
out.append(role.client('redshift').get_cluster_credentials(
  DbUser='ann', ClusterIdentifier='examplecluster', AutoCreate=True)['DbUser'])
sts = boto3.Session(profile_name='ann').client('sts')
got = sts.assume_role(RoleArn='${ROLE}', RoleSessionName='xy', DurationSeconds=900,
  Tags=[{'Key': 'Team', 'Value': 'other'}], TransitiveTagKeys=['Team'],
  Policy=json.dumps({'Version': '2012-10-17', 'Statement': [{'Effect': 'Allow', 'Action': 'redshift:*', 'Resource': '*'}]}))
out.append([got['AssumedRoleUser']['Arn'], got['PackedPolicySize'] > 0, got['Credentials']['Expiration'].tzinfo is not None])
out.append(sts.get_federation_token(Name='guest')['FederatedUser']['FederatedUserId'])
out.append(sts.get_session_token()['Credentials']['AccessKeyId'][:4])
errors = []
for call in [
  lambda: sts.assume_role(RoleArn='${ROLE}', RoleSessionName='xy', DurationSeconds=7200),
  lambda: sts.assume_role(RoleArn='arn:aws:iam::${ACCOUNT}:role/none', RoleSessionName='xy'),
  lambda: sts.assume_role(RoleArn='${ROLE}', RoleSessionName='xy', Policy='{}x'),
  lambda: sts.assume_role(RoleArn='${ROLE}', RoleSessionName='xy', PolicyArns=[{'arn': 'arn:aws:iam::aws:policy/none'}]),
  lambda: sts.get_session_token(SerialNumber='${ACCOUNT}xx', TokenCode='123456'),
  lambda: role.client('sts').get_session_token(),
  lambda: sts.assume_role_with_web_identity(RoleArn='${ROLE}', RoleSessionName='xy', WebIdentityToken='abcd'),
]:
  try:
    call()
  except Exception as error:
    errors.append(error.response['Error']['Code'])
out.append(errors)
print(json.dumps(out))
`);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout)).toEqual([
      `arn:aws:sts::${ACCOUNT}:assumed-role/analyst/ann@example.com`,
      'IAMA:ann',
      [`arn:aws:sts::${ACCOUNT}:assumed-role/analyst/xy`, true, true],
      `${ACCOUNT}:guest`,
      'ASIA',
      [
        'ValidationError',
        'AccessDenied',
        'MalformedPolicyDocument',
        'ValidationError',
        'AccessDenied',
        'AccessDenied',
        'InvalidAction',
      ],
    ]);
  });
});

describe('the SDK for JavaScript', () => {
  const options = (from: Endpoint) => ({
    endpoint: keyshift.ready.httpUrl,
    region: from.region,
    maxAttempts: 1,
    credentials: {
      accessKeyId: from.accessKeyId,
      secretAccessKey: from.secretAccessKey.reveal(),
      ...(from.sessionToken === undefined ? {} : { sessionToken: from.sessionToken.reveal() }),
    },
  });

  test('takes a role on, calls with its credentials, and names errors by their classes', async () => {
    const sts = new STSClient(options(ann));
    const { Credentials, AssumedRoleUser } = await sts.send(
      new AssumeRoleCommand({ RoleArn: ROLE, RoleSessionName: 'ann@example.com' }),
    );
    expect(AssumedRoleUser?.Arn).toBe(`arn:aws:sts::${ACCOUNT}:assumed-role/analyst/ann@example.com`);
    expect(Credentials?.Expiration).toBeInstanceOf(Date);
    const credentials = {
      accessKeyId: Credentials?.AccessKeyId ?? '',
      secretAccessKey: Credentials?.SecretAccessKey ?? '',
      sessionToken: Credentials?.SessionToken ?? '',
    };
    const asRole = { ...options(ann), credentials };
    const who = await new STSClient(asRole).send(new GetCallerIdentityCommand({}));
    expect(who.Arn).toBe(AssumedRoleUser?.Arn);
    const got = await new RedshiftClient(asRole).send(
      new GetClusterCredentialsCommand({ DbUser: 'ann', ClusterIdentifier: 'examplecluster' }),
    );
    expect(got.DbUser).toBe('IAM:ann');
    await expect(new IAMClient(asRole).send(new ListUsersCommand({}))).rejects.toMatchObject({
      name: 'AccessDenied',
      $metadata: { httpStatusCode: 403 },
    });
    const changed = {
      ...asRole,
      credentials: { ...credentials, sessionToken: `${credentials.sessionToken}A` },
    };
    await expect(new STSClient(changed).send(new GetCallerIdentityCommand({}))).rejects.toMatchObject({
      name: 'InvalidClientTokenId',
    });
    await expect(
      sts.send(new AssumeRoleCommand({ RoleArn: ROLE, RoleSessionName: 'xy', Policy: '[' })),
    ).rejects.toMatchObject({ name: 'MalformedPolicyDocumentException', $metadata: { httpStatusCode: 400 } });
    const guest = await sts.send(new GetFederationTokenCommand({ Name: 'guest' }));
    expect(guest.FederatedUser?.Arn).toBe(`arn:aws:sts::${ACCOUNT}:federated-user/guest`);
    const session = await sts.send(new GetSessionTokenCommand({ DurationSeconds: 900 }));
    expect(session.Credentials?.AccessKeyId).toMatch(/^ASIA/);
  });
});
