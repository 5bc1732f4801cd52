import type { Command } from 'commander';
import type { SessionReport } from './api/actions/keyshift/deps.ts';
import { type Ask, asking, type Surroundings } from './cli-calls.ts';
import { OperatorError } from './core/errors.ts';

/** The commands that show who is logged in and end access: `keyshift sessions`, `keyshift revoke`. */

/** The options of `keyshift revoke`, and the parameter that each one is. */
const REVOKE_OPTIONS = [
  ['--credential <id>', 'credential', 'CredentialId', 'one credential, by its id in the audit log'],
  [
    '--principal <arn>',
    'principal',
    'PrincipalArn',
    'all that an IAM user, the root user or a role session obtained',
  ],
  ['--role <arn>', 'role', 'RoleArn', 'all that sessions of an IAM role obtained'],
  ['--db-user <name>', 'dbUser', 'DbUser', 'all for a database user; its sessions with a password end too'],
  [
    '--issued-before <time>',
    'issuedBefore',
    'IssuedBefore',
    'all issued before, such as 2026-11-22T10:00:00Z',
  ],
  ['--cluster <identifier>', 'cluster', 'ClusterIdentifier', 'only in one cluster'],
  ['--reason <text>', 'reason', 'Reason', 'told to those whose access ends, and in the audit log'],
] as const;

export function addAccessCommands(program: Command, surroundings: Surroundings): void {
  const { print } = surroundings;
  const ask = asking(surroundings);

  addSettingsCommand(program, surroundings, ask);
  const sessions = program
    .command('sessions')
    .description('show who is logged in, on every node')
    .option('--json', 'as JSON lines, with everything that is known')
    .action(async ({ json }: { json?: boolean }) => {
      const answer = await ask('ListSessions', {});
      const lines = answer.texts('member');
      for (const line of json === true ? lines : table(lines)) print(line);
      const [silent = '0'] = answer.texts('SilentNodes');
      if (silent !== '0')
        throw new OperatorError(`${silent} node(s) did not answer; their sessions are not shown`);
    });
  sessions
    .command('kill')
    .description('end a session: its query is canceled, its backend terminated, its connection closed')
    .argument('<id>', 'as `keyshift sessions` shows it')
    .option('--reason <text>', 'told to the client, and in the audit log', '')
    .action(async (SessionId: string, { reason: Reason }: { reason: string }) => {
      await ask('KillSession', { SessionId, Reason });
      print(`The session ${SessionId} is ended.`);
    });

  const revoke = program
    .command('revoke')
    .description('refuse credentials that were issued before now, and end the sessions that they opened');
  for (const [flags, , , meaning] of REVOKE_OPTIONS) revoke.option(flags, meaning);
  revoke.action(async (options: Readonly<Record<string, string | undefined>>) => {
    const parameters = REVOKE_OPTIONS.flatMap(([, name, parameter]) => {
      const value = options[name];
      return value === undefined ? [] : [[parameter, value] as const];
    });
    const answer = await ask('RevokeAccess', Object.fromEntries(parameters));
    const [ended = '0'] = answer.texts('SessionsEnded');
    print(
      `Revoked what was issued before ${answer.texts('IssuedBefore')[0]}; ${ended} session(s) ended. ` +
        `The entry ${answer.texts('RevocationId')[0]} is kept until ${answer.texts('EndsAt')[0]}.`,
    );
    const [silent = '0'] = answer.texts('SilentNodes');
    if (silent !== '0') {
      throw new OperatorError(`${silent} node(s) have not confirmed yet; each reads the list every second`);
    }
  });
  program
    .command('reconcile')
    .description(
      'show the session roles of a cluster that no session uses; they go by themselves after an hour',
    )
    .argument('<cluster>', 'identifier of the cluster')
    .option('--remove', 'drop them now', false)
    .action(async (ClusterIdentifier: string, { remove }: { remove: boolean }) => {
      const answer = await ask('Reconcile', { ClusterIdentifier, Remove: String(remove) });
      const names = answer.texts('member');
      for (const name of names) print(name);
      const [kept = ''] = answer.texts('Kept');
      print(
        remove
          ? `${names.length} session role(s) looked at${kept === '' ? ', all dropped' : '; some could not be dropped, see the audit log'}.`
          : `${names.length} session role(s) without a session.`,
      );
    });
  program
    .command('revocations')
    .description('print the revocations that still matter, as JSON lines')
    .action(async () => {
      for (const line of (await ask('ListRevocations', {})).texts('member')) print(line);
    });
}

/** The options of `keyshift login-settings`, and the parameter that each one is. */
const SETTINGS_OPTIONS = [
  [
    '--session-seconds <n>',
    'sessionSeconds',
    'SessionSeconds',
    'end sessions after so many seconds; 0 for never',
  ],
  [
    '--end-at-expiry <yes|no>',
    'endAtExpiry',
    'EndSessionsAtExpiry',
    'end sessions when their credential expires',
  ],
  [
    '--revoke-on-removal <yes|no>',
    'revokeOnRemoval',
    'RevokeOnRemoval',
    'revoke what an identity obtained when its key, user, role, group membership or policy is removed',
  ],
] as const;

const TRUTH = new Map([
  ['yes', 'true'],
  ['no', 'false'],
]);

function addSettingsCommand(program: Command, { print }: Surroundings, ask: Ask): void {
  const command = program
    .command('login-settings')
    .description('show or set what holds for all logins of the account');
  for (const [flags, , , meaning] of SETTINGS_OPTIONS) command.option(flags, meaning);
  command.action(async (options: Readonly<Record<string, string | undefined>>) => {
    const present = await ask('GetLoginSettings', {});
    const parameters = new Map(
      SETTINGS_OPTIONS.flatMap(([, , name]) => present.texts(name).map((text) => [name, text] as const)),
    );
    for (const [, option, name] of SETTINGS_OPTIONS) {
      const value = options[option];
      if (value === undefined) continue;
      parameters.set(name, TRUTH.get(value) ?? value);
      if (name === 'SessionSeconds' && value === '0') parameters.delete(name);
    }
    const isChange = Object.keys(options).length > 0;
    const answer = isChange ? await ask('PutLoginSettings', Object.fromEntries(parameters)) : present;
    for (const [, , name] of SETTINGS_OPTIONS) print(`${name}: ${answer.texts(name)[0] ?? 'never'}`);
  });
}

/** What the table shows of a session: the head of each column, and its cell. */
const COLUMNS: readonly (readonly [head: string, cell: (session: SessionReport) => string])[] = [
  ['SESSION', ({ sessionId }) => sessionId],
  ['USER', ({ dbUser }) => dbUser],
  ['IDENTITY', ({ principalArn }) => principalArn ?? '-'],
  ['LOGIN', ({ loginName }) => loginName],
  ['GROUPS', ({ groups }) => groups.join(',') || '-'],
  ['CLUSTER', ({ cluster }) => cluster],
  ['DATABASE', ({ database }) => database ?? '-'],
  ['CREDENTIAL', ({ credentialId }) => credentialId ?? '-'],
  ['FROM', ({ sourceIp }) => sourceIp],
  ['SINCE', ({ since }) => since],
  ['ENDS', ({ endsAt }) => endsAt ?? '-'],
  ['PID', ({ backendPid }) => String(backendPid ?? '-')],
  ['IN', ({ bytesFromClient }) => String(bytesFromClient)],
  ['OUT', ({ bytesToClient }) => String(bytesToClient)],
  // The last one, because it is as long as the client likes.
  ['CLIENT', ({ client }) => Object.values(client).join(' ') || '-'],
];

function table(lines: readonly string[]): string[] {
  const sessions = lines.map((line) => JSON.parse(line) as SessionReport);
  const rows = sessions.map((session) => COLUMNS.map(([, cell]) => printable(cell(session))));
  const table = [COLUMNS.map(([head]) => head), ...rows];
  const widths = COLUMNS.map((_, at) => table.reduce((most, row) => Math.max(most, row[at]?.length ?? 0), 0));
  return table.map((row) =>
    row
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

/** What a client says of itself may hold anything, also what a terminal would obey. */
const printable = (text: string): string => text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '?');
