/** One thing that happened: an API call or a login, with its outcome and reason. Never holds a secret. */
export interface AuditEvent {
  readonly accountId: string;
  readonly eventId: string;
  readonly at: Date;
  readonly kind: 'api' | 'login' | 'logout' | 'alarm';
  /** `iam:CreateUser` for a call; the login name for a login; what is alarming for an alarm. */
  readonly name: string;
  readonly outcome: 'success' | 'refused' | 'failed';
  /** The AWS error code or SQLSTATE of an outcome that is not success. */
  readonly code: string | undefined;
  readonly principalArn: string | undefined;
  readonly sourceIp: string | undefined;
  readonly requestId: string | undefined;
  readonly details: Readonly<Record<string, unknown>>;
  /** Documents that the details refer to by digest; the log keeps each of them once. */
  readonly documents?: ReadonlyMap<string, string> | undefined;
}

/**
 * Where events go. The promise is fulfilled when the event is durable. One that `mayWait`, because it holds up nobody,
 * is written together with the next one, or a little later.
 */
export interface AuditSink {
  record(event: AuditEvent, mayWait?: boolean): Promise<void>;
}

/** Where refusals of callers go whom nobody knows. The promise is fulfilled when the event is durable, or counted. */
export interface RefusalSink {
  refused(event: AuditEvent): Promise<void>;
}
