import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { IamOperations } from '../../src/api/services/iam.generated.ts';
import { changeIdentities, type Iam } from '../../src/iam/iam.ts';
import { type Principal, rootPrincipal } from '../../src/iam/principal.ts';
import { callIam, type IamOperation } from './iam-calls.ts';
import { allow, type IamStore, startIamStore } from './iam-store.ts';

/** Two administrators, or twenty, at the same thing: as if one had come after the other. */

let held: IamStore;
let iam: Iam;
let root: Principal;
beforeAll(async () => {
  held = await startIamStore();
  iam = held.iam;
});
afterAll(() => held.stop());
beforeEach(async () => {
  root = rootPrincipal(await held.newAccount());
});

const call = <N extends IamOperation>(name: N, input: IamOperations[N]['input']) =>
  callIam(iam, root, name, input);

/** Codes of what failed, `success` for the others, sorted. */
async function outcomes(calls: readonly Promise<unknown>[]): Promise<string[]> {
  const settled = await Promise.allSettled(calls);
  return settled
    .map((one) => (one.status === 'fulfilled' ? 'success' : String((one.reason as { code?: string }).code)))
    .sort();
}

const twenty = Array.from({ length: 20 }, (_, index) => index);

test('of twenty who make a user of one name in any case, one does', async () => {
  const names = twenty.map((index) => (index % 2 === 0 ? 'bob' : 'BOB'));
  const result = await outcomes(
    names.map((UserName) => call('CreateUser', { UserName, Path: `/${UserName}/` })),
  );
  expect(result).toEqual([...twenty.slice(1).map(() => 'EntityAlreadyExists'), 'success']);
  const { User } = await call('GetUser', { UserName: 'bob' });
  expect(User.Path).toBe(`/${User.UserName}/`);
});

test('quotas hold when all come at once', async () => {
  await call('CreateUser', { UserName: 'bob' });
  for (const index of twenty) await call('CreateGroup', { GroupName: `g${index}` });
  const joined = await outcomes(
    twenty.map((index) => call('AddUserToGroup', { UserName: 'bob', GroupName: `g${index}` })),
  );
  expect(joined.filter((code) => code === 'success')).toHaveLength(10);
  expect((await call('ListGroupsForUser', { UserName: 'bob' })).Groups).toHaveLength(10);
  const keys = await outcomes(twenty.map(() => call('CreateAccessKey', { UserName: 'bob' })));
  expect(keys).toEqual([...twenty.slice(2).map(() => 'LimitExceeded'), 'success', 'success']);
});

test('who deletes a thing and who hangs something on it do not both succeed', async () => {
  for (const index of twenty) {
    const UserName = `u${index}`;
    const PolicyName = `p${index}`;
    await call('CreateUser', { UserName });
    const { Policy } = await call('CreatePolicy', { PolicyName, PolicyDocument: allow('iam:*') });
    const PolicyArn = Policy?.Arn ?? '';
    const [first, ...more] = await outcomes([
      call('DeleteUser', { UserName }),
      call('AttachUserPolicy', { UserName, PolicyArn }),
      call('DeletePolicy', { PolicyArn }),
    ]);
    // Attaching last finds one of them gone; attaching first keeps both; in between it keeps one or finds it gone.
    expect([first, ...more].filter((code) => code !== 'success').length, UserName).toBeGreaterThan(0);
    for (const code of [first, ...more])
      expect(['success', 'NoSuchEntity', 'DeleteConflict']).toContain(code);
  }
  const loose = await iam.store.query(
    `SELECT 1 FROM keyshift.iam_policy_attachments a
     WHERE a.account_id = $1 AND (
       NOT EXISTS (SELECT FROM keyshift.iam_users u WHERE u.account_id = $1 AND u.id = a.owner_id)
       OR NOT EXISTS (SELECT FROM keyshift.iam_policies p WHERE p.account_id = $1 AND p.arn = a.policy_arn))`,
    [root.accountId],
  );
  expect(loose).toEqual([]);
});

test('of two new documents both are versions, and the one in force is one of them', async () => {
  const { Policy } = await call('CreatePolicy', { PolicyName: 'p', PolicyDocument: allow('iam:*') });
  const PolicyArn = Policy?.Arn ?? '';
  const both = ['iam:Get*', 'iam:List*'].map((action) =>
    call('CreatePolicyVersion', { PolicyArn, PolicyDocument: allow(action), SetAsDefault: true }),
  );
  expect(await outcomes(both)).toEqual(['success', 'success']);
  const { Versions } = await call('ListPolicyVersions', { PolicyArn });
  expect(Versions?.map(({ VersionId, IsDefaultVersion }) => [VersionId, IsDefaultVersion])).toEqual([
    ['v3', true],
    ['v2', false],
    ['v1', false],
  ]);
});

test('a change that others overtake at every try is ConcurrentModification, and has changed nothing', async () => {
  await call('CreateUser', { UserName: 'bob' });
  let tries = 0;
  const change = changeIdentities(iam, root.accountId, async (database) => {
    tries += 1;
    const values = [root.accountId];
    await database.query('SELECT id FROM keyshift.iam_users WHERE account_id = $1', values);
    // Somebody who does not wait in the queue, as the note of a password's last use does not.
    await iam.store.query(
      'UPDATE keyshift.iam_users SET password_last_used_at = now() WHERE account_id = $1',
      values,
    );
    await database.query("UPDATE keyshift.iam_users SET path = '/changed/' WHERE account_id = $1", values);
  });
  await expect(change).rejects.toMatchObject({ code: 'ConcurrentModification', status: 409 });
  expect(tries).toBe(8);
  expect((await call('GetUser', { UserName: 'bob' })).User.Path).toBe('/');
});
