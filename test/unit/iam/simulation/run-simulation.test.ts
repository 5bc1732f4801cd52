import { describe, expect, test } from 'vitest';
import { runSimulation, type SimulationRequest } from '../../../../src/iam/simulation/run-simulation.ts';

const ALLOW = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s:A1","Resource":"*"}]}';

function simulate(request: Partial<SimulationRequest>) {
  return runSimulation({
    owner: undefined,
    policies: [ALLOW],
    boundaries: [],
    actions: ['s:A0', 's:A1', 's:A2'],
    resources: [],
    resourcePolicy: undefined,
    resourceOwner: undefined,
    callerArn: undefined,
    contextEntries: [],
    resourceHandling: undefined,
    marker: undefined,
    maxItems: undefined,
    ...request,
  });
}

const arns = (count: number) => Array.from({ length: count }, (_, n) => `arn:aws:s:::r${n}`);

describe('pages of a simulation', () => {
  test('count actions, keep their order and end without a marker', async () => {
    const first = await simulate({ maxItems: 2 });
    expect(first.items.map(({ action, decision }) => [action, decision])).toEqual([
      ['s:A0', 'implicitDeny'],
      ['s:A1', 'allowed'],
    ]);
    const second = await simulate({ maxItems: 2, marker: first.nextMarker });
    expect(second.items.map(({ action }) => action)).toEqual(['s:A2']);
    expect(second.nextMarker).toBeUndefined();
  });

  test('hold a hundred actions if nothing else is asked for', async () => {
    const actions = Array.from({ length: 101 }, (_, n) => `s:A${n}`);
    const first = await simulate({ actions });
    expect(first.items).toHaveLength(100);
    expect((await simulate({ actions, marker: first.nextMarker })).items.map(({ action }) => action)).toEqual(
      ['s:A100'],
    );
  });

  test('are empty past the end', async () => {
    const { nextMarker } = await simulate({ maxItems: 2 });
    expect(await simulate({ actions: ['s:A1'], marker: nextMarker })).toEqual({
      items: [],
      nextMarker: undefined,
    });
  });

  test.each(['', 'x', Buffer.from('{"next":0}').toString('base64url'), 'eyJuZXh0Ijox'])(
    'do not begin at the marker %j',
    async (marker) => {
      await expect(simulate({ marker })).rejects.toMatchObject({
        code: 'InvalidInput',
        message: 'Invalid marker for pagination.',
      });
    },
  );

  test('end early where the work of one call does', async () => {
    const statements = Array.from({ length: 999 }, () => ({
      Effect: 'Allow',
      Action: 's:A1',
      Resource: '*',
    }));
    const policies = [JSON.stringify({ Statement: statements })];
    const page = await simulate({ policies, resources: arns(400) });
    expect(page.items.map(({ action }) => action)).toEqual(['s:A0', 's:A1']);
    expect(page.nextMarker).toBeDefined();
    await expect(simulate({ policies, resources: arns(1001) })).rejects.toMatchObject({
      code: 'InvalidInput',
      message: 'The simulation is too large: resources times statements exceed 1000000.',
    });
  });
});

test('other work gets its turn while a large simulation runs', async () => {
  const turns: number[] = [];
  const timer = setInterval(() => turns.push(1), 1);
  const statements = Array.from({ length: 999 }, () => ({ Effect: 'Allow', Action: 's:A1', Resource: '*' }));
  await simulate({
    policies: [JSON.stringify({ Statement: statements })],
    resources: arns(300),
    maxItems: 1,
  });
  clearInterval(timer);
  expect(turns.length).toBeGreaterThan(3);
});
