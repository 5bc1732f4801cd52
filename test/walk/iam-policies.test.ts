import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  attachPolicy,
  detachPolicy,
  listAttachedPolicies,
  listEntitiesForPolicy,
} from '../../src/iam/attachments.ts';
import { deleteEntity } from '../../src/iam/entity-changes.ts';
import { createGroup } from '../../src/iam/groups.ts';
import type { Iam } from '../../src/iam/iam.ts';
import {
  deleteInlinePolicy,
  getInlinePolicy,
  listInlinePolicies,
  putInlinePolicy,
} from '../../src/iam/inline-policies.ts';
import { createPolicy, deletePolicy, requireOwnPolicy } from '../../src/iam/managed-policies.ts';
import { getPolicy, listPolicies } from '../../src/iam/policy-lists.ts';
import {
  createPolicyVersion,
  deletePolicyVersion,
  getPolicyVersion,
  listPolicyVersions,
  setDefaultPolicyVersion,
} from '../../src/iam/policy-versions.ts';
import { createUser, setUserBoundary } from '../../src/iam/users.ts';
import { allow, type IamStore, startIamStore } from './iam-store.ts';

let held: IamStore;
let iam: Iam;

beforeAll(async () => {
  held = await startIamStore();
  iam = held.iam;
});
afterAll(() => held.stop());

const bob = { kind: 'user', name: 'bob' } as const;
const team = { kind: 'group', name: 'team' } as const;
const ADMINISTRATOR_ACCESS = 'arn:aws:iam::aws:policy/AdministratorAccess';

/** An account with a user bob, a group team and a policy p. */
async function furnished(): Promise<{ account: string; arn: string }> {
  const account = await held.newAccount();
  await createUser(iam, account, { userName: 'bob' });
  await createGroup(iam, account, { groupName: 'team' });
  const { arn } = await createPolicy(iam, account, { policyName: 'p', document: allow('s3:Get*') });
  return { account, arn };
}

/** A document of exactly this many characters that are no white space, and some that are. */
function documentOfSize(size: number): string {
  const empty = allow('s3:Get', 'arn:aws:s3:::');
  return `\n ${allow('s3:Get', `arn:aws:s3:::${'x'.repeat(size - empty.length)}`)} \t\r\n`;
}

describe('inline policies', () => {
  test('a policy is kept as it was written, and replaced under its name in any case', async () => {
    const { account } = await furnished();
    const document = `  ${allow('s3:Get*')}\n`;
    await putInlinePolicy(iam, account, bob, { policyName: 'Reader', document });
    expect(await getInlinePolicy(iam, account, bob, 'reader')).toEqual({ policyName: 'Reader', document });
    await putInlinePolicy(iam, account, bob, { policyName: 'READER', document: allow('s3:Put*') });
    expect((await listInlinePolicies(iam, account, bob, {})).items).toEqual(['READER']);
    await deleteInlinePolicy(iam, account, bob, 'reader');
    await expect(deleteInlinePolicy(iam, account, bob, 'reader')).rejects.toMatchObject({
      code: 'NoSuchEntity',
      message: 'The user policy with name reader cannot be found.',
    });
    await expect(getInlinePolicy(iam, account, team, 'x')).rejects.toMatchObject({
      message: 'The group policy with name x cannot be found.',
    });
  });

  test.each([
    ['', 'Syntax errors in policy.'],
    ['{', 'Syntax errors in policy.'],
    ['{"Statement":[{"Effect":"Allow","Resource":"*"}]}', 'Policy statement must contain actions.'],
    [
      '{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*","Principal":"*"}]}',
      'Policy document should not specify a principal.',
    ],
  ])('the document %j is malformed', async (document, message) => {
    const { account } = await furnished();
    await expect(putInlinePolicy(iam, account, bob, { policyName: 'p', document })).rejects.toMatchObject({
      code: 'MalformedPolicyDocument',
      status: 400,
      message,
    });
  });

  test.each([
    [bob, 2048, 'Maximum policy size of 2048 bytes exceeded for user bob'],
    [team, 5120, 'Maximum policy size of 5120 bytes exceeded for group team'],
  ] as const)(
    'all policies of a %o together have %i characters, white space not counted',
    async (owner, max, text) => {
      const { account } = await furnished();
      const put = (policyName: string, size: number) =>
        putInlinePolicy(iam, account, owner, { policyName, document: documentOfSize(size) });
      await put('one', 1000);
      await put('two', max - 1000);
      await expect(put('two', max - 999)).rejects.toMatchObject({ code: 'LimitExceeded', message: text });
      await expect(put('three', 200)).rejects.toMatchObject({ code: 'LimitExceeded' });
      expect((await listInlinePolicies(iam, account, owner, {})).items).toEqual(['one', 'two']);
      await put('one', 200);
    },
  );
});

describe('managed policies', () => {
  test('a policy is made with version v1, and its name is unique ignoring case and path', async () => {
    const account = await held.newAccount();
    const made = await createPolicy(iam, account, {
      policyName: 'Reader',
      path: '/teams/',
      document: allow('s3:Get*'),
      description: 'Lesen – für alle',
      tags: [{ key: 'k', value: 'v' }],
    });
    expect(made.arn).toBe(`arn:aws:iam::${account}:policy/teams/Reader`);
    expect(made.id).toMatch(/^ANPA/);
    expect(await getPolicy(iam, account, made.arn)).toMatchObject({
      description: 'Lesen – für alle',
      defaultVersion: 1,
      attachmentCount: 0,
      tags: [{ key: 'k', value: 'v' }],
    });
    await expect(
      createPolicy(iam, account, { policyName: 'READER', document: allow('*') }),
    ).rejects.toMatchObject({
      code: 'EntityAlreadyExists',
      message: 'A policy called READER already exists. Duplicate names are not allowed.',
    });
  });

  test('an ARN is compared exactly', async () => {
    const { account, arn } = await furnished();
    for (const other of [
      arn.replace('/p', '/P'),
      arn.replace('/p', '/x/p'),
      arn.replace(account, '999999999999'),
    ]) {
      await expect(getPolicy(iam, account, other)).rejects.toMatchObject({
        code: 'NoSuchEntity',
        message: `Policy ${other} was not found.`,
      });
    }
  });

  test.each([
    'p',
    'arn:aws:iam::123456789012:user/bob',
    'arn:aws:iam::1:policy/p',
    'arn:aws:s3:::policy/a',
    'a\0b',
  ])('%j is not the ARN of a policy', async (arn) => {
    const account = await held.newAccount();
    await expect(getPolicy(iam, account, arn)).rejects.toMatchObject({ code: 'InvalidInput', status: 400 });
  });

  test('a managed policy has 6144 characters at most', async () => {
    const account = await held.newAccount();
    await createPolicy(iam, account, { policyName: 'fits', document: documentOfSize(6144) });
    await expect(
      createPolicy(iam, account, { policyName: 'over', document: documentOfSize(6145) }),
    ).rejects.toMatchObject({ code: 'LimitExceeded', message: 'Cannot exceed quota for PolicySize: 6144' });
  });

  test('a managed policy must name the present version of the language', async () => {
    const account = await held.newAccount();
    const document = '{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}';
    await expect(createPolicy(iam, account, { policyName: 'p', document })).rejects.toMatchObject({
      code: 'MalformedPolicyDocument',
      message: 'Policy document must be version 2012-10-17 or greater.',
    });
  });

  test('versions count up, five are kept, and a number is never given twice', async () => {
    const { account, arn } = await furnished();
    for (let n = 2; n <= 5; n++) {
      const made = await createPolicyVersion(iam, account, arn, { document: allow(`s3:Do${n}`) });
      expect(made).toMatchObject({ version: n, isDefault: false });
    }
    await expect(createPolicyVersion(iam, account, arn, { document: allow('*') })).rejects.toMatchObject({
      code: 'LimitExceeded',
      message:
        'A managed policy can have up to 5 versions. Before you create a new version, you must delete an existing version.',
    });
    await deletePolicyVersion(iam, account, arn, 'v5');
    const next = await createPolicyVersion(iam, account, arn, { document: allow('*'), setAsDefault: true });
    expect(next).toMatchObject({ version: 6, isDefault: true });
    expect((await getPolicy(iam, account, arn)).defaultVersion).toBe(6);
    const first = await listPolicyVersions(iam, account, arn, { maxItems: 3 });
    const second = await listPolicyVersions(iam, account, arn, { maxItems: 3, marker: first.nextMarker });
    expect([...first.items, ...second.items].map(({ version }) => version)).toEqual([6, 4, 3, 2, 1]);
  });

  test('the default version cannot be deleted, and another can be made the default', async () => {
    const { account, arn } = await furnished();
    await createPolicyVersion(iam, account, arn, { document: allow('s3:Put*') });
    await expect(deletePolicyVersion(iam, account, arn, 'v1')).rejects.toMatchObject({
      code: 'DeleteConflict',
      message: 'Cannot delete the default version of a policy.',
    });
    await setDefaultPolicyVersion(iam, account, arn, 'v2');
    await deletePolicyVersion(iam, account, arn, 'v1');
    for (const gone of ['v1', 'v7', 'v999999999999', 'v2.x']) {
      await expect(getPolicyVersion(iam, account, arn, gone)).rejects.toMatchObject({ code: 'NoSuchEntity' });
      await expect(setDefaultPolicyVersion(iam, account, arn, gone)).rejects.toMatchObject({
        code: 'NoSuchEntity',
      });
    }
    expect((await getPolicyVersion(iam, account, arn, 'v2')).document).toBe(allow('s3:Put*'));
  });

  test('a policy is deleted only when it is attached to nothing, limits nobody and has one version', async () => {
    const { account, arn } = await furnished();
    const attached = { code: 'DeleteConflict', message: 'Cannot delete a policy attached to entities.' };
    await attachPolicy(iam, account, team, arn);
    await expect(deletePolicy(iam, account, arn)).rejects.toMatchObject(attached);
    await detachPolicy(iam, account, team, arn);
    await setUserBoundary(iam, account, 'bob', arn);
    await expect(deletePolicy(iam, account, arn)).rejects.toMatchObject(attached);
    await setUserBoundary(iam, account, 'bob', undefined);
    await createPolicyVersion(iam, account, arn, { document: allow('*') });
    await expect(deletePolicy(iam, account, arn)).rejects.toMatchObject({
      code: 'DeleteConflict',
      message: expect.stringContaining('This policy has more than one version.'),
    });
    await deletePolicyVersion(iam, account, arn, 'v2');
    await deletePolicy(iam, account, arn);
    await expect(getPolicy(iam, account, arn)).rejects.toMatchObject({ code: 'NoSuchEntity' });
  });

  test('an account has 1500 policies at most', async () => {
    const { account } = await furnished();
    await iam.store.query(
      `INSERT INTO keyshift.iam_policies
         (account_id, id, name, path, default_version, newest_version, created_at, updated_at)
       SELECT $1, 'ANPA' || n, 'p' || n, '/', 1, 1, now(), now() FROM generate_series(1, 1499) n`,
      [account],
    );
    await expect(
      createPolicy(iam, account, { policyName: 'over', document: allow('*') }),
    ).rejects.toMatchObject({
      message: 'Cannot exceed quota for PoliciesPerAccount: 1500',
    });
  });
});

describe('attachments', () => {
  test('attaching twice is one attachment; detaching twice is an error', async () => {
    const { account, arn } = await furnished();
    await attachPolicy(iam, account, bob, arn);
    await attachPolicy(iam, account, bob, arn);
    expect((await listAttachedPolicies(iam, account, bob, {})).items).toEqual([{ name: 'p', arn }]);
    await detachPolicy(iam, account, bob, arn);
    await expect(detachPolicy(iam, account, bob, arn)).rejects.toMatchObject({
      code: 'NoSuchEntity',
      message: `Policy ${arn} was not found.`,
    });
  });

  test('a policy that is not there, or is not for people, cannot be attached', async () => {
    const { account } = await furnished();
    const absent = 'arn:aws:iam::aws:policy/NoSuchPolicy';
    await expect(attachPolicy(iam, account, bob, absent)).rejects.toMatchObject({
      code: 'NoSuchEntity',
      message: `Policy ${absent} does not exist or is not attachable.`,
    });
    const ofService = 'arn:aws:iam::aws:policy/aws-service-role/AmazonRedshiftServiceLinkedRolePolicy';
    await expect(attachPolicy(iam, account, bob, ofService)).rejects.toMatchObject({
      code: 'PolicyNotAttachable',
      status: 400,
    });
  });

  test.each([
    [bob, 'PoliciesPerUser'],
    [team, 'PoliciesPerGroup'],
  ] as const)('the eleventh policy of %o is refused', async (owner, quota) => {
    const { account } = await furnished();
    for (let n = 1; n <= 11; n++) {
      const { arn } = await createPolicy(iam, account, { policyName: `p${n}`, document: allow('*') });
      const attached = attachPolicy(iam, account, owner, arn);
      if (n <= 10) await attached;
      else {
        await expect(attached).rejects.toMatchObject({
          code: 'LimitExceeded',
          message: `Cannot exceed quota for ${quota}: 10`,
        });
      }
    }
  });

  test('a page of attached policies tells two of one name apart, and a path prefix picks', async () => {
    const { account } = await furnished();
    const own = await createPolicy(iam, account, {
      policyName: 'AdministratorAccess',
      path: '/own/',
      document: allow('*'),
    });
    await attachPolicy(iam, account, bob, own.arn);
    await attachPolicy(iam, account, bob, ADMINISTRATOR_ACCESS);
    const first = await listAttachedPolicies(iam, account, bob, { maxItems: 1 });
    const second = await listAttachedPolicies(iam, account, bob, { maxItems: 1, marker: first.nextMarker });
    expect(new Set([...first.items, ...second.items].map(({ arn }) => arn))).toEqual(
      new Set([own.arn, ADMINISTRATOR_ACCESS]),
    );
    expect((await listAttachedPolicies(iam, account, bob, { pathPrefix: '/own/' })).items).toEqual([
      { name: 'AdministratorAccess', arn: own.arn },
    ]);
  });

  test('the users and groups of a policy are listed, by kind, path and use', async () => {
    const { account, arn } = await furnished();
    await createUser(iam, account, { userName: 'eve', path: '/x/' });
    await attachPolicy(iam, account, bob, arn);
    await attachPolicy(iam, account, team, arn);
    await setUserBoundary(iam, account, 'eve', arn);
    const names = async (request: Parameters<typeof listEntitiesForPolicy>[3]) =>
      (await listEntitiesForPolicy(iam, account, arn, request)).items.map(({ name }) => name);
    expect(await names({})).toEqual(['team', 'bob', 'eve']);
    expect(await names({ kinds: ['user'] })).toEqual(['bob', 'eve']);
    expect(await names({ kinds: [] })).toEqual([]);
    expect(await names({ usage: 'PermissionsBoundary' })).toEqual(['eve']);
    expect(await names({ usage: 'PermissionsPolicy' })).toEqual(['team', 'bob']);
    expect(await names({ pathPrefix: '/x/' })).toEqual(['eve']);
    const first = await listEntitiesForPolicy(iam, account, arn, { maxItems: 2 });
    expect(await names({ maxItems: 2, marker: first.nextMarker })).toEqual(['eve']);
  });
});

describe('the list of policies', () => {
  test('is of AWS, of the account, or of both, and can be only what is used', async () => {
    const { account, arn } = await furnished();
    const names = async (request: Parameters<typeof listPolicies>[2]) =>
      (await listPolicies(iam, account, request)).items.map(({ name }) => name);
    expect(await names({ scope: 'Local' })).toEqual(['p']);
    expect(await names({ scope: 'AWS' })).toContain('AdministratorAccess');
    expect(await names({ scope: 'AWS' })).not.toContain('p');
    expect(await names({ onlyAttached: true })).toEqual([]);
    await attachPolicy(iam, account, team, ADMINISTRATOR_ACCESS);
    await setUserBoundary(iam, account, 'bob', arn);
    expect(await names({ onlyAttached: true })).toEqual(['AdministratorAccess', 'p']);
    expect(await names({ usage: 'PermissionsBoundary' })).toEqual(['p']);
    expect(await names({ usage: 'PermissionsPolicy' })).toEqual(['AdministratorAccess']);
    expect((await getPolicy(iam, account, arn)).boundaryCount).toBe(1);
  });

  test('comes in pages', async () => {
    const { account } = await furnished();
    const all = (await listPolicies(iam, account, {})).items.map(({ arn }) => arn);
    const paged: string[] = [];
    let marker: string | undefined;
    do {
      const page = await listPolicies(iam, account, { maxItems: 3, marker });
      paged.push(...page.items.map(({ arn }) => arn));
      marker = page.nextMarker;
    } while (marker !== undefined);
    expect(paged).toEqual(all);
  });
});

describe('policies that AWS manages', () => {
  test('belong to every account, and no account can change them', async () => {
    const account = await held.newAccount();
    expect(await getPolicy(iam, account, ADMINISTRATOR_ACCESS)).toMatchObject({
      id: 'ANPAIWMBCKSKIEE64ZLYK',
      defaultVersion: 1,
      scope: 'AWS',
    });
    const { document } = await getPolicyVersion(iam, account, ADMINISTRATOR_ACCESS, 'v1');
    expect(JSON.parse(document)).toEqual({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }],
    });
    for (const change of [
      () => deletePolicy(iam, account, ADMINISTRATOR_ACCESS),
      () => createPolicyVersion(iam, account, ADMINISTRATOR_ACCESS, { document: allow('*') }),
      () => setDefaultPolicyVersion(iam, account, ADMINISTRATOR_ACCESS, 'v1'),
      () => requireOwnPolicy(iam.store, account, ADMINISTRATOR_ACCESS),
    ]) {
      await expect(change()).rejects.toMatchObject({ code: 'AccessDenied', status: 403 });
    }
  });

  test('do not keep the users they were attached to from being seen', async () => {
    const { account } = await furnished();
    await attachPolicy(iam, account, bob, ADMINISTRATOR_ACCESS);
    await expect(deleteEntity(iam, account, bob)).rejects.toMatchObject({ code: 'DeleteConflict' });
    expect((await getPolicy(iam, account, ADMINISTRATOR_ACCESS)).attachmentCount).toBe(1);
  });
});
