import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Endpoint } from '../../src/client/call.ts';
import { Secret } from '../../src/core/secret.ts';
import { ask, makeUser, must, presigned, putPolicy, send } from './support/api.ts';
import { Keyshift } from './support/keyshift.ts';
import { allow, assume, enableDevice, makeRole, outcome, trust } from './support/sessions.ts';

/** Roles taken on with AssumeRole: who may, for how long, with which rights, and what ends it. */

const ACCOUNT = '123456789012';
const arnOf = (name: string): string => `arn:aws:iam::${ACCOUNT}:role/${name}`;
const denied = (caller: string, action: string, resource: string): string =>
  `403 AccessDenied: User: ${caller} is not authorized to perform: ${action} on resource: ${resource}`;

let keyshift: Keyshift;
let root: Endpoint;
let ann: Endpoint;
const ANN = `arn:aws:iam::${ACCOUNT}:user/people/ann`;

beforeAll(async () => {
  keyshift = await Keyshift.start();
  root = keyshift.root;
  await must(root, 'iam', 'CreateUser', { UserName: 'ann', Path: '/people/' });
  const key = await must(root, 'iam', 'CreateAccessKey', { UserName: 'ann' });
  ann = {
    ...root,
    accessKeyId: key.texts('AccessKeyId')[0] ?? '',
    secretAccessKey: new Secret(key.texts('SecretAccessKey')[0] ?? ''),
  };
});
afterAll(() => keyshift.close());

describe('a session of a role', () => {
  test('has the names of the role and of the session, and the rights of the role', async () => {
    const role = await makeRole(root, 'Reader', trust({ AWS: ANN }), allow('iam:ListUsers'), {
      Path: '/data/',
    });
    const answer = await must(ann, 'sts', 'AssumeRole', {
      RoleArn: role,
      RoleSessionName: 'ann@example.com',
    });
    const [roleId] = (await must(root, 'iam', 'GetRole', { RoleName: 'Reader' })).texts('RoleId');
    const arn = `arn:aws:sts::${ACCOUNT}:assumed-role/Reader/ann@example.com`;
    expect(answer.texts('AssumedRoleId')).toEqual([`${roleId}:ann@example.com`]);
    expect(answer.texts('Arn')).toEqual([arn]);
    expect(answer.texts('PackedPolicySize')).toEqual([]);
    expect(answer.texts('AccessKeyId')[0]).toMatch(/^ASIA[A-Z2-7]{16}$/);
    expect(answer.texts('SessionToken')[0]).toMatch(/^[A-Za-z0-9_-]{100,1000}$/);
    const lasts = Date.parse(answer.texts('Expiration')[0] ?? '') - Date.now();
    expect(Math.abs(lasts - 3_600_000)).toBeLessThan(10_000);

    const session = await assume(ann, role, { RoleSessionName: 'ann@example.com' });
    const identity = await must(session, 'sts', 'GetCallerIdentity');
    expect(identity.texts('UserId')).toEqual([`${roleId}:ann@example.com`]);
    expect(identity.texts('Arn')).toEqual([arn]);
    expect(identity.texts('Account')).toEqual([ACCOUNT]);
    expect(await outcome(session, 'iam', 'ListUsers')).toBe('ok');
    expect(await outcome(session, 'iam', 'ListGroups')).toBe(
      `${denied(arn, 'iam:ListGroups', `arn:aws:iam::${ACCOUNT}:group/`)} ` +
        'because no identity-based policy allows the iam:ListGroups action',
    );
    // The user has not gained the rights of the role.
    expect(await outcome(ann, 'iam', 'ListUsers')).toContain('AccessDenied');
  });

  test('signs in the query too, with the token signed or added', async () => {
    const session = await assume(ann, arnOf('data/Reader'));
    const request = presigned(session, 'sts', { Action: 'GetCallerIdentity' }, 60);
    expect((await send(session, request)).status).toBe(200);
    expect(request.query).toContain('X-Amz-Security-Token=');
    const without = await send(session, {
      ...request,
      query: request.query.replace(/X-Amz-Security-Token=[^&]*&/, ''),
    });
    expect(without.code).toBe('InvalidClientTokenId');
  });

  test('works for the role session that owns no user: operations on oneself ask for a name', async () => {
    await makeRole(root, 'Admin', trust({ AWS: ANN }), allow('*'));
    const admin = await assume(ann, arnOf('Admin'));
    for (const operation of [
      'CreateAccessKey',
      'ListAccessKeys',
      'GetUser',
      'ListMFADevices',
      'GetLoginProfile',
    ]) {
      expect(await outcome(admin, 'iam', operation), operation).toBe(
        '400 ValidationError: Must specify userName when calling with non-User credentials',
      );
    }
    expect((await must(root, 'iam', 'ListAccessKeys')).texts('AccessKeyId')).toHaveLength(1);
  });

  test.each(['GetSessionToken', 'GetFederationToken'])('cannot call %s', async (operation) => {
    const admin = await assume(ann, arnOf('Admin'));
    expect(
      await outcome(admin, 'sts', operation, {
        ...(operation === 'GetFederationToken' ? { Name: 'bob' } : {}),
      }),
    ).toBe(`403 AccessDenied: Cannot call ${operation} with session credentials`);
  });
});

describe('who may take on a role', () => {
  test('nobody may whom the trust policy does not name, and nobody learns whether it exists', async () => {
    await makeRole(root, 'Closed', trust({ Service: 'redshift.amazonaws.com' }));
    await putPolicy(root, 'ann', allow('sts:AssumeRole'));
    for (const name of ['Closed', 'Missing', 'closed', 'data/Closed']) {
      expect(
        await outcome(ann, 'sts', 'AssumeRole', { RoleArn: arnOf(name), RoleSessionName: 'ann' }),
        name,
      ).toBe(denied(ANN, 'sts:AssumeRole', arnOf(name)));
    }
    await must(root, 'iam', 'DeleteUserPolicy', { UserName: 'ann', PolicyName: 'policy' });
  });

  test('an account that is trusted leaves it to its own policies', async () => {
    await makeRole(root, 'OfAccount', trust({ AWS: ACCOUNT }));
    const call = { RoleArn: arnOf('OfAccount'), RoleSessionName: 'ann' };
    expect(await outcome(ann, 'sts', 'AssumeRole', call)).toBe(denied(ANN, 'sts:AssumeRole', call.RoleArn));
    await putPolicy(root, 'ann', allow('sts:AssumeRole', call.RoleArn));
    expect(await outcome(ann, 'sts', 'AssumeRole', call)).toBe('ok');
    await must(root, 'iam', 'DeleteUserPolicy', { UserName: 'ann', PolicyName: 'policy' });
  });

  test('a user that is trusted needs no policy, and one with its name later is not trusted', async () => {
    const bob = await makeUser(root, 'bob');
    await makeRole(root, 'OfBob', trust({ AWS: `arn:aws:iam::${ACCOUNT}:user/bob` }));
    const call = { RoleArn: arnOf('OfBob'), RoleSessionName: 'bob' };
    expect(await outcome(bob, 'sts', 'AssumeRole', call)).toBe('ok');
    await must(root, 'iam', 'DeleteAccessKey', { UserName: 'bob', AccessKeyId: bob.accessKeyId });
    await must(root, 'iam', 'DeleteUser', { UserName: 'bob' });
    const again = await makeUser(root, 'bob');
    expect(await outcome(again, 'sts', 'AssumeRole', call)).toContain('403 AccessDenied');
    const shown = (await must(root, 'iam', 'GetRole', { RoleName: 'OfBob' })).texts(
      'AssumeRolePolicyDocument',
    );
    expect(decodeURIComponent(shown[0] ?? '')).toMatch(/"AWS":"AIDA[A-Z2-7]{17}"/);
  });

  test('a Deny of the caller’s own wins over a trust that names it', async () => {
    await putPolicy(root, 'ann', {
      Version: '2012-10-17',
      Statement: [{ Effect: 'Deny', Action: 'sts:AssumeRole', Resource: '*' }],
    });
    const call = { RoleArn: arnOf('data/Reader'), RoleSessionName: 'ann' };
    expect(await outcome(ann, 'sts', 'AssumeRole', call)).toBe(denied(ANN, 'sts:AssumeRole', call.RoleArn));
    await must(root, 'iam', 'DeleteUserPolicy', { UserName: 'ann', PolicyName: 'policy' });
  });

  test('the root user may not', async () => {
    const call = { RoleArn: arnOf('Admin'), RoleSessionName: 'root' };
    expect(await outcome(root, 'sts', 'AssumeRole', call)).toBe(
      '403 AccessDenied: Roles may not be assumed by root accounts.',
    );
  });

  test('an external id is asked for, and its value counts', async () => {
    await makeRole(
      root,
      'External',
      trust({ AWS: ANN }, { StringEquals: { 'sts:ExternalId': 'Corr:ect/1' } }),
    );
    const call = { RoleArn: arnOf('External'), RoleSessionName: 'ann' };
    const refusal = denied(ANN, 'sts:AssumeRole', call.RoleArn);
    expect(await outcome(ann, 'sts', 'AssumeRole', call)).toBe(refusal);
    expect(await outcome(ann, 'sts', 'AssumeRole', { ...call, ExternalId: 'corr:ect/1' })).toBe(refusal);
    expect(await outcome(ann, 'sts', 'AssumeRole', { ...call, ExternalId: 'Corr:ect/1' })).toBe('ok');
  });

  test('the name of the session can be bound to the user', async () => {
    await makeRole(
      root,
      'Named',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: a policy variable
      trust({ AWS: ANN }, { StringLike: { 'sts:RoleSessionName': '${aws:username}' } }),
    );
    const RoleArn = arnOf('Named');
    expect(await outcome(ann, 'sts', 'AssumeRole', { RoleArn, RoleSessionName: 'ann' })).toBe('ok');
    expect(await outcome(ann, 'sts', 'AssumeRole', { RoleArn, RoleSessionName: 'eve' })).toContain(
      'AccessDenied',
    );
  });
});

describe('how long', () => {
  test.each([
    [
      899,
      "Value '899' at 'durationSeconds' failed to satisfy constraint: Member must have value greater than or equal to 900",
    ],
    [3601, 'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.'],
    [
      43_201,
      "Value '43201' at 'durationSeconds' failed to satisfy constraint: Member must have value less than or equal to 43200",
    ],
  ])('%d seconds are refused', async (seconds, text) => {
    const call = { RoleArn: arnOf('Admin'), RoleSessionName: 'ann', DurationSeconds: String(seconds) };
    const refusal = await outcome(ann, 'sts', 'AssumeRole', call);
    expect(refusal).toMatch(/^400 ValidationError: /);
    expect(refusal).toContain(text);
  });

  test('the role may allow up to twelve hours, and a chained session never more than one', async () => {
    await makeRole(root, 'Long', trust({ AWS: [ANN, arnOf('Admin')] }), undefined, {
      MaxSessionDuration: '43200',
    });
    const call = { RoleArn: arnOf('Long'), RoleSessionName: 'ann', DurationSeconds: '43200' };
    expect(await outcome(ann, 'sts', 'AssumeRole', call)).toBe('ok');
    const admin = await assume(ann, arnOf('Admin'));
    expect(await outcome(admin, 'sts', 'AssumeRole', { ...call, DurationSeconds: '3601' })).toBe(
      '400 ValidationError: The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.',
    );
    expect(await outcome(admin, 'sts', 'AssumeRole', { ...call, DurationSeconds: '3600' })).toBe('ok');
  });
});

describe('session policies', () => {
  const list = (Action: string) => JSON.stringify(allow(Action));

  test('limit what the role may, and grant nothing', async () => {
    const session = await assume(ann, arnOf('data/Reader'), { Policy: list('iam:ListGroups') });
    expect(await outcome(session, 'iam', 'ListUsers')).toContain(
      'because no session policy allows the iam:ListUsers action',
    );
    expect(await outcome(session, 'iam', 'ListGroups')).toContain('because no identity-based policy allows');
    const both = await assume(ann, arnOf('data/Reader'), { Policy: list('iam:List*') });
    expect(await outcome(both, 'iam', 'ListUsers')).toBe('ok');
  });

  test('may be managed ones, which count as they are at the time of a call', async () => {
    const PolicyDocument = list('iam:ListUsers');
    const made = await must(root, 'iam', 'CreatePolicy', { PolicyName: 'Limit', PolicyDocument });
    const [PolicyArn = ''] = made.texts('Arn');
    const session = await assume(ann, arnOf('Admin'), { 'PolicyArns.member.1.arn': PolicyArn });
    expect(await outcome(session, 'iam', 'ListUsers')).toBe('ok');
    expect(await outcome(session, 'iam', 'ListGroups')).toContain('because no session policy allows');
    await must(root, 'iam', 'DeletePolicy', { PolicyArn });
    expect(await outcome(session, 'iam', 'ListUsers')).toContain('because no session policy allows');
    const call = { RoleArn: arnOf('Admin'), RoleSessionName: 'ann', 'PolicyArns.member.1.arn': PolicyArn };
    expect(await outcome(ann, 'sts', 'AssumeRole', call)).toBe(
      `400 ValidationError: Policy ${PolicyArn} does not exist or is not attachable.`,
    );
  });

  test('have a size that is told, and a largest one', async () => {
    const call = { RoleArn: arnOf('Admin'), RoleSessionName: 'ann' };
    const small = await must(ann, 'sts', 'AssumeRole', { ...call, Policy: list('iam:*') });
    expect(Number(small.texts('PackedPolicySize')[0])).toBeGreaterThan(0);
    expect(Number(small.texts('PackedPolicySize')[0])).toBeLessThan(10);
    const long = (size: number) => list(`iam:${'x'.repeat(size - list('iam:').length)}`);
    expect(await outcome(ann, 'sts', 'AssumeRole', { ...call, Policy: long(2048) })).toBe('ok');
    expect(await outcome(ann, 'sts', 'AssumeRole', { ...call, Policy: long(2049) })).toContain(
      '400 ValidationError',
    );
    expect(
      await outcome(ann, 'sts', 'AssumeRole', {
        ...call,
        Policy: long(2048),
        'PolicyArns.member.1.arn': 'arn:aws:iam::aws:policy/AdministratorAccess',
      }),
    ).toMatch(/^400 PackedPolicyTooLarge: Packed size of policy consumes 10\d% of allotted space\.$/);
    expect(await outcome(ann, 'sts', 'AssumeRole', { ...call, Policy: '{' })).toBe(
      '400 MalformedPolicyDocument: Syntax errors in policy.',
    );
  });
});

describe('session tags and source identity', () => {
  const tag = (n: number, Key: string, Value: string) => ({
    [`Tags.member.${n}.Key`]: Key,
    [`Tags.member.${n}.Value`]: Value,
  });
  const TAGGING = ['sts:AssumeRole', 'sts:TagSession', 'sts:SetSourceIdentity'];
  const tagged = {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Action: 'iam:ListUsers',
        Resource: '*',
        Condition: { StringEquals: { 'aws:PrincipalTag/Team': 'red' } },
      },
    ],
  };

  test('need permissions of their own', async () => {
    const call = { RoleArn: arnOf('Admin'), RoleSessionName: 'ann' };
    expect(await outcome(ann, 'sts', 'AssumeRole', { ...call, ...tag(1, 'team', 'red') })).toBe(
      denied(ANN, 'sts:TagSession', call.RoleArn),
    );
    expect(await outcome(ann, 'sts', 'AssumeRole', { ...call, SourceIdentity: 'ann' })).toBe(
      denied(ANN, 'sts:SetSourceIdentity', call.RoleArn),
    );
  });

  test('win over tags of the role, and are in force only in their session', async () => {
    const RoleArn = await makeRole(
      root,
      'Tagged',
      trust({ AWS: ANN }, {}, TAGGING),
      tagged,
      tag(1, 'TEAM', 'blue'),
    );
    const red = await assume(ann, RoleArn, tag(1, 'team', 'red'));
    expect(await outcome(red, 'iam', 'ListUsers')).toBe('ok');
    expect(await outcome(await assume(ann, RoleArn), 'iam', 'ListUsers')).toContain('AccessDenied');
  });

  test('are inherited when they are transitive, and then cannot be changed', async () => {
    const trusting = trust({ AWS: [arnOf('Tagged'), ANN] }, {}, TAGGING);
    const RoleArn = await makeRole(root, 'Second', trusting, tagged);
    const first = await assume(ann, arnOf('Tagged'), {
      ...tag(1, 'Team', 'red'),
      ...tag(2, 'other', 'x'),
      'TransitiveTagKeys.member.1': 'team',
      SourceIdentity: 'ann-the-first',
    });
    const second = await assume(first, RoleArn, tag(1, 'other', 'y'));
    expect(await outcome(second, 'iam', 'ListUsers')).toBe('ok');
    expect(
      await outcome(first, 'sts', 'AssumeRole', {
        RoleArn,
        RoleSessionName: 'x2',
        ...tag(1, 'TEAM', 'blue'),
      }),
    ).toBe(
      "400 InvalidParameterValue: One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session.",
    );
    const again = await must(first, 'sts', 'AssumeRole', { RoleArn, RoleSessionName: 'x2' });
    expect(again.texts('SourceIdentity')).toEqual(['ann-the-first']);
    expect(
      await outcome(first, 'sts', 'AssumeRole', { RoleArn, RoleSessionName: 'x2', SourceIdentity: 'eve' }),
    ).toBe('400 ValidationError: The source identity of the calling session cannot be changed.');
    // A role that does not let tags and source identities in cannot be reached with them.
    await makeRole(root, 'Plain', trust({ AWS: arnOf('Tagged') }));
    expect(
      await outcome(first, 'sts', 'AssumeRole', { RoleArn: arnOf('Plain'), RoleSessionName: 'x2' }),
    ).toContain('sts:TagSession');
  });

  test.each([
    ['of one key twice', { ...tag(1, 'a', '1'), ...tag(2, 'A', '2') }, 'ValidationError'],
    ['with a reserved key', tag(1, 'aws:x', '1'), 'ValidationError'],
    [
      'that are transitive and not there',
      { ...tag(1, 'a', '1'), 'TransitiveTagKeys.member.1': 'b' },
      'InvalidParameterValue',
    ],
    [
      'over the room for them',
      Object.assign(
        {},
        ...Array.from({ length: 50 }, (_, n) => tag(n + 1, `k${n}`, randomBytes(128).toString('hex'))),
      ),
      'PackedPolicyTooLarge',
    ],
  ])('%s are refused', async (_title, parameters, code) => {
    const call = { RoleArn: arnOf('Tagged'), RoleSessionName: 'ann', ...parameters };
    expect(await outcome(ann, 'sts', 'AssumeRole', call)).toContain(`400 ${code}`);
  });
});

describe('what ends a session', () => {
  test('a policy that denies what was issued before a time, at once and for good', async () => {
    const RoleArn = await makeRole(root, 'Revocable', trust({ AWS: ANN }), allow('iam:ListUsers'));
    const session = await assume(ann, RoleArn);
    expect(await outcome(session, 'iam', 'ListUsers')).toBe('ok');
    const before = new Date(Date.now() + 1000).toISOString().replace(/\.\d+/, '');
    await must(root, 'iam', 'PutRolePolicy', {
      RoleName: 'Revocable',
      PolicyName: 'AWSRevokeOlderSessions',
      PolicyDocument: JSON.stringify({
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Deny',
            Action: '*',
            Resource: '*',
            Condition: { DateLessThan: { 'aws:TokenIssueTime': before } },
          },
        ],
      }),
    });
    expect(await outcome(session, 'iam', 'ListUsers')).toContain(
      'with an explicit deny in an identity-based policy',
    );
    await expect
      .poll(async () => outcome(await assume(ann, RoleArn), 'iam', 'ListUsers'), {
        timeout: 20_000,
        interval: 500,
      })
      .toBe('ok');
  });

  test('the end of the role, also when one with its name comes after it', async () => {
    const RoleArn = await makeRole(root, 'Mortal', trust({ AWS: ANN }), allow('iam:ListUsers'));
    const session = await assume(ann, RoleArn);
    expect(await outcome(session, 'iam', 'ListUsers')).toBe('ok');
    await must(root, 'iam', 'DeleteRolePolicy', { RoleName: 'Mortal', PolicyName: 'policy' });
    await must(root, 'iam', 'DeleteRole', { RoleName: 'Mortal' });
    const gone = '403 InvalidClientTokenId: The security token included in the request is invalid';
    expect(await outcome(session, 'iam', 'ListUsers')).toBe(gone);
    await makeRole(root, 'Mortal', trust({ AWS: ANN }), allow('iam:ListUsers'));
    expect(await outcome(session, 'iam', 'ListUsers')).toBe(gone);
    expect(await outcome(session, 'sts', 'GetCallerIdentity')).toBe(gone);
  });

  test('not a change of the role’s trust, nor the end of who took it on', async () => {
    const eve = await makeUser(root, 'eve');
    const RoleArn = await makeRole(
      root,
      'Kept',
      trust({ AWS: `arn:aws:iam::${ACCOUNT}:user/eve` }),
      allow('iam:ListUsers'),
    );
    const session = await assume(eve, RoleArn);
    await must(root, 'iam', 'DeleteAccessKey', { UserName: 'eve', AccessKeyId: eve.accessKeyId });
    await must(root, 'iam', 'DeleteUser', { UserName: 'eve' });
    expect(await outcome(session, 'iam', 'ListUsers')).toBe('ok');
  });
});

describe('a second factor', () => {
  test('opens a role that asks for it, with the codes of the caller’s own device only, each of them once', async () => {
    const device = await enableDevice(root, 'ann');
    await makeRole(root, 'Guarded', trust({ AWS: ANN }, { Bool: { 'aws:MultiFactorAuthPresent': 'true' } }), {
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Action: 'iam:ListUsers',
          Resource: '*',
          Condition: { NumericLessThan: { 'aws:MultiFactorAuthAge': '300' } },
        },
      ],
    });
    const call = { RoleArn: arnOf('Guarded'), RoleSessionName: 'ann' };
    expect(await outcome(ann, 'sts', 'AssumeRole', call)).toBe(denied(ANN, 'sts:AssumeRole', call.RoleArn));
    const SerialNumber = device.serial;
    expect(await outcome(ann, 'sts', 'AssumeRole', { ...call, SerialNumber })).toBe(
      '403 AccessDenied: MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code.',
    );
    const TokenCode = device.code();
    expect(
      await outcome(ann, 'sts', 'AssumeRole', { ...call, SerialNumber: `${SerialNumber}x`, TokenCode }),
    ).toContain('403 AccessDenied: MultiFactorAuthentication failed, unable to validate MFA code.');
    const session = await assume(ann, call.RoleArn, { SerialNumber, TokenCode });
    expect(await outcome(session, 'iam', 'ListUsers')).toBe('ok');
    expect(await outcome(ann, 'sts', 'AssumeRole', { ...call, SerialNumber, TokenCode })).toBe(
      '403 AccessDenied: MultiFactorAuthentication failed with invalid MFA one time pass code. ',
    );
  });
});

describe('the audit log', () => {
  test('names role, session and source identity, and no secret of the session', async () => {
    const session = await assume(ann, arnOf('Tagged'), {
      SourceIdentity: 'ann-herself',
      RoleSessionName: 'audited',
    });
    await ask(session, 'sts', 'GetCallerIdentity');
    const lines: string[] = [];
    let after = '0';
    for (;;) {
      const page = await must(root, 'keyshift', 'GetAuditEvents', { AfterSequence: after, MaxItems: '1000' });
      const [last] = page.texts('LastSequence');
      lines.push(...page.texts('member'));
      // Reading is recorded too, so a full page is the only sign of more.
      if (last === undefined || page.texts('member').length < 1000) break;
      after = last;
    }
    const events = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    const issued = events.find(
      ({ name, details }) =>
        name === 'sts:AssumeRole' && (details as { roleSessionName?: string }).roleSessionName === 'audited',
    );
    expect(issued).toMatchObject({
      details: {
        roleArn: arnOf('Tagged'),
        sourceIdentity: 'ann-herself',
        issuedAccessKeyId: session.accessKeyId,
      },
    });
    const used = events.find(
      ({ name, details }) =>
        name === 'sts:GetCallerIdentity' &&
        (details as { session?: { name?: string } }).session?.name === 'audited',
    );
    expect(used).toMatchObject({
      principalArn: `arn:aws:sts::${ACCOUNT}:assumed-role/Tagged/audited`,
      details: {
        session: {
          kind: 'role',
          roleArn: arnOf('Tagged'),
          sourceIdentity: 'ann-herself',
          mfa: false,
          accessKeyId: session.accessKeyId,
        },
      },
    });
    const text = lines.join('\n');
    expect(text).not.toContain(session.secretAccessKey.reveal());
    expect(text).not.toContain(session.sessionToken?.reveal());
  });
});
