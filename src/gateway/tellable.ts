import { messageOf, SqlError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import { distrust, isUnreachable, refusalForRoom } from '../postgres/server-access.ts';

/** What a client is told of an error: a refusal as it is, and of everything else that it happened. */

/** The error as it may leave; what is not the client's goes to the log. */
export function tellable(logger: Logger, sessionId: string, error: unknown): SqlError {
  if (error instanceof SqlError) return error;
  const full = refusalForRoom(error);
  if (full !== undefined) return full;
  if (isUnreachable(error)) {
    logger.warn({ sessionId, cause: messageOf(error) }, 'a database server cannot be reached');
    return serverUnreachable();
  }
  const why = distrust(error);
  if (why !== undefined) {
    logger.error({ sessionId, cause: messageOf(error) }, 'a database server cannot be used');
    return serverUnreachable(why);
  }
  logger.error({ sessionId, cause: messageOf(error), err: error }, 'a session failed');
  return internalError(sessionId);
}

/** As PostgreSQL says it of itself while it starts: clients that try again later try again. */
export function serverUnreachable(detail?: string): SqlError {
  const how = detail === undefined ? 'reached' : 'used';
  return new SqlError('57P03', `the database server of this cluster cannot be ${how}`, {
    detail,
    hint: 'Try again later; the log of Keyshift and its /health tell more.',
  });
}

/** What leaves for a cause that is not the client's: no word of it, and where to look. */
export function internalError(sessionId: string): SqlError {
  return new SqlError('XX000', 'the session failed because of an internal error', {
    hint: `The log of Keyshift tells more under session ${sessionId}.`,
  });
}
