// biome-ignore-all lint/suspicious/noTemplateCurlyInString: policy variables look like templates.
import { describe, expect, test } from 'vitest';
import { explain } from '../../../src/policy/explain.ts';
import {
  compilePolicy,
  compileResourcePolicy,
  type PolicyKinds,
  parsePolicyDocument,
  policySet,
  requestContext,
} from '../../../src/policy/index.ts';

const CLUSTER = 'arn:aws:redshift:us-east-1:123456789012';
const ACTION = 'redshift:GetClusterCredentials';
const DBUSER = `${CLUSTER}:dbuser:c/bob`;

function policy(id: string, ...statements: object[]) {
  const text = JSON.stringify({ Version: '2012-10-17', Statement: statements });
  return compilePolicy(parsePolicyDocument(text, 'identity'), { kind: 'inline', id });
}

const allow = (more: object = {}) => ({ Effect: 'Allow', Action: ACTION, Resource: '*', ...more });
const deny = (more: object = {}) => ({ ...allow(more), Effect: 'Deny' });

function explained(
  kinds: PolicyKinds,
  { resource = DBUSER, context = {} }: { resource?: string; context?: Record<string, string> } = {},
) {
  return explain(policySet(kinds), { action: ACTION, resource, context: requestContext(context) });
}

/** `layer policy/statement: what did not match`. */
function lines({ layers }: ReturnType<typeof explain>): string[] {
  return layers.flatMap(({ kind, policies }) =>
    policies.flatMap(({ id, statements }) =>
      statements.map(({ reference, mismatches }) => {
        const parts = mismatches.map((one) =>
          one.element === 'Condition'
            ? `${one.operator} ${one.key} (${one.found.join()})`
            : [one.element, ...one.absentKeys].join(' '),
        );
        return `${kind} ${id}/${reference.index}: ${parts.join('; ') || 'applies'}`;
      }),
    ),
  );
}

describe('the explanation of a decision', () => {
  test('names for each statement the element that does not match', () => {
    const found = explained(
      {
        identity: [
          policy(
            'a',
            allow({ Action: 'iam:*' }),
            allow({ Resource: `${CLUSTER}:dbuser:c/alice` }),
            allow({ Condition: { StringEquals: { 'aws:username': 'alice' }, Null: { 'k:absent': 'true' } } }),
          ),
          policy('b', allow(), deny({ Condition: { Bool: { 'aws:SecureTransport': 'false' } } })),
        ],
      },
      { context: { 'aws:username': 'bob', 'aws:securetransport': 'true' } },
    );
    expect(found.decision.effect).toBe('allow');
    expect(found.obstacles).toEqual([]);
    expect(lines(found)).toEqual([
      'identity a/0: Action',
      'identity a/1: Resource',
      'identity a/2: StringEquals aws:username (bob)',
      'identity b/0: applies',
      'identity b/1: Bool aws:SecureTransport (true)',
    ]);
  });

  test('names the keys that the request does not have', () => {
    const found = explained({
      identity: [
        policy(
          'a',
          allow({ Resource: `${CLUSTER}:dbuser:c/\${aws:PrincipalTag/Team}` }),
          allow({ Condition: { StringEquals: { 'redshift:DbUser': '${aws:username}' } } }),
        ),
      ],
    });
    const mismatches = found.layers[0]?.policies[0]?.statements.flatMap((one) => one.mismatches);
    expect(mismatches).toEqual([
      { element: 'Resource', absentKeys: ['aws:principaltag/team'] },
      {
        element: 'Condition',
        operator: 'StringEquals',
        key: 'redshift:DbUser',
        wanted: ['${aws:username}'],
        found: [],
        absentKeys: ['redshift:dbuser'],
      },
    ]);
  });

  test('lists every deny, and every layer that would have had to allow', () => {
    const found = explained({
      identity: [policy('a', deny({ Sid: 'No' }), deny()), policy('b', allow({ Action: 'iam:*' }))],
      boundary: policy('boundary', allow({ Action: 's3:*' })),
      session: [policy('session', allow())],
    });
    expect(found.decision.because).toBe('identity-policy-denies');
    expect(found.obstacles).toEqual([
      {
        kind: 'deny',
        layer: 'identity',
        statement: { policyKind: 'inline', policyId: 'a', index: 0, sid: 'No' },
      },
      {
        kind: 'deny',
        layer: 'identity',
        statement: { policyKind: 'inline', policyId: 'a', index: 1, sid: undefined },
      },
      { kind: 'no-allow', layer: 'identity' },
      { kind: 'no-allow', layer: 'boundary' },
    ]);
  });

  test('says whom the policy of a resource did not mean', () => {
    const trust = JSON.stringify({
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Action: 'sts:AssumeRole',
          Principal: { AWS: 'arn:aws:iam::123456789012:user/eve' },
        },
      ],
    });
    const side = {
      policy: compileResourcePolicy(parsePolicyDocument(trust, 'trust'), { kind: 'resource', id: 'trust' }),
      accountId: '123456789012',
      caller: {
        accountId: '123456789012',
        itself: [{ kind: 'AWS' as const, name: 'arn:aws:iam::123456789012:user/bob' }],
        behind: [],
      },
    };
    const request = { action: 'sts:AssumeRole', resource: 'arn:aws:iam::123456789012:role/r' };
    const identity = [policy('a', allow({ Action: 'sts:*' }))];
    const found = explain(policySet({ identity }), { ...request, context: requestContext({}) }, side);
    expect(found.decision.because).toBe('no-resource-policy-allows');
    expect(lines(found)).toEqual(['resource trust/0: Principal', 'identity a/0: applies']);
    expect(found.obstacles).toEqual([{ kind: 'no-allow', layer: 'resource' }]);
  });

  test('of a request that is too large to be matched says no more than that', () => {
    const found = explained(
      { identity: [policy('a', allow())] },
      { resource: `${DBUSER}${'x'.repeat(2048)}` },
    );
    expect(found).toEqual({
      decision: { effect: 'implicitDeny', because: 'request-too-large', matched: [] },
      layers: [],
      obstacles: [],
    });
  });

  test('holds when a key that only a later statement asks for is too large', () => {
    const found = explained(
      { identity: [policy('a', deny(), allow({ Condition: { StringLike: { 'k:big': '*' } } }))] },
      { context: { 'k:big': 'x'.repeat(5000) } },
    );
    expect(found.decision.because).toBe('identity-policy-denies');
    expect(found.layers).toEqual([]);
  });
});
