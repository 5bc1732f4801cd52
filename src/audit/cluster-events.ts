import type { Database } from '../store/database.ts';

/** Successful calls about clusters and the groups beside them, as the log has them. */
export interface ClusterEvent {
  readonly sequence: string;
  readonly at: Date;
  readonly name: string;
  readonly details: Readonly<Record<string, unknown>>;
}

/** Events of one answer are looked for among so many; the operations are seldom. */
const EVENTS_MAX = 10_000;

/** The calls of those names from `from` to `to`, oldest first. The conditions repeat those of the partial index. */
export function clusterEvents(
  database: Database,
  range: {
    readonly accountId: string;
    readonly names: readonly string[];
    readonly from: Date;
    readonly to: Date;
  },
): Promise<ClusterEvent[]> {
  return database.query<ClusterEvent>(
    `SELECT sequence, at, name, details FROM keyshift.audit_events
     WHERE account_id = $1 AND at >= $3 AND at <= $4 AND outcome = 'success' AND name = ANY ($2)
       AND name LIKE 'redshift:%Cluster%' AND name NOT LIKE 'redshift:GetClusterCredentials%'
       AND name NOT LIKE 'redshift:Describe%'
     ORDER BY sequence LIMIT ${EVENTS_MAX}`,
    [range.accountId, range.names, range.from, range.to],
  );
}
