// biome-ignore-all lint/suspicious/noTemplateCurlyInString: policy variables look like templates.
import type { LintRule, LintSubject, Spot } from './finding.ts';
import { isEverything, type StatementView } from './statement-view.ts';

/**
 * Rights that can be turned into all others.
 * Source: IAM User Guide, "Validating IAM policies" and "Security best practices"; the list is of actions that change
 * what a principal may do, or make credentials of another.
 */

interface Escalation {
  readonly how: string;
  /** Condition keys (lower case) that bound what can be gained, when the statement asks for one of them. */
  readonly boundedBy?: readonly string[];
  /** Harmless on oneself: `user/${aws:username}`. */
  readonly fineOnSelf?: boolean;
}

const BY_POLICY = ['iam:policyarn', 'iam:permissionsboundary'];
const BY_BOUNDARY = ['iam:permissionsboundary'];

const ESCALATIONS: ReadonlyMap<string, Escalation> = new Map([
  ['iam:CreatePolicyVersion', { how: 'rewrites a policy that the caller has' }],
  ['iam:SetDefaultPolicyVersion', { how: 'brings back an older version of a policy that allows more' }],
  ['iam:AttachUserPolicy', { how: 'attaches AdministratorAccess to a user', boundedBy: BY_POLICY }],
  ['iam:AttachGroupPolicy', { how: 'attaches AdministratorAccess to a group', boundedBy: ['iam:policyarn'] }],
  ['iam:AttachRolePolicy', { how: 'attaches AdministratorAccess to a role', boundedBy: BY_POLICY }],
  ['iam:PutUserPolicy', { how: 'writes any policy into a user', boundedBy: BY_BOUNDARY }],
  ['iam:PutGroupPolicy', { how: 'writes any policy into a group' }],
  ['iam:PutRolePolicy', { how: 'writes any policy into a role', boundedBy: BY_BOUNDARY }],
  ['iam:AddUserToGroup', { how: 'joins a group that may do more' }],
  ['iam:CreateAccessKey', { how: 'makes keys of another user', fineOnSelf: true }],
  ['iam:CreateLoginProfile', { how: 'sets a password for another user', fineOnSelf: true }],
  ['iam:UpdateLoginProfile', { how: "changes another user's password", fineOnSelf: true }],
  ['iam:UpdateAssumeRolePolicy', { how: 'lets anybody into a role', boundedBy: BY_BOUNDARY }],
  ['iam:DeleteUserPermissionsBoundary', { how: "takes a user's boundary away" }],
  ['iam:DeleteRolePermissionsBoundary', { how: "takes a role's boundary away" }],
  ['iam:PutUserPermissionsBoundary', { how: "replaces a user's boundary", boundedBy: BY_BOUNDARY }],
  ['iam:PutRolePermissionsBoundary', { how: "replaces a role's boundary", boundedBy: BY_BOUNDARY }],
  ['iam:UpdateSAMLProvider', { how: 'trusts another identity provider, which may sign in as anybody' }],
  ['iam:AddClientIDToOpenIDConnectProvider', { how: 'lets another application sign in' }],
]);

const TAG_ACTIONS = ['iam:tagrole', 'iam:taguser', 'iam:untagrole', 'iam:untaguser'];
const TAG_KEYS = ['aws:tagkeys', 'aws:requesttag/'];

const escalation: LintRule = {
  id: 'privilege-escalation',
  severity: 'danger',
  meaning:
    'An allowed action of IAM changes what somebody may do, so that whoever has it can give themselves the rest.',
  fix: 'Give it to administrators only, name the few resources, or bound it by a condition on `iam:PolicyARN` or `iam:PermissionsBoundary`.',
  find: (subject) =>
    allows(subject).flatMap((view) => {
      const found = [...ESCALATIONS].filter(
        ([action, { boundedBy = [], fineOnSelf = false }]) =>
          view.covers(action.toLowerCase()) && !asksFor(view, boundedBy) && !(fineOnSelf && isOnSelf(view)),
      );
      if (found.length === 0) return [];
      const [first] = found;
      const others = found.length === 1 ? '' : `; so do ${found.length - 1} other actions that it allows`;
      const list = found.map(([action]) => action).join(', ');
      return [
        { view, element: 'Action', value: list, explanation: `${first?.[0]} ${first?.[1].how}${others}` },
      ] satisfies Spot[];
    }),
};

const passAnyRole: LintRule = {
  id: 'pass-any-role',
  severity: 'danger',
  meaning: 'Every role may be handed to a service, or assumed.',
  fix: 'Name the roles; for `iam:PassRole` also ask for `iam:PassedToService`.',
  find: (subject) =>
    allows(subject)
      .filter(({ resources }) => resources?.negated === true || resources?.values.some(isAnyRole) === true)
      .flatMap((view) =>
        ['iam:PassRole', 'sts:AssumeRole']
          .filter((action) => view.covers(action.toLowerCase()))
          .map((action) => ({
            view,
            element: 'Resource' as const,
            value: action,
            explanation: `${action} on every role: the caller reaches what the strongest role that lets it in may do`,
          })),
      ),
};

const controlsOwnTags: LintRule = {
  id: 'controls-principal-tags',
  severity: 'warning',
  meaning: 'Tags of users or roles may be changed, and policies can decide by those tags.',
  fix: 'Bound the keys by a condition on `aws:TagKeys` or `aws:RequestTag/…`.',
  find: (subject) =>
    allows(subject)
      .filter((view) => TAG_ACTIONS.some((action) => view.covers(action)) && !asksFor(view, TAG_KEYS))
      .map((view) => ({
        view,
        element: 'Action',
        value: 'iam:TagUser, iam:TagRole',
        explanation:
          'where a policy has `${aws:PrincipalTag/…}`, whoever sets the tag chooses the database user',
      })),
};

const changesMasterPassword: LintRule = {
  id: 'changes-master-password',
  severity: 'warning',
  meaning: 'The password of a cluster’s master user may be changed.',
  fix: 'Give `redshift:ModifyCluster` to administrators only.',
  find: (subject) =>
    allows(subject)
      .filter((view) => view.covers('redshift:modifycluster'))
      .map((view) => ({
        view,
        element: 'Action',
        value: 'redshift:ModifyCluster',
        explanation: 'it changes the password of the master user, which is as good as a login as a superuser',
      })),
};

/** Statements that allow, but for the administrator's, of which `full-access` tells. */
function allows({ statements }: LintSubject): readonly StatementView[] {
  return statements.filter(
    ({ statement, resources }) =>
      statement.effect === 'Allow' &&
      resources !== undefined &&
      !(statement.actions.values.includes('*') && !statement.actions.negated && isEverything(resources)),
  );
}

function asksFor({ statement }: StatementView, keys: readonly string[]): boolean {
  return statement.conditions.some(({ key }) =>
    keys.some((wanted) =>
      wanted.endsWith('/') ? key.toLowerCase().startsWith(wanted) : key.toLowerCase() === wanted,
    ),
  );
}

function isOnSelf({ resources }: StatementView): boolean {
  return (
    resources !== undefined &&
    !resources.negated &&
    resources.values.every((value) => /\$\{aws:username\}$/i.test(value))
  );
}

function isAnyRole(resource: string): boolean {
  return resource === '*' || /^arn:[^:]+:iam:[^:]*:[^:]*:(?:\*|role\/?\*)$/.test(resource);
}

export const ESCALATION_RULES: readonly LintRule[] = [
  escalation,
  passAnyRole,
  controlsOwnTags,
  changesMasterPassword,
];
