import type { Database } from '../store/database.ts';
import { storable } from './entities.ts';
import { changeIdentities, type Iam } from './iam.ts';
import { alreadyExists, noSuchEntity, validationError } from './iam-errors.ts';

/** The name that an account may have in place of its number, in sign-in addresses. No two accounts share one. */

const FORM = /^[a-z0-9]([a-z0-9]|-(?!-)){1,61}[a-z0-9]$/;
const ACCOUNT_NUMBER = /^\d{12}$/;

/** CreateAccountAlias; a second one replaces the first. Throws EntityAlreadyExists, also for the account's own. */
export async function createAccountAlias(iam: Iam, accountId: string, alias: string): Promise<void> {
  await changeIdentities(iam, accountId, (database) => putAccountAlias(database, accountId, alias));
}

/** The same as a part of a change. */
export async function putAccountAlias(database: Database, accountId: string, alias: string): Promise<void> {
  requireAlias(alias);
  const [taken] = await database.query('SELECT 1 FROM keyshift.iam_account_aliases WHERE alias = $1', [
    alias,
  ]);
  if (taken !== undefined) throw alreadyExists(`The account alias ${alias} already exists.`);
  await database.query(
    `INSERT INTO keyshift.iam_account_aliases (account_id, alias) VALUES ($1, $2)
     ON CONFLICT (account_id) DO UPDATE SET alias = excluded.alias`,
    [accountId, alias],
  );
}

/** DeleteAccountAlias. Throws NoSuchEntity when the account does not have this alias. */
export async function deleteAccountAlias(iam: Iam, accountId: string, alias: string): Promise<void> {
  requireAlias(alias);
  await changeIdentities(iam, accountId, async (database) => {
    const deleted = await database.query(
      'DELETE FROM keyshift.iam_account_aliases WHERE account_id = $1 AND alias = $2 RETURNING alias',
      [accountId, alias],
    );
    if (deleted.length === 0) throw noSuchEntity(`The account alias ${alias} cannot be found.`);
  });
}

/** ListAccountAliases: one or none. */
export async function findAccountAlias(iam: Iam, accountId: string): Promise<string | undefined> {
  const [row] = await iam.store.query<{ alias: string }>(
    'SELECT alias FROM keyshift.iam_account_aliases WHERE account_id = $1',
    [accountId],
  );
  return row?.alias;
}

/** The account with this alias, for a sign-in address. */
export async function findAccountByAlias(iam: Iam, alias: string): Promise<string | undefined> {
  const [row] = await iam.store.query<{ account_id: string }>(
    'SELECT account_id FROM keyshift.iam_account_aliases WHERE alias = $1',
    [storable(alias)],
  );
  return row?.account_id;
}

function requireAlias(alias: string): void {
  if (FORM.test(alias) && !ACCOUNT_NUMBER.test(alias)) return;
  throw validationError(
    'The specified value for accountAlias is invalid. It must be a minimum length of 3 characters and maximum ' +
      'length of 63 characters, contain only digits, lowercase letters, and hyphens (-), but cannot begin or ' +
      'end with a hyphen.',
  );
}
