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
    LintPolicy: 'LintPolicyRequest>LintPolicyResponse',
    MoveClock: 'MoveClockRequest>MoveClockResponse',
    PutAccountGuardrail: 'PutAccountGuardrailRequest>EmptyResponse',
  },
  structures: {
    EmptyRequest: '',
    EmptyResponse: '',
    GetAccountGuardrailResponse: 'PolicyDocument:string ChangedAt:timestamp',
    GetAuditEventsRequest: 'AfterSequence:sequenceType MaxItems:pageSizeType',
    GetAuditEventsResponse: 'Lines:lineListType LastSequence:string',
    LintPolicyRequest: 'PolicyDocument!policyDocumentType PolicyType:policyTypeType',
    LintPolicyResponse: 'Findings:findingListType',
    PolicyFinding:
      'Id:string Severity:string Statement:integer Sid:string Element:string Value:string Explanation:string Fix:string',
    MoveClockRequest: 'BySeconds!secondsType',
    MoveClockResponse: 'Now:timestamp OffsetSeconds:integer',
    PutAccountGuardrailRequest: 'PolicyDocument!policyDocumentType',
  },
  lists: { findingListType: { of: 'PolicyFinding' }, lineListType: { of: 'string' } },
  maps: {},
  scalars: {
    sequenceType: { type: 'string', pattern: '[0-9]+', min: 1, max: 19 },
    policyDocumentType: { type: 'string', min: 1, max: 131_072 },
    policyTypeType: { type: 'string', values: ['identity', 'managed', 'trust'] },
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

export interface LintPolicyRequest {
  readonly PolicyDocument: string;
  /** What the document is to be; an identity policy if absent. */
  readonly PolicyType?: 'identity' | 'managed' | 'trust' | undefined;
}

export interface LintPolicyResponse {
  /** The worst first. */
  readonly Findings: readonly PolicyFinding[];
}

export interface PolicyFinding {
  readonly Id: string;
  readonly Severity: 'danger' | 'warning' | 'note';
  /** From one; absent if the finding is about the whole document. */
  readonly Statement?: number | undefined;
  readonly Sid?: string | undefined;
  readonly Element: string;
  /** The text of the policy that the finding is about. */
  readonly Value?: string | undefined;
  readonly Explanation: string;
  readonly Fix: string;
}

export interface MoveClockRequest {
  readonly BySeconds: number;
}

export interface MoveClockResponse {
  readonly Now: Date;
  readonly OffsetSeconds: number;
}
