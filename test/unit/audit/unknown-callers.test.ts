import { describe, expect, test } from 'vitest';
import type { AuditEvent } from '../../../src/audit/event.ts';
import { UnknownCallers } from '../../../src/audit/unknown-callers.ts';
import { fixedClock } from '../../../src/core/clock.ts';

const NOW = new Date('2026-03-01T12:00:00Z');

function event(sourceIp: string): AuditEvent {
  return {
    accountId: '123456789012',
    eventId: crypto.randomUUID(),
    at: new Date('2026-03-01T11:59:00Z'),
    kind: 'api',
    name: 'unknown',
    outcome: 'refused',
    code: 'MissingAuthenticationToken',
    principalArn: undefined,
    sourceIp,
    requestId: undefined,
    details: { reason: 'no' },
  };
}

function flooding() {
  const written: AuditEvent[] = [];
  let now = 0;
  let works = true;
  const record = async (one: AuditEvent): Promise<void> => {
    if (!works) throw new Error('down');
    written.push(one);
  };
  const callers = new UnknownCallers({ record }, fixedClock(NOW), () => now);
  const refuse = async (address: string, times: number): Promise<void> => {
    for (let n = 0; n < times; n++) await callers.refused(event(address));
  };
  return {
    written,
    callers,
    refuse,
    pass: (ms: number) => (now += ms),
    fail: (fails: boolean) => (works = !fails),
  };
}

describe('refusals of unknown callers', () => {
  test('are events while they are few, and a count when they are many', async () => {
    const { written, callers, refuse } = flooding();
    await refuse('192.0.2.1', 300);
    expect(written).toHaveLength(300);
    await refuse('192.0.2.1', 4_000);
    expect(written).toHaveLength(300);
    await callers.flush();
    expect(written).toHaveLength(301);
    expect(written[300]).toMatchObject({
      at: NOW,
      sourceIp: '192.0.2.1',
      code: 'MissingAuthenticationToken',
      details: { reason: 'no', refusals: 4_000, firstAt: '2026-03-01T11:59:00.000Z' },
    });
    await callers.flush();
    expect(written).toHaveLength(301);
  });

  test('of one address leave room for those of others', async () => {
    const { written, refuse } = flooding();
    await refuse('192.0.2.1', 5_000);
    await refuse('192.0.2.2', 1);
    expect(written.at(-1)?.sourceIp).toBe('192.0.2.2');
  });

  test('of many addresses are limited too, and each is counted', async () => {
    const { written, callers, refuse } = flooding();
    for (let n = 0; n < 30; n++) await refuse(`192.0.2.${n}`, 300);
    expect(written).toHaveLength(6_000);
    await callers.flush();
    expect(written.slice(6_000).map(({ details }) => details['refusals'])).toEqual(new Array(10).fill(300));
  });

  test('are events again after a minute', async () => {
    const { written, refuse, pass } = flooding();
    await refuse('192.0.2.1', 400);
    pass(60_000);
    await refuse('192.0.2.1', 1);
    expect(written).toHaveLength(301);
  });

  test('that cannot be written down are told so while they are events, and kept while they are counted', async () => {
    const { written, callers, refuse, fail } = flooding();
    await refuse('192.0.2.1', 310);
    fail(true);
    await expect(callers.flush()).rejects.toThrow('down');
    await refuse('192.0.2.1', 5);
    await expect(callers.refused(event('192.0.2.2'))).rejects.toThrow('down');
    fail(false);
    await callers.flush();
    expect(written.at(-1)?.details['refusals']).toBe(15);
  });
});
