import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { accountOfTemporaryKey } from '../../src/core/ids.ts';
import type { Secret } from '../../src/core/secret.ts';
import { createAccessKey } from '../../src/iam/access-keys.ts';
import { findAssumableRole, trustSide } from '../../src/iam/assumable-role.ts';
import { assumeRole } from '../../src/iam/assume-role.ts';
import { authorize } from '../../src/iam/authorize.ts';
import { Directory } from '../../src/iam/directory.ts';
import type { Iam } from '../../src/iam/iam.ts';
import { putInlinePolicy } from '../../src/iam/inline-policies.ts';
import { requireMfaCode } from '../../src/iam/mfa-codes.ts';
import { createMfaDevice, enableMfaDevice, listVirtualMfaDevices } from '../../src/iam/mfa-devices.ts';
import { createRole } from '../../src/iam/roles.ts';
import type { SessionClaims } from '../../src/iam/session-claims.ts';
import { sealSession } from '../../src/iam/session-token.ts';
import { codeOfStep, stepAt } from '../../src/iam/totp.ts';
import { createUser } from '../../src/iam/users.ts';
import { allow, type IamStore, startIamStore } from './iam-store.ts';

/** Second factors under load, and sessions between accounts, on the store itself. */

const STEP_MS = 30_000;

let held: IamStore;
let iam: Iam;

beforeAll(async () => {
  held = await startIamStore();
  iam = held.iam;
});
afterAll(() => held.stop());

describe('codes of a device', () => {
  /** A user with a device, and the code of so many steps from now. */
  async function userWithDevice() {
    const accountId = await held.newAccount();
    const { id: userId } = await createUser(iam, accountId, { userName: 'ann' });
    const { serial, seed } = await createMfaDevice(iam, accountId, { deviceName: 'd' });
    const code = codesOf(seed);
    await enableMfaDevice(iam, accountId, 'ann', serial, [code(-2), code(-1)]);
    const take = (text: string, user = userId, device = serial) =>
      requireMfaCode(iam, { accountId, userId: user }, device, text);
    return { accountId, userId, serial, code, take };
  }

  function codesOf(seed: Secret) {
    const bits = [...seed.reveal()].map((letter) =>
      'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0'),
    );
    const bytes = Buffer.from((bits.join('').match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
    return (steps: number) => codeOfStep(bytes, stepAt(iam.clock.now()) + steps);
  }

  test('sent by ten at a time is taken from one of them', async () => {
    const { code, take } = await userWithDevice();
    const now = code(0);
    const outcomes = await Promise.allSettled(Array.from({ length: 10 }, () => take(now)));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  test('wrong ones sent by ten at a time are all counted', async () => {
    const { code, take } = await userWithDevice();
    const right = new Set([-2, -1, 0, 1, 2].map(code));
    const wrong = ['000001', '000002', '000003', '000004', '000005', '000006', '000007'].filter(
      (c) => !right.has(c),
    );
    await Promise.allSettled(wrong.slice(0, 5).map((text) => take(text)));
    await expect(take(code(0))).rejects.toMatchObject({ code: 'AccessDenied' });
  });

  test('are of the steps around now, newer than the last one taken, and of the user’s own device', async () => {
    // At the beginning of a step, so that none ends on the way.
    held.clock.moveTo(held.clock.offsetMs + STEP_MS - (held.clock.now().getTime() % STEP_MS));
    const { userId, code, take, serial } = await userWithDevice();
    const other = await createUser(iam, await held.newAccount(), { userName: 'eve' });
    await expect(take(code(0), other.id)).rejects.toMatchObject({ code: 'AccessDenied' });
    await expect(take(code(0), userId, serial.toUpperCase())).rejects.toMatchObject({ code: 'AccessDenied' });
    await expect(take(code(3))).rejects.toMatchObject({ code: 'AccessDenied' });
    await expect(take(code(-1))).rejects.toMatchObject({ code: 'AccessDenied' });
    expect(await take(code(1))).toBeInstanceOf(Date);
    await expect(take(code(0))).rejects.toMatchObject({ code: 'AccessDenied' });
  });
});

describe('devices with the longest names', () => {
  test('are listed page by page, by markers that a client may send', async () => {
    const accountId = await held.newAccount();
    // A serial number of 256 characters: `arn:aws:iam::123456789012:mfa` and the path take the rest.
    const path = `/${'p'.repeat(125)}/`;
    for (const letter of ['a', 'b', 'c']) {
      await createMfaDevice(iam, accountId, { deviceName: letter.repeat(100), path });
    }
    const serials: string[] = [];
    let marker: string | undefined;
    do {
      const page = await listVirtualMfaDevices(iam, accountId, undefined, { maxItems: 1, marker });
      serials.push(...page.items.map(({ serial }) => serial));
      marker = page.nextMarker;
      expect(marker?.length ?? 0).toBeLessThanOrEqual(320);
    } while (marker !== undefined);
    expect(serials.map((serial) => serial.at(-1))).toEqual(['a', 'b', 'c']);
    expect(serials.map(({ length }) => length)).toEqual([256, 256, 256]);
    await expect(
      createMfaDevice(iam, accountId, { deviceName: 'd'.repeat(101), path }),
    ).rejects.toMatchObject({
      code: 'InvalidInput',
    });
  });
});

describe('between accounts', () => {
  const trusting = (arn: string): string =>
    JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Principal: { AWS: arn }, Action: 'sts:AssumeRole' }],
    });

  async function twoAccounts() {
    const [ours, theirs] = [await held.newAccount(), await held.newAccount()];
    const ann = await createUser(iam, theirs, { userName: 'ann' });
    await createUser(iam, ours, { userName: 'ann' });
    const role = await createRole(iam, ours, { roleName: 'shared', trustPolicy: trusting(ann.arn) });
    const directory = new Directory(iam.store, iam.sealer, iam.sessionKeys);
    const decision = async (accountId: string, arn = role.arn) => {
      const users = await iam.store.query<{ id: string }>(
        'SELECT id FROM keyshift.iam_users WHERE account_id = $1',
        [accountId],
      );
      const principal = await directory.findUser(accountId, users[0]?.id ?? '');
      if (principal === undefined) throw new Error('no user');
      const found = await findAssumableRole(iam.store, arn);
      const request = { action: 'sts:AssumeRole', resource: arn, context: new Map() };
      return authorize(principal, request, trustSide(found, principal)).effect;
    };
    return { ours, theirs, role, directory, decision };
  }

  test('both the trust policy and the caller’s own policies must allow', async () => {
    const { ours, theirs, role, decision } = await twoAccounts();
    expect(await decision(theirs)).toBe('implicitDeny');
    const ann = { kind: 'user', name: 'ann' } as const;
    await putInlinePolicy(iam, theirs, ann, { policyName: 'p', document: allow('sts:AssumeRole', role.arn) });
    expect(await decision(theirs)).toBe('allow');
    // The user of the same name in the role's own account is somebody else.
    await putInlinePolicy(iam, ours, ann, { policyName: 'p', document: allow('sts:*') });
    expect(await decision(ours)).toBe('implicitDeny');
    expect(await decision(theirs, role.arn.replace(ours, theirs))).toBe('implicitDeny');
  });

  test('a session belongs to the account of its role, with that account’s policies', async () => {
    const { ours, theirs, role, directory } = await twoAccounts();
    const found = await findAssumableRole(iam.store, role.arn);
    const [user] = await iam.store.query<{ id: string }>(
      'SELECT id FROM keyshift.iam_users WHERE account_id = $1',
      [theirs],
    );
    const caller = await directory.findUser(theirs, user?.id ?? '');
    if (found === undefined || caller === undefined) throw new Error('nobody there');
    const request = { sessionName: 'ann', policyArns: [], tags: [], transitiveKeys: [] };
    const issued = await assumeRole(iam, found, caller, request);
    expect(accountOfTemporaryKey(issued.accessKeyId)).toBe(ours);
    const session = await directory.findSession(issued.accessKeyId, issued.token);
    expect(session).toMatchObject({
      accountId: ours,
      state: 'live',
      principal: { accountId: ours, arn: issued.arn },
    });
    // A managed session policy is looked for in the role's account.
    await expect(
      assumeRole(iam, found, caller, { ...request, policyArns: [`arn:aws:iam::${theirs}:policy/x`] }),
    ).rejects.toMatchObject({ code: 'ValidationError' });
  });

  test('a token whose owner is not of its account leads to nobody', async () => {
    const { ours, theirs, role, directory } = await twoAccounts();
    const key = await createAccessKey(iam, theirs, { userName: 'ann' });
    const claims: SessionClaims = {
      kind: 'role',
      accountId: theirs,
      ownerId: role.id,
      parentKeyId: '',
      name: 'x',
      issuedAt: iam.clock.now(),
      expiresAt: new Date(iam.clock.now().getTime() + 900_000),
      mfaAt: undefined,
      sourceIdentity: undefined,
      tags: [],
      transitiveKeys: [],
      policy: undefined,
      policyArns: [],
      facts: [],
    };
    const stateOf = async (changed: Partial<SessionClaims>) => {
      const { accessKeyId, token } = sealSession(iam.sessionKeys, { ...claims, ...changed }, iam.random);
      return (await directory.findSession(accessKeyId, token))?.state;
    };
    expect(await stateOf({ accountId: ours })).toBe('live');
    expect(await stateOf({})).toBe('orphaned');
    expect(await stateOf({ kind: 'user', ownerId: '', parentKeyId: key.accessKeyId })).toBe('live');
    expect(await stateOf({ kind: 'user', ownerId: '', accountId: ours, parentKeyId: key.accessKeyId })).toBe(
      'orphaned',
    );
    expect(await stateOf({ kind: 'user', ownerId: role.id, parentKeyId: key.accessKeyId })).toBe('orphaned');
  });
});
