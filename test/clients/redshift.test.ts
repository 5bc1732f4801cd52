import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Keyshift } from '../walk/support/keyshift.ts';
import { needs } from '../walk/support/programs.ts';
import { run } from '../walk/support/run.ts';
import { redshiftSteps } from './steps/redshift.ts';
import { redshiftDataSteps } from './steps/redshift-data.ts';

/**
 * Redshift, Redshift Serverless and the Data API through boto3: every operation that is implemented and its documented
 * errors, with every byte of the answers compared with the services' models.
 */

const STEPS = [...redshiftSteps, ...redshiftDataSteps];
const PYTHON = fileURLToPath(new URL('steps/walk_steps.py', import.meta.url));
const WALK_MS_MAX = 150_000;

let keyshift: Keyshift;

beforeAll(async () => {
  keyshift = await Keyshift.start();
});
afterAll(() => keyshift?.close());

/** Fails where boto3 is absent, or older than members that the steps send. */
const KNOWS_ALL_STEPS = `
import boto3
data = boto3.client('redshift-data', region_name='us-east-1').meta.service_model
assert 'WaitTimeSeconds' in data.operation_model('DescribeStatement').input_shape.members
`;

test('boto3 takes every step, and reads every element of the answers', {
  timeout: WALK_MS_MAX,
}, async (context) => {
  needs(context, 'python3', ['-c', KNOWS_ALL_STEPS]);
  const { root, environment, ready } = keyshift;
  const values = { 'root.id': root.accessKeyId, 'root.secret': root.secretAccessKey.reveal() };
  const result = await run(
    'python3',
    ['-W', 'error', PYTHON],
    { ...environment, AWS_EC2_METADATA_DISABLED: 'true' },
    JSON.stringify({ client: 'boto3', url: ready.httpUrl, steps: STEPS, values, clockSeconds: 0 }),
    WALK_MS_MAX,
  );
  expect(result.stderr).toBe('');
  const { failures, ran } = JSON.parse(result.stdout);
  expect(failures).toEqual([]);
  expect(ran).toBe(STEPS.length);
});
