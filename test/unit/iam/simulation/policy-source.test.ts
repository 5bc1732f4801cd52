import { describe, expect, test } from 'vitest';
import type { Iam } from '../../../../src/iam/iam.ts';
import { entityOfArn, loadPolicyOwner } from '../../../../src/iam/simulation/policy-source.ts';

const ACCOUNT = '123456789012';

/** A store that answers the first query with an entity and the next with these rows. */
function iamWith(entity: object | undefined, rows: readonly object[] = []): Iam {
  const answers = [entity === undefined ? [] : [entity], rows];
  return { store: { query: async () => answers.shift() ?? [] } } as unknown as Iam;
}

describe('the ARN of a policy source', () => {
  test.each([
    [`arn:aws:iam::${ACCOUNT}:user/bob`, { accountId: ACCOUNT, kind: 'user', name: 'bob' }],
    [`arn:aws:iam::${ACCOUNT}:group/a/b/team`, { accountId: ACCOUNT, kind: 'group', name: 'team' }],
    [`arn:aws:iam::${ACCOUNT}:role/service-role/r`, { accountId: ACCOUNT, kind: 'role', name: 'r' }],
  ])('names an entity: %s', (arn, entity) => {
    expect(entityOfArn(arn)).toEqual(entity);
  });

  test.each([
    'bob',
    `arn:aws:iam::${ACCOUNT}:root`,
    `arn:aws:iam::${ACCOUNT}:policy/p`,
    `arn:aws:iam::${ACCOUNT}:user/`,
    `arn:aws:iam::${ACCOUNT}:toString/x`,
    `arn:aws:iam::1234:user/bob`,
    `arn:aws:sts::${ACCOUNT}:assumed-role/r/s`,
  ])('is refused: %s', (arn) => {
    expect(() => entityOfArn(arn)).toThrow(
      `Invalid Entity Arn: ${arn} does not clearly define entity type and name.`,
    );
  });
});

describe('the policies of a source', () => {
  const arn = `arn:aws:iam::${ACCOUNT}:group/team`;
  const document = '{"Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}';
  const team = { id: 'AGPA', name: 'Team', path: '/' };

  test('are those of a group, with the names of their owner', async () => {
    const rows = [
      { kind: 'inline', a: 'p', b: null, c: null, d: document },
      { kind: 'managed', a: 'arn:aws:iam::aws:policy/ReadOnlyAccess', b: null, c: null, d: document },
      { kind: 'guardrail', a: 'G1', b: null, c: null, d: document },
    ];
    const owner = await loadPolicyOwner(iamWith(team, rows), ACCOUNT, arn);
    expect(owner.identity.map(({ source }) => source.id)).toEqual([
      'group/Team/p',
      'arn:aws:iam::aws:policy/ReadOnlyAccess',
    ]);
    expect(owner.guardrail?.source).toMatchObject({ kind: 'guardrail', text: document });
    expect(owner.boundary).toBeUndefined();
    expect(owner.principal).toBeUndefined();
  });

  test('are not found for an entity that is not there, nor for one of another account', async () => {
    await expect(loadPolicyOwner(iamWith(undefined), ACCOUNT, arn)).rejects.toMatchObject({
      code: 'NoSuchEntity',
      message: 'The group with name team cannot be found.',
    });
    await expect(loadPolicyOwner(iamWith(team), '999999999999', arn)).rejects.toMatchObject({
      code: 'InvalidInput',
      message: `Invalid Policy Source Arn: caller's account 999999999999 does not have access to policies in account ${ACCOUNT}`,
    });
  });

  test('that cannot be read are an error of evaluation', async () => {
    const rows = [{ kind: 'inline', a: 'p', b: null, c: null, d: '{"broken' }];
    await expect(loadPolicyOwner(iamWith(team, rows), ACCOUNT, arn)).rejects.toMatchObject({
      code: 'PolicyEvaluation',
      status: 500,
      message: 'A policy of the group Team cannot be evaluated.',
    });
  });
});
