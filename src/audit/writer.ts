import { LIMITS } from '../core/limits.ts';
import type { Database } from '../store/database.ts';
import type { AuditEvent, AuditSink } from './event.ts';

/** Thrown when the log cannot take an event; whatever was to be recorded must then not be answered. */
export class AuditUnavailable extends Error {
  constructor(reason: string, options?: ErrorOptions) {
    super(`the audit log cannot take the event: ${reason}`, options);
    this.name = 'AuditUnavailable';
  }
}

interface Waiting {
  readonly event: AuditEvent;
  readonly done: () => void;
  readonly failed: (error: Error) => void;
}

const INSERT = `
  INSERT INTO keyshift.audit_events (account_id, event_id, at, kind, name, outcome, code,
                                     principal_arn, source_ip, request_id, details)
  SELECT e."accountId", e."eventId", e.at, e.kind, e.name, e.outcome, e.code,
         e."principalArn", e."sourceIp", e."requestId", e.details
  FROM json_to_recordset($1::json) AS e("accountId" text, "eventId" uuid, at timestamptz, kind text, name text,
    outcome text, code text, "principalArn" text, "sourceIp" text, "requestId" text, details jsonb)`;

/**
 * Writes events with group commit: while one INSERT is on its way to disk the next events gather, and all of
 * them share one commit. The INSERT is a single statement, so it is durable when PostgreSQL answers it
 * (PostgreSQL 18 manual, section 28.3, synchronous_commit on).
 */
export class AuditWriter implements AuditSink {
  readonly #database: Database;
  #waiting: Waiting[] = [];
  #writing: Promise<void> | undefined;

  constructor(database: Database) {
    this.#database = database;
  }

  record(event: AuditEvent): Promise<void> {
    if (this.#waiting.length >= LIMITS.auditQueueMax) {
      return Promise.reject(new AuditUnavailable('too many events are waiting'));
    }
    return new Promise((done, failed) => {
      this.#waiting.push({ event, done, failed });
      this.#writing ??= this.#writeAll();
    });
  }

  /** Waits until everything that was recorded so far is written. */
  async close(): Promise<void> {
    await this.#writing;
  }

  async #writeAll(): Promise<void> {
    // One turn of the event loop lets requests that arrived together share the first commit too.
    await new Promise((turn) => setImmediate(turn));
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, LIMITS.auditBatchMax);
      try {
        await this.#database.query(INSERT, [toJson(batch.map((waiting) => waiting.event))]);
        for (const waiting of batch) waiting.done();
      } catch (error) {
        const unavailable = new AuditUnavailable('the store refused it', { cause: error });
        for (const waiting of batch) waiting.failed(unavailable);
      }
    }
    this.#writing = undefined;
  }
}

/** An escape of JSON: of a null character, of half a surrogate pair, or any other. */
const ESCAPE = /\\(u0000|ud[89a-f][0-9a-f]{2}|.)/g;

/**
 * The events as JSON that PostgreSQL takes. A text from outside may hold a null character, or half a surrogate
 * pair where a message was cut; the json type refuses both, and with them the whole batch (PostgreSQL 18
 * manual, section 8.14). JSON.stringify escapes exactly the halves.
 */
function toJson(events: readonly AuditEvent[]): string {
  return JSON.stringify(events).replace(ESCAPE, (whole, escape: string) =>
    escape === 'u0000' || escape.startsWith('ud') ? '\ufffd' : whole,
  );
}
