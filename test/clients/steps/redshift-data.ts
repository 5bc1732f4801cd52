import { type ClientStep, refused, step } from './step.ts';

/** The Redshift Data API, on the example's cluster. */

const data = { service: 'redshift-data' } as const;
const WHERE = { ClusterIdentifier: 'examplecluster', Database: 'exampledb' };
const AS_USER = { ...WHERE, DbUser: 'temp_creds_user' };
const NOBODYS = { Id: '70662acc-f334-46f8-b953-3a9546796d7a' };
const NO_CLUSTER = { ...AS_USER, ClusterIdentifier: 'none' };
const NO_ENDPOINT = "Redshift endpoint doesn't exist in this region.";
const ID = '~[0-9a-f-]{36}';
const SLOW = 'SELECT pg_sleep(600)';

const ok = (operation: string, input: object = {}, output = {}, options = {}): ClientStep =>
  step(operation, { ...input }, output, { ...data, ...options });
const no = (operation: string, input: object, error: string, message: string): ClientStep =>
  refused(operation, { ...input }, error, message, data);
const invalid = (operation: string, input: object, message: string): ClientStep =>
  no(operation, input, 'ValidationException', message);
const end = (id: string, Status: string, output = {}): ClientStep =>
  ok('DescribeStatement', { Id: id }, output, { until: { Status } });
const paged = (operation: string, input: object, list: string, key: string, least: number): ClientStep => ({
  operation,
  input: { ...input },
  paged: { [list]: key },
  least,
  ...data,
});
const FINISHED = { HasResultSet: true, ResultRows: 2, RedshiftQueryId: 0, ...AS_USER };

export const redshiftDataSteps: readonly ClientStep[] = [
  ok(
    'ExecuteStatement',
    {
      ...AS_USER,
      Sql: 'SELECT n, :who AS who FROM generate_series(1, 2) n',
      Parameters: [{ name: 'who', value: 'me' }],
      StatementName: 'walk-first',
      ClientToken: 'walk-1',
      SessionKeepAliveSeconds: 600,
    },
    { Id: ID, ...AS_USER, CreatedAt: '~.+' },
    { keep: { first: 'Id', session: 'SessionId' } },
  ),
  end('$first', 'FINISHED', {
    ...FINISHED,
    QueryParameters: [{ name: 'who', value: 'me' }],
    SessionId: '$session',
  }),
  ok('DescribeStatement', { Id: '$first', WaitTimeSeconds: 1 }, { ResultFormat: 'JSON' }),
  ok(
    'GetStatementResult',
    { Id: '$first' },
    {
      TotalNumRows: 2,
      Records: [
        [{ longValue: 1 }, { stringValue: 'me' }],
        [{ longValue: 2 }, { stringValue: 'me' }],
      ],
      ColumnMetadata: [
        { name: 'n', typeName: 'int4', isSigned: true },
        { name: 'who', typeName: 'varchar' },
      ],
    },
  ),
  ok(
    'ExecuteStatement',
    {
      Sql: 'SELECT 1.5::float8, NULL, true',
      SessionId: '$session',
      WaitTimeSeconds: 30,
      ResultFormat: 'CSV',
    },
    {
      Status: 'FINISHED',
      HasResultSet: true,
      SessionId: '$session',
    },
    { keep: { csv: 'Id' } },
  ),
  ok('GetStatementResultV2', { Id: '$csv' }, { ResultFormat: 'CSV', TotalNumRows: 1 }),
  ok(
    'BatchExecuteStatement',
    {
      WorkgroupName: 'examplecluster',
      Database: 'exampledb',
      Sqls: ['SELECT 1', "SELECT 'two'"],
      StatementName: 'walk-batch',
      WaitTimeSeconds: 30,
    },
    { Status: 'FINISHED', WorkgroupName: 'examplecluster', DbUser: 'IAM:RootIdentity' },
    { keep: { batch: 'Id' } },
  ),
  ok(
    'DescribeStatement',
    { Id: '$batch' },
    {
      ExecutionMode: 'TRANSACTION',
      SubStatements: [
        { Status: 'FINISHED', QueryString: 'SELECT 1', HasResultSet: true, ResultRows: 1 },
        { Status: 'FINISHED', QueryString: "SELECT 'two'" },
      ],
    },
    { keep: { second: 'SubStatements.1.Id' } },
  ),
  ok('DescribeStatement', { Id: '$second' }, { Id: '$second', QueryString: "SELECT 'two'" }),
  ok('GetStatementResult', { Id: '$second' }, { Records: [[{ stringValue: 'two' }]] }),
  ok(
    'ListStatements',
    { StatementName: 'walk-f', Status: 'ALL', RoleLevel: false },
    {
      Statements: [
        { Id: '$first', StatementName: 'walk-first', IsBatchStatement: false, Status: 'FINISHED' },
      ],
    },
  ),
  ok('ListStatements', { StatementName: 'first' }, { Statements: [] }),
  ok(
    'ListStatements',
    { WorkgroupName: 'examplecluster' },
    { Statements: [{ Id: '$batch', QueryStrings: ['SELECT 1', "SELECT 'two'"] }] },
  ),
  ok('ListStatements', { Database: 'other', ClusterIdentifier: 'examplecluster' }, { Statements: [] }),
  { ...paged('ListStatements', {}, 'Statements', 'Id', 3), whole: 100 },
  { ...paged('ListSessions', {}, 'Sessions', 'SessionId', 1), whole: 100 },
  { ...paged('GetStatementResult', { Id: '$first' }, 'Records', '', 2), unsized: true },
  { ...paged('GetStatementResultV2', { Id: '$csv' }, 'Records', 'CSVRecords', 1), unsized: true },
  ok('ListSessions', {}, { Sessions: [{ SessionId: '$session', Status: 'AVAILABLE', ...AS_USER }] }),
  ok('ListSessions', { SessionId: '$session' }, { Sessions: [{ SessionAliveSeconds: 600 }] }),

  ok('ExecuteStatement', { ...AS_USER, Sql: SLOW }, {}, { keep: { slow: 'Id' } }),
  end('$slow', 'STARTED', { HasResultSet: false, ResultRows: -1 }),
  ok('ListStatements', { Status: 'STARTED' }, { Statements: [{ Id: '$slow' }] }),
  ok('CancelStatement', { Id: '$slow' }, { Status: true }),
  end('$slow', 'ABORTED'),
  ok(
    'ExecuteStatement',
    { ...AS_USER, Sql: 'SELECT nothing', WaitTimeSeconds: 30 },
    { Status: 'FAILED' },
    { keep: { failed: 'Id' } },
  ),
  ok(
    'DescribeStatement',
    { Id: '$failed' },
    { Error: '~ERROR: column "nothing" does not exist.+', RedshiftPid: '~[1-9]\\d*' },
  ),

  paged('ListDatabases', AS_USER, 'Databases', '', 1),
  {
    ...paged('DescribeTable', { ...AS_USER, Schema: 'example' }, 'ColumnList', 'name', 3),
    unsized: true,
  },
  ok('ListDatabases', AS_USER, { Databases: ['exampledb'] }),
  paged('ListSchemas', AS_USER, 'Schemas', '', 3),
  ok(
    'ListTables',
    { ...AS_USER, SchemaPattern: 'example', TablePattern: 's%' },
    {
      Tables: [{ schema: 'example', name: 'sales', type: 'TABLE' }],
    },
  ),
  {
    ...paged('ListTables', { ...AS_USER, SchemaPattern: 'information_schema' }, 'Tables', 'name', 60),
    size: 20,
  },
  ok('DescribeTable', { ...AS_USER, Schema: 'example', Table: 'sales' }, { TableName: 'sales' }),

  ...['DescribeStatement', 'CancelStatement', 'GetStatementResult', 'GetStatementResultV2'].flatMap(
    (operation) => [
      no(operation, NOBODYS, 'ResourceNotFoundException', 'Query does not exist.'),
      invalid(operation, { Id: 'x' }, '~id must satisfy regex pattern: .+'),
    ],
  ),
  invalid(
    'CancelStatement',
    { Id: '$first' },
    '~Could not cancel a query that is already in FINISHED state.+',
  ),
  ...['ListDatabases', 'ListSchemas', 'ListTables', 'DescribeTable'].map((operation) =>
    invalid(operation, NO_CLUSTER, NO_ENDPOINT),
  ),
  invalid('ExecuteStatement', { ...NO_CLUSTER, Sql: 'SELECT 1' }, NO_ENDPOINT),
  invalid('BatchExecuteStatement', { ...NO_CLUSTER, Sqls: ['SELECT 1'] }, NO_ENDPOINT),
  invalid('ListStatements', { ClusterIdentifier: 'a', WorkgroupName: 'abc' }, '~Only one of .+'),
  invalid('ListSessions', { SessionId: 'x' }, '~sessionId must satisfy regex pattern: .+'),
  no('ListSessions', { SessionId: NOBODYS.Id }, 'ResourceNotFoundException', '~.+'),
  invalid(
    'GetStatementResult',
    { Id: '$csv' },
    'The result format of the statement is CSV. Use GetStatementResultV2.',
  ),
];
