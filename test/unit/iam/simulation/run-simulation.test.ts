import { describe, expect, test } from 'vitest';
import { type Clock, systemClock } from '../../../../src/core/clock.ts';
import { runSimulation, type SimulationRequest } from '../../../../src/iam/simulation/run-simulation.ts';

const ALLOW = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s:A1","Resource":"*"}]}';

function simulate(request: Partial<SimulationRequest>, clock: Clock = systemClock) {
  return runSimulation(clock, {
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

/** A policy that allows `s:A1` so many times. */
function manyStatements(length: number): string {
  const statement = { Effect: 'Allow', Action: 's:A1', Resource: '*' };
  return JSON.stringify({ Statement: Array.from({ length }, () => statement) });
}

/** Each look at it takes so many milliseconds. */
function slowClock(ms: number): Clock {
  let at = Date.parse('2026-11-22T00:00:00Z');
  const now = (): Date => {
    at += ms;
    return new Date(at);
  };
  return { ...systemClock, now };
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

  test('end early where the time of one call does, and go on from there', async () => {
    const actions = Array.from({ length: 9 }, (_, n) => `s:A${n}`);
    const page = await simulate({ actions, resources: arns(2) }, slowClock(100));
    expect(page.items.map(({ action }) => action)).toEqual(['s:A0', 's:A1']);
    const more = await simulate({ actions, resources: arns(2), marker: page.nextMarker });
    expect(more.items.map(({ action }) => action)).toEqual(actions.slice(2));
  });

  test('end early where an answer would name too many statements', async () => {
    const policies = [manyStatements(200)];
    const actions = ['s:A1', 's:A1', 's:A1'];
    const page = await simulate({ policies, actions, resources: arns(40) });
    expect(page.items).toHaveLength(2);
    expect(page.nextMarker).toBeDefined();
    expect((await simulate({ policies, resources: arns(100), actions })).items).toHaveLength(1);
    await expect(simulate({ policies, resources: arns(101), actions })).rejects.toMatchObject({
      message: 'The simulation of one action names more than 20000 statements: give fewer resources.',
    });
  });

  test('never come to an end for one action that takes too long: that is refused', async () => {
    await expect(simulate({ resources: arns(60) }, slowClock(100))).rejects.toMatchObject({
      code: 'InvalidInput',
      message: 'The simulation of one action takes more than 5000 ms: give fewer resources.',
    });
    expect((await simulate({ resources: arns(20) }, slowClock(100))).items).toHaveLength(1);
  });
});

test('other work gets its turn while a large simulation runs', async () => {
  let turns = 0;
  const timer = setInterval(() => {
    turns += 1;
  }, 1);
  await simulate({ policies: [manyStatements(999)], resources: arns(1000), actions: ['s:A2'] });
  clearInterval(timer);
  expect(turns).toBeGreaterThan(1);
});
