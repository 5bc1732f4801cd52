import { serverCertificateArn } from '../core/arn.ts';
import { uniqueId } from '../core/ids.ts';
import type { Secret } from '../core/secret.ts';
import type { Database } from '../store/database.ts';
import { requireRoom } from './account-quotas.ts';
import { expiryOf, readCertificate, requireChain, requireMatchingKey } from './certificates.ts';
import { type PathPageRequest, storable } from './entities.ts';
import { changeIdentities, type Iam } from './iam.ts';
import { alreadyExists, noSuchEntity } from './iam-errors.ts';
import { requireName, requirePath } from './member-checks.ts';
import { type Page, readPage } from './pages.ts';
import { addTags, removeAllTags, requireTags, type Tag } from './tags.ts';

/** Certificates of servers with their keys, which are sealed and never shown again. */
export interface ServerCertificate {
  readonly id: string;
  readonly name: string;
  readonly path: string;
  readonly arn: string;
  readonly body: string;
  readonly chain: string | undefined;
  readonly expiresAt: Date;
  readonly uploadedAt: Date;
}

interface CertificateRow {
  id: string;
  name: string;
  path: string;
  body: string;
  chain: string | null;
  expires_at: Date;
  uploaded_at: Date;
}

const COLUMNS = 'id, name, path, body, chain, expires_at, uploaded_at';

export interface NewServerCertificate {
  readonly name: string;
  readonly path?: string | undefined;
  readonly body: string;
  readonly chain?: string | undefined;
  readonly privateKey: Secret;
  readonly tags?: readonly Tag[] | undefined;
}

/**
 * UploadServerCertificate. Throws MalformedCertificate, KeyPairMismatch, EntityAlreadyExists, LimitExceeded,
 * InvalidInput, ValidationError.
 */
export async function uploadServerCertificate(
  iam: Iam,
  accountId: string,
  { name, path = '/', body, chain, privateKey, tags = [] }: NewServerCertificate,
): Promise<ServerCertificate> {
  requireName('serverCertificateName', name);
  requirePath(path);
  requireTags(tags);
  const certificate = readCertificate(body);
  if (chain !== undefined) requireChain(chain);
  requireMatchingKey(certificate, privateKey);
  return changeIdentities(iam, accountId, async (database) => {
    const id = uniqueId('certificate', iam.random);
    const sealed = iam.sealer.seal(
      Buffer.from(privateKey.reveal()),
      `keyshift/server-certificate-key/${accountId}/${id}`,
    );
    const [row] = await database.query<CertificateRow>(
      `INSERT INTO keyshift.iam_server_certificates
         (account_id, id, name, path, body, chain, sealed_key, expires_at, uploaded_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
       ON CONFLICT (account_id, folded) DO NOTHING RETURNING ${COLUMNS}`,
      [accountId, id, name, path, body, chain ?? null, sealed, expiryOf(certificate), iam.clock.now()],
    );
    if (row === undefined) throw nameTaken(name);
    await requireRoom(iam, database, accountId, 'server-certificates');
    await addTags(database, accountId, id, tags);
    return certificateOf(accountId, row);
  });
}

export interface CertificateRename {
  readonly newName?: string | undefined;
  readonly newPath?: string | undefined;
}

/** UpdateServerCertificate: another name, another path, or both. Throws NoSuchEntity, EntityAlreadyExists. */
export async function renameServerCertificate(
  iam: Iam,
  accountId: string,
  name: string,
  { newName, newPath }: CertificateRename,
): Promise<void> {
  if (newName !== undefined) requireName('serverCertificateName', newName);
  if (newPath !== undefined) requirePath(newPath);
  await changeIdentities(iam, accountId, async (database) => {
    const certificate = await requireServerCertificate(database, accountId, name);
    const other =
      newName === undefined ? undefined : await findServerCertificate(database, accountId, newName);
    if (newName !== undefined && other !== undefined && other.id !== certificate.id) throw nameTaken(newName);
    await database.query(
      'UPDATE keyshift.iam_server_certificates SET name = $3, path = $4 WHERE account_id = $1 AND id = $2',
      [accountId, certificate.id, newName ?? certificate.name, newPath ?? certificate.path],
    );
  });
}

/** DeleteServerCertificate. Throws NoSuchEntity. */
export async function deleteServerCertificate(iam: Iam, accountId: string, name: string): Promise<void> {
  await changeIdentities(iam, accountId, async (database) => {
    const { id } = await requireServerCertificate(database, accountId, name);
    await removeAllTags(database, accountId, id);
    await database.query('DELETE FROM keyshift.iam_server_certificates WHERE account_id = $1 AND id = $2', [
      accountId,
      id,
    ]);
  });
}

/** ListServerCertificates, by name. */
export async function listServerCertificates(
  iam: Iam,
  accountId: string,
  request: PathPageRequest,
): Promise<Page<ServerCertificate>> {
  const page = await readPage(
    request,
    (after, limit) =>
      iam.store.query<CertificateRow>(
        `SELECT ${COLUMNS} FROM keyshift.iam_server_certificates
         WHERE account_id = $1 AND folded > $2 AND starts_with(path, $3) ORDER BY folded LIMIT $4`,
        [accountId, after, request.pathPrefix ?? '/', limit],
      ),
    (row) => row.name.toLowerCase(),
  );
  return { ...page, items: page.items.map((row) => certificateOf(accountId, row)) };
}

export async function findServerCertificate(
  database: Database,
  accountId: string,
  name: string,
): Promise<ServerCertificate | undefined> {
  const [row] = await database.query<CertificateRow>(
    `SELECT ${COLUMNS} FROM keyshift.iam_server_certificates
     WHERE account_id = $1 AND folded = lower($2 COLLATE "C")`,
    [accountId, storable(name)],
  );
  return row && certificateOf(accountId, row);
}

/** GetServerCertificate. Throws NoSuchEntity. */
export async function requireServerCertificate(
  database: Database,
  accountId: string,
  name: string,
): Promise<ServerCertificate> {
  const certificate = await findServerCertificate(database, accountId, name);
  if (certificate === undefined) {
    throw noSuchEntity(`The Server Certificate with name ${name} cannot be found.`);
  }
  return certificate;
}

const nameTaken = (name: string) => alreadyExists(`The Server Certificate with name ${name} already exists.`);

function certificateOf(accountId: string, row: CertificateRow): ServerCertificate {
  return {
    id: row.id,
    name: row.name,
    path: row.path,
    arn: serverCertificateArn(accountId, row.path, row.name),
    body: row.body,
    chain: row.chain ?? undefined,
    expiresAt: row.expires_at,
    uploadedAt: row.uploaded_at,
  };
}
