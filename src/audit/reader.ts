import type { Database } from '../store/database.ts';

/** Rows read from the store at a time; keeps a long log from filling memory. */
const PAGE = 500;

/** An event as a line of JSON, and its place in the log. */
export interface AuditLine {
  readonly sequence: string;
  readonly line: string;
}

/**
 * The log as JSON lines in the order of their writing, from after `afterSequence`, at most `limit` of them.
 * Each line has the members of an audit event and its `sequence`.
 */
export async function* auditLines(
  database: Database,
  range: { readonly accountId: string; readonly afterSequence: bigint; readonly limit: number },
): AsyncGenerator<AuditLine> {
  let after = range.afterSequence;
  for (let left = range.limit; left > 0; ) {
    const rows = await database.query<AuditLine>(SELECT, [
      range.accountId,
      after.toString(),
      Math.min(PAGE, left),
    ]);
    yield* rows;
    const last = rows.at(-1);
    if (last === undefined || rows.length < PAGE) return;
    after = BigInt(last.sequence);
    left -= rows.length;
  }
}

/**
 * The refused or failed event with this request id or event id, or without an id the latest one that a policy
 * refused; as a line of JSON. Undefined if there is none: successes are not looked for.
 */
export async function findRefusal(
  database: Database,
  accountId: string,
  id: string | undefined,
): Promise<string | undefined> {
  const [row] =
    id === undefined
      ? await database.query<AuditLine>(`${COLUMNS} WHERE ${REFUSED} AND code = 'AccessDenied' ${LATEST}`, [
          accountId,
        ])
      : await database.query<AuditLine>(
          `${COLUMNS} WHERE ${REFUSED} AND (request_id = $2 OR event_id = $2::uuid) ${LATEST}`,
          [accountId, id],
        );
  return row?.line;
}

/** The condition of the partial indexes of refusals. */
const REFUSED = "account_id = $1 AND outcome <> 'success'";
const LATEST = 'ORDER BY sequence DESC LIMIT 1';

const COLUMNS = `
  SELECT sequence, json_build_object(
    'sequence', sequence, 'at', to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
    'accountId', account_id, 'eventId', event_id, 'kind', kind, 'name', name, 'outcome', outcome, 'code', code,
    'principalArn', principal_arn, 'sourceIp', source_ip, 'requestId', request_id, 'details', details)::text AS line
  FROM keyshift.audit_events`;
const SELECT = `${COLUMNS} WHERE account_id = $1 AND sequence > $2 ORDER BY sequence LIMIT $3`;
