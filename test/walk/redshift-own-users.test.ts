import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Endpoint } from '../../src/client/call.ts';
import { askServerless, ask as call, makeUser, must, type Received } from './support/api.ts';
import { Keyshift } from './support/keyshift.ts';
import { ask, issue, loginRefusal } from './support/logins.ts';

// Credentials for the database user who stands for the caller, by GetClusterCredentialsWithIAM and by the serverless
// twin in the JSON protocol, and custom domain names that both may use in the place of the cluster.

let keyshift: Keyshift;
let root: Endpoint;
let ada: Endpoint;

const ALLOW_ALL = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] };
const CLUSTER = 'examplecluster';
const DOMAIN = 'data.example.com';
const CERTIFICATE = 'arn:aws:acm:us-east-1:123456789012:certificate/0123-4567';

beforeAll(async () => {
  keyshift = await Keyshift.start();
  root = keyshift.root;
  ada = await makeUser(root, 'ada', ALLOW_ALL);
});
afterAll(async () => {
  await keyshift?.close();
});

const json = (answer: Received): unknown => JSON.parse(answer.text);

async function own(caller: Endpoint, more: Record<string, string> = {}) {
  const answer = await must(caller, 'redshift', 'GetClusterCredentialsWithIAM', {
    ...(more['CustomDomainName'] === undefined ? { ClusterIdentifier: CLUSTER } : {}),
    ...more,
  });
  const [user = ''] = answer.texts('DbUser');
  const [password = ''] = answer.texts('DbPassword');
  return { user, password };
}

describe('GetClusterCredentialsWithIAM', () => {
  test('gives the login of the database user of the caller, who is made at login and owns what it makes', async () => {
    const login = await own(ada);
    expect(login.user).toBe('IAM:ada');
    const [who] = await ask(
      keyshift,
      login,
      'SELECT current_user::text, session_user::text, keyshift.session_user_name()::text AS logical',
    );
    expect(who).toEqual({ current_user: 'IAM:ada', session_user: 'IAM:ada', logical: 'IAM:ada' });
    await ask(keyshift, login, 'CREATE TABLE made_by_ada (n int)');
    const [owner] = await ask(
      keyshift,
      login,
      `SELECT tableowner FROM pg_tables WHERE tablename = 'made_by_ada'`,
    );
    expect(owner).toEqual({ tableowner: 'IAM:ada' });
  });

  test('is another user than the one whom GetClusterCredentials names ada', async () => {
    const named = await issue(keyshift, { dbUser: 'ada', autoCreate: true });
    expect(named.user).toBe('IAMA:ada');
    const plainName = await issue(keyshift, { dbUser: 'ada' });
    expect(plainName.user).toBe('IAM:ada');
    const [who] = await ask(keyshift, named, 'SELECT current_user::text');
    expect(who).toEqual({ current_user: 'ada' });
    // The same login name, and the credential tells the two apart.
    const both = await Promise.all(
      [plainName, await own(ada)].map((login) => ask(keyshift, login, 'SELECT current_user::text')),
    );
    expect(both).toEqual([[{ current_user: 'ada' }], [{ current_user: 'IAM:ada' }]]);
  });

  test('lets the database user be given rights under its name, and its password stays without use', async () => {
    const master = await issue(keyshift, { dbUser: 'awsuser' });
    await ask(
      keyshift,
      master,
      'GRANT SELECT ON example.sales TO "IAM:ada"; GRANT USAGE ON SCHEMA example TO "IAM:ada"',
    );
    const [sales] = await ask(keyshift, await own(ada), 'SELECT count(*)::int FROM example.sales');
    expect(sales).toEqual({ count: expect.any(Number) });
    await ask(keyshift, master, `ALTER USER "IAM:ada" PASSWORD 'Password1'`);
    const refused = await loginRefusal(keyshift, { user: 'IAM:ada', password: 'Password1' });
    expect(refused).toMatchObject({ code: '28000' });
  });

  test('lets the database user be made beforehand, in SQL', async () => {
    const master = await issue(keyshift, { dbUser: 'awsuser' });
    await ask(keyshift, master, 'CREATE USER "IAMR:Analyst" PASSWORD DISABLE; DROP USER "IAMR:Analyst"');
    const group = ask(keyshift, master, 'CREATE GROUP "IAM:group"');
    await expect(group).rejects.toMatchObject({ code: '42939' });
  });

  test('is decided on the database, where one is named, and on everything where none is', async () => {
    const ben = await makeUser(root, 'ben', {
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Action: 'redshift:GetClusterCredentialsWithIAM',
          Resource: `arn:aws:redshift:*:*:dbname:${CLUSTER}/exampledb`,
        },
      ],
    });
    const login = await own(ben, { DbName: 'exampledb' });
    expect(login.user).toBe('IAM:ben');
    const other = await loginRefusal(keyshift, login, { database: 'postgres' });
    expect(other.detail).toBe('The credentials are not for the database "postgres".');
    for (const more of [{}, { DbName: 'other' }]) {
      const refused = await call(ben, 'redshift', 'GetClusterCredentialsWithIAM', {
        ClusterIdentifier: CLUSTER,
        ...more,
      });
      expect([refused.status, refused.code]).toEqual([403, 'AccessDenied']);
    }
  });

  test('can be limited in time by policy', async () => {
    const brief = { NumericLessThanEquals: { 'redshift:DurationSeconds': '900' } };
    const carol = await makeUser(root, 'carol', {
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: 'redshift:*', Resource: '*', Condition: brief }],
    });
    expect((await own(carol)).user).toBe('IAM:carol');
    const longer = { ClusterIdentifier: CLUSTER, DurationSeconds: '901' };
    const refused = await call(carol, 'redshift', 'GetClusterCredentialsWithIAM', longer);
    expect(refused.code).toBe('AccessDenied');
  });

  test.each<[Record<string, string>, number, string]>([
    [{ DurationSeconds: '899' }, 400, 'InvalidParameterValue'],
    [{ DurationSeconds: '3601' }, 400, 'InvalidParameterValue'],
    [{ DbName: '1st' }, 400, 'InvalidParameterValue'],
    [{ ClusterIdentifier: 'nowhere' }, 404, 'ClusterNotFound'],
    [{ ClusterIdentifier: '' }, 400, 'InvalidParameterCombination'],
    [
      { ClusterIdentifier: '', CustomDomainName: 'nobody.example.com' },
      404,
      'CustomDomainAssociationNotFoundFault',
    ],
  ])('refuses %j with %i %s', async (more, status, code) => {
    const answer = await call(ada, 'redshift', 'GetClusterCredentialsWithIAM', {
      ClusterIdentifier: CLUSTER,
      ...more,
    });
    expect([answer.status, answer.code]).toEqual([status, code]);
  });

  test('refuses a caller whose name is too long for PostgreSQL, and the root user is one of its own', async () => {
    const long = await makeUser(root, 'l'.repeat(60), ALLOW_ALL);
    const refused = await call(long, 'redshift', 'GetClusterCredentialsWithIAM', {
      ClusterIdentifier: CLUSTER,
    });
    expect([refused.status, refused.code]).toEqual([400, 'UnsupportedOperation']);
    expect(refused.message).toContain('Use GetClusterCredentials.');
    expect((await own(root)).user).toBe('IAM:RootIdentity');
  });
});

describe('GetCredentials of Redshift Serverless', () => {
  test('gives the same login for the workgroup of the cluster, and for the default one', async () => {
    for (const workgroupName of [CLUSTER, 'default']) {
      const answer = await askServerless(ada, 'GetCredentials', { workgroupName, dbName: 'exampledb' });
      expect(answer.status, answer.text).toBe(200);
      expect(answer.headers['content-type']).toBe('application/x-amz-json-1.1');
      const { dbUser, dbPassword, expiration } = json(answer) as Record<string, unknown>;
      expect(dbUser).toBe('IAM:ada');
      expect(Number(expiration) * 1000).toBeGreaterThan(Date.now() + 800_000);
      const login = { user: String(dbUser), password: String(dbPassword) };
      const [who] = await ask(keyshift, login, 'SELECT current_user::text');
      expect(who).toEqual({ current_user: 'IAM:ada' });
    }
  });

  test('is described by workgroup and namespace', async () => {
    const { workgroup } = json(await askServerless(ada, 'GetWorkgroup', { workgroupName: 'default' })) as {
      workgroup: Record<string, unknown>;
    };
    expect(workgroup).toMatchObject({
      workgroupName: 'default',
      status: 'AVAILABLE',
      endpoint: { address: 'localhost', port: keyshift.ready.gatewayPort },
      creationDate: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    });
    expect(json(await askServerless(ada, 'GetNamespace', { namespaceName: CLUSTER }))).toMatchObject({
      namespace: { namespaceName: CLUSTER, adminUsername: 'awsuser', status: 'AVAILABLE' },
    });
    expect(json(await askServerless(ada, 'ListWorkgroups', {}))).toMatchObject({
      workgroups: [{ workgroupName: CLUSTER, workgroupArn: workgroup['workgroupArn'] }],
    });
    expect(json(await askServerless(ada, 'ListNamespaces', {}))).toMatchObject({
      namespaces: [{ namespaceName: CLUSTER }],
    });
  });

  test('is decided on the workgroup, whichever of its names was used', async () => {
    const { workgroup } = json(await askServerless(ada, 'GetWorkgroup', { workgroupName: CLUSTER })) as {
      workgroup: { workgroupArn: string };
    };
    const dave = await makeUser(root, 'dave', {
      Version: '2012-10-17',
      Statement: [
        { Effect: 'Allow', Action: 'redshift-serverless:GetCredentials', Resource: workgroup.workgroupArn },
      ],
    });
    for (const workgroupName of [CLUSTER, 'default']) {
      expect((await askServerless(dave, 'GetCredentials', { workgroupName })).status).toBe(200);
    }
    const refused = await askServerless(dave, 'GetCredentials', { workgroupName: 'other' });
    expect([refused.status, refused.headers['x-amzn-errortype']]).toEqual([400, 'AccessDeniedException']);
    expect(json(refused)).toMatchObject({
      __type: 'AccessDeniedException',
      message: expect.stringContaining('is not authorized to perform: redshift-serverless:GetCredentials'),
    });
  });

  test.each<[string, unknown, string]>([
    ['GetCredentials', {}, 'ValidationException'],
    ['GetCredentials', { workgroupName: 'no' }, 'ValidationException'],
    ['GetCredentials', { workgroupName: CLUSTER, durationSeconds: 60 }, 'ValidationException'],
    ['GetCredentials', { workgroupName: CLUSTER, durationSeconds: '900' }, 'SerializationException'],
    ['GetCredentials', { workgroupName: 'nowhere' }, 'ResourceNotFoundException'],
    ['GetCredentials', { customDomainName: 'nobody.example.com' }, 'ResourceNotFoundException'],
    ['GetWorkgroup', { workgroupName: 'nowhere' }, 'ResourceNotFoundException'],
    ['GetWorkgroup', {}, 'ValidationException'],
    ['GetNamespace', { namespaceName: 'nowhere' }, 'ResourceNotFoundException'],
    ['ListWorkgroups', { nextToken: 'nonsense' }, 'ValidationException'],
    ['CreateWorkgroup', {}, 'UnknownOperationException'],
  ])('%s with %j answers %s', async (operation, input, code) => {
    const answer = await askServerless(ada, operation, input);
    expect([answer.status, answer.headers['x-amzn-errortype']]).toEqual([400, code]);
  });

  test('refuses a wrong signature and a missing one by the names of the JSON protocol', async () => {
    const wrong = await askServerless(
      { ...ada, secretAccessKey: root.secretAccessKey },
      'ListWorkgroups',
      {},
    );
    expect(wrong.headers['x-amzn-errortype']).toBe('InvalidSignatureException');
    const unknown = await askServerless(
      { ...ada, accessKeyId: 'AKIAAAAAAAAAAAAAAAAA' },
      'ListWorkgroups',
      {},
    );
    expect(unknown.headers['x-amzn-errortype']).toBe('UnrecognizedClientException');
  });
});

describe('a custom domain name', () => {
  const association = {
    ClusterIdentifier: CLUSTER,
    CustomDomainName: DOMAIN,
    CustomDomainCertificateArn: CERTIFICATE,
  };
  const describeDomain = (name?: string) =>
    call(
      ada,
      'redshift',
      'DescribeCustomDomainAssociations',
      name === undefined ? {} : { CustomDomainName: name },
    );

  test('that nobody has is always an error, also when there is none at all', async () => {
    for (const name of [undefined, '', DOMAIN, 'localhost']) {
      const answer = await describeDomain(name);
      expect([answer.status, answer.code]).toEqual([404, 'CustomDomainAssociationNotFoundFault']);
    }
  });

  test('stands for its cluster in all calls for credentials, and in the certificate', async () => {
    const created = await must(ada, 'redshift', 'CreateCustomDomainAssociation', association);
    expect(created.texts('CustomDomainName')).toEqual([DOMAIN]);
    const found = await describeDomain(DOMAIN.toUpperCase());
    expect(found.texts('ClusterIdentifier')).toEqual([CLUSTER]);
    expect((await describeDomain('')).code).toBe('CustomDomainAssociationNotFoundFault');
    const withIam = await own(ada, { CustomDomainName: DOMAIN });
    const named = await must(ada, 'redshift', 'GetClusterCredentials', {
      CustomDomainName: DOMAIN,
      DbUser: 'temp_creds_user',
      DbGroups: '',
    });
    const [user = ''] = named.texts('DbUser');
    const [password = ''] = named.texts('DbPassword');
    const again = json(await askServerless(ada, 'GetCredentials', { customDomainName: DOMAIN })) as {
      dbUser: string;
    };
    expect([withIam.user, user, again.dbUser]).toEqual(['IAM:ada', 'IAM:temp_creds_user', 'IAM:ada']);
    const [who] = await ask(keyshift, { user, password }, 'SELECT current_user::text', {
      serverName: DOMAIN,
    });
    expect(who).toEqual({ current_user: 'temp_creds_user' });
    await expect(
      ask(keyshift, { user, password }, 'SELECT 1', { serverName: 'other.example.com' }),
    ).rejects.toMatchObject({
      code: 'ERR_TLS_CERT_ALTNAME_INVALID',
    });
  });

  test('of the gateway itself stands for the only cluster, as the JDBC driver asks after DescribeClusters', async () => {
    const asked = { CustomDomainName: 'LOCALHOST', DbUser: 'temp_creds_user' };
    expect((await must(ada, 'redshift', 'GetClusterCredentials', asked)).texts('DbUser')).toEqual([
      'IAM:temp_creds_user',
    ]);
    const other = await call(ada, 'redshift', 'GetClusterCredentials', {
      ...asked,
      ClusterIdentifier: 'other',
    });
    expect(other.code).toBe('CustomDomainAssociationNotFoundFault');
  });

  test('is one for each cluster, and can be changed and taken away', async () => {
    const second = await call(ada, 'redshift', 'CreateCustomDomainAssociation', {
      ...association,
      CustomDomainName: 'more.example.com',
    });
    expect([second.status, second.code]).toEqual([400, 'CustomCnameAssociationFault']);
    const changed = await must(ada, 'redshift', 'ModifyCustomDomainAssociation', {
      ...association,
      CustomDomainCertificateArn: `${CERTIFICATE}9`,
    });
    expect(changed.texts('CustomDomainCertificateArn')).toEqual([`${CERTIFICATE}9`]);
    const { CustomDomainCertificateArn: _, ...named } = association;
    await must(ada, 'redshift', 'DeleteCustomDomainAssociation', named);
    for (const action of ['DeleteCustomDomainAssociation', 'ModifyCustomDomainAssociation']) {
      const gone = await call(ada, 'redshift', action, association);
      expect([gone.status, gone.code]).toEqual([404, 'CustomDomainAssociationNotFoundFault']);
    }
  });

  test.each([
    [{ CustomDomainName: 'nodots' }, 'InvalidParameterValue'],
    [{ CustomDomainName: '*.example.com' }, 'InvalidParameterValue'],
    [{ CustomDomainName: `${'a'.repeat(64)}.example.com` }, 'InvalidParameterValue'],
    [{ CustomDomainCertificateArn: 'certificate' }, 'InvalidParameterValue'],
    [{ ClusterIdentifier: 'nowhere' }, 'ClusterNotFound'],
  ])('with %j is refused with %s', async (more, code) => {
    expect(
      (await call(ada, 'redshift', 'CreateCustomDomainAssociation', { ...association, ...more })).code,
    ).toBe(code);
  });
});

test('a cluster that is not there is told with the name that was meant, to those who may see that one', async () => {
  const wrong = { ClusterIdentifier: 'exampleclustre', DbUser: 'temp_creds_user' };
  const told = await call(ada, 'redshift', 'GetClusterCredentials', wrong);
  expect([told.status, told.message]).toEqual([
    404,
    'Cluster exampleclustre not found. There is a cluster examplecluster.',
  ]);
  const blind = await makeUser(root, 'blind', {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: 'redshift:GetClusterCredentials', Resource: '*' }],
  });
  expect((await call(blind, 'redshift', 'GetClusterCredentials', wrong)).message).toBe(
    'Cluster exampleclustre not found.',
  );
});

describe('an authentication profile', () => {
  const profile = {
    AuthenticationProfileName: 'analysts',
    AuthenticationProfileContent: '{"DbUser":"temp_creds_user"}',
  };
  const name = { AuthenticationProfileName: 'analysts' };

  test('is made, described, changed and deleted', async () => {
    await must(ada, 'redshift', 'CreateAuthenticationProfile', profile);
    const again = await call(ada, 'redshift', 'CreateAuthenticationProfile', profile);
    expect([again.status, again.code]).toEqual([400, 'AuthenticationProfileAlreadyExistsFault']);
    const told = await must(ada, 'redshift', 'DescribeAuthenticationProfiles', name);
    expect(told.texts('AuthenticationProfileContent')).toEqual([profile.AuthenticationProfileContent]);
    await must(ada, 'redshift', 'ModifyAuthenticationProfile', {
      ...name,
      AuthenticationProfileContent: '{}',
    });
    const all = await must(ada, 'redshift', 'DescribeAuthenticationProfiles');
    expect(all.texts('AuthenticationProfileContent')).toEqual(['{}']);
    await must(ada, 'redshift', 'DeleteAuthenticationProfile', name);
    for (const action of ['Describe', 'Modify', 'Delete']) {
      const operation = `${action}AuthenticationProfile${action === 'Describe' ? 's' : ''}`;
      const gone = await call(ada, 'redshift', operation, profile);
      expect([gone.status, gone.code]).toEqual([404, 'AuthenticationProfileNotFoundFault']);
    }
    expect((await must(ada, 'redshift', 'DescribeAuthenticationProfiles')).status).toBe(200);
  });

  test.each([
    [{ AuthenticationProfileName: 'a b' }],
    [{ AuthenticationProfileName: 'a'.repeat(64) }],
    [{ AuthenticationProfileContent: 'no json' }],
    [{ AuthenticationProfileContent: '[]' }],
  ])('with %j is refused', async (more) => {
    const refused = await call(ada, 'redshift', 'CreateAuthenticationProfile', { ...profile, ...more });
    expect([refused.status, refused.code]).toEqual([400, 'InvalidAuthenticationProfileRequestFault']);
  });
});
