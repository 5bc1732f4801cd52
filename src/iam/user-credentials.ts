import { plainId, uniqueId } from '../core/ids.ts';
import type { Database } from '../store/database.ts';
import { type Entity, requireEntity, storable } from './entities.ts';
import { changeIdentities, type Iam } from './iam.ts';
import { invalidInput, noSuchEntity, quotaExceeded } from './iam-errors.ts';
import { type Page, type PageRequest, readPage } from './pages.ts';
import { QUOTAS } from './quotas.ts';

/**
 * What users have besides passwords and access keys: signing certificates, SSH public keys, credentials for single
 * services. All of them have an id, an owner and a status, and are kept in one table.
 */
export interface UserCredential {
  readonly id: string;
  readonly userName: string;
  readonly status: CredentialStatus;
  readonly createdAt: Date;
  /** The certificate in PEM, or the key in the form of SSH. */
  readonly body: string | undefined;
  readonly fingerprint: string | undefined;
  readonly serviceName: string | undefined;
  readonly serviceUserName: string | undefined;
  readonly expiresAt: Date | undefined;
}

type CredentialStatus = 'Active' | 'Inactive';
export type CredentialKind = keyof typeof KINDS;

const KINDS = {
  'signing-certificate': { title: 'Certificate', newId: plainId },
  'ssh-public-key': {
    title: 'SSH Public Key',
    newId: (random: Iam['random']) => uniqueId('publicKey', random),
  },
  'service-credential': {
    title: 'Service Specific Credential',
    newId: (random: Iam['random']) => uniqueId('serviceCredential', random),
  },
} as const;

interface CredentialRow {
  id: string;
  user_name: string;
  status: CredentialStatus;
  created_at: Date;
  body: string | null;
  fingerprint: string | null;
  service_name: string | null;
  service_user_name: string | null;
  expires_at: Date | null;
}

const SELECT = `
  SELECT c.id, u.name AS user_name, c.status, c.created_at, c.body, c.fingerprint, c.service_name,
    c.service_user_name, c.expires_at
  FROM keyshift.iam_user_credentials c
  JOIN keyshift.iam_users u ON u.account_id = c.account_id AND u.id = c.user_id`;

/** As messages name them. */
const QUOTA_NAMES = {
  signingCertificatesPerUser: 'SigningCertificatesPerUser',
  sshPublicKeysPerUser: 'SSHPublicKeysPerUser',
  credentialsPerService: 'CredentialsPerService',
} as const;

export type NewCredential = Partial<
  Pick<UserCredential, 'body' | 'fingerprint' | 'serviceName' | 'serviceUserName' | 'expiresAt'>
>;

/**
 * Gives a user a credential. `make` is told of the ones of its kind that the user has, and throws when there may
 * not be another. Throws NoSuchEntity.
 */
export async function addCredential(
  iam: Iam,
  accountId: string,
  kind: CredentialKind,
  userName: string,
  make: (user: Entity, others: readonly UserCredential[], now: Date) => NewCredential,
): Promise<UserCredential> {
  return changeIdentities(iam, accountId, async (database) => {
    const user = await requireEntity(database, accountId, { kind: 'user', name: userName });
    const others = await credentialsOf(database, accountId, kind, user.id);
    const now = iam.clock.now();
    const made = make(user, others, now);
    const id = KINDS[kind].newId(iam.random);
    await database.query(
      `INSERT INTO keyshift.iam_user_credentials
         (account_id, id, kind, user_id, status, created_at, body, fingerprint, service_name, service_user_name,
          expires_at)
       VALUES ($1, $2, $3, $4, 'Active', $5, $6, $7, $8, $9, $10)`,
      [
        accountId,
        id,
        kind,
        user.id,
        now,
        made.body ?? null,
        made.fingerprint ?? null,
        made.serviceName ?? null,
        made.serviceUserName ?? null,
        made.expiresAt ?? null,
      ],
    );
    return requireIn(database, accountId, kind, { id, userName: user.name });
  });
}

/** Which credential: its id, and whose it must be. */
export interface CredentialName {
  readonly id: string;
  readonly userName: string;
}

/** Throws NoSuchEntity, and InvalidInput for a status that cannot be set. */
export async function setCredentialStatus(
  iam: Iam,
  accountId: string,
  kind: CredentialKind,
  name: CredentialName,
  status: string,
): Promise<void> {
  if (status !== 'Active' && status !== 'Inactive') {
    throw invalidInput(`The status ${status} cannot be set on a credential.`);
  }
  await changeIdentities(iam, accountId, async (database) => {
    const { id } = await requireIn(database, accountId, kind, name);
    await database.query(
      'UPDATE keyshift.iam_user_credentials SET status = $3 WHERE account_id = $1 AND id = $2',
      [accountId, id, status],
    );
  });
}

/** Throws NoSuchEntity when the user has no such credential of this kind. */
export async function deleteCredential(
  iam: Iam,
  accountId: string,
  kind: CredentialKind,
  name: CredentialName,
): Promise<void> {
  await changeIdentities(iam, accountId, async (database) => {
    const { id } = await requireIn(database, accountId, kind, name);
    await database.query('DELETE FROM keyshift.iam_user_credentials WHERE account_id = $1 AND id = $2', [
      accountId,
      id,
    ]);
  });
}

/** Throws NoSuchEntity when the user has no such credential of this kind. */
export async function requireCredential(
  iam: Iam,
  accountId: string,
  kind: CredentialKind,
  name: CredentialName,
): Promise<UserCredential> {
  return requireIn(iam.store, accountId, kind, name);
}

export interface CredentialListRequest extends PageRequest {
  /** Undefined: of all users. */
  readonly userName: string | undefined;
  readonly serviceName?: string | undefined;
}

/** A list in the order of ids. Throws NoSuchEntity when the user is not there. */
export async function listCredentials(
  iam: Iam,
  accountId: string,
  kind: CredentialKind,
  request: CredentialListRequest,
): Promise<Page<UserCredential>> {
  const { userName, serviceName } = request;
  const user =
    userName === undefined
      ? undefined
      : await requireEntity(iam.store, accountId, { kind: 'user', name: userName });
  const page = await readPage(
    request,
    (after, limit) =>
      iam.store.query<CredentialRow>(
        `${SELECT} WHERE c.account_id = $1 AND c.kind = $2 AND ($3::text IS NULL OR c.user_id = $3)
           AND ($4::text IS NULL OR c.service_name = $4) AND c.id > $5 COLLATE "C"
         ORDER BY c.id COLLATE "C" LIMIT $6`,
        [accountId, kind, user?.id ?? null, serviceName ?? null, after, limit],
      ),
    (row) => row.id,
  );
  return { ...page, items: page.items.map(credentialOf) };
}

/** Throws LimitExceeded unless there is room for one more beside these. */
export function requireCredentialRoom(others: readonly unknown[], quota: keyof typeof QUOTA_NAMES): void {
  const max = QUOTAS[quota];
  if (others.length >= max) throw quotaExceeded(QUOTA_NAMES[quota], max);
}

async function credentialsOf(database: Database, accountId: string, kind: CredentialKind, userId: string) {
  const rows = await database.query<CredentialRow>(
    `${SELECT} WHERE c.account_id = $1 AND c.kind = $2 AND c.user_id = $3`,
    [accountId, kind, userId],
  );
  return rows.map(credentialOf);
}

async function requireIn(
  database: Database,
  accountId: string,
  kind: CredentialKind,
  { id, userName }: CredentialName,
): Promise<UserCredential> {
  const user = await requireEntity(database, accountId, { kind: 'user', name: userName });
  const [row] = await database.query<CredentialRow>(
    `${SELECT} WHERE c.account_id = $1 AND c.kind = $2 AND c.user_id = $3 AND c.id = $4`,
    [accountId, kind, user.id, storable(id)],
  );
  if (row === undefined) throw noSuchEntity(`The ${KINDS[kind].title} with id ${id} cannot be found.`);
  return credentialOf(row);
}

function credentialOf(row: CredentialRow): UserCredential {
  return {
    id: row.id,
    userName: row.user_name,
    status: row.status,
    createdAt: row.created_at,
    body: row.body ?? undefined,
    fingerprint: row.fingerprint ?? undefined,
    serviceName: row.service_name ?? undefined,
    serviceUserName: row.service_user_name ?? undefined,
    expiresAt: row.expires_at ?? undefined,
  };
}
