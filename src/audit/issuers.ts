import type { Database } from '../store/database.ts';

/** Who obtained credentials, as the audit log tells. */

/** A call is recorded within this time after its credential was minted, or it is not answered. */
const FIND = `
  SELECT c.id, e.principal_arn AS arn
  FROM unnest($2::text[], $3::timestamptz[]) AS c(id, issued_at)
  CROSS JOIN LATERAL (
    SELECT principal_arn FROM keyshift.audit_events
    WHERE account_id = $1 AND at >= c.issued_at AND at < c.issued_at + interval '1 minute'
      AND kind = 'api' AND outcome = 'success' AND details ->> 'credentialId' = c.id
    LIMIT 1
  ) e`;

/** ARNs by credential id; one that the log does not tell of is missing. */
export async function issuersOf(
  database: Database,
  accountId: string,
  credentials: ReadonlyMap<string, Date>,
): Promise<ReadonlyMap<string, string>> {
  if (credentials.size === 0) return new Map();
  const rows = await database.query<{ id: string; arn: string | null }>(FIND, [
    accountId,
    [...credentials.keys()],
    [...credentials.values()],
  ]);
  return new Map(rows.flatMap(({ id, arn }) => (arn === null ? [] : [[id, arn] as const])));
}
