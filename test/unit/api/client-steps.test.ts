import { describe, expect, test } from 'vitest';
import { iamActions } from '../../../src/api/actions/iam/index.ts';
import { stsActions } from '../../../src/api/actions/sts/index.ts';
import { STEP_GROUPS } from '../../clients/steps/all-steps.ts';
import { NEVER_SUCCEED, NOT_GIVEN } from '../../clients/steps/not-given.ts';
import documented from '../../vectors/documented-errors/operations.json' with { type: 'json' };

/** The steps that clients walk leave out no operation, no documented error and no list. */

const STEPS = [...STEP_GROUPS.values()].flat();
const IMPLEMENTED = new Set([...Object.keys(iamActions), ...Object.keys(stsActions)]);
const OPERATIONS = [...documented.iam, ...documented.sts].filter(({ operation }) =>
  IMPLEMENTED.has(operation),
);
/** Errors that every operation of these services may give. Source: their API references, "Common errors". */
const COMMON = new Set(['ValidationError', 'AccessDenied']);

const isExcused = (operation: string, error: string): boolean =>
  NOT_GIVEN.some((row) => row.error === error && (row.operations?.includes(operation) ?? true));
const provoked = new Set(STEPS.map(({ operation, error }) => `${operation} ${error}`));

describe('the steps of clients', () => {
  test('know every operation that is implemented', () => {
    expect(OPERATIONS.map(({ operation }) => operation).sort()).toEqual([...IMPLEMENTED].sort());
  });

  test('let every implemented operation succeed', () => {
    const succeeding = new Set(
      STEPS.filter(({ error }) => error === undefined).map(({ operation }) => operation),
    );
    const missing = [...IMPLEMENTED].filter((name) => !succeeding.has(name));
    expect(missing.sort()).toEqual([...NEVER_SUCCEED.keys()].sort());
  });

  test('provoke every documented error that can occur', () => {
    const missing = OPERATIONS.flatMap(({ operation, errors }) =>
      errors
        .filter((error) => !provoked.has(`${operation} ${error}`) && !isExcused(operation, error))
        .map((error) => `${operation} ${error}`),
    );
    expect(missing).toEqual([]);
  });

  test('excuse no error that they provoke, and none that is not documented', () => {
    const pairs = OPERATIONS.flatMap(({ operation, errors }) =>
      errors.map((error) => ({ operation, error })),
    );
    const superfluous = NOT_GIVEN.flatMap(({ error, operations }) =>
      (operations ?? [])
        .filter(
          (operation) =>
            provoked.has(`${operation} ${error}`) ||
            !pairs.some((pair) => pair.operation === operation && pair.error === error),
        )
        .map((operation) => `${operation} ${error}`),
    );
    expect(superfluous).toEqual([]);
  });

  test('provoke no error that is documented neither for the operation nor for all', () => {
    const undocumented = STEPS.filter(
      ({ operation, error }) =>
        error !== undefined &&
        !COMMON.has(error) &&
        !OPERATIONS.some((row) => row.operation === operation && row.errors.includes(error)),
    ).map(({ operation, error }) => `${operation} ${error}`);
    expect([...new Set(undocumented)]).toEqual([]);
  });

  test('tell the text of every error', () => {
    expect(STEPS.filter(({ error, message }) => (error === undefined) !== (message === undefined))).toEqual(
      [],
    );
  });

  test('read every paginated list in pages', () => {
    const paged = new Set(STEPS.filter((step) => step.paged !== undefined).map(({ operation }) => operation));
    const missing = OPERATIONS.filter((row) => 'paged' in row && !paged.has(row.operation));
    expect(missing).toEqual([]);
  });
});
