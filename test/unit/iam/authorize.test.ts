import { describe, expect, test } from 'vitest';
import { accessDenied, authorize, leavesOpen } from '../../../src/iam/authorize.ts';
import { type Principal, rootPrincipal } from '../../../src/iam/principal.ts';
import { compilePolicy, parsePolicyDocument, policySet, requestContext } from '../../../src/policy/index.ts';

const compiled = (effect: string, action: string) =>
  compilePolicy(
    parsePolicyDocument(
      JSON.stringify({
        Version: '2012-10-17',
        Statement: [{ Effect: effect, Action: action, Resource: '*' }],
      }),
      'identity',
    ),
    { kind: 'inline', id: 'test' },
  );

const user = (policies: Principal['policies']): Principal => ({
  ...rootPrincipal('123456789012'),
  kind: 'user',
  arn: 'arn:aws:iam::123456789012:user/bob',
  policies,
});

const RESOURCE = 'arn:aws:redshift:us-west-2:123456789012:dbgroup:c/g';

/** What the caller is told, or nothing when it may. */
function refusal(principal: Principal): string | undefined {
  const request = { action: 'redshift:JoinGroup', resource: RESOURCE, context: requestContext({}) };
  const decision = authorize(principal, request);
  if (decision.effect === 'allow') return undefined;
  const error = accessDenied(principal, request.action, request.resource, decision);
  expect(error).toMatchObject({ code: 'AccessDenied', status: 403 });
  return error.message;
}

const START = `User: arn:aws:iam::123456789012:user/bob is not authorized to perform: redshift:JoinGroup on resource: ${RESOURCE}`;

describe('the decision about a caller', () => {
  test('allows the root user everything', () => {
    expect(refusal(rootPrincipal('123456789012'))).toBeUndefined();
  });

  test('allows what a policy allows', () => {
    expect(refusal(user(policySet({ identity: [compiled('Allow', 'redshift:Join*')] })))).toBeUndefined();
  });

  test('tells that no policy allows it', () => {
    expect(refusal(user(policySet({ identity: [compiled('Allow', 's3:*')] })))).toBe(
      `${START} because no identity-based policy allows the redshift:JoinGroup action`,
    );
  });

  test('tells that a policy denies it', () => {
    const identity = [compiled('Allow', '*'), compiled('Deny', 'redshift:*')];
    expect(refusal(user(policySet({ identity })))).toBe(
      `${START} with an explicit deny in an identity-based policy`,
    );
  });

  test('tells that the boundary does not allow it', () => {
    const set = policySet({ identity: [compiled('Allow', '*')], boundary: compiled('Allow', 's3:*') });
    expect(refusal(user(set))).toBe(
      `${START} because no permissions boundary allows the redshift:JoinGroup action`,
    );
  });
});

describe('a decision that a setting of the account may replace', () => {
  const decide = (policies: Parameters<typeof policySet>[0]) =>
    authorize(user(policySet(policies)), {
      action: 'iam:ChangePassword',
      resource: '*',
      context: requestContext({}),
    });

  test('is one that no policy of the principal allows', () => {
    expect(leavesOpen(decide({ identity: [] }))).toBe(true);
  });

  test.each([
    ['an allow', { identity: [compiled('Allow', '*')] }],
    ['an explicit deny', { identity: [compiled('Deny', '*')] }],
    ['what the guardrail does not allow', { identity: [], guardrail: compiled('Allow', 's3:*') }],
  ])('is not %s', (_, policies) => {
    expect(leavesOpen(decide(policies))).toBe(false);
  });

  test('is not a request that is too large', () => {
    const request = { action: 'a'.repeat(300), resource: '*', context: requestContext({}) };
    expect(leavesOpen(authorize(user(policySet({ identity: [] })), request))).toBe(false);
  });
});

describe('the guardrail of an account', () => {
  test('limits the root user', () => {
    const guarded = rootPrincipal('123456789012', compiled('Allow', 's3:*'));
    expect(refusal(guarded)).toMatch(
      /because no service control policy allows the redshift:JoinGroup action$/,
    );
    expect(refusal(rootPrincipal('123456789012', compiled('Allow', 'redshift:*')))).toBeUndefined();
  });
});
