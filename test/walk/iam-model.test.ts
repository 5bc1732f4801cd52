import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { AwsError } from '../../src/core/errors.ts';
import type { Iam } from '../../src/iam/iam.ts';
import { rootPrincipal } from '../../src/iam/principal.ts';
import { callIam } from './iam-calls.ts';
import { IamRules, type Step, type StepName } from './iam-rules.ts';
import { allow, type IamStore, startIamStore } from './iam-store.ts';

/**
 * Random sequences of operations against the model of the rules and against the real store: each step must have
 * the same outcome, and the account the same state. KEYSHIFT_IAM_SEQUENCES=20000 makes the long run of it.
 */

const SEQUENCES = Number(process.env['KEYSHIFT_IAM_SEQUENCES'] ?? 500);
const SEQUENCE_MS_MAX = 1_000;
const STEPS_MAX = 50;
const AWS_POLICY = 'arn:aws:iam::aws:policy/IAMReadOnlyAccess';
const DOCUMENT = allow('iam:GetUser');

let held: IamStore;
let iam: Iam;
beforeAll(async () => {
  held = await startIamStore();
  iam = held.iam;
});
afterAll(() => held.stop());

/** Few names, in two spellings, so that they meet. Accounts and keys are put in when a sequence runs. */
const user = fc.constantFrom('ann', 'ANN', 'bob');
const group = fc.constantFrom('g', 'G', 'h');
const policy = fc.constantFrom('p', 'P', 'q');
const arn = fc.oneof(
  { weight: 4, arbitrary: policy.map((name) => `arn:own:${name}`) },
  fc.constant(AWS_POLICY),
);
const own = policy.map((name) => `arn:own:${name}`);
const version = fc.integer({ min: 1, max: 6 }).map((number) => `v${number}`);
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const tag = fc.record({ Key: fc.constantFrom('k', 'K', 'l'), Value: fc.constantFrom('', 'v') });

const INPUTS: { readonly [N in StepName]: fc.Arbitrary<Extract<Step, { name: N }>['input']> } = {
  CreateUser: fc.record({
    UserName: user,
    Path: fc.constantFrom('/', '/x/'),
    PermissionsBoundary: maybe(arn),
  }),
  UpdateUser: fc.record({
    UserName: user,
    NewUserName: maybe(user),
    NewPath: maybe(fc.constantFrom('/', '/y/')),
  }),
  DeleteUser: fc.record({ UserName: user }),
  CreateGroup: fc.record({ GroupName: group }),
  DeleteGroup: fc.record({ GroupName: group }),
  AddUserToGroup: fc.record({ UserName: user, GroupName: group }),
  RemoveUserFromGroup: fc.record({ UserName: user, GroupName: group }),
  CreatePolicy: fc.record({ PolicyName: policy, PolicyDocument: fc.constant(DOCUMENT) }),
  DeletePolicy: fc.record({ PolicyArn: own }),
  CreatePolicyVersion: fc.record({
    PolicyArn: own,
    PolicyDocument: fc.constant(DOCUMENT),
    SetAsDefault: fc.boolean(),
  }),
  DeletePolicyVersion: fc.record({ PolicyArn: own, VersionId: version }),
  SetDefaultPolicyVersion: fc.record({ PolicyArn: own, VersionId: version }),
  AttachUserPolicy: fc.record({ UserName: user, PolicyArn: arn }),
  DetachUserPolicy: fc.record({ UserName: user, PolicyArn: arn }),
  AttachGroupPolicy: fc.record({ GroupName: group, PolicyArn: arn }),
  DetachGroupPolicy: fc.record({ GroupName: group, PolicyArn: arn }),
  PutUserPolicy: fc.record({ UserName: user, PolicyName: policy, PolicyDocument: fc.constant(DOCUMENT) }),
  DeleteUserPolicy: fc.record({ UserName: user, PolicyName: policy }),
  PutGroupPolicy: fc.record({ GroupName: group, PolicyName: policy, PolicyDocument: fc.constant(DOCUMENT) }),
  DeleteGroupPolicy: fc.record({ GroupName: group, PolicyName: policy }),
  PutUserPermissionsBoundary: fc.record({ UserName: user, PermissionsBoundary: arn }),
  DeleteUserPermissionsBoundary: fc.record({ UserName: user }),
  TagUser: fc.record({
    UserName: user,
    Tags: fc.uniqueArray(tag, { minLength: 1, maxLength: 2, selector: ({ Key }) => Key.toLowerCase() }),
  }),
  UntagUser: fc.record({
    UserName: user,
    TagKeys: fc.array(fc.constantFrom('k', 'K', 'l'), { minLength: 1, maxLength: 2 }),
  }),
  CreateAccessKey: fc.record({ UserName: user }),
  DeleteAccessKey: fc.record({ UserName: user, AccessKeyId: fc.constantFrom('key:0', 'key:1') }),
  CreateLoginProfile: fc.record({ UserName: user, Password: fc.constant('Correct-horse-1') }),
  DeleteLoginProfile: fc.record({ UserName: user }),
};

/** What makes things is drawn more often, so that there is something to work on. Others have the weight 1. */
const WEIGHTS: Partial<Record<string, number>> = {
  CreateUser: 6,
  CreateGroup: 4,
  CreatePolicy: 4,
  AddUserToGroup: 4,
  CreatePolicyVersion: 4,
  CreateAccessKey: 3,
};

/** What takes back what another operation has done, and reads its own members of the same input. */
const OPPOSITES: Partial<Record<string, StepName>> = {
  AttachUserPolicy: 'DetachUserPolicy',
  AttachGroupPolicy: 'DetachGroupPolicy',
  PutUserPolicy: 'DeleteUserPolicy',
  PutGroupPolicy: 'DeleteGroupPolicy',
  PutUserPermissionsBoundary: 'DeleteUserPermissionsBoundary',
  CreateLoginProfile: 'DeleteLoginProfile',
};

// Each input goes with its own name. Now and then a step is followed by its opposite, which rarely meets it by chance.
const step = fc.oneof(
  ...Object.entries(INPUTS).map(([name, input]) => ({
    weight: WEIGHTS[name] ?? 1,
    arbitrary: fc
      .tuple(input as fc.Arbitrary<object>, fc.boolean())
      .map(([value, back]) =>
        [name, ...(back ? [OPPOSITES[name] ?? []].flat() : [])].map(
          (each) => ({ name: each, input: value }) as Step,
        ),
      ),
  })),
);
const steps = fc
  .array(step, { minLength: 1, maxLength: STEPS_MAX, size: 'max' })
  .map((drawn) => drawn.flat());

/** The first sequence of each run: every operation succeeds in it, whatever chance brings afterwards. */
const ALL_SUCCEED = [
  { name: 'CreateUser', input: { UserName: 'ann' } },
  { name: 'UpdateUser', input: { UserName: 'ann', NewPath: '/y/' } },
  { name: 'CreateGroup', input: { GroupName: 'g' } },
  { name: 'AddUserToGroup', input: { UserName: 'ann', GroupName: 'g' } },
  { name: 'CreatePolicy', input: { PolicyName: 'p', PolicyDocument: DOCUMENT } },
  {
    name: 'CreatePolicyVersion',
    input: { PolicyArn: 'arn:own:p', PolicyDocument: DOCUMENT, SetAsDefault: true },
  },
  { name: 'SetDefaultPolicyVersion', input: { PolicyArn: 'arn:own:p', VersionId: 'v1' } },
  { name: 'DeletePolicyVersion', input: { PolicyArn: 'arn:own:p', VersionId: 'v2' } },
  { name: 'AttachUserPolicy', input: { UserName: 'ann', PolicyArn: 'arn:own:p' } },
  { name: 'DetachUserPolicy', input: { UserName: 'ann', PolicyArn: 'arn:own:p' } },
  { name: 'AttachGroupPolicy', input: { GroupName: 'g', PolicyArn: AWS_POLICY } },
  { name: 'DetachGroupPolicy', input: { GroupName: 'g', PolicyArn: AWS_POLICY } },
  { name: 'PutUserPolicy', input: { UserName: 'ann', PolicyName: 'p', PolicyDocument: DOCUMENT } },
  { name: 'DeleteUserPolicy', input: { UserName: 'ann', PolicyName: 'p' } },
  { name: 'PutGroupPolicy', input: { GroupName: 'g', PolicyName: 'p', PolicyDocument: DOCUMENT } },
  { name: 'DeleteGroupPolicy', input: { GroupName: 'g', PolicyName: 'p' } },
  {
    name: 'PutUserPermissionsBoundary',
    input: { UserName: 'ann', PermissionsBoundary: 'arn:own:p' },
  },
  { name: 'DeleteUserPermissionsBoundary', input: { UserName: 'ann' } },
  { name: 'TagUser', input: { UserName: 'ann', Tags: [{ Key: 'k', Value: 'v' }] } },
  { name: 'UntagUser', input: { UserName: 'ann', TagKeys: ['k'] } },
  { name: 'CreateAccessKey', input: { UserName: 'ann' } },
  { name: 'DeleteAccessKey', input: { UserName: 'ann', AccessKeyId: 'key:0' } },
  { name: 'CreateLoginProfile', input: { UserName: 'ann', Password: 'Correct-horse-1' } },
  { name: 'DeleteLoginProfile', input: { UserName: 'ann' } },
  { name: 'RemoveUserFromGroup', input: { UserName: 'ann', GroupName: 'g' } },
  { name: 'DeletePolicy', input: { PolicyArn: 'arn:own:p' } },
  { name: 'DeleteGroup', input: { GroupName: 'g' } },
  { name: 'DeleteUser', input: { UserName: 'ann' } },
] satisfies Step[];

test(`${SEQUENCES} random sequences of operations go as the rules say`, {
  timeout: 30_000 + SEQUENCES * SEQUENCE_MS_MAX,
}, async () => {
  const seen = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(steps, async (sequence) => {
      const account = await held.newAccount();
      const rules = new IamRules(account);
      for (const written of sequence) {
        const real = bound(written, rules);
        const expected = rules.apply(real) ?? 'success';
        const outcome = await run(account, rules, real);
        expect(outcome, `${JSON.stringify(real)} of ${JSON.stringify(sequence)}`).toBe(expected);
        seen.set(`${real.name} ${outcome}`, (seen.get(`${real.name} ${outcome}`) ?? 0) + 1);
      }
      expect(await stateOf(account)).toEqual(stateByRules(rules));
    }),
    { numRuns: SEQUENCES, examples: [[ALL_SUCCEED]] },
  );
  process.stdout.write(`iam sequences: ${SEQUENCES}, outcomes: ${seen.size}\n`);
  for (const name of Object.keys(INPUTS)) expect(seen.has(`${name} success`), name).toBe(true);
});

/** A step with the account's ARNs and the ids of the keys that the user has. */
function bound(written: Step, rules: IamRules): Step {
  const name = 'UserName' in written.input ? (written.input.UserName ?? '') : '';
  const keys = rules.users.get(name.toLowerCase())?.keys ?? [];
  const input = Object.fromEntries(
    Object.entries(written.input).map(([member, value]) => [
      member,
      typeof value !== 'string'
        ? value
        : value.startsWith('arn:own:')
          ? rules.policyArn(value.slice(8))
          : value.startsWith('key:')
            ? (keys[Number(value.slice(4))] ?? 'AKIANOSUCHKEY0000000')
            : value,
    ]),
  );
  return { name: written.name, input } as Step;
}

async function run(account: string, rules: IamRules, { name, input }: Step): Promise<string> {
  try {
    const output = await callIam(iam, rootPrincipal(account), name, input as never);
    if (name === 'CreateAccessKey' && typeof output === 'object' && 'AccessKey' in output) {
      rules.users.get((input.UserName ?? '').toLowerCase())?.keys.push(output.AccessKey.AccessKeyId);
    }
    return 'success';
  } catch (error) {
    if (error instanceof AwsError) return error.code;
    throw error;
  }
}

async function stateOf(account: string) {
  const root = rootPrincipal(account);
  const details = await callIam(iam, root, 'GetAccountAuthorizationDetails', {
    Filter: ['User', 'Group', 'LocalManagedPolicy'],
    MaxItems: 1000,
  });
  const users = [];
  for (const { UserName = '', Path, ...detail } of details.UserDetailList ?? []) {
    const { AccessKeyMetadata } = await callIam(iam, root, 'ListAccessKeys', { UserName });
    const profile = await callIam(iam, root, 'GetLoginProfile', { UserName }).catch(() => undefined);
    users.push({
      name: UserName,
      path: Path,
      groups: (detail.GroupList ?? []).map((name) => name.toLowerCase()).sort(),
      policies: (detail.AttachedManagedPolicies ?? []).map(({ PolicyArn }) => PolicyArn).sort(),
      inline: (detail.UserPolicyList ?? []).map(({ PolicyName }) => PolicyName).sort(),
      tags: (detail.Tags ?? []).map(({ Key, Value }) => `${Key}=${Value}`).sort(),
      keys: AccessKeyMetadata.map(({ AccessKeyId }) => AccessKeyId).sort(),
      hasPassword: profile !== undefined,
      boundary: detail.PermissionsBoundary?.PermissionsBoundaryArn,
    });
  }
  return {
    users,
    groups: (details.GroupDetailList ?? []).map((detail) => ({
      name: detail.GroupName,
      policies: (detail.AttachedManagedPolicies ?? []).map(({ PolicyArn }) => PolicyArn).sort(),
      inline: (detail.GroupPolicyList ?? []).map(({ PolicyName }) => PolicyName).sort(),
    })),
    policies: (details.Policies ?? []).map((detail) => ({
      name: detail.PolicyName,
      inForce: detail.DefaultVersionId,
      versions: (detail.PolicyVersionList ?? []).map(({ VersionId }) => VersionId).sort(),
    })),
  };
}

function stateByRules(rules: IamRules): Awaited<ReturnType<typeof stateOf>> {
  const byName = <T>(map: ReadonlyMap<string, T>): T[] =>
    [...map].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, value]) => value);
  return {
    users: byName(rules.users).map(({ groups, policies, inline, tags, keys, ...plain }) => ({
      ...plain,
      groups: [...groups].sort(),
      policies: [...policies].sort(),
      inline: [...inline.values()].sort(),
      tags: [...tags.values()].map(({ key, value }) => `${key}=${value}`).sort(),
      keys: [...keys].sort(),
    })),
    groups: byName(rules.groups).map(({ name, policies, inline }) => ({
      name,
      policies: [...policies].sort(),
      inline: [...inline.values()].sort(),
    })),
    policies: byName(rules.policies).map(({ name, inForce, versions }) => ({
      name,
      inForce: `v${inForce}`,
      versions: [...versions].map((number) => `v${number}`).sort(),
    })),
  };
}
