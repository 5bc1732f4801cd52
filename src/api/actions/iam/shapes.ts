import type { AttachedPolicy as DomainAttached } from '../../../iam/attachments.ts';
import type { Group as DomainGroup } from '../../../iam/groups.ts';
import type { ManagedPolicy } from '../../../iam/managed-policy.ts';
import { type Page, type PageRequest, pageOfList } from '../../../iam/pages.ts';
import { type PolicyVersion as DomainVersion, versionIdOf } from '../../../iam/policy-versions.ts';
import type { Role as DomainRole } from '../../../iam/roles.ts';
import type { Tag as DomainTag } from '../../../iam/tags.ts';
import type { User as DomainUser } from '../../../iam/users.ts';
import type {
  AttachedPermissionsBoundary,
  Group,
  Policy,
  PolicyVersion,
  Role,
  Tag,
  User,
} from '../../services/iam.generated.ts';

/** The things of this room in the spelling of IAM's API. */

export function userShape(user: DomainUser & { readonly tags?: readonly DomainTag[] }): User {
  return {
    Path: user.path,
    UserName: user.name,
    UserId: user.id,
    Arn: user.arn,
    CreateDate: user.createdAt,
    PasswordLastUsed: user.passwordLastUsedAt,
    PermissionsBoundary: boundaryShape(user.boundaryArn),
    Tags: tagShapes(user.tags),
  };
}

export function groupShape(group: DomainGroup): Group {
  return {
    Path: group.path,
    GroupName: group.name,
    GroupId: group.id,
    Arn: group.arn,
    CreateDate: group.createdAt,
  };
}

export function roleShape(role: DomainRole & { readonly tags?: readonly DomainTag[] }): Role {
  return {
    Path: role.path,
    RoleName: role.name,
    RoleId: role.id,
    Arn: role.arn,
    CreateDate: role.createdAt,
    AssumeRolePolicyDocument: encodeDocument(role.trustPolicy),
    Description: role.description,
    MaxSessionDuration: role.maxSessionSeconds,
    PermissionsBoundary: boundaryShape(role.boundaryArn),
    Tags: tagShapes(role.tags),
  };
}

/** The boundary of a user or role, by its ARN. */
export function boundaryShape(arn: string | undefined): AttachedPermissionsBoundary | undefined {
  if (arn === undefined) return undefined;
  return { PermissionsBoundaryType: 'PermissionsBoundaryPolicy', PermissionsBoundaryArn: arn };
}

export function policyShape(
  policy: ManagedPolicy & {
    readonly attachmentCount?: number;
    readonly boundaryCount?: number;
    readonly tags?: readonly DomainTag[];
  },
): Policy {
  return {
    PolicyName: policy.name,
    PolicyId: policy.id,
    Arn: policy.arn,
    Path: policy.path,
    DefaultVersionId: versionIdOf(policy.defaultVersion),
    AttachmentCount: policy.attachmentCount ?? 0,
    PermissionsBoundaryUsageCount: policy.boundaryCount ?? 0,
    IsAttachable: true,
    Description: policy.description,
    CreateDate: policy.createdAt,
    UpdateDate: policy.updatedAt,
    Tags: tagShapes(policy.tags),
  };
}

export function versionShape(version: DomainVersion, withDocument: boolean): PolicyVersion {
  return {
    Document: withDocument ? encodeDocument(version.document) : undefined,
    VersionId: versionIdOf(version.version),
    IsDefaultVersion: version.isDefault,
    CreateDate: version.createdAt,
  };
}

export const attachedShapes = (attached: readonly DomainAttached[]) =>
  attached.map(({ name, arn }) => ({ PolicyName: name, PolicyArn: arn }));

/** Tags of an answer. Without any the member is left out, as IAM does. */
export function tagShapes(tags: readonly DomainTag[] | undefined): readonly Tag[] | undefined {
  if (tags === undefined || tags.length === 0) return undefined;
  return tags.map(({ key, value }) => ({ Key: key, Value: value }));
}

export function tagsOfInput(tags: readonly Tag[] | undefined): readonly DomainTag[] {
  return (tags ?? []).map(({ Key, Value }) => ({ key: Key, value: Value }));
}

/** A policy document as IAM puts it in answers: percent-encoded after RFC 3986. */
export function encodeDocument(document: string): string {
  return encodeURIComponent(document).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** The members of a call that ask for a page. */
export interface PageMembers {
  readonly Marker?: string | undefined;
  readonly MaxItems?: number | undefined;
}

/** The page that a call asks for. Its marker is good for the same operation with the same other members. */
export function pageOfInput(operation: string, input: PageMembers): PageRequest {
  const { Marker, MaxItems, ...others } = input;
  const list = JSON.stringify([operation, others]);
  return { list, marker: Marker, maxItems: MaxItems };
}

/** The page that a call asks for of a list with nothing in it: also there no marker of another list is taken. */
export const pageOfNone = (operation: string, input: PageMembers): Promise<Page<never>> =>
  pageOfList(pageOfInput(operation, input), () => '', []);

/** The members of an answer that say whether there is more. */
export function pageMembers(page: Page<unknown>) {
  return { IsTruncated: page.nextMarker !== undefined, Marker: page.nextMarker };
}
