import type { Statement, StatementOwner, Statements } from '../../../redshift/statements.ts';
import type { Caller } from '../../action.ts';
import type { RedshiftDeps } from '../redshift/deps.ts';

/** What the rows of the Redshift Data API work with. */
export interface RedshiftDataDeps extends RedshiftDeps {
  readonly statements: Statements;
}

/** Whose statements the caller's are: those of a user, or of everybody who may act as the same role. */
export function ownerOf({ principal }: Caller): StatementOwner {
  const { accountId, arn, userId, kind, session } = principal;
  const ownerId = kind === 'role' ? (session?.ownerId ?? userId) : userId;
  return { accountId, ownerId, userId, principalArn: arn };
}

/** Where a statement ran, as answers name it. */
export function targetShape({ target, sessionId }: Statement) {
  return {
    ClusterIdentifier: target.workgroup === undefined ? target.cluster : undefined,
    WorkgroupName: target.workgroup,
    Database: target.database,
    DbUser: target.dbUser,
    SessionId: sessionId,
  };
}
