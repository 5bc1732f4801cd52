import type { Iam } from './iam.ts';
import { noSuchEntity } from './iam-errors.ts';

/**
 * What GenerateServiceLastAccessedDetails has found out. It is found out at once, from the audit log summed up,
 * and kept for as long as AWS keeps it.
 */
export interface AccessJob {
  readonly granularity: Granularity;
  readonly createdAt: Date;
  readonly services: readonly ServiceAccess[];
}

export type Granularity = 'SERVICE_LEVEL' | 'ACTION_LEVEL';

/** One service that the entity may use; `uses` is empty while it never has. */
export interface ServiceAccess {
  readonly namespace: string;
  readonly uses: readonly ServiceUse[];
}

/** When an entity last called an operation of the service. */
export interface ServiceUse {
  readonly entity: UsingEntity;
  readonly action: string;
  /** Milliseconds since 1970. */
  readonly at: number;
}

export interface UsingEntity {
  readonly kind: 'user' | 'role';
  readonly id: string;
  readonly name: string;
  readonly path: string;
  readonly arn: string;
}

/** Days for which a result is kept. Source: IAM API Reference, GetServiceLastAccessedDetails. */
const KEPT_DAYS = 7;

/** Keeps a result under its id. Results that are too old go. */
export async function saveAccessJob(
  iam: Iam,
  accountId: string,
  id: string,
  job: Omit<AccessJob, 'createdAt'>,
): Promise<void> {
  const now = iam.clock.now();
  await iam.store.query(
    `INSERT INTO keyshift.iam_access_jobs (account_id, id, granularity, result, created_at)
     VALUES ($1, $2, $3, $4, $5)`,
    [accountId, id, job.granularity, JSON.stringify(job.services), now],
  );
  await iam.store.query(`DELETE FROM keyshift.iam_access_jobs WHERE account_id = $1 AND created_at < $2`, [
    accountId,
    new Date(now.getTime() - KEPT_DAYS * 86_400_000),
  ]);
}

/** Throws NoSuchEntity for an id that is none of the account's. */
export async function getAccessJob(iam: Iam, accountId: string, id: string): Promise<AccessJob> {
  const [row] = await iam.store.query<{
    granularity: Granularity;
    result: ServiceAccess[];
    created_at: Date;
  }>(
    `SELECT granularity, result, created_at FROM keyshift.iam_access_jobs
     WHERE account_id = $1 AND id::text = $2`,
    [accountId, id.toLowerCase().replaceAll('\0', '')],
  );
  if (row === undefined) throw noSuchEntity(`The job with id ${id} cannot be found.`);
  return { granularity: row.granularity, createdAt: row.created_at, services: row.result };
}
