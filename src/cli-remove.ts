import type { Command } from 'commander';
import { REMOVALS } from './api/actions/revoke-removed.ts';
import { type Ask, asking, type Surroundings } from './cli-calls.ts';
import { OperatorError } from './core/errors.ts';

/** `keyshift remove`: takes something from an IAM identity, and with `--and-sessions` ends what it obtained. */

const IAM = { name: 'iam', version: '2010-05-08' } as const;
/** Pages of the members of one group, a hundred each. */
const PAGES_MAX = 1_000;

type Parameters = Readonly<Record<string, string>>;

export function addRemoveCommand(program: Command, surroundings: Surroundings): void {
  const { print } = surroundings;
  const ask = asking(surroundings);
  const iam = asking(surroundings, IAM);
  program
    .command('remove')
    .description('take a key, policy, membership, user or role from an IAM identity, or bound what it may')
    .argument('<operation>', [...REMOVALS.keys()].join(', '))
    .argument('<parameters...>', 'as the operation has them: UserName=alice AccessKeyId=AKIA…')
    .option('--and-sessions', 'also revoke what the identity obtained, and end the sessions', false)
    .action(
      async (operation: string, texts: readonly string[], { andSessions }: { andSessions: boolean }) => {
        const owner = REMOVALS.get(operation);
        if (owner === undefined) {
          throw new OperatorError(
            `${operation} takes nothing away: use one of ${[...REMOVALS.keys()].join(', ')}`,
          );
        }
        const parameters = readParameters(texts);
        // Before it is done: a user that is deleted is not found any more.
        const revocations = andSessions ? await revocationsFor(iam, owner, parameters) : [];
        await iam(operation, parameters);
        print(`${operation}: done.`);
        for (const revocation of revocations) {
          const [who = ''] = Object.values(revocation);
          const answer = await ask('RevokeAccess', { ...revocation, Reason: `iam:${operation}` });
          print(`Revoked what ${who} obtained; ${answer.texts('SessionsEnded')[0] ?? '0'} session(s) ended.`);
        }
      },
    );
}

function readParameters(texts: readonly string[]): Parameters {
  return Object.fromEntries(
    texts.map((text) => {
      const at = text.indexOf('=');
      if (at < 1) throw new OperatorError(`"${text}" is no parameter: write it as UserName=alice`);
      return [text.slice(0, at), text.slice(at + 1)];
    }),
  );
}

/** The parameters of RevokeAccess for everybody who loses something. */
async function revocationsFor(
  iam: Ask,
  owner: 'user' | 'group' | 'role',
  given: Parameters,
): Promise<Parameters[]> {
  const named = (name: string): string => {
    const value = given[name];
    if (value !== undefined) return value;
    throw new OperatorError(`--and-sessions needs to know whose: give ${name}=…`);
  };
  switch (owner) {
    case 'user': {
      const user = await iam('GetUser', { UserName: named('UserName') });
      return user.texts('Arn').map((PrincipalArn) => ({ PrincipalArn }));
    }
    case 'role': {
      const role = await iam('GetRole', { RoleName: named('RoleName') });
      return role.texts('Arn').map((RoleArn) => ({ RoleArn }));
    }
    case 'group':
      return (await membersOf(iam, named('GroupName'))).map((PrincipalArn) => ({ PrincipalArn }));
    default:
      return owner satisfies never;
  }
}

async function membersOf(iam: Ask, GroupName: string): Promise<string[]> {
  const members: string[] = [];
  let marker: Parameters = {};
  for (let page = 0; page < PAGES_MAX; page++) {
    const answer = await iam('GetGroup', { GroupName, ...marker });
    const [users] = answer.parts('Users');
    members.push(...(users?.texts('Arn') ?? []));
    const [next] = answer.texts('Marker');
    if (next === undefined) break;
    marker = { Marker: next };
  }
  return members;
}
