import { groupArn, instanceProfileArn, roleArn, serverCertificateArn, userArn } from '../../../core/arn.ts';
import { type EntityKind, findEntity } from '../../../iam/entities.ts';
import type { Iam } from '../../../iam/iam.ts';
import { validationError } from '../../../iam/iam-errors.ts';
import { findInstanceProfile } from '../../../iam/instance-profiles.ts';
import { findPolicy } from '../../../iam/managed-policies.ts';
import { findOidcProvider } from '../../../iam/oidc-providers.ts';
import { findRole } from '../../../iam/roles.ts';
import { findSamlProvider } from '../../../iam/saml-providers.ts';
import { findServerCertificate } from '../../../iam/server-certificates.ts';
import { type Tag, tagsOf } from '../../../iam/tags.ts';
import { findUser } from '../../../iam/users.ts';
import type { Database } from '../../../store/database.ts';
import type { Caller, RequiredPermission } from '../../action.ts';
import { type Keys, requestTagKeys, resourceTagKeys } from '../tag-keys.ts';

/**
 * What a call is about, as policies name it: the ARN of the entity with its own path and its name as it is
 * stored, so that another spelling of the name escapes no policy. Of an entity that is not there, the ARN it
 * would have without a path: who may not call learns nothing.
 * Source: Service Authorization Reference, "Actions, resources, and condition keys for AWS IAM".
 */

type Context = Map<string, readonly string[]>;
export type Extra = Keys;

/** One permission for an action on the thing that a call names. `extra` holds further condition keys. */
export type OnTarget = (
  iam: Iam,
  caller: Caller,
  action: string,
  name: string,
  extra?: Extra,
) => Promise<RequiredPermission[]>;

/** One permission for an action on a user. `extra` holds further condition keys. */
export async function onUser(
  iam: Iam,
  caller: Caller,
  action: string,
  userName: string,
  extra: Extra = [],
): Promise<RequiredPermission[]> {
  const { accountId } = caller.principal;
  const user = await findUser(iam, accountId, userName);
  return onBounded(user, action, userArn(accountId, '/', userName), extra);
}

/** One permission for an action on the user it names, or else on the caller, which may be the root user. */
export async function onUserOrRoot(
  iam: Iam,
  caller: Caller,
  action: string,
  userName: string | undefined,
): Promise<RequiredPermission[]> {
  const { principal } = caller;
  if (userName === undefined && principal.kind === 'root') return [{ action, resource: principal.arn }];
  return onUser(iam, caller, action, userNameOr(caller, userName));
}

/** One permission for an action on a role. */
export async function onRole(
  iam: Iam,
  caller: Caller,
  action: string,
  roleName: string,
  extra: Extra = [],
): Promise<RequiredPermission[]> {
  const { accountId } = caller.principal;
  const role = await findRole(iam.store, accountId, roleName);
  return onBounded(role, action, roleArn(accountId, '/', roleName), extra);
}

/** One permission for an action on a group. */
export async function onGroup(
  iam: Iam,
  caller: Caller,
  action: string,
  groupName: string,
  extra: Extra = [],
): Promise<RequiredPermission[]> {
  const { accountId } = caller.principal;
  const group = await findEntity(iam.store, accountId, { kind: 'group', name: groupName });
  const resource = group?.arn ?? groupArn(accountId, '/', groupName);
  return [{ action, resource, context: new Map(extra) }];
}

/** On a managed policy. Throws InvalidInput. */
export const onPolicy: OnTarget = onArn(findPolicy);
/** On a SAML provider. Throws InvalidInput. */
export const onSamlProvider: OnTarget = onArn(findSamlProvider);
/** On an OpenID Connect provider. Throws InvalidInput. */
export const onOidcProvider: OnTarget = onArn(findOidcProvider);
export const onInstanceProfile: OnTarget = onNamed(findInstanceProfile, instanceProfileArn);
export const onServerCertificate: OnTarget = onNamed(findServerCertificate, serverCertificateArn);

/** On a virtual MFA device, whose serial number is its ARN, and what its tags are kept under. */
export const onMfaDevice: OnTarget = (iam, caller, action, serial, extra = []) =>
  onTagged(iam, caller, { action, resource: serial, ownerId: serial, extra });

/** The permissions for making a thing, and for tagging it when it comes with tags. */
export function creating(
  action: string,
  tagAction: string,
  resource: string,
  tags: Parameters<typeof requestTagKeys>[0] = [],
  extra: Extra = [],
): RequiredPermission[] {
  const context: Context = new Map([...requestTagKeys(tags), ...extra]);
  const create = { action, resource, context };
  return tags.length > 0 ? [create, { action: tagAction, resource, context }] : [create];
}

/** The condition key that says which boundary a call sets. */
export const boundaryKey = (arn: string | undefined): Extra =>
  arn === undefined ? [] : [['iam:permissionsboundary', [arn]]];

/** One permission for listing: the ARN of a kind of thing, down to the path that is asked for. */
export function onList(
  caller: Caller,
  action: string,
  kind: EntityKind | 'policy' | 'instance-profile' | 'server-certificate' | 'mfa',
  pathPrefix = '/',
): RequiredPermission[] {
  return [{ action, resource: `arn:aws:iam::${caller.principal.accountId}:${kind}${pathPrefix}` }];
}

/** One permission for an action that concerns the account as a whole. */
export const onAccount = (action: string): RequiredPermission[] => [{ action, resource: '*' }];

/** The user that a call means that need not name one. Throws ValidationError when the caller is no user. */
export function userNameOr(caller: Caller, userName: string | undefined): string {
  const name = userName ?? caller.principal.userName;
  if (name === undefined) {
    throw validationError('Must specify userName when calling with non-User credentials');
  }
  return name;
}

/** Whom a call means that need not name a user. Throws ValidationError when the caller is a role's session. */
export function userOrRoot(
  caller: Caller,
  userName: string | undefined,
): { readonly userName: string } | 'root' {
  if (userName === undefined && caller.principal.kind === 'root') return 'root';
  return { userName: userNameOr(caller, userName) };
}

/** One permission for an action on a user or role, which has tags and a boundary. */
function onBounded(
  found:
    | { readonly arn: string; readonly tags: readonly Tag[]; readonly boundaryArn: string | undefined }
    | undefined,
  action: string,
  arnIfMissing: string,
  extra: Extra,
): RequiredPermission[] {
  const context: Context = new Map(extra);
  if (found === undefined) return [{ action, resource: arnIfMissing, context }];
  addResourceTags(context, found.tags);
  if (found.boundaryArn !== undefined && !context.has('iam:permissionsboundary')) {
    context.set('iam:permissionsboundary', [found.boundaryArn]);
  }
  return [{ action, resource: found.arn, context }];
}

type Find<Found> = (database: Database, accountId: string, name: string) => Promise<Found | undefined>;

/** On things whose ARN is what calls name them by. */
function onArn(find: Find<{ readonly id: string }>): OnTarget {
  return async (iam, caller, action, arn, extra = []) => {
    const found = await find(iam.store, caller.principal.accountId, arn);
    return onTagged(iam, caller, { action, resource: arn, ownerId: found?.id, extra });
  };
}

/** On things that calls name by a name, of which a path is part of the ARN. */
function onNamed(
  find: Find<{ readonly id: string; readonly arn: string }>,
  arnOf: (accountId: string, path: string, name: string) => string,
): OnTarget {
  return async (iam, caller, action, name, extra = []) => {
    const { accountId } = caller.principal;
    const found = await find(iam.store, accountId, name);
    const resource = found?.arn ?? arnOf(accountId, '/', name);
    return onTagged(iam, caller, { action, resource, ownerId: found?.id, extra });
  };
}

/** One permission for an action on a thing whose tags are kept under `ownerId`; undefined when it is not there. */
async function onTagged(
  iam: Iam,
  caller: Caller,
  target: {
    readonly action: string;
    readonly resource: string;
    readonly ownerId: string | undefined;
    readonly extra: Extra;
  },
): Promise<RequiredPermission[]> {
  const { action, resource, ownerId, extra } = target;
  const context: Context = new Map(extra);
  if (ownerId !== undefined) {
    addResourceTags(context, await tagsOf(iam.store, caller.principal.accountId, ownerId));
  }
  return [{ action, resource, context }];
}

function addResourceTags(context: Context, tags: readonly Tag[]): void {
  for (const [key, values] of resourceTagKeys(tags, ['iam'])) context.set(key, values);
}
