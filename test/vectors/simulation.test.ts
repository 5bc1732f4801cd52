import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Caller } from '../../src/api/action.ts';
import type { IamDeps } from '../../src/api/actions/iam/row.ts';
import { simulationActions } from '../../src/api/actions/iam/simulation.ts';
import type { SimulateCustomPolicyRequest } from '../../src/api/services/iam.generated.ts';
import { systemClock } from '../../src/core/clock.ts';

// Runs the questions in test/vectors/simulation; SOURCE.md there says where the answers come from.

interface VectorFile {
  readonly source: string;
  readonly cases: readonly {
    readonly title: string;
    readonly input: SimulateCustomPolicyRequest;
    readonly output?: object;
    readonly error?: { readonly code: string; readonly message: string };
  }[];
}

const FOLDER = new URL('./simulation/', import.meta.url);
const files = readdirSync(FOLDER).filter((name) => name.endsWith('.json'));

/** A custom simulation reads nothing but its input, and the time. */
function simulate(input: SimulateCustomPolicyRequest) {
  return simulationActions.SimulateCustomPolicy.run({ iam: { clock: systemClock } } as IamDeps, input, {} as Caller);
}

/** As JSON shows it: Maps as objects, without members that are undefined. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (_, one) => (one instanceof Map ? Object.fromEntries(one) : one)));
}

test('there are vectors', () => {
  expect(files.length).toBeGreaterThan(8);
});

describe.each(files)('%s', (file) => {
  const { cases }: VectorFile = JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8'));

  test.each(cases.map((one) => [one.title, one] as const))('%s', async (_, { input, output, error }) => {
    if (error === undefined) expect(plain(await simulate(input))).toEqual(output);
    else await expect(simulate(input)).rejects.toMatchObject({ ...error, status: 400 });
  });
});
