import type { Endpoint } from '../../../src/client/call.ts';
import { Secret } from '../../../src/core/secret.ts';
import { must } from './api.ts';
import type { Keyshift } from './keyshift.ts';

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
