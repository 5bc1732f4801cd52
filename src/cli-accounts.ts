import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { type Ask, asking, environmentOf, type Surroundings } from './cli-calls.ts';
import type { CallResult } from './client/call.ts';
import { messageOf, OperatorError } from './core/errors.ts';
import { Secret } from './core/secret.ts';
import { writeEnvFile } from './env-file.ts';

/** The commands for the accounts of an installation: `keyshift account`. */

/** Where the root key of an account goes: to a file like env.sh, or to the terminal. */
interface KeyFlags {
  readonly keyFile?: string;
}

const PAGE = 500;
const KEY_FILE = [
  '--key-file <path>',
  'write the root key to this private file, for shells and KEYSHIFT_ENV_FILE, instead of showing it',
] as const;

export function addAccountCommands(program: Command, surroundings: Surroundings): void {
  const { print } = surroundings;
  const ask = asking(surroundings);

  const account = program
    .command('account')
    .description('the accounts of this installation, each with identities, clusters and a log of its own');
  account
    .command('create')
    .description('make an account with a root user, and show its access key this once')
    .option('--account-id <digits>', 'its number, 12 digits; one by chance if not given')
    .option('--alias <name>', 'a name for it in sign-in addresses')
    .option(...KEY_FILE)
    .action(async (flags: KeyFlags & { readonly accountId?: string; readonly alias?: string }) => {
      requireNewFile(flags);
      const answer = await ask('CreateAccount', {
        ...(flags.accountId === undefined ? {} : { AccountId: flags.accountId }),
        ...(flags.alias === undefined ? {} : { Alias: flags.alias }),
      });
      const [accountId = ''] = answer.texts('AccountId');
      print(`The account ${accountId} is made.`);
      handOver(surroundings, answer, accountId, flags);
    });
  account
    .command('list')
    .description('list them')
    .option('--json', 'as JSON lines', false)
    .action(async ({ json }: { readonly json: boolean }) => {
      for await (const one of accounts(ask)) print(json ? JSON.stringify(one) : lineOf(one));
    });
  account
    .command('show')
    .description('show an account, the keys of its root user and the number of its clusters')
    .argument('<account-id>')
    .action(async (AccountId: string) => {
      for (const line of await shownAccount(ask, AccountId)) print(line);
    });
  account
    .command('close')
    .description('end an account that has no clusters: everything of it goes but its log, for good')
    .argument('<account-id>')
    .requiredOption('--confirm <account-id>', 'its number once more')
    .action(async (AccountId: string, { confirm }: { readonly confirm: string }) => {
      if (confirm !== AccountId) throw new OperatorError(`--confirm must be ${AccountId}`);
      await ask('CloseAccount', { AccountId });
      print(`The account ${AccountId} is closed.`);
    });
  account
    .command('quotas')
    .description('show how many things an account may have, or set it')
    .argument('<account-id>')
    .option('--set <quotas>', 'such as users=10000,clusters=5; default for the number of all accounts')
    .action(async (AccountId: string, { set }: { readonly set?: string }) => {
      if (set !== undefined) await ask('PutAccountQuotas', { AccountId, ...quotaParameters(set) });
      for (const line of await shownQuotas(ask, AccountId)) print(line);
    });
  account
    .command('new-root-key')
    .description('make another access key for the root user of an account, and show it this once')
    .argument('<account-id>')
    .option('--replace', 'delete the keys that the root user has, as when they are lost', false)
    .option(...KEY_FILE)
    .action(async (AccountId: string, flags: KeyFlags & { readonly replace: boolean }) => {
      if (!flags.replace) requireNewFile(flags);
      const answer = await ask('CreateRootAccessKey', { AccountId, ReplaceExisting: String(flags.replace) });
      handOver(surroundings, answer, AccountId, flags);
    });
}

/** Reads `users=10000,roles=default` as the operation takes it. Throws OperatorError. */
function quotaParameters(text: string): Record<string, string> {
  const pairs = text.split(',').map((part) => {
    const [, name = '', value = ''] = /^\s*([a-z-]+)=(\d{1,9}|default)\s*$/.exec(part) ?? [];
    if (name === '') {
      throw new OperatorError(`"${part}" is not a quota: write a name, then = and a number or default`);
    }
    return { name, value };
  });
  return Object.fromEntries(
    pairs.flatMap(({ name, value }, index) => {
      const prefix = `Quotas.Quota.${index + 1}`;
      return [[`${prefix}.Name`, name], ...(value === 'default' ? [] : [[`${prefix}.Value`, value]])];
    }),
  );
}

async function shownQuotas(ask: Ask, AccountId: string): Promise<string[]> {
  const answer = await ask('GetAccount', { AccountId });
  return answer.parts('Quota').map((quota) => {
    const remark = quota.texts('IsOwn')[0] === 'true' ? '  of this account' : '';
    return `${quota.texts('Name')[0]}=${quota.texts('Value')[0]}${remark}`;
  });
}

/** A file that is there may hold the only copy of another key. Throws OperatorError. */
function requireNewFile({ keyFile }: KeyFlags): void {
  if (keyFile === undefined || !existsSync(keyFile)) return;
  throw new OperatorError(`${keyFile} is there already: give --key-file another name`);
}

/** Gives the one answer that holds the secret to whoever has asked. */
function handOver(
  { place, print }: Surroundings,
  answer: CallResult,
  accountId: string,
  { keyFile }: KeyFlags,
): void {
  const [accessKeyId = ''] = answer.texts('AccessKeyId');
  const [secret = ''] = answer.texts('SecretAccessKey');
  const show = () => {
    print(`Its root user's access key, which is not shown again:`);
    print(`  AWS_ACCESS_KEY_ID=${accessKeyId}`);
    print(`  AWS_SECRET_ACCESS_KEY=${secret}`);
  };
  if (keyFile === undefined) {
    show();
    return;
  }
  const environment = { ...environmentOf(place()), accessKeyId, secretAccessKey: new Secret(secret) };
  const note = `The root key of the account ${accountId}. Load it with \`.\`, and keep it private.`;
  try {
    writeEnvFile(keyFile, environment, note);
  } catch (error) {
    show();
    throw new OperatorError(`${keyFile} cannot be written (${messageOf(error)}): keep the key from above`);
  }
  print(`Its root user's access key ${accessKeyId} is in ${keyFile}.`);
}

interface ListedAccount {
  readonly accountId: string;
  readonly alias: string | null;
  readonly createdAt: string;
  readonly isManagementAccount: boolean;
}

async function* accounts(ask: Ask): AsyncGenerator<ListedAccount> {
  for (let marker: string | undefined = ''; marker !== undefined; ) {
    const from: Record<string, string> = marker === '' ? {} : { Marker: marker };
    const answer: CallResult = await ask('ListAccounts', { ...from, MaxItems: String(PAGE) });
    yield* answer.parts('member').map(listed);
    [marker] = answer.texts('Marker');
  }
}

function listed(part: CallResult): ListedAccount {
  return {
    accountId: part.texts('AccountId')[0] ?? '',
    alias: part.texts('Alias')[0] ?? null,
    createdAt: part.texts('CreateDate')[0] ?? '',
    isManagementAccount: part.texts('IsManagementAccount')[0] === 'true',
  };
}

function lineOf({ accountId, alias, createdAt, isManagementAccount }: ListedAccount): string {
  const remark = isManagementAccount ? '  manages the others' : '';
  return `${accountId}  ${createdAt}  ${alias ?? '-'}${remark}`;
}

async function shownAccount(ask: Ask, AccountId: string): Promise<string[]> {
  const answer = await ask('GetAccount', { AccountId });
  const account = answer.parts('Account').map(listed);
  const keys = answer
    .parts('member')
    .map(
      (key) =>
        `  ${key.texts('AccessKeyId')[0]}  ${key.texts('Status')[0]}, ` +
        `last used ${key.texts('LastUsedDate')[0] ?? 'never'}`,
    );
  return [
    ...account.map(lineOf),
    `Clusters: ${answer.texts('Clusters')[0]}`,
    keys.length === 0 ? 'Its root user has no access key.' : "Its root user's access keys:",
    ...keys,
  ];
}
