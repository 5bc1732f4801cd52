import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Endpoint } from '../../src/client/call.ts';
import { ask, makeUser, must, presigned, putPolicy, send, signed } from './support/api.ts';
import { ownCli } from './support/installation.ts';
import { Keyshift } from './support/keyshift.ts';
import { run } from './support/run.ts';
import {
  allow,
  assume,
  become,
  deviceOf,
  enableDevice,
  makeRole,
  outcome,
  trust,
} from './support/sessions.ts';

/** Sessions of users and federated users, the time that they last, and the devices of second factors. */

const ACCOUNT = '123456789012';
const INVALID = '403 InvalidClientTokenId: The security token included in the request is invalid';
const EXPIRED = '403 ExpiredToken: The security token included in the request is expired';

let keyshift: Keyshift;
let root: Endpoint;
let ann: Endpoint;

beforeAll(async () => {
  keyshift = await Keyshift.start({ flags: ['--example', '--test-clock'] });
  root = keyshift.root;
  ann = await makeUser(
    root,
    'ann',
    allow(['redshift:DescribeClusters', 'iam:ListUsers', 'sts:GetFederationToken']),
  );
});
afterAll(() => keyshift.close());

const expiresIn = (text: string | undefined): number =>
  Math.round((Date.parse(text ?? '') - Date.now()) / 1000);

describe('GetSessionToken', () => {
  test('gives the user’s own rights for half a day, but neither IAM nor most of STS', async () => {
    const answer = await must(ann, 'sts', 'GetSessionToken');
    expect(Math.abs(expiresIn(answer.texts('Expiration')[0]) - 43_200)).toBeLessThan(10);
    const session = await become(ann, 'GetSessionToken', {});
    expect(session.accessKeyId).toMatch(/^ASIA/);
    const identity = await must(session, 'sts', 'GetCallerIdentity');
    expect(identity.texts('Arn')).toEqual([`arn:aws:iam::${ACCOUNT}:user/ann`]);
    expect(identity.texts('UserId')[0]).toMatch(/^AIDA/);
    expect(await outcome(session, 'redshift', 'DescribeClusters')).toBe('ok');
    expect(await outcome(session, 'iam', 'ListUsers')).toBe(INVALID);
    expect(await outcome(session, 'sts', 'GetSessionToken')).toBe(
      '403 AccessDenied: Cannot call GetSessionToken with session credentials',
    );
  });

  test('with a second factor opens IAM', async () => {
    const device = await enableDevice(root, 'ann');
    const call = { SerialNumber: device.serial, TokenCode: device.code() };
    const session = await become(ann, 'GetSessionToken', call);
    expect(await outcome(session, 'iam', 'ListUsers')).toBe('ok');
    expect(await outcome(ann, 'sts', 'GetSessionToken', call)).toBe(
      '403 AccessDenied: MultiFactorAuthentication failed with invalid MFA one time pass code. ',
    );
  });

  test.each([899, 129_601])('of %d seconds is refused', async (seconds) => {
    const DurationSeconds = String(seconds);
    expect(await outcome(ann, 'sts', 'GetSessionToken', { DurationSeconds })).toContain(
      '400 ValidationError',
    );
  });

  test('of the root user lasts an hour at most', async () => {
    const answer = await must(root, 'sts', 'GetSessionToken', { DurationSeconds: '129600' });
    expect(Math.abs(expiresIn(answer.texts('Expiration')[0]) - 3600)).toBeLessThan(10);
    const session = await become(root, 'GetSessionToken', {});
    expect((await must(session, 'sts', 'GetCallerIdentity')).texts('Arn')).toEqual([
      `arn:aws:iam::${ACCOUNT}:root`,
    ]);
    expect(await outcome(session, 'iam', 'ListUsers')).toBe(INVALID);
    expect(await outcome(session, 'redshift', 'DescribeClusters')).toBe('ok');
  });

  test('ends with the key that asked for it, and sleeps while that is inactive', async () => {
    const eve = await makeUser(root, 'eve', allow('redshift:*'));
    const session = await become(eve, 'GetSessionToken', {});
    const setTo = (Status: string) =>
      must(root, 'iam', 'UpdateAccessKey', { UserName: 'eve', AccessKeyId: eve.accessKeyId, Status });
    expect(await outcome(session, 'redshift', 'DescribeClusters')).toBe('ok');
    await setTo('Inactive');
    expect(await outcome(session, 'redshift', 'DescribeClusters')).toBe(INVALID);
    await setTo('Active');
    expect(await outcome(session, 'redshift', 'DescribeClusters')).toBe('ok');
    await must(root, 'iam', 'DeleteAccessKey', { UserName: 'eve', AccessKeyId: eve.accessKeyId });
    expect(await outcome(session, 'redshift', 'DescribeClusters')).toBe(INVALID);
  });
});

describe('GetFederationToken', () => {
  const list = (Action: string | readonly string[]) => JSON.stringify(allow(Action));

  test('gives what both the user and the policy of the call allow, to a name of its own', async () => {
    const call = { Name: 'guest', Policy: list(['redshift:*', 'iam:*', 'keyshift:*']) };
    const answer = await must(ann, 'sts', 'GetFederationToken', call);
    expect(answer.texts('FederatedUserId')).toEqual([`${ACCOUNT}:guest`]);
    expect(answer.texts('Arn')).toEqual([`arn:aws:sts::${ACCOUNT}:federated-user/guest`]);
    expect(Number(answer.texts('PackedPolicySize')[0])).toBeGreaterThan(0);
    const guest = await become(ann, 'GetFederationToken', call);
    expect((await must(guest, 'sts', 'GetCallerIdentity')).texts('UserId')).toEqual([`${ACCOUNT}:guest`]);
    expect(await outcome(guest, 'redshift', 'DescribeClusters')).toBe('ok');
    expect(await outcome(guest, 'keyshift', 'GetAuditEvents')).toContain(
      'because no identity-based policy allows',
    );
    expect(await outcome(guest, 'iam', 'ListUsers')).toBe(INVALID);
    expect(
      await outcome(guest, 'sts', 'AssumeRole', {
        RoleArn: `arn:aws:iam::${ACCOUNT}:role/x`,
        RoleSessionName: 'xx',
      }),
    ).toBe('403 AccessDenied: Cannot call AssumeRole with session credentials');
  });

  test('without a policy gives nothing, and needs its own permission', async () => {
    const guest = await become(ann, 'GetFederationToken', { Name: 'guest' });
    expect(await outcome(guest, 'redshift', 'DescribeClusters')).toContain(
      'because no session policy allows',
    );
    const bob = await makeUser(root, 'bob');
    expect(await outcome(bob, 'sts', 'GetFederationToken', { Name: 'guest' })).toContain(
      `is not authorized to perform: sts:GetFederationToken on resource: arn:aws:sts::${ACCOUNT}:federated-user/guest`,
    );
    expect(
      await outcome(ann, 'sts', 'GetFederationToken', {
        Name: 'guest',
        'Tags.member.1.Key': 'a',
        'Tags.member.1.Value': 'b',
      }),
    ).toContain('sts:TagSession');
  });

  test('does not make a guest the database user of an IAM user with its name', async () => {
    await putPolicy(root, 'ann', allow(['redshift:*', 'iam:ListUsers', 'sts:GetFederationToken']));
    const guest = await become(ann, 'GetFederationToken', { Name: 'bob', Policy: list('redshift:*') });
    const call = { ClusterIdentifier: 'examplecluster' };
    const answer = await ask(guest, 'redshift', 'GetClusterCredentialsWithIAM', call);
    expect([answer.status, answer.texts('DbUser')]).toEqual([400, []]);
    expect((await must(ann, 'redshift', 'GetClusterCredentialsWithIAM', call)).texts('DbUser')).toEqual([
      'IAM:ann',
    ]);
  });

  test('of the root user is limited by its policy too', async () => {
    const guest = await become(root, 'GetFederationToken', {
      Name: 'guest',
      Policy: list('redshift:DescribeClusters'),
    });
    expect(await outcome(guest, 'redshift', 'DescribeClusters')).toBe('ok');
    expect(await outcome(guest, 'keyshift', 'GetAuditEvents')).toContain('because no session policy allows');
  });
});

describe('a session token', () => {
  test('is asked for with its key, and good for no other', async () => {
    const session = await become(ann, 'GetSessionToken', {});
    const { sessionToken: token, ...bare } = session;
    expect(await outcome(bare, 'redshift', 'DescribeClusters')).toBe(INVALID);
    expect(await outcome({ ...ann, sessionToken: token }, 'redshift', 'DescribeClusters')).toBe(INVALID);
    const other = await become(ann, 'GetSessionToken', {});
    expect(
      await outcome({ ...session, sessionToken: other.sessionToken }, 'redshift', 'DescribeClusters'),
    ).toBe(INVALID);
    expect(
      await outcome({ ...session, secretAccessKey: other.secretAccessKey }, 'redshift', 'DescribeClusters'),
    ).toContain('403 SignatureDoesNotMatch');
  });

  test('changed on the way is refused, in the header and in the query', async () => {
    const session = await become(ann, 'GetSessionToken', {});
    const text = session.sessionToken?.reveal() ?? '';
    const flipped = (at: number): string => {
      const bytes = Buffer.from(text, 'base64url');
      bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
      return bytes.toString('base64url');
    };
    const length = Buffer.from(text, 'base64url').length;
    const codes = new Set<string>();
    const request = signed(session, 'sts', { Action: 'GetCallerIdentity' });
    for (let at = 0; at < length; at++) {
      const headers = request.headers.map(
        ([name, value]) => [name, value === text ? flipped(at) : value] as const,
      );
      codes.add((await send(session, { ...request, headers })).code);
    }
    expect([...codes]).toEqual(['InvalidClientTokenId']);
    const inQuery = presigned(session, 'sts', { Action: 'GetCallerIdentity' }, 60);
    expect((await send(session, inQuery)).status).toBe(200);
    const changed = { ...inQuery, query: inQuery.query.replace(text, flipped(length - 1)) };
    expect((await send(session, changed)).code).toBe('InvalidClientTokenId');
  });

  test('tells its account to GetAccessKeyInfo', async () => {
    const session = await become(ann, 'GetSessionToken', {});
    const answer = await must(root, 'sts', 'GetAccessKeyInfo', { AccessKeyId: session.accessKeyId });
    expect(answer.texts('Account')).toEqual([ACCOUNT]);
    expect(await outcome(root, 'sts', 'GetAccessKeyInfo', { AccessKeyId: 'ASIA2222222222222222' })).toContain(
      '400 ValidationError',
    );
  });
});

describe('a refusal', () => {
  test('carries a message that says more to whoever may read it', async () => {
    const refused = await ask(ann, 'keyshift', 'GetAuditEvents');
    expect(refused.status).toBe(403);
    const EncodedMessage = String(refused.headers['x-keyshift-authorization-message']);
    expect(EncodedMessage).toMatch(/^[\w-]{100,}$/);
    const answer = await must(root, 'sts', 'DecodeAuthorizationMessage', { EncodedMessage });
    expect(JSON.parse(answer.texts('DecodedMessage')[0] ?? '')).toMatchObject({
      allowed: false,
      explicitDeny: false,
      because: 'no-identity-policy-allows',
      matchedStatements: { items: [] },
      context: {
        principal: { name: 'ann', arn: `arn:aws:iam::${ACCOUNT}:user/ann` },
        action: 'keyshift:GetAuditEvents',
        resource: '*',
      },
    });
    expect(await outcome(ann, 'sts', 'DecodeAuthorizationMessage', { EncodedMessage })).toContain(
      '403 AccessDenied',
    );
    for (const other of [`${EncodedMessage}A`, EncodedMessage.slice(4), 'x', EncodedMessage.toLowerCase()]) {
      expect(await outcome(root, 'sts', 'DecodeAuthorizationMessage', { EncodedMessage: other })).toBe(
        '400 InvalidAuthorizationMessageException: Message is not valid',
      );
    }
    const plain = await ask(root, 'iam', 'GetUser', { UserName: 'nobody' });
    expect(plain.headers['x-keyshift-authorization-message']).toBeUndefined();
  });
});

describe('devices for second factors', () => {
  test('show a seed and a picture once, and are enabled by two codes in a row', async () => {
    await must(root, 'iam', 'CreateUser', { UserName: 'dora' });
    const made = await must(root, 'iam', 'CreateVirtualMFADevice', {
      VirtualMFADeviceName: 'dora',
      Path: '/d/',
    });
    const device = deviceOf(made);
    expect(device.serial).toBe(`arn:aws:iam::${ACCOUNT}:mfa/d/dora`);
    expect(Buffer.from(made.texts('Base32StringSeed')[0] ?? '', 'base64').toString()).toMatch(
      /^[A-Z2-7]{64}$/,
    );
    expect(
      Buffer.from(made.texts('QRCodePNG')[0] ?? '', 'base64')
        .subarray(1, 4)
        .toString(),
    ).toBe('PNG');
    const SerialNumber = device.serial;
    const enable = (one: string, two: string) =>
      outcome(root, 'iam', 'EnableMFADevice', {
        UserName: 'dora',
        SerialNumber,
        AuthenticationCode1: one,
        AuthenticationCode2: two,
      });
    const wrong = '403 InvalidAuthenticationCode: Authentication code for device is not valid.';
    expect(await enable(device.code(-1), device.code(-2))).toBe(wrong);
    expect(await enable(device.code(-2), device.code(-1))).toBe('ok');
    expect(await enable(device.code(0), device.code(1))).toBe(
      '409 EntityAlreadyExists: MFA Device is already in use.',
    );
    const listed = await must(root, 'iam', 'ListMFADevices', { UserName: 'dora' });
    expect(listed.texts('SerialNumber')).toEqual([SerialNumber]);
    expect(
      (await must(root, 'iam', 'ListVirtualMFADevices', { AssignmentStatus: 'Assigned' })).texts(
        'SerialNumber',
      ),
    ).toContain(SerialNumber);
    expect(
      (await must(root, 'iam', 'ListVirtualMFADevices', { AssignmentStatus: 'Unassigned' })).texts(
        'SerialNumber',
      ),
    ).toEqual([]);
    expect((await must(root, 'iam', 'ListVirtualMFADevices')).text).not.toContain('Base32StringSeed');
    expect(
      (await must(root, 'iam', 'GetMFADevice', { SerialNumber, UserName: 'dora' })).texts('UserName'),
    ).toEqual(['dora']);
    expect(await outcome(root, 'iam', 'DeleteUser', { UserName: 'dora' })).toBe(
      '409 DeleteConflict: Cannot delete entity, must delete MFA device first.',
    );
    expect(await outcome(root, 'iam', 'DeleteVirtualMFADevice', { SerialNumber })).toBe(
      '409 DeleteConflict: MFA VirtualDevice in use. Must deactivate first.',
    );
    expect(await outcome(root, 'iam', 'DeactivateMFADevice', { UserName: 'ann', SerialNumber })).toContain(
      '404 NoSuchEntity',
    );
    await must(root, 'iam', 'DeactivateMFADevice', { UserName: 'dora', SerialNumber });
    await must(root, 'iam', 'TagMFADevice', {
      SerialNumber,
      'Tags.member.1.Key': 'a',
      'Tags.member.1.Value': 'b',
    });
    expect((await must(root, 'iam', 'ListMFADeviceTags', { SerialNumber })).texts('Value')).toEqual(['b']);
    await must(root, 'iam', 'UntagMFADevice', { SerialNumber, 'TagKeys.member.1': 'A' });
    await must(root, 'iam', 'DeleteVirtualMFADevice', { SerialNumber });
    expect(await outcome(root, 'iam', 'DeleteVirtualMFADevice', { SerialNumber })).toBe(
      `404 NoSuchEntity: VirtualMFADevice with serial number ${SerialNumber} doesn't exist.`,
    );
    await must(root, 'iam', 'DeleteUser', { UserName: 'dora' });
  });

  test('of one name there is one, in any case', async () => {
    await must(root, 'iam', 'CreateVirtualMFADevice', { VirtualMFADeviceName: 'Twice' });
    expect(await outcome(root, 'iam', 'CreateVirtualMFADevice', { VirtualMFADeviceName: 'tWICE' })).toBe(
      '409 EntityAlreadyExists: MFADevice entity at the same path and name already exists.',
    );
  });

  test('take no more codes after five wrong ones, until a quarter of an hour has passed', async () => {
    const mia = await makeUser(root, 'mia');
    const device = await enableDevice(root, 'mia');
    const SerialNumber = device.serial;
    const token = (TokenCode: string) => outcome(mia, 'sts', 'GetSessionToken', { SerialNumber, TokenCode });
    const near = new Set([-2, -1, 0, 1, 2, 3].map((step) => device.code(step)));
    const wrong = Array.from({ length: 20 }, (_, n) => String(n).padStart(6, '0')).filter(
      (code) => !near.has(code),
    );
    const refusal =
      '403 AccessDenied: MultiFactorAuthentication failed with invalid MFA one time pass code. ';
    for (const code of wrong.slice(0, 5)) expect(await token(code)).toBe(refusal);
    expect(await token(device.code())).toBe(refusal);
    const resync = {
      UserName: 'mia',
      SerialNumber,
      AuthenticationCode1: device.code(),
      AuthenticationCode2: device.code(1),
    };
    expect(await outcome(root, 'iam', 'ResyncMFADevice', resync)).toContain('InvalidAuthenticationCode');
    await move('+901s');
    const later = (steps: number): string => device.code(steps + 30);
    expect(await token(later(0))).toBe('ok');
    const ahead = {
      UserName: 'mia',
      SerialNumber,
      AuthenticationCode1: later(40),
      AuthenticationCode2: later(41),
    };
    expect(await outcome(root, 'iam', 'ResyncMFADevice', ahead)).toBe('ok');
    expect(await token(later(42))).toBe('ok');
    expect(await token(later(2))).toBe(refusal);
  });
});

const move = async (by: string): Promise<void> => {
  const moved = await run(process.execPath, [ownCli, 'clock', by], { KEYSHIFT_DATA_DIR: keyshift.dataDir });
  expect(moved.stderr).toBe('');
};

describe('the end of a session', () => {
  test('is at the second that the answer said', async () => {
    const RoleArn = await makeRole(
      root,
      'Short',
      trust({ AWS: ACCOUNT }),
      allow('redshift:DescribeClusters'),
    );
    await putPolicy(root, 'ann', allow(['sts:AssumeRole', 'redshift:*']));
    const short = await assume(ann, RoleArn, { DurationSeconds: '900' });
    await move('+890s');
    expect(await outcome(short, 'redshift', 'DescribeClusters')).toBe('ok');
    await move('+11s');
    expect(await outcome(short, 'redshift', 'DescribeClusters')).toBe(EXPIRED);
    // Who does not have the secret learns nothing of it.
    expect(
      await outcome({ ...short, secretAccessKey: ann.secretAccessKey }, 'redshift', 'DescribeClusters'),
    ).toContain('SignatureDoesNotMatch');
  });

  test('of all sessions of a role or a user comes with `keyshift revoke`, and those after it live', async () => {
    const RoleArn = `arn:aws:iam::${ACCOUNT}:role/Short`;
    const [session, own] = [await assume(ann, RoleArn), await become(ann, 'GetSessionToken', {})];
    await move('+1s');
    const revoke = (...args: string[]) =>
      run(process.execPath, [ownCli, 'revoke', ...args], { KEYSHIFT_DATA_DIR: keyshift.dataDir });
    expect((await revoke('--role', RoleArn)).stderr).toBe('');
    expect(await outcome(session, 'redshift', 'DescribeClusters')).toBe(EXPIRED);
    expect(await outcome(own, 'redshift', 'DescribeClusters')).toBe('ok');
    await revoke('--principal', `arn:aws:iam::${ACCOUNT}:user/ann`);
    expect(await outcome(own, 'redshift', 'DescribeClusters')).toBe(EXPIRED);
    expect(await outcome(ann, 'redshift', 'DescribeClusters')).toBe('ok');
    await move('+2s');
    expect(await outcome(await assume(ann, RoleArn), 'redshift', 'DescribeClusters')).toBe('ok');
    expect(await outcome(await become(ann, 'GetSessionToken', {}), 'redshift', 'DescribeClusters')).toBe(
      'ok',
    );
  });
});
