import { join } from 'node:path';
import type { Endpoint } from '../../../src/client/call.ts';
import { Secret } from '../../../src/core/secret.ts';
import { must } from './api.ts';
import type { Keyshift } from './keyshift.ts';
import { sqlIn } from './servers.ts';

/** A second account of an installation, for tests. */
export interface SecondAccount {
  readonly accountId: string;
  /** Its root user. */
  readonly root: Endpoint;
}

/** Makes an account; with a number by chance unless one is given. */
export async function makeAccount(keyshift: Keyshift, AccountId?: string): Promise<SecondAccount> {
  const answer = await must(keyshift.root, 'keyshift', 'CreateAccount', {
    ...(AccountId === undefined ? {} : { AccountId }),
  });
  const [accountId = ''] = answer.texts('AccountId');
  const [accessKeyId = ''] = answer.texts('AccessKeyId');
  const [secret = ''] = answer.texts('SecretAccessKey');
  return {
    accountId,
    root: { ...keyshift.root, accessKeyId, secretAccessKey: new Secret(secret) },
  };
}

/** Every row of the account in the store, but for what is written down later in the background. */
export async function rowsOfAccount(keyshift: Keyshift, accountId: string): Promise<string[]> {
  const rows: string[] = [];
  for (const table of await accountTables(keyshift)) {
    const found = await sqlIn<{ row: Record<string, unknown> }>(
      storeOf(keyshift),
      'postgres',
      `SELECT to_jsonb(t) - '{last_used_at,last_used_service,last_used_region}'::text[] AS row
       FROM keyshift.${table} t WHERE account_id = '${accountId}'`,
    );
    rows.push(...found.map(({ row }) => `${table} ${JSON.stringify(row)}`));
  }
  return rows.sort();
}

/** The tables of the store with rows of accounts. */
export async function accountTables(keyshift: Keyshift): Promise<string[]> {
  const tables = await sqlIn<{ table_name: string }>(
    storeOf(keyshift),
    'postgres',
    `SELECT table_name FROM information_schema.columns
     WHERE table_schema = 'keyshift' AND column_name = 'account_id' ORDER BY table_name`,
  );
  return tables.map(({ table_name: table }) => table);
}

const storeOf = ({ dataDir }: Keyshift): string => join(dataDir, 'store', 'server');
