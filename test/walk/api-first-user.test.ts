import { afterAll, beforeAll, expect, test } from 'vitest';
import { Keyshift } from './support/keyshift.ts';
import { type RunResult, run } from './support/run.ts';

/**
 * The steps that AWS documents for an account's first administrator, as calls of the AWS CLI: a user with a
 * console password that must be changed, a group with AdministratorAccess, tags, an alias for the sign-in address.
 * The pages themselves are the console's matter. Source: AWS Glue guide, "Create an IAM user".
 */

const ACCOUNT = '123456789012';
const PASSWORD = 'Corr3ct-Horse!';

let keyshift: Keyshift;
beforeAll(async () => {
  keyshift = await Keyshift.start();
});
afterAll(() => keyshift.close());

const cli = (args: string, environment: Record<string, string> = {}): Promise<RunResult> =>
  run('aws', [...args.split(' '), '--output', 'json'], { ...keyshift.environment, ...environment });

/** The answer of a call that must succeed; commands without an answer give undefined. */
async function aws(args: string, environment?: Record<string, string>): Promise<Record<string, unknown>> {
  const { code, stdout, stderr } = await cli(args, environment);
  expect(stderr, args).toBe('');
  expect(code, args).toBe(0);
  return stdout === '' ? {} : (JSON.parse(stdout) as Record<string, unknown>);
}

async function refused(args: string): Promise<string> {
  const { code, stdout, stderr } = await cli(args);
  expect(stdout, args).toBe('');
  expect(code, args).not.toBe(0);
  return stderr.trim();
}

/** What can be read back of everything below. */
async function readBack(): Promise<readonly unknown[]> {
  const commands = [
    'iam get-user --user-name Administrator',
    'iam get-login-profile --user-name Administrator',
    'iam list-groups-for-user --user-name Administrator',
    'iam list-user-tags --user-name Administrator',
    'iam get-group --group-name Administrators',
    'iam list-attached-group-policies --group-name Administrators',
    'iam list-access-keys --user-name Administrator',
    'iam list-account-aliases',
    'iam get-account-summary',
  ];
  // Two at a time: there are two cores, and a command is mostly Python starting up.
  const answers: unknown[] = [];
  for (let n = 0; n < commands.length; n += 2) {
    answers.push(...(await Promise.all(commands.slice(n, n + 2).map((command) => aws(command)))));
  }
  return answers;
}

test('the first administrator, from the root user to a restart', { timeout: 120_000 }, async () => {
  const before = (await aws('iam get-account-summary'))['SummaryMap'] as Record<string, number>;

  const user = await aws('iam create-user --user-name Administrator --tags Key=team,Value=data');
  expect(user).toMatchObject({
    User: { UserName: 'Administrator', Path: '/', Arn: `arn:aws:iam::${ACCOUNT}:user/Administrator` },
  });
  expect(await refused('iam create-user --user-name administrator')).toContain(
    '(EntityAlreadyExists) when calling the CreateUser operation: User with name administrator already exists.',
  );

  const login = 'iam create-login-profile --user-name Administrator --password-reset-required --password';
  expect(await refused(`${login} password`)).toContain('(PasswordPolicyViolation)');
  expect(await aws(`${login} ${PASSWORD}`)).toMatchObject({
    LoginProfile: { UserName: 'Administrator', PasswordResetRequired: true },
  });
  expect(await refused(`${login} ${PASSWORD}`)).toContain('(EntityAlreadyExists)');

  const { Policies } = await aws('iam list-policies --scope AWS');
  const wanted = (Policies as { PolicyName: string; Arn: string }[]).find(
    ({ PolicyName }) => PolicyName === 'AdministratorAccess',
  );
  expect(wanted?.Arn).toBe('arn:aws:iam::aws:policy/AdministratorAccess');
  await aws('iam create-group --group-name Administrators');
  await aws(`iam attach-group-policy --group-name Administrators --policy-arn ${wanted?.Arn}`);
  expect(await aws('iam list-groups')).toMatchObject({ Groups: [{ GroupName: 'Administrators' }] });
  await aws('iam add-user-to-group --group-name Administrators --user-name Administrator');
  await aws('iam tag-user --user-name Administrator --tags Key=cost-center,Value=42');

  await aws('iam create-account-alias --account-alias example-corp');
  expect(await refused('iam create-account-alias --account-alias Example')).toContain(
    '(ValidationError) when calling the CreateAccountAlias operation: The specified value for accountAlias is invalid.',
  );

  const { AccessKey } = await aws('iam create-access-key --user-name Administrator');
  const key = AccessKey as { AccessKeyId: string; SecretAccessKey: string };
  const asAdministrator = {
    AWS_ACCESS_KEY_ID: key.AccessKeyId,
    AWS_SECRET_ACCESS_KEY: key.SecretAccessKey,
  };
  expect(await aws('sts get-caller-identity', asAdministrator)).toMatchObject({
    Account: ACCOUNT,
    Arn: `arn:aws:iam::${ACCOUNT}:user/Administrator`,
  });

  const held = await readBack();
  expect(held).toMatchObject([
    { User: { UserName: 'Administrator' } },
    { LoginProfile: { PasswordResetRequired: true } },
    { Groups: [{ GroupName: 'Administrators', Arn: `arn:aws:iam::${ACCOUNT}:group/Administrators` }] },
    {
      Tags: expect.arrayContaining([
        { Key: 'team', Value: 'data' },
        { Key: 'cost-center', Value: '42' },
      ]),
    },
    { Users: [{ UserName: 'Administrator' }] },
    {
      AttachedPolicies: [
        { PolicyName: 'AdministratorAccess', PolicyArn: 'arn:aws:iam::aws:policy/AdministratorAccess' },
      ],
    },
    { AccessKeyMetadata: [{ AccessKeyId: key.AccessKeyId, Status: 'Active' }] },
    { AccountAliases: ['example-corp'] },
    { SummaryMap: { Users: (before['Users'] ?? 0) + 1, Groups: (before['Groups'] ?? 0) + 1 } },
  ]);
  expect(JSON.stringify(held)).not.toContain(PASSWORD);
  expect(JSON.stringify(held)).not.toContain(key.SecretAccessKey);

  expect(await keyshift.stop()).toBe(0);
  keyshift = await keyshift.again();
  expect(await readBack()).toEqual(held);

  // The administrator does what the root user did, and may not be deleted as long as anything hangs on it.
  await aws('iam create-user --user-name Second', asAdministrator);
  await aws('iam add-user-to-group --group-name Administrators --user-name Second', asAdministrator);
  expect(await refused('iam delete-user --user-name Administrator')).toMatch(
    /\(DeleteConflict\) when calling the DeleteUser operation: Cannot delete entity, must .* first\.$/,
  );
});
