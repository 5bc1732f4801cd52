import type { RandomBytes } from '../core/ids.ts';
import type { Database } from '../store/database.ts';
import { insertAccessKey, type LastUse, type NewAccessKey } from './access-keys.ts';
import { putAccountAlias } from './account-aliases.ts';
import { changeIdentities, type Iam } from './iam.ts';
import { alreadyExists, limitExceeded, noSuchEntity } from './iam-errors.ts';
import { type Page, type PageRequest, readPage } from './pages.ts';

/** The accounts of an installation: each has its own root user, identities, clusters and log. */
export interface Account {
  readonly accountId: string;
  readonly alias: string | undefined;
  readonly createdAt: Date;
}

/** A key of an account's root user. */
export interface RootKeyState {
  readonly accessKeyId: string;
  readonly status: string;
  readonly createdAt: Date;
  readonly lastUse: Pick<LastUse, 'at'> | undefined;
}

interface Row {
  account_id: string;
  alias: string | null;
  created_at: Date;
}

/** Accounts of an installation. Listing them and starting clusters is tried with as many. */
const ACCOUNTS_MAX = 10_000;
/** Numbers that are drawn before it is given up: of 900 milliards, at most a handful is taken. */
const DRAWS_MAX = 10;

const COLUMNS = 'a.account_id, l.alias, a.created_at';
const ACCOUNTS =
  'keyshift.accounts a LEFT JOIN keyshift.iam_account_aliases l ON l.account_id = a.account_id';

/**
 * Makes an account with a root user and its first access key, whose secret is shown this once. Without a number it
 * gets one by chance. Throws EntityAlreadyExists for a number or alias that is or was another account's, LimitExceeded,
 * and ValidationError for an alias that cannot be one.
 */
export async function createAccount(
  iam: Iam,
  wanted: { readonly accountId?: string | undefined; readonly alias?: string | undefined },
): Promise<{ readonly account: Account; readonly rootKey: NewAccessKey }> {
  for (let draws = 1; ; draws++) {
    const accountId = wanted.accountId ?? drawAccountId(iam.random);
    const made = await tryCreate(iam, accountId, wanted.alias);
    if (made !== undefined) return made;
    if (wanted.accountId !== undefined || draws === DRAWS_MAX) {
      throw alreadyExists(`The account ${accountId} already exists, or did and was closed.`);
    }
  }
}

/** Undefined when the number is taken. */
async function tryCreate(iam: Iam, accountId: string, alias: string | undefined) {
  return changeIdentities(iam, accountId, async (database) => {
    const createdAt = iam.clock.now();
    const made = await database.query(
      `INSERT INTO keyshift.accounts (account_id, created_at)
       SELECT $1, $2 WHERE NOT EXISTS (SELECT FROM keyshift.closed_accounts WHERE account_id = $1)
       ON CONFLICT DO NOTHING RETURNING account_id`,
      [accountId, createdAt],
    );
    if (made.length === 0) return undefined;
    const [count] = await database.query<{ accounts: number }>(
      'SELECT count(*)::int AS accounts FROM keyshift.accounts',
    );
    if ((count?.accounts ?? 0) > ACCOUNTS_MAX) {
      throw limitExceeded(`An installation has at most ${ACCOUNTS_MAX} accounts.`);
    }
    if (alias !== undefined) await putAccountAlias(database, accountId, alias);
    const rootKey = await insertAccessKey(iam, database, accountId);
    return { account: { accountId, alias, createdAt }, rootKey };
  });
}

/** Twelve digits of which the first is not 0, because tools that take numbers for numbers lose it. */
function drawAccountId(random: RandomBytes): string {
  const range = 900_000_000_000n;
  return String(100_000_000_000n + (random(8).readBigUInt64BE() % range));
}

/** The accounts in the order of their numbers. Throws ValidationError for a marker that is not ours. */
export async function listAccounts(iam: Iam, request: PageRequest): Promise<Page<Account>> {
  const page = await readPage(
    request,
    (after, limit) =>
      iam.store.query<Row>(
        `SELECT ${COLUMNS} FROM ${ACCOUNTS} WHERE a.account_id > $1 ORDER BY a.account_id LIMIT $2`,
        [after, limit],
      ),
    (row) => row.account_id,
  );
  return { ...page, items: page.items.map(toAccount) };
}

/** Throws NoSuchEntity. */
export async function getAccount(database: Database, accountId: string): Promise<Account> {
  const [row] = await database.query<Row>(`SELECT ${COLUMNS} FROM ${ACCOUNTS} WHERE a.account_id = $1`, [
    accountId,
  ]);
  if (row === undefined) throw noSuchEntity(`The account ${accountId} cannot be found.`);
  return toAccount(row);
}

/** The keys of an account's root user, the oldest first. */
export async function listRootKeys(database: Database, accountId: string): Promise<readonly RootKeyState[]> {
  const rows = await database.query<{
    access_key_id: string;
    status: string;
    created_at: Date;
    last_used_at: Date | null;
  }>(
    `SELECT access_key_id, status, created_at, last_used_at FROM keyshift.iam_access_keys
     WHERE account_id = $1 AND user_id IS NULL ORDER BY created_at, access_key_id`,
    [accountId],
  );
  return rows.map((row) => ({
    accessKeyId: row.access_key_id,
    status: row.status,
    createdAt: row.created_at,
    lastUse: row.last_used_at === null ? undefined : { at: row.last_used_at },
  }));
}

/**
 * A new key of an account's root user, whose secret is shown this once; `replace` deletes all that the root user had.
 * Throws NoSuchEntity, and LimitExceeded at the third key.
 */
export async function createRootKey(iam: Iam, accountId: string, replace: boolean): Promise<NewAccessKey> {
  return changeIdentities(iam, accountId, async (database) => {
    await getAccount(database, accountId);
    if (replace) {
      await database.query('DELETE FROM keyshift.iam_access_keys WHERE account_id = $1 AND user_id IS NULL', [
        accountId,
      ]);
    }
    return insertAccessKey(iam, database, accountId);
  });
}

function toAccount({ account_id: accountId, alias, created_at: createdAt }: Row): Account {
  return { accountId, alias: alias ?? undefined, createdAt };
}
