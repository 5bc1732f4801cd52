import { afterAll, expect, test } from 'vitest';
import { call } from '../../src/client/call.ts';
import { Keyshift } from './support/keyshift.ts';

/** Which cluster listens where, over restarts with other settings. */

const REDSHIFT = { name: 'redshift', version: '2012-12-01' } as const;

let keyshift: Keyshift | undefined;

afterAll(async () => {
  await keyshift?.close();
});

/** Port by identifier; clusters that are still being made have none yet and are left out. */
async function ports(running: Keyshift): Promise<Record<string, number>> {
  const result = await call(running.root, REDSHIFT, 'DescribeClusters', {}, new Date());
  const found = result.texts('Cluster').map((xml) => {
    const identifier = /<ClusterIdentifier>(.*?)</.exec(xml)?.[1] ?? '';
    return [identifier, Number(/<Port>(\d+)</.exec(xml)?.[1])] as const;
  });
  return Object.fromEntries(found.filter(([, port]) => !Number.isNaN(port)));
}

test('the first cluster takes the configured port, also when another cluster has it', async () => {
  keyshift = await Keyshift.start();
  const second = {
    ClusterIdentifier: 'asecond',
    NodeType: 'ra3.large',
    MasterUsername: 'boss',
    MasterUserPassword: 'Password1',
  };
  await call(keyshift.root, REDSHIFT, 'CreateCluster', second, new Date());
  const running = keyshift;
  await expect.poll(() => ports(running), { timeout: 30_000 }).toHaveProperty('asecond');
  const before = await ports(keyshift);
  const wanted = before['asecond'] ?? 0;
  const { dataDir } = keyshift;
  await keyshift.stop();

  const again = await Keyshift.start({ dataDir, environment: { KEYSHIFT_GATEWAY_PORT: String(wanted) } });
  try {
    expect(again.ready.gatewayPort).toBe(wanted);
    expect(await ports(again)).toEqual({ examplecluster: wanted, asecond: before['examplecluster'] });
  } finally {
    await again.stop();
  }
});
