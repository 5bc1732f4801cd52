import { generateKeyPairSync } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { markerAfter } from '../../src/iam/pages.ts';
import { samlMetadata, selfSigned } from '../unit/iam/self-signed.ts';
import { ask, makeUser, must } from '../walk/support/api.ts';
import { Keyshift } from '../walk/support/keyshift.ts';
import { needs } from '../walk/support/programs.ts';
import { run } from '../walk/support/run.ts';
import { STEP_GROUPS, STEP_QUOTAS } from './steps/all-steps.ts';
import { runSteps } from './steps/run-steps.ts';
import type { ClientStep } from './steps/step.ts';
import { StepValues } from './steps/values.ts';

/**
 * IAM and STS through their own clients: every step of `steps/` with the SDK for JavaScript, with boto3 and with the
 * AWS CLI, one after the other on the same account, which each leaves as it was.
 */

const STEPS = [...STEP_GROUPS.values()].flat();
const PYTHON = fileURLToPath(new URL('steps/walk_steps.py', import.meta.url));
const PYTHON_MS_MAX = 200_000;
const WALK_MS_MAX = 240_000;

let keyshift: Keyshift;
let values: Record<string, string>;
/** How far the clients before have moved the clock. */
let clockSeconds = 0;
let isFirst = true;

beforeAll(async () => {
  const environment = { KEYSHIFT_IAM_QUOTAS: STEP_QUOTAS };
  keyshift = await Keyshift.start({ flags: ['--test-clock'], environment });
  values = await givenValues();
});
afterAll(() => keyshift?.close());

/** What steps use and no operation makes. */
async function givenValues(): Promise<Record<string, string>> {
  const { root } = keyshift;
  const [walk, other, third, expired] = await Promise.all([
    selfSigned('walk.example.com'),
    selfSigned('other.example.com'),
    selfSigned('third.example.com'),
    selfSigned('expired.example.com', -0.5),
  ]);
  const sshKeys = [1, 2, 3, 4, 5, 6].map((number): [string, string] => {
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    return [`sshKey${number}`, publicKey.export({ type: 'spki', format: 'pem' }).toString()];
  });
  const denied = await makeUser(root, 'denied');
  const refusal = await ask(denied, 'iam', 'ListUsers');
  await must(root, 'iam', 'DeleteAccessKey', { UserName: 'denied', AccessKeyId: denied.accessKeyId });
  await must(root, 'iam', 'DeleteUser', { UserName: 'denied' });
  return {
    'root.id': root.accessKeyId,
    'root.secret': root.secretAccessKey.reveal(),
    certificate: walk.certificate,
    privateKey: walk.privateKey,
    other: other.certificate,
    otherKey: other.privateKey,
    third: third.certificate,
    expired: expired.certificate,
    metadata: samlMetadata(walk.certificate),
    ...Object.fromEntries(sshKeys),
    encodedMessage: String(refusal.headers['x-keyshift-authorization-message']),
    foreignMarker: markerAfter('a'),
  };
}

/** The steps of the next client. */
function nextSteps(): readonly ClientStep[] {
  const steps = isFirst ? STEPS : STEPS.filter(({ once }) => once !== true);
  isFirst = false;
  return steps;
}

async function runInPython(client: 'boto3' | 'cli'): Promise<void> {
  const steps = nextSteps();
  const { AWS_ACCESS_KEY_ID: _id, AWS_SECRET_ACCESS_KEY: _secret, ...others } = keyshift.environment;
  const result = await run(
    'python3',
    ['-W', 'error', PYTHON],
    { ...others, AWS_EC2_METADATA_DISABLED: 'true' },
    JSON.stringify({ client, url: keyshift.ready.httpUrl, steps, values, clockSeconds }),
    PYTHON_MS_MAX,
  );
  expect(result.stderr).toBe('');
  const { failures, ran, clockSeconds: moved } = JSON.parse(result.stdout) as PythonResult;
  clockSeconds = moved;
  expect(failures).toEqual([]);
  expect(ran).toBe(steps.length);
}

interface PythonResult {
  readonly failures: readonly string[];
  readonly ran: number;
  readonly clockSeconds: number;
}

test('the SDK for JavaScript takes every step', { timeout: WALK_MS_MAX }, async () => {
  const kept = new StepValues(values, clockSeconds);
  const failures = await runSteps(keyshift.root, nextSteps(), kept);
  clockSeconds = kept.clockSeconds;
  expect(failures).toEqual([]);
});

test('boto3 takes every step, and reads every element of the answers', {
  timeout: WALK_MS_MAX,
}, async (context) => {
  needs(context, 'python3', ['-c', 'import boto3']);
  await runInPython('boto3');
});

describe('the AWS CLI', () => {
  test('takes every step, and prints nothing but answers', { timeout: WALK_MS_MAX }, async (context) => {
    needs(context, 'python3', ['-c', 'import awscli']);
    await runInPython('cli');
  });

  test('does so too as a program of its own', async (context) => {
    needs(context, 'aws');
    const aws = (...args: string[]) => run('aws', ['iam', ...args, '--output', 'json'], keyshift.environment);
    const document = '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}';
    const policy = ['--user-name', 'cli', '--policy-name', 'p'];
    expect(await aws('create-user', '--user-name', 'cli')).toMatchObject({ code: 0, stderr: '' });
    const put = await aws('put-user-policy', ...policy, '--policy-document', document);
    expect(put).toEqual({ code: 0, stdout: '', stderr: '' });
    const got = await aws('get-user-policy', ...policy);
    expect(JSON.parse(got.stdout)).toMatchObject({ PolicyDocument: JSON.parse(document) });
    const refused = await aws('delete-user', '--user-name', 'cli');
    expect(refused.stderr).toBe(
      '\nAn error occurred (DeleteConflict) when calling the DeleteUser operation: Cannot delete entity, must delete policies first.\n',
    );
    await aws('delete-user-policy', ...policy);
    expect(await aws('delete-user', '--user-name', 'cli')).toEqual({ code: 0, stdout: '', stderr: '' });
  });
});
