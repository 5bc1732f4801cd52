import { describe, expect, test } from 'vitest';
import { clusterOfHostName, Endpoints } from '../../../src/redshift/endpoints.ts';

const SALES = { accountId: '111122223333', identifier: 'sales-1', port: 5440 };

describe('the endpoint of a cluster', () => {
  test('is the host and a port of its own', () => {
    const endpoints = new Endpoints('db.example.com', undefined);
    expect(endpoints.of(SALES)).toEqual({ address: 'db.example.com', port: 5440 });
    expect(endpoints.wildcard(SALES.accountId)).toBeUndefined();
  });

  test('is a host of its own and the one port, where all share one', () => {
    const endpoints = new Endpoints('db.example.com', 5439);
    const { address, port } = endpoints.of(SALES);
    expect([address, port]).toEqual(['sales-1.111122223333.db.example.com', 5439]);
    expect(endpoints.wildcard(SALES.accountId)).toBe('*.111122223333.db.example.com');
    expect(clusterOfHostName(address)).toEqual({ accountId: '111122223333', identifier: 'sales-1' });
  });

  test("is not what the node's own name stands for", () => {
    const endpoints = new Endpoints('DB.example.com', 5439);
    expect(endpoints.isOwnName('db.EXAMPLE.com')).toBe(true);
    expect(endpoints.isOwnName('sales-1.111122223333.db.example.com')).toBe(false);
  });
});

describe('a host name', () => {
  test.each([
    ['SALES-1.111122223333.db.example.com', 'sales-1'],
    ['s.111122223333.localhost', 's'],
    ['sales.111122223333.other.name.of.the.network', 'sales'],
  ])('%s names a cluster', (host, identifier) => {
    expect(clusterOfHostName(host)).toEqual({ accountId: '111122223333', identifier });
  });

  test.each([
    'localhost',
    'db.example.com',
    'sales.db.example.com',
    'sales.11112222333.db.example.com',
    'sales.1111222233334.db.example.com',
    'sales.111122223333',
    '1sales.111122223333.x',
    '.111122223333.x',
    'x.sales.111122223333.y',
    'sal es.111122223333.x',
    'sales\n.111122223333.x',
    '',
  ])('%j names none', (host) => expect(clusterOfHostName(host)).toBeUndefined());
});
