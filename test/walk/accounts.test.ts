import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Secret } from '../../src/core/secret.ts';
import { ACCOUNT_TABLES } from '../../src/iam/close-account.ts';
import { selfSigned } from '../unit/iam/self-signed.ts';
import { accountTables, makeAccount, rowsOfAccount, type SecondAccount } from './support/accounts.ts';
import { ask, makeUser, must } from './support/api.ts';
import { makeEverything } from './support/everything.ts';
import { Keyshift } from './support/keyshift.ts';
import { run } from './support/run.ts';
import { allow, assume, become, makeRole, outcome, trust } from './support/sessions.ts';

/** More than one account in an installation: who makes them, what is theirs alone, and roles between them. */

const CLI = new URL('../../dist/cli.js', import.meta.url).pathname;
const FIRST = '123456789012';

let keyshift: Keyshift;
let second: SecondAccount;

beforeAll(async () => {
  keyshift = await Keyshift.start({ flags: [] });
  second = await makeAccount(keyshift);
});
afterAll(() => keyshift?.close());

async function command(words: readonly string[], environment: Record<string, string> = {}) {
  const { code, stdout, stderr } = await run(process.execPath, [CLI, ...words], {
    KEYSHIFT_DATA_DIR: keyshift.dataDir,
    ...environment,
  });
  return { code, text: (code === 0 ? stdout : stderr).trim() };
}

interface Event {
  readonly accountId: string;
  readonly name: string;
  readonly principalArn: string | null;
  readonly details: Record<string, unknown>;
}

async function eventsOf(account: Pick<SecondAccount, 'root'>): Promise<Event[]> {
  const answer = await must(account.root, 'keyshift', 'GetAuditEvents', { MaxItems: '1000' });
  return answer.texts('member').map((line) => JSON.parse(line) as Event);
}

describe('the command', () => {
  test('makes an account whose root user can be anybody there, and shows the key once', async () => {
    const made = await command(['account', 'create', '--account-id', '000000000042', '--alias', 'team-a']);
    expect(made.text).toMatch(
      /^The account 000000000042 is made\.\nIts root user's access key, which is not shown again:\n {2}AWS_ACCESS_KEY_ID=AKIA[A-Z2-7]{16}\n {2}AWS_SECRET_ACCESS_KEY=\S{40}$/,
    );
    const [, accessKeyId = '', secret = ''] =
      /KEY_ID=(\S+)\s+AWS_SECRET_ACCESS_KEY=(\S+)/.exec(made.text) ?? [];
    const root = { ...keyshift.root, accessKeyId, secretAccessKey: new Secret(secret) };
    const identity = await must(root, 'sts', 'GetCallerIdentity');
    expect(identity.texts('Arn')).toEqual(['arn:aws:iam::000000000042:root']);
    expect(identity.texts('Account')).toEqual(['000000000042']);
    expect((await must(root, 'iam', 'ListAccountAliases')).texts('member')).toEqual(['team-a']);
    await must(root, 'iam', 'CreateUser', { UserName: 'ann' });
    // Neither the log nor anything that is shown later has the secret.
    const shown = [await command(['audit']), await command(['account', 'show', '000000000042'])];
    for (const { code, text } of shown) {
      expect(code).toBe(0);
      expect(text).not.toContain(secret);
    }
    expect(shown[1]?.text).toContain(`${accessKeyId}  Active, last used`);
  });

  test('gives a number by chance, and no number or alias twice', async () => {
    expect(second.accountId).toMatch(/^[1-9]\d{11}$/);
    const create = (parameters: Record<string, string>) =>
      outcome(keyshift.root, 'keyshift', 'CreateAccount', parameters);
    for (const AccountId of [second.accountId, FIRST]) {
      expect(await create({ AccountId })).toBe(
        `409 EntityAlreadyExists: The account ${AccountId} already exists, or did and was closed.`,
      );
    }
    expect(await create({ Alias: 'team-a' })).toBe(
      '409 EntityAlreadyExists: The account alias team-a already exists.',
    );
    expect(await create({ Alias: 'Team' })).toMatch(/^400 ValidationError: .*accountAlias is invalid/);
    for (const wrong of ['12345678901', '1234567890123', '12345678901a', '']) {
      expect(await create({ AccountId: wrong }), wrong).toContain('400 ValidationError');
    }
    const listed = await command(['account', 'list', '--json']);
    const lines = listed.text.split('\n').map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines.map(({ accountId }) => accountId)).toEqual(['000000000042', FIRST, second.accountId].sort());
    expect(lines.filter(({ isManagementAccount }) => isManagementAccount === true)).toMatchObject([
      { accountId: FIRST },
    ]);
  });

  test('writes the key of an account to a private file, with which the other commands speak for that account', async () => {
    const file = join(keyshift.dataDir, 'second.sh');
    const words = ['account', 'new-root-key', second.accountId, '--key-file', file];
    expect(await command(words)).toMatchObject({ code: 0 });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readFileSync(file, 'utf8')).toContain(`The root key of the account ${second.accountId}.`);
    // It may hold the only copy of a key.
    expect((await command(words)).text).toContain('is there already');
    // Elsewhere than on loopback such files have the address for HTTPS, with the certificate that Keyshift has made.
    const overHttps = readFileSync(file, 'utf8').replace(keyshift.ready.httpUrl, keyshift.ready.httpsUrl);
    writeFileSync(file, overHttps);
    expect(overHttps).toContain(keyshift.ready.httpsUrl);
    const as = { KEYSHIFT_ENV_FILE: file };
    const { text } = await command(['audit'], as);
    const events = text.split('\n').map((line) => JSON.parse(line) as Event);
    expect(new Set(events.map(({ accountId }) => accountId))).toEqual(new Set([second.accountId]));
    expect((await command(['clock', '+1s'], as)).text).toContain(
      'is not authorized to perform: keyshift:MoveClock',
    );
  });

  test('replaces lost keys of a root user: the old ones end at once', async () => {
    const lost = await makeAccount(keyshift);
    const old = await must(lost.root, 'iam', 'CreateAccessKey');
    expect(
      await outcome(keyshift.root, 'keyshift', 'CreateRootAccessKey', { AccountId: lost.accountId }),
    ).toBe('409 LimitExceeded: Cannot exceed quota for AccessKeysPerUser: 2');
    const made = await command(['account', 'new-root-key', lost.accountId, '--replace']);
    const [, accessKeyId = '', secret = ''] =
      /KEY_ID=(\S+)\s+AWS_SECRET_ACCESS_KEY=(\S+)/.exec(made.text) ?? [];
    expect((await ask(lost.root, 'sts', 'GetCallerIdentity')).code).toBe('InvalidClientTokenId');
    const root = { ...lost.root, accessKeyId, secretAccessKey: new Secret(secret) };
    expect((await must(root, 'iam', 'ListAccessKeys')).texts('AccessKeyId')).toEqual([accessKeyId]);
    expect(old.texts('AccessKeyId')).not.toContain(accessKeyId);
    for (const account of [lost, keyshift]) {
      const event = (await eventsOf({ root: account === lost ? root : keyshift.root })).findLast(
        ({ name }) => name === 'keyshift:CreateRootAccessKey',
      );
      expect(event).toMatchObject({
        principalArn: `arn:aws:iam::${FIRST}:root`,
        details: { account: lost.accountId, accessKeyId, replaced: true },
      });
    }
  });
});

describe('accounts are managed', () => {
  const operations = (accountId: string) =>
    [
      ['CreateAccount', {}],
      ['ListAccounts', {}],
      ['GetAccount', { AccountId: accountId }],
      ['CreateRootAccessKey', { AccountId: accountId }],
    ] as const;

  test('by nobody of another account, whatever its policies say', async () => {
    const admin = await makeUser(second.root, 'admin', allow('*'));
    for (const who of [second.root, admin]) {
      for (const accountId of [FIRST, second.accountId]) {
        for (const [operation, parameters] of operations(accountId)) {
          expect(await outcome(who, 'keyshift', operation, parameters), operation).toMatch(
            /^403 AccessDenied: User: arn:aws:iam::\d{12}:(root|user\/admin) is not authorized to perform: keyshift:\w+ on resource: \S+ because only the account that the installation was started with may$/,
          );
        }
      }
    }
  });

  test('by users of the first account whom a policy allows it, on each account or on some', async () => {
    const nobody = await makeUser(keyshift.root, 'nobody');
    for (const [operation, parameters] of operations(second.accountId)) {
      expect(await outcome(nobody, 'keyshift', operation, parameters), operation).toContain(
        `because no identity-based policy allows the keyshift:${operation} action`,
      );
    }
    const arn = (accountId: string) => `arn:aws:keyshift::${FIRST}:account/${accountId}`;
    const keeper = await makeUser(keyshift.root, 'keeper', allow('keyshift:*', arn(second.accountId)));
    expect(await outcome(keyshift.root, 'keyshift', 'GetAccount', { AccountId: '999999999999' })).toBe(
      '404 NoSuchEntity: The account 999999999999 cannot be found.',
    );
    expect(await outcome(keeper, 'keyshift', 'GetAccount', { AccountId: second.accountId })).toBe('ok');
    expect(await outcome(keeper, 'keyshift', 'GetAccount', { AccountId: FIRST })).toContain('AccessDenied');
    expect(await outcome(keeper, 'keyshift', 'CreateAccount')).toContain('AccessDenied');
  });

  test('without a way to become the root user of the first account', async () => {
    const admin = await makeUser(keyshift.root, 'account-admin', allow('*'));
    expect(await outcome(admin, 'keyshift', 'CreateRootAccessKey', { AccountId: FIRST })).toMatch(
      /^400 ValidationError: A root key of this account is made by its root user/,
    );
  });
});

describe('quotas', () => {
  const quota = (name: string, value?: string): Record<string, string> => ({
    'Quotas.Quota.1.Name': name,
    ...(value === undefined ? {} : { 'Quotas.Quota.1.Value': value }),
  });
  const put = (AccountId: string, quotas: Record<string, string>) =>
    outcome(keyshift.root, 'keyshift', 'PutAccountQuotas', { AccountId, ...quotas });
  const makeRoleIn = (root: SecondAccount['root'], RoleName: string) =>
    outcome(root, 'iam', 'CreateRole', {
      RoleName,
      AssumeRolePolicyDocument: JSON.stringify(trust({ AWS: '*' })),
    });

  test('of one account hold for it at once and for no other, until they are taken back', async () => {
    const account = await makeAccount(keyshift);
    expect(await put(account.accountId, quota('roles', '1'))).toBe('ok');
    expect(await makeRoleIn(account.root, 'one')).toBe('ok');
    expect(await makeRoleIn(account.root, 'two')).toBe(
      '409 LimitExceeded: Cannot exceed quota for RolesPerAccount: 1',
    );
    const summary = await must(account.root, 'iam', 'GetAccountSummary');
    expect(summary.text.replaceAll(/\s/g, '')).toContain('<key>RolesQuota</key><value>1</value>');
    for (const name of ['one', 'two']) expect(await makeRoleIn(keyshift.root, `q-${name}`)).toBe('ok');
    const shown = await command(['account', 'quotas', account.accountId, '--set', 'roles=default,groups=7']);
    expect(shown.text.split('\n')).toEqual(
      expect.arrayContaining(['roles=1000', 'groups=7  of this account', 'users=5000', 'clusters=200']),
    );
    expect(await makeRoleIn(account.root, 'two')).toBe('ok');
  });

  test('of one role or user can be set too', async () => {
    const account = await makeAccount(keyshift);
    await makeRoleIn(account.root, 'busy');
    expect(await put(account.accountId, quota('policies-per-role', '1'))).toBe('ok');
    const attach = (name: string) =>
      outcome(account.root, 'iam', 'AttachRolePolicy', {
        RoleName: 'busy',
        PolicyArn: `arn:aws:iam::aws:policy/${name}`,
      });
    expect(await attach('ReadOnlyAccess')).toBe('ok');
    expect(await attach('AdministratorAccess')).toBe(
      '409 LimitExceeded: Cannot exceed quota for PoliciesPerRole: 1',
    );
    expect(await put(account.accountId, quota('trust-policy-characters', '10'))).toBe('ok');
    expect(await makeRoleIn(account.root, 'long')).toBe(
      '409 LimitExceeded: Cannot exceed quota for ACLSizePerRole: 10',
    );
    await put(account.accountId, quota('trust-policy-characters'));
    expect(await makeRoleIn(account.root, 'long')).toBe('ok');
  });

  test('are refused when they are none', async () => {
    for (const [name, value] of [
      ['keys', '1'],
      ['users', '0'],
      ['users', '100000001'],
      ['constructor', '5'],
    ] as const) {
      expect(await put(second.accountId, quota(name, value)), name).toContain(
        '400 ValidationError: The quota',
      );
    }
    const twice = { ...quota('users', '1'), 'Quotas.Quota.2.Name': 'users' };
    expect(await put(second.accountId, twice)).toBe('400 ValidationError: A quota is given twice.');
    expect(await put('999999999999', quota('users', '1'))).toContain('404 NoSuchEntity');
    expect(
      await outcome(second.root, 'keyshift', 'PutAccountQuotas', {
        AccountId: second.accountId,
        ...quota('users', '9'),
      }),
    ).toContain('403 AccessDenied');
  });
});

describe('closing an account', () => {
  test('ends its keys, sessions and roles, keeps its log, and gives its number to nobody again', async () => {
    const AccountId = '000000000077';
    const account = await makeAccount(keyshift, AccountId);
    await makeEverything(account, 'closing', await selfSigned('closing.example.com'), { cluster: false });
    const user = await makeUser(account.root, 'somebody', allow('*'));
    const RoleArn = await makeRole(account.root, 'Mine', trust({ AWS: AccountId }), allow('*'));
    const sessions = [
      account.root,
      user,
      await assume(user, RoleArn),
      await become(account.root, 'GetSessionToken', {}),
    ];
    for (const who of sessions) expect(await outcome(who, 'sts', 'GetCallerIdentity')).toBe('ok');
    const ours = await makeRole(keyshift.root, 'TrustsClosed', trust({ AWS: AccountId }));
    expect((await command(['account', 'close', AccountId, '--confirm', '000000000078'])).code).toBe(1);
    expect(await command(['account', 'close', AccountId, '--confirm', AccountId])).toEqual({
      code: 0,
      text: `The account ${AccountId} is closed.`,
    });
    for (const who of sessions) {
      expect(await outcome(who, 'sts', 'GetCallerIdentity')).toContain('403 InvalidClientTokenId');
    }
    const left = await rowsOfAccount(keyshift, AccountId);
    const tables = new Set(left.map((row) => row.split(' ')[0] ?? ''));
    expect(tables).toContain('audit_events');
    expect([...tables].filter((table) => !table.startsWith('audit_'))).toEqual(['closed_accounts']);
    expect(await outcome(keyshift.root, 'keyshift', 'CreateAccount', { AccountId })).toContain(
      '409 EntityAlreadyExists',
    );
    // The names that are everybody's are free again, and a policy cannot name the account any more.
    expect(await outcome(second.root, 'iam', 'CreateAccountAlias', { AccountAlias: 'closing' })).toBe('ok');
    const PolicyDocument = JSON.stringify(trust({ AWS: AccountId }));
    expect(
      await outcome(keyshift.root, 'iam', 'UpdateAssumeRolePolicy', {
        RoleName: 'TrustsClosed',
        PolicyDocument,
      }),
    ).toContain('400 MalformedPolicyDocument');
    expect(ours).toContain('TrustsClosed');
    for (const operation of ['GetAccount', 'CloseAccount', 'CreateRootAccessKey']) {
      expect(await outcome(keyshift.root, 'keyshift', operation, { AccountId })).toContain(
        '404 NoSuchEntity',
      );
    }
  });

  test('in the middle of its calls leaves nothing half done: each is answered, or its caller is nobody', async () => {
    const account = await makeAccount(keyshift);
    const answers: string[] = [];
    const calling = async (call: (n: number) => Promise<string>) => {
      for (let n = 0; n < 500 && answers.at(-1)?.includes('InvalidClientTokenId') !== true; n++)
        answers.push(await call(n));
    };
    const callers = [1, 2, 3].flatMap((caller) => [
      calling((n) => outcome(account.root, 'iam', 'CreateUser', { UserName: `u${caller}-${n}` })),
      calling((n) =>
        outcome(account.root, 'redshift', 'CreateClusterParameterGroup', {
          ParameterGroupName: `g${caller}-${n}`,
          ParameterGroupFamily: 'redshift-1.0',
          Description: 'x',
        }),
      ),
    ]);
    await expect.poll(() => answers.length, { timeout: 20_000 }).toBeGreaterThan(12);
    await must(keyshift.root, 'keyshift', 'CloseAccount', { AccountId: account.accountId });
    await Promise.all(callers);
    const strange = answers.filter(
      (one) => !/^(ok$|403 InvalidClientTokenId|400 ClusterParameterGroupQuota|409 Conc)/.test(one),
    );
    expect(strange).toEqual([]);
    const left = await rowsOfAccount(keyshift, account.accountId);
    expect(left.filter((row) => !/^(audit_|closed_accounts)/.test(row))).toEqual([]);
  });

  test('goes through every table of accounts', async () => {
    const others = new Set(['clusters', 'closed_accounts', 'installation', 'iam_writers']);
    const tables = (await accountTables(keyshift)).filter(
      (table) => !others.has(table) && !table.startsWith('audit_'),
    );
    expect([...ACCOUNT_TABLES].sort()).toEqual(tables);
  });

  test('is refused for the first account, and to whom no policy allows it', async () => {
    const close = (who: typeof keyshift.root, AccountId: string) =>
      outcome(who, 'keyshift', 'CloseAccount', { AccountId });
    expect(await close(keyshift.root, FIRST)).toContain('400 ValidationError');
    expect(await close(second.root, second.accountId)).toContain('403 AccessDenied');
    const reader = await makeUser(keyshift.root, 'reader', allow('keyshift:Get*'));
    expect(await close(reader, second.accountId)).toContain('403 AccessDenied');
  });
});

describe('between accounts', () => {
  test('the same names are different users, and each lists its own', async () => {
    await must(keyshift.root, 'iam', 'CreateUser', { UserName: 'same' });
    await must(second.root, 'iam', 'CreateUser', { UserName: 'same', Path: '/other/' });
    const arn = async (root: SecondAccount['root']) =>
      (await must(root, 'iam', 'GetUser', { UserName: 'same' })).texts('Arn')[0];
    expect(await arn(keyshift.root)).toBe(`arn:aws:iam::${FIRST}:user/same`);
    expect(await arn(second.root)).toBe(`arn:aws:iam::${second.accountId}:user/other/same`);
    await must(second.root, 'iam', 'DeleteUser', { UserName: 'same' });
    expect(await arn(keyshift.root)).toBe(`arn:aws:iam::${FIRST}:user/same`);
  });

  test('a role is taken on only if both accounts allow it, and both logs tell it', async () => {
    const bob = await makeUser(second.root, 'bob');
    const bobArn = `arn:aws:iam::${second.accountId}:user/bob`;
    const RoleArn = await makeRole(
      keyshift.root,
      'ForOthers',
      trust({ AWS: second.accountId }),
      allow('iam:ListUsers'),
    );
    const attempt = (who = bob) => outcome(who, 'sts', 'AssumeRole', { RoleArn, RoleSessionName: 'bob' });
    const refused = `403 AccessDenied: User: ${bobArn} is not authorized to perform: sts:AssumeRole on resource: ${RoleArn}`;
    // Trusted, but the own account does not allow it.
    expect(await attempt()).toBe(refused);
    await must(second.root, 'iam', 'PutUserPolicy', {
      UserName: 'bob',
      PolicyName: 'assume',
      PolicyDocument: JSON.stringify(allow('sts:AssumeRole', RoleArn)),
    });
    expect(await attempt()).toBe('ok');
    // Even the user itself being named is not enough between accounts.
    const PolicyDocument = JSON.stringify(trust({ AWS: bobArn }));
    await must(keyshift.root, 'iam', 'UpdateAssumeRolePolicy', { RoleName: 'ForOthers', PolicyDocument });
    expect(await attempt()).toBe('ok');
    await must(second.root, 'iam', 'DeleteUserPolicy', { UserName: 'bob', PolicyName: 'assume' });
    expect(await attempt()).toBe(refused);
    // Allowed, but the role does not trust it.
    const admin = await makeUser(second.root, 'second-admin', allow('*'));
    expect(await attempt(admin)).toContain('403 AccessDenied');
    expect(await attempt(second.root)).toBe('403 AccessDenied: Roles may not be assumed by root accounts.');

    const session = await (async () => {
      await must(second.root, 'iam', 'PutUserPolicy', {
        UserName: 'bob',
        PolicyName: 'assume',
        PolicyDocument: JSON.stringify(allow('sts:AssumeRole')),
      });
      return assume(bob, RoleArn, { RoleSessionName: 'from-second' });
    })();
    const identity = await must(session, 'sts', 'GetCallerIdentity');
    expect(identity.texts('Arn')).toEqual([`arn:aws:sts::${FIRST}:assumed-role/ForOthers/from-second`]);
    const { texts } = await must(session, 'iam', 'ListUsers');
    expect(texts('Arn').every((arn) => arn.startsWith(`arn:aws:iam::${FIRST}:`))).toBe(true);
    for (const root of [keyshift.root, second.root]) {
      const event = (await eventsOf({ root })).findLast(({ name }) => name === 'sts:AssumeRole');
      expect(event).toMatchObject({
        principalArn: bobArn,
        details: { roleArn: RoleArn, roleSessionName: 'from-second' },
      });
    }
  });

  test('a trusted user who is deleted and made again in its account is somebody else', async () => {
    const make = () => makeUser(second.root, 'carl', allow('sts:AssumeRole'));
    const first = await make();
    const carl = `arn:aws:iam::${second.accountId}:user/carl`;
    const RoleArn = await makeRole(keyshift.root, 'ForCarl', trust({ AWS: carl }));
    const attempt = (who: typeof first) =>
      outcome(who, 'sts', 'AssumeRole', { RoleArn, RoleSessionName: 'carl' });
    expect(await attempt(first)).toBe('ok');
    await must(second.root, 'iam', 'DeleteAccessKey', { UserName: 'carl', AccessKeyId: first.accessKeyId });
    await must(second.root, 'iam', 'DeleteUserPolicy', { UserName: 'carl', PolicyName: 'policy' });
    await must(second.root, 'iam', 'DeleteUser', { UserName: 'carl' });
    expect(await attempt(await make())).toContain('403 AccessDenied');
  });

  test('a key tells its account to whoever asks, and nothing else of it', async () => {
    const user = await makeUser(second.root, 'dora');
    const info = await must(keyshift.root, 'sts', 'GetAccessKeyInfo', { AccessKeyId: user.accessKeyId });
    expect(info.texts('Account')).toEqual([second.accountId]);
    expect(
      await outcome(keyshift.root, 'iam', 'GetAccessKeyLastUsed', { AccessKeyId: user.accessKeyId }),
    ).toBe(`404 NoSuchEntity: The Access Key with id ${user.accessKeyId} cannot be found.`);
  });

  test('why a call was refused is told to its own account only', async () => {
    const user = await makeUser(second.root, 'emil');
    const refused = await ask(user, 'iam', 'ListUsers');
    const EncodedMessage = String(refused.headers['x-keyshift-authorization-message']);
    expect(await outcome(second.root, 'sts', 'DecodeAuthorizationMessage', { EncodedMessage })).toBe('ok');
    expect(await outcome(keyshift.root, 'sts', 'DecodeAuthorizationMessage', { EncodedMessage })).toBe(
      '400 InvalidAuthorizationMessageException: Message is not valid',
    );
    const [DecisionId = ''] = refused.texts('RequestId');
    expect(await outcome(second.root, 'keyshift', 'ExplainDecision', { DecisionId })).toBe('ok');
    expect(await outcome(keyshift.root, 'keyshift', 'ExplainDecision', { DecisionId })).toBe(
      `404 NoSuchDecision: No refusal has the id ${DecisionId}. Only refusals are explained.`,
    );
  });

  test('a guardrail binds its own account', async () => {
    const PolicyDocument = JSON.stringify(allow('iam:ListGroups'));
    await must(second.root, 'keyshift', 'PutAccountGuardrail', { PolicyDocument });
    expect(await outcome(second.root, 'iam', 'ListUsers')).toContain('403 AccessDenied');
    expect(await outcome(keyshift.root, 'iam', 'ListUsers')).toBe('ok');
    expect(await outcome(keyshift.root, 'keyshift', 'GetAccountGuardrail')).toContain('404 NoSuchEntity');
    await must(second.root, 'keyshift', 'DeleteAccountGuardrail');
  });
});
