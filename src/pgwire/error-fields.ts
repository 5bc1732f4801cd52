import { cString, FieldReader, message } from './bytes.ts';
import { BACKEND_MESSAGES } from './codes.ts';

/**
 * ErrorResponse and NoticeResponse; the only place that turns an error into bytes for a client.
 * Source: PostgreSQL 18 manual, https://www.postgresql.org/docs/18/protocol-error-fields.html
 */

export type ErrorSeverity = 'ERROR' | 'FATAL' | 'PANIC';
export type NoticeSeverity = 'WARNING' | 'NOTICE' | 'DEBUG' | 'INFO' | 'LOG';

/** What is written: any SqlError is one. */
export interface Complaint {
  readonly sqlState: string;
  readonly message: string;
  readonly detail?: string | undefined;
  readonly hint?: string | undefined;
}

/** What a backend said. No field is certain to be there (CVE-2026-6666), so each has a safe stand-in. */
export interface ReceivedComplaint {
  /** Never translated where the backend tells it (PostgreSQL 9.6 and newer). */
  readonly severity: string;
  readonly sqlState: string;
  readonly message: string;
  readonly detail: string | undefined;
  readonly hint: string | undefined;
}

const SQL_STATE = /^[0-9A-Z]{5}$/;

/** SQLSTATE internal_error, for what comes without a usable one. */
const INTERNAL_ERROR = 'XX000';

export function writeErrorResponse(severity: ErrorSeverity, error: Complaint): Buffer {
  return message(BACKEND_MESSAGES.errorResponse, ...complaintFields(severity, error));
}

export function writeNoticeResponse(severity: NoticeSeverity, notice: Complaint): Buffer {
  return message(BACKEND_MESSAGES.noticeResponse, ...complaintFields(severity, notice));
}

function complaintFields(severity: string, { sqlState, message, detail, hint }: Complaint): Buffer[] {
  const state = SQL_STATE.test(sqlState) ? sqlState : INTERNAL_ERROR;
  const fields = [`S${severity}`, `V${severity}`, `C${state}`, `M${message}`];
  if (detail !== undefined) fields.push(`D${detail}`);
  if (hint !== undefined) fields.push(`H${hint}`);
  return [...fields.map(cString), cString('')];
}

/** Reads the payload of an ErrorResponse or NoticeResponse. Throws SqlError 08P01 if a field has no end. */
export function readComplaint(payload: Buffer): ReceivedComplaint {
  const fields = new FieldReader(payload, 'error message');
  const found = new Map<number, string>();
  for (let letter = fields.byte(); letter !== 0; letter = fields.byte()) {
    found.set(letter, fields.lenientText());
  }
  fields.end();
  const field = (letter: string): string | undefined => found.get(letter.charCodeAt(0));
  const sqlState = field('C') ?? '';
  return {
    severity: field('V') ?? field('S') ?? 'ERROR',
    sqlState: SQL_STATE.test(sqlState) ? sqlState : INTERNAL_ERROR,
    message: field('M') ?? 'the server gave no message',
    detail: field('D'),
    hint: field('H'),
  };
}

/** A NoticeResponse with the fields of one that was read, whatever they are. */
export function writeReadNotice(payload: Buffer): Buffer {
  return message(BACKEND_MESSAGES.noticeResponse, payload);
}
