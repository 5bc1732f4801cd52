import { rootArn, userArn } from '../core/arn.ts';
import { AwsError } from '../core/errors.ts';
import type { Iam } from './iam.ts';
import { limitExceeded } from './iam-errors.ts';
import { findPasswordPolicy } from './password-policy.ts';

/**
 * The credential report of an account: one line for each user with the state of what it can sign in with.
 * Source: IAM User Guide, "Getting credential reports for your AWS account", which names the columns.
 */
export interface CredentialReport {
  readonly content: string;
  readonly generatedAt: Date;
}

/** Hours for which a report is good; the next one is made no earlier. */
const GOOD_HOURS = 4;
/** Users of one report: some 300 bytes each, and one answer must hold them all. */
const USERS_MAX = 50_000;
const USERS_AT_A_TIME = 1000;
/** Access keys and certificates that have columns. */
const COLUMNS_EACH = 2;

const HEADER = [
  'user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,password_next_rotation',
  'mfa_active',
  ...[1, 2].flatMap((number) => [
    `access_key_${number}_active,access_key_${number}_last_rotated,access_key_${number}_last_used_date`,
    `access_key_${number}_last_used_region,access_key_${number}_last_used_service`,
  ]),
  'cert_1_active,cert_1_last_rotated,cert_2_active,cert_2_last_rotated',
].join(',');

interface ReportRow {
  folded: string;
  name: string;
  path: string;
  created: string;
  password_used: string | null;
  password_changed: string | null;
  password_ends: string | null;
  mfa: boolean;
  keys: KeyState[];
  certificates: CertificateState[];
}

interface CertificateState {
  readonly active: boolean;
  readonly rotated: string;
}

interface KeyState extends CertificateState {
  readonly used: string | null;
  readonly region: string | null;
  readonly service: string | null;
}

/** An instant as the report prints it, in SQL. */
const time = (column: string) => `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"+00:00"')`;

const KEYS_OF = (owner: string) => `coalesce((
  SELECT json_agg(json_build_object('active', status = 'Active', 'rotated', ${time('created_at')},
    'used', ${time('last_used_at')}, 'region', last_used_region, 'service', last_used_service)
    ORDER BY created_at, access_key_id)
  FROM keyshift.iam_access_keys k WHERE k.account_id = $1 AND k.user_id ${owner}), '[]')`;

const USERS = `
  SELECT u.folded, u.name, u.path, ${time('u.created_at')} AS created, ${time('u.password_last_used_at')} AS password_used,
    ${time('p.password_changed_at')} AS password_changed,
    ${time("(p.password_changed_at + $4 * interval '1 day')")} AS password_ends,
    EXISTS (SELECT FROM keyshift.iam_mfa_devices m WHERE m.account_id = $1 AND m.user_id = u.id) AS mfa,
    ${KEYS_OF('= u.id')} AS keys,
    coalesce((SELECT json_agg(json_build_object('active', status = 'Active', 'rotated', ${time('created_at')})
      ORDER BY created_at, id) FROM keyshift.iam_user_credentials c
      WHERE c.account_id = $1 AND c.user_id = u.id AND c.kind = 'signing-certificate'), '[]') AS certificates
  FROM keyshift.iam_users u
  LEFT JOIN keyshift.iam_login_profiles p ON p.account_id = u.account_id AND p.user_id = u.id
  WHERE u.account_id = $1 AND u.folded > $2 ORDER BY u.folded LIMIT $3`;

/**
 * GenerateCredentialReport: makes a report unless there is a good one. Returns whether there was.
 * Throws LimitExceeded for an account with more users than one report can hold.
 */
export async function generateCredentialReport(iam: Iam, accountId: string): Promise<boolean> {
  const present = await findReport(iam, accountId);
  if (present !== undefined && isGood(iam, present)) return true;
  const content = await writeReport(iam, accountId);
  await iam.store.query(
    `INSERT INTO keyshift.iam_credential_reports (account_id, content, generated_at) VALUES ($1, $2, $3)
     ON CONFLICT (account_id) DO UPDATE SET content = excluded.content, generated_at = excluded.generated_at`,
    [accountId, content, iam.clock.now()],
  );
  return false;
}

/** GetCredentialReport. Throws ReportNotPresent and ReportExpired (410). */
export async function getCredentialReport(iam: Iam, accountId: string): Promise<CredentialReport> {
  const report = await findReport(iam, accountId);
  if (report === undefined) {
    throw new AwsError('ReportNotPresent', 410, 'No credential report exists. Generate one first.');
  }
  if (isGood(iam, report)) return report;
  throw new AwsError('ReportExpired', 410, 'The credential report has expired. Generate another one.');
}

async function findReport(iam: Iam, accountId: string): Promise<CredentialReport | undefined> {
  const [row] = await iam.store.query<{ content: string; generated_at: Date }>(
    'SELECT content, generated_at FROM keyshift.iam_credential_reports WHERE account_id = $1',
    [accountId],
  );
  return row && { content: row.content, generatedAt: row.generated_at };
}

function isGood(iam: Iam, { generatedAt }: CredentialReport): boolean {
  return iam.clock.now().getTime() < generatedAt.getTime() + GOOD_HOURS * 3_600_000;
}

async function writeReport(iam: Iam, accountId: string): Promise<string> {
  const ageDays = (await findPasswordPolicy(iam.store, accountId))?.ageDaysMax;
  const lines = [HEADER, await rootLine(iam, accountId)];
  for (let after = ''; ; ) {
    const rows = await iam.store.query<ReportRow>(USERS, [
      accountId,
      after,
      USERS_AT_A_TIME,
      ageDays ?? null,
    ]);
    lines.push(...rows.map((row) => userLine(accountId, row)));
    if (lines.length > USERS_MAX + 2) {
      throw limitExceeded(`A credential report can have at most ${USERS_MAX} users.`);
    }
    const last = rows.at(-1);
    if (last === undefined || rows.length < USERS_AT_A_TIME) return `${lines.join('\n')}\n`;
    after = last.folded;
  }
}

async function rootLine(iam: Iam, accountId: string): Promise<string> {
  const [row] = await iam.store.query<{ created: string; mfa: boolean; keys: KeyState[] }>(
    `SELECT ${time('created_at')} AS created, ${KEYS_OF('IS NULL')} AS keys
     FROM keyshift.accounts WHERE account_id = $1`,
    [accountId],
  );
  return [
    '<root_account>',
    rootArn(accountId),
    row?.created ?? 'not_supported',
    'not_supported',
    'no_information',
    'not_supported',
    'not_supported',
    'false',
    ...keyColumns(row?.keys ?? []),
    ...certificateColumns([]),
  ].join(',');
}

function userLine(accountId: string, row: ReportRow): string {
  const hasPassword = row.password_changed !== null;
  return [
    quoted(row.name),
    quoted(userArn(accountId, row.path, row.name)),
    row.created,
    String(hasPassword),
    hasPassword ? (row.password_used ?? 'no_information') : 'N/A',
    row.password_changed ?? 'N/A',
    row.password_ends ?? 'N/A',
    String(row.mfa),
    ...keyColumns(row.keys),
    ...certificateColumns(row.certificates),
  ].join(',');
}

function keyColumns(keys: readonly KeyState[]): string[] {
  return Array.from({ length: COLUMNS_EACH }, (_, index) => keys[index]).flatMap((key) => [
    String(key?.active ?? false),
    key?.rotated ?? 'N/A',
    key?.used ?? 'N/A',
    key?.region ?? 'N/A',
    key?.service ?? 'N/A',
  ]);
}

function certificateColumns(certificates: readonly CertificateState[]): string[] {
  return Array.from({ length: COLUMNS_EACH }, (_, index) => certificates[index]).flatMap((certificate) => [
    String(certificate?.active ?? false),
    certificate?.rotated ?? 'N/A',
  ]);
}

/** Names and paths may hold commas and quotes. RFC 4180, section 2. */
function quoted(text: string): string {
  return /[",]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
