import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { fixedClock } from '../../../src/core/clock.ts';
import { silentLogger } from '../../../src/core/logger.ts';
import { LogDelivery, type LoggedClusters } from '../../../src/gateway/log-delivery.ts';
import type { Cluster } from '../../../src/redshift/clusters.ts';
import { clusterNotFound } from '../../../src/redshift/errors.ts';
import type { Logging } from '../../../src/redshift/logging.ts';

/** The delivery of connection and user logs. */

const NAME = { accountId: '111122223333', identifier: 'sales', region: 'us-east-1' };
const NOW = new Date('2026-03-01T10:00:00Z');

let logFolder: string;
let outcomes: string[];
let logging: Logging | undefined;
let storeError: Error | undefined;
let delivery: LogDelivery;

const clusters: LoggedClusters = {
  get: async () => {
    if (storeError !== undefined) throw storeError;
    return { settings: { logging } } as unknown as Cluster;
  },
  logDeliveries: {
    succeeded: async (_, at) => void outcomes.push(`succeeded ${at.toISOString()}`),
    failed: async (_, at, why) => void outcomes.push(`failed ${at.toISOString()} ${why}`),
  },
};

beforeEach(() => {
  logFolder = join(mkdtempSync(join(tmpdir(), 'keyshift-delivery-')), 'logs');
  outcomes = [];
  logging = { bucket: 'logs', since: '2026-03-01T09:00:00.000Z' };
  storeError = undefined;
  delivery = new LogDelivery(NAME, { clusters, clock: fixedClock(NOW), logger: silentLogger, logFolder });
});
afterEach(async () => {
  await delivery.close();
  rmSync(join(logFolder, '..'), { recursive: true, force: true });
});

/** The first columns of what was delivered. */
function delivered(type: string): string[] {
  let names: string[] = [];
  try {
    names = (readdirSync(logFolder, { recursive: true }) as string[]).filter((name) =>
      name.includes(`_${type}_`),
    );
  } catch {
    return [];
  }
  const text = names.map((name) => gunzipSync(readFileSync(join(logFolder, name))).toString()).join('');
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => line.split(' |')[0] ?? '');
}

const connection = (event: string, at = '2026-03-01T09:59:00.000Z') =>
  delivery.append('connectionlog', { event, at });

describe('A delivery', () => {
  test('brings each kind of event into its file, in order, and says when', async () => {
    connection('one');
    connection('two');
    delivery.append('userlog', { userId: 5, at: '2026-03-01T09:59:00.000Z' });
    await delivery.deliver();
    expect([delivered('connectionlog'), delivered('userlog')]).toEqual([['one', 'two'], ['5']]);
    expect(outcomes).toEqual(['succeeded 2026-03-01T10:00:00.000Z']);
    await delivery.deliver();
    expect(outcomes).toHaveLength(1);
  });

  test('leaves out what was before logging was enabled, and the log that was not asked for', async () => {
    logging = { bucket: 'logs', since: '2026-03-01T09:59:00.000Z', exports: ['connectionlog'] };
    connection('before', '2026-03-01T09:58:59.999Z');
    connection('then', '2026-03-01T09:59:00.000Z');
    delivery.append('userlog', { userId: 5, at: '2026-03-01T09:59:30.000Z' });
    await delivery.deliver();
    expect([delivered('connectionlog'), delivered('userlog')]).toEqual([['then'], []]);
  });

  test('is none where logging is not enabled, or the cluster is gone, and nothing is kept for later', async () => {
    const wanted = logging;
    logging = undefined;
    connection('one');
    await delivery.deliver();
    storeError = clusterNotFound('sales');
    connection('two');
    await delivery.deliver();
    [storeError, logging] = [undefined, wanted];
    await delivery.deliver();
    expect([delivered('connectionlog'), outcomes]).toEqual([[], []]);
  });

  test('that fails says why, and brings everything when it works again', async () => {
    writeFileSync(logFolder, 'in the way');
    connection('one');
    await delivery.deliver();
    expect(outcomes).toEqual([expect.stringMatching(/^failed 2026-03-01T10:00:00\.000Z E(EXIST|NOTDIR)/)]);
    connection('two');
    rmSync(logFolder);
    await delivery.deliver();
    expect(delivered('connectionlog')).toEqual(['one', 'two']);
    expect(outcomes[1]).toBe('succeeded 2026-03-01T10:00:00.000Z');
  });

  test('waits while the store does not answer', async () => {
    storeError = new Error('down');
    connection('one');
    await delivery.deliver();
    storeError = undefined;
    await delivery.close();
    expect(delivered('connectionlog')).toEqual(['one']);
  });

  test('keeps at most 20,000 events, and says what is lost', async () => {
    for (let n = 0; n < 20_003; n++) connection(String(n));
    await delivery.deliver();
    expect(delivered('connectionlog')).toHaveLength(20_000);
    expect(outcomes).toContain('failed 2026-03-01T10:00:00.000Z 3 events were lost: too many came at once');
    outcomes.length = 0;
    connection('later');
    await delivery.deliver();
    expect(outcomes).toEqual(['succeeded 2026-03-01T10:00:00.000Z']);
  });
});
