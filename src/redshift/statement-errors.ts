import { AwsError } from '../core/errors.ts';

/** The errors of the Redshift Data API, with their texts where AWS's are known. Source: Redshift Data API Reference. */

export const statementInvalid = (message: string): AwsError =>
  new AwsError('ValidationException', 400, message);

/** The same for a statement of somebody else: nobody learns that it is there. */
export const statementNotFound = (id: string): AwsError =>
  new AwsError('ResourceNotFoundException', 400, 'Query does not exist.', { members: { ResourceId: id } });

export const resultNotFound = (id: string): AwsError =>
  new AwsError(
    'ResourceNotFoundException',
    400,
    'Query does not have result. Please check query status with DescribeStatement.',
    { members: { ResourceId: id } },
  );

export const sessionNotFound = (id: string): AwsError =>
  new AwsError('ResourceNotFoundException', 400, 'Session does not exist.', { members: { ResourceId: id } });

/** For an id that no session ever had, or one of somebody else. */
export const sessionInvalid = (id: string): AwsError =>
  statementInvalid(`Session with Id: ${id} is invalid.`);

/** For a session that has ended. */
export const sessionUnavailable = (): AwsError => statementInvalid('Session is not available');

export const sessionBusy = (): AwsError =>
  statementInvalid('Session is busy: a statement is still running in it.');

export const statementTooLong = (): AwsError =>
  statementInvalid('Cannot process query string larger than 100kB');

export const statementEnded = (status: string, id: string): AwsError =>
  statementInvalid(`Could not cancel a query that is already in ${status} state with ID: ${id}`);

export const noEndpoint = (): AwsError => statementInvalid("Redshift endpoint doesn't exist in this region.");

export const activeStatementsExceeded = (max: number): AwsError =>
  new AwsError(
    'ActiveStatementsExceededException',
    400,
    `Active statements exceeded the allowed quota (${max}) for this cluster.`,
  );

export const activeSessionsExceeded = (max: number): AwsError =>
  new AwsError(
    'ActiveSessionsExceededException',
    400,
    `Active sessions exceeded the allowed quota (${max}) for this cluster.`,
  );

export const waitingRequestsExceeded = (max: number): AwsError =>
  new AwsError(
    'ActiveWaitingRequestsExceededException',
    400,
    `Active requests with WaitTimeSeconds exceeded the allowed quota (${max}) for this statement.`,
  );

export const databaseConnection = (message: string): AwsError =>
  new AwsError('DatabaseConnectionException', 500, message);

export const queryTimeout = (seconds: number): AwsError =>
  new AwsError('QueryTimeoutException', 400, `The query did not end within ${seconds} seconds.`);
