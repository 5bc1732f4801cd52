import { createPrivateKey } from 'node:crypto';
import { samlProviderArn } from '../core/arn.ts';
import { plainId } from '../core/ids.ts';
import type { Secret } from '../core/secret.ts';
import type { Database } from '../store/database.ts';
import { requireRoom } from './account-quotas.ts';
import { storable } from './entities.ts';
import { changeIdentities, type Iam } from './iam.ts';
import { alreadyExists, invalidInput, noSuchEntity, quotaExceeded } from './iam-errors.ts';
import { QUOTAS } from './quotas.ts';
import { parseSamlMetadata } from './saml-metadata.ts';
import { addTags, removeAllTags, requireTags, type Tag } from './tags.ts';

/** Identity providers whose SAML assertions an account believes. */
export interface SamlProvider {
  readonly id: string;
  readonly arn: string;
  readonly metadata: string;
  /** Whether assertions must be encrypted; undefined while it has no key to open them. */
  readonly encryptionMode: EncryptionMode | undefined;
  readonly validUntil: Date;
  readonly createdAt: Date;
}

export type EncryptionMode = 'Required' | 'Allowed';

export interface ProviderKey {
  readonly keyId: string;
  readonly createdAt: Date;
}

interface ProviderRow {
  id: string;
  name: string;
  metadata: string;
  encryption_mode: EncryptionMode | null;
  valid_until: Date;
  created_at: Date;
}

/** Years for which a provider is valid whose metadata do not say. */
const VALID_YEARS = 100;
const COLUMNS = 'id, name, metadata, encryption_mode, valid_until, created_at';

export interface NewSamlProvider {
  readonly name: string;
  readonly metadata: string;
  readonly encryptionMode?: EncryptionMode | undefined;
  readonly privateKey?: Secret | undefined;
  readonly tags?: readonly Tag[] | undefined;
}

/** CreateSAMLProvider. Throws InvalidInput, EntityAlreadyExists, LimitExceeded. */
export async function createSamlProvider(
  iam: Iam,
  accountId: string,
  { name, metadata, encryptionMode, privateKey, tags = [] }: NewSamlProvider,
): Promise<string> {
  requireTags(tags);
  const { validUntil } = parseSamlMetadata(metadata);
  requireKeyForMode(encryptionMode, privateKey !== undefined);
  if (privateKey !== undefined) requirePrivateKey(privateKey);
  return changeIdentities(iam, accountId, async (database) => {
    const id = plainId(iam.random);
    const now = iam.clock.now();
    const inserted = await database.query(
      `INSERT INTO keyshift.iam_saml_providers
         (account_id, id, name, metadata, encryption_mode, valid_until, created_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (account_id, folded) DO NOTHING RETURNING id`,
      [accountId, id, name, metadata, encryptionMode ?? null, validUntil ?? afterYears(now), now],
    );
    if (inserted.length === 0) throw alreadyExists(`SAMLProvider with name ${name} already exists.`);
    await requireRoom(iam, database, accountId, 'saml-providers');
    if (privateKey !== undefined) await addKey(iam, database, accountId, id, privateKey);
    await addTags(database, accountId, id, tags);
    return samlProviderArn(accountId, name);
  });
}

export interface SamlProviderChange {
  readonly metadata?: string | undefined;
  readonly encryptionMode?: EncryptionMode | undefined;
  readonly addKey?: Secret | undefined;
  readonly removeKeyId?: string | undefined;
}

/** UpdateSAMLProvider. Throws NoSuchEntity, InvalidInput, LimitExceeded past two private keys. */
export async function updateSamlProvider(
  iam: Iam,
  accountId: string,
  arn: string,
  change: SamlProviderChange,
): Promise<void> {
  const parsed = change.metadata === undefined ? undefined : parseSamlMetadata(change.metadata);
  if (change.addKey !== undefined) requirePrivateKey(change.addKey);
  await changeIdentities(iam, accountId, async (database) => {
    const provider = await requireSamlProvider(database, accountId, arn);
    const validUntil =
      parsed === undefined ? provider.validUntil : (parsed.validUntil ?? afterYears(provider.createdAt));
    if (change.removeKeyId !== undefined) {
      await removeKey(database, accountId, provider.id, change.removeKeyId);
    }
    if (change.addKey !== undefined) await addKey(iam, database, accountId, provider.id, change.addKey);
    const mode = change.encryptionMode ?? provider.encryptionMode;
    const keys = await keysOfSamlProvider(database, accountId, provider.id);
    requireKeyForMode(mode, keys.length > 0);
    await database.query(
      `UPDATE keyshift.iam_saml_providers SET metadata = $3, encryption_mode = $4, valid_until = $5
       WHERE account_id = $1 AND id = $2`,
      [accountId, provider.id, change.metadata ?? provider.metadata, mode ?? null, validUntil],
    );
  });
}

/** DeleteSAMLProvider. Throws NoSuchEntity. Roles that trust it stay, and can be assumed through it no more. */
export async function deleteSamlProvider(iam: Iam, accountId: string, arn: string): Promise<void> {
  await changeIdentities(iam, accountId, async (database) => {
    const { id } = await requireSamlProvider(database, accountId, arn);
    await removeAllTags(database, accountId, id);
    await database.query('DELETE FROM keyshift.iam_saml_providers WHERE account_id = $1 AND id = $2', [
      accountId,
      id,
    ]);
  });
}

/** ListSAMLProviders, by name: all of them, as the operation has no pages. */
export async function listSamlProviders(iam: Iam, accountId: string): Promise<SamlProvider[]> {
  const rows = await iam.store.query<ProviderRow>(
    `SELECT ${COLUMNS} FROM keyshift.iam_saml_providers WHERE account_id = $1 ORDER BY folded`,
    [accountId],
  );
  return rows.map((row) => providerOf(accountId, row));
}

/** The provider with exactly this ARN. Throws InvalidInput when it is not the ARN of one. */
export async function findSamlProvider(
  database: Database,
  accountId: string,
  arn: string,
): Promise<SamlProvider | undefined> {
  const [, owner, name] = /^arn:aws:iam::(\d{12}):saml-provider\/([\w._-]{1,128})$/.exec(arn) ?? [];
  if (name === undefined) throw invalidInput(`ARN ${arn} is not valid.`);
  if (owner !== accountId) return undefined;
  const [row] = await database.query<ProviderRow>(
    `SELECT ${COLUMNS} FROM keyshift.iam_saml_providers WHERE account_id = $1 AND folded = lower($2 COLLATE "C")
       AND name = $2`,
    [accountId, name],
  );
  return row && providerOf(accountId, row);
}

/** As `findSamlProvider`, but throws NoSuchEntity when there is none. */
export async function requireSamlProvider(
  database: Database,
  accountId: string,
  arn: string,
): Promise<SamlProvider> {
  const provider = await findSamlProvider(database, accountId, arn);
  if (provider === undefined) throw noSuchEntity(`Manifest not found for arn ${arn}`);
  return provider;
}

export async function keysOfSamlProvider(
  database: Database,
  accountId: string,
  providerId: string,
): Promise<ProviderKey[]> {
  const rows = await database.query<{ key_id: string; created_at: Date }>(
    `SELECT key_id, created_at FROM keyshift.iam_saml_provider_keys
     WHERE account_id = $1 AND provider_id = $2 ORDER BY created_at, key_id`,
    [accountId, providerId],
  );
  return rows.map((row) => ({ keyId: row.key_id, createdAt: row.created_at }));
}

async function addKey(
  iam: Iam,
  database: Database,
  accountId: string,
  providerId: string,
  key: Secret,
): Promise<void> {
  const keyId = plainId(iam.random);
  const sealed = iam.sealer.seal(
    Buffer.from(key.reveal()),
    `keyshift/saml-provider-key/${accountId}/${providerId}/${keyId}`,
  );
  await database.query(
    `INSERT INTO keyshift.iam_saml_provider_keys (account_id, provider_id, key_id, sealed, created_at)
     VALUES ($1, $2, $3, $4, $5)`,
    [accountId, providerId, keyId, sealed, iam.clock.now()],
  );
  const max = QUOTAS.privateKeysPerSamlProvider;
  if ((await keysOfSamlProvider(database, accountId, providerId)).length > max) {
    throw quotaExceeded('PrivateKeysPerSAMLProvider', max);
  }
}

async function removeKey(
  database: Database,
  accountId: string,
  providerId: string,
  keyId: string,
): Promise<void> {
  const removed = await database.query(
    `DELETE FROM keyshift.iam_saml_provider_keys WHERE account_id = $1 AND provider_id = $2 AND key_id = $3
     RETURNING key_id`,
    [accountId, providerId, storable(keyId)],
  );
  if (removed.length === 0) throw noSuchEntity(`The private key with id ${keyId} cannot be found.`);
}

function requirePrivateKey(key: Secret): void {
  try {
    if (createPrivateKey(key.reveal()).asymmetricKeyType === 'rsa') return;
  } catch {
    // What OpenSSL says of it might quote the key.
  }
  throw invalidInput('The private key must be an unencrypted RSA key in PEM.');
}

function requireKeyForMode(mode: EncryptionMode | undefined, hasKey: boolean): void {
  if (mode === 'Required' && !hasKey) {
    throw invalidInput(
      'Assertions can only be required to be encrypted when the provider has a private key.',
    );
  }
}

function afterYears(from: Date): Date {
  const until = new Date(from);
  until.setUTCFullYear(until.getUTCFullYear() + VALID_YEARS);
  return until;
}

function providerOf(accountId: string, row: ProviderRow): SamlProvider {
  return {
    id: row.id,
    arn: samlProviderArn(accountId, row.name),
    metadata: row.metadata,
    encryptionMode: row.encryption_mode ?? undefined,
    validUntil: row.valid_until,
    createdAt: row.created_at,
  };
}
