import { expect, test } from 'vitest';
import { systemClock } from '../../../src/core/clock.ts';
import type { Statement, StatementOrder } from '../../../src/redshift/statements.ts';
import type { DatabaseSession } from '../../../src/statements/database-session.ts';
import type { ResultPages } from '../../../src/statements/result-pages.ts';
import { runParts } from '../../../src/statements/run-parts.ts';
import type { RowSink } from '../../../src/statements/stream-query.ts';
import { orderOf } from './order.ts';

/** What is kept of the parts of a batch, with a session that gives as many rows as it is asked for. */

const MIB = 1024 * 1024;
/** As long as a row may be. */
const ROW = 'x'.repeat(64 * 1024);

async function run(more: Partial<StatementOrder>) {
  const pages = new Map<number, number>();
  const kept = {
    write: async (_: string, part: number) => void pages.set(part, (pages.get(part) ?? 0) + 1),
    dropPart: async (_: string, part: number) => void pages.delete(part),
  };
  const session = {
    isInTransaction: false,
    hasEnded: false,
    pid: 1,
    endWithin: async () => undefined,
    rows: async () => [],
    // The text says how many MiB of rows there are.
    run: async (sql: string, _: unknown, sink: RowSink) => {
      sink.fields([]);
      for (let n = 0; n < (Number(sql) * MIB) / ROW.length; n++) {
        sink.row([ROW]);
        await sink.drain();
      }
      return 'SELECT 1';
    },
  };
  const statement = { id: 'a', order: orderOf({ isBatch: true, ...more }) };
  const ending = await runParts(
    // Only what running asks of them.
    { pages: kept as unknown as ResultPages, clock: systemClock },
    session as unknown as DatabaseSession,
    statement as unknown as Statement,
    new AbortController().signal,
    async () => {},
  );
  return { ending, pages: [...pages.keys()], statuses: ending.parts.map(({ status }) => status) };
}

test('a part past the limit of a result leaves no page, and the others keep theirs', async () => {
  const { ending, pages, statuses } = await run({ sqls: ['1', '101', '2'] });
  expect([ending.status, statuses]).toEqual(['FAILED', ['FINISHED', 'FAILED', 'FINISHED']]);
  expect(ending.error).toContain('Query #2 failed with Database response exceeded size limit');
  expect(pages).toEqual([0, 2]);
});

test('the results of a batch have at most 1 GB together', async () => {
  const ten = Array.from({ length: 10 }, () => '100');
  const whole = await run({ sqls: [...ten, '24'] });
  expect(whole.ending).toMatchObject({ status: 'FINISHED', error: undefined });
  const { ending, pages } = await run({ sqls: [...ten, '25'] });
  expect(ending.status).toBe('FAILED');
  expect(ending.error).toContain('the results of the batch have more than 1 GB together');
  expect(pages).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});
