import { describe, expect, test } from 'vitest';
import { iamActions } from '../../../src/api/actions/iam/index.ts';
import { redshiftActions } from '../../../src/api/actions/redshift/index.ts';
import { redshiftDataActions } from '../../../src/api/actions/redshift-data/index.ts';
import { redshiftServerlessActions } from '../../../src/api/actions/redshift-serverless/index.ts';
import { stsActions } from '../../../src/api/actions/sts/index.ts';
import { STEP_GROUPS } from '../../clients/steps/all-steps.ts';
import { NEVER_SUCCEED, NOT_GIVEN } from '../../clients/steps/not-given.ts';
import { REDSHIFT_NOT_GIVEN } from '../../clients/steps/not-given-redshift.ts';
import { redshiftSteps } from '../../clients/steps/redshift.ts';
import { redshiftDataSteps } from '../../clients/steps/redshift-data.ts';
import documented from '../../vectors/documented-errors/operations.json' with { type: 'json' };

/** The steps that clients walk leave out no operation, no documented error and no list. */

interface Documented {
  readonly operation: string;
  readonly errors: readonly string[];
  readonly paged?: boolean;
}

/** What is documented of the operations of a service that are implemented. */
function rowsOf(service: keyof typeof documented, actions: object): readonly Documented[] {
  const rows: readonly Documented[] = documented[service];
  return rows.filter(({ operation }) => Object.hasOwn(actions, operation));
}

const WALKS = [
  {
    walk: 'IAM and STS',
    steps: [...STEP_GROUPS.values()].flat(),
    actions: [iamActions, stsActions],
    operations: [...rowsOf('iam', iamActions), ...rowsOf('sts', stsActions)],
    notGiven: NOT_GIVEN,
    neverSucceed: [...NEVER_SUCCEED.keys()],
    /** Errors that every operation of these services may give. Source: their API references, "Common errors". */
    common: new Set(['ValidationError', 'AccessDenied']),
  },
  {
    walk: 'Redshift',
    steps: [...redshiftSteps, ...redshiftDataSteps],
    actions: [redshiftActions, redshiftServerlessActions, redshiftDataActions],
    operations: [
      ...rowsOf('redshift', redshiftActions),
      ...rowsOf('redshift-serverless', redshiftServerlessActions),
      ...rowsOf('redshift-data', redshiftDataActions),
    ],
    notGiven: REDSHIFT_NOT_GIVEN,
    neverSucceed: [],
    common: new Set([
      'InvalidParameterValue',
      'UnsupportedOperation',
      // As drivers look for it in calls for credentials, whose model does not name it.
      'CustomDomainAssociationNotFoundFault',
    ]),
  },
];

describe.each(WALKS)(
  'the steps of $walk',
  ({ steps, actions, operations, notGiven, neverSucceed, common }) => {
    const implemented = new Set(actions.flatMap((rows) => Object.keys(rows)));
    const isExcused = (operation: string, error: string): boolean =>
      notGiven.some((row) => row.error === error && (row.operations?.includes(operation) ?? true));
    const provoked = new Set(steps.map(({ operation, error }) => `${operation} ${error}`));

    test('know every operation that is implemented', () => {
      expect(operations.map(({ operation }) => operation).sort()).toEqual([...implemented].sort());
    });

    test('let every implemented operation succeed', () => {
      const succeeding = new Set(
        steps.filter(({ error }) => error === undefined).map(({ operation }) => operation),
      );
      const missing = [...implemented].filter((name) => !succeeding.has(name));
      expect(missing.sort()).toEqual([...neverSucceed].sort());
    });

    test('provoke every documented error that can occur', () => {
      const missing = operations.flatMap(({ operation, errors }) =>
        errors
          .filter((error) => !provoked.has(`${operation} ${error}`) && !isExcused(operation, error))
          .map((error) => `${operation} ${error}`),
      );
      expect(missing).toEqual([]);
    });

    test('excuse no error that they provoke, and none that is not documented', () => {
      const pairs = operations.flatMap(({ operation, errors }) =>
        errors.map((error) => ({ operation, error })),
      );
      const superfluous = notGiven.flatMap(({ error, operations }) =>
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
      const undocumented = steps
        .filter(
          ({ operation, error }) =>
            error !== undefined &&
            !common.has(error) &&
            !operations.some((row) => row.operation === operation && row.errors.includes(error)),
        )
        .map(({ operation, error }) => `${operation} ${error}`);
      expect([...new Set(undocumented)]).toEqual([]);
    });

    test('tell the text of every error', () => {
      expect(steps.filter(({ error, message }) => (error === undefined) !== (message === undefined))).toEqual(
        [],
      );
    });

    test('read every paginated list in pages', () => {
      const paged = new Set(
        steps.filter((step) => step.paged !== undefined).map(({ operation }) => operation),
      );
      const missing = operations.filter((row) => row.paged === true && !paged.has(row.operation));
      expect(missing).toEqual([]);
    });
  },
);
