// biome-ignore-all lint/suspicious/noTemplateCurlyInString: policy variables look like templates.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ask, makeUser, must } from './support/api.ts';
import { Keyshift } from './support/keyshift.ts';
import { run } from './support/run.ts';

/** Who can get a login, why somebody cannot, and lint, over HTTP and by the commands. */

const CLI = new URL('../../dist/cli.js', import.meta.url).pathname;
const ACCOUNT = 'arn:aws:iam::123456789012';
const DB = (kind: string, name: string) =>
  `arn:aws:redshift:us-west-2:123456789012:${kind}:examplecluster/${name}`;
const GET = 'redshift:GetClusterCredentials';
const policy = (...Statement: object[]): object => ({ Version: '2012-10-17', Statement });
const allow = (Action: unknown, Resource: unknown, Condition?: object) => ({
  Effect: 'Allow',
  Action,
  Resource,
  ...(Condition === undefined ? {} : { Condition }),
});

let keyshift: Keyshift;

beforeAll(async () => {
  keyshift = await Keyshift.start();
  const { root } = keyshift;
  const login = policy(
    allow(GET, [DB('dbuser', '${aws:username}'), DB('dbname', 'exampledb')], {
      StringEquals: { 'redshift:DbName': 'exampledb' },
      IpAddress: { 'aws:SourceIp': '10.0.0.0/8' },
    }),
    allow('redshift:JoinGroup', DB('dbgroup', 'analysts')),
  );
  await must(root, 'iam', 'CreateGroup', { GroupName: 'people' });
  await must(root, 'iam', 'PutGroupPolicy', {
    GroupName: 'people',
    PolicyName: 'login',
    PolicyDocument: JSON.stringify(login),
  });
  for (const name of ['ann', 'bob']) {
    await makeUser(root, name);
    await must(root, 'iam', 'AddUserToGroup', { GroupName: 'people', UserName: name });
  }
  await makeUser(root, 'chief', policy(allow('*', '*')));
  await makeUser(root, 'guest', policy(allow('iam:*', '*')));
});
afterAll(() => keyshift?.close());

async function keyshiftCommand(...words: string[]) {
  const { code, stdout, stderr } = await run(process.execPath, [CLI, ...words], {
    KEYSHIFT_DATA_DIR: keyshift.dataDir,
  });
  return { code, text: (code === 0 ? stdout : stderr).trim() };
}

interface Line {
  readonly principal: string;
  readonly verdict: string;
  readonly ways: readonly (readonly string[])[];
  readonly grants: readonly object[];
}

async function whoCan(question: Record<string, string>): Promise<Line[]> {
  const answer = await must(keyshift.root, 'keyshift', 'WhoCanGetCredentials', question);
  return answer.texts('member').map((line) => JSON.parse(line));
}

describe('who can', () => {
  test('lists everybody who can log in as a database user, with the conditions and the policies', async () => {
    const found = await whoCan({ DbUser: 'ann' });
    expect(found.map(({ principal, verdict }) => [principal, verdict])).toEqual([
      [`${ACCOUNT}:root`, 'always'],
      [`${ACCOUNT}:user/ann`, 'conditional'],
      [`${ACCOUNT}:user/chief`, 'always'],
    ]);
    expect(found[1]).toMatchObject({
      ways: [['the database is exampledb', 'the source address is in 10.0.0.0/8']],
      grants: [{ policy: 'login', group: 'people' }],
      example: { 'redshift:dbname': 'exampledb' },
    });
  });

  test('lists those who can join a group, with the users that they log in as', async () => {
    const found = await whoCan({ 'DbGroups.DbGroup.1': 'analysts' });
    const ann = found.find(({ principal }) => principal.endsWith('/ann'));
    expect(ann?.ways[0]).toContain('the database user is ann');
    expect(await whoCan({ 'DbGroups.DbGroup.1': 'admins' })).toHaveLength(2);
  });

  test('knows the database that is asked about, and prints for people', async () => {
    expect(await whoCan({ DbUser: 'ann', DbName: 'other' })).toHaveLength(2);
    const { text } = await keyshiftCommand(
      'who-can',
      'get-credentials',
      '--db-user',
      'ann',
      '--db-name',
      'exampledb',
    );
    expect(text.split('\n')).toEqual([
      `${ACCOUNT}:root in examplecluster: always`,
      `${ACCOUNT}:user/ann in examplecluster, if`,
      '  the source address is in 10.0.0.0/8',
      '  by login of group people',
      `${ACCOUNT}:user/chief in examplecluster: always`,
      '  by policy',
    ]);
  });

  test('gives pages, of which none repeats or skips anybody', async () => {
    const seen: string[] = [];
    let marker: string | undefined;
    do {
      const answer = await must(keyshift.root, 'keyshift', 'WhoCanGetCredentials', {
        'DbGroups.DbGroup.1': 'analysts',
        MaxItems: '1',
        ...(marker === undefined ? {} : { Marker: marker }),
      });
      const lines: Line[] = answer.texts('member').map((line) => JSON.parse(line));
      expect(lines.length).toBeLessThanOrEqual(1);
      seen.push(...lines.map(({ principal }) => principal));
      marker = answer.texts('Marker')[0];
    } while (marker !== undefined);
    expect(seen).toEqual(['root', 'user/ann', 'user/bob', 'user/chief'].map((name) => `${ACCOUNT}:${name}`));
  });

  test('sees a change at once', async () => {
    await must(keyshift.root, 'iam', 'RemoveUserFromGroup', { GroupName: 'people', UserName: 'bob' });
    expect((await whoCan({ DbUser: 'bob' })).map(({ principal }) => principal)).toEqual([
      `${ACCOUNT}:root`,
      `${ACCOUNT}:user/chief`,
    ]);
    await must(keyshift.root, 'iam', 'AddUserToGroup', { GroupName: 'people', UserName: 'bob' });
    expect(await whoCan({ DbUser: 'bob' })).toHaveLength(3);
  });

  test('lists a role as its sessions, with whom it trusts', async () => {
    const { root } = keyshift;
    const trust = policy({
      Effect: 'Allow',
      Principal: { AWS: `${ACCOUNT}:user/ann` },
      Action: 'sts:AssumeRole',
    });
    await must(root, 'iam', 'CreateRole', {
      RoleName: 'app',
      AssumeRolePolicyDocument: JSON.stringify(trust),
    });
    await must(root, 'iam', 'PutRolePolicy', {
      RoleName: 'app',
      PolicyName: 'login',
      PolicyDocument: JSON.stringify(
        policy(allow(GET, '*', { StringLike: { 'aws:userid': '*:${redshift:DbUser}' } })),
      ),
    });
    const found = await whoCan({ DbUser: 'zoe' });
    expect(found.find(({ principal }) => principal === `${ACCOUNT}:role/app`)).toMatchObject({
      type: 'role',
      verdict: 'conditional',
      ways: [['aws:userid is like *:zoe']],
      trusts: [`${ACCOUNT}:user/ann`],
    });
    await must(root, 'iam', 'DeleteRolePolicy', { RoleName: 'app', PolicyName: 'login' });
    await must(root, 'iam', 'DeleteRole', { RoleName: 'app' });
  });

  test('says why not', async () => {
    const ask = async (name: string, ...words: string[]) =>
      (
        await keyshiftCommand(
          'why-not',
          'get-credentials',
          '--principal',
          `${ACCOUNT}:user/${name}`,
          ...words,
        )
      ).text;
    expect(await ask('guest', '--db-user', 'ann')).toContain(
      'no policy allows redshift:getclustercredentials',
    );
    expect(await ask('bob', '--db-user', 'ann')).toContain('allowed only on other resources');
    expect(await ask('ann', '--db-user', 'ann')).toMatch(/^It can:\n/);
    expect(await ask('nobody', '--db-user', 'ann')).toContain('cannot be found');
  });

  test('asks for a permission of its own, for a name and for an existing cluster', async () => {
    const { root } = keyshift;
    const guest = await makeUser(root, 'visitor', policy(allow('iam:*', '*')));
    const refused = await ask(guest, 'keyshift', 'WhoCanGetCredentials', { DbUser: 'ann' });
    expect([refused.status, refused.code]).toEqual([403, 'AccessDenied']);
    const codeOf = async (parameters: Record<string, string>) =>
      (await ask(root, 'keyshift', 'WhoCanGetCredentials', parameters)).code;
    expect(await codeOf({})).toBe('InvalidParameterCombination');
    expect(await codeOf({ DbUser: 'a b' })).toBe('InvalidParameterValue');
    expect(await codeOf({ DbUser: 'ann', ClusterIdentifier: 'none' })).toBe('ClusterNotFound');
    expect(await codeOf({ DbUser: 'ann', Marker: 'a b c' })).toBe('InvalidParameterValue');
  });
});

describe('LintPolicy', () => {
  test('knows the master user of the cluster', async () => {
    const document = policy(allow(GET, DB('dbuser', 'a*')));
    const answer = await must(keyshift.root, 'keyshift', 'LintPolicy', {
      PolicyDocument: JSON.stringify(document),
    });
    expect(answer.text).toContain(
      '<Id>login-reaches-superuser</Id><Severity>danger</Severity><Statement>1</Statement>',
    );
    expect(answer.text).toContain('<Id>login-any-database</Id>');
  });

  test('refuses what IAM refuses', async () => {
    const refused = await ask(keyshift.root, 'keyshift', 'LintPolicy', { PolicyDocument: '{}' });
    expect([refused.status, refused.code]).toEqual([400, 'MalformedPolicyDocument']);
  });
});
