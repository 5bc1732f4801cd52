import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import type { AuditEvent } from '../../../src/audit/event.ts';
import { AuditUnavailable, AuditWriter } from '../../../src/audit/writer.ts';
import { LIMITS } from '../../../src/core/limits.ts';
import type { Database } from '../../../src/store/database.ts';

function event(name: string, details: AuditEvent['details'] = {}): AuditEvent {
  return {
    accountId: '123456789012',
    eventId: randomUUID(),
    at: new Date('2026-03-01T12:00:00Z'),
    kind: 'api',
    name,
    outcome: 'success',
    code: undefined,
    principalArn: 'arn:aws:iam::123456789012:user/bob',
    sourceIp: '127.0.0.1',
    requestId: randomUUID(),
    details,
  };
}

interface Insert {
  readonly sql: string;
  readonly json: string;
  readonly events: readonly Record<string, unknown>[];
  finish(error?: Error): void;
}

/** A database that keeps each statement until the test lets it finish. */
class FakeDatabase implements Database {
  readonly inserts: Insert[] = [];
  readonly #arrived: (() => void)[] = [];

  query<Row extends object>(sql: string, values: readonly unknown[] = []): Promise<Row[]> {
    const json = String(values[0]);
    return new Promise((resolve, reject) => {
      this.inserts.push({
        sql,
        json,
        events: JSON.parse(json) as Record<string, unknown>[],
        finish: (error) => (error === undefined ? resolve([]) : reject(error)),
      });
      for (const arrived of this.#arrived.splice(0)) arrived();
    });
  }

  /** The statement of that number, when it comes. */
  async insert(number: number): Promise<Insert> {
    for (;;) {
      const insert = this.inserts[number];
      if (insert !== undefined) return insert;
      await new Promise<void>((arrived) => this.#arrived.push(arrived));
    }
  }
}

function writer(): { database: FakeDatabase; writer: AuditWriter } {
  const database = new FakeDatabase();
  return { database, writer: new AuditWriter(database) };
}

const names = (insert: Insert): unknown[] => insert.events.map(({ name }) => name);

/** Turns of the event loop, enough for whatever was ready to happen. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
}

const state = async (promise: Promise<void>): Promise<string> =>
  Promise.race([promise.then(() => 'done'), settle().then(() => 'waiting')]);

describe('an event', () => {
  test('is recorded when the database has answered, and not before', async () => {
    const { database, writer: audit } = writer();
    const recorded = audit.record(event('iam:CreateUser'));
    const insert = await database.insert(0);
    expect(await state(recorded)).toBe('waiting');
    insert.finish();
    expect(await state(recorded)).toBe('done');
  });

  test('is written with all that is known of it', async () => {
    const { database, writer: audit } = writer();
    const one = event('redshift:GetClusterCredentials', {
      dbUser: 'u',
      groups: ['a', 'b'],
      nested: { n: 1 },
    });
    const recorded = audit.record(one);
    const insert = await database.insert(0);
    insert.finish();
    await recorded;
    expect(insert.sql).toContain('INSERT INTO keyshift.audit_events');
    const { code: _code, at, ...rest } = one;
    expect(insert.events).toHaveLength(1);
    expect(insert.events[0]).toMatchObject(rest);
    expect(new Date(insert.events[0]?.['at'] as string | number)).toEqual(at);
  });
});

describe('an event that may wait', () => {
  test('is written with the next one that may not', async () => {
    const { database, writer: audit } = writer();
    const patient = audit.record(event('logout'), true);
    expect(await state(patient)).toBe('waiting');
    expect(database.inserts).toHaveLength(0);
    const urgent = audit.record(event('login'));
    const insert = await database.insert(0);
    expect(names(insert)).toEqual(['logout', 'login']);
    insert.finish();
    await Promise.all([patient, urgent]);
  });

  test('does not follow at once when it came during a write', async () => {
    const { database, writer: audit } = writer();
    const first = audit.record(event('login'));
    const insert = await database.insert(0);
    const patient = audit.record(event('logout'), true);
    insert.finish();
    await first;
    await settle();
    expect(database.inserts).toHaveLength(1);
    const next = audit.record(event('next login'));
    const second = await database.insert(1);
    expect(names(second)).toEqual(['logout', 'next login']);
    second.finish();
    await Promise.all([patient, next]);
  });

  test('is written a little later when no other comes', async () => {
    const { database, writer: audit } = writer();
    const patient = audit.record(event('logout'), true);
    const insert = await database.insert(0);
    insert.finish();
    await patient;
  });

  test('is written at once when there are as many as one statement takes, or when the log closes', async () => {
    const { database, writer: audit } = writer();
    const many = Array.from({ length: LIMITS.auditBatchMax }, (_, at) => audit.record(event(`${at}`), true));
    await settle();
    expect(database.inserts[0]?.events).toHaveLength(LIMITS.auditBatchMax);
    const last = audit.record(event('last'), true);
    const closed = audit.close();
    database.inserts[0]?.finish();
    await Promise.all(many);
    const insert = await database.insert(1);
    expect(names(insert)).toEqual(['last']);
    insert.finish();
    await Promise.all([last, closed]);
  });
});

describe('group commit', () => {
  test('writes the events that come together in one statement, in their order', async () => {
    const { database, writer: audit } = writer();
    const wanted = Array.from({ length: 100 }, (_, at) => `e${at}`);
    const recorded = Promise.all(wanted.map((name) => audit.record(event(name))));
    const insert = await database.insert(0);
    insert.finish();
    await recorded;
    expect(database.inserts).toHaveLength(1);
    expect(names(insert)).toEqual(wanted);
  });

  test('gathers what comes while a statement is on its way, for one next statement', async () => {
    const { database, writer: audit } = writer();
    const first = audit.record(event('first'));
    const insert = await database.insert(0);
    const later = [];
    for (const name of ['a', 'b', 'c']) {
      later.push(audit.record(event(name)));
      await settle();
    }
    expect(database.inserts).toHaveLength(1);
    insert.finish();
    await first;
    const next = await database.insert(1);
    expect(names(next)).toEqual(['a', 'b', 'c']);
    expect(await Promise.all(later.map(state))).toEqual(['waiting', 'waiting', 'waiting']);
    next.finish();
    await Promise.all(later);
    expect(database.inserts).toHaveLength(2);
  });

  test('gathers events for as long as every turn of the event loop brings more, but not forever', async () => {
    const { database, writer: audit } = writer();
    const recorded: Promise<void>[] = [];
    while (database.inserts.length === 0 && recorded.length < 1_000) {
      // Asked for first, so that in each turn an event comes before the writer looks.
      const turn = new Promise((resolve) => setImmediate(resolve));
      recorded.push(audit.record(event(`e${recorded.length}`)));
      await turn;
    }
    const gathered = database.inserts[0]?.events.length ?? 0;
    expect(gathered).toBeGreaterThan(10);
    expect(gathered).toBeLessThan(100);
    for (let number = 0, written = 0; written < recorded.length; number++) {
      const insert = await database.insert(number);
      written += insert.events.length;
      insert.finish();
    }
    await Promise.all(recorded);
  });

  test('does not wait for more when a turn of the event loop brings none', async () => {
    const { database, writer: audit } = writer();
    const recorded = Array.from({ length: 7 }, (_, at) => audit.record(event(`e${at}`)));
    await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setImmediate(resolve));
    expect(database.inserts.map(({ events }) => events.length)).toEqual([7]);
    database.inserts[0]?.finish();
    await Promise.all(recorded);
  });

  test.each([
    [7, [['a'], ['b']]],
    [8, [['a', 'b']]],
  ])('after a batch of %i, what comes within a millisecond is written as %j', async (size, wanted) => {
    vi.useFakeTimers({ toFake: ['setTimeout'] });
    try {
      const { database, writer: audit } = writer();
      const crowd = Array.from({ length: size }, (_, at) => audit.record(event(`e${at}`)));
      (await database.insert(0)).finish();
      await Promise.all(crowd);
      const later = [];
      for (const name of ['a', 'b']) {
        later.push(audit.record(event(name)));
        await settle();
        database.inserts[1]?.finish();
        await settle();
      }
      vi.advanceTimersByTime(1);
      (await database.insert(wanted.length)).finish();
      await Promise.all(later);
      expect(database.inserts.slice(1).map(names)).toEqual(wanted);
    } finally {
      vi.useRealTimers();
    }
  });

  test('writes every event once and in order, however they come', async () => {
    const bursts = fc.array(fc.nat(8), { minLength: 1, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(bursts, async (sizes) => {
        const written: unknown[] = [];
        const audit = new AuditWriter({
          query: async (_sql, values = []) => {
            await new Promise((resolve) => setImmediate(resolve));
            for (const { name } of JSON.parse(String(values[0])) as { name: string }[]) written.push(name);
            return [];
          },
        });
        const recorded: Promise<void>[] = [];
        const wanted: string[] = [];
        for (const size of sizes) {
          for (let at = 0; at < size; at++) {
            wanted.push(`e${wanted.length}`);
            recorded.push(audit.record(event(wanted.at(-1) ?? '')));
          }
          await new Promise((resolve) => setImmediate(resolve));
        }
        await Promise.all(recorded);
        expect(written).toEqual(wanted);
      }),
      { numRuns: 30 },
    );
  });

  test('puts at most so many events into one statement', async () => {
    const { database, writer: audit } = writer();
    const recorded = Promise.all(
      Array.from({ length: LIMITS.auditBatchMax + 1 }, (_, at) => audit.record(event(`e${at}`))),
    );
    const first = await database.insert(0);
    expect(first.events).toHaveLength(LIMITS.auditBatchMax);
    first.finish();
    const second = await database.insert(1);
    expect(names(second)).toEqual([`e${LIMITS.auditBatchMax}`]);
    second.finish();
    await recorded;
  });
});

describe('a statement that fails', () => {
  test('refuses all its events, and tells the reason only as the cause', async () => {
    const { database, writer: audit } = writer();
    const recorded = ['a', 'b', 'c'].map((name) => audit.record(event(name)));
    const reason = new Error('connection to 10.1.2.3 refused');
    const outcomes = Promise.allSettled(recorded);
    (await database.insert(0)).finish(reason);
    for (const outcome of await outcomes) {
      expect(outcome.status).toBe('rejected');
      const error = (outcome as PromiseRejectedResult).reason as unknown;
      expect(error).toBeInstanceOf(AuditUnavailable);
      expect((error as Error).message).not.toContain('10.1.2.3');
      expect((error as Error).cause).toBe(reason);
    }
  });

  test('refuses no other event: those that wait and those that come later are written', async () => {
    const { database, writer: audit } = writer();
    const failed = audit.record(event('failed'));
    const insert = await database.insert(0);
    const waiting = audit.record(event('waiting'));
    insert.finish(new Error('down'));
    await expect(failed).rejects.toThrow(AuditUnavailable);
    (await database.insert(1)).finish();
    await waiting;
    const later = audit.record(event('later'));
    const last = await database.insert(2);
    last.finish();
    await later;
    expect(names(last)).toEqual(['later']);
  });

  test('that the database throws at once is no different', async () => {
    let calls = 0;
    const audit = new AuditWriter({
      query: () => {
        calls += 1;
        if (calls === 1) throw new Error('no pool');
        return Promise.resolve([]);
      },
    });
    await expect(audit.record(event('a'))).rejects.toThrow(AuditUnavailable);
    await audit.record(event('b'));
    expect(calls).toBe(2);
  });
});

describe('the queue', () => {
  test('has a bound, past which events are refused at once; after it they are taken again', async () => {
    const { database, writer: audit } = writer();
    const held = audit.record(event('held'));
    const insert = await database.insert(0);
    const one = event('e');
    const waiting = Array.from({ length: LIMITS.auditQueueMax }, () => audit.record(one));
    await expect(audit.record(event('too many'))).rejects.toThrow(AuditUnavailable);
    await expect(audit.record(event('too many'))).rejects.toThrow('too many events are waiting');
    const all = Promise.all([held, ...waiting]);
    insert.finish();
    const statements = Math.ceil(LIMITS.auditQueueMax / LIMITS.auditBatchMax);
    for (let number = 1; number <= statements; number++) (await database.insert(number)).finish();
    await all;
    const total = database.inserts.reduce((sum, { events }) => sum + events.length, 0);
    expect(total).toBe(LIMITS.auditQueueMax + 1);
    expect(database.inserts.flatMap(names)).not.toContain('too many');
    const after = audit.record(event('after'));
    (await database.insert(statements + 1)).finish();
    await after;
  });
});

describe('closing', () => {
  test('waits for everything that was recorded', async () => {
    const { database, writer: audit } = writer();
    const recorded = [audit.record(event('a'))];
    const insert = await database.insert(0);
    recorded.push(audit.record(event('b')));
    const closed = audit.close();
    expect(await state(closed)).toBe('waiting');
    insert.finish();
    expect(await state(closed)).toBe('waiting');
    (await database.insert(1)).finish();
    await closed;
    await Promise.all(recorded);
  });

  test('is done at once when nothing waits, and does not fail for what was refused', async () => {
    const { database, writer: audit } = writer();
    expect(await state(audit.close())).toBe('done');
    const failed = audit.record(event('a'));
    const closed = audit.close();
    (await database.insert(0)).finish(new Error('down'));
    await expect(failed).rejects.toThrow(AuditUnavailable);
    await closed;
  });
});

describe('hostile texts', () => {
  /** What PostgreSQL refuses of a JSON text: see its manual, section 8.14. */
  const HALF = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

  function texts(value: unknown): string[] {
    if (typeof value === 'string') return [value];
    if (typeof value !== 'object' || value === null) return [];
    return Object.entries(value).flatMap(([key, member]) => [key, ...texts(member)]);
  }

  async function written(one: AuditEvent): Promise<Insert> {
    const { database, writer: audit } = writer();
    const recorded = audit.record(one);
    const insert = await database.insert(0);
    insert.finish();
    await recorded;
    return insert;
  }

  test.each([
    ['a null character', 'a\0b', 'a\ufffdb'],
    ['a high half of a pair', 'a\ud800b', 'a\ufffdb'],
    ['a low half of a pair', 'a\udc00b', 'a\ufffdb'],
    ['halves the wrong way round', '\udc00\ud800', '\ufffd\ufffd'],
    ['a pair cut at its end', 'a\ud83d', 'a\ufffd'],
    ['a pair', 'a\u{1f600}b', 'a\u{1f600}b'],
    ['the letters of an escape', '\\u0000 \\ud800', '\\u0000 \\ud800'],
    ['a backslash before a null character', '\\\0', '\\\ufffd'],
    ['two backslashes before half a pair', '\\\\\ud800', '\\\\\ufffd'],
    ['quotes and braces', `"}],'; DROP TABLE x; --`, `"}],'; DROP TABLE x; --`],
    ['control characters', '\u0001\u001f\u007f\r\n\t\b\f', '\u0001\u001f\u007f\r\n\t\b\f'],
    ['line separators', '\u2028\u2029\\\u2028', '\u2028\u2029\\\u2028'],
    ['a replacement character of its own', '\ufffd', '\ufffd'],
  ])('are written as PostgreSQL takes them: %s', async (_what, text, expected) => {
    const { events } = await written({ ...event(text), details: { [text]: [text] } });
    expect(events[0]?.['name']).toBe(expected);
    expect(events[0]?.['details']).toEqual({ [expected]: [expected] });
  });

  test('never make a batch that PostgreSQL refuses', async () => {
    const unit = fc.oneof(
      fc.constantFrom('\0', '\ud800', '\udfff', '\\', 'u0000', 'ud800', '"', '\u2028', '\u{1f600}'),
      fc.string({ unit: 'binary', maxLength: 2 }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(unit, { maxLength: 8 }), async (parts) => {
        const text = parts.join('');
        const { json, events } = await written({ ...event(text), details: { [text]: text } });
        // An escape of NUL or of a half is one with an even number of backslashes before it.
        expect(json).not.toMatch(/(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f])/i);
        for (const one of texts(events)) {
          expect(one).not.toContain('\0');
          expect(one).not.toMatch(HALF);
        }
        const repaired = text.replaceAll('\0', '\ufffd').replace(new RegExp(HALF, 'g'), '\ufffd');
        expect(events[0]?.['name']).toBe(repaired);
      }),
    );
  });
});
