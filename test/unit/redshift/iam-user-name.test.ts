import { expect, test } from 'vitest';
import { iamUserName } from '../../../src/redshift/iam-user-name.ts';

const ACCOUNT = '123456789012';

test.each([
  [`arn:aws:iam::${ACCOUNT}:user/alice`, 'IAM:alice'],
  [`arn:aws:iam::${ACCOUNT}:user/division/alice`, 'IAM:alice'],
  [`arn:aws:iam::${ACCOUNT}:root`, 'IAM:RootIdentity'],
  [`arn:aws:sts::${ACCOUNT}:assumed-role/Analyst/bob@example.com`, 'IAMR:Analyst'],
  [`arn:aws:sts::${ACCOUNT}:assumed-role/Analyst/another`, 'IAMR:Analyst'],
])('%s is the database user %s', (arn, name) => {
  expect(iamUserName(arn)).toBe(name);
});

test.each([
  // Who federates chooses the name, which may be another user's.
  `arn:aws:sts::${ACCOUNT}:federated-user/carol`,
  `arn:aws:iam::${ACCOUNT}:group/analysts`,
  `arn:aws:iam::${ACCOUNT}:user/`,
  `arn:aws:iam::${ACCOUNT}:user/a:b`,
  `arn:aws:iam::${ACCOUNT}:user/${'a'.repeat(65)}`,
  'nonsense',
  '',
])('nobody is the database user of %s', (arn) => {
  expect(iamUserName(arn)).toBeUndefined();
});
