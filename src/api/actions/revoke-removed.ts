import type { Clock } from '../../core/clock.ts';
import { findEntity } from '../../iam/entities.ts';
import type { Iam } from '../../iam/iam.ts';
import { listUsersInGroup } from '../../iam/memberships.ts';
import type { AccountLoginSettings } from '../../redshift/login-settings.ts';
import type { Caller } from '../action.ts';
import type { AnyAction } from '../decode-call.ts';
import type { LiveAccess } from './keyshift/deps.ts';

/**
 * IAM operations that take something from an identity also revoke the credentials that it obtained, where the account
 * has set that: `RevokeOnRemoval` of its login settings.
 */
export interface RevokeDeps {
  readonly iam: Iam;
  readonly loginSettings: AccountLoginSettings;
  readonly access: LiveAccess;
  readonly clock: Clock;
}

/** Members of inputs that name who loses something. */
interface Names {
  readonly UserName?: string | undefined;
  readonly GroupName?: string | undefined;
  readonly RoleName?: string | undefined;
  readonly Status?: string | undefined;
}

type Owner = 'user' | 'group' | 'role';

/** What loses something by an operation: an identity, or everybody in the account. */
type Loser = Owner | 'account';

/**
 * By operation of IAM, whose access it takes. A user who is not named is the caller. Policies, their versions and groups
 * are not here: IAM deletes only those that allow nobody anything any more.
 */
export const REMOVALS: ReadonlyMap<string, Owner> = new Map([
  ['DeleteUser', 'user'],
  ['DeleteAccessKey', 'user'],
  ['UpdateAccessKey', 'user'],
  ['DeleteUserPolicy', 'user'],
  ['DetachUserPolicy', 'user'],
  ['PutUserPermissionsBoundary', 'user'],
  ['RemoveUserFromGroup', 'user'],
  ['DeleteGroupPolicy', 'group'],
  ['DetachGroupPolicy', 'group'],
  ['DeleteRole', 'role'],
  ['DeleteRolePolicy', 'role'],
  ['DetachRolePolicy', 'role'],
  ['PutRolePermissionsBoundary', 'role'],
]);

/** The same of Keyshift's own operations. */
export const ACCOUNT_REMOVALS: ReadonlyMap<string, Loser> = new Map([['PutAccountGuardrail', 'account']]);

/** Other nodes hear of the removal in a moment; what they issue until then is meant too. */
const HEARD_MS_MAX = 2_000;
/** Members of a group that are looked up at a time. */
const PAGE = 1000;

interface Subject {
  readonly kind: 'principal' | 'role' | 'all';
  /** Empty for all. */
  readonly arn: string;
}

/** The same rows, of which those that take something also revoke. */
export function revokingRemoved<Deps extends RevokeDeps>(
  actions: Readonly<Record<string, AnyAction<Deps>>>,
  removals: ReadonlyMap<string, Loser>,
): Record<string, AnyAction<Deps>> {
  return Object.fromEntries(
    Object.entries(actions).map(([name, action]) => {
      const loser = removals.get(name);
      return [name, loser === undefined ? action : revoking(name, loser, action)];
    }),
  );
}

function revoking<Deps extends RevokeDeps>(
  name: string,
  loser: Loser,
  action: AnyAction<Deps>,
): AnyAction<Deps> {
  return {
    ...action,
    run: async (deps, input: never, caller) => {
      const { revokeOnRemoval } = await deps.loginSettings.get(caller.principal.accountId);
      // Before it is done: a user that is deleted is not found any more.
      const subjects = revokeOnRemoval ? await subjectsOf(deps, loser, input, caller) : [];
      const output = await action.run(deps, input, caller);
      let sessionsEnded = 0;
      for (const { kind, arn } of subjects) {
        const issuedBefore = new Date(deps.clock.now().getTime() + HEARD_MS_MAX);
        const { accountId } = caller.principal;
        const reason = `${kind === 'all' ? 'keyshift' : 'iam'}:${name}`;
        const wanted = { accountId, kind, subject: arn, cluster: undefined, issuedBefore, reason };
        const { ended } = await deps.access.revoke({ ...wanted, revokedBy: caller.principal.arn });
        sessionsEnded += ended;
      }
      if (subjects.length > 0) {
        caller.note({
          revoked: subjects.map(({ kind, arn }) => (kind === 'all' ? kind : arn)),
          sessionsEnded,
        });
      }
      return output;
    },
  };
}

async function subjectsOf(
  { iam }: RevokeDeps,
  loser: Loser,
  { UserName, GroupName, RoleName, Status }: Names,
  { principal }: Caller,
): Promise<readonly Subject[]> {
  const { accountId } = principal;
  // UpdateAccessKey takes nothing when it turns a key on.
  if (Status === 'Active') return [];
  switch (loser) {
    case 'user': {
      if (UserName === undefined || UserName === '') return [{ kind: 'principal', arn: principal.arn }];
      const user = await findEntity(iam.store, accountId, { kind: 'user', name: UserName });
      return user === undefined ? [] : [{ kind: 'principal', arn: user.arn }];
    }
    case 'role': {
      const role = await findEntity(iam.store, accountId, { kind: 'role', name: RoleName ?? '' });
      return role === undefined ? [] : [{ kind: 'role', arn: role.arn }];
    }
    case 'group':
      return membersOf(iam, accountId, GroupName ?? '');
    case 'account':
      return [{ kind: 'all', arn: '' }];
    default:
      return loser satisfies never;
  }
}

async function membersOf(iam: Iam, accountId: string, group: string): Promise<readonly Subject[]> {
  const subjects: Subject[] = [];
  let marker: string | undefined;
  do {
    const page = await listUsersInGroup(iam, accountId, group, { marker, maxItems: PAGE });
    for (const { arn } of page.items) subjects.push({ kind: 'principal', arn });
    marker = page.nextMarker;
  } while (marker !== undefined);
  return subjects;
}
