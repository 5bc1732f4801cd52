import type { Database, Store } from '../store/database.ts';

/**
 * When who last called what, from the audit log. The log is summed up bit by bit into a small table, so that a
 * question costs the same however long the log is, and recording a call costs nothing more.
 */
export interface LastCall {
  /** The ARN of a user or of the root user; of a role's sessions `arn:aws:sts::<account>:assumed-role/<role>`. */
  readonly principal: string;
  /** As events name it: `iam:CreateUser`. */
  readonly action: string;
  readonly at: Date;
}

/** Sequence numbers summed up in one transaction; some tenths of a second. */
const STEP = 50_000;

/** Sums up what the log of an account holds at this moment. Calls at the same time wait for each other. */
export async function sumUpUsage(store: Store, accountId: string): Promise<void> {
  const last = await lastSequence(store, accountId);
  for (;;) {
    const reached = await sumUpStep(store, accountId, last);
    if (reached >= last) return;
  }
}

/** When these principals last called each operation of each service, as far as the log is summed up. */
export async function lastCalls(
  database: Database,
  accountId: string,
  principals: readonly string[],
): Promise<LastCall[]> {
  const rows = await database.query<{ principal: string; action: string; last_at: Date }>(
    `SELECT principal, action, last_at FROM keyshift.audit_usage
     WHERE account_id = $1 AND principal = ANY($2) ORDER BY principal, action`,
    [accountId, principals],
  );
  return rows.map(({ principal, action, last_at: at }) => ({ principal, action, at }));
}

/**
 * The newest event below which no other can still appear: numbers are given out before their rows can be seen, so
 * this waits for the writers that are at work. They wait for it no longer than that.
 */
async function lastSequence(store: Store, accountId: string): Promise<bigint> {
  return store.transaction(async (database) => {
    await database.query('LOCK TABLE keyshift.audit_events IN SHARE MODE');
    const [row] = await database.query<{ last: string }>(
      'SELECT coalesce(max(sequence), 0) AS last FROM keyshift.audit_events WHERE account_id = $1',
      [accountId],
    );
    return BigInt(row?.last ?? 0);
  });
}

async function sumUpStep(store: Store, accountId: string, last: bigint): Promise<bigint> {
  return store.transaction(async (database) => {
    await database.query('LOCK TABLE keyshift.audit_usage_progress IN EXCLUSIVE MODE');
    const [progress] = await database.query<{ sequence: string }>(
      'SELECT sequence FROM keyshift.audit_usage_progress WHERE account_id = $1',
      [accountId],
    );
    const from = BigInt(progress?.sequence ?? 0);
    const wanted = from + BigInt(STEP);
    const to = wanted < last ? wanted : last;
    if (to <= from) return from;
    await database.query(
      `INSERT INTO keyshift.audit_usage (account_id, principal, action, last_at)
       SELECT $1, regexp_replace(principal_arn, '^(arn:aws:sts::[0-9]+:assumed-role/[^/]+)/.*$', '\\1'), name, max(at)
       FROM keyshift.audit_events
       WHERE account_id = $1 AND sequence > $2 AND sequence <= $3 AND kind = 'api' AND principal_arn IS NOT NULL
       GROUP BY 2, 3
       ON CONFLICT (account_id, principal, action)
       DO UPDATE SET last_at = greatest(audit_usage.last_at, excluded.last_at)`,
      [accountId, from, to],
    );
    await database.query(
      `INSERT INTO keyshift.audit_usage_progress (account_id, sequence) VALUES ($1, $2)
       ON CONFLICT (account_id) DO UPDATE SET sequence = excluded.sequence`,
      [accountId, to],
    );
    return to;
  });
}
