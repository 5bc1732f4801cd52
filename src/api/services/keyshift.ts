import type { ServiceData } from './table.ts';

const UUID = '[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}';

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
    CloseAccount: 'CloseAccountRequest>EmptyResponse',
    CreateAccount: 'CreateAccountRequest>CreateAccountResponse',
    CreateRootAccessKey: 'CreateRootAccessKeyRequest>RootAccessKeyResponse',
    DeleteAccountGuardrail: 'EmptyRequest>EmptyResponse',
    ExplainDecision: 'ExplainDecisionRequest>ExplainDecisionResponse',
    GetAccount: 'GetAccountRequest>GetAccountResponse',
    GetAccountGuardrail: 'EmptyRequest>GetAccountGuardrailResponse',
    Reconcile: 'ReconcileRequest>ReconcileResponse',
    ListAccounts: 'ListAccountsRequest>ListAccountsResponse',
    ListSessions: 'ListSessionsRequest>ListSessionsResponse',
    KillSession: 'KillSessionRequest>KillSessionResponse',
    RevokeAccess: 'RevokeAccessRequest>RevokeAccessResponse',
    ListRevocations: '>ListRevocationsResponse',
    GetLoginSettings: '>LoginSettings',
    PutLoginSettings: 'LoginSettings>LoginSettings',
    GetAuditEvents: 'GetAuditEventsRequest>GetAuditEventsResponse',
    LintPolicy: 'LintPolicyRequest>LintPolicyResponse',
    MoveClock: 'MoveClockRequest>MoveClockResponse',
    PutAccountQuotas: 'PutAccountQuotasRequest>EmptyResponse',
    PutAccountGuardrail: 'PutAccountGuardrailRequest>EmptyResponse',
    WhoCanGetCredentials: 'WhoCanGetCredentialsRequest>WhoCanGetCredentialsResponse',
    WhyNotGetCredentials: 'WhyNotGetCredentialsRequest>WhyNotGetCredentialsResponse',
  },
  structures: {
    EmptyRequest: '',
    CloseAccountRequest: 'AccountId!accountIdType',
    CreateAccountRequest: 'AccountId:accountIdType Alias:string',
    CreateAccountResponse: 'Account:Account AccessKey:RootAccessKey',
    Account: 'AccountId:string Alias:string CreateDate:timestamp IsManagementAccount:boolean',
    RootAccessKey: 'AccessKeyId:string SecretAccessKey:secretType',
    CreateRootAccessKeyRequest: 'AccountId!accountIdType ReplaceExisting:boolean',
    RootAccessKeyResponse: 'AccessKey:RootAccessKey',
    GetAccountRequest: 'AccountId!accountIdType',
    GetAccountResponse:
      'Account:Account RootAccessKeys:rootKeyListType Clusters:integer Quotas:quotaListType',
    Quota: 'Name!nameType Value:integer IsOwn:boolean',
    PutAccountQuotasRequest: 'AccountId!accountIdType Quotas!quotaListType',
    RootAccessKeyState: 'AccessKeyId:string Status:string CreateDate:timestamp LastUsedDate:timestamp',
    ListAccountsRequest: 'Marker:markerType MaxItems:pageSizeType',
    ListAccountsResponse: 'Accounts:accountListType Marker:string',
    EmptyResponse: '',
    ExplainDecisionRequest: 'DecisionId:decisionIdType',
    ExplainDecisionResponse: 'Lines:lineListType Details:string',
    GetAccountGuardrailResponse: 'PolicyDocument:string ChangedAt:timestamp',
    ReconcileRequest: 'ClusterIdentifier!nameType Remove:boolean',
    ReconcileResponse: 'Found:lineListType Dropped:lineListType Kept:lineListType',
    ListSessionsRequest: '',
    ListSessionsResponse: 'Lines:lineListType SilentNodes:integer',
    KillSessionRequest: 'SessionId!sessionIdType Reason:reasonType',
    KillSessionResponse: 'SilentNodes:integer',
    RevokeAccessRequest:
      'CredentialId:credentialIdType PrincipalArn:arnType RoleArn:arnType DbUser:nameType IssuedBefore:timestamp ' +
      'ClusterIdentifier:nameType Reason:reasonType',
    RevokeAccessResponse:
      'RevocationId:string IssuedBefore:timestamp EndsAt:timestamp SessionsEnded:integer SilentNodes:integer',
    ListRevocationsResponse: 'Lines:lineListType',
    LoginSettings: 'SessionSeconds:sessionSecondsType EndSessionsAtExpiry:boolean RevokeOnRemoval:boolean',
    GetAuditEventsRequest: 'AfterSequence:sequenceType MaxItems:pageSizeType',
    GetAuditEventsResponse: 'Lines:lineListType LastSequence:string',
    LintPolicyRequest: 'PolicyDocument!policyDocumentType PolicyType:policyTypeType',
    LintPolicyResponse: 'Findings:findingListType',
    PolicyFinding:
      'Id:string Severity:string Statement:integer Sid:string Element:string Value:string Explanation:string Fix:string',
    MoveClockRequest: 'BySeconds!secondsType',
    MoveClockResponse: 'Now:timestamp OffsetSeconds:integer',
    PutAccountGuardrailRequest: 'PolicyDocument!policyDocumentType',
    WhoCanGetCredentialsRequest:
      'DbUser:string DbName:string DbGroups:dbGroupListType AutoCreate:boolean ClusterIdentifier:string ' +
      'Marker:markerType MaxItems:pageSizeType',
    WhoCanGetCredentialsResponse: 'Lines:lineListType Marker:string',
    WhyNotGetCredentialsRequest:
      'PrincipalArn!arnType DbUser:string DbName:string DbGroups:dbGroupListType AutoCreate:boolean ' +
      'ClusterIdentifier:string',
    WhyNotGetCredentialsResponse: 'Lines:lineListType',
  },
  lists: {
    accountListType: { of: 'Account' },
    quotaListType: { of: 'Quota', item: 'Quota', min: 1, max: 50 },
    rootKeyListType: { of: 'RootAccessKeyState' },
    dbGroupListType: { of: 'string', item: 'DbGroup' },
    findingListType: { of: 'PolicyFinding' },
    lineListType: { of: 'string' },
  },
  maps: {},
  scalars: {
    accountIdType: { type: 'string', pattern: '[0-9]{12}', min: 12, max: 12 },
    secretType: { type: 'string', sensitive: true },
    sequenceType: { type: 'string', pattern: '[0-9]+', min: 1, max: 19 },
    policyDocumentType: { type: 'string', min: 1, max: 131_072 },
    policyTypeType: { type: 'string', values: ['identity', 'managed', 'trust'] },
    // At most what a credential can hold.
    sessionSecondsType: { type: 'integer', min: 1, max: 16_777_215 },
    decisionIdType: { type: 'string', pattern: UUID, min: 36, max: 36 },
    sessionIdType: { type: 'string', pattern: '[0-9a-f-]+', min: 36, max: 36 },
    credentialIdType: { type: 'string', pattern: '[0-9a-f]+', min: 24, max: 24 },
    arnType: { type: 'string', min: 20, max: 2048 },
    nameType: { type: 'string', min: 1, max: 127 },
    reasonType: { type: 'string', max: 200 },
    markerType: { type: 'string', min: 1, max: 2200 },
    pageSizeType: { type: 'integer', min: 1, max: 1000 },
    secondsType: { type: 'integer', min: -31_536_000, max: 31_536_000 },
  },
  errors: {
    DeleteConflict: 409,
    EntityAlreadyExists: 409,
    InvalidClockState: 400,
    LimitExceeded: 409,
    MalformedPolicyDocument: 400,
    NoSuchDecision: 404,
    NoSuchEntity: 404,
    NoSuchSession: 404,
  },
};

export type EmptyRequest = Readonly<Record<never, never>>;
export type EmptyResponse = Readonly<Record<never, never>>;

export interface CloseAccountRequest {
  readonly AccountId: string;
}

export interface CreateAccountRequest {
  /** Twelve digits; by chance if absent. */
  readonly AccountId?: string | undefined;
  readonly Alias?: string | undefined;
}

export interface CreateAccountResponse {
  readonly Account: Account;
  readonly AccessKey: RootAccessKey;
}

export interface Account {
  readonly AccountId: string;
  readonly Alias?: string | undefined;
  readonly CreateDate: Date;
  /** Whether it is the account that the installation was started with. */
  readonly IsManagementAccount: boolean;
}

/** The secret is told this once. */
export interface RootAccessKey {
  readonly AccessKeyId: string;
  readonly SecretAccessKey: string;
}

export interface CreateRootAccessKeyRequest {
  readonly AccountId: string;
  /** Deletes the keys that the root user has. */
  readonly ReplaceExisting?: boolean | undefined;
}

export interface RootAccessKeyResponse {
  readonly AccessKey: RootAccessKey;
}

export interface GetAccountRequest {
  readonly AccountId: string;
}

export interface GetAccountResponse {
  readonly Account: Account;
  readonly RootAccessKeys: readonly RootAccessKeyState[];
  readonly Clusters: number;
  readonly Quotas: readonly Quota[];
}

export interface Quota {
  readonly Name: string;
  /** In a request, what is absent is again as for all accounts. */
  readonly Value?: number | undefined;
  /** Whether the account has been given it. In a request it has no meaning. */
  readonly IsOwn?: boolean | undefined;
}

export interface PutAccountQuotasRequest {
  readonly AccountId: string;
  readonly Quotas: readonly Quota[];
}

export interface RootAccessKeyState {
  readonly AccessKeyId: string;
  readonly Status: string;
  readonly CreateDate: Date;
  readonly LastUsedDate?: Date | undefined;
}

export interface ListAccountsRequest {
  readonly Marker?: string | undefined;
  readonly MaxItems?: number | undefined;
}

export interface ListAccountsResponse {
  readonly Accounts: readonly Account[];
  /** To be given as Marker for the next page; absent at the end. */
  readonly Marker?: string | undefined;
}

export interface PutAccountGuardrailRequest {
  readonly PolicyDocument: string;
}

export interface GetAccountGuardrailResponse {
  readonly PolicyDocument: string;
  readonly ChangedAt: Date;
}

export interface ExplainDecisionRequest {
  /** The request id of a refused call, or of a refused login the id of its event; the latest refusal if absent. */
  readonly DecisionId?: string | undefined;
}

export interface ExplainDecisionResponse {
  /** For a person. */
  readonly Lines: readonly string[];
  /** For a program: the event, the decision taken apart, and the decision now, as JSON. */
  readonly Details: string;
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

/** Each line of an answer is a session or a revocation as JSON. */
export interface ListSessionsResponse {
  readonly Lines: readonly string[];
  /** Nodes that did not answer in time, whose sessions are missing. */
  readonly SilentNodes: number;
}

export interface KillSessionRequest {
  readonly SessionId: string;
  readonly Reason?: string | undefined;
}

export interface KillSessionResponse {
  readonly SilentNodes: number;
}

export interface RevokeAccessRequest {
  readonly CredentialId?: string | undefined;
  readonly PrincipalArn?: string | undefined;
  readonly RoleArn?: string | undefined;
  readonly DbUser?: string | undefined;
  readonly IssuedBefore?: Date | undefined;
  readonly ClusterIdentifier?: string | undefined;
  readonly Reason?: string | undefined;
}

export interface RevokeAccessResponse {
  readonly RevocationId: string;
  readonly IssuedBefore: Date;
  readonly EndsAt: Date;
  readonly SessionsEnded: number;
  /** Nodes that have not confirmed; they look at the list every second. */
  readonly SilentNodes: number;
}

export interface ListRevocationsResponse {
  readonly Lines: readonly string[];
}

/** In a request, what is absent is as at the beginning: sessions without an end, and nothing revoked by itself. */
export interface LoginSettings {
  readonly SessionSeconds?: number | undefined;
  readonly EndSessionsAtExpiry?: boolean | undefined;
  readonly RevokeOnRemoval?: boolean | undefined;
}

/** A login to ask about; what is absent is left open. A user or a group has to be named. */
export interface LoginQuestion {
  readonly DbUser?: string | undefined;
  readonly DbName?: string | undefined;
  readonly DbGroups?: readonly string[] | undefined;
  readonly AutoCreate?: boolean | undefined;
  /** All clusters of the account if absent. */
  readonly ClusterIdentifier?: string | undefined;
}

export interface WhoCanGetCredentialsRequest extends LoginQuestion {
  readonly Marker?: string | undefined;
  readonly MaxItems?: number | undefined;
}

export interface WhoCanGetCredentialsResponse {
  /** Each one a principal as JSON. */
  readonly Lines: readonly string[];
  /** To be given as Marker for the next page; absent at the end. */
  readonly Marker?: string | undefined;
}

export interface WhyNotGetCredentialsRequest extends LoginQuestion {
  readonly PrincipalArn: string;
}

export interface WhyNotGetCredentialsResponse {
  /** Each one what stands in the way in one cluster, as JSON. */
  readonly Lines: readonly string[];
}

export interface ReconcileRequest {
  readonly ClusterIdentifier: string;
  readonly Remove?: boolean | undefined;
}

/** Names of session roles: those that were only found, those that were dropped, and those that could not be. */
export interface ReconcileResponse {
  readonly Found: readonly string[];
  readonly Dropped: readonly string[];
  readonly Kept: readonly string[];
}
