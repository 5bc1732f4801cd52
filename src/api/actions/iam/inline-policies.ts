import {
  deleteInlinePolicy,
  getInlinePolicy,
  listInlinePolicies,
  putInlinePolicy,
} from '../../../iam/inline-policies.ts';
import { changing, reading } from './row.ts';
import { encodeDocument, pageMembers, pageOfInput } from './shapes.ts';
import { onGroup, onRole, onUser } from './targets.ts';

/** Policies that belong to one user, group or role. */

const user = (name: string) => ({ kind: 'user', name }) as const;
const group = (name: string) => ({ kind: 'group', name }) as const;
const role = (name: string) => ({ kind: 'role', name }) as const;

const PutUserPolicy = changing<'PutUserPolicy'>(
  (iam, input, caller) => onUser(iam, caller, 'iam:PutUserPolicy', input.UserName),
  (iam, input, caller) =>
    putInlinePolicy(iam, caller.principal.accountId, user(input.UserName), {
      policyName: input.PolicyName,
      document: input.PolicyDocument,
    }),
);

const GetUserPolicy = reading<'GetUserPolicy'>(
  (iam, input, caller) => onUser(iam, caller, 'iam:GetUserPolicy', input.UserName),
  async (iam, input, caller) => {
    const { accountId } = caller.principal;
    const policy = await getInlinePolicy(iam, accountId, user(input.UserName), input.PolicyName);
    return {
      UserName: input.UserName,
      PolicyName: policy.policyName,
      PolicyDocument: encodeDocument(policy.document),
    };
  },
);

const DeleteUserPolicy = changing<'DeleteUserPolicy'>(
  (iam, input, caller) => onUser(iam, caller, 'iam:DeleteUserPolicy', input.UserName),
  (iam, input, caller) =>
    deleteInlinePolicy(iam, caller.principal.accountId, user(input.UserName), input.PolicyName),
);

const ListUserPolicies = reading<'ListUserPolicies'>(
  (iam, input, caller) => onUser(iam, caller, 'iam:ListUserPolicies', input.UserName),
  async (iam, input, caller) => {
    const { accountId } = caller.principal;
    const page = await listInlinePolicies(iam, accountId, user(input.UserName), pageOfInput(input));
    return { PolicyNames: page.items, ...pageMembers(page) };
  },
);

const PutGroupPolicy = changing<'PutGroupPolicy'>(
  (iam, input, caller) => onGroup(iam, caller, 'iam:PutGroupPolicy', input.GroupName),
  (iam, input, caller) =>
    putInlinePolicy(iam, caller.principal.accountId, group(input.GroupName), {
      policyName: input.PolicyName,
      document: input.PolicyDocument,
    }),
);

const GetGroupPolicy = reading<'GetGroupPolicy'>(
  (iam, input, caller) => onGroup(iam, caller, 'iam:GetGroupPolicy', input.GroupName),
  async (iam, input, caller) => {
    const { accountId } = caller.principal;
    const policy = await getInlinePolicy(iam, accountId, group(input.GroupName), input.PolicyName);
    return {
      GroupName: input.GroupName,
      PolicyName: policy.policyName,
      PolicyDocument: encodeDocument(policy.document),
    };
  },
);

const DeleteGroupPolicy = changing<'DeleteGroupPolicy'>(
  (iam, input, caller) => onGroup(iam, caller, 'iam:DeleteGroupPolicy', input.GroupName),
  (iam, input, caller) =>
    deleteInlinePolicy(iam, caller.principal.accountId, group(input.GroupName), input.PolicyName),
);

const ListGroupPolicies = reading<'ListGroupPolicies'>(
  (iam, input, caller) => onGroup(iam, caller, 'iam:ListGroupPolicies', input.GroupName),
  async (iam, input, caller) => {
    const { accountId } = caller.principal;
    const page = await listInlinePolicies(iam, accountId, group(input.GroupName), pageOfInput(input));
    return { PolicyNames: page.items, ...pageMembers(page) };
  },
);

const PutRolePolicy = changing<'PutRolePolicy'>(
  (iam, input, caller) => onRole(iam, caller, 'iam:PutRolePolicy', input.RoleName),
  (iam, input, caller) =>
    putInlinePolicy(iam, caller.principal.accountId, role(input.RoleName), {
      policyName: input.PolicyName,
      document: input.PolicyDocument,
    }),
);

const GetRolePolicy = reading<'GetRolePolicy'>(
  (iam, input, caller) => onRole(iam, caller, 'iam:GetRolePolicy', input.RoleName),
  async (iam, input, caller) => {
    const { accountId } = caller.principal;
    const policy = await getInlinePolicy(iam, accountId, role(input.RoleName), input.PolicyName);
    return {
      RoleName: input.RoleName,
      PolicyName: policy.policyName,
      PolicyDocument: encodeDocument(policy.document),
    };
  },
);

const DeleteRolePolicy = changing<'DeleteRolePolicy'>(
  (iam, input, caller) => onRole(iam, caller, 'iam:DeleteRolePolicy', input.RoleName),
  (iam, input, caller) =>
    deleteInlinePolicy(iam, caller.principal.accountId, role(input.RoleName), input.PolicyName),
);

const ListRolePolicies = reading<'ListRolePolicies'>(
  (iam, input, caller) => onRole(iam, caller, 'iam:ListRolePolicies', input.RoleName),
  async (iam, input, caller) => {
    const { accountId } = caller.principal;
    const page = await listInlinePolicies(iam, accountId, role(input.RoleName), pageOfInput(input));
    return { PolicyNames: page.items, ...pageMembers(page) };
  },
);

export const inlinePolicyActions = {
  PutUserPolicy,
  GetUserPolicy,
  DeleteUserPolicy,
  ListUserPolicies,
  PutGroupPolicy,
  GetGroupPolicy,
  DeleteGroupPolicy,
  ListGroupPolicies,
  PutRolePolicy,
  GetRolePolicy,
  DeleteRolePolicy,
  ListRolePolicies,
};
