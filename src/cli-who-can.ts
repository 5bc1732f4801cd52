import type { Command } from 'commander';
import { asking, type Surroundings } from './cli-calls.ts';

/** The commands that say who can get a login, and why somebody cannot: `keyshift who-can`, `keyshift why-not`. */

interface Flags {
  readonly dbUser?: string;
  readonly dbName?: string;
  readonly group: readonly string[];
  readonly cluster?: string;
  readonly autoCreate: boolean;
  readonly json: boolean;
}

/** A line of an answer of WhoCanGetCredentials. */
interface AbleLine {
  readonly cluster: string;
  readonly principal: string;
  readonly verdict: 'always' | 'conditional' | 'undecided';
  readonly ways: readonly (readonly string[])[];
  readonly grants: readonly { readonly policy: string; readonly group?: string }[];
  /** Of a role. */
  readonly trusts?: readonly string[];
}

/** A line of an answer of WhyNotGetCredentials. */
interface WhyNotLine {
  readonly cluster: string;
  readonly able?: AbleLine;
  readonly obstacles: readonly {
    readonly text: string;
    readonly resource?: string;
    readonly policies: readonly string[];
  }[];
}

const PAGE = 500;

export function addWhoCanCommands(program: Command, surroundings: Surroundings): void {
  const { print } = surroundings;
  const ask = asking(surroundings);

  const whoCan = program
    .command('who-can')
    .description('list who can do something, and under which conditions');
  withQuestion(whoCan.command('get-credentials'))
    .description('list who can get a login as a database user, or with a database group')
    .action(async (flags: Flags) => {
      let count = 0;
      for (let marker: string | undefined = ''; marker !== undefined; ) {
        const page: Record<string, string> = marker === '' ? {} : { Marker: marker };
        const parameters = { ...parametersOf(flags), ...page, MaxItems: String(PAGE) };
        const answer = await ask('WhoCanGetCredentials', parameters);
        for (const line of answer.texts('member')) {
          count += 1;
          for (const text of flags.json ? [line] : ableText(parsed<AbleLine>(line))) print(text);
        }
        [marker] = answer.texts('Marker');
      }
      if (!flags.json && count === 0) print('Nobody can.');
    });

  const why = program.command('why-not').description('say why a principal cannot do something');
  withQuestion(why.command('get-credentials'))
    .description('say why a principal cannot get a login, or how it can')
    .requiredOption('--principal <arn>', 'the user, role or root user')
    .action(async (flags: Flags & { readonly principal: string }) => {
      const parameters = { ...parametersOf(flags), PrincipalArn: flags.principal };
      const answer = await ask('WhyNotGetCredentials', parameters);
      for (const line of answer.texts('member')) {
        for (const text of flags.json ? [line] : whyNotText(parsed<WhyNotLine>(line))) print(text);
      }
    });
}

function withQuestion(command: Command): Command {
  return command
    .option('--db-user <name>', 'the database user to log in as')
    .option('--db-name <name>', 'only logins to this database')
    .option('--group <name...>', 'only logins with these database groups', [])
    .option('--cluster <identifier>', 'only this cluster')
    .option('--auto-create', 'only logins that may create the database user', false)
    .option('--json', 'as JSON lines', false);
}

function parametersOf({ dbUser, dbName, group, cluster, autoCreate }: Flags): Record<string, string> {
  return {
    ...(dbUser === undefined ? {} : { DbUser: dbUser }),
    ...(dbName === undefined ? {} : { DbName: dbName }),
    ...(cluster === undefined ? {} : { ClusterIdentifier: cluster }),
    ...(autoCreate ? { AutoCreate: 'true' } : {}),
    ...Object.fromEntries(group.map((name, index) => [`DbGroups.DbGroup.${index + 1}`, name])),
  };
}

/** The line has been written by the operation, in the form that its documentation tells. */
function parsed<T>(line: string): T {
  return JSON.parse(line) as T;
}

function ableText({ cluster, principal, verdict, ways, grants, trusts = [] }: AbleLine): string[] {
  const through = grants.map(({ policy, group }) =>
    group === undefined ? policy : `${policy} of group ${group}`,
  );
  const doubt =
    verdict === 'undecided' ? ' (it could not be shown that the conditions exclude each other)' : '';
  return [
    `${principal} in ${cluster}${verdict === 'always' ? ': always' : `, if${doubt}`}`,
    ...(verdict === 'always' ? [] : ways.map((way, at) => `  ${at === 0 ? '' : 'or '}${way.join(', and ')}`)),
    ...(trusts.length === 0 ? [] : [`  for sessions of ${trusts.join(', ')}`]),
    ...(through.length === 0 ? [] : [`  by ${[...new Set(through)].join(', ')}`]),
  ];
}

function whyNotText({ cluster, able, obstacles }: WhyNotLine): string[] {
  if (able !== undefined) return ['It can:', ...ableText({ ...able, cluster })];
  return obstacles.map(({ text, resource, policies }) => {
    const about = resource === undefined ? '' : ` on ${resource}`;
    const names = policies.length === 0 ? '' : ` (${policies.join(', ')})`;
    return `${cluster}: ${text}${about}${names}`;
  });
}
