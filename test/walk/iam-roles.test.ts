import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { attachPolicy, listEntitiesForPolicy } from '../../src/iam/attachments.ts';
import { deleteEntity, renameEntity } from '../../src/iam/entity-changes.ts';
import type { Iam } from '../../src/iam/iam.ts';
import { deleteInlinePolicy, putInlinePolicy } from '../../src/iam/inline-policies.ts';
import { createRole, getRole, listRoles, updateRole } from '../../src/iam/roles.ts';
import {
  createServiceLinkedRole,
  deleteServiceLinkedRole,
  requireDeletionTask,
} from '../../src/iam/service-linked-roles.ts';
import { createUser } from '../../src/iam/users.ts';
import { allow, type IamStore, startIamStore } from './iam-store.ts';

let held: IamStore;
let iam: Iam;

beforeAll(async () => {
  held = await startIamStore();
  iam = held.iam;
});
afterAll(() => held.stop());

const role = (name: string) => ({ kind: 'role', name }) as const;
const ADMINISTRATOR_ACCESS = 'arn:aws:iam::aws:policy/AdministratorAccess';

const trust = (principal: unknown, condition?: unknown): string =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: principal,
        Action: 'sts:AssumeRole',
        ...(condition ? { Condition: condition } : {}),
      },
    ],
  });

const service = trust({ Service: 'redshift.amazonaws.com' });

const principalOf = (document: string): unknown => JSON.parse(document).Statement[0].Principal;

const storedPolicy = async (account: string, name: string): Promise<string> => {
  const [row] = await iam.store.query<{ trust_policy: string }>(
    'SELECT trust_policy FROM keyshift.iam_roles WHERE account_id = $1 AND name = $2',
    [account, name],
  );
  return row?.trust_policy ?? '';
};

describe('roles', () => {
  test('a role has an ARN with its path, a unique id, an hour, and what it was given', async () => {
    const account = await held.newAccount();
    const made = await createRole(iam, account, {
      roleName: 'Analyst',
      path: '/data/',
      trustPolicy: service,
      description: 'reads',
      tags: [{ key: 'team', value: 'red' }],
    });
    expect(made).toMatchObject({
      arn: `arn:aws:iam::${account}:role/data/Analyst`,
      maxSessionSeconds: 3600,
      description: 'reads',
      tags: [{ key: 'team', value: 'red' }],
      trustPolicy: service,
    });
    expect(made.id).toMatch(/^AROA[A-Z2-7]{17}$/);
    expect(await getRole(iam, account, 'ANALYST')).toEqual(made);
    const [listed] = (await listRoles(iam, account, { pathPrefix: '/data/' })).items;
    expect(listed).toMatchObject({ id: made.id, trustPolicy: service });
  });

  test('names are unique ignoring case', async () => {
    const account = await held.newAccount();
    await createRole(iam, account, { roleName: 'r', trustPolicy: service });
    await expect(createRole(iam, account, { roleName: 'R', trustPolicy: service })).rejects.toMatchObject({
      code: 'EntityAlreadyExists',
      status: 409,
      message: 'Role with name R already exists.',
    });
    await expect(getRole(iam, account, 'x')).rejects.toMatchObject({
      code: 'NoSuchEntity',
      message: 'The role with name x cannot be found.',
    });
  });

  test('the path of service-linked roles is theirs, and such a role is nobody else’s to change', async () => {
    const account = await held.newAccount();
    const request = { roleName: 'r', path: '/aws-service-role/x/', trustPolicy: service };
    await expect(createRole(iam, account, request)).rejects.toMatchObject({ code: 'InvalidInput' });
    await createRole(iam, account, { ...request, isServiceLinked: true });
    const refused = {
      code: 'UnmodifiableEntity',
      status: 400,
      message: `Cannot perform the operation on the protected role 'r' - this role is only modifiable by AWS`,
    };
    const document = allow('s3:*');
    await expect(attachPolicy(iam, account, role('r'), ADMINISTRATOR_ACCESS)).rejects.toMatchObject(refused);
    await expect(
      putInlinePolicy(iam, account, role('r'), { policyName: 'p', document }),
    ).rejects.toMatchObject(refused);
    await expect(deleteEntity(iam, account, role('r'))).rejects.toMatchObject(refused);
    await expect(updateRole(iam, account, 'r', { trustPolicy: trust('*') })).rejects.toMatchObject(refused);
    expect(await updateRole(iam, account, 'r', { description: 'd' })).toMatchObject({ description: 'd' });
  });

  test.each([3599, 43_201, 3600.5])(
    'sessions of at most %d seconds are refused',
    async (maxSessionSeconds) => {
      const account = await held.newAccount();
      const request = { roleName: 'r', trustPolicy: service };
      await expect(createRole(iam, account, { ...request, maxSessionSeconds })).rejects.toMatchObject({
        code: 'ValidationError',
      });
      await createRole(iam, account, request);
      await expect(updateRole(iam, account, 'r', { maxSessionSeconds })).rejects.toMatchObject({
        code: 'ValidationError',
      });
      expect((await getRole(iam, account, 'r')).maxSessionSeconds).toBe(3600);
    },
  );

  test.each([3600, 43_200])('sessions of at most %d seconds are taken', async (maxSessionSeconds) => {
    const account = await held.newAccount();
    const made = await createRole(iam, account, { roleName: 'r', trustPolicy: service, maxSessionSeconds });
    expect(made.maxSessionSeconds).toBe(maxSessionSeconds);
  });

  test('what a change does not name stays', async () => {
    const account = await held.newAccount();
    const request = {
      roleName: 'r',
      trustPolicy: service,
      description: 'd',
      boundaryArn: ADMINISTRATOR_ACCESS,
    };
    await createRole(iam, account, request);
    await updateRole(iam, account, 'r', { maxSessionSeconds: 7200 });
    await updateRole(iam, account, 'r', { trustPolicy: trust('*') });
    expect(await getRole(iam, account, 'r')).toMatchObject({
      description: 'd',
      maxSessionSeconds: 7200,
      trustPolicy: trust('*'),
      boundaryArn: ADMINISTRATOR_ACCESS,
    });
    expect(await updateRole(iam, account, 'r', { boundaryArn: null, description: '' })).toMatchObject({
      description: '',
      boundaryArn: undefined,
    });
  });

  test('a role with policies cannot be deleted, and one without is gone with its tags', async () => {
    const account = await held.newAccount();
    const tags = [{ key: 'a', value: 'b' }];
    const { id } = await createRole(iam, account, { roleName: 'r', trustPolicy: service, tags });
    await putInlinePolicy(iam, account, role('r'), { policyName: 'p', document: allow('s3:Get*') });
    await expect(deleteEntity(iam, account, role('r'))).rejects.toMatchObject({
      code: 'DeleteConflict',
      message: 'Cannot delete entity, must delete policies first.',
    });
    await deleteInlinePolicy(iam, account, role('r'), 'P');
    await attachPolicy(iam, account, role('r'), ADMINISTRATOR_ACCESS);
    await expect(deleteEntity(iam, account, role('r'))).rejects.toMatchObject({
      message: 'Cannot delete entity, must detach all policies first.',
    });
    const using = await listEntitiesForPolicy(iam, account, ADMINISTRATOR_ACCESS, {});
    expect(using.items).toMatchObject([{ kind: 'role', id }]);
    await iam.store.query('DELETE FROM keyshift.iam_policy_attachments WHERE owner_id = $1', [id]);
    await deleteEntity(iam, account, role('r'));
    expect(await iam.store.query('SELECT 1 FROM keyshift.iam_tags WHERE owner_id = $1', [id])).toEqual([]);
  });

  test('inline policies of 10,240 characters fit, and no more', async () => {
    const account = await held.newAccount();
    await createRole(iam, account, { roleName: 'r', trustPolicy: service });
    const of = (size: number) =>
      allow('s3:Get*', `arn:aws:s3:::${'x'.repeat(size - allow('s3:Get*', 'arn:aws:s3:::').length)}`);
    await putInlinePolicy(iam, account, role('r'), { policyName: 'p', document: of(10_240) });
    await expect(
      putInlinePolicy(iam, account, role('r'), { policyName: 'p', document: of(10_241) }),
    ).rejects.toMatchObject({ code: 'LimitExceeded' });
  });
});

describe('principals of trust policies', () => {
  test('are stored by their ids and shown by their names, whatever the names become', async () => {
    const account = await held.newAccount();
    const ann = await createUser(iam, account, { userName: 'ann', path: '/a/' });
    const made = await createRole(iam, account, { roleName: 'r', trustPolicy: trust({ AWS: ann.arn }) });
    expect(principalOf(made.trustPolicy)).toEqual({ AWS: ann.arn });
    expect(principalOf(await storedPolicy(account, 'r'))).toEqual({ AWS: ann.id });
    await renameEntity(iam, account, { kind: 'user', name: 'ann' }, { newName: 'anna', newPath: '/' });
    expect(principalOf((await getRole(iam, account, 'r')).trustPolicy)).toEqual({
      AWS: `arn:aws:iam::${account}:user/anna`,
    });
  });

  test('are shown by their ids when they are deleted, also when somebody has the name again', async () => {
    const account = await held.newAccount();
    const ann = await createUser(iam, account, { userName: 'ann' });
    const other = await createRole(iam, account, { roleName: 'other', trustPolicy: service });
    await createRole(iam, account, { roleName: 'r', trustPolicy: trust({ AWS: [ann.arn, other.arn] }) });
    await deleteEntity(iam, account, { kind: 'user', name: 'ann' });
    await createUser(iam, account, { userName: 'ann' });
    const shown = (await getRole(iam, account, 'r')).trustPolicy;
    expect(principalOf(shown)).toEqual({ AWS: [ann.id, other.arn] });
    // As Terraform and people do: what was read is written back.
    await expect(updateRole(iam, account, 'r', { trustPolicy: shown })).rejects.toMatchObject({
      code: 'MalformedPolicyDocument',
      message: `Invalid principal in policy: "AWS":"${ann.id}"`,
    });
  });

  test('that are accounts are shown as their root, and nothing but principals is changed', async () => {
    const account = await held.newAccount();
    const ann = await createUser(iam, account, { userName: 'ann' });
    const condition = { StringEquals: { 'aws:PrincipalArn': [ann.arn, account] } };
    const made = await createRole(iam, account, {
      roleName: 'r',
      trustPolicy: trust({ AWS: account }, condition),
    });
    expect(JSON.parse(made.trustPolicy).Statement[0]).toEqual({
      Effect: 'Allow',
      Principal: { AWS: `arn:aws:iam::${account}:root` },
      Action: 'sts:AssumeRole',
      Condition: condition,
    });
  });

  test('may be of another account of the deployment', async () => {
    const [account, other] = [await held.newAccount(), await held.newAccount()];
    const ann = await createUser(iam, other, { userName: 'ann' });
    const made = await createRole(iam, account, { roleName: 'r', trustPolicy: trust({ AWS: ann.arn }) });
    expect(principalOf(made.trustPolicy)).toEqual({ AWS: ann.arn });
  });

  test('that do not exist are refused', async () => {
    const account = await held.newAccount();
    await createUser(iam, account, { userName: 'ann', path: '/a/' });
    const strangers = [
      '999999999999',
      'arn:aws:iam::999999999999:root',
      `arn:aws:iam::${account}:user/bob`,
      `arn:aws:iam::${account}:user/ann`,
      `arn:aws:iam::${account}:user/a/Ann`,
      `arn:aws:iam::${account}:role/a/ann`,
      `arn:aws:iam::${account}:group/a`,
      'AIDAQQQQQQQQQQQQQQQQQ',
      'arn:aws:sts::999999999999:assumed-role/r/s',
    ];
    for (const stranger of strangers) {
      await expect(
        createRole(iam, account, { roleName: 'r', trustPolicy: trust({ AWS: stranger }) }),
      ).rejects.toMatchObject({
        code: 'MalformedPolicyDocument',
        status: 400,
        message: `Invalid principal in policy: "AWS":"${stranger}"`,
      });
    }
  });

  test('keep numbers, escapes and lists as they were written', async () => {
    const account = await held.newAccount();
    const document =
      '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":["sts:AssumeRole"],' +
      '"Condition":{"NumericLessThan":{"aws:MultiFactorAuthAge":[1.50,12345678901234567890]},' +
      '"StringEquals":{"sts:ExternalId":"\\u4e2d\\ud83d\\ude00 \\"x\\""}}}}';
    await createRole(iam, account, { roleName: 'r', trustPolicy: document });
    expect((await getRole(iam, account, 'r')).trustPolicy).toBe(document);
  });

  test('a document over 2,048 characters is refused, and one that is no trust policy', async () => {
    const account = await held.newAccount();
    const long = trust('*', { StringEquals: { 'aws:userid': 'x'.repeat(2048) } });
    await expect(createRole(iam, account, { roleName: 'r', trustPolicy: long })).rejects.toMatchObject({
      code: 'LimitExceeded',
      message: 'Cannot exceed quota for ACLSizePerRole: 2048',
    });
    await expect(
      createRole(iam, account, { roleName: 'r', trustPolicy: allow('s3:*') }),
    ).rejects.toMatchObject({
      code: 'MalformedPolicyDocument',
    });
  });
});

describe('service-linked roles', () => {
  const amazonaws = 'redshift.amazonaws.com';

  test('have the name and path of their service, and are deleted by their own operation', async () => {
    const account = await held.newAccount();
    const made = await createServiceLinkedRole(iam, account, { serviceName: amazonaws, description: 'd' });
    expect(made).toMatchObject({
      arn: `arn:aws:iam::${account}:role/aws-service-role/${amazonaws}/AWSServiceRoleForRedshift`,
      description: 'd',
    });
    expect(principalOf(made.trustPolicy)).toEqual({ Service: amazonaws });
    await expect(createServiceLinkedRole(iam, account, { serviceName: amazonaws })).rejects.toMatchObject({
      code: 'InvalidInput',
      message:
        'Service role name AWSServiceRoleForRedshift has been taken in this account, please try a different suffix.',
    });
    const task = await deleteServiceLinkedRole(iam, account, made.name);
    expect(task).toMatch(
      /^task\/aws-service-role\/redshift\.amazonaws\.com\/AWSServiceRoleForRedshift\/[0-9a-f-]{36}$/,
    );
    await expect(getRole(iam, account, made.name)).rejects.toMatchObject({ code: 'NoSuchEntity' });
    await requireDeletionTask(iam, account, task);
    for (const other of [`${task}0`, task.replace('task/', ''), "'"]) {
      await expect(requireDeletionTask(iam, account, other)).rejects.toMatchObject({ code: 'InvalidInput' });
    }
    const unknown = task.replaceAll(/[0-9a-f]{12}$/g, '000000000000');
    await expect(requireDeletionTask(iam, account, unknown)).rejects.toMatchObject({ code: 'NoSuchEntity' });
    await expect(requireDeletionTask(iam, await held.newAccount(), task)).rejects.toMatchObject({
      code: 'NoSuchEntity',
    });
  });

  test('are of known services, with a suffix where the service takes one', async () => {
    const account = await held.newAccount();
    const refused = { code: 'InvalidInput', status: 400 };
    await expect(
      createServiceLinkedRole(iam, account, { serviceName: 'x.amazonaws.com' }),
    ).rejects.toMatchObject(refused);
    await expect(
      createServiceLinkedRole(iam, account, { serviceName: amazonaws, suffix: 'x' }),
    ).rejects.toMatchObject({ ...refused, message: `Custom suffix is not allowed for ${amazonaws}` });
    const made = await createServiceLinkedRole(iam, account, {
      serviceName: 'autoscaling.amazonaws.com',
      suffix: 'x',
    });
    expect(made.name).toBe('AWSServiceRoleForAutoScaling_x');
    await createRole(iam, account, { roleName: 'own', trustPolicy: service });
    await expect(deleteServiceLinkedRole(iam, account, 'own')).rejects.toMatchObject(refused);
    await expect(deleteServiceLinkedRole(iam, account, 'none')).rejects.toMatchObject({
      code: 'NoSuchEntity',
    });
  });
});
