/**
 * An error that an AWS client receives: its code, HTTP status and text are part of the contract.
 * Whoever throws it has chosen every word that leaves; `cause` never does.
 */
export class AwsError extends Error {
  readonly code: string;
  readonly status: number;
  /** Further members that the model gives this error, in the JSON protocol. */
  readonly members: Readonly<Record<string, string>>;

  constructor(
    code: string,
    status: number,
    message: string,
    options: ErrorOptions & { readonly members?: Readonly<Record<string, string>> } = {},
  ) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.name = code;
    this.code = code;
    this.status = status;
    this.members = options.members ?? {};
  }

  /** Who is at fault, in the words of the AWS query protocol. */
  get fault(): 'Sender' | 'Receiver' {
    return this.status < 500 ? 'Sender' : 'Receiver';
  }
}

/**
 * An error that a PostgreSQL client receives as an ErrorResponse.
 * `sqlState` is a five-character code of the PostgreSQL 18 manual, appendix A.
 */
export class SqlError extends Error {
  readonly sqlState: string;
  readonly detail: string | undefined;
  readonly hint: string | undefined;

  constructor(
    sqlState: string,
    message: string,
    more: { detail?: string | undefined; hint?: string | undefined; cause?: unknown } = {},
  ) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause });
    this.name = 'SqlError';
    this.sqlState = sqlState;
    this.detail = more.detail;
    this.hint = more.hint;
  }
}

/** A condition at start or on the command line that a person can mend: one sentence, with the remedy. */
export class OperatorError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'OperatorError';
  }
}

/** What PostgreSQL (a SQLSTATE) or the operating system (such as `EEXIST`) calls an error; undefined for others. */
export function codeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
