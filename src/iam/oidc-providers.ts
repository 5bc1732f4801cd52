import { oidcProviderArn } from '../core/arn.ts';
import { plainId } from '../core/ids.ts';
import type { Database } from '../store/database.ts';
import { requireRoom } from './account-quotas.ts';
import { changeIdentities, type Iam } from './iam.ts';
import { alreadyExists, invalidInput, noSuchEntity, quotaExceeded } from './iam-errors.ts';
import { QUOTAS } from './quotas.ts';
import { addTags, removeAllTags, requireTags, type Tag } from './tags.ts';

/**
 * OpenID Connect providers whose tokens an account believes.
 * Source: IAM API Reference, CreateOpenIDConnectProvider.
 */
export interface OidcProvider {
  readonly id: string;
  readonly arn: string;
  /** Without its scheme. */
  readonly url: string;
  readonly clientIds: readonly string[];
  readonly thumbprints: readonly string[];
  readonly createdAt: Date;
}

interface ProviderRow {
  id: string;
  url: string;
  client_ids: string[];
  thumbprints: string[];
  created_at: Date;
}

const COLUMNS = 'id, url, client_ids, thumbprints, created_at';
const URL_CHARACTERS_MAX = 255;
const THUMBPRINT = /^[0-9a-fA-F]{40}$/;
/** A host name and a path, without port, query and fragment; what an `iss` claim may be. */
const URL_FORM = /^https:\/\/((?:[A-Za-z0-9-]+\.)*[A-Za-z0-9-]+(?:\/[A-Za-z0-9._~!$&'()*+,;=:@%-]+)*)\/?$/;

export interface NewOidcProvider {
  readonly url: string;
  readonly clientIds?: readonly string[] | undefined;
  /** Absent: none, and the provider is believed by the certificate authorities of the system. */
  readonly thumbprints?: readonly string[] | undefined;
  readonly tags?: readonly Tag[] | undefined;
}

/** CreateOpenIDConnectProvider. Throws InvalidInput, EntityAlreadyExists, LimitExceeded. */
export async function createOidcProvider(
  iam: Iam,
  accountId: string,
  { url, clientIds = [], thumbprints = [], tags = [] }: NewOidcProvider,
): Promise<string> {
  const [, bare] = url.length > URL_CHARACTERS_MAX ? [] : (URL_FORM.exec(url) ?? []);
  if (bare === undefined) throw invalidInput('Invalid Open ID Connect Provider URL');
  requireThumbprints(thumbprints);
  requireClientIds(clientIds);
  requireTags(tags);
  return changeIdentities(iam, accountId, async (database) => {
    const id = plainId(iam.random);
    const inserted = await database.query(
      `INSERT INTO keyshift.iam_oidc_providers (account_id, id, url, client_ids, thumbprints, created_at)
       VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (account_id, folded) DO NOTHING RETURNING id`,
      [accountId, id, bare, [...new Set(clientIds)], [...new Set(thumbprints)], iam.clock.now()],
    );
    if (inserted.length === 0) throw alreadyExists(`Provider with url ${url} already exists.`);
    await requireRoom(iam, database, accountId, 'oidc-providers');
    await addTags(database, accountId, id, tags);
    return oidcProviderArn(accountId, bare);
  });
}

/** DeleteOpenIDConnectProvider. One that is not there is no error, says the API reference. Throws InvalidInput. */
export async function deleteOidcProvider(iam: Iam, accountId: string, arn: string): Promise<void> {
  await changeIdentities(iam, accountId, async (database) => {
    const provider = await findOidcProvider(database, accountId, arn);
    if (provider === undefined) return;
    await removeAllTags(database, accountId, provider.id);
    await database.query('DELETE FROM keyshift.iam_oidc_providers WHERE account_id = $1 AND id = $2', [
      accountId,
      provider.id,
    ]);
  });
}

/** UpdateOpenIDConnectProviderThumbprint: replaces the whole list. Throws NoSuchEntity, InvalidInput. */
export async function setOidcThumbprints(
  iam: Iam,
  accountId: string,
  arn: string,
  thumbprints: readonly string[],
): Promise<void> {
  requireThumbprints(thumbprints);
  await changeOidcProvider(iam, accountId, arn, () => ({ thumbprints: [...new Set(thumbprints)] }));
}

/** AddClientIDToOpenIDConnectProvider; once more changes nothing. Throws NoSuchEntity, LimitExceeded. */
export async function addOidcClientId(
  iam: Iam,
  accountId: string,
  arn: string,
  clientId: string,
): Promise<void> {
  requireClientIds([clientId]);
  await changeOidcProvider(iam, accountId, arn, ({ clientIds }) => {
    const all = [...new Set([...clientIds, clientId])];
    requireClientIds(all);
    return { clientIds: all };
  });
}

/** RemoveClientIDFromOpenIDConnectProvider; one that is not there is no error. Throws NoSuchEntity. */
export async function removeOidcClientId(
  iam: Iam,
  accountId: string,
  arn: string,
  clientId: string,
): Promise<void> {
  await changeOidcProvider(iam, accountId, arn, ({ clientIds }) => ({
    clientIds: clientIds.filter((one) => one !== clientId),
  }));
}

/** ListOpenIDConnectProviders, by URL: all of them, as the operation has no pages. */
export async function listOidcProviders(iam: Iam, accountId: string): Promise<OidcProvider[]> {
  const rows = await iam.store.query<ProviderRow>(
    `SELECT ${COLUMNS} FROM keyshift.iam_oidc_providers WHERE account_id = $1 ORDER BY folded`,
    [accountId],
  );
  return rows.map((row) => providerOf(accountId, row));
}

/** The provider with exactly this ARN. Throws InvalidInput when it is not the ARN of one. */
export async function findOidcProvider(
  database: Database,
  accountId: string,
  arn: string,
): Promise<OidcProvider | undefined> {
  const [, owner, url] = /^arn:aws:iam::(\d{12}):oidc-provider\/([!-~]{1,255})$/.exec(arn) ?? [];
  if (url === undefined) throw invalidInput(`ARN ${arn} is not valid.`);
  if (owner !== accountId) return undefined;
  const [row] = await database.query<ProviderRow>(
    `SELECT ${COLUMNS} FROM keyshift.iam_oidc_providers WHERE account_id = $1 AND folded = lower($2 COLLATE "C")
       AND url = $2`,
    [accountId, url],
  );
  return row && providerOf(accountId, row);
}

/** As `findOidcProvider`, but throws NoSuchEntity when there is none. */
export async function requireOidcProvider(
  database: Database,
  accountId: string,
  arn: string,
): Promise<OidcProvider> {
  const provider = await findOidcProvider(database, accountId, arn);
  if (provider === undefined) throw noSuchEntity(`OpenIDConnect Provider not found for arn ${arn}`);
  return provider;
}

async function changeOidcProvider(
  iam: Iam,
  accountId: string,
  arn: string,
  change: (provider: OidcProvider) => Partial<Pick<OidcProvider, 'clientIds' | 'thumbprints'>>,
): Promise<void> {
  await changeIdentities(iam, accountId, async (database) => {
    const provider = await requireOidcProvider(database, accountId, arn);
    const { clientIds, thumbprints } = { ...provider, ...change(provider) };
    await database.query(
      `UPDATE keyshift.iam_oidc_providers SET client_ids = $3, thumbprints = $4
       WHERE account_id = $1 AND id = $2`,
      [accountId, provider.id, clientIds, thumbprints],
    );
  });
}

function requireThumbprints(thumbprints: readonly string[]): void {
  if (thumbprints.length > QUOTAS.thumbprintsPerOidcProvider) {
    throw invalidInput(`Thumbprint list must contain at most ${QUOTAS.thumbprintsPerOidcProvider} entries.`);
  }
  const wrong = thumbprints.find((thumbprint) => !THUMBPRINT.test(thumbprint));
  if (wrong !== undefined) throw invalidInput(`Thumbprint ${wrong} is not 40 hexadecimal digits.`);
}

function requireClientIds(clientIds: readonly string[]): void {
  const max = QUOTAS.clientIdsPerOidcProvider;
  if (clientIds.length > max) throw quotaExceeded('ClientIdsPerOpenIdConnectProvider', max);
  if (clientIds.some((clientId) => clientId.includes('\0'))) {
    throw invalidInput('A client ID must not contain the character U+0000.');
  }
}

function providerOf(accountId: string, row: ProviderRow): OidcProvider {
  return {
    id: row.id,
    arn: oidcProviderArn(accountId, row.url),
    url: row.url,
    clientIds: row.client_ids,
    thumbprints: row.thumbprints,
    createdAt: row.created_at,
  };
}
