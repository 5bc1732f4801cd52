import type { Database } from '../store/database.ts';
import { type AttachedPolicy, attachedPolicy } from './attachments.ts';
import type { Entity } from './entities.ts';
import { type Group, listGroups } from './groups.ts';
import type { Iam } from './iam.ts';
import type { InlinePolicy } from './inline-policies.ts';
import { type InstanceProfile, listInstanceProfiles } from './instance-profiles.ts';
import { markerAfter, type Page, type PageRequest, readPage } from './pages.ts';
import { listPolicies, type PolicyInUse, type PolicyListRequest } from './policy-lists.ts';
import { listPolicyVersions, type PolicyVersion } from './policy-versions.ts';
import { listRoles, type Role } from './roles.ts';
import type { Tag } from './tags.ts';
import { listUsers, type User } from './users.ts';

/**
 * GetAccountAuthorizationDetails: everything that decides who may do what in an account, in one list with pages:
 * users, then groups, roles, the account's policies, and those of AWS that are in use, each by name.
 */
export type AuthorizationDetail =
  | (User &
      Policies & { readonly is: 'User'; readonly groups: readonly string[]; readonly tags: readonly Tag[] })
  | (Group & Policies & { readonly is: 'Group' })
  | (Role &
      Policies & {
        readonly is: 'Role';
        readonly tags: readonly Tag[];
        readonly instanceProfiles: readonly InstanceProfile[];
      })
  | (PolicyInUse & {
      readonly is: 'LocalManagedPolicy' | 'AWSManagedPolicy';
      readonly versions: readonly PolicyVersion[];
    });

interface Policies {
  readonly inline: readonly InlinePolicy[];
  readonly attached: readonly AttachedPolicy[];
}

export type DetailKind = AuthorizationDetail['is'];

/** A list gives no more at a time. */
const ITEMS_AT_A_TIME = 1000;
const KINDS: readonly DetailKind[] = ['User', 'Group', 'Role', 'LocalManagedPolicy', 'AWSManagedPolicy'];

/** Throws ValidationError for a marker that is not ours. `kinds` absent: all of them. */
export async function listAuthorizationDetails(
  iam: Iam,
  accountId: string,
  request: PageRequest & { readonly kinds?: readonly DetailKind[] | undefined },
): Promise<Page<AuthorizationDetail>> {
  const kinds = KINDS.filter((kind) => request.kinds?.includes(kind) ?? true);
  return readPage(
    request,
    (after, limit) => readDetails(iam, accountId, kinds, { after, limit }),
    (detail) => `${KINDS.indexOf(detail.is)} ${keyOf(detail)}`,
  );
}

const keyOf = ({ name }: AuthorizationDetail): string => name.toLowerCase();

/** Details after a key, which is the place of a kind in `KINDS` and a name. */
async function readDetails(
  iam: Iam,
  accountId: string,
  kinds: readonly DetailKind[],
  { after, limit }: { readonly after: string; readonly limit: number },
): Promise<AuthorizationDetail[]> {
  const [, place = '0', key = ''] = /^(\d) (.*)$/.exec(after) ?? [];
  const details: AuthorizationDetail[] = [];
  for (const kind of kinds) {
    if (KINDS.indexOf(kind) < Number(place)) continue;
    const isFirst = KINDS.indexOf(kind) === Number(place) && key !== '';
    let marker = isFirst ? markerAfter(startOf(kind, key)) : undefined;
    do {
      const maxItems = Math.min(limit - details.length, ITEMS_AT_A_TIME);
      if (maxItems <= 0) return details;
      const page = await READERS[kind](iam, accountId, { marker, maxItems });
      details.push(...page.items);
      marker = page.nextMarker;
    } while (marker !== undefined);
  }
  return details;
}

/** Lists of policies are ordered by name and scope. */
function startOf(kind: DetailKind, name: string): string {
  if (kind === 'LocalManagedPolicy') return `${name} Local`;
  return kind === 'AWSManagedPolicy' ? `${name} AWS` : name;
}

type Reader = (iam: Iam, accountId: string, request: PageRequest) => Promise<Page<AuthorizationDetail>>;

const READERS: Readonly<Record<DetailKind, Reader>> = {
  User: async (iam, accountId, request) => {
    const page = await listUsers(iam, accountId, request);
    const of = await hangingOn(iam.store, accountId, page.items);
    const items = page.items.map((user) => ({ is: 'User' as const, ...user, ...of(user.id) }));
    return { ...page, items };
  },
  Group: async (iam, accountId, request) => {
    const page = await listGroups(iam, accountId, request);
    const of = await hangingOn(iam.store, accountId, page.items);
    return {
      ...page,
      items: page.items.map((group) => ({ is: 'Group' as const, ...group, ...of(group.id) })),
    };
  },
  Role: async (iam, accountId, request) => {
    const page = await listRoles(iam, accountId, request);
    const of = await hangingOn(iam.store, accountId, page.items);
    const profiles = await profilesOfRoles(iam, accountId, page.items);
    const items = page.items.map((role) => ({
      is: 'Role' as const,
      ...role,
      ...of(role.id),
      instanceProfiles: profiles.filter(({ roleName }) => roleName === role.name),
    }));
    return { ...page, items };
  },
  LocalManagedPolicy: (iam, accountId, request) =>
    policies(iam, accountId, 'LocalManagedPolicy', { ...request, scope: 'Local' }),
  AWSManagedPolicy: (iam, accountId, request) =>
    policies(iam, accountId, 'AWSManagedPolicy', { ...request, scope: 'AWS', onlyAttached: true }),
};

async function policies(
  iam: Iam,
  accountId: string,
  is: 'LocalManagedPolicy' | 'AWSManagedPolicy',
  request: PolicyListRequest,
): Promise<Page<AuthorizationDetail>> {
  const page = await listPolicies(iam, accountId, request);
  const items: AuthorizationDetail[] = [];
  for (const policy of page.items) {
    const versions = await listPolicyVersions(iam, accountId, policy.arn, {});
    items.push({ is, ...policy, versions: versions.items });
  }
  return { ...page, items };
}

interface Hanging extends Policies {
  readonly groups: readonly string[];
  readonly tags: readonly Tag[];
}

/** What hangs on some entities, in four queries for all of them together. */
async function hangingOn(database: Database, accountId: string, entities: readonly Entity[]) {
  const ids = entities.map(({ id }) => id);
  const read = async <Row extends { owner_id: string }>(sql: string) =>
    byOwner(await database.query<Row>(sql, [accountId, ids]));
  const inline = await read<{ owner_id: string; name: string; document: string }>(
    `SELECT owner_id, name, document FROM keyshift.iam_inline_policies
     WHERE account_id = $1 AND owner_id = ANY($2) ORDER BY folded`,
  );
  const attached = await read<{ owner_id: string; policy_arn: string }>(
    `SELECT owner_id, policy_arn FROM keyshift.iam_policy_attachments
     WHERE account_id = $1 AND owner_id = ANY($2) ORDER BY policy_arn`,
  );
  const tags = await read<Tag & { owner_id: string }>(
    `SELECT owner_id, key, value FROM keyshift.iam_tags
     WHERE account_id = $1 AND owner_id = ANY($2) ORDER BY folded COLLATE "C"`,
  );
  const groups = await read<{ owner_id: string; name: string }>(
    `SELECT m.user_id AS owner_id, g.name FROM keyshift.iam_group_members m
     JOIN keyshift.iam_groups g ON g.account_id = m.account_id AND g.id = m.group_id
     WHERE m.account_id = $1 AND m.user_id = ANY($2) ORDER BY g.folded`,
  );
  return (id: string): Hanging => ({
    inline: (inline.get(id) ?? []).map(({ name, document }) => ({ policyName: name, document })),
    attached: (attached.get(id) ?? []).map((row) => attachedPolicy(row.policy_arn)),
    tags: (tags.get(id) ?? []).map(({ key, value }) => ({ key, value })),
    groups: (groups.get(id) ?? []).map(({ name }) => name),
  });
}

function byOwner<Row extends { owner_id: string }>(rows: readonly Row[]): ReadonlyMap<string, Row[]> {
  const grouped = new Map<string, Row[]>();
  for (const row of rows) {
    const others = grouped.get(row.owner_id);
    if (others === undefined) grouped.set(row.owner_id, [row]);
    else others.push(row);
  }
  return grouped;
}

async function profilesOfRoles(
  iam: Iam,
  accountId: string,
  roles: readonly Role[],
): Promise<InstanceProfile[]> {
  const profiles: InstanceProfile[] = [];
  for (const { name } of roles) {
    profiles.push(...(await listInstanceProfiles(iam, accountId, { roleName: name })).items);
  }
  return profiles;
}
