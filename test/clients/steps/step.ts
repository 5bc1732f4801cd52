/**
 * One step of the walk through IAM and STS, or through Redshift's three services: data, which every client runs in the same way.
 *
 * In inputs and expectations a text that starts with `$` is what an earlier step kept, and `$code:seed:n` the one-time
 * code of a kept seed, `n` steps of 30 seconds from now. In expectations a text that starts with `~` is a regular
 * expression for the whole text, and an object beside a text stands for a policy document, however a client gives it.
 */
export interface ClientStep {
  readonly operation: string;
  /** Absent: IAM. */
  readonly service?: 'iam' | 'sts' | RedshiftService;
  readonly input?: Values;
  /** Whose credentials: what `keep` called `name.id`, `name.secret` and `name.token`. Absent: the root user's. */
  readonly as?: string;
  /** What the answer must have, member by member; what is not named is not looked at. */
  readonly output?: Values;
  /** What later steps use: name, and the path to it in the answer. */
  readonly keep?: Readonly<Record<string, string>>;
  /** The call is made again, for a while, until its answer has this. Only Redshift's steps wait for anything. */
  readonly until?: Values;
  /** The code of the error; absent when it must succeed. */
  readonly error?: string;
  /** The text of the error. */
  readonly message?: string;
  /** Only for the first client: its success cannot be undone. */
  readonly once?: true;
  /** A list that is read page by page: its members, each with what tells one entry from another (`` for texts). */
  readonly paged?: Readonly<Record<string, string>>;
  /** Entries that the list has at least. */
  readonly least?: number;
  /** Entries of a page; 2 if absent. */
  readonly size?: number;
  /** Entries of the page that the whole list is read in; 1000 if absent. */
  readonly whole?: number;
  /** Clients have no paginator for it: `Marker` is passed on by hand. */
  readonly byMarker?: true;
  /** It takes no MaxItems. */
  readonly unsized?: true;
  /** Moves the clock by so many seconds instead. */
  readonly clock?: number;
}

/** Services that only the clients of Python walk through. */
export type RedshiftService = 'redshift' | 'redshift-serverless' | 'redshift-data';

type Values = Readonly<Record<string, unknown>>;
type Options = Omit<ClientStep, 'operation' | 'input' | 'error'>;

/** A step that succeeds; `output` is what its answer must have. */
export const step = (
  operation: string,
  input: Values = {},
  output: Values = {},
  options: Options = {},
): ClientStep => ({ operation, input, output, ...options });

/** A step that is refused with this code and text. */
export const refused = (
  operation: string,
  input: Values,
  error: string,
  message: string,
  options: Options = {},
): ClientStep => ({ operation, input, error, message, ...options });

/** The same for the same input of several operations. */
export const allRefused = (
  operations: readonly string[],
  input: Values,
  error: string,
  message: string,
): ClientStep[] => operations.map((operation) => refused(operation, input, error, message));

/**
 * A list that is read in pages by every way that a client has, and once by a marker that is none and by one of
 * another list. `paged` is what `ClientStep.paged` says. Only once for an operation: after a `--marker` the AWS CLI
 * turns no pages of it any more, which nobody sees who starts it anew each time.
 */
export const paged = (
  operation: string,
  input: Values,
  lists: NonNullable<ClientStep['paged']>,
  least: number,
  options: Options = {},
): ClientStep[] => [
  { operation, input, paged: lists, least, ...options },
  ...[`not a marker`, '$foreignMarker'].map((Marker) =>
    refused(operation, { ...input, Marker }, 'ValidationError', 'Invalid Marker.'),
  ),
];

export const document = (Statement: object): string => JSON.stringify({ Version: '2012-10-17', Statement });

export const DOCUMENT = document({ Effect: 'Allow', Action: 'iam:Get*', Resource: '*' });
/** As clients give `DOCUMENT` back. */
export const DOCUMENT_READ = JSON.parse(DOCUMENT) as Values;
export const TRUST = document({
  Effect: 'Allow',
  Principal: { Service: 'ec2.amazonaws.com' },
  Action: 'sts:AssumeRole',
});
/** Larger than any policy may be, after white space is taken out; short enough for the model. */
export const tooLarge = (characters: number): string =>
  document({ Effect: 'Allow', Action: 'iam:Get*', Resource: '*', Sid: 'x'.repeat(characters) });

/** AWS managed policies, as many as one user, group or role may have, and one more. */
export const AWS_POLICIES = [
  'AdministratorAccess',
  'PowerUserAccess',
  'ReadOnlyAccess',
  'SecurityAudit',
  'AmazonS3FullAccess',
  'IAMFullAccess',
  'IAMReadOnlyAccess',
  'IAMUserChangePassword',
  'AmazonRedshiftFullAccess',
  'AmazonRedshiftReadOnlyAccess',
].map((name) => `arn:aws:iam::aws:policy/${name}`);
export const ONE_MORE_POLICY = 'arn:aws:iam::aws:policy/IAMUserSSHKeys';
/** Only linked roles of services may have it. */
export const SERVICE_POLICY =
  'arn:aws:iam::aws:policy/aws-service-role/AmazonRedshiftServiceLinkedRolePolicy';

export const ACCOUNT = '123456789012';
/** Tags with different keys; a thing may have 50. */
export const tags = (count: number, start = 0): { Key: string; Value: string }[] =>
  Array.from({ length: count }, (_, n) => ({ Key: `key${start + n}`, Value: `value ${n}` }));
