import { expect, test } from 'vitest';
import type { AwsError } from '../../../src/core/errors.ts';
import {
  clusterAlreadyExists,
  clusterNotFound,
  customDomainNotFound,
  invalidClusterState,
  invalidParameterCombination,
  invalidParameterValue,
  unsupportedOperation,
} from '../../../src/redshift/errors.ts';

test.each<[AwsError, string, number, string]>([
  [clusterNotFound('c'), 'ClusterNotFound', 404, 'Cluster c not found.'],
  [clusterAlreadyExists(), 'ClusterAlreadyExists', 400, 'Cluster already exists'],
  [invalidClusterState('text'), 'InvalidClusterState', 400, 'text'],
  [invalidParameterValue('text'), 'InvalidParameterValue', 400, 'text'],
  [invalidParameterCombination('text'), 'InvalidParameterCombination', 400, 'text'],
  [unsupportedOperation('text'), 'UnsupportedOperation', 400, 'text'],
  [
    customDomainNotFound(),
    'CustomDomainAssociationNotFoundFault',
    404,
    'The custom domain association was not found.',
  ],
])('%s has the code, status and text of Redshift', (error, code, status, message) => {
  expect(error).toMatchObject({ code, status, message, fault: 'Sender' });
});
