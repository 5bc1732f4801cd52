import { expect, test } from 'vitest';
import { compileResourcePolicy, parsePolicyDocument, requestContext } from '../../../src/policy/index.ts';
import { resourceGrant } from '../../../src/policy/resource-side.ts';

const ACCOUNT = '111111111111';
const BOB = `arn:aws:iam::${ACCOUNT}:user/bob`;
const caller = { accountId: ACCOUNT, itself: [{ kind: 'AWS' as const, name: BOB }], behind: [] };
const request = { action: 'sts:assumerole', resource: '*', context: requestContext({}) };

function grant(...effects: ('Allow' | 'Deny')[]) {
  const Statement = effects.map((Effect) => ({ Effect, Principal: { AWS: BOB }, Action: 'sts:AssumeRole' }));
  const document = parsePolicyDocument(JSON.stringify({ Version: '2012-10-17', Statement }), 'trust');
  const policy = compileResourcePolicy(document, { kind: 'resource', id: 'trust' });
  return resourceGrant({ policy, accountId: ACCOUNT, caller }, request);
}

test('a statement that denies grants nothing', () => {
  expect(grant('Deny').replaces).toBe('refused');
  expect(grant('Deny', 'Allow')).toMatchObject({ replaces: 'all', statement: { index: 1 } });
});

test('of statements that name the caller alike the first is shown', () => {
  expect(grant('Allow', 'Allow').statement?.index).toBe(0);
});
