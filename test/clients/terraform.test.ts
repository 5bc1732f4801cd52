import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, type TestContext, test } from 'vitest';
import { ask } from '../walk/support/api.ts';
import { Keyshift } from '../walk/support/keyshift.ts';
import { skip } from '../walk/support/programs.ts';
import { type RunResult, run } from '../walk/support/run.ts';

/**
 * The example of Terraform through its whole life, with the AWS provider as it is: apply, second plan, change,
 * import, destroy. It runs where `terraform` is, and the AWS provider in a folder (a file system mirror) that
 * KEYSHIFT_TF_PLUGIN_DIR names: tests do not download.
 */

const EXAMPLE = fileURLToPath(new URL('../../examples/terraform', import.meta.url));
const PLUGINS = process.env['KEYSHIFT_TF_PLUGIN_DIR'] ?? '';
/** A plan asks some hundred times, and the provider alone needs seconds to start. */
const COMMAND_MS_MAX = 240_000;

let keyshift: Keyshift;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'keyshift-terraform-'));
  await cp(EXAMPLE, folder, { recursive: true });
  keyshift = await Keyshift.start();
});
afterAll(async () => {
  await keyshift?.close();
  await rm(folder, { recursive: true, force: true });
});

async function requireTerraform(context: TestContext): Promise<void> {
  const found = await run('terraform', ['version'], {}).catch(() => undefined);
  if (found?.code !== 0) skip(context, 'terraform is not installed');
  if (PLUGINS === '') skip(context, 'KEYSHIFT_TF_PLUGIN_DIR names no folder with the AWS provider');
}

function terraform(command: string, ...args: string[]): Promise<RunResult> {
  return run(
    'terraform',
    // `state` has no such flag.
    [`-chdir=${folder}`, command, ...(command === 'state' ? [] : ['-no-color']), ...args],
    {
      ...keyshift.environment,
      CHECKPOINT_DISABLE: '1',
      TF_CLI_CONFIG_FILE: '/dev/null',
      TF_IN_AUTOMATION: '1',
      AWS_CONFIG_FILE: '/dev/null',
      AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
      AWS_MAX_ATTEMPTS: '1',
    },
    '',
    COMMAND_MS_MAX,
  );
}

async function must(command: string, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await terraform(command, ...args);
  expect([code, stderr], `terraform ${command} ${args.join(' ')}\n${stdout}`).toEqual([0, '']);
  return stdout;
}

/** With -detailed-exitcode a plan ends with 2 when it would change something. */
const emptyPlan = (...variables: string[]) => must('plan', '-detailed-exitcode', ...variables);

test('the example is applied, planned to nothing, changed, imported and destroyed', {
  timeout: 10 * COMMAND_MS_MAX,
}, async (context) => {
  await requireTerraform(context);
  await must('init', `-plugin-dir=${PLUGINS}`, '-input=false');
  expect(await must('apply', '-auto-approve')).toContain('Resources: 25 added, 0 changed, 0 destroyed.');
  await emptyPlan();

  const keys = JSON.parse(await must('output', '-json', 'access_keys')) as Record<string, { id: string }>;
  expect(Object.keys(keys)).toEqual(['bob', 'eve']);
  const users = await ask(keyshift.root, 'iam', 'ListUsers', { PathPrefix: '/people/' });
  expect(users.texts('UserName')).toEqual(['bob', 'eve']);

  const changed = ['-var', 'team=ops', '-var', 'people=["bob"]', '-var', 'alias=other-corp'];
  expect(await must('apply', '-auto-approve', ...changed)).toContain(
    'Resources: 1 added, 6 changed, 5 destroyed.',
  );
  await emptyPlan(...changed);
  const tags = await ask(keyshift.root, 'iam', 'ListUserTags', { UserName: 'bob' });
  expect(tags.texts('Value')).toEqual(['ops']);

  const account = 'arn:aws:iam::123456789012';
  const imports = [
    ['aws_iam_role.loader', 'loader'],
    ['aws_iam_group.analysts', 'analysts'],
    ['aws_iam_policy.logins', `${account}:policy/redshift/cluster-logins`],
    ['aws_iam_saml_provider.directory', `${account}:saml-provider/directory`],
    ['aws_iam_openid_connect_provider.ci', `${account}:oidc-provider/ci.example.com`],
    ['aws_iam_instance_profile.loader', 'loader'],
    ['aws_iam_account_password_policy.this', 'iam-account-password-policy'],
    ['aws_iam_account_alias.this', 'other-corp'],
  ] as const;
  for (const [address, id] of imports) {
    await must('state', 'rm', address);
    await must('import', ...changed, address, id);
  }
  await emptyPlan(...changed);

  expect(await must('destroy', '-auto-approve', ...changed)).toContain('Resources: 21 destroyed.');
  for (const [Action, element] of [
    ['ListRoles', 'RoleName'],
    ['ListSAMLProviders', 'Arn'],
    ['ListAccountAliases', 'member'],
  ] as const) {
    expect((await ask(keyshift.root, 'iam', Action)).texts(element), Action).toEqual([]);
  }
});
