import { codeOf, messageOf } from '../core/errors.ts';
import { databaseConnection, queryTimeout, statementInvalid } from '../redshift/statement-errors.ts';
import type { ResultRow, StatementLogin, StatementTarget } from '../redshift/statements.ts';
import { CANCELED, failureText } from './failure-text.ts';
import type { Jobs } from './jobs.ts';

/** Questions about a database that are answered at once: its schemas, tables and columns. */

/** A question to the catalog that takes longer, or waits longer for its turn, will not end for a caller who waits. */
const ASK_SECONDS_MAX = 10;
/** Classes of errors that are the server's: 08 connection, 53 resources, 57 operator, 58 system, XX internal. */
const OURS = /^(?:08|53|57|58|XX)/;

/** Throws ValidationException for a refusal, QueryTimeoutException, and DatabaseConnectionException for a server that cannot be asked. */
export async function askDatabase(
  jobs: Jobs,
  { accountId, target, login }: AskedDatabase,
  sql: string,
  values: readonly (string | number | null)[],
): Promise<readonly ResultRow[]> {
  const signal = AbortSignal.timeout(ASK_SECONDS_MAX * 1000);
  try {
    return await jobs.ask(accountId, { target, login }, signal, async (session) => {
      await session.rows(`SET statement_timeout = '${ASK_SECONDS_MAX}s'`);
      return session.rows(sql, values);
    });
  } catch (error) {
    const state = codeOf(error);
    if (state === CANCELED || error === signal.reason) throw queryTimeout(ASK_SECONDS_MAX);
    if (state === undefined || OURS.test(state)) throw databaseConnection(messageOf(error));
    throw statementInvalid(failureText(error));
  }
}

interface AskedDatabase {
  readonly accountId: string;
  readonly target: StatementTarget;
  readonly login: StatementLogin;
}
