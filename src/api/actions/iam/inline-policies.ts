import {
  deleteInlinePolicy,
  getInlinePolicy,
  listInlinePolicies,
  putInlinePolicy,
} from '../../../iam/inline-policies.ts';
import { GROUP, type Named, named, type Owner, ROLE, USER } from './owners.ts';
import { type Row, rowOf } from './row.ts';
import { encodeDocument, type PageMembers, pageMembers, pageOfInput } from './shapes.ts';

/** Policies that belong to one user, group or role: four operations for each kind, all of one shape. */

type NamedPolicy = {
  readonly PolicyName: string;
};

type WithDocument = {
  readonly PolicyDocument: string;
};

function putting<Key extends string>(
  action: string,
  { key, on, entity }: Owner<Key>,
): Row<Named<Key> & NamedPolicy & WithDocument, void> {
  return rowOf(
    (iam, input, caller) => on(iam, caller, action, input[key]),
    (iam, input, caller) =>
      putInlinePolicy(iam, caller.principal.accountId, entity(input[key]), {
        policyName: input.PolicyName,
        document: input.PolicyDocument,
      }),
    true,
  );
}

function getting<Key extends string>(
  action: string,
  { key, on, entity }: Owner<Key>,
): Row<Named<Key> & NamedPolicy, Named<Key> & NamedPolicy & WithDocument> {
  return rowOf(
    (iam, input, caller) => on(iam, caller, action, input[key]),
    async (iam, input, caller) => {
      const { accountId } = caller.principal;
      const policy = await getInlinePolicy(iam, accountId, entity(input[key]), input.PolicyName);
      return {
        ...named(key, input[key]),
        PolicyName: policy.policyName,
        PolicyDocument: encodeDocument(policy.document),
      };
    },
    false,
  );
}

function deleting<Key extends string>(
  action: string,
  { key, on, entity }: Owner<Key>,
): Row<Named<Key> & NamedPolicy, void> {
  return rowOf(
    (iam, input, caller) => on(iam, caller, action, input[key]),
    (iam, input, caller) =>
      deleteInlinePolicy(iam, caller.principal.accountId, entity(input[key]), input.PolicyName),
    true,
  );
}

function listing<Key extends string>(
  action: string,
  { key, on, entity }: Owner<Key>,
): Row<
  Named<Key> & PageMembers,
  { readonly PolicyNames: readonly string[] } & ReturnType<typeof pageMembers>
> {
  return rowOf(
    (iam, input, caller) => on(iam, caller, action, input[key]),
    async (iam, input, caller) => {
      const { accountId } = caller.principal;
      const page = await listInlinePolicies(iam, accountId, entity(input[key]), pageOfInput(action, input));
      return { PolicyNames: page.items, ...pageMembers(page) };
    },
    false,
  );
}

export const inlinePolicyActions = {
  PutUserPolicy: putting('iam:PutUserPolicy', USER),
  GetUserPolicy: getting('iam:GetUserPolicy', USER),
  DeleteUserPolicy: deleting('iam:DeleteUserPolicy', USER),
  ListUserPolicies: listing('iam:ListUserPolicies', USER),
  PutGroupPolicy: putting('iam:PutGroupPolicy', GROUP),
  GetGroupPolicy: getting('iam:GetGroupPolicy', GROUP),
  DeleteGroupPolicy: deleting('iam:DeleteGroupPolicy', GROUP),
  ListGroupPolicies: listing('iam:ListGroupPolicies', GROUP),
  PutRolePolicy: putting('iam:PutRolePolicy', ROLE),
  GetRolePolicy: getting('iam:GetRolePolicy', ROLE),
  DeleteRolePolicy: deleting('iam:DeleteRolePolicy', ROLE),
  ListRolePolicies: listing('iam:ListRolePolicies', ROLE),
};
