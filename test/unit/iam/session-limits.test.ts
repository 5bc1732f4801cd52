import { describe, expect, test } from 'vitest';
import { rootPrincipal } from '../../../src/iam/principal.ts';
import type { Session } from '../../../src/iam/session.ts';
import { requireOpenToSession } from '../../../src/iam/session-limits.ts';

const AT = new Date('2026-11-22T10:00:00Z');

function outcome(kind: Session['kind'] | 'none', service: string, operation: string, mfa = false): string {
  const session: Session = {
    kind: kind === 'none' ? 'user' : kind,
    issuedAt: AT,
    expiresAt: AT,
    mfaAt: mfa ? AT : undefined,
    name: undefined,
    ownerId: 'x',
    roleArn: undefined,
    sourceIdentity: undefined,
    transitiveTags: [],
    facts: new Map(),
  };
  const principal = { ...rootPrincipal('123456789012'), ...(kind === 'none' ? {} : { session }) };
  try {
    requireOpenToSession(principal, service, operation);
    return 'open';
  } catch (error) {
    return error instanceof Error ? `${error.name}: ${error.message}` : 'thrown';
  }
}

const INVALID = 'InvalidClientTokenId: The security token included in the request is invalid';

describe('what temporary credentials can call', () => {
  test.each([
    ['none', 'iam', 'ListUsers', 'open'],
    ['none', 'sts', 'GetFederationToken', 'open'],
    ['role', 'iam', 'ListUsers', 'open'],
    ['role', 'sts', 'AssumeRole', 'open'],
    ['role', 'sts', 'GetAccessKeyInfo', 'open'],
    ['role', 'sts', 'GetSessionToken', 'AccessDenied: Cannot call GetSessionToken with session credentials'],
    [
      'role',
      'sts',
      'GetFederationToken',
      'AccessDenied: Cannot call GetFederationToken with session credentials',
    ],
    ['role', 'redshift', 'GetClusterCredentials', 'open'],
    ['user', 'iam', 'ListUsers', INVALID],
    ['user', 'sts', 'AssumeRole', 'open'],
    ['user', 'sts', 'GetCallerIdentity', 'open'],
    ['user', 'sts', 'GetSessionToken', 'AccessDenied: Cannot call GetSessionToken with session credentials'],
    [
      'user',
      'sts',
      'GetAccessKeyInfo',
      'AccessDenied: Cannot call GetAccessKeyInfo with session credentials',
    ],
    ['user', 'redshift', 'DescribeClusters', 'open'],
    ['federated', 'iam', 'ListUsers', INVALID],
    ['federated', 'sts', 'GetCallerIdentity', 'open'],
    ['federated', 'sts', 'AssumeRole', 'AccessDenied: Cannot call AssumeRole with session credentials'],
    ['federated', 'redshift', 'GetClusterCredentials', 'open'],
  ] as const)('a session of %s calling %s:%s is %s', (kind, service, operation, expected) => {
    expect(outcome(kind, service, operation)).toBe(expected);
  });

  test('IAM, with a second factor, but not as a federated user', () => {
    expect(outcome('user', 'iam', 'ListUsers', true)).toBe('open');
    expect(outcome('federated', 'iam', 'ListUsers', true)).toBe(INVALID);
  });
});
