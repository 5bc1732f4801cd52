import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Endpoint } from '../../src/client/call.ts';
import { askJson, ask as call, makeUser, must, putPolicy } from './support/api.ts';
import { AS_USER, ended, executed, refused, rowsOf, told } from './support/data-api.ts';
import { Keyshift } from './support/keyshift.ts';
import { assume, makeRole, trust } from './support/sessions.ts';

// What the Data API refuses, and to whom: bad requests, protocols mixed up, and policies.

let keyshift: Keyshift;
let root: Endpoint;
const ACCOUNT = '123456789012';

beforeAll(async () => {
  keyshift = await Keyshift.start();
  root = keyshift.root;
});
afterAll(async () => {
  await keyshift?.close();
});

const { ClusterIdentifier, Database, DbUser } = AS_USER;
const WHERE = { ClusterIdentifier, Database };
const SECRET = 'arn:aws:secretsmanager:us-west-2:123456789012:secret:s-1';

describe('a request is refused with 400', () => {
  test.each<[string, object, string | RegExp]>([
    ['no cluster', { Database }, 'Either ClusterIdentifier or WorkgroupName must be specified.'],
    ['two targets', { ...WHERE, WorkgroupName: 'abc' }, /^Only one of ClusterIdentifier and WorkgroupName/],
    ['no database', { ClusterIdentifier }, 'Database must be specified.'],
    ['a user of a workgroup', { WorkgroupName: ClusterIdentifier, Database, DbUser }, /^DbUser cannot be/],
    [
      'a secret',
      { ...WHERE, SecretArn: SECRET },
      /^SecretArn cannot be used: Keyshift has no Secrets Manager/,
    ],
    [
      'an unknown cluster',
      { ...WHERE, ClusterIdentifier: 'other' },
      "Redshift endpoint doesn't exist in this region.",
    ],
    [
      'an unknown workgroup',
      { WorkgroupName: 'other', Database },
      "Redshift endpoint doesn't exist in this region.",
    ],
    [
      'a bad cluster name',
      { ...WHERE, ClusterIdentifier: 'A_B' },
      /clusterIdentifier' failed to satisfy constraint/,
    ],
    ['a bad user name', { ...WHERE, DbUser: '1 or 1' }, /^DbUser parameter must begin with a letter/],
    [
      'a long text',
      { ...AS_USER, Sql: `SELECT '${'x'.repeat(102_400)}'` },
      /^Cannot process query string larger/,
    ],
    ['an empty text', { ...AS_USER, Sql: ' ' }, 'The SQL text must not be empty.'],
    [
      'no text',
      { ...AS_USER, Sql: undefined },
      /'sql' failed to satisfy constraint: Member must not be null/,
    ],
    ['a format', { ...AS_USER, ResultFormat: 'XML' }, /enum value set: \[JSON, CSV\]/],
    [
      'an empty value',
      { ...AS_USER, Parameters: [{ name: 'a', value: '' }] },
      /length greater than or equal to 1/,
    ],
    [
      'a parameter twice',
      {
        ...AS_USER,
        Sql: 'SELECT :a',
        Parameters: [
          { name: 'a', value: '1' },
          { name: 'a', value: '2' },
        ],
      },
      'Parameters list contains the parameter a twice.',
    ],
    ['too long a session', { ...AS_USER, SessionKeepAliveSeconds: 86_401 }, /less than or equal to 86400/],
  ])('for %s', async (_, input, message) => {
    const error = await refused(root, 'ExecuteStatement', { Sql: 'SELECT 1', ...input });
    expect(error).toEqual({
      status: 400,
      __type: 'ValidationException',
      message: typeof message === 'string' ? message : expect.stringMatching(message),
    });
  });

  test('for types, operations, targets and protocols that do not fit', async () => {
    const type = { status: 400, __type: 'SerializationException' };
    expect(await refused(root, 'ExecuteStatement', { ...AS_USER, Sql: 1 })).toMatchObject(type);
    expect(await refused(root, 'BatchExecuteStatement', { ...AS_USER, Sqls: 'SELECT 1' })).toMatchObject(
      type,
    );
    const many = Array.from({ length: 41 }, () => 'SELECT 1');
    expect(await refused(root, 'BatchExecuteStatement', { ...AS_USER, Sqls: many })).toMatchObject({
      __type: 'ValidationException',
    });
    const unknown = { status: 400, __type: 'UnknownOperationException' };
    expect(await refused(root, 'ExecuteQuery', {})).toMatchObject(unknown);
    for (const target of ['RedshiftServerless', 'redshiftdata', 'RedshiftData.ExecuteStatement', '']) {
      const answer = await askJson(root, 'redshift-data', target, 'ExecuteStatement', {});
      expect(answer.status).toBe(400);
      expect(JSON.parse(answer.text)).toMatchObject({ __type: 'UnknownOperationException' });
    }
    // Signed for another service.
    const foreign = await askJson(root, 'redshift', 'RedshiftData', 'ListStatements', {});
    expect([foreign.status, JSON.parse(foreign.text).__type]).toEqual([400, 'InvalidSignatureException']);
    // The query protocol has no such operation, whatever it is signed for.
    const query = await call(root, 'redshift', 'ExecuteStatement', { Sql: 'SELECT 1' });
    expect([query.status, query.code]).toEqual([400, 'InvalidAction']);
  });
});

test('what the database refuses is in the statement; of the lists it is the answer', async () => {
  const nobody = { ...WHERE, DbUser: 'nobody' };
  const failed = await executed(root, 'SELECT 1', nobody);
  expect(failed).toMatchObject({
    Status: 'FAILED',
    Error: expect.stringContaining('nobody'),
    RedshiftPid: 0,
  });
  for (const operation of ['ListDatabases', 'ListSchemas', 'ListTables', 'DescribeTable']) {
    expect(await refused(root, operation, nobody)).toMatchObject({
      status: 400,
      __type: 'ValidationException',
      message: expect.stringContaining('nobody'),
    });
  }
  const two = await executed(root, 'SELECT 1; SELECT 2');
  expect(two).toMatchObject({ Status: 'FAILED', Error: expect.stringContaining('multiple commands') });
  const copy = await executed(root, 'COPY (SELECT 1) TO STDOUT');
  expect(copy).toMatchObject({ Status: 'FAILED' });
  expect(await executed(root, 'CREATE TABLE copied (n int)')).toMatchObject({ Status: 'FINISHED' });
  expect(await executed(root, 'COPY copied FROM STDIN')).toMatchObject({ Status: 'FAILED' });
});

describe('the lists of a database', () => {
  const master = { ...WHERE, DbUser: 'awsuser' };

  test('tell its schemas, tables and columns, page by page', async () => {
    await executed(root, 'CREATE SCHEMA shown', master);
    await executed(root, `CREATE TABLE shown.b (n int NOT NULL DEFAULT 7, t varchar(20))`, master);
    await executed(root, 'CREATE VIEW shown.a AS SELECT 1 AS one', master);
    expect(await told(root, 'ListDatabases', master)).toEqual({ Databases: ['exampledb'] });
    expect(await told(root, 'ListSchemas', { ...master, SchemaPattern: 'sh_w%' })).toEqual({
      Schemas: ['shown'],
    });
    const first = await told(root, 'ListTables', { ...master, SchemaPattern: 'shown', MaxResults: 1 });
    expect(first).toMatchObject({ Tables: [{ schema: 'shown', name: 'a', type: 'VIEW' }] });
    const { NextToken } = first;
    const rest = await told(root, 'ListTables', { ...master, SchemaPattern: 'shown', NextToken });
    expect(rest).toEqual({ Tables: [{ schema: 'shown', name: 'b', type: 'TABLE' }] });
    const system = await told(root, 'ListTables', { ...master, TablePattern: 'pg_class' });
    expect(system).toMatchObject({ Tables: [{ type: 'SYSTEM TABLE' }] });
    expect(await told(root, 'DescribeTable', { ...master, Schema: 'shown', Table: 'b' })).toMatchObject({
      TableName: 'b',
      ColumnList: [
        { name: 'n', typeName: 'int4', nullable: 0, columnDefault: '7', tableName: 'b' },
        { name: 't', typeName: 'varchar', nullable: 1, length: 20 },
      ],
    });
    const columns = await told(root, 'DescribeTable', { ...master, Schema: 'shown', MaxResults: 1 });
    expect(columns['ColumnList']).toHaveLength(1);
    const more = { ...master, Schema: 'shown', NextToken: columns['NextToken'] };
    expect((await told(root, 'DescribeTable', more))['ColumnList']).toHaveLength(2);
  });

  test('are of the database that is connected to', async () => {
    const other = { ...master, ConnectedDatabase: 'other' };
    expect(await refused(root, 'ListTables', other)).toMatchObject({ __type: 'ValidationException' });
  });
});

describe('policies', () => {
  const cluster = `arn:aws:redshift:us-west-2:${ACCOUNT}:cluster:examplecluster`;
  const user = `arn:aws:redshift:us-west-2:${ACCOUNT}:dbuser:examplecluster/temp_creds_user`;
  const database = `arn:aws:redshift:us-west-2:${ACCOUNT}:dbname:examplecluster/exampledb`;
  const policy = (...Statement: object[]) => ({ Version: '2012-10-17', Statement });
  const allow = (Action: string | string[], Resource: string | string[], Condition?: object) => ({
    Effect: 'Allow',
    Action,
    Resource,
    ...(Condition === undefined ? {} : { Condition }),
  });

  test('must allow the operation on the cluster, and the credentials that it needs', async () => {
    const eve = await makeUser(root, 'eve');
    const denied = (action: string) => ({
      status: 400,
      __type: 'AccessDeniedException',
      message: expect.stringContaining(`not authorized to perform: ${action} on resource`),
    });
    const input = { ...AS_USER, Sql: 'SELECT 1' };
    expect(await refused(eve, 'ExecuteStatement', input)).toEqual(denied('redshift-data:ExecuteStatement'));
    await putPolicy(root, 'eve', policy(allow('redshift-data:*', [cluster, '*'])));
    expect(await refused(eve, 'ExecuteStatement', input)).toEqual(denied('redshift:GetClusterCredentials'));
    expect(await refused(eve, 'ExecuteStatement', { ...input, DbUser: undefined })).toEqual(
      denied('redshift:GetClusterCredentialsWithIAM'),
    );
    const workgroup = { Sql: 'SELECT 1', Database, WorkgroupName: 'examplecluster' };
    expect(await refused(eve, 'ExecuteStatement', workgroup)).toEqual(
      denied('redshift-serverless:GetCredentials'),
    );
    await putPolicy(
      root,
      'eve',
      policy(
        allow('redshift-data:ExecuteStatement', cluster),
        allow('redshift:GetClusterCredentials', [user, database]),
      ),
    );
    const { Id } = await told(eve, 'ExecuteStatement', input);
    expect(await refused(eve, 'DescribeStatement', { Id })).toEqual(
      denied('redshift-data:DescribeStatement'),
    );
    expect(await refused(eve, 'ListTables', AS_USER)).toEqual(denied('redshift-data:ListTables'));
    expect(await refused(eve, 'ExecuteStatement', { ...input, DbUser: 'awsuser' })).toEqual(
      denied('redshift:GetClusterCredentials'),
    );
  });

  test('can keep the sessions of one role apart, which else see each other’s statements', async () => {
    const everything = allow(['redshift-data:*', 'redshift:GetClusterCredentials'], '*');
    const RoleArn = await makeRole(root, 'analyst', trust({ AWS: ACCOUNT }), policy(everything));
    const caller = await makeUser(root, 'caller', policy(allow('sts:AssumeRole', '*')));
    const one = await assume(caller, RoleArn, { RoleSessionName: 'one' });
    const two = await assume(caller, RoleArn, { RoleSessionName: 'two' });
    const { Id = '', SessionId } = await executed(one, 'SELECT 11', { SessionKeepAliveSeconds: 60 });
    expect(await rowsOf(two, Id)).toEqual([[{ longValue: 11 }]]);
    const ids = async (of: Endpoint, more: object = {}): Promise<string> =>
      JSON.stringify(await told(of, 'ListStatements', more));
    expect(await ids(two)).toContain(Id);
    expect(await ids(two, { RoleLevel: false })).not.toContain(Id);
    const own = (key: string) => ({
      StringEquals: { [`redshift-data:${key}-owner-iam-userid`]: ['$', '{aws:userid}'].join('') },
    });
    const ofStatements = ['GetStatementResult', 'DescribeStatement', 'CancelStatement', 'ListStatements'];
    const document = policy(
      allow(
        ofStatements.map((name) => `redshift-data:${name}`),
        '*',
        own('statement'),
      ),
      allow(['redshift-data:ExecuteStatement', 'redshift-data:ListSessions'], '*', own('session')),
      allow('redshift:GetClusterCredentials', '*'),
    );
    await must(root, 'iam', 'PutRolePolicy', {
      RoleName: 'analyst',
      PolicyName: 'policy',
      PolicyDocument: JSON.stringify(document),
    });
    expect(await rowsOf(one, Id)).toEqual([[{ longValue: 11 }]]);
    const denied = { status: 400, __type: 'AccessDeniedException' };
    for (const operation of ['DescribeStatement', 'GetStatementResult', 'CancelStatement'])
      expect(await refused(two, operation, { Id })).toMatchObject(denied);
    expect(await ids(two)).not.toContain(Id);
    expect(await refused(two, 'ExecuteStatement', { Sql: 'SELECT 1', SessionId })).toMatchObject(denied);
    expect(await told(two, 'ListSessions', {})).toEqual({ Sessions: [] });
    const again = await told(one, 'ExecuteStatement', { Sql: 'SELECT 1', SessionId });
    expect(await ended(one, again['Id'] ?? '')).toMatchObject({ Status: 'FINISHED' });
  });
});
