import { statementInvalid } from '../../../redshift/statement-errors.ts';
import type { Action } from '../../action.ts';
import type * as wire from '../../services/redshift-data.generated.ts';
import { ownerOf, type RedshiftDataDeps } from './deps.ts';
import { onStatement, requireStatement } from './statement-access.ts';

/** CancelStatement. A statement that has ended meanwhile cannot be canceled any more, and the answer says so. */
export const cancelStatement: Action<
  RedshiftDataDeps,
  wire.CancelStatementRequest,
  wire.CancelStatementResponse
> = {
  permissions: (deps, { Id }, caller) => onStatement('CancelStatement', deps, caller, Id),
  run: async (deps, { Id }, caller) => {
    const { statement, part } = await requireStatement(deps, caller, Id);
    if (part !== undefined) throw statementInvalid('A batch can only be canceled as a whole.');
    await deps.statements.cancel(ownerOf(caller), statement);
    return { Status: true };
  },
  changes: false,
};
