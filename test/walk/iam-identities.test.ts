import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Secret } from '../../src/core/secret.ts';
import { createAccessKey, deleteAccessKey, listAccessKeys } from '../../src/iam/access-keys.ts';
import { attachPolicy, detachPolicy } from '../../src/iam/attachments.ts';
import { requireEntity } from '../../src/iam/entities.ts';
import { deleteEntity, renameEntity } from '../../src/iam/entity-changes.ts';
import { createGroup, getGroup, listGroups } from '../../src/iam/groups.ts';
import type { Iam } from '../../src/iam/iam.ts';
import { deleteInlinePolicy, putInlinePolicy } from '../../src/iam/inline-policies.ts';
import { createLoginProfile, deleteLoginProfile } from '../../src/iam/login-profiles.ts';
import {
  addUserToGroup,
  listGroupsOfUser,
  listUsersInGroup,
  removeUserFromGroup,
} from '../../src/iam/memberships.ts';
import { markerAfter } from '../../src/iam/pages.ts';
import { listTags, tagEntity, untagEntity } from '../../src/iam/tags.ts';
import { createUser, findUser, getUser, listUsers } from '../../src/iam/users.ts';
import type { Database } from '../../src/store/database.ts';
import { allow, type IamStore, startIamStore } from './iam-store.ts';

let held: IamStore;
let iam: Iam;

beforeAll(async () => {
  held = await startIamStore();
  iam = held.iam;
});
afterAll(() => held.stop());

const user = (name: string) => ({ kind: 'user', name }) as const;
const group = (name: string) => ({ kind: 'group', name }) as const;
const ADMINISTRATOR_ACCESS = 'arn:aws:iam::aws:policy/AdministratorAccess';

describe('users', () => {
  test('a user has an ARN with its path, a unique id, and the time it was made', async () => {
    const account = await held.newAccount();
    const made = await createUser(iam, account, { userName: 'bob', path: '/sales/west/' });
    expect(made.arn).toBe(`arn:aws:iam::${account}:user/sales/west/bob`);
    expect(made.id).toMatch(/^AIDA[A-Z2-7]{17}$/);
    expect(await getUser(iam, account, 'bob')).toEqual(made);
  });

  test('names are unique ignoring case, and found in any case, and keep theirs', async () => {
    const account = await held.newAccount();
    await createUser(iam, account, { userName: 'Bob' });
    await expect(createUser(iam, account, { userName: 'bOB' })).rejects.toMatchObject({
      code: 'EntityAlreadyExists',
      status: 409,
      message: 'User with name bOB already exists.',
    });
    expect((await getUser(iam, account, 'BOB')).name).toBe('Bob');
  });

  test('two accounts may have users of one name, and see only their own', async () => {
    const [one, two] = [await held.newAccount(), await held.newAccount()];
    const first = await createUser(iam, one, { userName: 'bob' });
    const second = await createUser(iam, two, { userName: 'bob' });
    expect(first.id).not.toBe(second.id);
    expect((await getUser(iam, two, 'bob')).arn).toBe(`arn:aws:iam::${two}:user/bob`);
  });

  test('of two creations of one name at a time, one succeeds and one is told EntityAlreadyExists', async () => {
    const account = await held.newAccount();
    const outcomes = await Promise.allSettled(
      ['eve', 'Eve', 'EVE', 'eVe'].map((userName) => createUser(iam, account, { userName })),
    );
    const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
    expect(refused).toHaveLength(3);
    for (const { reason } of refused) expect(reason).toMatchObject({ code: 'EntityAlreadyExists' });
  });

  test('twenty users made at a time are all made', async () => {
    const account = await held.newAccount();
    const names = Array.from({ length: 20 }, (_, index) => `user-${index}`);
    await Promise.all(names.map((userName) => createUser(iam, account, { userName })));
    expect((await listUsers(iam, account, {})).items).toHaveLength(20);
  });

  test.each(['', ' ', 'a b', 'a/b', 'a:b', 'é', '\u212a', "x'--", 'a\0b', 'a*', '$x', 'x'.repeat(65)])(
    'the name %j is refused, and looking for it finds nothing',
    async (userName) => {
      const account = await held.newAccount();
      await createUser(iam, account, { userName: 'k' });
      await expect(createUser(iam, account, { userName })).rejects.toMatchObject({
        code: 'ValidationError',
        status: 400,
      });
      expect(await findUser(iam, account, userName)).toBeUndefined();
      await expect(getUser(iam, account, userName)).rejects.toMatchObject({ code: 'NoSuchEntity' });
    },
  );

  test.each(['x'.repeat(64), 'a+=,.@-_Z9'])('the name %j is taken', async (userName) => {
    const account = await held.newAccount();
    expect((await createUser(iam, account, { userName })).name).toBe(userName);
  });

  test.each(['', 'a', '/a', 'a/', '/ a/', '/é/', `/${'x'.repeat(512)}/`])(
    'the path %j is refused',
    async (path) => {
      const account = await held.newAccount();
      await expect(createUser(iam, account, { userName: 'bob', path })).rejects.toMatchObject({
        code: 'ValidationError',
      });
    },
  );

  test('a rename keeps the id and what hangs on the user, and may change only the case', async () => {
    const account = await held.newAccount();
    const { id } = await createUser(iam, account, { userName: 'bob', path: '/a/' });
    await putInlinePolicy(iam, account, user('bob'), { policyName: 'p', document: allow('s3:Get*') });
    await renameEntity(iam, account, user('bob'), { newName: 'BOB' });
    await renameEntity(iam, account, user('bob'), { newName: 'robert', newPath: '/b/' });
    expect(await getUser(iam, account, 'Robert')).toMatchObject({ id, name: 'robert', path: '/b/' });
    await expect(getUser(iam, account, 'bob')).rejects.toMatchObject({
      message: 'The user with name bob cannot be found.',
    });
    await expect(deleteEntity(iam, account, user('robert'))).rejects.toMatchObject({
      code: 'DeleteConflict',
    });
  });

  test('a rename to a taken name is refused and changes nothing', async () => {
    const account = await held.newAccount();
    await createUser(iam, account, { userName: 'bob' });
    await createUser(iam, account, { userName: 'eve' });
    await expect(
      renameEntity(iam, account, user('bob'), { newName: 'EVE', newPath: '/x/' }),
    ).rejects.toMatchObject({ code: 'EntityAlreadyExists', message: 'User with name EVE already exists.' });
    expect((await getUser(iam, account, 'bob')).path).toBe('/');
  });

  test('a user is deleted only when nothing hangs on it any more, and each reason is named', async () => {
    const account = await held.newAccount();
    await createUser(iam, account, { userName: 'bob', tags: [{ key: 'team', value: 'a' }] });
    await createGroup(iam, account, { groupName: 'g' });
    const password = new Secret('Correct-horse-1');
    await createLoginProfile(iam, account, { userName: 'bob', password });
    const key = await createAccessKey(iam, account, { userName: 'bob' });
    await addUserToGroup(iam, account, { userName: 'bob', groupName: 'g' });
    await attachPolicy(iam, account, user('bob'), ADMINISTRATOR_ACCESS);
    await putInlinePolicy(iam, account, user('bob'), { policyName: 'p', document: allow('*') });
    const steps: [string, () => Promise<void>][] = [
      ['must delete login profile first', () => deleteLoginProfile(iam, account, 'bob')],
      [
        'must delete access keys first',
        () => deleteAccessKey(iam, account, { userName: 'bob' }, key.accessKeyId),
      ],
      [
        'must remove users from group first',
        () => removeUserFromGroup(iam, account, { userName: 'bob', groupName: 'g' }),
      ],
      ['must detach all policies first', () => detachPolicy(iam, account, user('bob'), ADMINISTRATOR_ACCESS)],
      ['must delete policies first', () => deleteInlinePolicy(iam, account, user('bob'), 'p')],
    ];
    for (const [remedy, remove] of steps) {
      await expect(deleteEntity(iam, account, user('bob'))).rejects.toMatchObject({
        code: 'DeleteConflict',
        status: 409,
        message: `Cannot delete entity, ${remedy}.`,
      });
      await remove();
    }
    await deleteEntity(iam, account, user('BOB'));
    await expect(getUser(iam, account, 'bob')).rejects.toMatchObject({ code: 'NoSuchEntity', status: 404 });
  });

  test('a user made again under a name starts with nothing of the one before, and has another id', async () => {
    const account = await held.newAccount();
    const before = await createUser(iam, account, { userName: 'bob', tags: [{ key: 'a', value: 'b' }] });
    await deleteEntity(iam, account, user('bob'));
    const after = await createUser(iam, account, { userName: 'bob' });
    expect(after.id).not.toBe(before.id);
    expect(after.tags).toEqual([]);
  });

  test('pages go through all users in the order of their names, and survive changes between them', async () => {
    const account = await held.newAccount();
    for (const userName of ['b', 'A', 'd', 'C', 'e']) await createUser(iam, account, { userName });
    const first = await listUsers(iam, account, { maxItems: 2 });
    expect(first.items.map(({ name }) => name)).toEqual(['A', 'b']);
    await deleteEntity(iam, account, user('b'));
    await createUser(iam, account, { userName: 'aa' });
    const second = await listUsers(iam, account, { maxItems: 2, marker: first.nextMarker });
    expect(second.items.map(({ name }) => name)).toEqual(['C', 'd']);
    const third = await listUsers(iam, account, { maxItems: 2, marker: second.nextMarker });
    expect(third.items.map(({ name }) => name)).toEqual(['e']);
    expect(third.nextMarker).toBeUndefined();
  });

  test('a path prefix picks the users below it', async () => {
    const account = await held.newAccount();
    await createUser(iam, account, { userName: 'a', path: '/x/' });
    await createUser(iam, account, { userName: 'b', path: '/x/y/' });
    await createUser(iam, account, { userName: 'c', path: '/%/' });
    const names = async (pathPrefix: string) =>
      (await listUsers(iam, account, { pathPrefix })).items.map(({ name }) => name);
    expect(await names('/x/')).toEqual(['a', 'b']);
    expect(await names('/%')).toEqual(['c']);
  });

  test('a made-up marker is refused', async () => {
    const account = await held.newAccount();
    for (const marker of ['x', 'bnVsbA', markerAfter('\0'), markerAfter('a', 'another list')]) {
      await expect(listUsers(iam, account, { marker })).rejects.toMatchObject({ code: 'ValidationError' });
    }
  });

  test('the user past the quota is refused', async () => {
    const account = await held.newAccount();
    await iam.store.query(
      `INSERT INTO keyshift.iam_users (account_id, id, name, path, created_at)
       SELECT $1, 'AIDA' || n, 'u' || n, '/', now() FROM generate_series(1, 4999) n`,
      [account],
    );
    await createUser(iam, account, { userName: 'last' });
    await expect(createUser(iam, account, { userName: 'over' })).rejects.toMatchObject({
      code: 'LimitExceeded',
      status: 409,
      message: 'Cannot exceed quota for UsersPerAccount: 5000',
    });
    expect(await findUser(iam, account, 'over')).toBeUndefined();
  });
});

describe('groups', () => {
  test('a group is made, found in any case, listed, renamed and deleted', async () => {
    const account = await held.newAccount();
    const made = await createGroup(iam, account, { groupName: 'Administrators', path: '/ops/' });
    expect(made.arn).toBe(`arn:aws:iam::${account}:group/ops/Administrators`);
    expect(made.id).toMatch(/^AGPA/);
    expect(await getGroup(iam, account, 'administrators')).toEqual(made);
    await expect(createGroup(iam, account, { groupName: 'ADMINISTRATORS' })).rejects.toMatchObject({
      message: 'Group with name ADMINISTRATORS already exists.',
    });
    await renameEntity(iam, account, group('administrators'), { newName: 'Admins' });
    expect((await listGroups(iam, account, {})).items.map(({ name }) => name)).toEqual(['Admins']);
    await deleteEntity(iam, account, group('admins'));
    await expect(getGroup(iam, account, 'admins')).rejects.toMatchObject({
      code: 'NoSuchEntity',
      message: 'The group with name admins cannot be found.',
    });
  });

  test('a user and a group may share a name', async () => {
    const account = await held.newAccount();
    await createUser(iam, account, { userName: 'same' });
    await createGroup(iam, account, { groupName: 'same' });
    await deleteEntity(iam, account, group('same'));
    expect((await getUser(iam, account, 'same')).name).toBe('same');
  });

  test('a group is deleted only without members and policies', async () => {
    const account = await held.newAccount();
    await createGroup(iam, account, { groupName: 'g' });
    await createUser(iam, account, { userName: 'bob' });
    await addUserToGroup(iam, account, { userName: 'bob', groupName: 'g' });
    await attachPolicy(iam, account, group('g'), ADMINISTRATOR_ACCESS);
    await putInlinePolicy(iam, account, group('g'), { policyName: 'p', document: allow('*') });
    const refusal = (remedy: string) => ({
      code: 'DeleteConflict',
      message: `Cannot delete entity, ${remedy}.`,
    });
    const remove = () => deleteEntity(iam, account, group('g'));
    await expect(remove()).rejects.toMatchObject(refusal('must remove users from group first'));
    await removeUserFromGroup(iam, account, { userName: 'bob', groupName: 'g' });
    await expect(remove()).rejects.toMatchObject(refusal('must detach all policies first'));
    await detachPolicy(iam, account, group('g'), ADMINISTRATOR_ACCESS);
    await expect(remove()).rejects.toMatchObject(refusal('must delete policies first'));
    await deleteInlinePolicy(iam, account, group('g'), 'P');
    await remove();
  });

  test('adding a member twice is one membership; removing it twice is an error', async () => {
    const account = await held.newAccount();
    await createGroup(iam, account, { groupName: 'g' });
    await createUser(iam, account, { userName: 'bob' });
    const names = { userName: 'BOB', groupName: 'G' };
    await addUserToGroup(iam, account, names);
    await addUserToGroup(iam, account, names);
    expect((await listUsersInGroup(iam, account, 'g', {})).items.map(({ name }) => name)).toEqual(['bob']);
    await removeUserFromGroup(iam, account, names);
    await expect(removeUserFromGroup(iam, account, names)).rejects.toMatchObject({ code: 'NoSuchEntity' });
  });

  test('a membership needs a user and a group that exist', async () => {
    const account = await held.newAccount();
    await createUser(iam, account, { userName: 'bob' });
    await expect(addUserToGroup(iam, account, { userName: 'bob', groupName: 'g' })).rejects.toMatchObject({
      message: 'The group with name g cannot be found.',
    });
    await createGroup(iam, account, { groupName: 'g' });
    await expect(addUserToGroup(iam, account, { userName: 'eve', groupName: 'g' })).rejects.toMatchObject({
      message: 'The user with name eve cannot be found.',
    });
  });

  test('a user is in ten groups at most', async () => {
    const account = await held.newAccount();
    await createUser(iam, account, { userName: 'bob' });
    for (let n = 1; n <= 11; n++) await createGroup(iam, account, { groupName: `g${n}` });
    for (let n = 1; n <= 10; n++) await addUserToGroup(iam, account, { userName: 'bob', groupName: `g${n}` });
    await addUserToGroup(iam, account, { userName: 'bob', groupName: 'g10' });
    await expect(addUserToGroup(iam, account, { userName: 'bob', groupName: 'g11' })).rejects.toMatchObject({
      code: 'LimitExceeded',
      message: 'Cannot exceed quota for GroupsPerUser: 10',
    });
    const page = await listGroupsOfUser(iam, account, 'bob', { maxItems: 7 });
    const rest = await listGroupsOfUser(iam, account, 'bob', { maxItems: 7, marker: page.nextMarker });
    expect([page.items.length, rest.items.length]).toEqual([7, 3]);
  });

  test('an account has 300 groups at most', async () => {
    const account = await held.newAccount();
    await iam.store.query(
      `INSERT INTO keyshift.iam_groups (account_id, id, name, path, created_at)
       SELECT $1, 'AGPA' || n, 'g' || n, '/', now() FROM generate_series(1, 300) n`,
      [account],
    );
    await expect(createGroup(iam, account, { groupName: 'over' })).rejects.toMatchObject({
      message: 'Cannot exceed quota for GroupsPerAccount: 300',
    });
  });
});

describe('tags', () => {
  const bob = (account: string) => (database: Database) => requireEntity(database, account, user('bob'));

  test('keys are one ignoring case, and the newest spelling and value stay', async () => {
    const account = await held.newAccount();
    await createUser(iam, account, { userName: 'bob', tags: [{ key: 'Team', value: 'a' }] });
    await tagEntity(iam, account, bob(account), [{ key: 'TEAM', value: 'b' }]);
    await tagEntity(iam, account, bob(account), [{ key: 'Ünïcode 猫', value: 'ß' }]);
    expect((await getUser(iam, account, 'bob')).tags).toEqual([
      { key: 'TEAM', value: 'b' },
      { key: 'Ünïcode 猫', value: 'ß' },
    ]);
    await untagEntity(iam, account, bob(account), ['team', 'ÜNÏCODE 猫', 'absent', 'not;a;key', 'a\0']);
    expect((await getUser(iam, account, 'bob')).tags).toEqual([]);
  });

  test('two keys of one request that differ in case only are refused, and nothing is written', async () => {
    const account = await held.newAccount();
    await createUser(iam, account, { userName: 'bob' });
    const tags = [
      { key: 'a', value: '1' },
      { key: 'A', value: '2' },
    ];
    await expect(tagEntity(iam, account, bob(account), tags)).rejects.toMatchObject({
      code: 'InvalidInput',
      status: 400,
    });
    expect((await getUser(iam, account, 'bob')).tags).toEqual([]);
  });

  test('the fiftieth tag is taken and the fifty-first is not; pages go through them', async () => {
    const account = await held.newAccount();
    const tags = Array.from({ length: 50 }, (_, n) => ({ key: `${'猫'.repeat(126)}${n}`, value: '' }));
    await createUser(iam, account, { userName: 'bob', tags });
    await expect(tagEntity(iam, account, bob(account), [{ key: 'over', value: '' }])).rejects.toMatchObject({
      code: 'LimitExceeded',
    });
    const first = await listTags(iam, account, bob(account), { maxItems: 30 });
    const second = await listTags(iam, account, bob(account), { maxItems: 30, marker: first.nextMarker });
    expect(new Set([...first.items, ...second.items].map(({ key }) => key)).size).toBe(50);
    expect(first.nextMarker?.length ?? 0).toBeLessThanOrEqual(320);
  });
});

describe('access keys', () => {
  test('a user has two keys at most, and so has the root user', async () => {
    const account = await held.newAccount();
    await createUser(iam, account, { userName: 'bob' });
    for (const owner of [{ userName: 'bob' }, 'root'] as const) {
      const first = await createAccessKey(iam, account, owner);
      await createAccessKey(iam, account, owner);
      await expect(createAccessKey(iam, account, owner)).rejects.toMatchObject({
        code: 'LimitExceeded',
        message: 'Cannot exceed quota for AccessKeysPerUser: 2',
      });
      expect(first.accessKeyId).toMatch(/^AKIA[A-Z2-7]{16}$/);
      expect(first.secret.reveal()).toMatch(/^[A-Za-z0-9+/]{40}$/);
      const { items } = await listAccessKeys(iam, account, owner, {});
      expect(items.map(({ userName }) => userName)).toEqual(
        Array(2).fill(owner === 'root' ? undefined : 'bob'),
      );
    }
  });

  test('of three keys made at a time two are made', async () => {
    const account = await held.newAccount();
    const outcomes = await Promise.allSettled([1, 2, 3].map(() => createAccessKey(iam, account, 'root')));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(2);
  });

  test("another user's key cannot be deleted in one's own name", async () => {
    const account = await held.newAccount();
    await createUser(iam, account, { userName: 'bob' });
    await createUser(iam, account, { userName: 'eve' });
    const { accessKeyId } = await createAccessKey(iam, account, { userName: 'bob' });
    for (const owner of [{ userName: 'eve' }, 'root'] as const) {
      await expect(deleteAccessKey(iam, account, owner, accessKeyId)).rejects.toMatchObject({
        code: 'NoSuchEntity',
        message: `The Access Key with id ${accessKeyId} cannot be found.`,
      });
    }
  });

  test('the store holds no secret in the clear', async () => {
    const account = await held.newAccount();
    const { secret } = await createAccessKey(iam, account, 'root');
    const [row] = await iam.store.query<{ sealed_secret: Buffer }>(
      'SELECT sealed_secret FROM keyshift.iam_access_keys WHERE account_id = $1',
      [account],
    );
    expect(row?.sealed_secret.includes(secret.reveal())).toBe(false);
  });
});
