import { sessionInvalid, statementInvalid, statementTooLong } from '../../../redshift/statement-errors.ts';
import type { Statement, StatementOrder, StatementSession } from '../../../redshift/statements.ts';
import type { Action, Caller, RequiredPermission } from '../../action.ts';
import type * as wire from '../../services/redshift-data.generated.ts';
import { loginOffers } from '../redshift/issue-terms.ts';
import { clusterTagKeys } from '../redshift/permissions.ts';
import { ownerOf, type RedshiftDataDeps, targetShape } from './deps.ts';
import { destinationPermissions, logInTo, targetResource } from './destination.ts';
import { requireUuid, SESSION_OWNER } from './statement-access.ts';

/** ExecuteStatement and BatchExecuteStatement: a statement is taken on, in a session of its own or in one that is kept. */

type Input = wire.ExecuteStatementInput | wire.BatchExecuteStatementInput;
type Output = wire.ExecuteStatementOutput & wire.BatchExecuteStatementOutput;

/** As on AWS. Source: Amazon Redshift Management Guide, "Considerations when calling the Amazon Redshift Data API". */
const SQL_BYTES_MAX = 100 * 1024;

function executing<I extends Input>(action: string): Action<RedshiftDataDeps, I, Output> {
  return {
    permissions: (deps, input, caller) => permissions(action, deps, input, caller),
    offers: loginOffers,
    run: async (deps, input, caller) => {
      const { statements } = deps;
      const owner = ownerOf(caller);
      const order = orderOf(input);
      const { WaitTimeSeconds: seconds } = input;
      const begun = (await statements.repeated(owner, order)) ?? (await begin(deps, caller, input, order));
      const statement =
        seconds === undefined ? begun : ((await statements.settled(owner, begun.id, seconds)) ?? begun);
      caller.note({ statementId: statement.id });
      return toOutput(statement, seconds !== undefined);
    },
    changes: false,
  };
}

export const executeStatement = executing<wire.ExecuteStatementInput>('redshift-data:ExecuteStatement');
export const batchExecuteStatement = executing<wire.BatchExecuteStatementInput>(
  'redshift-data:BatchExecuteStatement',
);

async function permissions(
  action: string,
  deps: RedshiftDataDeps,
  input: Input,
  caller: Caller,
): Promise<readonly RequiredPermission[]> {
  const owner = ownerOf(caller);
  if (input.SessionId === undefined) {
    const [first, ...others] = await destinationPermissions(action, deps, caller, input);
    if (first === undefined) return others;
    // Whoever opens a session owns it.
    const context = new Map([...(first.context ?? []), [SESSION_OWNER, [owner.userId]] as const]);
    return [{ ...first, context }, ...others];
  }
  const session = await requireSession(deps, caller, input);
  const { cluster, workgroup, database, dbUser } = session.target;
  caller.note({ cluster, workgroup, database, dbUser, dataSessionId: session.id });
  const tags = await clusterTagKeys(deps, caller, cluster);
  const context = new Map([...tags, [SESSION_OWNER, [session.owner.userId]] as const]);
  return [{ action, resource: targetResource(caller, session.target), context }];
}

/** What a session was opened with, it keeps. */
const OF_THE_SESSION = ['ClusterIdentifier', 'WorkgroupName', 'Database', 'DbUser', 'SecretArn'] as const;

/** Throws ValidationException for a session that is not the caller's, and for what cannot be said beside a session. */
async function requireSession(
  deps: RedshiftDataDeps,
  caller: Caller,
  input: Input,
): Promise<StatementSession> {
  const { SessionId: id = '' } = input;
  const beside = OF_THE_SESSION.find((name) => input[name] !== undefined);
  if (beside !== undefined) throw statementInvalid(`${beside} cannot be specified with SessionId.`);
  requireUuid('sessionId', id);
  const session = await deps.statements.session(ownerOf(caller), id);
  if (session === undefined) throw sessionInvalid(id);
  return session;
}

async function begin(
  deps: RedshiftDataDeps,
  caller: Caller,
  input: Input,
  order: StatementOrder,
): Promise<Statement> {
  const owner = ownerOf(caller);
  if (input.SessionId !== undefined) {
    return deps.statements.submitInSession(owner, await requireSession(deps, caller, input), order);
  }
  const { target, login } = await logInTo(deps, caller, input);
  return deps.statements.submit(owner, target, order, login);
}

/** Throws ValidationException for a text that is too long or empty. */
function orderOf(input: Input): StatementOrder {
  const isBatch = 'Sqls' in input;
  const sqls = isBatch ? input.Sqls : [input.Sql];
  for (const sql of sqls) {
    if (Buffer.byteLength(sql) > SQL_BYTES_MAX) throw statementTooLong();
    if (sql.trim() === '') throw statementInvalid('The SQL text must not be empty.');
  }
  const { ClientToken: clientToken, WaitTimeSeconds: _, ...asked } = input;
  return {
    sqls,
    parameters: input.Parameters ?? [],
    isBatch,
    mode: isBatch ? (input.ExecutionMode ?? 'TRANSACTION') : 'AUTO_COMMIT',
    format: input.ResultFormat ?? 'JSON',
    name: input.StatementName,
    withEvent: input.WithEvent ?? false,
    clientToken,
    fingerprint: JSON.stringify(asked),
    keepAliveSeconds: input.SessionKeepAliveSeconds,
    sessionId: input.SessionId,
  };
}

/** How far it is was not asked for without a wait, as on AWS. */
function toOutput(statement: Statement, hasWaited: boolean): Output {
  const output = { Id: statement.id, CreatedAt: statement.createdAt, ...targetShape(statement) };
  if (!hasWaited) return output;
  return {
    ...output,
    Status: statement.status,
    RedshiftPid: statement.pid,
    HasResultSet: statement.parts.some(({ hasResult }) => hasResult),
  };
}
