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

export type IamAction<N extends Name> = Row<Input<N>, Output<N>>;

/** A row by the types of its input and output, for operations that share their shape. */
export type Row<I extends object, O> = Action<IamDeps, I, O>;

/** Rows by operation. */
export type IamActions = { readonly [N in Name]?: IamAction<N> };

type Permissions<I> = (
  iam: Iam,
  input: I,
  caller: Caller,
) => readonly RequiredPermission[] | Promise<readonly RequiredPermission[]>;
type Run<I, O> = (iam: Iam, input: I, caller: Caller) => Promise<O>;

/** A row of an operation that changes something. */
export function changing<N extends Name>(
  permissions: Permissions<Input<N>>,
  run: Run<Input<N>, Output<N>>,
): IamAction<N> {
  return rowOf(permissions, run, true);
}

/** A row of an operation that only reads. */
export function reading<N extends Name>(
  permissions: Permissions<Input<N>>,
  run: Run<Input<N>, Output<N>>,
): IamAction<N> {
  return rowOf(permissions, run, false);
}

/** A row from its types; `changes` says whether it changes anything that caches hold. */
export function rowOf<I extends object, O>(
  permissions: Permissions<I>,
  run: Run<I, O>,
  changes: boolean,
): Row<I, O> {
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
  'SerialNumber',
  'VirtualMFADeviceName',
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
  'SAMLProviderArn',
  'AssertionEncryptionMode',
  'RemovePrivateKey',
  'OpenIDConnectProviderArn',
  'Url',
  'ClientID',
  'ClientIDList',
  'ThumbprintList',
  'Name',
  'InstanceProfileName',
  'ServerCertificateName',
  'NewServerCertificateName',
  'CertificateId',
  'SSHPublicKeyId',
  'ServiceSpecificCredentialId',
  'ServiceName',
  'Arn',
  'JobId',
  'Granularity',
  'GlobalEndpointTokenVersion',
]);

function subjectOf(input: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(input).filter(([member, value]) => SUBJECT_MEMBERS.has(member) && value !== undefined),
  );
}
