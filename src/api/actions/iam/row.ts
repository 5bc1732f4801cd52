import type { Iam } from '../../../iam/iam.ts';
import type { Action, Caller, RequiredPermission } from '../../action.ts';
import type { IamOperations } from '../../services/iam.generated.ts';

/** The shape of IAM's rows in the table of operations. */

export interface IamDeps {
  readonly iam: Iam;
}

type Name = keyof IamOperations;
type Input<N extends Name> = IamOperations[N]['input'];
type Output<N extends Name> = IamOperations[N]['output'];

export type IamAction<N extends Name> = Action<IamDeps, Input<N>, Output<N>>;

/** Rows by operation. */
export type IamActions = { readonly [N in Name]?: IamAction<N> };

type Permissions<N extends Name> = (
  iam: Iam,
  input: Input<N>,
  caller: Caller,
) => readonly RequiredPermission[] | Promise<readonly RequiredPermission[]>;
type Run<N extends Name> = (iam: Iam, input: Input<N>, caller: Caller) => Promise<Output<N>>;

/** A row of an operation that changes something. */
export function changing<N extends Name>(permissions: Permissions<N>, run: Run<N>): IamAction<N> {
  return rowOf(permissions, run, true);
}

/** A row of an operation that only reads. */
export function reading<N extends Name>(permissions: Permissions<N>, run: Run<N>): IamAction<N> {
  return rowOf(permissions, run, false);
}

function rowOf<N extends Name>(permissions: Permissions<N>, run: Run<N>, changes: boolean): IamAction<N> {
  return {
    permissions: ({ iam }, input, caller) => {
      // Before the decision, so that the audit log also tells what a refused call was about.
      caller.note(subjectOf(input));
      return permissions(iam, input, caller);
    },
    run: ({ iam }, input, caller) => run(iam, input, caller),
    changes,
  };
}

/** Members that say what a call is about. No passwords, and no documents, which are long. */
const SUBJECT_MEMBERS = new Set([
  'UserName',
  'NewUserName',
  'RoleName',
  'MaxSessionDuration',
  'AWSServiceName',
  'GroupName',
  'NewGroupName',
  'Path',
  'NewPath',
  'PolicyName',
  'PolicyArn',
  'PermissionsBoundary',
  'VersionId',
  'SetAsDefault',
  'AccessKeyId',
  'Status',
  'AccountAlias',
  'PasswordResetRequired',
  'TagKeys',
]);

function subjectOf(input: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(input).filter(([member, value]) => SUBJECT_MEMBERS.has(member) && value !== undefined),
  );
}
