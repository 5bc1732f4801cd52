import { ENTITY_KINDS, findEntity } from './entities.ts';
import { changeIdentities, type Iam } from './iam.ts';

/** The end of temporary credentials before their time. */

const OWNER_ARN = /^arn:aws:iam::\d{12}:(user|role)\/(?:.*\/)?([^/]+)$/;

/**
 * Ends the sessions of a role, or of a user (GetSessionToken, GetFederationToken), that were issued before a time.
 * An ARN that names no user or role of the account ends nothing.
 */
export async function endSessions(
  iam: Iam,
  accountId: string,
  arn: string,
  issuedBefore: Date,
): Promise<void> {
  const [, kindText, name = ''] = OWNER_ARN.exec(arn) ?? [];
  if (kindText === undefined) return;
  const kind = kindText === 'user' ? 'user' : 'role';
  await changeIdentities(iam, accountId, async (database) => {
    const entity = await findEntity(database, accountId, { kind, name });
    if (entity?.arn !== arn) return;
    // Sessions tell the millisecond of their issue; what is set never moves back.
    await database.query(
      `UPDATE ${ENTITY_KINDS[kind].table} SET sessions_ended_at = greatest(sessions_ended_at, $3)
       WHERE account_id = $1 AND id = $2`,
      [accountId, entity.id, new Date(issuedBefore.getTime() - 1)],
    );
  });
}
