import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Secret } from '../../src/core/secret.ts';
import { createAccessKey } from '../../src/iam/access-keys.ts';
import {
  createAccountAlias,
  deleteAccountAlias,
  findAccountAlias,
  findAccountByAlias,
} from '../../src/iam/account-aliases.ts';
import { getAccountSummary } from '../../src/iam/account-summary.ts';
import type { Iam } from '../../src/iam/iam.ts';
import {
  changePassword,
  checkPassword,
  createLoginProfile,
  deleteLoginProfile,
  getLoginProfile,
  updateLoginProfile,
} from '../../src/iam/login-profiles.ts';
import { createPolicy } from '../../src/iam/managed-policies.ts';
import { createUser, getUser } from '../../src/iam/users.ts';
import { allow, type IamStore, startIamStore } from './iam-store.ts';

let held: IamStore;
let iam: Iam;
let account: string;

const FIRST = new Secret('Correct-horse-1');
const SECOND = new Secret('Battery staple 2');

beforeAll(async () => {
  held = await startIamStore();
  iam = held.iam;
});
afterAll(() => held.stop());
beforeEach(async () => {
  account = await held.newAccount();
  await createUser(iam, account, { userName: 'Bob' });
});

describe('a login profile', () => {
  test('lets its user sign in, in any case of the name, and notes when', async () => {
    const made = await createLoginProfile(iam, account, {
      userName: 'bob',
      password: FIRST,
      resetRequired: true,
    });
    expect(made).toMatchObject({ userName: 'Bob', resetRequired: true });
    expect((await getUser(iam, account, 'bob')).passwordLastUsedAt).toBeUndefined();
    expect(await checkPassword(iam, account, 'BOB', FIRST)).toMatchObject({
      outcome: 'signed-in',
      userName: 'Bob',
      resetRequired: true,
    });
    expect((await getUser(iam, account, 'bob')).passwordLastUsedAt).toBeInstanceOf(Date);
  });

  test('refuses every wrong password, user and account alike', async () => {
    await createLoginProfile(iam, account, { userName: 'bob', password: FIRST });
    const other = await held.newAccount();
    const refused = { outcome: 'refused' };
    expect(await checkPassword(iam, account, 'bob', new Secret('correct-horse-1'))).toEqual(refused);
    expect(await checkPassword(iam, account, 'bob', new Secret(''))).toEqual(refused);
    expect(await checkPassword(iam, account, 'eve', FIRST)).toEqual(refused);
    expect(await checkPassword(iam, account, 'bob\0', FIRST)).toEqual(refused);
    expect(await checkPassword(iam, other, 'bob', FIRST)).toEqual(refused);
  });

  test('is one of its kind, and needs a user', async () => {
    await createLoginProfile(iam, account, { userName: 'bob', password: FIRST });
    await expect(
      createLoginProfile(iam, account, { userName: 'BOB', password: SECOND }),
    ).rejects.toMatchObject({
      code: 'EntityAlreadyExists',
      message: 'Login Profile for User Bob already exists.',
    });
    await expect(
      createLoginProfile(iam, account, { userName: 'eve', password: SECOND }),
    ).rejects.toMatchObject({ code: 'NoSuchEntity' });
  });

  test('is not there before it is made and after it is deleted', async () => {
    const missing = { code: 'NoSuchEntity', message: 'Login Profile for User bob cannot be found.' };
    await expect(getLoginProfile(iam, account, 'bob')).rejects.toMatchObject(missing);
    await expect(updateLoginProfile(iam, account, { userName: 'bob' })).rejects.toMatchObject(missing);
    await expect(deleteLoginProfile(iam, account, 'bob')).rejects.toMatchObject(missing);
    await createLoginProfile(iam, account, { userName: 'bob', password: FIRST });
    await deleteLoginProfile(iam, account, 'bob');
    expect(await checkPassword(iam, account, 'bob', FIRST)).toEqual({ outcome: 'refused' });
  });

  test('takes a new password, or the duty to change it, each without the other', async () => {
    await createLoginProfile(iam, account, { userName: 'bob', password: FIRST });
    await updateLoginProfile(iam, account, { userName: 'bob', resetRequired: true });
    expect(await checkPassword(iam, account, 'bob', FIRST)).toMatchObject({ resetRequired: true });
    await updateLoginProfile(iam, account, { userName: 'bob', password: SECOND });
    expect(await checkPassword(iam, account, 'bob', FIRST)).toEqual({ outcome: 'refused' });
    expect(await checkPassword(iam, account, 'bob', SECOND)).toMatchObject({ resetRequired: true });
    await expect(
      updateLoginProfile(iam, account, { userName: 'bob', password: new Secret('short') }),
    ).rejects.toMatchObject({ code: 'PasswordPolicyViolation', status: 400 });
  });
});

describe('changing the password', () => {
  const change = (oldPassword: Secret, newPassword: Secret) =>
    changePassword(iam, account, { userName: 'bob', oldPassword, newPassword });

  test('needs the old one, and does away with the duty to change it', async () => {
    await createLoginProfile(iam, account, { userName: 'bob', password: FIRST, resetRequired: true });
    await expect(change(SECOND, SECOND)).rejects.toMatchObject({ code: 'AccessDenied', status: 403 });
    await expect(change(FIRST, new Secret(account))).rejects.toMatchObject({
      code: 'PasswordPolicyViolation',
    });
    await change(FIRST, SECOND);
    expect(await checkPassword(iam, account, 'bob', SECOND)).toMatchObject({ resetRequired: false });
    await expect(change(FIRST, SECOND)).rejects.toMatchObject({ code: 'AccessDenied' });
  });

  test('of two changes at a time from one old password one succeeds', async () => {
    await createLoginProfile(iam, account, { userName: 'bob', password: FIRST });
    const outcomes = await Promise.allSettled([
      change(FIRST, SECOND),
      change(FIRST, new Secret('Third-one-3')),
    ]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });

  test('needs a login profile', async () => {
    await expect(change(FIRST, SECOND)).rejects.toMatchObject({ code: 'NoSuchEntity' });
  });

  test('may not choose the alias of the account', async () => {
    await createAccountAlias(iam, account, 'example-corp-2026');
    await expect(
      createLoginProfile(iam, account, { userName: 'bob', password: new Secret('EXAMPLE-corp-2026') }),
    ).rejects.toMatchObject({ code: 'PasswordPolicyViolation' });
  });
});

describe('the alias of an account', () => {
  test('a second one replaces the first', async () => {
    await createAccountAlias(iam, account, 'first-alias');
    await createAccountAlias(iam, account, 'second-alias');
    expect(await findAccountAlias(iam, account)).toBe('second-alias');
    expect(await findAccountByAlias(iam, 'first-alias')).toBeUndefined();
    expect(await findAccountByAlias(iam, 'second-alias')).toBe(account);
    await expect(deleteAccountAlias(iam, account, 'first-alias')).rejects.toMatchObject({
      code: 'NoSuchEntity',
      status: 404,
    });
    await deleteAccountAlias(iam, account, 'second-alias');
    expect(await findAccountAlias(iam, account)).toBeUndefined();
  });

  test("is no one else's, and not even once more one's own", async () => {
    await createAccountAlias(iam, account, 'taken');
    const other = await held.newAccount();
    for (const accountId of [account, other]) {
      await expect(createAccountAlias(iam, accountId, 'taken')).rejects.toMatchObject({
        code: 'EntityAlreadyExists',
        status: 409,
        message: 'The account alias taken already exists.',
      });
    }
  });

  test.each(['ab', 'x'.repeat(64), 'Upper', '-a-', 'a--b', 'a_b', 'abc-', '123456789012', 'é-é', 'a b'])(
    'cannot be %j',
    async (alias) => {
      await expect(createAccountAlias(iam, account, alias)).rejects.toMatchObject({
        code: 'ValidationError',
        status: 400,
        message: expect.stringContaining('The specified value for accountAlias is invalid.'),
      });
    },
  );

  test.each(['abc', 'x'.repeat(63), '0-0', '12345678901', 'a1-b2-c3'])('can be %j', async (alias) => {
    await createAccountAlias(iam, account, alias);
    expect(await findAccountAlias(iam, account)).toBe(alias);
    await deleteAccountAlias(iam, account, alias);
  });
});

test('the summary counts what the account has and tells its quotas', async () => {
  await createPolicy(iam, account, { policyName: 'p', document: allow('*') });
  const before = await getAccountSummary(iam, account);
  await createAccessKey(iam, account, 'root');
  await createAccessKey(iam, account, 'root');
  const after = await getAccountSummary(iam, account);
  expect(Object.fromEntries(before)).toMatchObject({
    Users: 1,
    Groups: 0,
    Policies: 1,
    PolicyVersionsInUse: 1,
    AccountAccessKeysPresent: 0,
    UsersQuota: 5000,
    AccessKeysPerUserQuota: 2,
  });
  expect(after.get('AccountAccessKeysPresent')).toBe(1);
});
