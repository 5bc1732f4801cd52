import {
  ACTIVE,
  type Statement,
  type StatementPart,
  type StatementStatus,
} from '../../../redshift/statements.ts';
import type { Action } from '../../action.ts';
import type * as wire from '../../services/redshift-data.generated.ts';
import { type RedshiftDataDeps, targetShape } from './deps.ts';
import { onStatement, requireStatement } from './statement-access.ts';

/** DescribeStatement: how far a statement is, or how it ended. */
export const describeStatement: Action<
  RedshiftDataDeps,
  wire.DescribeStatementRequest,
  wire.DescribeStatementResponse
> = {
  permissions: (deps, { Id }, caller) => onStatement('DescribeStatement', deps, caller, Id),
  run: async (deps, { Id, WaitTimeSeconds }, caller) => {
    const { statement, part } = await requireStatement(deps, caller, Id, WaitTimeSeconds);
    return part === undefined
      ? whole(statement)
      : { ...common(statement), ...subStatement(statement, part), Id };
  },
  changes: false,
};

const NANOSECONDS = 1_000_000;

function whole(statement: Statement): wire.DescribeStatementResponse {
  const { id, order, parts, status, error, createdAt, updatedAt } = statement;
  const sum = (of: (part: StatementPart) => number): number =>
    parts.length === 0 ? -1 : parts.reduce((total, part) => total + Math.max(0, of(part)), 0);
  const isDone = !ACTIVE.has(status);
  return {
    ...common(statement),
    Id: id,
    Status: status,
    Error: error,
    CreatedAt: createdAt,
    UpdatedAt: updatedAt,
    Duration: isDone && parts.length > 0 ? sum(({ durationMs }) => durationMs) * NANOSECONDS : -1,
    HasResultSet: parts.some(({ hasResult }) => hasResult),
    ResultRows: isDone && status === 'FINISHED' ? sum(({ rows }) => rows) : -1,
    ResultSize: isDone && status === 'FINISHED' ? sum(({ bytes }) => bytes) : -1,
    QueryString: order.isBatch ? undefined : order.sqls[0],
    SubStatements: order.isBatch ? order.sqls.map((_, n) => subStatement(statement, n)) : undefined,
    ExecutionMode: order.isBatch ? order.mode : undefined,
  };
}

function common(statement: Statement) {
  const { order, pid } = statement;
  return {
    ...targetShape(statement),
    RedshiftPid: pid ?? 0,
    // PostgreSQL numbers no queries.
    RedshiftQueryId: 0,
    QueryParameters: order.parameters.length === 0 ? undefined : order.parameters,
    ResultFormat: order.format,
  };
}

function subStatement(statement: Statement, n: number): wire.SubStatementData {
  const { id, order, parts, createdAt, updatedAt } = statement;
  const part = parts[n];
  return {
    Id: `${id}:${n + 1}`,
    QueryString: order.sqls[n],
    Status: part?.status ?? notBegun(statement, n),
    Error: part?.error,
    CreatedAt: createdAt,
    UpdatedAt: part?.updatedAt ?? updatedAt,
    Duration: part === undefined ? -1 : part.durationMs * NANOSECONDS,
    HasResultSet: part?.hasResult ?? false,
    ResultRows: part?.rows ?? -1,
    ResultSize: part?.bytes ?? -1,
    RedshiftQueryId: -1,
  };
}

/** The status of a part that has not ended: the next one runs while the statement does, and the others wait for it. */
function notBegun({ status, parts }: Statement, n: number): StatementStatus {
  if (!ACTIVE.has(status)) return 'ABORTED';
  return status === 'STARTED' && n === parts.length ? 'STARTED' : 'SUBMITTED';
}
