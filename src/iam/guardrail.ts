import { uniqueId } from '../core/ids.ts';
import { policySizeWithoutWhitespace } from '../policy/document.ts';
import { changeIdentities, type Iam } from './iam.ts';
import { limitExceeded, noSuchEntity } from './iam-errors.ts';
import { requirePolicyDocument } from './policy-documents.ts';
import { QUOTAS } from './quotas.ts';

/**
 * The guardrail of an account: one policy that limits everybody in it, the root user too, and grants nothing.
 * It works as a service control policy does. Source: AWS Organizations User Guide, "Service control policies".
 */
export interface Guardrail {
  readonly document: string;
  readonly changedAt: Date;
}

/** Sets the guardrail or replaces it. Throws MalformedPolicyDocument, and LimitExceeded for one that is too long. */
export async function putGuardrail(iam: Iam, accountId: string, document: string): Promise<void> {
  requirePolicyDocument(document, 'managed');
  const max = QUOTAS.guardrailCharacters;
  if (policySizeWithoutWhitespace(document) > max) {
    throw limitExceeded(`Cannot exceed quota for GuardrailSize: ${max}`);
  }
  await changeIdentities(iam, accountId, async (database) => {
    await database.query(
      `INSERT INTO keyshift.iam_guardrails (account_id, id, document, changed_at) VALUES ($1, $2, $3, $4)
       ON CONFLICT (account_id)
       DO UPDATE SET id = excluded.id, document = excluded.document, changed_at = excluded.changed_at`,
      [accountId, uniqueId('managedPolicy', iam.random), document, iam.clock.now()],
    );
  });
}

/** The guardrail of the account. Throws NoSuchEntity when it has none. */
export async function getGuardrail(iam: Iam, accountId: string): Promise<Guardrail> {
  const [row] = await iam.store.query<{ document: string; changed_at: Date }>(
    'SELECT document, changed_at FROM keyshift.iam_guardrails WHERE account_id = $1',
    [accountId],
  );
  if (row === undefined) throw noGuardrail();
  return { document: row.document, changedAt: row.changed_at };
}

/** Removes the guardrail. Throws NoSuchEntity when the account has none. */
export async function deleteGuardrail(iam: Iam, accountId: string): Promise<void> {
  await changeIdentities(iam, accountId, async (database) => {
    const deleted = await database.query(
      'DELETE FROM keyshift.iam_guardrails WHERE account_id = $1 RETURNING account_id',
      [accountId],
    );
    if (deleted.length === 0) throw noGuardrail();
  });
}

const noGuardrail = () => noSuchEntity('The account has no guardrail.');
