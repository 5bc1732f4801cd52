import { sessionNotFound, statementInvalid } from '../../../redshift/statement-errors.ts';
import type { StatementSession } from '../../../redshift/statements.ts';
import type { Action, Caller } from '../../action.ts';
import type * as wire from '../../services/redshift-data.generated.ts';
import { ownerOf, type RedshiftDataDeps } from './deps.ts';
import { pageSize, requireOneTarget } from './list-statements.ts';
import { pageOf, readToken } from './page-token.ts';
import { requireUuid, SESSION_OWNER } from './statement-access.ts';

/** ListSessions: the sessions that the caller has opened and that are kept, the newest first. */

const ACTION = 'redshift-data:ListSessions';
const PAGE_DEFAULT = 100;

export const listSessions: Action<RedshiftDataDeps, wire.ListSessionsRequest, wire.ListSessionsResponse> = {
  permissions: (_, __, caller) => [onSessionsOf(ownerOf(caller).userId)],
  run: async (deps, input, caller) => {
    requireOneTarget(input);
    if (input.SessionId !== undefined) return one(deps, caller, input);
    const owner = ownerOf(caller);
    const max = pageSize(input.MaxResults, PAGE_DEFAULT);
    const [after] = readToken(input.NextToken, 1) ?? [];
    const filter = {
      statuses: input.Status === undefined ? (['AVAILABLE', 'BUSY'] as const) : [input.Status],
      cluster: input.ClusterIdentifier,
      workgroup: input.WorkgroupName,
      database: input.Database,
      userId: input.RoleLevel === false ? owner.userId : undefined,
    };
    const page = pageOf(await deps.statements.sessions(owner, filter, after, max + 1), max, ({ id }) => [id]);
    const visible = page.items.filter((session) => isVisible(caller, session));
    return { Sessions: visible.map(toWire), NextToken: page.token };
  },
  changes: false,
};

const onSessionsOf = (userId: string) => ({
  action: ACTION,
  resource: '*',
  context: new Map([[SESSION_OWNER, [userId]]]),
});

/** A policy may let a session of a role see its own only. */
function isVisible(caller: Caller, { owner: { userId } }: StatementSession): boolean {
  return userId === ownerOf(caller).userId || caller.may(onSessionsOf(userId));
}

async function one(
  deps: RedshiftDataDeps,
  caller: Caller,
  input: wire.ListSessionsRequest,
): Promise<wire.ListSessionsResponse> {
  const { SessionId: id = '', Status, ClusterIdentifier, WorkgroupName, Database } = input;
  if ([Status, ClusterIdentifier, WorkgroupName, Database].some((other) => other !== undefined)) {
    throw statementInvalid(
      'Status, ClusterIdentifier, WorkgroupName and Database cannot be specified with SessionId.',
    );
  }
  requireUuid('sessionId', id);
  const session = await deps.statements.session(ownerOf(caller), id);
  if (session === undefined || !isVisible(caller, session)) throw sessionNotFound(id);
  return { Sessions: [toWire(session)] };
}

function toWire(session: StatementSession): wire.SessionData {
  const { id, target, status, statementId, keepAliveSeconds, createdAt, updatedAt } = session;
  return {
    SessionId: id,
    Status: status,
    CreatedAt: createdAt,
    UpdatedAt: updatedAt,
    Database: target.database,
    DbUser: target.dbUser,
    ClusterIdentifier: target.workgroup === undefined ? target.cluster : undefined,
    WorkgroupName: target.workgroup,
    SessionAliveSeconds: keepAliveSeconds,
    SessionTtl: status === 'AVAILABLE' ? new Date(updatedAt.getTime() + keepAliveSeconds * 1000) : undefined,
    CurrentStatementId: status === 'BUSY' ? statementId : undefined,
  };
}
