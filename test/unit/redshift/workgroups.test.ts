import { describe, expect, test } from 'vitest';
import type { Cluster } from '../../../src/redshift/clusters.ts';
import { clusterOfWorkgroup, serverlessArn, serverlessId } from '../../../src/redshift/workgroups.ts';

function cluster(identifier: string, year: number): Cluster {
  return {
    accountId: '123456789012',
    identifier,
    kind: 'embedded',
    status: 'available',
    directory: '',
    port: 5439,
    masterUsername: 'awsuser',
    databaseName: 'dev',
    settings: { nodeType: 'dc2.large', numberOfNodes: 1, preferredMaintenanceWindow: '', tags: [] },
    createdAt: new Date(Date.UTC(year, 0)),
  };
}

describe('a workgroup', () => {
  const older = cluster('older', 2020);
  const newer = cluster('newer', 2024);

  test('is the cluster of its name', () => {
    expect(clusterOfWorkgroup([newer, older], 'newer')).toBe(newer);
    expect(clusterOfWorkgroup([newer, older], 'Newer')).toBeUndefined();
  });

  test('named default is the oldest cluster, unless one has that name', () => {
    expect(clusterOfWorkgroup([newer, older], 'default')).toBe(older);
    const own = cluster('default', 2025);
    expect(clusterOfWorkgroup([newer, older, own], 'default')).toBe(own);
    expect(clusterOfWorkgroup([], 'default')).toBeUndefined();
  });

  test('has an identifier that never changes and is its own', () => {
    const id = serverlessId('workgroup', 'us-east-1', '123456789012', 'a');
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(serverlessId('workgroup', 'us-east-1', '123456789012', 'a')).toBe(id);
    const others = [
      serverlessId('namespace', 'us-east-1', '123456789012', 'a'),
      serverlessId('workgroup', 'us-west-2', '123456789012', 'a'),
      serverlessId('workgroup', 'us-east-1', '111122223333', 'a'),
      serverlessId('workgroup', 'us-east-1', '123456789012', 'b'),
    ];
    expect(new Set([id, ...others]).size).toBe(5);
    expect(serverlessArn('workgroup', 'us-east-1', '123456789012', 'a')).toBe(
      `arn:aws:redshift-serverless:us-east-1:123456789012:workgroup/${id}`,
    );
  });
});
