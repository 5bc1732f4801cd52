import { randomUUID } from 'node:crypto';
import type { Clock } from '../core/clock.ts';
import type { AuditEvent, AuditSink, RefusalSink } from './event.ts';

/**
 * Refusals of callers whom nobody knows. Each is an event while they are few. A flood of them would fill the disk and
 * hold up everybody's commits, so what comes beyond is counted, and the counts are events.
 */

/** Refusals of one address that are events of their own, in a minute. A person with a wrong password stays far below. */
const ADDRESS_EVENTS_MAX = 300;
/** The same for all addresses together: about 100 rows a second. */
const ALL_EVENTS_MAX = 6_000;
/** Addresses that are counted apart; the others share a count. An entry has some hundred bytes. */
const ADDRESSES_MAX = 10_000;
const MINUTE_MS = 60_000;

interface Counted {
  readonly event: AuditEvent;
  count: number;
}

export class UnknownCallers implements RefusalSink {
  readonly #audit: AuditSink;
  readonly #clock: Clock;
  readonly #monotonicMs: () => number;
  #minuteBeganMs = Number.NEGATIVE_INFINITY;
  #events = 0;
  readonly #eventsBy = new Map<string, number>();
  /** What was not written down yet, by account, kind and address. */
  #counted = new Map<string, Counted>();

  constructor(audit: AuditSink, clock: Clock, monotonicMs: () => number = () => performance.now()) {
    this.#audit = audit;
    this.#clock = clock;
    this.#monotonicMs = monotonicMs;
  }

  /** Resolves when the event is durable, or counted. */
  async refused(event: AuditEvent): Promise<void> {
    this.#turnMinute();
    const address = this.#addressOf(event);
    const own = this.#eventsBy.get(address) ?? 0;
    if (own < ADDRESS_EVENTS_MAX && this.#events < ALL_EVENTS_MAX) {
      this.#events++;
      this.#eventsBy.set(address, own + 1);
      return this.#audit.record(event);
    }
    const key = `${event.accountId}/${event.kind}/${address}`;
    const counted = this.#counted.get(key);
    if (counted === undefined) this.#counted.set(key, { event, count: 1 });
    else counted.count++;
  }

  /** Writes the counts down. What cannot be written is kept for the next time. */
  async flush(): Promise<void> {
    const counted = this.#counted;
    this.#counted = new Map();
    for (const [key, { event, count }] of counted) {
      try {
        await this.#audit.record(this.#summary(event, count));
      } catch (error) {
        const later = this.#counted.get(key);
        this.#counted.set(key, { event, count: count + (later?.count ?? 0) });
        throw error;
      }
    }
  }

  /** The first of them tells what they were like. */
  #summary(first: AuditEvent, count: number): AuditEvent {
    return {
      ...first,
      eventId: randomUUID(),
      at: this.#clock.now(),
      details: { ...first.details, refusals: count, firstAt: first.at.toISOString() },
    };
  }

  #addressOf({ sourceIp = '' }: AuditEvent): string {
    return this.#eventsBy.has(sourceIp) || this.#eventsBy.size < ADDRESSES_MAX ? sourceIp : 'others';
  }

  #turnMinute(): void {
    const now = this.#monotonicMs();
    if (now - this.#minuteBeganMs < MINUTE_MS) return;
    this.#minuteBeganMs = now;
    this.#events = 0;
    this.#eventsBy.clear();
  }
}
