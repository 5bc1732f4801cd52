import { type AuthorizationDetail, listAuthorizationDetails } from '../../../iam/authorization-details.ts';
import { generateCredentialReport, getCredentialReport } from '../../../iam/credential-report.ts';
import type { InlinePolicy } from '../../../iam/inline-policies.ts';
import type {
  GroupDetail,
  ManagedPolicyDetail,
  RoleDetail,
  UserDetail,
} from '../../services/iam.generated.ts';
import { profileShape } from './instance-profiles.ts';
import { changing, reading } from './row.ts';
import {
  attachedShapes,
  boundaryShape,
  encodeDocument,
  pageMembers,
  pageOfInput,
  policyShape,
  roleShape,
  tagShapes,
  versionShape,
} from './shapes.ts';
import { onAccount } from './targets.ts';

/** Reports about the whole account: its credentials, and everything that decides who may do what. */

const GenerateCredentialReport = changing<'GenerateCredentialReport'>(
  () => onAccount('iam:GenerateCredentialReport'),
  async (iam, _input, caller) => {
    const wasThere = await generateCredentialReport(iam, caller.principal.accountId);
    // The first answer says that a report is being made, as clients expect; it is there when they ask again.
    return wasThere
      ? { State: 'COMPLETE' }
      : { State: 'STARTED', Description: 'No report exists. Starting a new report generation task' };
  },
);

const GetCredentialReport = reading<'GetCredentialReport'>(
  () => onAccount('iam:GetCredentialReport'),
  async (iam, _input, caller) => {
    const report = await getCredentialReport(iam, caller.principal.accountId);
    return {
      Content: Buffer.from(report.content),
      ReportFormat: 'text/csv',
      GeneratedTime: report.generatedAt,
    };
  },
);

const GetAccountAuthorizationDetails = reading<'GetAccountAuthorizationDetails'>(
  () => onAccount('iam:GetAccountAuthorizationDetails'),
  async (iam, input, caller) => {
    const filter = input.Filter ?? [];
    const page = await listAuthorizationDetails(iam, caller.principal.accountId, {
      ...pageOfInput('GetAccountAuthorizationDetails', input),
      kinds: filter.length === 0 ? undefined : filter,
    });
    return { ...detailLists(page.items), ...pageMembers(page) };
  },
);

export const reportActions = {
  GenerateCredentialReport,
  GetCredentialReport,
  GetAccountAuthorizationDetails,
};

function detailLists(details: readonly AuthorizationDetail[]) {
  const users: UserDetail[] = [];
  const groups: GroupDetail[] = [];
  const roles: RoleDetail[] = [];
  const policies: ManagedPolicyDetail[] = [];
  for (const detail of details) {
    switch (detail.is) {
      case 'User':
        users.push({
          ...common(detail),
          UserName: detail.name,
          UserId: detail.id,
          UserPolicyList: inlineShapes(detail.inline),
          GroupList: detail.groups,
          AttachedManagedPolicies: attachedShapes(detail.attached),
          PermissionsBoundary: boundaryShape(detail.boundaryArn),
          Tags: tagShapes(detail.tags),
        });
        break;
      case 'Group':
        groups.push({
          ...common(detail),
          GroupName: detail.name,
          GroupId: detail.id,
          GroupPolicyList: inlineShapes(detail.inline),
          AttachedManagedPolicies: attachedShapes(detail.attached),
        });
        break;
      case 'Role':
        roles.push(roleDetail(detail));
        break;
      case 'LocalManagedPolicy':
      case 'AWSManagedPolicy':
        policies.push({
          ...policyShape(detail),
          PolicyVersionList: detail.versions.map((version) => versionShape(version, true)),
        });
        break;
      default:
        return detail satisfies never;
    }
  }
  return { UserDetailList: users, GroupDetailList: groups, RoleDetailList: roles, Policies: policies };
}

function roleDetail(detail: AuthorizationDetail & { readonly is: 'Role' }): RoleDetail {
  const roles = new Map([[detail.name, detail]]);
  const { lastUsed } = detail;
  return {
    ...roleShape(detail),
    InstanceProfileList: detail.instanceProfiles.map((profile) => profileShape(profile, roles)),
    RolePolicyList: inlineShapes(detail.inline),
    AttachedManagedPolicies: attachedShapes(detail.attached),
    RoleLastUsed: lastUsed === undefined ? {} : { LastUsedDate: lastUsed.at, Region: lastUsed.region },
  };
}

const common = (detail: { readonly path: string; readonly arn: string; readonly createdAt: Date }) => ({
  Path: detail.path,
  Arn: detail.arn,
  CreateDate: detail.createdAt,
});

const inlineShapes = (inline: readonly InlinePolicy[]) =>
  inline.map(({ policyName, document }) => ({
    PolicyName: policyName,
    PolicyDocument: encodeDocument(document),
  }));
