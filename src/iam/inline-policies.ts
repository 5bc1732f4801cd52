import { policySizeWithoutWhitespace } from '../policy/document.ts';
import { ENTITY_KINDS, type EntityName, requireEntity, requireModifiable, storable } from './entities.ts';
import { changeIdentities, type Iam } from './iam.ts';
import { limitExceeded, noSuchEntity } from './iam-errors.ts';
import { requireName } from './member-checks.ts';
import { type Page, type PageRequest, readPage } from './pages.ts';
import { requirePolicyDocument } from './policy-documents.ts';

/** A policy that belongs to one user, group or role and goes with it. */
export interface InlinePolicy {
  readonly policyName: string;
  readonly document: string;
}

/**
 * PutUserPolicy and its like: adds a policy, or replaces the one with that name in any case.
 * Throws MalformedPolicyDocument, NoSuchEntity, UnmodifiableEntity, and LimitExceeded when all of them together grow too large.
 */
export async function putInlinePolicy(
  iam: Iam,
  accountId: string,
  owner: EntityName,
  { policyName, document }: InlinePolicy,
): Promise<void> {
  requireName('policyName', policyName);
  requirePolicyDocument(document, 'identity');
  await changeIdentities(iam, accountId, async (database) => {
    const entity = await requireEntity(database, accountId, owner);
    requireModifiable(entity);
    await database.query(
      `INSERT INTO keyshift.iam_inline_policies (account_id, owner_id, name, document) VALUES ($1, $2, $3, $4)
       ON CONFLICT (account_id, owner_id, folded)
       DO UPDATE SET name = excluded.name, document = excluded.document`,
      [accountId, entity.id, policyName, document],
    );
    const all = await database.query<{ document: string }>(
      'SELECT document FROM keyshift.iam_inline_policies WHERE account_id = $1 AND owner_id = $2',
      [accountId, entity.id],
    );
    const max = ENTITY_KINDS[owner.kind].inlineCharactersMax;
    if (all.reduce((sum, row) => sum + policySizeWithoutWhitespace(row.document), 0) > max) {
      throw limitExceeded(`Maximum policy size of ${max} bytes exceeded for ${owner.kind} ${entity.name}`);
    }
  });
}

/** GetUserPolicy and its like. Throws NoSuchEntity. */
export async function getInlinePolicy(
  iam: Iam,
  accountId: string,
  owner: EntityName,
  policyName: string,
): Promise<InlinePolicy> {
  const entity = await requireEntity(iam.store, accountId, owner);
  const [row] = await iam.store.query<{ name: string; document: string }>(
    `SELECT name, document FROM keyshift.iam_inline_policies
     WHERE account_id = $1 AND owner_id = $2 AND folded = lower($3 COLLATE "C")`,
    [accountId, entity.id, storable(policyName)],
  );
  if (row === undefined) throw noSuchInlinePolicy(owner, policyName);
  return { policyName: row.name, document: row.document };
}

/** DeleteUserPolicy and its like. Throws NoSuchEntity, UnmodifiableEntity. */
export async function deleteInlinePolicy(
  iam: Iam,
  accountId: string,
  owner: EntityName,
  policyName: string,
): Promise<void> {
  await changeIdentities(iam, accountId, async (database) => {
    const entity = await requireEntity(database, accountId, owner);
    requireModifiable(entity);
    const deleted = await database.query(
      `DELETE FROM keyshift.iam_inline_policies
       WHERE account_id = $1 AND owner_id = $2 AND folded = lower($3 COLLATE "C") RETURNING name`,
      [accountId, entity.id, storable(policyName)],
    );
    if (deleted.length === 0) throw noSuchInlinePolicy(owner, policyName);
  });
}

/** ListUserPolicies and its like: names only, in order. Throws NoSuchEntity. */
export async function listInlinePolicies(
  iam: Iam,
  accountId: string,
  owner: EntityName,
  request: PageRequest,
): Promise<Page<string>> {
  const entity = await requireEntity(iam.store, accountId, owner);
  const page = await readPage(
    request,
    (after, limit) =>
      iam.store.query<{ name: string }>(
        `SELECT name FROM keyshift.iam_inline_policies
         WHERE account_id = $1 AND owner_id = $2 AND folded > $3 ORDER BY folded LIMIT $4`,
        [accountId, entity.id, after, limit],
      ),
    (row) => row.name.toLowerCase(),
  );
  return { ...page, items: page.items.map(({ name }) => name) };
}

const noSuchInlinePolicy = ({ kind }: EntityName, policyName: string) =>
  noSuchEntity(`The ${kind} policy with name ${policyName} cannot be found.`);
