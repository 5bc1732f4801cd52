import type { AuditEvent, AuditSink, RefusalSink } from '../audit/event.ts';
import { AuditUnavailable } from '../audit/writer.ts';
import type { Clock } from '../core/clock.ts';
import { AwsError, messageOf } from '../core/errors.ts';
import { requestId as newRequestId } from '../core/ids.ts';
import type { Logger } from '../core/logger.ts';
import { MESSAGE_HEADER, type RefusedCall } from '../iam/authorization-message.ts';
import type { Principal } from '../iam/principal.ts';
import { requireOpenToSession } from '../iam/session-limits.ts';
import { wasForNoAccount } from '../store/database.ts';
import type { Caller } from './action.ts';
import { type Authenticator, authenticate, type Identified, invalidToken } from './authenticate.ts';
import { requireAllowed, wouldAllow } from './authorize-call.ts';
import {
  type Call,
  decodeCall,
  decodeCallInput,
  headerValue,
  isJsonProtocol,
  type Service,
} from './decode-call.ts';
import { encodeErrorAnswer, encodeJsonErrorAnswer, encodeResultAnswer } from './encode-answer.ts';
import type { Answer, ReceivedRequest } from './listen.ts';
import { toJsonError } from './protocol/encode-json.ts';

/**
 * The way of a request, from its bytes to its answer:
 *
 *   decode → verify signature → identify → authorize → perform → audit → encode
 *
 * A step that refuses throws an AwsError; the refusal is audited and encoded like any other answer.
 */
export interface ApiDeps<Deps> {
  readonly services: readonly Service<Deps>[];
  readonly actions: Deps;
  readonly authenticator: Authenticator;
  readonly audit: AuditSink;
  /** Takes refusals of calls that nobody could be identified for. */
  readonly unknownCallers: RefusalSink;
  readonly clock: Clock;
  readonly region: string;
  /** The account under which calls are recorded that nobody could be identified for. */
  readonly accountId: string;
  /** Drops what is held in memory of an account that the call has changed. */
  readonly forget: (accountId: string) => void;
  /** Seals why a call was refused, for DecodeAuthorizationMessage. */
  readonly sealRefusal: (principal: Principal, refused: RefusedCall) => string;
  readonly logger: Logger;
}

/** What is known of a call so far, for its audit event. */
interface Progress<Deps> {
  readonly requestId: string;
  details: Readonly<Record<string, unknown>>;
  documents: ReadonlyMap<string, string> | undefined;
  call: Call<Deps> | undefined;
  identified: Identified | undefined;
  /** Other accounts that the call is about. */
  concerned: ReadonlySet<string>;
}

/** Answers one request. Never rejects. */
export async function handleRequest<Deps>(deps: ApiDeps<Deps>, request: ReceivedRequest): Promise<Answer> {
  const progress: Progress<Deps> = {
    requestId: newRequestId(),
    details: {},
    documents: undefined,
    call: undefined,
    identified: undefined,
    concerned: new Set(),
  };
  try {
    const call = decodeCall(deps.services, request);
    progress.call = call;
    const identified = await authenticate(deps.authenticator, request, call.table);
    progress.identified = identified;
    const { principal } = identified;
    requireOpenToSession(principal, call.table.name, call.operation.name);
    const input = decodeCallInput(call);
    const caller = toCaller(deps, request, identified, progress);
    const permissions = await call.action.permissions(deps.actions, input, caller);
    const offers = await call.action.offers?.(deps.actions, caller);
    const granted = requireAllowed(permissions, caller, offers)?.limits;
    const performing = granted === undefined ? caller : { ...caller, granted };
    const output = await call.action.run(deps.actions, input, performing);
    const accounts = [...new Set([principal.accountId, ...progress.concerned])];
    if (call.action.changes) for (const accountId of accounts) deps.forget(accountId);
    const event = toEvent(deps, request, progress, undefined);
    await Promise.all(accounts.map((accountId) => deps.audit.record({ ...event, accountId })));
    return encodeResultAnswer(call, output, progress.requestId);
  } catch (error) {
    return await refuse(deps, request, progress, error);
  }
}

async function refuse<Deps>(
  deps: ApiDeps<Deps>,
  request: ReceivedRequest,
  progress: Progress<Deps>,
  cause: unknown,
): Promise<Answer> {
  const isJson = isJsonProtocol(request);
  let error = toAwsError(cause, isJson);
  if (error.status >= 500) {
    deps.logger.error(
      { requestId: progress.requestId, cause: messageOf(cause), err: cause },
      'a request failed',
    );
  }
  try {
    const event = toEvent(deps, request, progress, error);
    const isKnown = progress.identified !== undefined || error.status >= 500;
    await (isKnown ? deps.audit.record(event) : deps.unknownCallers.refused(event));
  } catch (unrecorded) {
    error = toAwsError(unrecorded, isJson);
  }
  const headers = explanation(deps, progress, error);
  if (isJson) return encodeJsonErrorAnswer(error, progress.requestId, headers);
  return encodeErrorAnswer(progress.call?.table, error, progress.requestId, headers);
}

/** What a refusal by policy says to whoever may call DecodeAuthorizationMessage. */
function explanation<Deps>(
  deps: ApiDeps<Deps>,
  progress: Progress<Deps>,
  error: AwsError,
): Answer['headers'] {
  const { deniedAction: action, deniedResource: resource, decision } = progress.details;
  const principal = progress.identified?.principal;
  if (principal === undefined || error.status >= 500) return {};
  if (typeof action !== 'string' || typeof resource !== 'string' || decision === undefined) return {};
  // The step authorize has noted all three together.
  const refused = { action, resource, decision } as RefusedCall;
  return { [MESSAGE_HEADER]: deps.sealRefusal(principal, refused) };
}

/** The error as the protocol of the request names it. */
function toAwsError(cause: unknown, isJson: boolean): AwsError {
  const error = tellable(cause);
  return isJson ? toJsonError(error) : error;
}

/** What leaves for a cause that is not the caller's: no word of it. */
function tellable(cause: unknown): AwsError {
  if (cause instanceof AwsError) return cause;
  if (wasForNoAccount(cause)) return invalidToken();
  if (cause instanceof AuditUnavailable) {
    return new AwsError(
      'ServiceUnavailable',
      503,
      'The request cannot be recorded at the moment. Try again later.',
      {
        cause,
      },
    );
  }
  return new AwsError(
    'InternalFailure',
    500,
    'The request failed because of an internal error. Try again later.',
    {
      cause,
    },
  );
}

function toCaller<Deps>(
  deps: ApiDeps<Deps>,
  request: ReceivedRequest,
  identified: Identified,
  progress: Progress<Deps>,
): Caller {
  const caller: Caller = {
    principal: identified.principal,
    accessKeyId: identified.accessKeyId,
    requestId: progress.requestId,
    sourceIp: request.sourceIp,
    secureTransport: request.secureTransport,
    userAgent: headerValue(request, 'user-agent') ?? '',
    region: deps.region,
    at: deps.clock.now(),
    granted: undefined,
    concerns: (accountId) => {
      progress.concerned = new Set([...progress.concerned, accountId]);
    },
    note: (facts: Readonly<Record<string, unknown>>, documents?: ReadonlyMap<string, string>) => {
      progress.details = { ...progress.details, ...facts };
      progress.documents = documents ?? progress.documents;
    },
    require: (permissions) => requireAllowed(permissions, caller),
    may: (permission) => wouldAllow(permission, caller),
  };
  return caller;
}

function toEvent<Deps>(
  deps: ApiDeps<Deps>,
  request: ReceivedRequest,
  progress: Progress<Deps>,
  error: AwsError | undefined,
): AuditEvent {
  const { call, identified } = progress;
  const principal = identified?.principal;
  return {
    accountId: principal?.accountId ?? deps.accountId,
    eventId: newRequestId(),
    at: deps.clock.now(),
    kind: 'api',
    name: call === undefined ? 'unknown' : `${call.table.name}:${call.operation.name}`,
    outcome: error === undefined ? 'success' : error.status < 500 ? 'refused' : 'failed',
    code: error?.code,
    principalArn: principal?.arn,
    sourceIp: request.sourceIp,
    requestId: progress.requestId,
    details: {
      ...sessionFacts(identified),
      ...progress.details,
      ...(error === undefined ? {} : { reason: error.message }),
    },
    documents: progress.documents,
  };
}

/** Who is behind temporary credentials. The session itself is named by the ARN of its principal. */
function sessionFacts(identified: Identified | undefined): Record<string, unknown> {
  if (identified?.principal.session === undefined) return {};
  const { kind, name, ownerId, roleArn, sourceIdentity, issuedAt, mfaAt } = identified.principal.session;
  const { accessKeyId } = identified;
  return {
    session: {
      kind,
      accessKeyId,
      name,
      ownerId,
      roleArn,
      sourceIdentity,
      issuedAt: issuedAt.toISOString(),
      mfa: mfaAt !== undefined,
    },
  };
}
