import { describe, expect, test } from 'vitest';
import { parseQuotas } from '../../../src/iam/account-quotas.ts';

describe('quotas that an operator sets', () => {
  test.each([
    ['', []],
    ['users=1', [['users', 1]]],
    [
      ' users=1000000 , groups=100000,',
      [
        ['users', 1_000_000],
        ['groups', 100_000],
      ],
    ],
    ['policies-per-role=25', [['policies-per-role', 25]]],
    ['saml-providers=100000000', [['saml-providers', 100_000_000]]],
  ])('%j', (text, quotas) => {
    expect([...parseQuotas(text)]).toEqual(quotas);
  });

  test.each([
    'users',
    'users=',
    'users=0',
    'users=100000001',
    'users=-1',
    'users=1.5',
    'keys=2',
    'users:5',
    'users=1=2',
  ])('are refused when they are written as %j', (text) => {
    expect(() => parseQuotas(text)).toThrow('KEYSHIFT_IAM_QUOTAS');
  });
});
