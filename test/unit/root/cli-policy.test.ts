import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { lintFile } from '../../../src/cli-policy.ts';
import { OperatorError } from '../../../src/core/errors.ts';
import { readText } from '../../tidy/repository.ts';

const FLAGS = { type: 'identity', superuser: [], json: false };
const ARN = 'arn:aws:redshift:us-west-2:123456789012:dbuser:examplecluster/';

describe('keyshift policy lint', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'keyshift-lint-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  function write(statement: object): string {
    const file = join(folder, 'policy.json');
    writeFileSync(file, JSON.stringify({ Version: '2012-10-17', Statement: statement }));
    return file;
  }

  const login = (name: string) => ({
    Effect: 'Allow',
    Action: 'redshift:GetClusterCredentials',
    Resource: ARN + name,
  });

  test('ends with 0 when there is nothing, or nothing but notes', () => {
    const file = write({ Effect: 'Allow', Action: 'iam:GetUser', Resource: '*' });
    expect(lintFile(file, FLAGS)).toEqual({ text: `${file}: nothing found`, exitCode: 0 });
    const noted = lintFile(write({ Effect: 'Allow', Action: 's3:GetObject', Resource: '*' }), FLAGS);
    expect(noted).toEqual({ text: expect.stringContaining('note: service-not-here'), exitCode: 0 });
  });

  test('prints what the guide says that it prints, and ends with 1', () => {
    const file = write(login('temp_*'));
    const { text, exitCode } = lintFile(file, FLAGS);
    expect(exitCode).toBe(1);
    expect(readText('docs/guides/check-a-policy.md')).toContain(text.replaceAll(file, 'login.json'));
  });

  test('ends with 2 and IAM’s sentence for what IAM would refuse', () => {
    const file = write({ Effect: 'Allow', Action: 'x', Resource: '*' });
    const refusal = lintFile(file, FLAGS);
    expect(refusal.exitCode).toBe(2);
    expect(refusal.text).toContain('Actions/Conditions must be prefaced by a vendor');
    expect(lintFile(write(login('x')), { ...FLAGS, type: 'trust' }).exitCode).toBe(2);
  });

  test('prints JSON', () => {
    const { text } = lintFile(write(login('a*')), { ...FLAGS, json: true, superuser: ['admin'] });
    expect(JSON.parse(text).findings[0]).toMatchObject({
      id: 'login-reaches-superuser',
      severity: 'danger',
      statement: 0,
    });
    const refused = lintFile(write({}), { ...FLAGS, json: true });
    expect(JSON.parse(refused.text)).toEqual({
      error: 'Syntax errors in policy.',
      detail: expect.any(String),
    });
  });

  test('says which file or type it cannot use', () => {
    expect(() => lintFile(join(folder, 'nothing'), FLAGS)).toThrow(OperatorError);
    expect(() => lintFile(write(login('x')), { ...FLAGS, type: 'x' })).toThrow('identity, managed, trust');
  });
});
