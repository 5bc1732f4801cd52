import { generateKeyPairSync } from 'node:crypto';
import * as sdk from '@aws-sdk/client-iam';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { iamActions } from '../../src/api/actions/iam/index.ts';
import { samlMetadata, selfSigned } from '../unit/iam/self-signed.ts';
import { must } from '../walk/support/api.ts';
import { Keyshift } from '../walk/support/keyshift.ts';
import { needs } from '../walk/support/programs.ts';
import { run } from '../walk/support/run.ts';
import { CLIENT_STEPS } from './iam-steps.ts';

/** IAM through its own clients: every operation that is not walked elsewhere, errors, pages. */

let keyshift: Keyshift;
let values: Record<string, string>;

beforeAll(async () => {
  keyshift = await Keyshift.start();
  const { certificate, privateKey } = await selfSigned('walk.example.com');
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  values = {
    certificate,
    privateKey,
    metadata: samlMetadata(certificate),
    sshKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    userArn: 'arn:aws:iam::123456789012:user/walk/on/bob',
  };
});
afterAll(() => keyshift.close());

const MFA_AND_SIMULATION = /MFADevice|^Simulate|^GetContextKeys/;
/** Walked by the tests of roles. */
const ROLES =
  /RolePolic|Role$|Roles$|RoleTags|RolePermissions|AssumeRolePolicy|RoleDescription|ServiceLinkedRole/;
const ORGANIZATIONS = /Organizations/;

test('the steps leave out no operation that is walked nowhere else', () => {
  const walked = new Set(
    CLIENT_STEPS.filter(({ error }) => error === undefined).map(({ operation }) => operation),
  );
  const missing = Object.keys(iamActions).filter(
    (name) =>
      !walked.has(name) && ![MFA_AND_SIMULATION, ROLES, ORGANIZATIONS].some((form) => form.test(name)),
  );
  // Only an IAM user has a password to change; api-first-user.test.ts does.
  expect(missing).toEqual(['ChangePassword']);
});

/** A failure as the SDK has it: its name is that of a shape, the code is beside it. */
interface ClientFailure extends Error {
  readonly Code?: string;
  readonly Error?: { readonly Code?: string };
}

describe('the SDK for JavaScript', () => {
  const client = () =>
    new sdk.IAMClient({
      endpoint: keyshift.ready.httpUrl,
      region: 'us-east-1',
      maxAttempts: 1,
      credentials: {
        accessKeyId: keyshift.root.accessKeyId,
        secretAccessKey: keyshift.root.secretAccessKey.reveal(),
      },
    });

  test('runs every step, and names the errors', { timeout: 240_000 }, async () => {
    const iam = client();
    const kept: Record<string, string> = { ...values };
    const commands = sdk as unknown as Record<string, new (input: unknown) => Parameters<typeof iam.send>[0]>;
    for (const { operation, input, error, keep } of CLIENT_STEPS) {
      const Command = commands[`${operation}Command`];
      if (Command === undefined) throw new Error(`the SDK has no ${operation}`);
      const outcome = await iam.send(new Command(filled(input, kept))).then(
        (output) => ({ output: output as object, error: undefined }),
        (failure: ClientFailure) => ({
          output: {},
          error: failure.Error?.Code ?? failure.Code ?? failure.name,
        }),
      );
      expect(outcome.error, operation).toBe(error);
      if (keep !== undefined) kept[keep[0]] = String(at(outcome.output, keep[1]));
    }
    iam.destroy();
  });

  test('pages through lists', { timeout: 120_000 }, async () => {
    const iam = client();
    for (let number = 0; number < 7; number++) {
      await must(keyshift.root, 'iam', 'CreateUser', { UserName: `page${number}`, Path: '/pages/' });
    }
    const names: string[] = [];
    let pages = 0;
    for await (const page of sdk.paginateListUsers({ client: iam, pageSize: 3 }, { PathPrefix: '/pages/' })) {
      names.push(...(page.Users ?? []).map(({ UserName = '' }) => UserName));
      pages += 1;
    }
    expect([names, pages]).toEqual([[0, 1, 2, 3, 4, 5, 6].map((number) => `page${number}`), 3]);
    const policies = new Set<string>();
    for await (const page of sdk.paginateListPolicies({ client: iam, pageSize: 5 }, { Scope: 'AWS' })) {
      for (const { Arn = '' } of page.Policies ?? []) {
        expect(policies.has(Arn)).toBe(false);
        policies.add(Arn);
      }
    }
    expect(policies.size).toBeGreaterThan(30);
    iam.destroy();
  });
});

test('boto3 runs every step, and reads every answer and error', { timeout: 240_000 }, async (context) => {
  needs(context, 'python3', ['-c', 'import boto3']);
  // Reports are good for hours, so the second walk finds the one of the first.
  const steps = CLIENT_STEPS.filter(({ error }) => error !== 'ReportNotPresent');
  const result = await run(
    'python3',
    ['-W', 'error', '-c', PYTHON],
    { ...keyshift.environment, AWS_MAX_ATTEMPTS: '1' },
    JSON.stringify({ steps, values }),
    200_000,
  );
  expect(result.stderr).toBe('');
  expect(result.stdout.trim()).toBe(`${steps.length} steps`);
});

const PYTHON = `
import json, sys, boto3
from botocore import xform_name
from botocore.exceptions import ClientError
given = json.load(sys.stdin)
kept = given['values']
def filled(value):
    if isinstance(value, str) and value.startswith('$'): return kept[value[1:]]
    if isinstance(value, list): return [filled(one) for one in value]
    if isinstance(value, dict): return {key: filled(one) for key, one in value.items()}
    return value
iam = boto3.client('iam')
for step in given['steps']:
    try:
        answer, error = getattr(iam, xform_name(step['operation']))(**filled(step['input'])), None
    except ClientError as failure:
        error = failure.response['Error']['Code']
    assert error == step.get('error'), (step['operation'], error)
    if 'keep' in step:
        name, path = step['keep']
        for part in path: answer = answer[part]
        kept[name] = answer
print(len(given['steps']), 'steps')
`;

describe('the AWS CLI', () => {
  const aws = (...args: string[]) => run('aws', ['iam', ...args, '--output', 'json'], keyshift.environment);

  test('prints documents decoded, and errors with their codes', { timeout: 120_000 }, async (context) => {
    needs(context, 'aws');
    await must(keyshift.root, 'iam', 'CreateUser', { UserName: 'cli' });
    const policy =
      '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iam:*","Resource":"*"}]}';
    const put = await aws(
      'put-user-policy',
      '--user-name',
      'cli',
      '--policy-name',
      'p',
      '--policy-document',
      policy,
    );
    expect([put.code, put.stderr]).toEqual([0, '']);
    const got = await aws('get-user-policy', '--user-name', 'cli', '--policy-name', 'p');
    expect(JSON.parse(got.stdout)).toMatchObject({ PolicyDocument: JSON.parse(policy) });
    const details = await aws('get-account-authorization-details', '--filter', 'User');
    const users = (JSON.parse(details.stdout) as { UserDetailList: { UserName: string }[] }).UserDetailList;
    expect(users.map(({ UserName }) => UserName)).toContain('cli');
    const refused = await aws('delete-user', '--user-name', 'cli');
    expect(refused.stderr).toContain(
      'An error occurred (DeleteConflict) when calling the DeleteUser operation: Cannot delete entity, must delete policies first.',
    );
    const listed = await aws('list-users', '--max-items', '2', '--page-size', '1');
    expect(JSON.parse(listed.stdout)).toMatchObject({ NextToken: expect.any(String) });
  });
});

function filled(value: unknown, kept: Readonly<Record<string, string>>): unknown {
  if (typeof value === 'string' && value.startsWith('$')) return kept[value.slice(1)];
  if (Array.isArray(value)) return value.map((one) => filled(one, kept));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, filled(one, kept)]));
}

function at(value: unknown, path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>((inner, part) => (inner as Record<string, unknown>)[part], value);
}
