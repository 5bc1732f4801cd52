import { statementInvalid } from '../../../redshift/statement-errors.ts';
import type { Statement } from '../../../redshift/statements.ts';
import type { Action } from '../../action.ts';
import type * as wire from '../../services/redshift-data.generated.ts';
import { ownerOf, type RedshiftDataDeps } from './deps.ts';
import { pageOf, readToken } from './page-token.ts';
import { STATEMENT_OWNER } from './statement-access.ts';

/** ListStatements: those of the caller, the newest first. */

const ACTION = 'redshift-data:ListStatements';
const PAGE_DEFAULT = 100;

export const listStatements: Action<
  RedshiftDataDeps,
  wire.ListStatementsRequest,
  wire.ListStatementsResponse
> = {
  permissions: (_, __, caller) => [
    { action: ACTION, resource: '*', context: new Map([[STATEMENT_OWNER, [ownerOf(caller).userId]]]) },
  ],
  run: async (deps, input, caller) => {
    requireOneTarget(input);
    const owner = ownerOf(caller);
    const max = pageSize(input.MaxResults, PAGE_DEFAULT);
    const [after] = readToken(input.NextToken, 1) ?? [];
    const filter = {
      status: input.Status ?? 'FINISHED',
      namePrefix: input.StatementName === '' ? undefined : input.StatementName,
      cluster: input.ClusterIdentifier,
      workgroup: input.WorkgroupName,
      database: input.Database,
      userId: input.RoleLevel === false ? owner.userId : undefined,
    };
    const page = pageOf(await deps.statements.list(owner, filter, after, max + 1), max, ({ id }) => [id]);
    // A policy may let a session of a role see its own statements only.
    const isVisible = ({ owner: { userId } }: Statement): boolean =>
      userId === owner.userId ||
      caller.may({ action: ACTION, resource: '*', context: new Map([[STATEMENT_OWNER, [userId]]]) });
    return { Statements: page.items.filter(isVisible).map(toWire), NextToken: page.token };
  },
  changes: false,
};

/** Throws ValidationException. */
export function requireOneTarget(input: {
  readonly ClusterIdentifier?: string | undefined;
  readonly WorkgroupName?: string | undefined;
}): void {
  if (input.ClusterIdentifier === undefined || input.WorkgroupName === undefined) return;
  throw statementInvalid('Only one of ClusterIdentifier and WorkgroupName can be specified.');
}

/** None, and 0, stand for the default. */
export const pageSize = (given: number | undefined, standard: number): number =>
  given === undefined || given === 0 ? standard : given;

function toWire({ id, order, status, createdAt, updatedAt, sessionId }: Statement): wire.StatementData {
  return {
    Id: id,
    QueryString: order.isBatch ? undefined : order.sqls[0],
    QueryStrings: order.isBatch ? order.sqls : undefined,
    QueryParameters: order.parameters.length === 0 ? undefined : order.parameters,
    IsBatchStatement: order.isBatch,
    ResultFormat: order.format,
    StatementName: order.name,
    SessionId: sessionId,
    Status: status,
    CreatedAt: createdAt,
    UpdatedAt: updatedAt,
  };
}
