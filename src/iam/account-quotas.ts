import { OperatorError } from '../core/errors.ts';
import type { Database } from '../store/database.ts';
import type { Iam } from './iam.ts';
import { quotaExceeded } from './iam-errors.ts';
import { type AccountQuotas, COUNTED, type CountedTable } from './quotas.ts';

/** The quotas of an account: which are in force, and whether there is room for one more thing. */

/** The tables whose rows the database counts; the others are small. */
const COUNTED_BY_DATABASE: ReadonlySet<CountedTable> = new Set([
  'iam_users',
  'iam_groups',
  'iam_roles',
  'iam_policies',
]);

const QUOTA_MAX = 100_000_000;

/** The quota in force for a table's things. */
export function accountQuota(iam: Iam, table: CountedTable): number {
  return iam.quotas?.get(table) ?? COUNTED[table].max;
}

/** Throws LimitExceeded when an account has more things than it may, the new one included. */
export async function requireRoom(
  iam: Iam,
  database: Database,
  accountId: string,
  table: CountedTable,
): Promise<void> {
  const [row] = await database.query<{ count: number }>(
    COUNTED_BY_DATABASE.has(table)
      ? `SELECT count::int AS count FROM keyshift.iam_counts WHERE account_id = $1 AND thing = '${table}'`
      : `SELECT count(*)::int AS count FROM keyshift.${table} WHERE account_id = $1`,
    [accountId],
  );
  const max = accountQuota(iam, table);
  if (row !== undefined && row.count > max) throw quotaExceeded(COUNTED[table].quota, max);
}

/** Reads `users=1000000,groups=100000`. Throws OperatorError for what is no quota. */
export function parseQuotas(text: string): AccountQuotas {
  const tables = new Map(
    (Object.keys(COUNTED) as CountedTable[]).map((table) => [COUNTED[table].option as string, table]),
  );
  const quotas = new Map<CountedTable, number>();
  for (const part of text.split(',').map((one) => one.trim())) {
    if (part === '') continue;
    const [, option = '', digits = ''] = /^([a-z-]+)=(\d{1,9})$/.exec(part) ?? [];
    const table = tables.get(option);
    const max = Number(digits);
    if (table === undefined || max < 1 || max > QUOTA_MAX) {
      throw new OperatorError(
        `KEYSHIFT_IAM_QUOTAS has the part ${JSON.stringify(part)}: write one of ${[...tables.keys()].join(', ')}, ` +
          `then = and a number from 1 to ${QUOTA_MAX}`,
      );
    }
    quotas.set(table, max);
  }
  return quotas;
}
