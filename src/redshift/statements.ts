import type { Secret } from '../core/secret.ts';

/** Statements of the Redshift Data API, as the operations that ask for them and the room that runs them both know them. */

export type StatementStatus = 'SUBMITTED' | 'PICKED' | 'STARTED' | 'FINISHED' | 'ABORTED' | 'FAILED';

/** Statuses that a statement leaves by itself. */
export const ACTIVE: ReadonlySet<StatementStatus> = new Set(['SUBMITTED', 'PICKED', 'STARTED']);

export type SessionStatus = 'AVAILABLE' | 'BUSY' | 'CLOSED';

/** Whose a statement is: everybody who may act as the same user or role may ask for it. */
export interface StatementOwner {
  readonly accountId: string;
  /** Unique id of the user or role, so that one of the same name made later is another owner. */
  readonly ownerId: string;
  /** The condition key `aws:userid`, which tells the sessions of a role apart. */
  readonly userId: string;
  readonly principalArn: string;
}

/** Where a statement runs. */
export interface StatementTarget {
  readonly cluster: string;
  /** The name that the cluster was asked for as a serverless workgroup. */
  readonly workgroup: string | undefined;
  readonly database: string;
  readonly dbUser: string;
}

export interface NamedValue {
  readonly name: string;
  readonly value: string;
}

/** What was ordered. */
export interface StatementOrder {
  readonly sqls: readonly string[];
  readonly parameters: readonly NamedValue[];
  readonly isBatch: boolean;
  readonly mode: 'TRANSACTION' | 'AUTO_COMMIT';
  readonly format: 'JSON' | 'CSV';
  readonly name: string | undefined;
  readonly withEvent: boolean;
  readonly clientToken: string | undefined;
  /** The whole request, to tell a retry with a token from another request with it. */
  readonly fingerprint: string;
  /** Seconds that the session is kept after the statement; undefined: it ends with it, or stays as it is. */
  readonly keepAliveSeconds: number | undefined;
  /** The session to run in; undefined for one of its own. */
  readonly sessionId: string | undefined;
}

/** A credential for the gateway, and where its use is to be counted as coming from. */
export interface StatementLogin {
  readonly loginName: string;
  readonly password: Secret;
  readonly sourceIp: string;
}

/** A column as the Data API describes it. */
export interface ResultColumn {
  readonly name: string;
  readonly typeName: string;
  readonly isSigned: boolean;
  readonly isCaseSensitive: boolean;
  readonly nullable: 0 | 1;
  readonly precision: number;
  readonly scale: number;
  readonly length: number;
  readonly schemaName: string;
  readonly tableName: string;
  readonly columnDefault?: string | undefined;
}

/** A row as PostgreSQL writes it: texts, or null. */
export type ResultRow = readonly (string | null)[];

/** What came of one SQL text of a statement. */
export interface StatementPart {
  readonly status: StatementStatus;
  readonly error?: string | undefined;
  readonly updatedAt: Date;
  readonly durationMs: number;
  /** Rows of the result, or rows that were changed; -1 where there are neither. */
  readonly rows: number;
  /** Bytes of the result; -1 without one. */
  readonly bytes: number;
  readonly hasResult: boolean;
  readonly columns: readonly ResultColumn[];
  readonly pages: number;
}

export interface Statement {
  readonly id: string;
  readonly owner: StatementOwner;
  readonly target: StatementTarget;
  readonly order: StatementOrder;
  readonly sessionId: string | undefined;
  readonly status: StatementStatus;
  readonly error: string | undefined;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  /** Of the backend; undefined until it is logged in. */
  readonly pid: number | undefined;
  /** One for each SQL text that has begun. */
  readonly parts: readonly StatementPart[];
}

/** A session that is kept between statements. */
export interface StatementSession {
  readonly id: string;
  readonly owner: Omit<StatementOwner, 'principalArn'>;
  readonly target: StatementTarget;
  readonly keepAliveSeconds: number;
  readonly status: SessionStatus;
  readonly statementId: string | undefined;
  readonly node: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export interface StatementFilter {
  readonly status: StatementStatus | 'ALL';
  readonly namePrefix: string | undefined;
  readonly cluster: string | undefined;
  readonly workgroup: string | undefined;
  readonly database: string | undefined;
  /** The one session of a role whose statements are wanted; undefined: of all of them. */
  readonly userId: string | undefined;
}

export interface SessionFilter {
  readonly statuses: readonly SessionStatus[];
  readonly cluster: string | undefined;
  readonly workgroup: string | undefined;
  readonly database: string | undefined;
  readonly userId: string | undefined;
}

/** What runs statements and keeps what is known of them. */
export interface Statements {
  /** The statement that an order with the same token has already begun. Throws ValidationException for another order. */
  repeated(owner: StatementOwner, order: StatementOrder): Promise<Statement | undefined>;
  /** Takes a statement on. Throws ActiveStatementsExceededException and ActiveSessionsExceededException. */
  submit(
    owner: StatementOwner,
    target: StatementTarget,
    order: StatementOrder,
    login: StatementLogin,
  ): Promise<Statement>;
  /** The same in a session that is kept. Throws ValidationException when it is not there, or runs something. */
  submitInSession(
    owner: StatementOwner,
    session: StatementSession,
    order: StatementOrder,
  ): Promise<Statement>;
  /** Undefined for what is another owner's, too. */
  find(owner: StatementOwner, id: string): Promise<Statement | undefined>;
  /** Waits until the statement has ended, and gives it as it is then. Throws ActiveWaitingRequestsExceededException. */
  settled(owner: StatementOwner, id: string, seconds: number): Promise<Statement | undefined>;
  /** A page of the result of one part, both counted from 0. */
  page(statement: Statement, part: number, page: number): Promise<readonly ResultRow[] | undefined>;
  /** Whether it was, or will be, aborted. Throws ValidationException when it has ended. */
  cancel(owner: StatementOwner, statement: Statement): Promise<void>;
  /** The newest first, after the one that a token names. */
  list(
    owner: StatementOwner,
    filter: StatementFilter,
    after: string | undefined,
    max: number,
  ): Promise<readonly Statement[]>;
  session(owner: StatementOwner, id: string): Promise<StatementSession | undefined>;
  sessions(
    owner: StatementOwner,
    filter: SessionFilter,
    after: string | undefined,
    max: number,
  ): Promise<readonly StatementSession[]>;
  /** Asks a database about itself, at once. Throws ValidationException, DatabaseConnectionException, QueryTimeoutException. */
  ask(
    accountId: string,
    target: StatementTarget,
    login: StatementLogin,
    sql: string,
    values: readonly (string | number | null)[],
  ): Promise<readonly ResultRow[]>;
}
