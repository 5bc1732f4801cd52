import { requireEntity } from '../../../iam/entities.ts';
import { requireInstanceProfile } from '../../../iam/instance-profiles.ts';
import { requireOwnPolicy, requirePolicy } from '../../../iam/managed-policies.ts';
import { requireDevice } from '../../../iam/mfa-devices.ts';
import { requireOidcProvider } from '../../../iam/oidc-providers.ts';
import { requireSamlProvider } from '../../../iam/saml-providers.ts';
import { requireServerCertificate } from '../../../iam/server-certificates.ts';
import { listTags, tagEntity, untagEntity } from '../../../iam/tags.ts';
import type { Database } from '../../../store/database.ts';
import type { Tag } from '../../services/iam.generated.ts';
import { requestTagKeys } from '../tag-keys.ts';
import type { Named } from './owners.ts';
import { type Row, rowOf } from './row.ts';
import { type PageMembers, pageMembers, pageOfInput, tagShapes, tagsOfInput } from './shapes.ts';
import {
  type OnTarget,
  onInstanceProfile,
  onMfaDevice,
  onOidcProvider,
  onPolicy,
  onRole,
  onSamlProvider,
  onServerCertificate,
  onUser,
} from './targets.ts';

/** Tags: three operations for each kind of thing that can have them, all of one shape. */

/** A kind of thing with tags: the member that names one, what policies decide on, and where it is kept. */
interface Tagged<Key extends string> {
  readonly key: Key;
  readonly on: OnTarget;
  readonly find: Find;
  /** Where it differs from `find`: of the things that may be seen, only some may be changed. */
  readonly findToChange?: Find;
}

type Find = (database: Database, accountId: string, key: string) => Promise<{ readonly id: string }>;

const USERS: Tagged<'UserName'> = {
  key: 'UserName',
  on: onUser,
  find: (database, accountId, name) => requireEntity(database, accountId, { kind: 'user', name }),
};

const ROLES: Tagged<'RoleName'> = {
  key: 'RoleName',
  on: onRole,
  find: (database, accountId, name) => requireEntity(database, accountId, { kind: 'role', name }),
};

const POLICIES: Tagged<'PolicyArn'> = {
  key: 'PolicyArn',
  on: onPolicy,
  find: requirePolicy,
  findToChange: requireOwnPolicy,
};

const SAML_PROVIDERS: Tagged<'SAMLProviderArn'> = {
  key: 'SAMLProviderArn',
  on: onSamlProvider,
  find: requireSamlProvider,
};

const OIDC_PROVIDERS: Tagged<'OpenIDConnectProviderArn'> = {
  key: 'OpenIDConnectProviderArn',
  on: onOidcProvider,
  find: requireOidcProvider,
};

const MFA_DEVICES: Tagged<'SerialNumber'> = {
  key: 'SerialNumber',
  on: onMfaDevice,
  // Devices have no unique id, and keep their serial number.
  find: async (database, accountId, serial) => ({
    id: (await requireDevice(database, accountId, serial)).serial,
  }),
};

const INSTANCE_PROFILES: Tagged<'InstanceProfileName'> = {
  key: 'InstanceProfileName',
  on: onInstanceProfile,
  find: requireInstanceProfile,
};

const SERVER_CERTIFICATES: Tagged<'ServerCertificateName'> = {
  key: 'ServerCertificateName',
  on: onServerCertificate,
  find: requireServerCertificate,
};

function tagging<Key extends string>(
  action: string,
  things: Tagged<Key>,
): Row<Named<Key> & { readonly Tags: readonly Tag[] }, void> {
  return rowOf(
    (iam, input, caller) => things.on(iam, caller, action, input[things.key], requestTagKeys(input.Tags)),
    (iam, input, caller) => {
      const { accountId } = caller.principal;
      const find = things.findToChange ?? things.find;
      const owner = (database: Database) => find(database, accountId, input[things.key]);
      return tagEntity(iam, accountId, owner, tagsOfInput(input.Tags));
    },
    true,
  );
}

function untagging<Key extends string>(
  action: string,
  things: Tagged<Key>,
): Row<Named<Key> & { readonly TagKeys: readonly string[] }, void> {
  return rowOf(
    (iam, input, caller) =>
      things.on(iam, caller, action, input[things.key], [['aws:tagkeys', input.TagKeys]]),
    (iam, input, caller) => {
      const { accountId } = caller.principal;
      const find = things.findToChange ?? things.find;
      const owner = (database: Database) => find(database, accountId, input[things.key]);
      return untagEntity(iam, accountId, owner, input.TagKeys);
    },
    true,
  );
}

type TagPage = {
  readonly Tags: readonly Tag[];
  readonly IsTruncated: boolean;
  readonly Marker: string | undefined;
};

function listing<Key extends string>(
  action: string,
  things: Tagged<Key>,
): Row<Named<Key> & PageMembers, TagPage> {
  return rowOf(
    (iam, input, caller) => things.on(iam, caller, action, input[things.key]),
    async (iam, input, caller) => {
      const { accountId } = caller.principal;
      const owner = (database: Database) => things.find(database, accountId, input[things.key]);
      const page = await listTags(iam, accountId, owner, pageOfInput(action, input));
      return { Tags: tagShapes(page.items) ?? [], ...pageMembers(page) };
    },
    false,
  );
}

export const tagActions = {
  TagUser: tagging('iam:TagUser', USERS),
  UntagUser: untagging('iam:UntagUser', USERS),
  ListUserTags: listing('iam:ListUserTags', USERS),
  TagRole: tagging('iam:TagRole', ROLES),
  UntagRole: untagging('iam:UntagRole', ROLES),
  ListRoleTags: listing('iam:ListRoleTags', ROLES),
  TagPolicy: tagging('iam:TagPolicy', POLICIES),
  UntagPolicy: untagging('iam:UntagPolicy', POLICIES),
  ListPolicyTags: listing('iam:ListPolicyTags', POLICIES),
  TagSAMLProvider: tagging('iam:TagSAMLProvider', SAML_PROVIDERS),
  UntagSAMLProvider: untagging('iam:UntagSAMLProvider', SAML_PROVIDERS),
  ListSAMLProviderTags: listing('iam:ListSAMLProviderTags', SAML_PROVIDERS),
  TagOpenIDConnectProvider: tagging('iam:TagOpenIDConnectProvider', OIDC_PROVIDERS),
  UntagOpenIDConnectProvider: untagging('iam:UntagOpenIDConnectProvider', OIDC_PROVIDERS),
  ListOpenIDConnectProviderTags: listing('iam:ListOpenIDConnectProviderTags', OIDC_PROVIDERS),
  TagMFADevice: tagging('iam:TagMFADevice', MFA_DEVICES),
  UntagMFADevice: untagging('iam:UntagMFADevice', MFA_DEVICES),
  ListMFADeviceTags: listing('iam:ListMFADeviceTags', MFA_DEVICES),
  TagInstanceProfile: tagging('iam:TagInstanceProfile', INSTANCE_PROFILES),
  UntagInstanceProfile: untagging('iam:UntagInstanceProfile', INSTANCE_PROFILES),
  ListInstanceProfileTags: listing('iam:ListInstanceProfileTags', INSTANCE_PROFILES),
  TagServerCertificate: tagging('iam:TagServerCertificate', SERVER_CERTIFICATES),
  UntagServerCertificate: untagging('iam:UntagServerCertificate', SERVER_CERTIFICATES),
  ListServerCertificateTags: listing('iam:ListServerCertificateTags', SERVER_CERTIFICATES),
};
