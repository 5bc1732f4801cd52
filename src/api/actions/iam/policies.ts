import { policyArn } from '../../../core/arn.ts';
import { createPolicy, deletePolicy } from '../../../iam/managed-policies.ts';
import { getPolicy, listPolicies } from '../../../iam/policy-lists.ts';
import {
  createPolicyVersion,
  deletePolicyVersion,
  getPolicyVersion,
  listPolicyVersions,
  setDefaultPolicyVersion,
} from '../../../iam/policy-versions.ts';
import { changing, reading } from './row.ts';
import { pageMembers, pageOfInput, policyShape, tagShapes, tagsOfInput, versionShape } from './shapes.ts';
import { creating, onList, onPolicy } from './targets.ts';

/** Managed policies and their versions. */

const CreatePolicy = changing<'CreatePolicy'>(
  (_iam, input, caller) => {
    const resource = policyArn(caller.principal.accountId, input.Path ?? '/', input.PolicyName);
    return creating('iam:CreatePolicy', 'iam:TagPolicy', resource, input.Tags);
  },
  async (iam, input, caller) => {
    const policy = await createPolicy(iam, caller.principal.accountId, {
      policyName: input.PolicyName,
      path: input.Path,
      document: input.PolicyDocument,
      description: input.Description,
      tags: tagsOfInput(input.Tags),
    });
    return { Policy: { ...policyShape(policy), Tags: tagShapes(tagsOfInput(input.Tags)) } };
  },
);

const GetPolicy = reading<'GetPolicy'>(
  (iam, input, caller) => onPolicy(iam, caller, 'iam:GetPolicy', input.PolicyArn),
  async (iam, input, caller) => ({
    Policy: policyShape(await getPolicy(iam, caller.principal.accountId, input.PolicyArn)),
  }),
);

const DeletePolicy = changing<'DeletePolicy'>(
  (iam, input, caller) => onPolicy(iam, caller, 'iam:DeletePolicy', input.PolicyArn),
  (iam, input, caller) => deletePolicy(iam, caller.principal.accountId, input.PolicyArn),
);

const ListPolicies = reading<'ListPolicies'>(
  (_iam, input, caller) => onList(caller, 'iam:ListPolicies', 'policy', input.PathPrefix),
  async (iam, input, caller) => {
    const page = await listPolicies(iam, caller.principal.accountId, {
      ...pageOfInput('ListPolicies', input),
      scope: input.Scope,
      onlyAttached: input.OnlyAttached,
      pathPrefix: input.PathPrefix,
      usage: input.PolicyUsageFilter,
    });
    // Descriptions and tags are not in this list, says the API reference.
    return {
      Policies: page.items.map((policy) => policyShape({ ...policy, description: undefined })),
      ...pageMembers(page),
    };
  },
);

const CreatePolicyVersion = changing<'CreatePolicyVersion'>(
  (iam, input, caller) => onPolicy(iam, caller, 'iam:CreatePolicyVersion', input.PolicyArn),
  async (iam, input, caller) => {
    const version = await createPolicyVersion(iam, caller.principal.accountId, input.PolicyArn, {
      document: input.PolicyDocument,
      setAsDefault: input.SetAsDefault,
    });
    return { PolicyVersion: versionShape(version, false) };
  },
);

const GetPolicyVersion = reading<'GetPolicyVersion'>(
  (iam, input, caller) => onPolicy(iam, caller, 'iam:GetPolicyVersion', input.PolicyArn),
  async (iam, input, caller) => {
    const { accountId } = caller.principal;
    const version = await getPolicyVersion(iam, accountId, input.PolicyArn, input.VersionId);
    return { PolicyVersion: versionShape(version, true) };
  },
);

const ListPolicyVersions = reading<'ListPolicyVersions'>(
  (iam, input, caller) => onPolicy(iam, caller, 'iam:ListPolicyVersions', input.PolicyArn),
  async (iam, input, caller) => {
    const { accountId } = caller.principal;
    const page = await listPolicyVersions(
      iam,
      accountId,
      input.PolicyArn,
      pageOfInput('ListPolicyVersions', input),
    );
    return { Versions: page.items.map((version) => versionShape(version, false)), ...pageMembers(page) };
  },
);

const DeletePolicyVersion = changing<'DeletePolicyVersion'>(
  (iam, input, caller) => onPolicy(iam, caller, 'iam:DeletePolicyVersion', input.PolicyArn),
  (iam, input, caller) =>
    deletePolicyVersion(iam, caller.principal.accountId, input.PolicyArn, input.VersionId),
);

const SetDefaultPolicyVersion = changing<'SetDefaultPolicyVersion'>(
  (iam, input, caller) => onPolicy(iam, caller, 'iam:SetDefaultPolicyVersion', input.PolicyArn),
  (iam, input, caller) =>
    setDefaultPolicyVersion(iam, caller.principal.accountId, input.PolicyArn, input.VersionId),
);

export const policyActions = {
  CreatePolicy,
  GetPolicy,
  DeletePolicy,
  ListPolicies,
  CreatePolicyVersion,
  GetPolicyVersion,
  ListPolicyVersions,
  DeletePolicyVersion,
  SetDefaultPolicyVersion,
};
