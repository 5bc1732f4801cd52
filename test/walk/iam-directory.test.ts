import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { AccessKeyUsage } from '../../src/iam/access-key-usage.ts';
import {
  createAccessKey,
  deleteAccessKey,
  getAccessKeyLastUsed,
  updateAccessKey,
} from '../../src/iam/access-keys.ts';
import { attachPolicy } from '../../src/iam/attachments.ts';
import { authorize } from '../../src/iam/authorize.ts';
import { contextOf } from '../../src/iam/context.ts';
import { Directory } from '../../src/iam/directory.ts';
import { renameEntity } from '../../src/iam/entity-changes.ts';
import { createGroup } from '../../src/iam/groups.ts';
import { deleteGuardrail, getGuardrail, putGuardrail } from '../../src/iam/guardrail.ts';
import type { Iam } from '../../src/iam/iam.ts';
import { putInlinePolicy } from '../../src/iam/inline-policies.ts';
import { createPolicy } from '../../src/iam/managed-policies.ts';
import { addUserToGroup, removeUserFromGroup } from '../../src/iam/memberships.ts';
import { createPolicyVersion } from '../../src/iam/policy-versions.ts';
import { createRole, getRole } from '../../src/iam/roles.ts';
import { createUser, setUserBoundary } from '../../src/iam/users.ts';
import { requestContext } from '../../src/policy/index.ts';
import type { Database } from '../../src/store/database.ts';
import { allow, type IamStore, startIamStore } from './iam-store.ts';

let held: IamStore;
let iam: Iam;
let account: string;
let directory: Directory;
let keyId: string;
let userId: string;
const bob = { kind: 'user', name: 'bob' } as const;

beforeAll(async () => {
  held = await startIamStore();
  iam = held.iam;
});
afterAll(() => held.stop());

beforeEach(async () => {
  account = await held.newAccount();
  userId = (
    await createUser(iam, account, { userName: 'bob', path: '/a/', tags: [{ key: 'Team', value: 'red' }] })
  ).id;
  keyId = (await createAccessKey(iam, account, { userName: 'bob' })).accessKeyId;
  directory = new Directory(iam.store, iam.sealer, iam.sessionKeys);
  directory.hearing(true);
});

/** What bob may do, as a node that has just heard of every change sees it. */
async function may(action: string, resource = 'arn:aws:redshift:us-east-1:1:dbuser:c/bob') {
  directory.forget(account);
  const principal = await directory.findUser(account, userId);
  if (principal === undefined) return 'gone';
  const facts = { sourceIp: '127.0.0.1', secureTransport: true, userAgent: '', region: 'r', at: new Date() };
  return authorize(principal, { action, resource, context: contextOf(principal, facts) }).effect;
}

describe('an access key', () => {
  test('leads to its owner, with the secret that was given out', async () => {
    const made = await createAccessKey(iam, account, { userName: 'bob' });
    const found = await directory.findAccessKey(made.accessKeyId);
    expect(found?.secret.equals(made.secret.reveal())).toBe(true);
    expect(found).toMatchObject({ accountId: account, active: true });
    expect(found?.principal).toMatchObject({
      kind: 'user',
      arn: `arn:aws:iam::${account}:user/a/bob`,
      userId,
      userName: 'bob',
      tags: new Map([['team', 'red']]),
    });
  });

  test("of no user is the root user's, who may do everything", async () => {
    const { accessKeyId } = await createAccessKey(iam, account, 'root');
    const principal = (await directory.findAccessKey(accessKeyId))?.principal;
    expect(principal).toMatchObject({ kind: 'root', arn: `arn:aws:iam::${account}:root`, userId: account });
    if (principal === undefined) return;
    const request = { action: 'iam:CreateUser', resource: '*', context: new Map() };
    expect(authorize(principal, request).effect).toBe('allow');
  });

  test.each(['AKIA', '', 'a\0b', 'x'.repeat(10_000), "' OR true --"])('named %j is unknown', async (id) => {
    expect(await directory.findAccessKey(id)).toBeUndefined();
  });

  test('is inactive, or gone, as soon as the change is heard', async () => {
    expect((await directory.findAccessKey(keyId))?.active).toBe(true);
    await updateAccessKey(iam, account, { userName: 'bob' }, keyId, 'Inactive');
    directory.forget(account);
    expect((await directory.findAccessKey(keyId))?.active).toBe(false);
    await deleteAccessKey(iam, account, { userName: 'bob' }, keyId);
    directory.forget(account);
    expect(await directory.findAccessKey(keyId)).toBeUndefined();
  });

  test('that is made after it was asked for is found without a change being heard', async () => {
    const [row] = await iam.store.query<{ sealed_secret: Buffer }>(
      'DELETE FROM keyshift.iam_access_keys WHERE access_key_id = $1 RETURNING *',
      [keyId],
    );
    expect(await directory.findAccessKey(keyId)).toBeUndefined();
    await iam.store.query(`INSERT INTO keyshift.iam_access_keys VALUES ($1, $2, $3, $4, 'Active', now())`, [
      account,
      keyId,
      userId,
      row?.sealed_secret,
    ]);
    expect(await directory.findAccessKey(keyId)).toBeDefined();
  });

  test('of one account whose sealed secret was moved to another key does not open', async () => {
    const other = await createAccessKey(iam, account, { userName: 'bob' });
    await iam.store.query(
      `UPDATE keyshift.iam_access_keys a SET sealed_secret = b.sealed_secret
       FROM keyshift.iam_access_keys b WHERE a.access_key_id = $1 AND b.access_key_id = $2`,
      [keyId, other.accessKeyId],
    );
    await expect(directory.findAccessKey(keyId)).rejects.toThrow();
  });
});

describe('what is held in memory', () => {
  test('is answered without the store, until the account changes', async () => {
    const first = await directory.findAccessKey(keyId);
    await renameEntity(iam, account, bob, { newName: 'robert' });
    expect(await directory.findAccessKey(keyId)).toBe(first);
    directory.forget('999999999999');
    expect(await directory.findAccessKey(keyId)).toBe(first);
    directory.forget(account);
    expect((await directory.findAccessKey(keyId))?.principal.userName).toBe('robert');
  });

  test('is nothing while changes cannot be heard', async () => {
    await directory.findAccessKey(keyId);
    directory.hearing(false);
    await renameEntity(iam, account, bob, { newName: 'robert' });
    expect((await directory.findAccessKey(keyId))?.principal.userName).toBe('robert');
    await renameEntity(iam, account, { kind: 'user', name: 'robert' }, { newName: 'rob' });
    expect((await directory.findAccessKey(keyId))?.principal.userName).toBe('rob');
    directory.hearing(true);
    const first = await directory.findAccessKey(keyId);
    expect(await directory.findAccessKey(keyId)).toBe(first);
  });

  test('is not what was read before a change and arrived after it', async () => {
    const slow = slowStore(iam.store);
    const late = new Directory(slow, iam.sealer, iam.sessionKeys);
    late.hearing(true);
    const started = late.findAccessKey(keyId);
    await slow.reached;
    await renameEntity(iam, account, bob, { newName: 'robert' });
    late.forget(account);
    slow.release();
    await started;
    expect((await late.findAccessKey(keyId))?.principal.userName).toBe('robert');
  });

  test('is not a failure: the next question asks the store again', async () => {
    let failures = 1;
    const failing: Database = {
      query: <Row extends object>(sql: string, values?: readonly unknown[]) =>
        failures-- > 0 ? Promise.reject(new Error('lost')) : iam.store.query<Row>(sql, values),
    };
    const unlucky = new Directory(failing, iam.sealer, iam.sessionKeys);
    unlucky.hearing(true);
    await expect(unlucky.findAccessKey(keyId)).rejects.toThrow('lost');
    expect(await unlucky.findAccessKey(keyId)).toBeDefined();
  });

  test('costs a lookup a few microseconds, far less than a question to the store', async () => {
    await directory.findAccessKey(keyId);
    const each = async (rounds: number, work: () => Promise<unknown>): Promise<number> => {
      const start = performance.now();
      for (let round = 0; round < rounds; round++) await work();
      return (performance.now() - start) / rounds;
    };
    const held = await each(50_000, () => directory.findAccessKey(keyId));
    const asked = await each(200, () => iam.store.query('SELECT 1'));
    expect(held).toBeLessThan(asked / 4);
  });
});

describe('what a user may do', () => {
  test('follows inline policies of the user and of its groups', async () => {
    expect(await may('redshift:JoinGroup')).toBe('implicitDeny');
    await createGroup(iam, account, { groupName: 'g' });
    await putInlinePolicy(
      iam,
      account,
      { kind: 'group', name: 'g' },
      { policyName: 'p', document: allow('redshift:*') },
    );
    expect(await may('redshift:JoinGroup')).toBe('implicitDeny');
    await addUserToGroup(iam, account, { userName: 'bob', groupName: 'g' });
    expect(await may('redshift:JoinGroup')).toBe('allow');
    await removeUserFromGroup(iam, account, { userName: 'bob', groupName: 'g' });
    expect(await may('redshift:JoinGroup')).toBe('implicitDeny');
  });

  test('follows attached policies, those of AWS and those of the account at their default version', async () => {
    const { arn } = await createPolicy(iam, account, { policyName: 'p', document: allow('redshift:Get*') });
    await attachPolicy(iam, account, bob, arn);
    expect(await may('redshift:GetClusterCredentials')).toBe('allow');
    await createPolicyVersion(iam, account, arn, { document: allow('s3:*') });
    expect(await may('redshift:GetClusterCredentials')).toBe('allow');
    await createPolicyVersion(iam, account, arn, { document: allow('s3:*'), setAsDefault: true });
    expect(await may('redshift:GetClusterCredentials')).toBe('implicitDeny');
    await attachPolicy(iam, account, bob, 'arn:aws:iam::aws:policy/AmazonRedshiftFullAccess');
    expect(await may('redshift:GetClusterCredentials')).toBe('allow');
    await attachPolicy(iam, account, bob, 'arn:aws:iam::aws:policy/AWSDenyAll');
    expect(await may('redshift:GetClusterCredentials')).toBe('explicitDeny');
  });

  test('is limited by a permissions boundary, also when the same policy is attached', async () => {
    const { arn } = await createPolicy(iam, account, { policyName: 'b', document: allow('redshift:Get*') });
    await putInlinePolicy(iam, account, bob, { policyName: 'all', document: allow('redshift:*') });
    await setUserBoundary(iam, account, 'bob', arn);
    await attachPolicy(iam, account, bob, arn);
    expect(await may('redshift:GetClusterCredentials')).toBe('allow');
    expect(await may('redshift:JoinGroup')).toBe('implicitDeny');
    await setUserBoundary(iam, account, 'bob', undefined);
    expect(await may('redshift:JoinGroup')).toBe('allow');
  });

  test('can depend on the name and the tags of the user', async () => {
    const resource = `arn:aws:redshift:*:*:dbuser:\${aws:PrincipalTag/team}/\${aws:username}`;
    await putInlinePolicy(iam, account, bob, { policyName: 'p', document: allow('redshift:*', resource) });
    const dbUser = (name: string) => `arn:aws:redshift:us-east-1:1:dbuser:${name}`;
    expect(await may('redshift:CreateClusterUser', dbUser('red/bob'))).toBe('allow');
    expect(await may('redshift:CreateClusterUser', dbUser('red/eve'))).toBe('implicitDeny');
    expect(await may('redshift:CreateClusterUser', dbUser('blue/bob'))).toBe('implicitDeny');
  });

  test('is nothing when one of its policies cannot be read', async () => {
    await putInlinePolicy(iam, account, bob, { policyName: 'all', document: allow('*') });
    await iam.store.query(
      `INSERT INTO keyshift.iam_inline_policies (account_id, owner_id, name, document)
       VALUES ($1, $2, 'broken', '{"Statement": "Deny everything"}')`,
      [account, userId],
    );
    await expect(may('redshift:JoinGroup')).rejects.toThrow();
  });
});

test('a change tells every node, and a change that failed tells none', async () => {
  const heard: (string | undefined)[] = [];
  const node = held.client();
  await node.connect();
  try {
    node.on('notification', ({ payload }) => heard.push(payload));
    await node.query('LISTEN keyshift_changes');
    await createUser(iam, account, { userName: 'new' });
    await expect(createUser(iam, account, { userName: 'new' })).rejects.toThrow();
    // Notifications come before the answer to a later query.
    await node.query('SELECT 1');
    expect(heard).toEqual([account]);
  } finally {
    await node.end();
  }
});

test('the last use of a key is written down, and never set back', async () => {
  const usage = new AccessKeyUsage(iam.store);
  const at = new Date('2026-11-22T10:00:00Z');
  expect(await getAccessKeyLastUsed(iam, account, keyId)).toEqual({ userName: 'bob', lastUse: undefined });
  usage.note(account, keyId, { at, service: 'redshift', region: 'us-west-2' });
  usage.note(account, 'AKIAUNKNOWN', { at, service: 'iam', region: 'us-east-1' });
  await usage.flush();
  usage.note(account, keyId, { at: new Date('2026-11-22T09:00:00Z'), service: 'iam', region: 'x' });
  await usage.flush();
  expect((await getAccessKeyLastUsed(iam, account, keyId)).lastUse).toEqual({
    at,
    service: 'redshift',
    region: 'us-west-2',
  });
});

/** A store whose first answer about a user is held back until it is released. */
function slowStore(store: Database) {
  let reach = () => {};
  let release = () => {};
  const reached = new Promise<void>((resolve) => {
    reach = resolve;
  });
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  let isFirst = true;
  const query: Database['query'] = async <Row extends object>(sql: string, values?: readonly unknown[]) => {
    const rows = await store.query<Row>(sql, values);
    if (!sql.includes('iam_users') || !isFirst) return rows;
    isFirst = false;
    reach();
    await gate;
    return rows;
  };
  return { query, reached, release };
}

describe('the guardrail of the account', () => {
  const everything = allow('*');
  const onlyIam = allow('iam:*');

  test('limits users from the next request on, also after it was removed and set again', async () => {
    await putInlinePolicy(iam, account, bob, { policyName: 'p', document: everything });
    expect(await may('redshift:JoinGroup')).toBe('allow');
    await putGuardrail(iam, account, onlyIam);
    expect([await may('redshift:JoinGroup'), await may('iam:GetUser')]).toEqual(['implicitDeny', 'allow']);
    await deleteGuardrail(iam, account);
    expect(await may('redshift:JoinGroup')).toBe('allow');
    await putGuardrail(iam, account, allow('redshift:*'));
    expect([await may('redshift:JoinGroup'), await may('iam:GetUser')]).toEqual(['allow', 'implicitDeny']);
  });

  test('grants nothing', async () => {
    await putGuardrail(iam, account, everything);
    expect(await may('redshift:JoinGroup')).toBe('implicitDeny');
  });

  test('limits the root user and nobody of another account', async () => {
    const rootKey = (await createAccessKey(iam, account, 'root')).accessKeyId;
    const otherKey = (await createAccessKey(iam, await held.newAccount(), 'root')).accessKeyId;
    const rootMay = async (key: string) => {
      directory.forget(account);
      const found = await directory.findAccessKey(key);
      if (found === undefined) return 'gone';
      const request = { action: 'redshift:JoinGroup', resource: '*', context: requestContext({}) };
      return authorize(found.principal, request).effect;
    };
    expect(await rootMay(rootKey)).toBe('allow');
    await putGuardrail(iam, account, onlyIam);
    expect([await rootMay(rootKey), await rootMay(otherKey)]).toEqual(['implicitDeny', 'allow']);
  });

  test('is read back as it was written, and refused when it is none', async () => {
    await expect(getGuardrail(iam, account)).rejects.toMatchObject({ code: 'NoSuchEntity' });
    await expect(deleteGuardrail(iam, account)).rejects.toMatchObject({ code: 'NoSuchEntity' });
    await putGuardrail(iam, account, onlyIam);
    expect(await getGuardrail(iam, account)).toEqual({ document: onlyIam, changedAt: expect.any(Date) });
    await expect(putGuardrail(iam, account, '{}')).rejects.toMatchObject({ code: 'MalformedPolicyDocument' });
    await expect(
      putGuardrail(iam, account, allow('iam:*', `arn:aws:iam:::${'x'.repeat(5200)}`)),
    ).rejects.toMatchObject({
      code: 'LimitExceeded',
      message: 'Cannot exceed quota for GuardrailSize: 5120',
    });
    expect((await getGuardrail(iam, account)).document).toBe(onlyIam);
  });
});

test('a role tells when it was last used, once that is written down', async () => {
  const trustPolicy = JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: '*', Action: 'sts:AssumeRole' }],
  });
  const { id, lastUsed } = await createRole(iam, account, { roleName: 'r', trustPolicy });
  expect(lastUsed).toBeUndefined();
  const usage = new AccessKeyUsage(iam.store);
  const at = new Date('2026-11-22T10:00:00Z');
  usage.note(account, id, { at, service: 'redshift', region: 'us-west-2' });
  usage.note(account, keyId, { at, service: 'iam', region: 'us-east-1' });
  await usage.flush();
  expect((await getRole(iam, account, 'r')).lastUsed).toEqual({ at, region: 'us-west-2' });
  expect((await getAccessKeyLastUsed(iam, account, keyId)).lastUse).toMatchObject({ service: 'iam' });
  usage.note(account, id, { at: new Date(at.getTime() - 1), service: 'sts', region: 'x' });
  await usage.flush();
  expect((await getRole(iam, account, 'r')).lastUsed).toEqual({ at, region: 'us-west-2' });
});

test('members of a group share its compiled policies until one is written anew', async () => {
  await createGroup(iam, account, { groupName: 'g' });
  const eve = (await createUser(iam, account, { userName: 'eve' })).id;
  for (const userName of ['bob', 'eve']) await addUserToGroup(iam, account, { groupName: 'g', userName });
  const group = { kind: 'group', name: 'g' } as const;
  const policyOf = async (id: string) => {
    directory.forget(account);
    return (await directory.findUser(account, id))?.policies.layers[0]?.policies[0];
  };
  await putInlinePolicy(iam, account, group, { policyName: 'p', document: allow('redshift:*') });
  const first = await policyOf(userId);
  expect(first).toBeDefined();
  expect(await policyOf(eve)).toBe(first);
  await putInlinePolicy(iam, account, group, { policyName: 'p', document: allow('iam:*') });
  expect(await policyOf(eve)).not.toBe(first);
  expect([await may('redshift:JoinGroup'), await may('iam:GetUser')]).toEqual(['implicitDeny', 'allow']);
});
