import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { afterAll, expect, test } from 'vitest';
import { silentLogger } from '../../src/core/logger.ts';
import { startEmbedded } from '../../src/postgres/embedded.ts';

const root = mkdtempSync(join(tmpdir(), 'keyshift-test-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

test('starts', async () => {
  const t = performance.now();
  const s = await startEmbedded({ dataDir: join(root, 'a'), name: 'a', durable: false, maxConnections: 20, logger: silentLogger });
  console.log(performance.now() - t, s);
  const c = new Client({ host: s.socketDir, user: 'keyshift_admin', database: 'postgres' });
  await c.connect();
  expect((await c.query('select 1 as one')).rows[0].one).toBe(1);
  await c.end();
  await s.stop();
  const t2 = performance.now();
  const s2 = await startEmbedded({ dataDir: join(root, 'a'), name: 'a', durable: false, maxConnections: 20, logger: silentLogger });
  console.log(performance.now() - t2, s2);
  await s2.stop();
});
