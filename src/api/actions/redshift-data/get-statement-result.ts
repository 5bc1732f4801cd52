import { resultNotFound, statementInvalid } from '../../../redshift/statement-errors.ts';
import type { ResultColumn, ResultRow, StatementPart } from '../../../redshift/statements.ts';
import type { Action, Caller } from '../../action.ts';
import type * as wire from '../../services/redshift-data.generated.ts';
import type { RedshiftDataDeps } from './deps.ts';
import { readToken, writeToken } from './page-token.ts';
import { csvOf, fieldsOf } from './result-fields.ts';
import { onStatement, requireStatement } from './statement-access.ts';

/** GetStatementResult and GetStatementResultV2: a result page by page, as values or as CSV. One action is for both. */

export const getStatementResult: Action<
  RedshiftDataDeps,
  wire.GetStatementResultRequest,
  wire.GetStatementResultResponse
> = {
  permissions: (deps, { Id }, caller) => onStatement('GetStatementResult', deps, caller, Id),
  run: async (deps, input, caller) => {
    const { rows, part, next } = await requirePage(deps, caller, input, 'JSON');
    return {
      Records: rows.map((row) => fieldsOf(row, part.columns)),
      ColumnMetadata: part.columns.map(columnShape),
      TotalNumRows: part.rows,
      NextToken: next,
    };
  },
  changes: false,
};

export const getStatementResultV2: Action<
  RedshiftDataDeps,
  wire.GetStatementResultV2Request,
  wire.GetStatementResultV2Response
> = {
  permissions: (deps, { Id }, caller) => onStatement('GetStatementResult', deps, caller, Id),
  run: async (deps, input, caller) => {
    const { rows, part, page, next } = await requirePage(deps, caller, input, 'CSV');
    return {
      Records: [{ CSVRecords: csvOf(rows, part.columns, page === 0) }],
      ColumnMetadata: part.columns.map(columnShape),
      TotalNumRows: part.rows,
      ResultFormat: 'CSV',
      NextToken: next,
    };
  },
  changes: false,
};

/** A column in the Data API's words; no column here holds an amount of money. */
export function columnShape(column: ResultColumn): wire.ColumnMetadata {
  return { ...column, label: column.name, isCurrency: false };
}

interface Page {
  readonly rows: readonly ResultRow[];
  readonly part: StatementPart;
  readonly page: number;
  readonly next: string | undefined;
}

/** Throws ResourceNotFoundException for a statement without a result, ValidationException for one of the other form. */
async function requirePage(
  deps: RedshiftDataDeps,
  caller: Caller,
  input: wire.GetStatementResultRequest,
  format: 'JSON' | 'CSV',
): Promise<Page> {
  const { Id, NextToken, WaitTimeSeconds } = input;
  const { statement, part: number } = await requireStatement(deps, caller, Id, WaitTimeSeconds);
  const { order, parts } = statement;
  // The parts of a batch have results, and not the batch.
  const n = number ?? (order.isBatch ? -1 : 0);
  const part = parts[n];
  if (part === undefined || !part.hasResult || part.status !== 'FINISHED') throw resultNotFound(Id);
  if (order.format !== format) {
    const other = format === 'JSON' ? 'GetStatementResultV2' : 'GetStatementResult';
    throw statementInvalid(`The result format of the statement is ${order.format}. Use ${other}.`);
  }
  const page = pageNumber(Id, NextToken, part.pages);
  const rows = part.pages === 0 ? [] : await deps.statements.page(statement, n, page);
  if (rows === undefined) throw resultNotFound(Id);
  return { rows, part, page, next: page + 1 < part.pages ? writeToken([Id, String(page + 1)]) : undefined };
}

/** A token is good for the statement that it was given for. */
function pageNumber(id: string, token: string | undefined, pages: number): number {
  const parts = readToken(token, 2);
  if (parts === undefined) return 0;
  const [statement, text = ''] = parts;
  const page = /^[1-9]\d{0,9}$/.test(text) ? Number(text) : Number.NaN;
  if (statement === id && page < pages) return page;
  throw statementInvalid('The NextToken is invalid.');
}
