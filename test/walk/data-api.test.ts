import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Endpoint } from '../../src/client/call.ts';
import { makeUser, must } from './support/api.ts';
import { AS_USER, dataApi, ended, executed, refused, rowsOf, told } from './support/data-api.ts';
import { Keyshift } from './support/keyshift.ts';

// The Redshift Data API: statements in sessions of the gateway, their results, and who may see them.

let keyshift: Keyshift;
let root: Endpoint;

const ALLOW_ALL = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] };
const NOBODYS = '70662acc-f334-46f8-b953-3a9546796d7a';

beforeAll(async () => {
  keyshift = await Keyshift.start();
  root = keyshift.root;
});
afterAll(async () => {
  await keyshift?.close();
});

describe('a statement', () => {
  test('runs as the database user that is named, and its rows have the types of their columns', async () => {
    const { Id = '' } = await executed(
      root,
      `SELECT 1 AS n, 9223372036854775807::int8 AS big, true AS yes, 1.1::float4 AS ratio, 1.50::numeric(10,2) AS money,
         'x'::varchar(20) AS text, NULL::text AS nothing, '\\x6162'::bytea AS bytes, date '2026-11-22' AS day,
         timestamp '2026-11-22 10:00:00' AS at, keyshift.session_user_name()::text AS who`,
    );
    const answer = await dataApi(root, 'GetStatementResult', { Id });
    // Read as text: JavaScript would round it.
    expect(answer.text).toContain('{"longValue":9223372036854775807}');
    const { Records, ColumnMetadata, TotalNumRows } = JSON.parse(answer.text);
    expect(TotalNumRows).toBe(1);
    expect(Records).toEqual([
      [
        { longValue: 1 },
        { longValue: 2 ** 63 },
        { booleanValue: true },
        { doubleValue: Math.fround(1.1) },
        { stringValue: '1.50' },
        { stringValue: 'x' },
        { isNull: true },
        { blobValue: 'YWI=' },
        { stringValue: '2026-11-22' },
        { stringValue: '2026-11-22 10:00:00.0' },
        { stringValue: 'temp_creds_user' },
      ],
    ]);
    expect(ColumnMetadata[4]).toEqual({
      name: 'money',
      label: 'money',
      typeName: 'numeric',
      isSigned: true,
      isCaseSensitive: false,
      isCurrency: false,
      nullable: 1,
      precision: 10,
      scale: 2,
      length: 0,
      schemaName: '',
      tableName: '',
    });
  });

  test('tells what it did, or why it failed', async () => {
    const made = await executed(root, 'CREATE TABLE told (n int NOT NULL)');
    expect(made).toMatchObject({ Status: 'FINISHED', HasResultSet: false, ResultRows: 0, ResultSize: 0 });
    const changed = await executed(root, 'INSERT INTO told VALUES (1), (2)');
    expect(changed).toMatchObject({ Status: 'FINISHED', ResultRows: 2, QueryString: expect.any(String) });
    const { Id = '' } = await executed(root, 'SELECT n FROM told ORDER BY n');
    const { ColumnMetadata } = await told(root, 'GetStatementResult', { Id });
    expect(ColumnMetadata).toMatchObject([{ schemaName: 'public', tableName: 'told', nullable: 0 }]);
    const failed = await executed(root, 'SELECT nothing FROM told');
    expect(failed).toMatchObject({
      Status: 'FAILED',
      Error: 'ERROR: column "nothing" does not exist\n  Position: 8',
      ResultRows: -1,
    });
    const none = { status: 400, __type: 'ResourceNotFoundException' };
    const message = 'Query does not have result. Please check query status with DescribeStatement.';
    for (const { Id: id } of [failed, made])
      expect(await refused(root, 'GetStatementResult', { Id: id })).toEqual({ ...none, message });
  });

  test('takes named parameters as values, each place with a type of its own', async () => {
    const { Id = '', QueryParameters } = await executed(
      root,
      `SELECT :n::int + 1, :n::smallint, :text || ':n' /* :text */`,
      {
        Parameters: [
          { name: 'n', value: '41' },
          { name: 'text', value: "'; DROP TABLE told; --" },
        ],
      },
    );
    expect(QueryParameters).toHaveLength(2);
    expect(await rowsOf(root, Id)).toEqual([
      [{ longValue: 42 }, { longValue: 41 }, { stringValue: "'; DROP TABLE told; --:n" }],
    ]);
    const unused = { ...AS_USER, Sql: "SELECT ':n'", Parameters: [{ name: 'n', value: '1' }] };
    expect(await refused(root, 'ExecuteStatement', unused)).toMatchObject({
      __type: 'ValidationException',
      message: 'Parameters list contains unused parameters. Unused parameters: [n]',
    });
  });

  test('is asked for by its id, in the form that AWS asks for', async () => {
    for (const operation of ['DescribeStatement', 'GetStatementResult', 'CancelStatement']) {
      expect(await refused(root, operation, { Id: NOBODYS })).toEqual({
        status: 400,
        __type: 'ResourceNotFoundException',
        message: 'Query does not exist.',
      });
      expect(await refused(root, operation, { Id: 'x' })).toMatchObject({
        status: 400,
        __type: 'ValidationException',
        message: expect.stringContaining('id must satisfy regex pattern: ^[a-z0-9]{8}'),
      });
    }
  });

  test('runs in a session that is recorded like any login, with the credential of the call', async () => {
    const { Id } = await executed(root, 'SELECT 1');
    const answer = await must(root, 'keyshift', 'GetAuditEvents', { MaxItems: '1000' });
    const events = answer.texts('member').map((event) => JSON.parse(event));
    const call = events.find(
      ({ details }) => details.statementId === Id && details.credentialId !== undefined,
    );
    expect(call).toMatchObject({ name: 'redshift-data:ExecuteStatement', outcome: 'success' });
    const login = events.find(
      ({ kind, details }) => kind === 'login' && details.credentialId === call.details.credentialId,
    );
    expect(login).toMatchObject({ details: { client: { application_name: 'RedshiftDataAPI' } } });
  });
});

describe('statements of others', () => {
  test('are not there, whoever asks', async () => {
    const [ada, ben] = await Promise.all([
      makeUser(root, 'ada', ALLOW_ALL),
      makeUser(root, 'ben', ALLOW_ALL),
    ]);
    const { Id = '' } = await executed(ada, 'SELECT 1');
    expect(await rowsOf(ada, Id)).toEqual([[{ longValue: 1 }]]);
    for (const other of [ben, root]) {
      for (const operation of ['DescribeStatement', 'GetStatementResult', 'CancelStatement']) {
        expect(await refused(other, operation, { Id })).toEqual(
          await refused(other, operation, { Id: NOBODYS }),
        );
      }
      const { Statements } = await told(other, 'ListStatements', { Status: 'ALL' });
      expect(JSON.stringify(Statements)).not.toContain(Id);
    }
  });
});

test('a statement of the caller itself runs as the database user who stands for it', async () => {
  const { ClusterIdentifier, Database } = AS_USER;
  for (const where of [{ ClusterIdentifier }, { WorkgroupName: ClusterIdentifier }]) {
    const { Id = '' } = await told(root, 'ExecuteStatement', {
      ...where,
      Database,
      Sql: 'SELECT current_user::text',
    });
    expect(await ended(root, Id)).toMatchObject({ Status: 'FINISHED', DbUser: 'IAM:RootIdentity', ...where });
    expect(await rowsOf(root, Id)).toEqual([[{ stringValue: 'IAM:RootIdentity' }]]);
  }
});
