import { defineConfig } from 'vitest/config';

/** How long `expect.poll` waits for what must come, not a measure; Vitest's own second is short on a busy machine. */
const POLL_MS_MAX = 20_000;

// Two kinds of tests: `unit` shares one process and finishes in seconds; `walk` starts real servers and
// clients as subprocesses, one file after the other, because the machine that runs CI has two cores.
export default defineConfig({
  test: {
    reporters: ['default'],
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/unit/**/*.test.ts', 'test/vectors/*.test.ts', 'test/tidy.test.ts'],
          isolate: false,
          // A limit for what hangs, not a measure: property tests share the machine with everything else.
          testTimeout: 30_000,
          expect: { poll: { timeout: POLL_MS_MAX } },
        },
      },
      {
        test: {
          name: 'walk',
          include: ['test/walk/**/*.test.ts', 'test/clients/**/*.test.ts', 'test/hostile/**/*.test.ts'],
          fileParallelism: false,
          // The same; real servers that sync to a busy disk can take long.
          testTimeout: 120_000,
          hookTimeout: 120_000,
          expect: { poll: { timeout: POLL_MS_MAX } },
        },
      },
    ],
  },
});
