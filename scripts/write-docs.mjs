// Prints docs/reference/ anew. The pages are file snapshots of a test, which fails when one is stale; here it
// is told to write them instead.
import { spawnSync } from 'node:child_process';

const vitest = 'node_modules/vitest/vitest.mjs';
const page = 'test/unit/docs/reference.test.ts';
const done = spawnSync(process.execPath, [vitest, 'run', '--project', 'unit', page, '--update'], {
  stdio: 'inherit',
});
process.exitCode = done.status ?? 1;
