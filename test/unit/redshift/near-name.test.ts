import { expect, test } from 'vitest';
import { nearName } from '../../../src/redshift/near-name.ts';

const NAMES = ['examplecluster', 'warehouse', 'ware'];

test.each([
  ['exampleclustre', 'examplecluster'],
  ['examplecluste', 'examplecluster'],
  ['example-cluster', 'examplecluster'],
  ['ExampleCluster', 'examplecluster'],
  ['warehuose', 'warehouse'],
  ['wara', 'ware'],
])('%s is near %s', (wanted, near) => {
  expect(nearName(wanted, NAMES)).toBe(near);
});

test.each(['other', 'examplecl', 'example-clusters-1', ''])('%s is near nothing', (wanted) => {
  expect(nearName(wanted, NAMES)).toBeUndefined();
});

test('a name out of all reason costs nothing', () => {
  expect(nearName('x'.repeat(100_000), NAMES)).toBeUndefined();
});
