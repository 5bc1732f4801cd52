import { OperatorError } from '../core/errors.ts';
import type { Database } from '../store/database.ts';
import { changeIdentities, type Iam } from './iam.ts';
import { quotaExceeded, validationError } from './iam-errors.ts';
import { type AccountQuotas, COUNTED, type CountedQuota, type QuotaName, SETTABLE } from './quotas.ts';

/**
 * The quotas of an account: those that it has been given, else those of the installation, else AWS's; and whether
 * there is room for one more thing.
 */

/** The quotas of things that the database counts; the others are few. */
const COUNTED_BY_DATABASE: ReadonlySet<CountedQuota> = new Set(['users', 'groups', 'roles', 'policies']);

const QUOTA_MAX = 100_000_000;
/** The names in their order. */
const NAMES = Object.keys(SETTABLE) as readonly QuotaName[];

/** The quota in force. */
export async function quotaInForce(
  iam: Iam,
  database: Database,
  accountId: string,
  name: QuotaName,
): Promise<number> {
  const [own] = await database.query<{ max: number }>(
    'SELECT max FROM keyshift.account_quotas WHERE account_id = $1 AND quota = $2',
    [accountId, name],
  );
  return own?.max ?? quotaOfAll(iam, name);
}

/** Throws LimitExceeded when a user, group or role has more of something than it may. */
export async function requireWithin(
  iam: Iam,
  database: Database,
  accountId: string,
  name: QuotaName,
  count: number,
): Promise<void> {
  const max = await quotaInForce(iam, database, accountId, name);
  if (count > max) throw quotaExceeded(SETTABLE[name].quota, max);
}

/** Throws LimitExceeded when an account has more things than it may, the new one included. */
export async function requireRoom(
  iam: Iam,
  database: Database,
  accountId: string,
  name: CountedQuota,
): Promise<void> {
  const { table } = COUNTED[name];
  const [row] = await database.query<{ count: number }>(
    COUNTED_BY_DATABASE.has(name)
      ? `SELECT count::int AS count FROM keyshift.iam_counts WHERE account_id = $1 AND thing = '${table}'`
      : `SELECT count(*)::int AS count FROM keyshift.${table} WHERE account_id = $1`,
    [accountId],
  );
  await requireWithin(iam, database, accountId, name, row?.count ?? 0);
}

/** A quota as it is shown. */
export interface ShownQuota {
  readonly name: QuotaName;
  readonly max: number;
  /** Whether the account has been given it, so that it does not change with the others'. */
  readonly isOwn: boolean;
}

/** All quotas of an account that can be set. */
export async function listQuotas(iam: Iam, accountId: string): Promise<readonly ShownQuota[]> {
  const rows = await iam.store.query<{ quota: string; max: number }>(
    'SELECT quota, max FROM keyshift.account_quotas WHERE account_id = $1',
    [accountId],
  );
  const own = new Map(rows.map(({ quota, max }) => [quota, max]));
  return NAMES.map((name) => ({ name, max: own.get(name) ?? quotaOfAll(iam, name), isOwn: own.has(name) }));
}

/**
 * Gives an account quotas of its own, or with an undefined number takes them back. What it already has too much of
 * stays. Throws ValidationError for what is no quota.
 */
export async function putQuotas(
  iam: Iam,
  accountId: string,
  quotas: ReadonlyMap<string, number | undefined>,
): Promise<void> {
  for (const [name, max] of quotas) {
    if (isQuota(name) && (max === undefined || isNumberOf(max))) continue;
    throw validationError(
      `The quota ${name.slice(0, 100)} cannot be set so: it must be one of ${NAMES.join(', ')}, with a number from 1 to ${QUOTA_MAX}.`,
    );
  }
  await changeIdentities(iam, accountId, async (database) => {
    for (const [name, max] of quotas) {
      await database.query('DELETE FROM keyshift.account_quotas WHERE account_id = $1 AND quota = $2', [
        accountId,
        name,
      ]);
      if (max === undefined) continue;
      await database.query(
        'INSERT INTO keyshift.account_quotas (account_id, quota, max) VALUES ($1, $2, $3)',
        [accountId, name, max],
      );
    }
  });
}

/** Reads `users=1000000,groups=100000`. Throws OperatorError for what is no quota. */
export function parseQuotas(text: string): AccountQuotas {
  const quotas = new Map<QuotaName, number>();
  for (const part of text.split(',').map((one) => one.trim())) {
    if (part === '') continue;
    const [, name = '', digits = ''] = /^([a-z-]+)=(\d{1,9})$/.exec(part) ?? [];
    if (!isQuota(name) || !isNumberOf(Number(digits))) {
      throw new OperatorError(
        `KEYSHIFT_IAM_QUOTAS has the part ${JSON.stringify(part)}: write one of ${NAMES.join(', ')}, ` +
          `then = and a number from 1 to ${QUOTA_MAX}`,
      );
    }
    quotas.set(name, Number(digits));
  }
  return quotas;
}

/** What holds for every account that has none of its own. */
function quotaOfAll(iam: Iam, name: QuotaName): number {
  return iam.quotas?.get(name) ?? SETTABLE[name].max;
}

function isQuota(name: string): name is QuotaName {
  return (NAMES as readonly string[]).includes(name);
}

const isNumberOf = (max: number): boolean => Number.isInteger(max) && max >= 1 && max <= QUOTA_MAX;
