import { awsManagedDocument } from './aws-managed-policies.ts';
import { changeIdentities, type Iam } from './iam.ts';
import { deleteConflict, limitExceeded, noSuchEntity } from './iam-errors.ts';
import { requireManagedDocument, requireOwnPolicy, requirePolicy } from './managed-policies.ts';
import type { ManagedPolicy } from './managed-policy.ts';
import { type Page, type PageRequest, pageOfList } from './pages.ts';
import { QUOTAS } from './quotas.ts';

/** A managed policy keeps up to five documents, one of which, the default version, is in force. */
export interface PolicyVersion {
  readonly version: number;
  readonly isDefault: boolean;
  readonly document: string;
  readonly createdAt: Date;
}

interface VersionRow {
  version: number;
  document: string;
  created_at: Date;
}

const VERSION_ID = /^v([1-9][0-9]{0,8})$/;
const PAGE_KEY_DIGITS = 10;

/** `v3` for version 3. */
export const versionIdOf = (version: number): string => `v${version}`;

/** CreatePolicyVersion. Throws NoSuchEntity, MalformedPolicyDocument, and LimitExceeded at the sixth version. */
export async function createPolicyVersion(
  iam: Iam,
  accountId: string,
  arn: string,
  {
    document,
    setAsDefault = false,
  }: { readonly document: string; readonly setAsDefault?: boolean | undefined },
): Promise<PolicyVersion> {
  requireManagedDocument(document);
  return changeIdentities(iam, accountId, async (database) => {
    const policy = await requireOwnPolicy(database, accountId, arn);
    const now = iam.clock.now();
    const [numbered] = await database.query<{ newest_version: number }>(
      `UPDATE keyshift.iam_policies
       SET newest_version = newest_version + 1, updated_at = $3,
           default_version = CASE WHEN $4 THEN newest_version + 1 ELSE default_version END
       WHERE account_id = $1 AND id = $2 RETURNING newest_version`,
      [accountId, policy.id, now, setAsDefault],
    );
    if (numbered === undefined) throw noSuchEntity(`Policy ${arn} was not found.`);
    const version = numbered.newest_version;
    await database.query(
      `INSERT INTO keyshift.iam_policy_versions (account_id, policy_id, version, document, created_at)
       VALUES ($1, $2, $3, $4, $5)`,
      [accountId, policy.id, version, document, now],
    );
    const versions = await database.query(
      'SELECT 1 FROM keyshift.iam_policy_versions WHERE account_id = $1 AND policy_id = $2',
      [accountId, policy.id],
    );
    if (versions.length > QUOTAS.versionsPerPolicy) {
      throw limitExceeded(
        `A managed policy can have up to ${QUOTAS.versionsPerPolicy} versions. ` +
          'Before you create a new version, you must delete an existing version.',
      );
    }
    return { version, isDefault: setAsDefault, document, createdAt: now };
  });
}

/** GetPolicyVersion. Throws NoSuchEntity. */
export async function getPolicyVersion(
  iam: Iam,
  accountId: string,
  arn: string,
  versionId: string,
): Promise<PolicyVersion> {
  const policy = await requirePolicy(iam.store, accountId, arn);
  const found = (await versionsOf(iam, accountId, policy)).find(
    ({ version }) => versionIdOf(version) === versionId,
  );
  if (found === undefined) throw noSuchVersion(arn, versionId);
  return found;
}

/** ListPolicyVersions, newest first. Throws NoSuchEntity. */
export async function listPolicyVersions(
  iam: Iam,
  accountId: string,
  arn: string,
  request: PageRequest,
): Promise<Page<PolicyVersion>> {
  const policy = await requirePolicy(iam.store, accountId, arn);
  return pageOfList(request, newestFirst, await versionsOf(iam, accountId, policy));
}

/** DeletePolicyVersion. Throws NoSuchEntity, and DeleteConflict for the default version. */
export async function deletePolicyVersion(
  iam: Iam,
  accountId: string,
  arn: string,
  versionId: string,
): Promise<void> {
  await changeIdentities(iam, accountId, async (database) => {
    const policy = await requireOwnPolicy(database, accountId, arn);
    const version = requireNumber(arn, versionId);
    if (version === policy.defaultVersion) {
      throw deleteConflict('Cannot delete the default version of a policy.');
    }
    const deleted = await database.query(
      `DELETE FROM keyshift.iam_policy_versions WHERE account_id = $1 AND policy_id = $2 AND version = $3
       RETURNING version`,
      [accountId, policy.id, version],
    );
    if (deleted.length === 0) throw noSuchVersion(arn, versionId);
  });
}

/** SetDefaultPolicyVersion. Throws NoSuchEntity. */
export async function setDefaultPolicyVersion(
  iam: Iam,
  accountId: string,
  arn: string,
  versionId: string,
): Promise<void> {
  await changeIdentities(iam, accountId, async (database) => {
    const policy = await requireOwnPolicy(database, accountId, arn);
    const version = requireNumber(arn, versionId);
    const changed = await database.query(
      `UPDATE keyshift.iam_policies p SET default_version = v.version, updated_at = $4
       FROM keyshift.iam_policy_versions v
       WHERE p.account_id = $1 AND p.id = $2
         AND v.account_id = $1 AND v.policy_id = $2 AND v.version = $3 RETURNING p.id`,
      [accountId, policy.id, version, iam.clock.now()],
    );
    if (changed.length === 0) throw noSuchVersion(arn, versionId);
  });
}

async function versionsOf(iam: Iam, accountId: string, policy: ManagedPolicy): Promise<PolicyVersion[]> {
  if (policy.scope === 'AWS') {
    const { defaultVersion: version, updatedAt: createdAt } = policy;
    return [{ version, isDefault: true, document: awsManagedDocument(policy.arn) ?? '', createdAt }];
  }
  const rows = await iam.store.query<VersionRow>(
    'SELECT version, document, created_at FROM keyshift.iam_policy_versions WHERE account_id = $1 AND policy_id = $2',
    [accountId, policy.id],
  );
  return rows.map(({ version, document, created_at: createdAt }) => ({
    version,
    isDefault: version === policy.defaultVersion,
    document,
    createdAt,
  }));
}

/** A key that sorts the newest version first. */
function newestFirst({ version }: PolicyVersion): string {
  return String(10 ** PAGE_KEY_DIGITS - version).padStart(PAGE_KEY_DIGITS, '0');
}

function requireNumber(arn: string, versionId: string): number {
  const [, digits] = VERSION_ID.exec(versionId) ?? [];
  if (digits === undefined) throw noSuchVersion(arn, versionId);
  return Number(digits);
}

const noSuchVersion = (arn: string, versionId: string) =>
  noSuchEntity(`Policy ${arn} version ${versionId} does not exist or is not attachable.`);
