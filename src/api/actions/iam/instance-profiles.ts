import { instanceProfileArn } from '../../../core/arn.ts';
import type { Iam } from '../../../iam/iam.ts';
import {
  addRoleToProfile,
  createInstanceProfile,
  type InstanceProfile as DomainProfile,
  deleteInstanceProfile,
  listInstanceProfiles,
  removeRoleFromProfile,
  requireInstanceProfile,
} from '../../../iam/instance-profiles.ts';
import { findRoles, type Role } from '../../../iam/roles.ts';
import { tagsOf } from '../../../iam/tags.ts';
import type { InstanceProfile } from '../../services/iam.generated.ts';
import { changing, reading } from './row.ts';
import { pageMembers, pageOfInput, roleShape, tagShapes, tagsOfInput } from './shapes.ts';
import { creating, onInstanceProfile, onList, onRole } from './targets.ts';

/** Instance profiles, and the role that each may have. */

const CreateInstanceProfile = changing<'CreateInstanceProfile'>(
  (_iam, input, caller) => {
    const { accountId } = caller.principal;
    const resource = instanceProfileArn(accountId, input.Path ?? '/', input.InstanceProfileName);
    return creating('iam:CreateInstanceProfile', 'iam:TagInstanceProfile', resource, input.Tags);
  },
  async (iam, input, caller) => {
    const tags = tagsOfInput(input.Tags);
    const request = { name: input.InstanceProfileName, path: input.Path, tags };
    const profile = await createInstanceProfile(iam, caller.principal.accountId, request);
    return { InstanceProfile: { ...profileShape(profile, new Map()), Tags: tagShapes(tags) } };
  },
);

const GetInstanceProfile = reading<'GetInstanceProfile'>(
  (iam, input, caller) => onInstanceProfile(iam, caller, 'iam:GetInstanceProfile', input.InstanceProfileName),
  async (iam, input, caller) => {
    const { accountId } = caller.principal;
    const profile = await requireInstanceProfile(iam.store, accountId, input.InstanceProfileName);
    const [shape = profileShape(profile, new Map())] = await profileShapes(iam, accountId, [profile]);
    const tags = await tagsOf(iam.store, accountId, profile.id);
    return { InstanceProfile: { ...shape, Tags: tagShapes(tags) } };
  },
);

const DeleteInstanceProfile = changing<'DeleteInstanceProfile'>(
  (iam, input, caller) =>
    onInstanceProfile(iam, caller, 'iam:DeleteInstanceProfile', input.InstanceProfileName),
  (iam, input, caller) => deleteInstanceProfile(iam, caller.principal.accountId, input.InstanceProfileName),
);

const ListInstanceProfiles = reading<'ListInstanceProfiles'>(
  (_iam, input, caller) => onList(caller, 'iam:ListInstanceProfiles', 'instance-profile', input.PathPrefix),
  async (iam, input, caller) => {
    const { accountId } = caller.principal;
    const request = { ...pageOfInput('ListInstanceProfiles', input), pathPrefix: input.PathPrefix };
    const page = await listInstanceProfiles(iam, accountId, request);
    return { InstanceProfiles: await profileShapes(iam, accountId, page.items), ...pageMembers(page) };
  },
);

const ListInstanceProfilesForRole = reading<'ListInstanceProfilesForRole'>(
  (iam, input, caller) => onRole(iam, caller, 'iam:ListInstanceProfilesForRole', input.RoleName),
  async (iam, input, caller) => {
    const { accountId } = caller.principal;
    const request = { ...pageOfInput('ListInstanceProfilesForRole', input), roleName: input.RoleName };
    const page = await listInstanceProfiles(iam, accountId, request);
    return { InstanceProfiles: await profileShapes(iam, accountId, page.items), ...pageMembers(page) };
  },
);

/** Whoever gives a role to a machine must be allowed to pass that role on. */
const AddRoleToInstanceProfile = changing<'AddRoleToInstanceProfile'>(
  async (iam, input, caller) => [
    ...(await onInstanceProfile(iam, caller, 'iam:AddRoleToInstanceProfile', input.InstanceProfileName)),
    ...(await onRole(iam, caller, 'iam:PassRole', input.RoleName, [
      ['iam:passedtoservice', ['ec2.amazonaws.com']],
    ])),
  ],
  (iam, input, caller) => addRoleToProfile(iam, caller.principal.accountId, namesOf(input)),
);

const RemoveRoleFromInstanceProfile = changing<'RemoveRoleFromInstanceProfile'>(
  (iam, input, caller) =>
    onInstanceProfile(iam, caller, 'iam:RemoveRoleFromInstanceProfile', input.InstanceProfileName),
  (iam, input, caller) => removeRoleFromProfile(iam, caller.principal.accountId, namesOf(input)),
);

export const instanceProfileActions = {
  CreateInstanceProfile,
  GetInstanceProfile,
  DeleteInstanceProfile,
  ListInstanceProfiles,
  ListInstanceProfilesForRole,
  AddRoleToInstanceProfile,
  RemoveRoleFromInstanceProfile,
};

const namesOf = (input: { readonly InstanceProfileName: string; readonly RoleName: string }) => ({
  profileName: input.InstanceProfileName,
  roleName: input.RoleName,
});

async function profileShapes(
  iam: Iam,
  accountId: string,
  profiles: readonly DomainProfile[],
): Promise<InstanceProfile[]> {
  const names = profiles.flatMap(({ roleName }) => (roleName === undefined ? [] : [roleName]));
  const roles = await findRoles(iam.store, accountId, names);
  const byName = new Map(roles.map((role) => [role.name, role]));
  return profiles.map((profile) => profileShape(profile, byName));
}

/** A profile as the API shows it, with its role if that is among `roles`, which are by name. */
export function profileShape(profile: DomainProfile, roles: ReadonlyMap<string, Role>): InstanceProfile {
  const role = roles.get(profile.roleName ?? '');
  return {
    Path: profile.path,
    InstanceProfileName: profile.name,
    InstanceProfileId: profile.id,
    Arn: profile.arn,
    CreateDate: profile.createdAt,
    Roles: role === undefined ? [] : [roleShape({ ...role, boundaryArn: undefined })],
  };
}
