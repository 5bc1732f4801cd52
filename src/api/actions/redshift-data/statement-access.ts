import { statementInvalid, statementNotFound } from '../../../redshift/statement-errors.ts';
import type { Statement } from '../../../redshift/statements.ts';
import type { Caller, RequiredPermission } from '../../action.ts';
import { ownerOf, type RedshiftDataDeps } from './deps.ts';

/** How an operation finds the statement that it is about: by its id, among those of the caller. */

/** As AWS prints it; the parts of a batch have a number behind the id. */
const UUID_TEXT = '^[a-z0-9]{8}(-[a-z0-9]{4}){3}-[a-z0-9]{12}(:\\d+)?$';
const UUID = new RegExp(UUID_TEXT);
/** Characters of an id that are looked at. */
const ID_CHARACTERS_MAX = 64;

/** The key by which a policy tells the statements of the sessions of a role apart. */
export const STATEMENT_OWNER = 'redshift-data:statement-owner-iam-userid';
/** The same for the sessions that they keep. */
export const SESSION_OWNER = 'redshift-data:session-owner-iam-userid';

/** Throws ValidationException, with AWS's text. */
export function requireUuid(parameter: 'id' | 'sessionId', id: string): void {
  if (id.length <= ID_CHARACTERS_MAX && UUID.test(id)) return;
  throw statementInvalid(`${parameter} must satisfy regex pattern: ${UUID_TEXT}`);
}

interface StatementId {
  readonly id: string;
  /** The part of a batch, counted from 0; undefined for the statement as a whole. */
  readonly part: number | undefined;
}

/** Throws ValidationException. */
function statementIdOf(text: string): StatementId {
  requireUuid('id', text);
  const [id = '', number] = text.split(':');
  return { id, part: number === undefined ? undefined : Number(number) - 1 };
}

/**
 * The permission on a statement, which the owner's session decides on. One that is not there, or is another owner's,
 * is decided on as the caller's own would be: the refusal of the operation tells no more than that.
 */
export async function onStatement(
  action: string,
  deps: RedshiftDataDeps,
  caller: Caller,
  text: string,
): Promise<readonly RequiredPermission[]> {
  const owner = ownerOf(caller);
  const { id } = statementIdOf(text);
  const statement = await deps.statements.find(owner, id);
  caller.note({ statementId: text });
  const userId = statement?.owner.userId ?? owner.userId;
  const context = new Map([[STATEMENT_OWNER, [userId]]]);
  return [{ action: `redshift-data:${action}`, resource: '*', context }];
}

/** The statement, as it is after a wait for its end if one is asked for. Throws ResourceNotFoundException. */
export async function requireStatement(
  deps: RedshiftDataDeps,
  caller: Caller,
  text: string,
  waitSeconds?: number,
): Promise<{ readonly statement: Statement; readonly part: number | undefined }> {
  const owner = ownerOf(caller);
  const { id, part } = statementIdOf(text);
  const statement =
    waitSeconds === undefined
      ? await deps.statements.find(owner, id)
      : await deps.statements.settled(owner, id, waitSeconds);
  if (statement === undefined) throw statementNotFound(text);
  const { isBatch, sqls } = statement.order;
  if (part !== undefined && (!isBatch || part < 0 || part >= sqls.length)) throw statementNotFound(text);
  return { statement, part };
}
