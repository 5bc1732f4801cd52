import type { Database } from '../store/database.ts';
import { ENTITY_KINDS, type Entity, type EntityKind, requireEntity } from './entities.ts';
import type { Iam } from './iam.ts';
import { invalidInput } from './iam-errors.ts';
import { requirePolicy } from './managed-policies.ts';

/** Users, groups, roles and policies by their ARNs, and who acts for them. */

const ENTITY_ARN = /^arn:aws:iam::(\d{12}):(user|group|role)\/(?:[!-~]+\/)?([A-Za-z0-9_+=,.@-]{1,128})$/;
/** Users and roles that one report is about. */
const ACTORS_MAX = 10_000;

export type ArnSubject = Entity | { readonly kind: 'policy'; readonly arn: string };

/** What an ARN names. Throws InvalidInput for what is no such ARN, NoSuchEntity for what is not there. */
export async function requireArnSubject(iam: Iam, accountId: string, arn: string): Promise<ArnSubject> {
  if (arn.includes(':policy/'))
    return { kind: 'policy', arn: (await requirePolicy(iam.store, accountId, arn)).arn };
  const [, owner, kind, name = ''] = ENTITY_ARN.exec(arn) ?? [];
  if (kind !== 'user' && kind !== 'group' && kind !== 'role') throw invalidInput(`ARN ${arn} is not valid.`);
  if (owner !== accountId) throw ENTITY_KINDS[kind].missing(name);
  const entity = await requireEntity(iam.store, accountId, { kind, name });
  if (entity.arn !== arn) throw ENTITY_KINDS[kind].missing(name);
  return entity;
}

/** The users and roles that act for a subject: itself, a group's members, or those to whom a policy is attached. */
export async function actorsOf(iam: Iam, accountId: string, subject: ArnSubject): Promise<Entity[]> {
  if (subject.kind === 'user' || subject.kind === 'role') return [subject];
  if (subject.kind === 'group') return membersOf(iam.store, accountId, subject.id);
  const owners = `SELECT owner_id FROM keyshift.iam_policy_attachments WHERE account_id = $1 AND policy_arn = $2`;
  return [
    ...(await entitiesIn(iam.store, accountId, 'user', `u.id IN (${owners})`, subject.arn)),
    ...(await entitiesIn(iam.store, accountId, 'role', `u.id IN (${owners})`, subject.arn)),
    ...(await entitiesIn(
      iam.store,
      accountId,
      'user',
      `u.id IN (SELECT m.user_id FROM keyshift.iam_group_members m WHERE m.account_id = $1 AND m.group_id IN (${owners}))`,
      subject.arn,
    )),
  ].filter((entity, index, all) => all.findIndex(({ id }) => id === entity.id) === index);
}

/** When users and roles were made, by their ids. What others did before under the same names is not theirs. */
export async function creationTimes(
  database: Database,
  accountId: string,
  actors: readonly Entity[],
): Promise<ReadonlyMap<string, Date>> {
  const rows = await database.query<{ id: string; created_at: Date }>(
    `SELECT id, created_at FROM keyshift.iam_users WHERE account_id = $1 AND id = ANY($2)
     UNION ALL
     SELECT id, created_at FROM keyshift.iam_roles WHERE account_id = $1 AND id = ANY($2)`,
    [accountId, actors.map(({ id }) => id)],
  );
  return new Map(rows.map(({ id, created_at: at }) => [id, at]));
}

function membersOf(database: Database, accountId: string, groupId: string): Promise<Entity[]> {
  const members = 'SELECT user_id FROM keyshift.iam_group_members WHERE account_id = $1 AND group_id = $2';
  return entitiesIn(database, accountId, 'user', `u.id IN (${members})`, groupId);
}

/** `condition` is ours, of the row `u` and the value `$2`. */
async function entitiesIn(
  database: Database,
  accountId: string,
  kind: EntityKind,
  condition: string,
  value: string,
): Promise<Entity[]> {
  const { table, arnOf } = ENTITY_KINDS[kind];
  const rows = await database.query<{ id: string; name: string; path: string }>(
    `SELECT u.id, u.name, u.path FROM ${table} u WHERE u.account_id = $1 AND ${condition}
     ORDER BY u.folded LIMIT ${ACTORS_MAX}`,
    [accountId, value],
  );
  return rows.map(({ id, name, path }) => ({ kind, id, name, path, arn: arnOf(accountId, path, name) }));
}
