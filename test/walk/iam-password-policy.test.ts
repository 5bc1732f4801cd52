import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Secret } from '../../src/core/secret.ts';
import type { Iam } from '../../src/iam/iam.ts';
import {
  changePassword,
  checkPassword,
  createLoginProfile,
  updateLoginProfile,
} from '../../src/iam/login-profiles.ts';
import {
  deletePasswordPolicy,
  getPasswordPolicy,
  type PasswordPolicy,
  putPasswordPolicy,
} from '../../src/iam/password-policy.ts';
import { createUser } from '../../src/iam/users.ts';
import { type IamStore, startIamStore } from './iam-store.ts';

/** The password policy of an account, and what it does to passwords that are made, changed and grow old. */

let held: IamStore;
let iam: Iam;
let account: string;

const DAY_MS = 86_400_000;
const LAX: PasswordPolicy = {
  charactersMin: 6,
  requireSymbols: false,
  requireNumbers: false,
  requireUppercase: false,
  requireLowercase: false,
  usersMayChange: false,
  ageDaysMax: undefined,
  reusePrevention: undefined,
  hardExpiry: false,
};
const numbered = (number: number): Secret => new Secret(`password ${number}`);

beforeAll(async () => {
  held = await startIamStore();
  iam = held.iam;
});
afterAll(() => held.stop());
beforeEach(async () => {
  account = await held.newAccount();
  await createUser(iam, account, { userName: 'bob' });
});
afterEach(() => held.clock.moveTo(0));

test('the policy is there from when it is set until it is deleted, in one account only', async () => {
  const missing = {
    code: 'NoSuchEntity',
    status: 404,
    message: `The Password Policy with domain name ${account} cannot be found.`,
  };
  await expect(getPasswordPolicy(iam, account)).rejects.toMatchObject(missing);
  await expect(deletePasswordPolicy(iam, account)).rejects.toMatchObject({
    code: 'NoSuchEntity',
    message: 'The account policy with name PasswordPolicy cannot be found.',
  });
  const strict = { ...LAX, charactersMin: 14, ageDaysMax: 90, reusePrevention: 5, hardExpiry: true };
  await putPasswordPolicy(iam, account, strict);
  expect(await getPasswordPolicy(iam, account)).toEqual(strict);
  await putPasswordPolicy(iam, account, LAX);
  expect(await getPasswordPolicy(iam, account)).toEqual(LAX);
  await expect(getPasswordPolicy(iam, await held.newAccount())).rejects.toMatchObject({
    code: 'NoSuchEntity',
  });
  await deletePasswordPolicy(iam, account);
  await expect(getPasswordPolicy(iam, account)).rejects.toMatchObject(missing);
});

test('new passwords follow it, and the default rules hold again without it', async () => {
  await putPasswordPolicy(iam, account, LAX);
  await createLoginProfile(iam, account, { userName: 'bob', password: numbered(1) });
  await deletePasswordPolicy(iam, account);
  await expect(
    updateLoginProfile(iam, account, { userName: 'bob', password: numbered(2) }),
  ).rejects.toMatchObject({ code: 'PasswordPolicyViolation' });
});

describe('reuse prevention', () => {
  const change = (from: number, to: number) =>
    changePassword(iam, account, { userName: 'bob', oldPassword: numbered(from), newPassword: numbered(to) });
  const reused = {
    code: 'PasswordPolicyViolation',
    status: 400,
    message: 'Policy constraint violation with password reuse prevention during password change.',
  };

  test('counts the password in force, and lets the one before the last so many return', async () => {
    await putPasswordPolicy(iam, account, { ...LAX, reusePrevention: 2 });
    await createLoginProfile(iam, account, { userName: 'bob', password: numbered(1) });
    await expect(change(1, 1)).rejects.toMatchObject(reused);
    await change(1, 2);
    await expect(change(2, 1)).rejects.toMatchObject(reused);
    await expect(
      updateLoginProfile(iam, account, { userName: 'bob', password: numbered(2) }),
    ).rejects.toMatchObject(reused);
    await updateLoginProfile(iam, account, { userName: 'bob', password: numbered(3) });
    await change(3, 1);
  });

  test('also counts the passwords from before it was set, and 24 at most are kept', async () => {
    await putPasswordPolicy(iam, account, LAX);
    await createLoginProfile(iam, account, { userName: 'bob', password: numbered(0) });
    for (let number = 1; number <= 24; number++) {
      held.clock.moveTo(number * 1000);
      await change(number - 1, number);
    }
    await putPasswordPolicy(iam, account, { ...LAX, reusePrevention: 24 });
    await expect(change(24, 1)).rejects.toMatchObject(reused);
    await change(24, 0);
  });
});

describe('a password that grows old', () => {
  const signIn = () => checkPassword(iam, account, 'bob', numbered(1));
  beforeEach(async () => {
    await putPasswordPolicy(iam, account, { ...LAX, ageDaysMax: 30 });
    await createLoginProfile(iam, account, { userName: 'bob', password: numbered(1) });
  });

  test('must be changed at the first sign-in after its last day, and not a second before', async () => {
    held.clock.moveTo(30 * DAY_MS - 60_000);
    expect(await signIn()).toMatchObject({ outcome: 'signed-in', resetRequired: false });
    held.clock.moveTo(30 * DAY_MS);
    expect(await signIn()).toMatchObject({ outcome: 'signed-in', resetRequired: true });
    await updateLoginProfile(iam, account, { userName: 'bob', resetRequired: false });
    expect(await signIn()).toMatchObject({ resetRequired: true });
    await updateLoginProfile(iam, account, { userName: 'bob', password: numbered(1) });
    expect(await signIn()).toMatchObject({ resetRequired: false });
  });

  test('shuts its user out where expiry is hard, and only the right password is told so', async () => {
    await putPasswordPolicy(iam, account, { ...LAX, ageDaysMax: 30, hardExpiry: true });
    held.clock.moveTo(30 * DAY_MS);
    expect(await signIn()).toEqual({ outcome: 'expired', userName: 'bob' });
    expect(await checkPassword(iam, account, 'bob', numbered(2))).toEqual({ outcome: 'refused' });
    await updateLoginProfile(iam, account, { userName: 'bob', password: numbered(2) });
    expect(await checkPassword(iam, account, 'bob', numbered(2))).toMatchObject({ outcome: 'signed-in' });
  });
});
