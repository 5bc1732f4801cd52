import { cancelStatement } from './cancel-statement.ts';
import { describeTable, listDatabases, listSchemas, listTables } from './catalog.ts';
import { describeStatement } from './describe-statement.ts';
import { batchExecuteStatement, executeStatement } from './execute-statement.ts';
import { getStatementResult, getStatementResultV2 } from './get-statement-result.ts';
import { listSessions } from './list-sessions.ts';
import { listStatements } from './list-statements.ts';

/** The operations of the Redshift Data API, by name. */
export const redshiftDataActions = {
  BatchExecuteStatement: batchExecuteStatement,
  CancelStatement: cancelStatement,
  DescribeStatement: describeStatement,
  DescribeTable: describeTable,
  ExecuteStatement: executeStatement,
  GetStatementResult: getStatementResult,
  GetStatementResultV2: getStatementResultV2,
  ListDatabases: listDatabases,
  ListSchemas: listSchemas,
  ListSessions: listSessions,
  ListStatements: listStatements,
  ListTables: listTables,
} as const;
