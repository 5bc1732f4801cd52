import { codeOf, messageOf } from '../core/errors.ts';
import type { StatementStatus } from '../redshift/statements.ts';

/** A reason of our own why a statement fails, in words for its owner. */
export class StatementFailure extends Error {}

/** What a statement's `Error` says, in the form of Redshift's JDBC driver: `ERROR: …`, and each further field on a line. */
export function failureText(error: unknown): string {
  if (error instanceof StatementFailure) return error.message;
  if (codeOf(error) === undefined || typeof error !== 'object' || error === null) return messageOf(error);
  const field = (name: string): string | undefined => {
    const value: unknown = Reflect.get(error, name);
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const lines = [`${field('severity') ?? 'ERROR'}: ${messageOf(error)}`];
  for (const name of ['detail', 'hint', 'position', 'where'] as const) {
    const value = field(name);
    if (value !== undefined) lines.push(`  ${name.charAt(0).toUpperCase()}${name.slice(1)}: ${value}`);
  }
  return lines.join('\n');
}

/** How a statement that did not succeed is told. */
export interface Failure {
  readonly status: StatementStatus;
  readonly error: string | undefined;
}

/** Of a statement under `signal`: aborted if its caller ended it, else failed, for the reason of who ended it or for `error`. */
export function failureOf(signal: AbortSignal, error: unknown): Failure {
  if (signal.aborted && !(signal.reason instanceof StatementFailure)) {
    return { status: 'ABORTED', error: undefined };
  }
  return { status: 'FAILED', error: failureText(signal.aborted ? signal.reason : error) };
}

/** PostgreSQL 18 manual, appendix A: query_canceled, which statement_timeout is told by too. */
export const CANCELED = '57014';
