// biome-ignore-all lint/suspicious/noTemplateCurlyInString: policy variables look like templates.
import { afterAll, beforeAll, describe, expect, type TestContext, test } from 'vitest';
import { ask, makeUser, must } from './support/api.ts';
import { Keyshift } from './support/keyshift.ts';
import { needs } from './support/programs.ts';
import { run } from './support/run.ts';

// The policy simulator with the AWS CLI and boto3 as they are.

let keyshift: Keyshift;
let account: string;

beforeAll(async () => {
  keyshift = await Keyshift.start();
  [account = ''] = (await must(keyshift.root, 'sts', 'GetCallerIdentity')).texts('Account');
});
afterAll(() => keyshift?.close());

const policy = (...statements: object[]) => JSON.stringify({ Version: '2012-10-17', Statement: statements });
const GET = 'redshift:GetClusterCredentials';
const dbuser = (name: string) =>
  `arn:aws:redshift:${keyshift.root.region}:${account}:dbuser:examplecluster/${name}`;

/** Bob has a boundary, a policy of his own, one of his group and a managed one; the account has a guardrail. */
async function makeBob(): Promise<void> {
  const { root } = keyshift;
  await makeUser(root, 'bob');
  await must(root, 'iam', 'CreateGroup', { GroupName: 'team' });
  await must(root, 'iam', 'AddUserToGroup', { UserName: 'bob', GroupName: 'team' });
  const own = policy({
    Effect: 'Allow',
    Action: GET,
    Resource: `arn:aws:redshift:*:*:dbuser:*/\${aws:username}`,
  });
  const team = policy({ Effect: 'Deny', Action: GET, Resource: dbuser('admin') });
  const managed = policy({
    Effect: 'Allow',
    Action: GET,
    Resource: '*',
    Condition: { StringEquals: { 'redshift:DbName': 'exampledb' } },
  });
  await must(root, 'iam', 'PutUserPolicy', { UserName: 'bob', PolicyName: 'own', PolicyDocument: own });
  await must(root, 'iam', 'PutGroupPolicy', { GroupName: 'team', PolicyName: 'no', PolicyDocument: team });
  await must(root, 'iam', 'CreatePolicy', { PolicyName: 'logins', Path: '/a/', PolicyDocument: managed });
  await must(root, 'iam', 'CreatePolicy', {
    PolicyName: 'limit',
    PolicyDocument: policy({ Effect: 'Allow', Action: 'redshift:*', Resource: '*' }),
  });
  const arn = `arn:aws:iam::${account}:policy`;
  await must(root, 'iam', 'AttachGroupPolicy', { GroupName: 'team', PolicyArn: `${arn}/a/logins` });
  await must(root, 'iam', 'PutUserPermissionsBoundary', {
    UserName: 'bob',
    PermissionsBoundary: `${arn}/limit`,
  });
}

const aws = (args: readonly string[]) =>
  run('aws', ['iam', ...args, '--output', 'json'], keyshift.environment);

interface Results {
  readonly EvaluationResults: readonly {
    readonly EvalDecision: string;
    readonly MatchedStatements: readonly { readonly SourcePolicyId: string }[];
    readonly MissingContextValues: readonly string[];
    readonly PermissionsBoundaryDecisionDetail?: object;
  }[];
}

describe('the AWS CLI', () => {
  beforeAll(makeBob);

  async function simulateBob(context: TestContext, resource: string, ...more: string[]): Promise<Results> {
    needs(context, 'aws');
    const result = await aws([
      'simulate-principal-policy',
      '--policy-source-arn',
      `arn:aws:iam::${account}:user/bob`,
      '--action-names',
      GET,
      '--resource-arns',
      resource,
      ...more,
    ]);
    expect(result).toMatchObject({ code: 0, stderr: '' });
    return JSON.parse(result.stdout) as Results;
  }

  test('simulates a policy, as the example of its reference does', async (context) => {
    needs(context, 'aws');
    const document =
      '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"dynamodb:*","Resource":"*",' +
      '"Condition":{"DateGreaterThan":{"aws:CurrentTime":"2018-08-16T12:00:00Z"}}}}';
    const result = await aws([
      'simulate-custom-policy',
      '--policy-input-list',
      document,
      '--action-names',
      'dynamodb:CreateBackup',
      '--context-entries',
      "ContextKeyName='aws:CurrentTime',ContextKeyValues='2019-04-25T11:00:00Z',ContextKeyType=date",
    ]);
    expect(result.stderr).toBe('');
    expect(JSON.parse(result.stdout)).toEqual({
      EvaluationResults: [
        {
          EvalActionName: 'dynamodb:CreateBackup',
          EvalResourceName: '*',
          EvalDecision: 'allowed',
          MatchedStatements: [
            {
              SourcePolicyId: 'PolicyInputList.1',
              SourcePolicyType: 'IAM Policy',
              StartPosition: { Line: 1, Column: 38 },
              EndPosition: { Line: 1, Column: 167 },
            },
          ],
          MissingContextValues: [],
        },
      ],
    });
  });

  test('finds the policies of a user, of its groups, and its boundary', async (context) => {
    const [own] = (await simulateBob(context, dbuser('bob'))).EvaluationResults;
    expect(own).toMatchObject({
      EvalDecision: 'allowed',
      MatchedStatements: [{ SourcePolicyId: 'user_bob_own' }],
      PermissionsBoundaryDecisionDetail: { AllowedByPermissionsBoundary: true },
      ResourceSpecificResults: [{ EvalResourceDecision: 'allowed' }],
    });
    const [admin] = (await simulateBob(context, dbuser('admin'))).EvaluationResults;
    expect(admin).toMatchObject({
      EvalDecision: 'explicitDeny',
      MatchedStatements: [{ SourcePolicyId: 'group_team_no' }],
    });
    const [eve] = (await simulateBob(context, dbuser('eve'))).EvaluationResults;
    expect(eve).toMatchObject({ EvalDecision: 'implicitDeny', MissingContextValues: ['redshift:DbName'] });
    const given = 'ContextKeyName=redshift:DbName,ContextKeyValues=exampledb,ContextKeyType=string';
    const [database] = (await simulateBob(context, dbuser('eve'), '--context-entries', given))
      .EvaluationResults;
    expect(database).toMatchObject({
      EvalDecision: 'allowed',
      MatchedStatements: [{ SourcePolicyId: 'logins' }],
    });
  });

  test('simulates a group and a role', async (context) => {
    needs(context, 'aws');
    const { root } = keyshift;
    const trust = policy({ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { AWS: account } });
    await must(root, 'iam', 'CreateRole', { RoleName: 'reader', AssumeRolePolicyDocument: trust });
    await must(root, 'iam', 'PutRolePolicy', {
      RoleName: 'reader',
      PolicyName: 'read',
      PolicyDocument: policy({ Effect: 'Allow', Action: GET, Resource: '*' }),
    });
    for (const [entity, id] of [
      ['group/team', 'group_team_no'],
      ['role/reader', 'role_reader_read'],
    ] as const) {
      const result = await aws([
        'simulate-principal-policy',
        '--policy-source-arn',
        `arn:aws:iam::${account}:${entity}`,
        '--action-names',
        GET,
        '--resource-arns',
        dbuser('admin'),
      ]);
      const { EvaluationResults } = JSON.parse(result.stdout) as Results;
      expect(EvaluationResults[0]?.MatchedStatements.map((one) => one.SourcePolicyId)).toEqual([id]);
    }
  });

  test('tells of the guardrail, and of nothing below it', async (context) => {
    const { root } = keyshift;
    const PolicyDocument = policy(
      { Effect: 'Allow', Action: '*', Resource: '*' },
      { Effect: 'Deny', Action: GET, Resource: dbuser('bob') },
    );
    await must(root, 'keyshift', 'PutAccountGuardrail', { PolicyDocument });
    const [own] = (await simulateBob(context, dbuser('bob'))).EvaluationResults;
    expect(own).toMatchObject({
      EvalDecision: 'explicitDeny',
      MatchedStatements: [],
      OrganizationsDecisionDetail: { AllowedByOrganizations: false },
    });
    const [admin] = (await simulateBob(context, dbuser('admin'))).EvaluationResults;
    expect(admin).toMatchObject({ OrganizationsDecisionDetail: { AllowedByOrganizations: true } });
    await must(root, 'keyshift', 'DeleteAccountGuardrail');
  });

  test('lists the condition keys of a principal', async (context) => {
    needs(context, 'aws');
    const result = await aws([
      'get-context-keys-for-principal-policy',
      '--policy-source-arn',
      `arn:aws:iam::${account}:user/bob`,
    ]);
    expect(JSON.parse(result.stdout).ContextKeyNames.toSorted()).toEqual(['aws:username', 'redshift:DbName']);
  });

  test('gets the errors that it knows', async (context) => {
    needs(context, 'aws');
    const failure = async (arn: string) =>
      (await aws(['simulate-principal-policy', '--policy-source-arn', arn, '--action-names', GET])).stderr;
    expect(await failure(`arn:aws:iam::${account}:user/nobody`)).toContain(
      'An error occurred (NoSuchEntity) when calling the SimulatePrincipalPolicy operation: The user with name nobody cannot be found.',
    );
    expect(await failure(`arn:aws:sts::${account}:assumed-role/r/session`)).toContain(
      `(InvalidInput) when calling the SimulatePrincipalPolicy operation: Invalid Entity Arn: arn:aws:sts::${account}:assumed-role/r/session does not clearly define entity type and name.`,
    );
    expect(await failure('arn:aws:iam::999999999999:user/bob')).toContain(
      `Invalid Policy Source Arn: caller's account ${account} does not have access to policies in account 999999999999`,
    );
  });
});

describe('boto3', () => {
  test('pages through the results, and reads every member', async (context) => {
    needs(context, 'python3', ['-c', 'import boto3']);
    const script = `
import boto3, json, sys
iam = boto3.client('iam', endpoint_url=sys.argv[1], region_name='us-east-1')
document = json.dumps({'Version': '2012-10-17', 'Statement': [{'Effect': 'Allow', 'Action': 's:A1*', 'Resource': '*'}]})
pages = iam.get_paginator('simulate_custom_policy').paginate(
    PolicyInputList=[document], ActionNames=[f's:A{n}' for n in range(120)],
    ResourceArns=['arn:aws:s:::a', 'arn:aws:s:::b'], PaginationConfig={'PageSize': 7})
results = [result for page in pages for result in page['EvaluationResults']]
print(len(results), sum(result['EvalDecision'] == 'allowed' for result in results))
print([one['EvalResourceName'] for one in results[0]['ResourceSpecificResults']], results[0]['EvalDecisionDetails'])
print(iam.get_context_keys_for_custom_policy(PolicyInputList=[document])['ContextKeyNames'])
`;
    const result = await run('python3', ['-c', script, keyshift.ready.httpUrl], keyshift.environment);
    expect(result).toEqual({
      code: 0,
      stdout: "120 31\n['arn:aws:s:::a', 'arn:aws:s:::b'] {}\n[]\n",
      stderr: '',
    });
  });
});

describe('who may simulate', () => {
  test('is decided for the principal that is simulated', async () => {
    const source = `arn:aws:iam::${account}:user/carol`;
    await makeUser(keyshift.root, 'carol');
    const eve = await makeUser(keyshift.root, 'eve', {
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: 'iam:SimulatePrincipalPolicy', Resource: source }],
    });
    const simulate = (PolicySourceArn: string) =>
      ask(eve, 'iam', 'SimulatePrincipalPolicy', { PolicySourceArn, 'ActionNames.member.1': GET });
    expect((await simulate(source)).status).toBe(200);
    const other = `arn:aws:iam::${account}:user/eve`;
    // Another spelling of the name is the same user.
    for (const arn of [other, `arn:aws:iam::${account}:user/carol/EVE`]) {
      expect(await simulate(arn)).toMatchObject({
        code: 'AccessDenied',
        message: `User: ${other} is not authorized to perform: iam:SimulatePrincipalPolicy on resource: ${other} because no identity-based policy allows the iam:SimulatePrincipalPolicy action`,
      });
    }
  });
});
