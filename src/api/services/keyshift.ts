import type { ServiceData } from './table.ts';

/**
 * Keyshift's own operations, which AWS does not have, described like AWS's: they go the same way through
 * signature, policy and audit, with actions such as `keyshift:MoveClock`.
 */
export const keyshiftData: ServiceData = {
  name: 'keyshift',
  version: '2026-11-22',
  namespace: 'https://keyshift.dev/doc/2026-11-22/',
  strict: true,
  operations: {
    DeleteAccountGuardrail: 'EmptyRequest>EmptyResponse',
    GetAccountGuardrail: 'EmptyRequest>GetAccountGuardrailResponse',
    GetAuditEvents: 'GetAuditEventsRequest>GetAuditEventsResponse',
    MoveClock: 'MoveClockRequest>MoveClockResponse',
    PutAccountGuardrail: 'PutAccountGuardrailRequest>EmptyResponse',
  },
  structures: {
    EmptyRequest: '',
    EmptyResponse: '',
    GetAccountGuardrailResponse: 'PolicyDocument:string ChangedAt:timestamp',
    GetAuditEventsRequest: 'AfterSequence:sequenceType MaxItems:pageSizeType',
    GetAuditEventsResponse: 'Lines:lineListType LastSequence:string',
    MoveClockRequest: 'BySeconds!secondsType',
    MoveClockResponse: 'Now:timestamp OffsetSeconds:integer',
    PutAccountGuardrailRequest: 'PolicyDocument!policyDocumentType',
  },
  lists: { lineListType: { of: 'string' } },
  maps: {},
  scalars: {
    sequenceType: { type: 'string', pattern: '[0-9]+', min: 1, max: 19 },
    policyDocumentType: { type: 'string', min: 1, max: 131_072 },
    pageSizeType: { type: 'integer', min: 1, max: 1000 },
    secondsType: { type: 'integer', min: -31_536_000, max: 31_536_000 },
  },
  errors: { InvalidClockState: 400, LimitExceeded: 409, MalformedPolicyDocument: 400, NoSuchEntity: 404 },
};

export type EmptyRequest = Readonly<Record<never, never>>;
export type EmptyResponse = Readonly<Record<never, never>>;

export interface PutAccountGuardrailRequest {
  readonly PolicyDocument: string;
}

export interface GetAccountGuardrailResponse {
  readonly PolicyDocument: string;
  readonly ChangedAt: Date;
}

export interface GetAuditEventsRequest {
  readonly AfterSequence?: string | undefined;
  readonly MaxItems?: number | undefined;
}

export interface GetAuditEventsResponse {
  /** Each one an event as JSON. */
  readonly Lines: readonly string[];
  /** To be given as AfterSequence for the next page; absent when there was nothing. */
  readonly LastSequence?: string | undefined;
}

export interface MoveClockRequest {
  readonly BySeconds: number;
}

export interface MoveClockResponse {
  readonly Now: Date;
  readonly OffsetSeconds: number;
}
