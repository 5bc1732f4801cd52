import { expect, test } from 'vitest';
import { plainAddress } from '../../../src/core/addresses.ts';
import { groupArn, policyArn, redshiftArn, rootArn, userArn } from '../../../src/core/arn.ts';

const ACCOUNT = '123456789012';

test.each([
  [rootArn(ACCOUNT), 'arn:aws:iam::123456789012:root'],
  [userArn(ACCOUNT, '/', 'bob'), 'arn:aws:iam::123456789012:user/bob'],
  [userArn(ACCOUNT, '/division_abc/x/', 'Bob'), 'arn:aws:iam::123456789012:user/division_abc/x/Bob'],
  [groupArn(ACCOUNT, '/', 'dev'), 'arn:aws:iam::123456789012:group/dev'],
  [policyArn(ACCOUNT, '/p/', 'read'), 'arn:aws:iam::123456789012:policy/p/read'],
  [policyArn('aws', '/', 'AdministratorAccess'), 'arn:aws:iam::aws:policy/AdministratorAccess'],
  [redshiftArn('us-west-2', ACCOUNT, 'cluster', 'c'), 'arn:aws:redshift:us-west-2:123456789012:cluster:c'],
  [redshiftArn('eu-x', ACCOUNT, 'dbuser', 'c/u'), 'arn:aws:redshift:eu-x:123456789012:dbuser:c/u'],
  [redshiftArn('eu-x', ACCOUNT, 'dbname', 'c/d'), 'arn:aws:redshift:eu-x:123456789012:dbname:c/d'],
  [redshiftArn('eu-x', ACCOUNT, 'dbgroup', 'c/g'), 'arn:aws:redshift:eu-x:123456789012:dbgroup:c/g'],
])('the ARN %s is as the IAM User Guide writes it', (arn, expected) => {
  expect(arn).toBe(expected);
});

test.each([
  ['::ffff:10.1.2.3', '10.1.2.3'],
  ['10.1.2.3', '10.1.2.3'],
  ['::1', '::1'],
  ['2001:db8::ffff:10', '2001:db8::ffff:10'],
  ['', ''],
  [undefined, ''],
])('the address %s of a socket is %s to policies and logs', (address, plain) => {
  expect(plainAddress(address)).toBe(plain);
});
