import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Endpoint } from '../../src/client/call.ts';
import { askJson, ask as call, makeUser, must, type Parameters, type Received } from './support/api.ts';
import { Keyshift } from './support/keyshift.ts';
import { ask, issue, loginRefusal } from './support/logins.ts';

// What Redshift's API does to clusters, seen from the API and from inside the database.

let keyshift: Keyshift;
let root: Endpoint;

const CLUSTER = { ClusterIdentifier: 'examplecluster' };

beforeAll(async () => {
  keyshift = await Keyshift.start();
  root = keyshift.root;
});
afterAll(async () => {
  await keyshift?.close();
});

const redshift = (action: string, parameters: Parameters = {}): Promise<Received> =>
  must(root, 'redshift', action, parameters);

async function refused(action: string, parameters: Parameters = {}): Promise<[number, string]> {
  const answer = await call(root, 'redshift', action, parameters);
  return [answer.status, answer.code];
}

async function described(element: string, cluster: Parameters = CLUSTER): Promise<string | undefined> {
  return (await redshift('DescribeClusters', cluster)).texts(element)[0];
}

async function until(status: string, cluster: Parameters = CLUSTER): Promise<void> {
  const deadline = AbortSignal.timeout(30_000);
  while ((await described('ClusterStatus', cluster)) !== status) {
    deadline.throwIfAborted();
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

const asUser = async <Row extends object>(sql: string): Promise<Row[]> =>
  ask<Row>(keyshift, await issue(keyshift, { dbGroups: ['example_group'] }), sql);

describe('a cluster', () => {
  test('that is paused takes no logins, gives no credentials, and has everything when it is resumed', async () => {
    const before = await issue(keyshift);
    await asUser('CREATE TABLE kept (n int); INSERT INTO kept VALUES (7)');
    expect((await redshift('PauseCluster', CLUSTER)).texts('ClusterStatus')).toEqual(['pausing']);
    await until('paused');
    expect(await described('ClusterAvailabilityStatus')).toBe('Unavailable');
    expect(await loginRefusal(keyshift, before)).toMatchObject({ code: 'ECONNREFUSED' });
    expect(await refused('GetClusterCredentials', { ...CLUSTER, DbUser: 'temp_creds_user' })).toEqual([
      400,
      'UnsupportedOperation',
    ]);
    expect(await refused('PauseCluster', CLUSTER)).toEqual([400, 'InvalidClusterState']);
    expect(await refused('RebootCluster', CLUSTER)).toEqual([400, 'InvalidClusterState']);
    await redshift('ResumeCluster', CLUSTER);
    await until('available');
    expect(await asUser('SELECT n FROM kept')).toEqual([{ n: 7 }]);
    // A credential from before the pause goes on working.
    expect(await ask(keyshift, before, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    expect(await refused('ResumeCluster', CLUSTER)).toEqual([400, 'InvalidClusterState']);
  });

  test('that is paused stays so over a restart of Keyshift', async () => {
    await redshift('PauseCluster', CLUSTER);
    await until('paused');
    await keyshift.stop();
    keyshift = await keyshift.again();
    root = keyshift.root;
    expect(await described('ClusterStatus')).toBe('paused');
    await redshift('ResumeCluster', CLUSTER);
    await until('available');
    const port = Number(await described('Port'));
    expect(await ask(keyshift, await issue(keyshift), 'SELECT 1 AS one', { port })).toEqual([{ one: 1 }]);
    await keyshift.stop();
    keyshift = await keyshift.again();
    root = keyshift.root;
  });

  test('that is rebooted ends its sessions and is there again', async () => {
    const [before] = await asUser<{ at: string }>('SELECT pg_postmaster_start_time()::text AS at');
    expect((await redshift('RebootCluster', CLUSTER)).texts('ClusterStatus')).toEqual(['rebooting']);
    await until('available');
    const [after] = await asUser<{ at: string }>('SELECT pg_postmaster_start_time()::text AS at');
    expect(after?.at).not.toBe(before?.at);
  });

  test('gives back what it cannot do anything with', async () => {
    await redshift('ModifyCluster', {
      ...CLUSTER,
      AllowVersionUpgrade: 'false',
      AutomatedSnapshotRetentionPeriod: '7',
      EnhancedVpcRouting: 'true',
      NodeType: 'ra3.large',
      NumberOfNodes: '2',
      PreferredMaintenanceWindow: 'Mon:01:00-Mon:01:30',
      PubliclyAccessible: 'true',
      'VpcSecurityGroupIds.VpcSecurityGroupId.1': 'sg-1',
    });
    const answer = await redshift('DescribeClusters', CLUSTER);
    const elements = [
      'AllowVersionUpgrade',
      'AutomatedSnapshotRetentionPeriod',
      'EnhancedVpcRouting',
      'NodeType',
      'NumberOfNodes',
      'PreferredMaintenanceWindow',
      'PubliclyAccessible',
      'VpcSecurityGroupId',
      'MultiAZ',
    ].map((element) => answer.texts(element)[0]);
    expect(elements).toEqual([
      'false',
      '7',
      'true',
      'ra3.large',
      '2',
      'mon:01:00-mon:01:30',
      'true',
      'sg-1',
      'disabled',
    ]);
    expect(answer.texts('NodeRole')).toEqual(['LEADER', 'COMPUTE-0', 'COMPUTE-1']);
  });

  test.each<[Parameters, string]>([
    [{ NewClusterIdentifier: 'renamed' }, 'UnsupportedOperation'],
    [{ ElasticIp: '1.2.3.4' }, 'UnsupportedOperation'],
    [{ ManageMasterPassword: 'true' }, 'UnsupportedOperation'],
    [{ PreferredMaintenanceWindow: 'whenever' }, 'InvalidParameterValue'],
    [{ NumberOfNodes: '0' }, 'InvalidParameterValue'],
    [{ Port: '80' }, 'InvalidParameterValue'],
    [{ Port: '40000' }, 'InvalidParameterValue'],
    [{ ClusterParameterGroupName: 'nowhere' }, 'ClusterParameterGroupNotFound'],
    [{ MasterUserPassword: 'weak' }, 'InvalidParameterValue'],
  ])('cannot be modified with %j: %s', async (more, code) => {
    expect((await refused('ModifyCluster', { ...CLUSTER, ...more }))[1]).toBe(code);
  });

  test('moves to another port, and names a free one for a port that is taken', async () => {
    const port = Number(await described('Port'));
    const taken = await call(root, 'redshift', 'CreateCluster', {
      ClusterIdentifier: 'second',
      NodeType: 'dc2.large',
      MasterUsername: 'awsuser',
      MasterUserPassword: 'Password1',
      Port: String(port),
    });
    expect([taken.status, taken.code]).toEqual([400, 'InvalidParameterValue']);
    const free = /(\d+) is free/.exec(taken.message)?.[1] ?? '';
    await redshift('ModifyCluster', { ...CLUSTER, Port: free });
    await until('available');
    expect(await described('Port')).toBe(free);
    const login = await issue(keyshift);
    expect(await ask(keyshift, login, 'SELECT 1 AS one', { port: Number(free) })).toEqual([{ one: 1 }]);
    await redshift('ModifyCluster', { ...CLUSTER, Port: String(port) });
    await until('available');
    expect(await ask(keyshift, login, 'SELECT 1 AS one', { port })).toEqual([{ one: 1 }]);
  });

  test('has IAM roles, of which one may be the default', async () => {
    const [a, b] = ['arn:aws:iam::123456789012:role/a', 'arn:aws:iam::123456789012:role/path/b'];
    await redshift('ModifyClusterIamRoles', {
      ...CLUSTER,
      'AddIamRoles.IamRoleArn.1': a,
      DefaultIamRoleArn: b,
    });
    const added = await redshift('DescribeClusters', CLUSTER);
    expect([added.texts('IamRoleArn'), added.texts('DefaultIamRoleArn')]).toEqual([[a, b], [b]]);
    await redshift('ModifyClusterIamRoles', { ...CLUSTER, 'RemoveIamRoles.IamRoleArn.1': b });
    const removed = await redshift('DescribeClusters', CLUSTER);
    expect([removed.texts('IamRoleArn'), removed.texts('DefaultIamRoleArn')]).toEqual([[a], []]);
    const bad = { ...CLUSTER, 'AddIamRoles.IamRoleArn.1': 'role' };
    expect(await refused('ModifyClusterIamRoles', bad)).toEqual([400, 'InvalidParameterValue']);
  });
});

describe('a parameter group', () => {
  const GROUP = { ParameterGroupName: 'analytics' };
  const parameter = (n: number, name: string, value: string): Parameters => ({
    [`Parameters.Parameter.${n}.ParameterName`]: name,
    [`Parameters.Parameter.${n}.ParameterValue`]: value,
  });

  test('has effect in sessions after a reboot, with groups and without, and none after a reset', async () => {
    await redshift('CreateClusterParameterGroup', {
      ...GROUP,
      ParameterGroupFamily: 'redshift-1.0',
      Description: 'for analysts',
    });
    await redshift('ModifyClusterParameterGroup', {
      ...GROUP,
      ...parameter(1, 'statement_timeout', '12345'),
      ...parameter(2, 'search_path', 'example, "$user", public'),
      ...parameter(3, 'datestyle', 'ISO, DMY'),
      ...parameter(4, 'require_ssl', 'true'),
      ...parameter(5, 'auto_analyze', 'false'),
      ...parameter(6, 'query_group', "it's etl"),
      ...parameter(7, 'extra_float_digits', '0'),
    });
    await redshift('ModifyCluster', { ...CLUSTER, ClusterParameterGroupName: 'analytics' });
    expect(await described('ParameterApplyStatus')).toBe('pending-reboot');
    await redshift('RebootCluster', CLUSTER);
    await until('available');
    expect(await described('ParameterApplyStatus')).toBe('in-sync');
    const sql = `SELECT current_setting('statement_timeout') AS timeout, current_setting('search_path') AS path,
      current_setting('datestyle') AS style`;
    expect(await ask(keyshift, await issue(keyshift), sql)).toEqual([
      { timeout: '12345ms', path: 'example, "$user", public', style: 'ISO, DMY' },
    ]);
    expect(await asUser(sql)).toEqual([
      { timeout: '12345ms', path: 'example, temp_creds_user, public', style: 'ISO, DMY' },
    ]);
    const others = `SELECT current_setting('autovacuum_analyze_threshold') AS analyze, 0.1::float8 + 0.2 AS sum`;
    expect(await asUser(others)).toEqual([{ analyze: '2147483647', sum: 0.3 }]);
    expect(await asUser('SHOW query_group')).toEqual([{ query_group: "it's etl" }]);
    // A session may still choose for itself.
    expect(await asUser(`SELECT set_config('statement_timeout', '0', false) AS value`)).toEqual([
      { value: '0' },
    ]);
    expect(await refused('DeleteClusterParameterGroup', GROUP)).toEqual([
      400,
      'InvalidClusterParameterGroupState',
    ]);
    await redshift('ResetClusterParameterGroup', { ...GROUP, ResetAllParameters: 'true' });
    expect(await described('ParameterApplyStatus')).toBe('pending-reboot');
    await redshift('ModifyCluster', { ...CLUSTER, ClusterParameterGroupName: 'default.redshift-1.0' });
    await redshift('RebootCluster', CLUSTER);
    await until('available');
    expect(await asUser(sql)).toEqual([
      { timeout: '0', path: ' temp_creds_user, public', style: 'ISO, MDY' },
    ]);
    expect(await asUser(others)).toEqual([{ analyze: '50', sum: 0.1 + 0.2 }]);
    expect(await asUser('SHOW query_group')).toEqual([{ query_group: 'unset' }]);
    await redshift('DeleteClusterParameterGroup', GROUP);
    expect(await refused('DescribeClusterParameters', GROUP)).toEqual([404, 'ClusterParameterGroupNotFound']);
  });

  test('tells its parameters, and which of them were set', async () => {
    await redshift('CreateClusterParameterGroup', {
      ParameterGroupName: 'told',
      ParameterGroupFamily: 'redshift-2.0',
      Description: 'd',
    });
    await redshift('ModifyClusterParameterGroup', {
      ParameterGroupName: 'told',
      ...parameter(1, 'query_group', 'etl'),
    });
    const all = await redshift('DescribeClusterParameters', { ParameterGroupName: 'told' });
    expect(all.texts('ParameterName')).toContain('wlm_json_configuration');
    const set = await redshift('DescribeClusterParameters', { ParameterGroupName: 'told', Source: 'user' });
    expect([set.texts('ParameterName'), set.texts('ParameterValue')]).toEqual([['query_group'], ['etl']]);
    const defaults = await redshift('DescribeDefaultClusterParameters', {
      ParameterGroupFamily: 'redshift-1.0',
    });
    expect(defaults.texts('ParameterName')).toEqual(all.texts('ParameterName'));
    const groups = await redshift('DescribeClusterParameterGroups');
    expect(groups.texts('ParameterGroupName')).toEqual(['default.redshift-1.0', 'told']);
    await redshift('DeleteClusterParameterGroup', { ParameterGroupName: 'told' });
  });

  test.each<[string, string]>([
    ['statement_timeout', '-1'],
    ['statement_timeout', '99'],
    ['require_ssl', 'maybe'],
    ['extra_float_digits', '3'],
    ['search_path', '"unclosed'],
    ['search_path', ''],
    ['datestyle', 'anything'],
    ['use_fips_ssl', 'true'],
    ['auto_analyze', 'sometimes'],
    ['shared_preload_libraries', 'evil'],
    ['archive_command', 'rm -rf /'],
  ])('does not take %s = %s', async (name, value) => {
    await call(root, 'redshift', 'CreateClusterParameterGroup', {
      ParameterGroupName: 'strict',
      ParameterGroupFamily: 'redshift-1.0',
      Description: 'd',
    });
    const change = { ParameterGroupName: 'strict', ...parameter(1, name, value) };
    expect(await refused('ModifyClusterParameterGroup', change)).toEqual([400, 'InvalidParameterValue']);
  });

  test('of the defaults cannot be changed or deleted', async () => {
    const byDefault = { ParameterGroupName: 'default.redshift-1.0' };
    const change = { ...byDefault, ...parameter(1, 'query_group', 'etl') };
    const code = 'InvalidClusterParameterGroupState';
    expect(await refused('ModifyClusterParameterGroup', change)).toEqual([400, code]);
    expect(await refused('DeleteClusterParameterGroup', byDefault)).toEqual([400, code]);
  });
});

describe('tags', () => {
  const arn = (kind: string, name: string): string =>
    `arn:aws:redshift:${root.region}:123456789012:${kind}:${name}`;
  const tag = (key: string, value: string, n = 1): Parameters => ({
    [`Tags.Tag.${n}.Key`]: key,
    [`Tags.Tag.${n}.Value`]: value,
  });

  test('of a cluster and of a group are set, described, found and taken away', async () => {
    await redshift('CreateClusterSubnetGroup', {
      ClusterSubnetGroupName: 'inside',
      Description: 'd',
      'SubnetIds.SubnetIdentifier.1': 'subnet-1a2b',
      ...tag('team', 'data'),
    });
    const cluster = arn('cluster', 'examplecluster');
    await redshift('CreateTags', {
      ResourceName: cluster,
      ...tag('team', 'core'),
      ...tag('stage', 'test', 2),
    });
    await redshift('CreateTags', { ResourceName: cluster, ...tag('team', 'analytics') });
    expect((await redshift('DescribeTags', { ResourceName: cluster })).texts('Value')).toEqual([
      'test',
      'analytics',
    ]);
    const all = await redshift('DescribeTags', { 'TagKeys.TagKey.1': 'team' });
    expect(all.texts('ResourceName')).toEqual([cluster, arn('subnetgroup', 'inside')]);
    const found = await redshift('DescribeClusters', { 'TagValues.TagValue.1': 'analytics' });
    expect(found.texts('ClusterIdentifier')).toEqual(['examplecluster']);
    expect(
      (await redshift('DescribeClusters', { 'TagKeys.TagKey.1': 'none' })).texts('ClusterIdentifier'),
    ).toEqual([]);
    await redshift('DeleteTags', { ResourceName: cluster, 'TagKeys.TagKey.1': 'team' });
    expect((await redshift('DescribeTags', { ResourceName: cluster })).texts('Key')).toEqual(['stage']);
    await redshift('DeleteClusterSubnetGroup', { ClusterSubnetGroupName: 'inside' });
  });

  test.each<[string, Parameters, string]>([
    ['nothing', tag('a', 'b'), 'ResourceNotFoundFault'],
    [
      `arn:aws:redshift:us-east-1:999999999999:cluster:examplecluster`,
      tag('a', 'b'),
      'ResourceNotFoundFault',
    ],
    ['CLUSTER', tag('aws:a', 'b'), 'InvalidTagFault'],
    ['CLUSTER', tag('', 'b'), 'InvalidTagFault'],
    ['CLUSTER', tag('a', 'b'.repeat(257)), 'InvalidTagFault'],
    [
      'CLUSTER',
      Object.assign({}, ...Array.from({ length: 51 }, (_, n) => tag(`k${n}`, 'v', n + 1))),
      'TagLimitExceededFault',
    ],
  ])('on %s, %j: %s', async (resource, tags, code) => {
    const ResourceName = resource === 'CLUSTER' ? arn('cluster', 'examplecluster') : resource;
    expect((await refused('CreateTags', { ResourceName, ...tags }))[1]).toBe(code);
  });

  test('can be limited by policy to some keys', async () => {
    const tagger = await makeUser(root, 'tagger', {
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Action: 'redshift:CreateTags',
          Resource: '*',
          Condition: { 'ForAllValues:StringEquals': { 'aws:TagKeys': ['stage'] } },
        },
      ],
    });
    const ResourceName = arn('cluster', 'examplecluster');
    expect(
      (await call(tagger, 'redshift', 'CreateTags', { ResourceName, ...tag('stage', 'x') })).status,
    ).toBe(200);
    expect((await call(tagger, 'redshift', 'CreateTags', { ResourceName, ...tag('team', 'x') })).code).toBe(
      'AccessDenied',
    );
  });
});

describe('the tags of a cluster are what policies ask for', () => {
  const tagged = (value: string) => ({ StringEquals: { 'aws:ResourceTag/Stage': value } });
  const statement = (Effect: string, Action: string | string[], Condition?: object) => ({
    Effect,
    Action,
    Resource: '*',
    ...(Condition === undefined ? {} : { Condition }),
  });
  const policy = (...Statement: object[]) => ({ Version: '2012-10-17', Statement });
  const CREDENTIALS = { ...CLUSTER, DbUser: 'temp_creds_user' };
  const OPERATIONS: [Parameters, string][] = [
    [CREDENTIALS, 'GetClusterCredentials'],
    [CLUSTER, 'GetClusterCredentialsWithIAM'],
    [CLUSTER, 'DescribeClusters'],
    [CLUSTER, 'DescribeLoggingStatus'],
  ];
  const retag = async (Value: string): Promise<void> => {
    const ResourceName = `arn:aws:redshift:${root.region}:123456789012:cluster:examplecluster`;
    await redshift('CreateTags', { ResourceName, 'Tags.Tag.1.Key': 'stage', 'Tags.Tag.1.Value': Value });
  };
  const codes = async (caller: Endpoint): Promise<string[]> =>
    Promise.all(
      OPERATIONS.map(async ([input, action]) => {
        const { status, code } = await call(caller, 'redshift', action, input);
        return status === 200 ? 'allowed' : code;
      }),
    );

  test('an Allow for one value and a Deny of another hold for its operations and credentials', async () => {
    const allowed = await makeUser(root, 'of_test', policy(statement('Allow', 'redshift:*', tagged('test'))));
    const denied = await makeUser(
      root,
      'not_prod',
      policy(statement('Allow', 'redshift:*'), statement('Deny', 'redshift:*', tagged('prod'))),
    );
    const everywhere = OPERATIONS.map(() => 'allowed');
    const nowhere = OPERATIONS.map(() => 'AccessDenied');
    await retag('test');
    expect([await codes(allowed), await codes(denied)]).toEqual([everywhere, everywhere]);
    await retag('prod');
    expect([await codes(allowed), await codes(denied)]).toEqual([nowhere, nowhere]);
    // Nor may whoever is kept out by a tag change it.
    const ResourceName = `arn:aws:redshift:${root.region}:123456789012:cluster:examplecluster`;
    const untag = { ResourceName, 'TagKeys.TagKey.1': 'stage' };
    expect((await call(denied, 'redshift', 'DeleteTags', untag)).code).toBe('AccessDenied');
  });

  test('for the Data API and Redshift Serverless, too', async () => {
    const denied = await makeUser(
      root,
      'not_prod_data',
      policy(statement('Allow', '*'), statement('Deny', ['redshift-data:*'], tagged('prod'))),
    );
    const noCredentials = await makeUser(
      root,
      'not_prod_serverless',
      policy(statement('Allow', '*'), statement('Deny', ['redshift-serverless:*'], tagged('prod'))),
    );
    const where = { Database: 'exampledb', ClusterIdentifier: 'examplecluster' };
    const run = { ...where, DbUser: 'temp_creds_user', Sql: 'SELECT 1' };
    const data = async (): Promise<number> =>
      (await askJson(denied, 'redshift-data', 'RedshiftData', 'ExecuteStatement', run)).status;
    const serverless = async (): Promise<number> =>
      (
        await askJson(noCredentials, 'redshift-serverless', 'RedshiftServerless', 'GetCredentials', {
          workgroupName: 'examplecluster',
        })
      ).status;
    await retag('test');
    expect([await data(), await serverless()]).toEqual([200, 200]);
    await retag('prod');
    expect([await data(), await serverless()]).toEqual([400, 400]);
  });

  test('and so do those who ask who can get credentials', async () => {
    await makeUser(
      root,
      'asked_about',
      policy(statement('Allow', 'redshift:GetClusterCredentials', tagged('test'))),
    );
    const able = async (): Promise<boolean> =>
      (await must(root, 'keyshift', 'WhoCanGetCredentials', { ...CLUSTER, DbUser: 'anybody' })).text.includes(
        'user/asked_about',
      );
    await retag('test');
    expect(await able()).toBe(true);
    await retag('prod');
    expect(await able()).toBe(false);
  });

  test('and tags that a new thing brings are those of the request', async () => {
    const maker = await makeUser(
      root,
      'maker',
      policy(
        statement('Allow', 'redshift:CreateCluster*', { StringEquals: { 'aws:RequestTag/team': 'data' } }),
        statement('Allow', 'redshift:DeleteClusterSecurityGroup', {
          StringEquals: { 'aws:ResourceTag/team': 'data' },
        }),
      ),
    );
    const group = (name: string) => ({ ClusterSecurityGroupName: name, Description: 'd' });
    const team = { 'Tags.Tag.1.Key': 'team', 'Tags.Tag.1.Value': 'data' };
    const make = async (input: Parameters): Promise<string> =>
      (await call(maker, 'redshift', 'CreateClusterSecurityGroup', input)).code;
    expect(await make(group('plain'))).toBe('AccessDenied');
    expect(await make({ ...group('ours'), ...team })).toBe('');
    await redshift('CreateClusterSecurityGroup', group('theirs'));
    const remove = async (name: string): Promise<number> =>
      (await call(maker, 'redshift', 'DeleteClusterSecurityGroup', { ClusterSecurityGroupName: name }))
        .status;
    expect([await remove('theirs'), await remove('ours')]).toEqual([403, 200]);
    await redshift('DeleteClusterSecurityGroup', { ClusterSecurityGroupName: 'theirs' });
    const cluster = {
      ClusterIdentifier: 'untagged',
      NodeType: 'dc2.large',
      MasterUsername: 'awsuser',
      MasterUserPassword: 'Password1',
    };
    expect((await call(maker, 'redshift', 'CreateCluster', cluster)).code).toBe('AccessDenied');
  });
});

describe('groups without effect', () => {
  test('of subnets and of security are kept, and hold while a cluster names them', async () => {
    const subnets = { ClusterSubnetGroupName: 'net' };
    await redshift('CreateClusterSubnetGroup', {
      ...subnets,
      Description: 'd',
      'SubnetIds.SubnetIdentifier.1': 'subnet-1',
    });
    await redshift('ModifyClusterSubnetGroup', { ...subnets, 'SubnetIds.SubnetIdentifier.1': 'subnet-2' });
    const told = await redshift('DescribeClusterSubnetGroups', subnets);
    expect([told.texts('SubnetIdentifier'), told.texts('SubnetGroupStatus')]).toEqual([
      ['subnet-2'],
      ['Complete'],
    ]);
    expect(
      await refused('CreateClusterSubnetGroup', {
        ...subnets,
        Description: 'd',
        'SubnetIds.SubnetIdentifier.1': 'subnet-1',
      }),
    ).toEqual([400, 'ClusterSubnetGroupAlreadyExists']);
    await redshift('DeleteClusterSubnetGroup', subnets);
    expect(await refused('DescribeClusterSubnetGroups', subnets)).toEqual([
      400,
      'ClusterSubnetGroupNotFoundFault',
    ]);
    const security = { ClusterSecurityGroupName: 'sec' };
    await redshift('CreateClusterSecurityGroup', { ...security, Description: 'd' });
    expect((await redshift('DescribeClusterSecurityGroups')).texts('ClusterSecurityGroupName')).toEqual([
      'sec',
    ]);
    await redshift('DeleteClusterSecurityGroup', security);
    expect(await refused('DeleteClusterSecurityGroup', security)).toEqual([
      404,
      'ClusterSecurityGroupNotFound',
    ]);
    // Rules that nothing would follow are not taken.
    expect(await refused('AuthorizeClusterSecurityGroupIngress', security)).toEqual([400, 'InvalidAction']);
  });
});

test('what there is to choose from is told', async () => {
  const options = await redshift('DescribeOrderableClusterOptions', { NodeType: 'ra3.large' });
  expect(options.texts('ClusterType')).toEqual(['multi-node', 'single-node']);
  expect((await redshift('DescribeClusterVersions')).texts('ClusterVersion')).toContain('1.0');
  expect((await redshift('DescribeClusterTracks')).texts('MaintenanceTrackName')).toEqual([
    'current',
    'trailing',
  ]);
  await redshift('DescribeNodeConfigurationOptions', { ActionType: 'recommend-node-config' });
});

describe('events', () => {
  test('tell what happened to a cluster, and no more than was asked for', async () => {
    await redshift('RebootCluster', CLUSTER);
    await until('available');
    const all = await redshift('DescribeEvents');
    expect(all.texts('EventId')).toContain('REDSHIFT-EVENT-3000');
    expect(all.texts('Message').join()).toContain('Cluster examplecluster is rebooted.');
    const other = await redshift('DescribeEvents', { SourceType: 'cluster', SourceIdentifier: 'other' });
    expect(other.texts('EventId')).toEqual([]);
    expect((await redshift('DescribeEvents', { SourceType: 'cluster-snapshot' })).texts('EventId')).toEqual(
      [],
    );
    const before = await redshift('DescribeEvents', { EndTime: '2020-01-01T00:00:00Z', Duration: '60' });
    expect(before.texts('EventId')).toEqual([]);
  });

  test('are those of groups, too, and say what of a cluster was modified', async () => {
    const parameters = { ParameterGroupName: 'Evented' };
    const security = { ClusterSecurityGroupName: 'evented' };
    await redshift('CreateClusterParameterGroup', {
      ...parameters,
      ParameterGroupFamily: 'redshift-1.0',
      Description: 'd',
    });
    await redshift('ResetClusterParameterGroup', { ...parameters, ResetAllParameters: 'true' });
    await redshift('CreateClusterSecurityGroup', { ...security, Description: 'd' });
    await redshift('ModifyCluster', {
      ...CLUSTER,
      ClusterParameterGroupName: 'default.redshift-1.0',
      MasterUserPassword: 'Password2',
    });
    await redshift('ModifyCluster', { ...CLUSTER, AllowVersionUpgrade: 'true' });
    await redshift('DeleteClusterParameterGroup', parameters);
    await redshift('DeleteClusterSecurityGroup', security);
    const of = async (SourceType: string, SourceIdentifier: string): Promise<string[]> =>
      (await redshift('DescribeEvents', { SourceType, SourceIdentifier })).texts('EventId');
    const groups = [
      await of('cluster-parameter-group', 'evented'),
      await of('cluster-security-group', 'evented'),
    ];
    expect(groups).toEqual([
      ['REDSHIFT-EVENT-1003', 'REDSHIFT-EVENT-1005', 'REDSHIFT-EVENT-1004'],
      ['REDSHIFT-EVENT-4002', 'REDSHIFT-EVENT-4003'],
    ]);
    const cluster = await of('cluster', 'examplecluster');
    expect(cluster.slice(-3)).toEqual([
      'REDSHIFT-EVENT-1001',
      'REDSHIFT-EVENT-4000',
      'KEYSHIFT-EVENT-ModifyCluster',
    ]);
    const audit = await must(root, 'keyshift', 'GetAuditEvents', { MaxItems: '1000' });
    expect(audit.text).toContain('MasterUserPassword');
    expect(audit.text).not.toContain('Password2');
  });

  test.each<[Parameters, string]>([
    [{ SourceIdentifier: 'examplecluster' }, 'InvalidParameterCombination'],
    [{ Duration: '0' }, 'InvalidParameterValue'],
    [{ Duration: '20161' }, 'InvalidParameterValue'],
    [{ StartTime: '2030-01-01T00:00:00Z' }, 'InvalidParameterValue'],
  ])('are not told for %j: %s', async (asked, code) => {
    expect((await refused('DescribeEvents', asked))[1]).toBe(code);
  });
});
